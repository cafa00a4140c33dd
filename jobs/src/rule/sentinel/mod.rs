//! Sentinel's analytic rules and hunting queries: YAML as published, and the `properties` of the same rules in Azure's API.
//!
//! | field | what is done with it |
//! |---|---|
//! | id, name (displayName), description, version, severity, tags | kept; a missing id is made of the path |
//! | kind | `Scheduled`, `NRT`, `Hunting`; without it a rule with `queryFrequency` is scheduled |
//! | queryFrequency, queryPeriod | KQL's or ISO 8601's spans; 1 minute to 14 days, no hole between two windows |
//! | triggerOperator, triggerThreshold | `gt 0` unless said |
//! | tactics, relevantTechniques (techniques, subTechniques) | kept in ATT&CK's spelling |
//! | eventGroupingSettings, suppression…, entityMappings, customDetails, alertDetailsOverride | kept, names of columns with their places |
//! | enabled | `false`: the rule never runs by itself |
//! | incidentConfiguration, sentinelEntitiesMappings | read, no effect, and said so |
//! | requiredDataConnectors | `dataTypes` are checked against the catalog |
//!
//! Source: Sentinel's "Scheduled analytics rules from templates", "Create scheduled analytics rules" and the query style guide of the
//! public repository of rules.

mod alerts;
mod times;

use super::columns::ColumnUse;
use super::load::{Draft, Place};
use super::ours::{self, Block};
use super::reader::{Fields, LIMIT, MISSING, NO_EFFECT, Reader, UNKNOWN, WRONG, place};
use super::tree::{Entry, Item, Node};
use super::words::{KINDS, KINDS_WITHOUT_QUERY, SEVERITIES, TACTICS, is_technique, tactic};
use super::{Excerpt, Kind, Rule};
use huntql_kql::diagnostics::did_you_mean;
use huntql_kql::time::TICKS_PER_MINUTE;

const KEYS: &[&str] = &[
    "id",
    "name",
    "displayName",
    "description",
    "severity",
    "status",
    "kind",
    "version",
    "tags",
    "metadata",
    "enabled",
    "requiredDataConnectors",
    "queryFrequency",
    "queryPeriod",
    "triggerOperator",
    "triggerThreshold",
    "tactics",
    "relevantTechniques",
    "techniques",
    "subTechniques",
    "query",
    "entityMappings",
    "customDetails",
    "alertDetailsOverride",
    "eventGroupingSettings",
    "suppressionEnabled",
    "suppressionDuration",
    "incidentConfiguration",
    "sentinelEntitiesMappings",
    "huntql",
];

/// Keys that tell of the file or of the service, and of nothing that a run could heed.
const REMARKS: &[&str] = &[
    "status",
    "metadata",
    "description-detailed",
    "alertRuleTemplateName",
    "templateVersion",
    "lastModifiedUtc",
    "etag",
    "createdDateUTC",
    "lastUpdatedDateUTC",
    "alertRulesCreatedByTemplateCount",
    "author",
    "references",
    "customDetailsSchema",
];

/// Keys whose absence would change what comes of a rule.
const WITHOUT_EFFECT: &[(&str, &str)] = &[
    (
        "incidentConfiguration",
        "huntql makes alerts and no incidents",
    ),
    (
        "sentinelEntitiesMappings",
        "entities of another rule's alerts are not mapped again",
    ),
];

/// Sentinel's own limits.
const NAME_CHARS_MAX: usize = 50;
const DESCRIPTION_CHARS_MAX: usize = 255;
const QUERY_CHARS_MAX: usize = 10_000;
const THRESHOLD_MAX: u64 = 10_000;
const DETAILS_MAX: usize = 20;
const NRT_DELAY: i64 = 2 * TICKS_PER_MINUTE;

