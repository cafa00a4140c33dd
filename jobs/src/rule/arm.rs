//! Sentinel's rules as Azure writes them: answers of its API, resources of templates, saved searches.
//!
//! | shape | read as |
//! |---|---|
//! | `{kind, name, properties: {displayName, query, queryFrequency, …}}` | an analytic rule; times are ISO 8601, the id is the resource's GUID |
//! | the same with `kind: Fusion` and others that hold no query | refused by name |
//! | `{type: …/savedSearches, properties: {category, displayName, query, tags}}` | a hunting query; one with `functionAlias` is a function and no rule |
//!
//! Sources: the REST references "Alert Rules" of Microsoft.SecurityInsights and "Saved Searches" of Microsoft.OperationalInsights;
//! Azure Resource Manager, "Template syntax" for `[expressions]` and `[[`.

use super::load::{Draft, Place};
use super::reader::{Fields, MISSING, Reader, UNKNOWN, WRONG};
use super::sentinel;
use super::tree::Node;
use super::words::{KINDS_WITHOUT_QUERY, is_technique, tactic};
use super::{Excerpt, Rule};

type Read = fn(&mut Reader<'_>, &Fields<'_>, &Place<'_>) -> Option<Draft>;

/// Keys around `properties`; all but `kind` and the id tell of the resource.
const OUTER: &[&str] = &[
    "id",
    "name",
    "type",
    "kind",
    "etag",
    "apiVersion",
    "properties",
    "location",
    "dependsOn",
    "scope",
    "systemData",
    "tags",
    "condition",
    "comments",
];

pub(super) fn reader_of(fields: &Fields<'_>) -> Option<Read> {
    let Some(Node::Map(properties)) = fields.peek("properties").map(|item| &item.node) else {
        return None;
    };
    let text = |key: &str| match fields.peek(key).map(|item| &item.node) {
        Some(Node::Text(text)) => text.to_lowercase(),
        _ => String::new(),
    };
    let inner = Fields::new(properties);
    let has_query = matches!(inner.peek("query"), Some(item) if matches!(item.node, Node::Text(_)));
    if text("type").contains("savedsearches") {
        return (has_query && !inner.has("functionAlias")).then_some(saved_search);
    }
    let kind = text("kind");
    let has_no_query = KINDS_WITHOUT_QUERY
        .iter()
        .any(|known| known.eq_ignore_ascii_case(&kind));
    let is_alert_rule = has_query && (inner.has("displayName") || inner.has("queryFrequency"));
    (is_alert_rule || has_no_query).then_some(alert_rule)
}

fn alert_rule(cx: &mut Reader<'_>, outer: &Fields<'_>, at: &Place<'_>) -> Option<Draft> {
    let place = around(outer, at);
    let properties = cx.map(outer.entry("properties"))?;
    let draft = sentinel::read(cx, &properties, Some(outer), &place);
    for key in OUTER {
        outer.entry(key);
    }
    cx.unknown(outer, OUTER, UNKNOWN);
    draft
}

/// The place with the GUID that the resource's name or path ends in.
fn around<'a>(outer: &Fields<'_>, at: &Place<'a>) -> Place<'a> {
    let guid_of = |key: &str| match outer.peek(key).map(|item| &item.node) {
        Some(Node::Text(text)) => last_guid(text),
        _ => None,
    };
    Place {
        file: at.file,
        ordinal: at.ordinal,
        is_template: true,
        outer_id: guid_of("name").or_else(|| guid_of("id")),
    }
}

/// The last GUID in a text such as `[concat(parameters('workspace'), '/Microsoft.SecurityInsights/…')]`.
fn last_guid(text: &str) -> Option<String> {
    const LENGTH: usize = 36;
    let is_guid = |candidate: &str| {
        candidate.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
    };
    let starts = (0..text.len().saturating_sub(LENGTH - 1)).rev();
    starts
        .filter_map(|start| text.get(start..start + LENGTH))
        .find(|candidate| is_guid(candidate))
        .map(str::to_lowercase)
}

fn saved_search(cx: &mut Reader<'_>, outer: &Fields<'_>, at: &Place<'_>) -> Option<Draft> {
    let place = around(outer, at);
    let properties = cx.map(outer.entry("properties"))?;
    let name_entry = properties.entry("displayName");
    let entry = properties.entry("query")?;
    let (Some(name), Some(query)) = (cx.text(name_entry), cx.text(Some(entry))) else {
        cx.error(
            MISSING,
            properties.span,
            "the saved search lacks `displayName`".to_owned(),
        );
        return None;
    };
    let query = place.literal(cx, entry, &query)?;
    let excerpt = Excerpt::of_scalar(cx.document, entry.value.span, &query);
    let source = place.source(cx.document, &excerpt);
    let mut rule = Rule::hunting(place.id(None), name, query, source);
    rule.version = cx.text(properties.entry("version")).unwrap_or_default();
    for tag in cx.maps(properties.entry("tags")) {
        let pair = (cx.text(tag.entry("name")), cx.text(tag.entry("value")));
        if let (Some(name), Some(value)) = pair {
            set_tag(cx, &tag, &mut rule, &name.to_lowercase(), value);
        }
    }
    for key in ["category", "etag", "functionParameters"] {
        properties.entry(key);
    }
    cx.unknown(
        &properties,
        &["category", "displayName", "query", "tags", "version"],
        UNKNOWN,
    );
    Some(Draft::new(rule, excerpt))
}

/// Saved searches keep what they are about in tags.
fn set_tag(cx: &mut Reader<'_>, at: &Fields<'_>, rule: &mut Rule, name: &str, value: String) {
    let parts = || {
        value
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
    };
    match name {
        "description" => rule.description = value,
        "tactics" => {
            let tactics = parts().map(|part| tactic(part).unwrap_or(part).to_owned());
            rule.tactics = tactics.collect();
        }
        "techniques" | "relevanttechniques" => {
            rule.techniques = parts().map(str::to_owned).collect();
            for wrong in rule.techniques.iter().filter(|text| !is_technique(text)) {
                cx.warn(
                    WRONG,
                    at.span,
                    format!("`{wrong}` is no technique of ATT&CK"),
                );
            }
        }
        _ => rule.tags.push(format!("{name}: {value}")),
    }
}
