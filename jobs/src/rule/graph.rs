//! Defender's custom detections, as Microsoft Graph gives and takes them (`detectionRule`), with the names that it has given up in
//! favour of others: both are in use.
//!
//! | field | what is done with it |
//! |---|---|
//! | id, displayName, description | kept |
//! | status (isEnabled) | a rule that is not enabled never runs by itself |
//! | queryCondition.queryText | the query |
//! | schedule.period | `0` is near real time; `1H`, `3H`, `12H`, `24H` look back 4 hours, 12 hours, 2 days, 30 days |
//! | schedule.frequency, schedule.lookback | ISO 8601, in place of `period` |
//! | alertTemplate | title and description (templates), severity, tactics (category, mitreTechniques), entityMappings (impactedAssets), customDetails, eventGroupingKind |
//! | recommendedActions | kept at the end of the description |
//! | automatedActions (responseActions), organizationalScope | no effect, and said so |
//!
//! Sources: Microsoft Graph, "detectionRule", "ruleSchedule", "alertTemplate", "entityMappingConfiguration"; Defender XDR, "Create and manage custom detection rules" (frequencies and how far
//! each looks back).

use super::load::{Draft, Place};
use super::reader::{Fields, MISSING, NO_EFFECT, Reader, UNKNOWN, WRONG, place};
use super::tree::Node;
use super::words::{SEVERITIES, is_technique, tactic};
use super::{Entity, Every, Excerpt, Grouping, Kind, Rule, Schedule, ours, template};
use huntql_kql::time::{TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MINUTE};

const KEYS: &[&str] = &[
    "id",
    "displayName",
    "isEnabled",
    "status",
    "description",
    "queryCondition",
    "schedule",
    "detectionAction",
    "huntql",
];
/// Keys that tell of the service's own work.
const REMARKS: &[&str] = &[
    "detectorId",
    "createdBy",
    "createdDateTime",
    "lastModifiedBy",
    "lastModifiedDateTime",
    "lastRunDetails",
    "@odata.context",
    "@odata.type",
    "@odata.etag",
    "autoDisabled",
];

/// Period, ticks between runs, ticks that a run looks back.
const PERIODS: &[(&str, (i64, i64))] = &[
    ("0", (TICKS_PER_MINUTE, TICKS_PER_MINUTE)),
    ("1H", (TICKS_PER_HOUR, 4 * TICKS_PER_HOUR)),
    ("3H", (3 * TICKS_PER_HOUR, 12 * TICKS_PER_HOUR)),
    ("12H", (12 * TICKS_PER_HOUR, 2 * TICKS_PER_DAY)),
    ("24H", (TICKS_PER_DAY, 30 * TICKS_PER_DAY)),
];

/// How events of one run become alerts.
const GROUPINGS: &[(&str, Grouping)] = &[
    ("alertPerEvent", Grouping::AlertPerResult),
    ("alertPerResult", Grouping::AlertPerResult),
    ("singleAlert", Grouping::SingleAlert),
];

/// Names of mappings, where the entity's is not the same in the singular.
const MAPPINGS: &[(&str, &str)] = &[
    ("accounts", "Account"),
    ("cloudApplications", "CloudApplication"),
    ("dns", "DNS"),
    ("fileHashes", "FileHash"),
    ("hosts", "Host"),
    ("ips", "IP"),
    ("mailboxes", "Mailbox"),
    ("processes", "Process"),
    ("urls", "URL"),
];

/// Types of impacted assets, and the entities that they are.
const ASSETS: &[(&str, &str)] = &[
    ("impactedDeviceAsset", "Host"),
    ("impactedUserAsset", "Account"),
    ("impactedMailboxAsset", "Mailbox"),
];

pub(super) fn is_rule(fields: &Fields<'_>) -> bool {
    matches!(fields.peek("queryCondition"), Some(item) if matches!(item.node, Node::Map(_)))
}

