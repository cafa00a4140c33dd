//! The keys of the index: what a value is filed under, and what a needle asks for.
//!
//! Both sides fold and split text by [`huntql_kql::terms`], so that a row that a string operator keeps always has the keys that
//! the operator's needle asks for. A key may stand for more than the needle says; the exact filter decides.
//!
//! | class | key | why |
//! |---|---|---|
//! | plain | a term with a character beyond `0-9a-f`, cut at 40 bytes | |
//! | piece | 40 bytes from each 24th on of a longer one, so that what stands inside of it is found | |
//! | hex | a term of hex digits alone, cut at 6 bytes; at 8 when all are decimal | most random terms are here: a few bytes tell them apart well enough |
//! | address | four short numbers with a dot between each | the numbers of addresses say nothing by themselves |
//!
//! Whole values have no keys: that all terms of a value stand in a block says almost as much.

use huntql_kql::terms::{key_char, terms};
use std::borrow::Cow;

/// The first byte of a key.
pub(super) const PLAIN: u8 = 0;
pub(super) const HEX: u8 = 1;
pub(super) const ADDRESS: u8 = 2;
pub(super) const PIECE: u8 = 3;

const PLAIN_BYTES_MAX: usize = 40;
/// From one piece of a long term to the next.
const PIECE_STEP: usize = 24;
/// A term's bytes beyond these are in no piece.
const PIECES_BYTES_MAX: usize = 1024;
/// So many bytes always stand in one piece as a whole.
pub(super) const PROBE_BYTES_MAX: usize = PLAIN_BYTES_MAX - PIECE_STEP + 1;
const HEX_BYTES_MAX: usize = 6;
const DIGITS_BYTES_MAX: usize = 8;
/// Digits of a number in an address.
const OCTET_BYTES_MAX: usize = 3;

/// The shortest fragments that are looked for inside of terms, and at the start of terms. Shorter ones are nearly everywhere.
const INFIX_BYTES_MIN: usize = 3;
const PREFIX_BYTES_MIN: usize = 2;

/// What a needle asks of the dictionary.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum KeyTest {
    /// This key.
    Exact(Vec<u8>),
    /// A term that begins with this.
    Prefix(Vec<u8>),
    /// A term that ends with this; it has a character beyond the hex digits.
    Suffix(Vec<u8>),
    /// A term that this stands in; it has a character beyond the hex digits.
    Infix(Vec<u8>),
}

/// Whether the end of a needle is known to be the end of a term, if it is alphanumeric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edge {
    Bounded,
    Open,
}

/// As [`folded`], into a text that is used again.
pub(super) fn fold_into(folded: &mut String, text: &str) {
    folded.clear();
    match text.is_ascii() {
        true => {
            folded.push_str(text);
            folded.make_ascii_lowercase();
        }
        false => folded.extend(text.chars().map(key_char)),
    }
}

/// Text in the form in which keys are compared.
pub(super) fn folded(text: &str) -> Cow<'_, str> {
    if !text.is_ascii() {
        return Cow::Owned(text.chars().map(key_char).collect());
    }
    match text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        true => Cow::Owned(text.to_ascii_lowercase()),
        false => Cow::Borrowed(text),
    }
}

fn is_hex(text: &[u8]) -> bool {
    text.iter()
        .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// The class of a term and how many of its bytes are kept.
fn shape(term: &[u8]) -> (u8, usize) {
    if !is_hex(term) {
        return (PLAIN, term.len().min(PLAIN_BYTES_MAX));
    }
    let max = match term.iter().all(u8::is_ascii_digit) {
        true => DIGITS_BYTES_MAX,
        false => HEX_BYTES_MAX,
    };
    (HEX, term.len().min(max))
}

fn is_octet(term: &[u8]) -> bool {
    term.len() <= OCTET_BYTES_MAX && term.iter().all(u8::is_ascii_digit)
}

/// A term and where it begins.
#[derive(Debug, Clone, Copy)]
struct Placed<'a> {
    at: usize,
    term: &'a str,
}

impl Placed<'_> {
    fn end(&self) -> usize {
        self.at + self.term.len()
    }
}

fn placed(text: &str) -> impl Iterator<Item = Placed<'_>> {
    let start = text.as_ptr() as usize;
    terms(text).map(move |term| Placed {
        at: term.as_ptr() as usize - start,
        term,
    })
}

/// Whether the second term follows the first as the next number of an address does.
fn is_next_octet(text: &str, first: &Placed<'_>, second: &Placed<'_>) -> bool {
    second.at == first.end() + 1 && text.as_bytes()[first.end()] == b'.'
}

/// Runs of short numbers with dots between them, as the numbers come.
#[derive(Debug, Default, Clone, Copy)]
struct Quad {
    starts: [usize; 4],
    length: usize,
    end: usize,
}

