//! Searching text as the string operators do (`has`, `contains`, `startswith` and their kin).
//!
//! A term is a maximal run of alphanumeric characters. `has` looks for its needle with a term boundary at each end of the needle
//! that is itself alphanumeric; an end that is not (`"/providers/"`) has no boundary to keep. Source: Kusto docs, "String operators".
//!
//! Case: ASCII letters and simple one-to-one lower-casing beyond ASCII. A character beyond ASCII never equals one within.
//!
//! Not here: regular expressions (see [`super::pattern`]).

mod likely;
mod listed;
mod set;

pub use listed::TextList;
pub use set::{MatcherSet, Quantity};

use memchr::memmem::Finder;
use memchr::{memchr, memchr2};
use std::borrow::Cow;

/// Whether letters of different case are equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    Sensitive,
    Insensitive,
}

/// Where a needle has to stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// `contains`
    Anywhere,
    /// `has`
    Term,
    /// `hasprefix`
    TermStart,
    /// `hassuffix`
    TermEnd,
    /// `startswith`
    Start,
    /// `endswith`
    End,
    /// `=~`
    Whole,
}

/// A needle made ready for many haystacks.
#[derive(Debug)]
pub struct Matcher {
    /// As written when the case matters, else folded.
    needle: String,
    case: Case,
    place: Place,
    boundaries: Boundaries,
    search: Search,
}

/// Which ends of a match must be ends of a term.
#[derive(Debug, Clone, Copy)]
struct Boundaries {
    left: bool,
    right: bool,
}

#[derive(Debug)]
enum Search {
    /// Bytes as they are: the case matters, or the haystack is folded first because the needle is not ASCII.
    Exact(Box<Finder<'static>>),
    /// ASCII letters in either case, found by their rarest byte.
    AsciiFolded { rare: u8, offset: usize },
}

impl Matcher {
    pub fn new(needle: &str, place: Place, case: Case) -> Matcher {
        let needle = match case {
            Case::Sensitive => Cow::Borrowed(needle),
            Case::Insensitive => fold(needle),
        };
        let boundaries = Boundaries::of(&needle, place);
        let search = match case {
            Case::Insensitive if needle.is_ascii() && !needle.is_empty() => {
                let (offset, rare) = rarest(needle.as_bytes());
                Search::AsciiFolded { rare, offset }
            }
            _ => Search::Exact(Box::new(Finder::new(needle.as_bytes()).into_owned())),
        };
        Matcher {
            needle: needle.into_owned(),
            case,
            place,
            boundaries,
            search,
        }
    }

    pub fn is_match(&self, haystack: &str) -> bool {
        match self.place {
            Place::Start => self.at_start(haystack),
            Place::End => self.at_end(haystack),
            Place::Whole => self.whole(haystack),
            Place::Anywhere | Place::Term | Place::TermStart | Place::TermEnd => {
                self.within(haystack)
            }
        }
    }

    fn at_start(&self, haystack: &str) -> bool {
        if self.folds_bytes() {
            let head = haystack.as_bytes().get(..self.needle.len());
            return head.is_some_and(|head| head.eq_ignore_ascii_case(self.needle.as_bytes()));
        }
        self.comparable(haystack).starts_with(&self.needle)
    }

    fn at_end(&self, haystack: &str) -> bool {
        if self.folds_bytes() {
            let tail = haystack
                .len()
                .checked_sub(self.needle.len())
                .map(|at| &haystack.as_bytes()[at..]);
            return tail.is_some_and(|tail| tail.eq_ignore_ascii_case(self.needle.as_bytes()));
        }
        self.comparable(haystack).ends_with(&self.needle)
    }

    fn whole(&self, haystack: &str) -> bool {
        if self.folds_bytes() {
            return haystack
                .as_bytes()
                .eq_ignore_ascii_case(self.needle.as_bytes());
        }
        self.comparable(haystack) == self.needle
    }

    fn within(&self, haystack: &str) -> bool {
        if self.needle.is_empty() {
            return true;
        }
        if haystack.len() < self.needle.len() && self.folds_bytes() {
            return false;
        }
        match &self.search {
            Search::Exact(finder) => {
                let haystack = self.comparable(haystack);
                self.found(&haystack, |from| {
                    finder
                        .find(&haystack.as_bytes()[from..])
                        .map(|at| from + at)
                })
            }
            Search::AsciiFolded { rare, offset } => self.found(haystack, |from| {
                find_folded(
                    haystack.as_bytes(),
                    self.needle.as_bytes(),
                    from,
                    *rare,
                    *offset,
                )
            }),
        }
    }