pub(super) fn read(cx: &mut Reader<'_>, fields: &Fields<'_>, at: &Place<'_>) -> Option<Draft> {
    let block = ours::read(cx, fields);
    let id = cx.text(fields.entry("id"));
    let name = cx.text(fields.entry("displayName"));
    let condition = cx.map(fields.entry("queryCondition"))?;
    let entry = condition.entry("queryText");
    let query = cx.text(entry).filter(|text| !text.trim().is_empty());
    for key in ["lastModifiedDateTime", "@odata.type"] {
        condition.entry(key);
    }
    cx.unknown(&condition, &["queryText"], UNKNOWN);
    let (Some(name), Some(query), Some(entry)) = (name, query, entry) else {
        let lacks = if fields.has("displayName") {
            "queryText"
        } else {
            "displayName"
        };
        cx.error(
            MISSING,
            fields.span,
            format!("the detection lacks `{lacks}`"),
        );
        return None;
    };
    let excerpt = Excerpt::of_scalar(cx.document, entry.value.span, &query);
    let source = at.source(cx.document, &excerpt);
    let rule = Rule::hunting(at.id(id), name.trim().to_owned(), query, source);
    let mut draft = Draft::new(rule, excerpt);
    // A detection of Defender's tells of each row.
    draft.rule.grouping = Grouping::AlertPerResult;
    schedule(cx, fields, &mut draft.rule);
    if let Some(action) = cx.map(fields.entry("detectionAction")) {
        detection(cx, &action, &mut draft);
    }
    if draft.rule.description.is_empty() {
        draft.rule.description = cx.text(fields.entry("description")).unwrap_or_default();
    }
    let status = cx
        .text(fields.entry("status"))
        .unwrap_or_default()
        .to_lowercase();
    let is_enabled = cx.truth(fields.entry("isEnabled")) != Some(false);
    if !is_enabled || status.contains("disabled") {
        draft.rule.schedule = None;
        cx.hint(
            NO_EFFECT,
            fields.span,
            "the detection is not enabled: it never runs by itself".to_owned(),
        );
    }
    if let Some(cron) = &block.cron {
        let period = draft
            .rule
            .schedule
            .as_ref()
            .map_or(TICKS_PER_DAY, |schedule| schedule.period);
        draft.rule.kind = Kind::Scheduled;
        draft.rule.schedule = Some(Schedule {
            every: Every::Cron(cron.clone()),
            period,
        });
    }
    for (column, span) in &block.dedup_by {
        draft.uses(column, *span, "`dedup`".to_owned());
    }
    let has_delay = block.has_delay;
    draft.rule.ours = block.ours;
    if draft.rule.kind == Kind::NearRealTime && !has_delay {
        draft.rule.ours.delay = 2 * TICKS_PER_MINUTE;
    }
    for key in REMARKS {
        fields.entry(key);
    }
    cx.unknown(fields, KEYS, UNKNOWN);
    Some(draft)
}

fn schedule(cx: &mut Reader<'_>, fields: &Fields<'_>, rule: &mut Rule) {
    let Some(schedule) = cx.map(fields.entry("schedule")) else {
        return;
    };
    let period = cx.word(schedule.entry("period"), PERIODS);
    let frequency = schedule.entry("frequency");
    let zero = frequency.is_some_and(|entry| {
        ["0", "PT0S", "P0D"].contains(&cx.written(&entry.value).unwrap_or_default().as_str())
    });
    let every = if zero {
        None
    } else {
        cx.span_of_time(frequency)
    };
    let lookback = cx.span_of_time(schedule.entry("lookback"));
    for key in ["nextRunDateTime", "@odata.type"] {
        schedule.entry(key);
    }
    cx.unknown(&schedule, &["period", "frequency", "lookback"], UNKNOWN);
    let usual = |every: i64| {
        let known = PERIODS.iter().find(|(_, (length, _))| *length == every);
        known.map_or(4 * every, |(_, (_, back))| *back)
    };
    let (every, back) = match (every, period) {
        (Some(every), _) => (every, lookback.unwrap_or_else(|| usual(every))),
        (None, _) if zero => PERIODS[0].1,
        (None, Some((every, back))) => (every, lookback.unwrap_or(back)),
        (None, None) => return,
    };
    if !(TICKS_PER_MINUTE..=14 * TICKS_PER_DAY).contains(&every) || back < every {
        let span = frequency.map_or(schedule.span, place);
        cx.error(
            WRONG,
            span,
            "the detection cannot run as often as it says".to_owned(),
        )
        .help = Some(
            "expected 1 minute to 14 days, and a `lookback` that is as long at least".to_owned(),
        );
        return;
    }
    rule.kind = match every == TICKS_PER_MINUTE {
        true => Kind::NearRealTime,
        false => Kind::Scheduled,
    };
    rule.schedule = Some(Schedule {
        every: Every::Span(every),
        period: back,
    });
}

