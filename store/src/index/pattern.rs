//! What a regular expression needs of the terms of a text.
//!
//! Only literal parts count: a run of characters that every match has one behind the other. A run stands anywhere in a text, so its
//! outer fragments can lie inside of longer terms, except where the start or end of the text, or a separator, bounds them.

use super::keys::{Edge, folded, tests_of};
use super::lookup::Need;
use huntql_kql::terms::{is_term_char, key_char};
use regex_syntax::hir::{Class, ClassUnicode, Hir, HirKind, Look};

/// Classes of more characters are not looked into.
const CLASS_CHARS_MAX: usize = 64;

/// What a text that `pattern` matches must have; anything when the pattern cannot be read.
pub(super) fn need_of(pattern: &str) -> Need {
    match regex_syntax::parse(pattern) {
        Ok(hir) => need(&hir),
        Err(_) => Need::Anything,
    }
}

fn need(hir: &Hir) -> Need {
    need_within(hir, Edge::Open, Edge::Open)
}

/// What a part needs that stands between these edges.
fn need_within(hir: &Hir, left: Edge, right: Edge) -> Need {
    let mut runs = Runs {
        left,
        ..Runs::default()
    };
    runs.take(hir, right);
    runs.close(right);
    Need::all(runs.needs)
}

/// Whether no term goes on from what stands before into a part: every match of it begins with a separator, or at an end.
fn bounds(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Literal(literal) => std::str::from_utf8(&literal.0).is_ok_and(|text| {
            folded(text)
                .chars()
                .next()
                .is_some_and(|c| !is_term_char(c))
        }),
        HirKind::Class(Class::Unicode(class)) => is_gap(class),
        HirKind::Look(look) => is_end(*look),
        HirKind::Capture(capture) => bounds(&capture.sub),
        HirKind::Repetition(repetition) => repetition.min > 0 && bounds(&repetition.sub),
        HirKind::Concat(parts) => parts.first().is_some_and(bounds),
        HirKind::Alternation(branches) => branches.iter().all(bounds),
        HirKind::Empty | HirKind::Class(Class::Bytes(_)) => false,
    }
}

/// The ends of texts and lines bound terms; `\b` does not always (`²` is alphanumeric and no word character).
fn is_end(look: Look) -> bool {
    matches!(
        look,
        Look::Start | Look::StartLF | Look::StartCRLF | Look::End | Look::EndLF | Look::EndCRLF
    )
}

/// Literal runs of a concatenation, from left to right.
struct Runs {
    run: String,
    left: Edge,
    needs: Vec<Need>,
}

impl Default for Runs {
    fn default() -> Self {
        Runs {
            run: String::new(),
            left: Edge::Open,
            needs: Vec::new(),
        }
    }
}

impl Runs {
    /// Goes on with a part, behind which lies the edge `right`.
    fn take(&mut self, hir: &Hir, right: Edge) {
        match hir.kind() {
            HirKind::Empty => {}
            HirKind::Literal(literal) => match std::str::from_utf8(&literal.0) {
                Ok(text) => self.run.push_str(&folded(text)),
                Err(_) => self.close(Edge::Open),
            },
            HirKind::Class(Class::Unicode(class)) => match (one_letter(class), is_gap(class)) {
                (Some(c), _) => self.run.push(c),
                (None, true) => self.separate(),
                (None, false) => self.close(Edge::Open),
            },
            HirKind::Look(look) if is_end(*look) => self.separate(),
            HirKind::Look(_) => self.close(Edge::Open),
            HirKind::Capture(capture) => self.take(&capture.sub, right),
            HirKind::Concat(parts) => {
                for (at, part) in parts.iter().enumerate() {
                    let edge = match parts.get(at + 1) {
                        None => right,
                        Some(next) if bounds(next) => Edge::Bounded,
                        Some(_) => Edge::Open,
                    };
                    self.take(part, edge);
                }
            }
            HirKind::Alternation(branches) => {
                let left = self.edge();
                self.close(Edge::Open);
                let branches = branches.iter();
                let needs = branches.map(|branch| need_within(branch, left, right));
                self.needs.push(Need::one(needs.collect()));
            }
            HirKind::Repetition(repetition) if repetition.min == 0 => self.close(Edge::Open),
            HirKind::Repetition(repetition) => match repetition.sub.kind() {
                HirKind::Class(Class::Unicode(class)) if is_gap(class) => self.separate(),
                _ => {
                    self.close(Edge::Open);
                    self.needs.push(need(&repetition.sub));
                }
            },
            HirKind::Class(Class::Bytes(_)) => self.close(Edge::Open),
        }
    }