impl Quad {
    /// Takes the next term; gives where an address begins that ends with it.
    fn push(&mut self, text: &str, next: &Placed<'_>, last: Option<&Placed<'_>>) -> Option<usize> {
        if !is_octet(next.term.as_bytes()) {
            self.length = 0;
            return None;
        }
        let goes_on = self.length > 0 && last.is_some_and(|last| is_next_octet(text, last, next));
        if !goes_on {
            self.length = 0;
        }
        if self.length == 4 {
            self.starts.rotate_left(1);
            self.length = 3;
        }
        self.starts[self.length] = next.at;
        self.length += 1;
        self.end = next.end();
        (self.length == 4).then_some(self.starts[0])
    }
}

/// Tells the keys of a value, class and bytes, some of them perhaps more than once. `text` is folded.
pub(super) fn each_key(text: &str, mut tell: impl FnMut(u8, &[u8])) {
    if !text.is_ascii() {
        return each_key_of_any(text, tell);
    }
    let bytes = text.as_bytes();
    let mut quad = Quad::default();
    let mut last: Option<Placed<'_>> = None;
    let mut at = 0;
    loop {
        at += bytes[at..]
            .iter()
            .take_while(|byte| kind(**byte) == 0)
            .count();
        let (start, mut kinds) = (at, 0);
        while let Some(byte) = bytes.get(at)
            && kind(*byte) != 0
        {
            kinds |= kind(*byte);
            at += 1;
        }
        if start == at {
            return;
        }
        let term = &bytes[start..at];
        match kinds {
            DIGIT => {
                tell(HEX, &term[..term.len().min(DIGITS_BYTES_MAX)]);
                let next = Placed {
                    at: start,
                    term: &text[start..at],
                };
                if let Some(start) = quad.push(text, &next, last.as_ref()) {
                    tell(ADDRESS, &bytes[start..at]);
                }
                last = Some(next);
                continue;
            }
            LETTER_OF_HEX | DIGIT_OR_LETTER_OF_HEX => {
                tell(HEX, &term[..term.len().min(HEX_BYTES_MAX)]);
            }
            _ => {
                tell(PLAIN, &term[..term.len().min(PLAIN_BYTES_MAX)]);
                if term.len() > PLAIN_BYTES_MAX {
                    each_piece(term, &mut tell);
                }
            }
        }
        quad = Quad::default();
        last = None;
    }
}

/// The keys of a text that is a number, in quotes or not, with a fraction or without: those that [`each_key`] tells, which needs more time.
#[inline]
pub(super) fn number_keys(text: &str) -> Option<[&[u8]; 2]> {
    let bytes = text.as_bytes();
    let bytes = bytes.strip_prefix(b"\"").unwrap_or(bytes);
    let whole = bytes
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    if whole == 0 {
        return None;
    }
    let (whole, rest) = bytes.split_at(whole);
    let rest = rest.strip_prefix(b".").unwrap_or(rest);
    let fraction = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (fraction, rest) = rest.split_at(fraction);
    let cut = |digits: &'_ [u8]| digits.len().min(DIGITS_BYTES_MAX);
    matches!(rest, b"" | b"\"").then_some([&whole[..cut(whole)], &fraction[..cut(fraction)]])
}

const DIGIT: u8 = 1;
const LETTER_OF_HEX: u8 = 2;
const DIGIT_OR_LETTER_OF_HEX: u8 = DIGIT | LETTER_OF_HEX;
const OTHER_LETTER: u8 = 4;

/// What a byte of ASCII is in a term; 0 for what stands between terms.
#[inline]
fn kind(byte: u8) -> u8 {
    const KINDS: [u8; 256] = {
        let mut kinds = [0; 256];
        let mut byte = 0_u8;
        while byte.is_ascii() {
            kinds[byte as usize] = match byte {
                b'0'..=b'9' => DIGIT,
                b'a'..=b'f' => LETTER_OF_HEX,
                b'g'..=b'z' | b'A'..=b'Z' => OTHER_LETTER,
                _ => 0,
            };
            byte += 1;
        }
        kinds
    };
    KINDS[usize::from(byte)]
}

/// As [`each_key`], for the letters of all scripts.
fn each_key_of_any(text: &str, mut tell: impl FnMut(u8, &[u8])) {
    let mut quad = Quad::default();
    let mut last: Option<Placed<'_>> = None;
    for next in placed(text) {
        let bytes = next.term.as_bytes();
        let (class, kept) = shape(bytes);
        tell(class, &bytes[..kept]);
        if class == PLAIN && kept < bytes.len() {
            each_piece(bytes, &mut tell);
        }
        if let Some(start) = quad.push(text, &next, last.as_ref()) {
            tell(ADDRESS, &text.as_bytes()[start..next.end()]);
        }
        last = Some(next);
    }
}

