//! Regular expressions of queries, compiled once.
//!
//! The syntax is that of the reference's page "Regular expression": no look-around and no back-references.

use super::{Args, KernelError};
use lru::LruCache;
use regex::{Regex, RegexBuilder};
use regex_syntax::ParserBuilder;
use regex_syntax::hir::literal::{ExtractKind, Extractor, Literal};
use regex_syntax::hir::{Hir, Look};
use std::num::NonZeroUsize;
use std::ops::RangeInclusive;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

const CACHED_PATTERNS_MAX: NonZeroUsize = NonZeroUsize::new(256).expect("more than none");

/// More literals than this are no quick test.
const LITERALS_MAX: usize = 16;

static COMPILED: LazyLock<Mutex<LruCache<String, Arc<Test>>>> =
    LazyLock::new(|| Mutex::new(LruCache::new(CACHED_PATTERNS_MAX)));

/// The compiled form of a pattern that stands in argument `index`.
///
/// # Errors
/// When the pattern is none, or uses what the language leaves out.
pub fn compile(pattern: &str, index: usize) -> Result<Regex, KernelError> {
    Ok(test(pattern, index)?.regex.clone())
}

fn test(pattern: &str, index: usize) -> Result<Arc<Test>, KernelError> {
    let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(test) = compiled.get(pattern) {
        return Ok(Arc::clone(test));
    }
    // `\123` is an octal code there.
    let regex = RegexBuilder::new(pattern)
        .octal(true)
        .build()
        .map_err(|error| KernelError::Argument {
            index,
            message: explain(pattern, &error),
        })?;
    let needed = needed(pattern);
    let test = Arc::new(Test { regex, needed });
    compiled.put(pattern.to_owned(), Arc::clone(&test));
    Ok(test)
}

/// The compiled form of argument `index`, which has to be constant.
///
/// # Errors
/// As [`Test::constant`].
pub fn constant(args: &Args<'_>, index: usize) -> Result<Regex, KernelError> {
    Ok(Test::constant(args, index)?.regex.clone())
}

/// A pattern that texts are only tested by. Where it is tied to an end of the text, cheap facts come before the automaton.
#[derive(Debug)]
pub struct Test {
    regex: Regex,
    needed: Needed,
}

/// What each text has that holds a match.
#[derive(Debug, PartialEq)]
struct Needed {
    /// Its length in bytes.
    length: RangeInclusive<usize>,
    /// One of these begins it; nothing is known when there are none.
    starts: Vec<Vec<u8>>,
    /// One of these ends it; nothing is known when there are none.
    ends: Vec<Vec<u8>>,
}

impl Test {
    /// The test by argument `index`, which has to be constant.
    ///
    /// # Errors
    /// As [`compile`], and when the argument differs by row.
    pub fn constant(args: &Args<'_>, index: usize) -> Result<Arc<Test>, KernelError> {
        match args.constant_text(index) {
            Some(pattern) => test(pattern, index),
            None => Err(KernelError::Argument {
                index,
                message: "the regular expression must be a constant".to_owned(),
            }),
        }
    }

    #[inline]
    pub fn is_match(&self, text: &str) -> bool {
        self.needed.is_in(text.as_bytes()) && self.regex.is_match(text)
    }
}

impl Needed {
    const ANYTHING: Needed = Needed {
        length: 0..=usize::MAX,
        starts: Vec::new(),
        ends: Vec::new(),
    };

    #[inline]
    fn is_in(&self, text: &[u8]) -> bool {
        self.length.contains(&text.len())
            && (self.ends.is_empty() || self.ends.iter().any(|end| text.ends_with(end)))
            && (self.starts.is_empty() || self.starts.iter().any(|start| text.starts_with(start)))
    }
}

fn needed(pattern: &str) -> Needed {
    let Ok(hir) = ParserBuilder::new().octal(true).build().parse(pattern) else {
        return Needed::ANYTHING;
    };
    let facts = hir.properties();
    let is_at_start = facts.look_set_prefix().contains(Look::Start);
    let is_at_end = facts.look_set_suffix().contains(Look::End);
    let literals = |is_tied: bool, kind: ExtractKind| match is_tied {
        true => literals(&hir, kind),
        false => Vec::new(),
    };
    let longest = facts.maximum_len().filter(|_| is_at_start && is_at_end);
    Needed {
        length: facts.minimum_len().unwrap_or(0)..=longest.unwrap_or(usize::MAX),
        starts: literals(is_at_start, ExtractKind::Prefix),
        ends: literals(is_at_end, ExtractKind::Suffix),
    }
}

/// Texts of which each match begins or ends with one; none when there are too many, or one of them is empty.
fn literals(hir: &Hir, kind: ExtractKind) -> Vec<Vec<u8>> {
    let mut found = Extractor::new().kind(kind).extract(hir);
    found.dedup();
    let literals = found.literals().unwrap_or_default();
    if literals.len() > LITERALS_MAX || literals.iter().any(Literal::is_empty) {
        return Vec::new();
    }
    literals
        .iter()
        .map(|literal| literal.as_bytes().to_vec())
        .collect()
}

fn explain(pattern: &str, error: &regex::Error) -> String {
    let reason = match error {
        regex::Error::CompiledTooBig(limit) => {
            format!("it needs more than {limit} bytes when compiled")
        }
        // The last line of a syntax error says what is wrong; the lines before it draw the place.
        other => other
            .to_string()
            .lines()
            .last()
            .unwrap_or_default()
            .trim_start_matches("error: ")
            .to_owned(),
    };
    format!("`{pattern}` is no regular expression that can be used here: {reason}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bytes(texts: &[&str]) -> Vec<Vec<u8>> {
        texts.iter().map(|text| text.as_bytes().to_vec()).collect()
    }

    #[test]
    fn a_pattern_tied_to_both_ends_has_a_length_and_its_ends() {
        let found = needed(r"^[a-z0-9]{14}\.(xyz|top|club)$");
        assert_eq!(found.length, 18..=19);
        assert_eq!(found.starts, bytes(&[]));
        assert_eq!(found.ends, bytes(&[".xyz", ".top", ".club"]));
    }

    #[test]
    fn what_is_not_tied_needs_no_ends() {
        assert_eq!(needed("abc|de").ends, bytes(&[]));
        assert_eq!(needed("abc|de").length, 2..=usize::MAX);
        assert_eq!(needed("^abc|de").starts, bytes(&[]));
        assert_eq!(needed("(?m)abc$").ends, bytes(&[]));
        assert_eq!(needed("abc*$").ends, bytes(&["c", "ab"]));
        assert_eq!(needed("[a-z]*$").ends, bytes(&[]));
        assert_eq!(needed("("), Needed::ANYTHING);
    }

    proptest! {
        #[test]
        fn what_is_needed_changes_no_answer(
            pattern in r"\^?(a|b|ab|\[ab\]|\(a\|bb\)|\(ab\|\)|é|\.|a\*|b\+|b\?|\(a\|b\)\{2\}|\(\?i\)aB|\\b){0,4}\$?(\|a\$|\|\^b)?",
            texts in prop::collection::vec("[abABé\n]{0,5}", 1..20),
        ) {
            let Ok(regex) = compile(&pattern, 0) else { return Ok(()) };
            let test = test(&pattern, 0).expect("it compiled");
            for text in texts {
                prop_assert_eq!(test.is_match(&text), regex.is_match(&text), "{} {:?}", pattern, text);
            }
        }
    }
}
