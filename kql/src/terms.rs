//! Terms: what `has` compares, and what the term index holds.
//!
//! Source: Kusto docs, "String operators – What is a term?": a string is broken into maximal sequences of alphanumeric
//! characters. Letters and digits of all scripts count, not only ASCII's.

/// Whether a character is part of a term.
pub fn is_term_char(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_alphanumeric()
    } else {
        c.is_alphanumeric()
    }
}

/// A character as the string operators compare it without regard to case: its lower-case form.
///
/// That is one character always: one whose lower-case form is several characters stays as it is, and so does one beyond ASCII
/// whose lower-case form is in ASCII (the Kelvin sign), as those two are never equal.
pub fn fold_char(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    let mut lower = c.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(one), None) if !one.is_ascii() => one,
        _ => c,
    }
}

/// A character as the term index files it. What [`fold_char`] or a regular expression without regard to case takes for one letter
/// has one key: the Kelvin sign is filed as `k` and the long s as `s`.
pub fn key_char(c: char) -> char {
    match c {
        '\u{212A}' => 'k',
        '\u{17F}' => 's',
        _ => fold_char(c),
    }
}

/// The terms of a text, in its order, with repeats: maximal runs of alphanumeric characters. Case is kept.
pub fn terms(text: &str) -> impl Iterator<Item = &str> {
    Terms { rest: text }
}

struct Terms<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Terms<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let start = boundary(self.rest, Side::Outside);
        let term = &self.rest[start..];
        let length = boundary(term, Side::Inside);
        self.rest = &term[length..];
        (length > 0).then(|| &term[..length])
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Inside,
    Outside,
}

/// How many bytes from the start are on this side of a term's edge. ASCII goes byte by byte.
fn boundary(text: &str, side: Side) -> usize {
    let bytes = text.as_bytes();
    let inside = side == Side::Inside;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if byte.is_ascii() {
            if byte.is_ascii_alphanumeric() != inside {
                break;
            }
            at += 1;
            continue;
        }
        let Some(c) = text[at..].chars().next() else {
            break;
        };
        if is_term_char(c) != inside {
            break;
        }
        at += c.len_utf8();
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<&str> {
        terms(text).collect()
    }

    #[test]
    fn terms_are_runs_of_letters_and_digits() {
        assert_eq!(
            of("Kusto: ad67d136-c1db-4f9f-88ef-d94f3b6b0b5a;KustoExplorerQueryRun"),
            [
                "Kusto",
                "ad67d136",
                "c1db",
                "4f9f",
                "88ef",
                "d94f3b6b0b5a",
                "KustoExplorerQueryRun"
            ]
        );
        assert_eq!(of("a_b"), ["a", "b"]);
    }

    #[test]
    fn letters_of_all_scripts_are_part_of_terms() {
        assert_eq!(of("größe=1 Москва„x“"), ["größe", "1", "Москва", "x"]);
    }

    #[test]
    fn folding_keeps_the_edges_of_terms_and_happens_once() {
        for c in '\0'..=char::MAX {
            for folded in [fold_char(c), key_char(c)] {
                assert_eq!(is_term_char(c), is_term_char(folded), "{c:?}");
                assert_eq!(key_char(folded), key_char(c), "{c:?}");
            }
            assert_eq!(fold_char(fold_char(c)), fold_char(c), "{c:?}");
        }
    }

    #[test]
    fn a_text_without_letters_has_no_terms() {
        assert!(of("").is_empty());
        assert!(of(" -_.„ ").is_empty());
    }
}