/// Tells the pieces of a long term but the first, and for one that is longer than all pieces the empty piece.
fn each_piece(term: &[u8], tell: &mut impl FnMut(u8, &[u8])) {
    let cut = &term[..term.len().min(PIECES_BYTES_MAX)];
    let mut start = PIECE_STEP;
    while start + PLAIN_BYTES_MAX - PIECE_STEP < cut.len() {
        let end = (start + PLAIN_BYTES_MAX).min(cut.len());
        tell(PIECE, &cut[start..end]);
        start += PIECE_STEP;
    }
    if cut.len() < term.len() {
        tell(PIECE, &[]);
    }
}

/// What a text that holds `needle` (folded) must have, one test for each fragment that says something.
pub(super) fn tests_of(needle: &str, left: Edge, right: Edge) -> Vec<KeyTest> {
    let mut tests = Vec::new();
    let mut quad = Quad::default();
    let mut last: Option<Placed<'_>> = None;
    for next in placed(needle) {
        let starts = next.at > 0 || left == Edge::Bounded;
        let ends = next.end() < needle.len() || right == Edge::Bounded;
        let bytes = next.term.as_bytes();
        match (starts, ends) {
            (true, true) => {
                let (class, kept) = shape(bytes);
                tests.push(KeyTest::Exact(key(class, &bytes[..kept])));
                if let Some(start) = quad.push(needle, &next, last.as_ref()) {
                    // The address says all that its numbers say.
                    tests.truncate(tests.len() - 4);
                    let address = &needle.as_bytes()[start..next.end()];
                    tests.push(KeyTest::Exact(key(ADDRESS, address)));
                    quad = Quad::default();
                    last = None;
                    continue;
                }
                last = Some(next);
                continue;
            }
            (true, false) if bytes.len() >= PREFIX_BYTES_MIN => {
                tests.push(KeyTest::Prefix(bytes.to_vec()));
            }
            // Cut hex terms could end in anything.
            (false, true) if bytes.len() >= INFIX_BYTES_MIN && !is_hex(bytes) => {
                tests.push(KeyTest::Suffix(bytes.to_vec()));
            }
            (false, false) if bytes.len() >= INFIX_BYTES_MIN && !is_hex(bytes) => {
                tests.push(KeyTest::Infix(bytes.to_vec()));
            }
            _ => {}
        }
        quad = Quad::default();
        last = None;
    }
    tests
}

pub(super) fn key(class: u8, bytes: &[u8]) -> Vec<u8> {
    let mut key = Vec::with_capacity(bytes.len() + 1);
    key.push(class);
    key.extend_from_slice(bytes);
    key
}

/// Where the terms that begin with `prefix` lie: ranges of keys by their beginning, and single keys of terms that were cut.
pub(super) fn prefix_keys(prefix: &[u8]) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let kept = prefix.len().min(PLAIN_BYTES_MAX);
    let (mut ranges, mut cut) = (vec![key(PLAIN, &prefix[..kept])], Vec::new());
    if is_hex(prefix) {
        ranges.push(key(HEX, prefix));
        for max in [HEX_BYTES_MAX, DIGITS_BYTES_MAX] {
            if prefix.len() > max {
                cut.push(key(HEX, &prefix[..max]));
            }
        }
    }
    (ranges, cut)
}