fn detection(cx: &mut Reader<'_>, action: &Fields<'_>, draft: &mut Draft) {
    for key in ["automatedActions", "responseActions"] {
        if let Some(entry) = action.entry(key)
            && holds_something(&entry.value.node)
        {
            let message =
                format!("`{key}` have no effect: huntql does nothing to devices and accounts");
            cx.hint(NO_EFFECT, entry.key_span, message).help =
                Some("a sink of the kind `command` can act on an alert".to_owned());
        }
    }
    if let Some(entry) = action.entry("organizationalScope") {
        let message = "`organizationalScope` has no effect: there are no device groups".to_owned();
        cx.hint(NO_EFFECT, entry.key_span, message);
    }
    action.entry("@odata.type");
    if let Some(alert) = cx.map(action.entry("alertTemplate")) {
        self::alert(cx, &alert, draft);
    }
    let known = ["alertTemplate", "automatedActions", "organizationalScope"];
    cx.unknown(action, &known, UNKNOWN);
}

/// Whether anything stands in lists and maps; empty ones, nulls and types alone are how Graph says none.
fn holds_something(node: &Node) -> bool {
    match node {
        Node::Nothing => false,
        Node::Sequence(items) => items.iter().any(|item| item.node != Node::Nothing),
        Node::Map(entries) => entries
            .iter()
            .any(|entry| !entry.key.starts_with('@') && holds_something(&entry.value.node)),
        Node::Bool(_) | Node::Number(_) | Node::Text(_) => true,
    }
}

fn alert(cx: &mut Reader<'_>, alert: &Fields<'_>, draft: &mut Draft) {
    if let Some(entry) = alert.entry("title")
        && let Some(title) = cx.text(Some(entry))
    {
        draft.uses_template(cx, entry, &title);
        draft.rule.overrides.name = (title != draft.rule.name).then_some(title);
    }
    if let Some(entry) = alert.entry("description")
        && let Some(text) = cx.text(Some(entry))
    {
        draft.uses_template(cx, entry, &text);
        if !template::columns(&text).is_empty() {
            draft.rule.overrides.description = Some(text.clone());
        }
        draft.rule.description = text.trim().to_owned();
    }
    if let Some(text) = cx
        .text(alert.entry("recommendedActions"))
        .filter(|text| !text.trim().is_empty())
    {
        let description = &mut draft.rule.description;
        *description = format!("{description}\nRecommended: {}", text.trim())
            .trim_start()
            .to_owned();
    }
    draft.rule.severity = cx.word(alert.entry("severity"), SEVERITIES);
    if let Some(entry) = alert.entry("category")
        && let Some(category) = cx.text(Some(entry))
    {
        // Defender has categories of its own besides tactics: `Malware`, `Ransomware`, `SuspiciousActivity` …
        draft
            .rule
            .tactics
            .push(tactic(&category).map_or(category, str::to_owned));
    }
    techniques(cx, alert, "mitreTechniques", &mut draft.rule);
    for tactic in cx.maps(alert.entry("tactics")) {
        if let Some(name) = cx.text(tactic.entry("tactic")) {
            let name = self::tactic(&name).map_or(name, str::to_owned);
            draft.rule.tactics.push(name);
        }
        for technique in cx.maps(tactic.entry("techniques")) {
            techniques(cx, &technique, "technique", &mut draft.rule);
            techniques(cx, &technique, "subTechniques", &mut draft.rule);
        }
    }
    if let Some(grouping) = cx.word(alert.entry("eventGroupingKind"), GROUPINGS) {
        draft.rule.grouping = grouping;
    }
    assets(cx, alert, draft);
    entities(cx, alert, draft);
    details(cx, alert, draft);
    alert.entry("@odata.type");
    let known = [
        "title",
        "description",
        "severity",
        "category",
        "recommendedActions",
        "mitreTechniques",
        "tactics",
        "impactedAssets",
        "entityMappings",
        "customDetails",
        "eventGroupingKind",
    ];
    cx.unknown(alert, &known, UNKNOWN);
}