/// A rule of a map that holds its fields; `outer` is what Azure's API wraps around them.
pub(super) fn read(
    cx: &mut Reader<'_>,
    fields: &Fields<'_>,
    outer: Option<&Fields<'_>>,
    at: &Place<'_>,
) -> Option<Draft> {
    let block = ours::read(cx, fields);
    let kind_entry = fields
        .entry("kind")
        .or_else(|| outer.and_then(|outer| outer.entry("kind")));
    let kind = kind(cx, kind_entry)?;
    let own_id = cx.text(fields.entry("id"));
    let name = cx.text(fields.any(&["name", "displayName"]));
    let query = query(cx, fields, at);
    let (Some(name), Some((query, excerpt))) = (name, query) else {
        require(cx, fields, "name", &["name", "displayName"]);
        require(cx, fields, "query", &["query"]);
        return None;
    };
    let id = at.id(own_id);
    let source = at.source(cx.document, &excerpt);
    let mut draft = Draft::new(
        Rule::hunting(id, name.trim().to_owned(), query, source),
        excerpt,
    );
    texts(cx, fields, &mut draft.rule);
    attack(cx, fields, &mut draft.rule);
    alerts::alerts(cx, fields, &mut draft);
    alerts::entities(cx, fields, &mut draft);
    times::schedule(cx, fields, kind, &block, &mut draft.rule);
    connectors(cx, fields, &mut draft);
    set_block(block, &mut draft);
    limits(cx, fields, &draft.rule);
    finish(cx, fields);
    Some(draft)
}

fn require(cx: &mut Reader<'_>, fields: &Fields<'_>, what: &str, names: &[&str]) {
    let is_there = names.iter().any(|name| {
        fields
            .peek(name)
            .is_some_and(|item| item.node != Node::Nothing)
    });
    if !is_there {
        cx.error(MISSING, fields.span, format!("the rule lacks `{what}`"))
            .help = Some(format!("write `{what}:` with a value"));
    }
}

/// None inside for a rule that says nothing of its kind; none for one that cannot run.
#[allow(clippy::option_option)]
fn kind(cx: &mut Reader<'_>, entry: Option<&Entry>) -> Option<Option<Kind>> {
    let Some(entry) = entry else {
        return Some(None);
    };
    let text = cx.written(&entry.value).unwrap_or_default();
    if KINDS_WITHOUT_QUERY
        .iter()
        .any(|known| known.eq_ignore_ascii_case(&text))
    {
        let message = format!("a rule of the kind `{text}` holds no query that could run");
        cx.refuse(entry.value.span, message).help = Some(
            "huntql runs `Scheduled`, `NRT` and `Hunting`; take the rule out of the folder"
                .to_owned(),
        );
        return None;
    }
    cx.word(Some(entry), KINDS).map(Some)
}

fn query(cx: &mut Reader<'_>, fields: &Fields<'_>, at: &Place<'_>) -> Option<(String, Excerpt)> {
    let entry = fields.entry("query")?;
    let Node::Text(text) = &entry.value.node else {
        cx.text(Some(entry));
        return None;
    };
    if text.trim().is_empty() {
        cx.error(WRONG, place(entry), "`query` is empty".to_owned());
        return None;
    }
    let text = at.literal(cx, entry, text)?;
    let excerpt = Excerpt::of_scalar(cx.document, entry.value.span, &text);
    Some((text, excerpt))
}

fn texts(cx: &mut Reader<'_>, fields: &Fields<'_>, rule: &mut Rule) {
    rule.description = cx
        .text(fields.entry("description"))
        .unwrap_or_default()
        .trim()
        .to_owned();
    rule.version = cx.text(fields.entry("version")).unwrap_or_default();
    rule.severity = cx.word(fields.entry("severity"), SEVERITIES);
    rule.tags = tags(cx, fields.entry("tags"));
}

/// A list of texts, or Sentinel's hunting queries' list of names and values.
fn tags(cx: &mut Reader<'_>, entry: Option<&Entry>) -> Vec<String> {
    let is_map = |item: &Item| matches!(item.node, Node::Map(_));
    let has_maps = matches!(entry.map(|entry| &entry.value.node), Some(Node::Sequence(items)) if items.iter().any(is_map));
    if !has_maps {
        return cx.texts(entry).into_iter().map(|(tag, _)| tag).collect();
    }
    let mut tags = Vec::new();
    for pair in cx.maps(entry) {
        for tag in pair.rest() {
            tags.extend(
                cx.text(Some(tag))
                    .map(|value| format!("{}: {value}", tag.key)),
            );
        }
    }
    tags
}

