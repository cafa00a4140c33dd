//! Queries in rules: Sentinel's analytic and hunting rules, Defender's custom detections, in YAML or JSON.
//!
//! JSON is read as the YAML that it is, which keeps places. Nothing is expected of a rule but the key of its query:
//!
//! | key | where |
//! |---|---|
//! | `query` | beside a name, an id, a severity …: Sentinel's YAML, exported templates, query packs |
//! | `queryText` | Defender's `queryCondition` (Microsoft Graph, `detectionRule`) |

use super::Excerpt;
use huntql_kql::span::Span;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned};
use std::fmt;

/// Keys of queries, and whether their map has to look like a rule.
const QUERY_KEYS: &[(&str, Beside)] = &[
    ("query", Beside::Rule),
    ("querytext", Beside::Anything),
    ("kqlquery", Beside::Anything),
    ("huntingquery", Beside::Anything),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Beside {
    Rule,
    Anything,
}

/// Keys of which a rule has one; other files hold queries of other languages under `query`.
const RULE_KEYS: &[&str] = &[
    "id",
    "name",
    "displayname",
    "title",
    "description",
    "severity",
    "tactics",
    "queryfrequency",
];

/// Why a file is not read, and where.
#[derive(Debug, PartialEq, Eq)]
pub struct NotRead {
    pub message: String,
    pub at: Span,
}

/// The queries of all rules in a file.
///
/// # Errors
/// A text that is no YAML.
pub fn queries(document: &str) -> Result<Vec<Excerpt>, NotRead> {
    let roots: Vec<Spanned<Node>> =
        serde_saphyr::from_multiple(document).map_err(|error| not_read(document, &error))?;
    let mut found = Vec::new();
    for root in &roots {
        gather(document, &root.value, &mut found);
    }
    Ok(found)
}

fn not_read(document: &str, error: &serde_saphyr::Error) -> NotRead {
    let at = error
        .location()
        .map_or(Span::new(0, 0), |location| span(document, location));
    let text = error.to_string();
    let first = text.lines().next().unwrap_or_default();
    NotRead {
        message: first.trim_start_matches("error:").trim().to_owned(),
        at,
    }
}

fn gather(document: &str, node: &Node, found: &mut Vec<Excerpt>) {
    match node {
        Node::Sequence(items) => items
            .iter()
            .for_each(|item| gather(document, &item.value, found)),
        Node::Map(entries) => {
            let is_rule = entries
                .iter()
                .any(|(key, _)| RULE_KEYS.contains(&key.as_str()));
            for (key, value) in entries {
                let beside = QUERY_KEYS.iter().find(|(name, _)| name == key);
                match &value.value {
                    Node::Text(text)
                        if beside
                            .is_some_and(|(_, beside)| is_rule || *beside == Beside::Anything) =>
                    {
                        let place = span(document, value.referenced);
                        found.push(Excerpt::of_scalar(document, place, text));
                    }
                    inner => gather(document, inner, found),
                }
            }
        }
        Node::Text(_) | Node::Other => {}
    }
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

/// What YAML may hold, as far as rules go. Keys are in lower case.
#[derive(Debug)]
enum Node {
    Text(String),
    Sequence(Vec<Spanned<Node>>),
    Map(Vec<(String, Spanned<Node>)>),
    Other,
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_bytes<E>(self, _: &[u8]) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        Node::deserialize(deserializer)
    }

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut sequence = Vec::new();
        while let Some(item) = items.next_element()? {
            sequence.push(item);
        }
        Ok(Node::Sequence(sequence))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
        let mut map = Vec::new();
        while let Some(key) = entries.next_key::<Node>()? {
            match key {
                Node::Text(key) => map.push((key.to_lowercase(), entries.next_value()?)),
                _ => {
                    entries.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(Node::Map(map))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// The only query of a file, and what stands in the file where its first `Bad` is.
    fn only(document: &str) -> (String, usize) {
        let found = queries(document).unwrap();
        assert_eq!(found.len(), 1, "{found:?}");
        let at = found[0].text.find("Bad").unwrap();
        let place = found[0].span(Span::new(at, at + 3));
        assert_eq!(place.text(document), "Bad", "{place:?}");
        (found[0].text.clone(), place.start)
    }

    #[test]
    fn a_block_of_an_analytic_rule_keeps_its_lines() {
        let document = "id: 1\nname: a rule\nquery: |\n  // a | b: c\n  T\n\n  | where Bad == 1\nkind: Scheduled\n";
        let (text, at) = only(document);
        assert_eq!(text, "// a | b: c\nT\n\n| where Bad == 1\n");
        assert_eq!(document[..at].matches('\n').count(), 6);
    }

    #[test]
    fn a_block_that_begins_with_a_pipe_is_no_header() {
        only("name: x\nquery: |\n  | where Bad\n");
    }

    #[test]
    fn folded_quoted_and_plain_queries_keep_their_places() {
        only("name: x\nquery: >-\n  T\n  | where Bad\n  | count\n");
        only("name: x\nquery: 'T | where a == ''q'' and Bad'\n");
        only("name: x\nquery: \"T\\n| where a == \\\"q\\\" and Bad\"\n");
        only("name: x\nquery: T | where Bad\n");
    }

    #[test]
    fn a_custom_detection_in_json_is_read() {
        only(
            "{\"displayName\": \"x\", \"queryCondition\": {\"queryText\": \"T\\r\\n| where \\u00e9 == 1 and Bad\"}}",
        );
    }

    #[test]
    fn a_query_of_something_else_is_left_alone() {
        assert_eq!(queries("jobs:\n  - query: SELECT 1\n").unwrap(), []);
    }

    #[test]
    fn a_file_that_is_no_yaml_is_told() {
        assert!(queries("a: [1, 2\nb: }").is_err());
    }
}