fn techniques(cx: &mut Reader<'_>, fields: &Fields<'_>, key: &str, rule: &mut Rule) {
    for (text, span) in cx.texts(fields.entry(key)) {
        if !is_technique(&text) {
            cx.warn(WRONG, span, format!("`{text}` is no technique of ATT&CK"));
        }
        if !rule.techniques.contains(&text) {
            rule.techniques.push(text);
        }
    }
}

/// `deviceId` of a device is the column `DeviceId`.
fn assets(cx: &mut Reader<'_>, alert: &Fields<'_>, draft: &mut Draft) {
    for asset in cx.maps(alert.entry("impactedAssets")) {
        let kind = cx.text(asset.entry("@odata.type")).unwrap_or_default();
        let known = ASSETS.iter().find(|(name, _)| kind.ends_with(name));
        let entry = asset.entry("identifier");
        let Some(identifier) = cx.text(entry) else {
            continue;
        };
        cx.unknown(&asset, &["@odata.type", "identifier"], UNKNOWN);
        let Some((_, entity)) = known else {
            cx.warn(
                WRONG,
                asset.span,
                format!("`{kind}` is no asset that is known"),
            );
            continue;
        };
        let column = capitalized(&identifier);
        draft.uses(
            &column,
            entry.map_or(asset.span, place),
            format!("the entity `{entity}`"),
        );
        draft.rule.entities.push(Entity {
            kind: (*entity).to_owned(),
            fields: vec![(identifier, column)],
        });
    }
}

/// `{"hosts": [{"deviceIdColumn": "DeviceId"}]}`: for each type of entity, columns for its identifiers.
fn entities(cx: &mut Reader<'_>, alert: &Fields<'_>, draft: &mut Draft) {
    let Some(mappings) = cx.map(alert.entry("entityMappings")) else {
        return;
    };
    for entry in mappings.rest() {
        if entry.key.starts_with('@') || !holds_something(&entry.value.node) {
            continue;
        }
        let known = MAPPINGS.iter().find(|(name, _)| *name == entry.key);
        let kind = known.map_or_else(
            || capitalized(entry.key.trim_end_matches('s')),
            |(_, kind)| (*kind).to_owned(),
        );
        for columns in cx.maps(Some(entry)) {
            let mut fields = Vec::new();
            for named in columns.rest() {
                let column = match named.key.starts_with('@') {
                    true => None,
                    false => cx.written(&named.value).filter(|column| !column.is_empty()),
                };
                if let Some(column) = column {
                    draft.uses(&column, place(named), format!("the entity `{kind}`"));
                    let identifier = named.key.strip_suffix("Column").unwrap_or(&named.key);
                    fields.push((capitalized(identifier), column));
                }
            }
            draft.rule.entities.push(Entity {
                kind: kind.clone(),
                fields,
            });
        }
    }
}

/// `deviceId`: `DeviceId`.
fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

/// A map of names and columns, or a list of such pairs.
fn details(cx: &mut Reader<'_>, alert: &Fields<'_>, draft: &mut Draft) {
    let Some(entry) = alert.entry("customDetails") else {
        return;
    };
    if matches!(entry.value.node, Node::Sequence(_)) {
        for pair in cx.maps(Some(entry)) {
            let name = cx.text(pair.any(&["name", "key"]));
            let column = pair.any(&["columnName", "column", "value"]);
            if let (Some(name), Some(text)) = (name, cx.text(column)) {
                draft.uses(
                    &text,
                    column.map_or(pair.span, place),
                    format!("the custom detail `{name}`"),
                );
                draft.rule.custom_details.push((name, text));
            }
        }
        return;
    }
    for detail in cx.map(Some(entry)).iter().flat_map(Fields::rest) {
        if detail.key.starts_with('@') {
            continue;
        }
        if let Some(column) = cx.text(Some(detail)) {
            draft.uses(
                &column,
                detail.value.span,
                format!("the custom detail `{}`", detail.key),
            );
            draft.rule.custom_details.push((detail.key.clone(), column));
        }
    }
}
