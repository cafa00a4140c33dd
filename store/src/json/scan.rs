//! Walking over JSON text by slices: no tree, no copies, early exit.
//!
//! The text was checked when it became a dynamic. Text that is no JSON all the same (a damaged file) ends the walk; it never
//! panics.

use super::unquote;
use memchr::memchr2;

/// The elements of an array as slices of its text. Empty for what is no array.
pub fn items(json: &str) -> Items<'_> {
    Items {
        json,
        at: opening(json, b'['),
    }
}

/// The keys (quoted, as written) and values of a bag. Empty for what is no bag.
pub fn entries(json: &str) -> Entries<'_> {
    Entries {
        json,
        at: opening(json, b'{'),
    }
}

/// The value under a key of a bag, `null` included; of doubled keys the first.
pub fn member<'a>(json: &'a str, key: &str) -> Option<&'a str> {
    entries(json)
        .find(|(name, _)| names(name, key))
        .map(|(_, value)| value)
}

/// Whether a quoted key means `key`.
fn names(quoted: &str, key: &str) -> bool {
    let inner = quoted
        .get(1..quoted.len().saturating_sub(1))
        .unwrap_or_default();
    if inner.contains('\\') {
        unquote(quoted) == key
    } else {
        inner == key
    }
}

/// See [`items`].
#[derive(Debug, Clone)]
pub struct Items<'a> {
    json: &'a str,
    /// Where the next element starts; `None` at the end.
    at: Option<usize>,
}

impl<'a> Iterator for Items<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let start = space(self.json, self.at.take()?);
        let end = skip(self.json, start)?;
        self.at = after_comma(self.json, end);
        self.json.get(start..end)
    }
}

/// See [`entries`].
#[derive(Debug, Clone)]
pub struct Entries<'a> {
    json: &'a str,
    at: Option<usize>,
}

impl<'a> Iterator for Entries<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<(&'a str, &'a str)> {
        let start = space(self.json, self.at.take()?);
        let end = string_end(self.json, start)?;
        let colon = space(self.json, end);
        if self.json.as_bytes().get(colon) != Some(&b':') {
            return None;
        }
        let value = space(self.json, colon + 1);
        let value_end = skip(self.json, value)?;
        self.at = after_comma(self.json, value_end);
        Some((self.json.get(start..end)?, self.json.get(value..value_end)?))
    }
}

/// The place behind an opening bracket; `None` when there is another text or nothing between the brackets.
fn opening(json: &str, bracket: u8) -> Option<usize> {
    let bytes = json.as_bytes();
    if bytes.first() != Some(&bracket) {
        return None;
    }
    let at = space(json, 1);
    (!matches!(bytes.get(at), Some(b']' | b'}') | None)).then_some(at)
}

fn after_comma(json: &str, at: usize) -> Option<usize> {
    let at = space(json, at);
    (json.as_bytes().get(at) == Some(&b',')).then_some(at + 1)
}

/// The first place from `at` on that is no white space.
#[inline]
fn space(json: &str, mut at: usize) -> usize {
    while matches!(json.as_bytes().get(at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
        at += 1;
    }
    at
}

/// The place behind the value that starts at `at`.
fn skip(json: &str, at: usize) -> Option<usize> {
    let bytes = json.as_bytes();
    match bytes.get(at)? {
        b'"' => string_end(json, at),
        b'[' | b'{' => nested_end(json, at),
        _ => {
            let length = bytes[at..]
                .iter()
                .take_while(|byte| {
                    !matches!(byte, b',' | b']' | b'}' | b' ' | b'\n' | b'\r' | b'\t')
                })
                .count();
            (length > 0).then_some(at + length)
        }
    }
}

/// The place behind the bracket that closes the one at `at`.
fn nested_end(json: &str, mut at: usize) -> Option<usize> {
    let bytes = json.as_bytes();
    let mut depth = 0_usize;
    loop {
        match bytes.get(at)? {
            b'"' => {
                at = string_end(json, at)?;
                continue;
            }
            b'[' | b'{' => depth += 1,
            b']' | b'}' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
        at += 1;
    }
}

/// The place behind the quote that closes the one at `at`.
fn string_end(json: &str, at: usize) -> Option<usize> {
    let bytes = json.as_bytes();
    if bytes.get(at) != Some(&b'"') {
        return None;
    }
    let mut at = at + 1;
    loop {
        at += memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::element;
    use super::*;

    #[test]
    fn elements_and_members_are_slices_of_the_text() {
        let json = r#"{"a":{"b":[1,"x,]}",{"c":null}]},"d\"e":2.5}"#;
        let array = member(member(json, "a").unwrap(), "b").unwrap();
        assert_eq!(
            items(array).collect::<Vec<_>>(),
            ["1", r#""x,]}""#, r#"{"c":null}"#]
        );
        assert_eq!(member(json, "d\"e"), Some("2.5"));
        assert_eq!(member(json, "z"), None);
        assert_eq!(member("[1]", "a"), None);
    }

    #[test]
    fn a_negative_index_counts_from_the_end() {
        assert_eq!(element("[1,2,3]", -1), Some("3"));
        assert_eq!(element("[1,2,3]", 0), Some("1"));
        assert_eq!(element("[1,2,3]", -4), None);
        assert_eq!(element("[1,2,3]", 9), None);
        assert_eq!(element("[null]", 0), None);
    }

    #[test]
    fn damaged_text_ends_the_walk() {
        for text in [
            "[", "[1", "{", r#"{"a"#, r#"{"a":"#, r#"["\"#, "[,", "{]", "",
        ] {
            assert!(items(text).count() <= 1, "{text}");
            assert_eq!(entries(text).count(), 0, "{text}");
        }
    }

    #[test]
    fn empty_arrays_and_bags_have_nothing() {
        assert_eq!(
            items("[]").count() + items("[ ]").count() + entries("{}").count(),
            0
        );
    }
}