    /// Whether some occurrence keeps the boundaries; `next` gives the first occurrence at or after a byte.
    fn found(&self, haystack: &str, next: impl Fn(usize) -> Option<usize>) -> bool {
        let mut from = 0;
        while let Some(at) = next(from) {
            if self.boundaries.kept(haystack, at, at + self.needle.len()) {
                return true;
            }
            from = at + 1;
        }
        false
    }

    fn folds_bytes(&self) -> bool {
        matches!(self.search, Search::AsciiFolded { .. })
    }

    /// The haystack in the form in which bytes can be compared with the needle.
    fn comparable<'a>(&self, haystack: &'a str) -> Cow<'a, str> {
        match self.case {
            Case::Sensitive => Cow::Borrowed(haystack),
            Case::Insensitive => fold(haystack),
        }
    }
}

impl Boundaries {
    fn of(needle: &str, place: Place) -> Boundaries {
        let first = needle.chars().next().is_some_and(char::is_alphanumeric);
        let last = needle
            .chars()
            .next_back()
            .is_some_and(char::is_alphanumeric);
        Boundaries {
            left: first && matches!(place, Place::Term | Place::TermStart),
            right: last && matches!(place, Place::Term | Place::TermEnd),
        }
    }

    #[inline]
    fn kept(self, haystack: &str, start: usize, end: usize) -> bool {
        (!self.left
            || !haystack[..start]
                .chars()
                .next_back()
                .is_some_and(char::is_alphanumeric))
            && (!self.right
                || !haystack[end..]
                    .chars()
                    .next()
                    .is_some_and(char::is_alphanumeric))
    }
}

/// The first place at or after `from` where the ASCII `needle` (lower case) stands in either case.
fn find_folded(
    haystack: &[u8],
    needle: &[u8],
    from: usize,
    rare: u8,
    offset: usize,
) -> Option<usize> {
    let last = haystack.len().checked_sub(needle.len())?;
    let mut from = from;
    while from <= last {
        let window = &haystack[from + offset..=last + offset];
        let hit = match rare.is_ascii_alphabetic() {
            true => memchr2(rare, rare.to_ascii_uppercase(), window),
            false => memchr(rare, window),
        };
        let at = from + hit?;
        if haystack[at..at + needle.len()].eq_ignore_ascii_case(needle) {
            return Some(at);
        }
        from = at + 1;
    }
    None
}

/// Bytes of logs and paths from the most common to the least; what is not here is rarer still.
const COMMON: &[u8] = b"e tao/inrs.-\\dlc01m2pu3hg45f:6b8w79_vy\"kx=,;&z?qj";

/// The place and value of the byte that occurs least often in ordinary text.
fn rarest(needle: &[u8]) -> (usize, u8) {
    let commonness = |byte: u8| {
        COMMON
            .iter()
            .position(|common| *common == byte)
            .map_or(0, |at| COMMON.len() - at)
    };
    needle
        .iter()
        .copied()
        .enumerate()
        .min_by_key(|(_, byte)| commonness(*byte))
        .expect("the needle is not empty")
}

/// Text with its letters in lower case, character by character.
pub fn fold(text: &str) -> Cow<'_, str> {
    if !text.is_ascii() {
        return Cow::Owned(text.chars().map(fold_char).collect());
    }
    match text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        true => Cow::Owned(text.to_ascii_lowercase()),
        false => Cow::Borrowed(text),
    }
}

fn fold_char(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    let lower = lower(c);
    if lower.is_ascii() { c } else { lower }
}

/// The lower-case form of a character when that is one character, else the character.
pub fn lower(c: char) -> char {
    single(c, c.to_lowercase())
}

/// The upper-case form of a character when that is one character, else the character.
pub fn upper(c: char) -> char {
    single(c, c.to_uppercase())
}

fn single(c: char, mut mapped: impl Iterator<Item = char>) -> char {
    match (mapped.next(), mapped.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

#[cfg(test)]
mod tests;
