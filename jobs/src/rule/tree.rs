//! A document of YAML or JSON as a tree that knows where each part stands.
//!
//! JSON is read as the YAML that it is, which keeps places.

use huntql_kql::diagnostics::Diagnostic;
use huntql_kql::span::Span;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned};
use std::fmt;

/// What YAML may hold, as far as rules go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    Nothing,
    Bool(bool),
    /// As it is written.
    Number(String),
    Text(String),
    Sequence(Vec<Item>),
    Map(Vec<Entry>),
}

/// A value, and its spelling in the document; of a collection perhaps its beginning only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    pub node: Node,
    pub span: Span,
}

/// A key as it is written, its place, and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub key: String,
    pub key_span: Span,
    pub value: Item,
}

/// Why a text is not read, and where.
#[derive(Debug, PartialEq, Eq)]
pub struct NotRead {
    pub message: String,
    pub at: Span,
}

impl NotRead {
    pub fn diagnostic(&self) -> Diagnostic {
        let message = format!("the file cannot be read as YAML: {}", self.message);
        Diagnostic::syntax("HQ020", self.at, message)
    }
}

/// The documents of a text, which `---` sets apart.
///
/// # Errors
/// A text that is no YAML.
pub fn read(document: &str) -> Result<Vec<Item>, NotRead> {
    let roots: Vec<Spanned<Raw>> =
        serde_saphyr::from_multiple(document).map_err(|error| not_read(document, &error))?;
    Ok(roots.into_iter().map(|root| item(document, root)).collect())
}

fn not_read(document: &str, error: &serde_saphyr::Error) -> NotRead {
    let at = error
        .location()
        .map_or(Span::new(0, 0), |location| error_span(document, location));
    let text = error.to_string();
    let first = text.lines().next().unwrap_or_default();
    NotRead {
        message: without_place(first.trim_start_matches("error:").trim()),
        at,
    }
}

/// The reader's own words without the place, which is drawn, and without what only its callers can do.
fn without_place(message: &str) -> String {
    let words = match message.split_once(": ") {
        Some((place, words)) if place.starts_with("line ") && place.contains(" column ") => words,
        _ => message,
    };
    let words = words.split(", set DuplicateKeyPolicy").next();
    words.unwrap_or_default().to_owned()
}

/// Errors have a line and a column, and not always an offset.
fn error_span(document: &str, location: Location) -> Span {
    if location.span().byte_offset().is_some() {
        return span(document, location);
    }
    let line = usize::try_from(location.line()).unwrap_or(usize::MAX);
    let column = usize::try_from(location.column()).unwrap_or(1);
    let mut start = 0;
    for (number, text) in document.split_inclusive('\n').enumerate() {
        if number + 1 == line {
            let before = text.chars().take(column.saturating_sub(1));
            let at = start + before.map(char::len_utf8).sum::<usize>();
            let length = document[at..].chars().next().map_or(0, char::len_utf8);
            return Span::new(at, at + length);
        }
        start += text.len();
    }
    Span::new(document.len(), document.len())
}

fn span(document: &str, location: Location) -> Span {
    let place = location.span();
    let Some(start) = place.byte_offset() else {
        return Span::new(0, document.len());
    };
    let start = usize::try_from(start)
        .unwrap_or(usize::MAX)
        .min(document.len());
    let length = usize::try_from(place.byte_len().unwrap_or(0)).unwrap_or(0);
    Span::new(start, start.saturating_add(length).min(document.len()))
}

fn item(document: &str, raw: Spanned<Raw>) -> Item {
    let span = span(document, raw.referenced);
    let node = match raw.value {
        Raw::Nothing => Node::Nothing,
        Raw::Bool(value) => Node::Bool(value),
        Raw::Number => Node::Number(span.text(document).trim().to_owned()),
        Raw::Text(text) => Node::Text(text),
        Raw::Sequence(items) => {
            Node::Sequence(items.into_iter().map(|raw| item(document, raw)).collect())
        }
        Raw::Map(entries) => {
            let entry = |(key, value): (Spanned<Raw>, Spanned<Raw>)| {
                let key = item(document, key);
                let name = match key.node {
                    Node::Text(name) => name,
                    _ => key.span.text(document).to_owned(),
                };
                Entry {
                    key: name,
                    key_span: key.span,
                    value: item(document, value),
                }
            };
            Node::Map(entries.into_iter().map(entry).collect())
        }
    };
    Item { node, span }
}

/// The tree before its places are those of bytes.
#[derive(Debug)]
enum Raw {
    Nothing,
    Bool(bool),
    Number,
    Text(String),
    Sequence(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<Raw>, Spanned<Raw>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Bool(value))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Raw, E> {
        Ok(Raw::Number)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Raw, E> {
        Ok(Raw::Number)
    }

    fn visit_i128<E>(self, _: i128) -> Result<Raw, E> {
        Ok(Raw::Number)
    }

    fn visit_u128<E>(self, _: u128) -> Result<Raw, E> {
        Ok(Raw::Number)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Raw, E> {
        Ok(Raw::Number)
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Nothing)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Nothing)
    }

    fn visit_bytes<E>(self, _: &[u8]) -> Result<Raw, E> {
        Ok(Raw::Nothing)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Raw, D::Error> {
        Raw::deserialize(deserializer)
    }

    fn visit_str<E>(self, text: &str) -> Result<Raw, E> {
        Ok(Raw::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Raw, A::Error> {
        let mut sequence = Vec::new();
        while let Some(item) = items.next_element()? {
            sequence.push(item);
        }
        Ok(Raw::Sequence(sequence))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Raw, A::Error> {
        let mut map = Vec::new();
        while let Some(key) = entries.next_key::<Spanned<Raw>>()? {
            // A list or a map as a key says nothing to a rule.
            if matches!(key.value, Raw::Sequence(_) | Raw::Map(_)) {
                entries.next_value::<IgnoredAny>()?;
            } else {
                map.push((key, entries.next_value()?));
            }
        }
        Ok(Raw::Map(map))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_cannot_be_read_is_told_at_its_place() {
        for (document, line, words) in [
            ("name: a\nname: b\n", 2, "duplicate mapping key: name"),
            (
                "a: é\nb: |\n  T\n\t| x\n",
                4,
                "while scanning a block scalar",
            ),
            ("a: 1\nb: *c\n", 2, "unknown anchor"),
        ] {
            let error = read(document).unwrap_err();
            assert!(error.message.contains(words), "{error:?}");
            let places = error.message.split("line ").skip(1);
            let mut numbers = places.filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
            assert_eq!(numbers.next(), None, "the place is told apart");
            assert!(!error.message.contains("Policy"), "{error:?}");
            let before = &document[..error.at.start];
            assert_eq!(before.matches('\n').count() + 1, line, "{error:?}");
        }
    }

    #[test]
    fn numbers_and_keys_are_kept_as_written() {
        let roots = read("version: 1.10\n0x1F: yes\n").unwrap();
        let Node::Map(entries) = &roots[0].node else {
            panic!("{roots:?}");
        };
        assert_eq!(entries[0].value.node, Node::Number("1.10".to_owned()));
        assert_eq!(
            (entries[1].key.as_str(), &entries[1].value.node),
            ("0x1F", &Node::Bool(true))
        );
    }
}