fn attack(cx: &mut Reader<'_>, fields: &Fields<'_>, rule: &mut Rule) {
    for (text, span) in cx.texts(fields.entry("tactics")) {
        match tactic(&text) {
            Some(known) => rule.tactics.push(known.to_owned()),
            None => {
                let near = did_you_mean(&text, TACTICS.iter().copied());
                let said = cx.warn(WRONG, span, format!("`{text}` is no tactic of ATT&CK"));
                said.help = near.map(|near| format!("did you mean `{near}`?"));
                rule.tactics.push(text);
            }
        }
    }
    for key in ["relevantTechniques", "techniques", "subTechniques"] {
        for (text, span) in cx.texts(fields.entry(key)) {
            if !is_technique(&text) {
                cx.warn(WRONG, span, format!("`{text}` is no technique of ATT&CK"))
                    .help = Some("expected `T1071` or `T1071.001`".to_owned());
            }
            if !rule.techniques.contains(&text) {
                rule.techniques.push(text);
            }
        }
    }
}

fn connectors(cx: &mut Reader<'_>, fields: &Fields<'_>, draft: &mut Draft) {
    for connector in cx.maps(fields.entry("requiredDataConnectors")) {
        cx.text(connector.entry("connectorId"));
        let types = cx.texts(connector.any(&["dataTypes", "datatypes"]));
        draft.data_types.extend(types);
        cx.unknown(&connector, &["connectorId", "dataTypes"], UNKNOWN);
    }
}

fn set_block(block: Block, draft: &mut Draft) {
    for (column, span) in block.dedup_by {
        draft.columns.push(ColumnUse {
            column,
            span,
            by: "`dedup`".to_owned(),
        });
    }
    draft.rule.ours = block.ours;
    if draft.rule.kind == Kind::NearRealTime && !block.has_delay {
        draft.rule.ours.delay = NRT_DELAY;
    }
}

/// What the portal of Sentinel would not take; huntql does.
fn limits(cx: &mut Reader<'_>, fields: &Fields<'_>, rule: &Rule) {
    if rule.kind == Kind::Hunting {
        return;
    }
    let mut limit = |key: &str, is: u64, max: u64, unit: &str| {
        if is > max
            && let Some(entry) = fields.entry(key)
        {
            let message = format!("`{key}` has {is}{unit}; Sentinel's limit is {max}");
            cx.hint(LIMIT, entry.key_span, message);
        }
    };
    let chars = |text: &str| text.chars().count() as u64;
    limit(
        "name",
        chars(&rule.name),
        NAME_CHARS_MAX as u64,
        " characters",
    );
    limit(
        "description",
        chars(&rule.description),
        DESCRIPTION_CHARS_MAX as u64,
        " characters",
    );
    limit(
        "query",
        chars(&rule.query),
        QUERY_CHARS_MAX as u64,
        " characters",
    );
    limit(
        "triggerThreshold",
        rule.trigger.threshold,
        THRESHOLD_MAX,
        "",
    );
    limit(
        "customDetails",
        rule.custom_details.len() as u64,
        DETAILS_MAX as u64,
        "",
    );
    if rule.severity.is_none() && !fields.has("severity") {
        cx.warn(
            MISSING,
            fields.span,
            "a scheduled rule lacks `severity`: its alerts have none".to_owned(),
        );
    }
}

fn finish(cx: &mut Reader<'_>, fields: &Fields<'_>) {
    for (key, why) in WITHOUT_EFFECT {
        if let Some(entry) = fields.entry(key) {
            cx.hint(
                NO_EFFECT,
                entry.key_span,
                format!("`{key}` has no effect: {why}"),
            );
        }
    }
    for key in REMARKS {
        fields.entry(key);
    }
    cx.unknown(fields, KEYS, UNKNOWN);
}