/// Whether a key is a plain term that may have lost its end.
pub(super) fn is_cut_key(key: &[u8]) -> bool {
    key.first() == Some(&PLAIN) && key.len() > PLAIN_BYTES_MAX
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn keys(text: &str) -> Vec<String> {
        let mut keys = Vec::new();
        each_key(text, |class, bytes| {
            keys.push(format!("{class}{}", std::str::from_utf8(bytes).unwrap()));
        });
        keys
    }

    fn exact(keys: &[&str]) -> Vec<KeyTest> {
        let key = |key: &&str| self::key(key.as_bytes()[0] - b'0', &key.as_bytes()[1..]);
        keys.iter().map(|text| KeyTest::Exact(key(text))).collect()
    }

    #[test]
    fn values_are_filed_under_their_terms() {
        assert_eq!(keys("svchost.exe"), ["0svchost", "0exe"]);
        assert_eq!(keys("a-b"), ["1a", "1b"]);
        assert_eq!(keys("-"), [""; 0]);
        assert_eq!(keys(""), [""; 0]);
    }

    #[test]
    fn ascii_text_has_the_keys_of_any_text() {
        let words = [
            "svchost",
            "exe",
            "10",
            "0",
            "255",
            "4444",
            "deadbeef",
            "12345678901",
            "a",
            "g",
            "AB",
            ".",
            ".",
            "..",
            " ",
            "-",
            "\"",
        ];
        let long = "x1".repeat(700);
        let mut state = 1_u64;
        for _ in 0..20_000 {
            let mut text = String::new();
            for _ in 0..12 {
                state = state
                    .wrapping_mul(6364136223846793005)
                    .wrapping_add(1442695040888963407);
                let pick = (state >> 33) as usize;
                match pick % 97 {
                    0 => text.push_str(&long[..pick / 97 % long.len()]),
                    _ => text.push_str(words[pick % words.len()]),
                }
            }
            let mut any = Vec::new();
            each_key_of_any(&text, |class, bytes| {
                any.push(format!("{class}{}", std::str::from_utf8(bytes).unwrap()));
            });
            assert_eq!(keys(&text), any, "{text}");
        }
    }

    #[test]
    fn numbers_have_the_keys_of_any_text() {
        for text in [
            "7",
            "\"7\"",
            "174.102031",
            "\"0.5\"",
            "12.",
            "1234567890.1234567890",
            "\"12",
        ] {
            let found = number_keys(text).unwrap();
            let found = found.iter().filter(|digits| !digits.is_empty());
            let found: Vec<_> = found
                .map(|digits| format!("1{}", std::str::from_utf8(digits).unwrap()))
                .collect();
            assert_eq!(found, keys(text), "{text}");
        }
        for text in [
            "", "\"", "x", "-7", "7x", "1.2.3", "1..2", ".5", "7\"x", "1a", "7\"\"", "7 ",
        ] {
            assert_eq!(number_keys(text), None, "{text}");
        }
    }

    #[test]
    fn long_hex_terms_are_cut() {
        assert_eq!(keys("id-0123456789abcdef"), ["0id", "1012345"]);
        assert_eq!(keys("1234567890123"), ["112345678"]);
    }

    #[test]
    fn what_stands_inside_of_a_long_term_stands_in_a_piece() {
        for length in [41, 56, 57, 80, 1000, 1024] {
            let term: String = (0..length)
                .map(|n| char::from(b'g' + (n * n % 19) as u8))
                .collect();
            let pieces = keys(&term);
            for from in 0..=length - PROBE_BYTES_MAX {
                let probe = &term[from..from + PROBE_BYTES_MAX];
                assert!(
                    pieces.iter().any(|piece| piece[1..].contains(probe)),
                    "{length}: {from}"
                );
            }
            assert!(!pieces.contains(&"3".to_owned()));
        }
        assert!(keys(&"x".repeat(1025)).contains(&"3".to_owned()));
    }

    #[test]
    fn each_window_of_four_numbers_is_an_address() {
        assert_eq!(
            keys("go 1.2.3.4.5 no"),
            [
                "0go", "11", "12", "13", "14", "21.2.3.4", "15", "22.3.4.5", "0no"
            ]
        );
        assert_eq!(keys("1.2..3.4"), ["11", "12", "13", "14"]);
        assert_eq!(keys("1.2.3.4444"), ["11", "12", "13", "14444"]);
    }

    #[test]
    fn only_fragments_bounded_on_both_sides_are_whole_terms() {
        let open = tests_of("load.string.fil", Edge::Open, Edge::Open);
        assert_eq!(open[0], KeyTest::Suffix(b"load".to_vec()));
        assert_eq!(open[1..2], exact(&["0string"]));
        assert_eq!(open[2], KeyTest::Prefix(b"fil".to_vec()));
        assert_eq!(
            tests_of("string", Edge::Open, Edge::Open),
            [KeyTest::Infix(b"string".to_vec())]
        );
        assert_eq!(
            tests_of(".exe", Edge::Bounded, Edge::Bounded),
            exact(&["0exe"])
        );
        assert!(tests_of("beef", Edge::Open, Edge::Open).is_empty());
        assert!(tests_of("", Edge::Bounded, Edge::Bounded).is_empty());
    }

    #[test]
    fn an_address_in_a_needle_is_asked_for_as_one() {
        let bounded = |needle| tests_of(needle, Edge::Bounded, Edge::Bounded);
        assert_eq!(bounded("203.0.113.5"), exact(&["2203.0.113.5"]));
        assert_eq!(
            bounded("//203.0.113.5:443/x"),
            exact(&["2203.0.113.5", "1443", "0x"])
        );
        // The last number may go on.
        let open = tests_of("203.0.113.55", Edge::Bounded, Edge::Open);
        assert_eq!(open[..3], exact(&["1203", "10", "1113"]));
        assert_eq!(open[3], KeyTest::Prefix(b"55".to_vec()));
    }

    #[test]
    fn a_prefix_is_looked_for_where_cut_terms_lie_too() {
        let (ranges, cut) = prefix_keys(b"0123456789ab");
        assert_eq!(ranges.len(), 2);
        assert_eq!(cut, [key(HEX, b"012345"), key(HEX, b"01234567")]);
        let (ranges, cut) = prefix_keys(b"evil");
        assert_eq!((ranges.len(), cut.len()), (1, 0));
    }
}