    /// What lies before the next part.
    fn edge(&self) -> Edge {
        match self.run.chars().next_back() {
            None => self.left,
            Some(c) if !is_term_char(c) => Edge::Bounded,
            Some(_) => Edge::Open,
        }
    }

    /// No term goes on here.
    fn separate(&mut self) {
        self.close(Edge::Bounded);
        self.left = Edge::Bounded;
    }

    fn close(&mut self, right: Edge) {
        let tests = tests_of(&self.run, self.left, right);
        self.needs.push(Need::all_of(tests));
        self.run.clear();
        self.left = Edge::Open;
    }
}

fn chars(class: &ClassUnicode) -> Option<impl Iterator<Item = char> + '_> {
    let count: usize = class.iter().map(|range| range.len()).sum();
    (count <= CLASS_CHARS_MAX).then(|| class.iter().flat_map(|range| range.start()..=range.end()))
}

/// The one letter that all characters of the class are, without regard to case.
fn one_letter(class: &ClassUnicode) -> Option<char> {
    let mut chars = chars(class)?.map(key_char);
    let first = chars.next()?;
    chars.all(|c| c == first).then_some(first)
}

/// Whether no character of the class is part of a term.
fn is_gap(class: &ClassUnicode) -> bool {
    chars(class).is_some_and(|mut chars| chars.all(|c| !is_term_char(c)))
}

#[cfg(test)]
mod tests {
    use super::super::keys::{KeyTest, PLAIN, key};
    use super::*;

    fn exact(term: &str) -> Need {
        Need::Key(KeyTest::Exact(key(PLAIN, term.as_bytes())))
    }

    fn infix(text: &str) -> Need {
        Need::Key(KeyTest::Infix(text.as_bytes().to_vec()))
    }

    #[test]
    fn literals_are_fragments_and_separators_bound_them() {
        assert_eq!(need_of("evil"), infix("evil"));
        assert_eq!(need_of("^evil$"), exact("evil"));
        assert_eq!(need_of(r"\sevil[./]"), exact("evil"));
        assert_eq!(
            need_of(r"power(shell)\.exe"),
            Need::All(vec![
                Need::Key(KeyTest::Prefix(b"exe".to_vec())),
                Need::Key(KeyTest::Suffix(b"powershell".to_vec()))
            ])
        );
    }

    #[test]
    fn case_may_be_ignored() {
        assert_eq!(need_of("(?i)mimiKatz"), infix("mimikatz"));
        assert_eq!(need_of("(?i)^skype$"), exact("skype"));
    }

    #[test]
    fn alternatives_are_bounded_by_what_stands_around_them() {
        assert_eq!(
            need_of(r"\.(xyz|club)$"),
            Need::One(vec![exact("club"), exact("xyz")])
        );
        assert_eq!(
            need_of(r"^(evil|wicked)(\.com|/)"),
            Need::One(vec![exact("evil"), exact("wicked")])
        );
        assert_eq!(
            need_of("x(evil|wicked)y"),
            Need::One(vec![infix("evil"), infix("wicked")])
        );
        assert_eq!(
            need_of(r"\.(evil|wicked)(\.com)?"),
            Need::One(vec![
                Need::Key(KeyTest::Prefix(b"evil".to_vec())),
                Need::Key(KeyTest::Prefix(b"wicked".to_vec()))
            ])
        );
    }

    #[test]
    fn what_may_be_absent_is_not_needed() {
        for pattern in [
            "(evil)?", "evil|.*", "(evil|)", "[a-z]+", "(", r"\w+", "x{0,3}",
        ] {
            assert_eq!(need_of(pattern), Need::Anything, "{pattern}");
        }
        assert_eq!(
            need_of("(evil|wicked){2}"),
            Need::One(vec![infix("evil"), infix("wicked")])
        );
        assert_eq!(need_of("ev.?il|x"), Need::Anything);
        assert_eq!(need_of("virus(es)?"), infix("virus"));
    }
}
