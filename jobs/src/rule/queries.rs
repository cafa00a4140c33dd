//! Queries in rules: Sentinel's analytic and hunting rules, Defender's custom detections, in YAML or JSON.
//!
//! Nothing is expected of a rule but the key of its query:
//!
//! | key | where |
//! |---|---|
//! | `query` | beside a name, an id, a severity …: Sentinel's YAML, exported templates, query packs |
//! | `queryText` | Defender's `queryCondition` (Microsoft Graph, `detectionRule`) |

use super::Excerpt;
use super::tree::{self, Item, Node, NotRead};

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

/// The queries of all rules in a file.
///
/// # Errors
/// A text that is no YAML.
pub fn queries(document: &str) -> Result<Vec<Excerpt>, NotRead> {
    let mut found = Vec::new();
    for root in &tree::read(document)? {
        gather(document, root, &mut found);
    }
    Ok(found)
}

fn gather(document: &str, item: &Item, found: &mut Vec<Excerpt>) {
    match &item.node {
        Node::Sequence(items) => items.iter().for_each(|item| gather(document, item, found)),
        Node::Map(entries) => {
            let is_rule = entries
                .iter()
                .any(|entry| RULE_KEYS.contains(&entry.key.to_lowercase().as_str()));
            for entry in entries {
                let key = entry.key.to_lowercase();
                let beside = QUERY_KEYS.iter().find(|(name, _)| *name == key);
                match &entry.value.node {
                    Node::Text(text)
                        if beside
                            .is_some_and(|(_, beside)| is_rule || *beside == Beside::Anything) =>
                    {
                        found.push(Excerpt::of_scalar(document, entry.value.span, text));
                    }
                    _ => gather(document, &entry.value, found),
                }
            }
        }
        Node::Nothing | Node::Bool(_) | Node::Number(_) | Node::Text(_) => {}
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use huntql_kql::span::Span;

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
