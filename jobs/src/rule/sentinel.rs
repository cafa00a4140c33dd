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

use super::columns::ColumnUse;
use super::load::{Draft, Place};
use super::ours::{self, Block};
use super::reader::{Fields, LIMIT, MISSING, NO_EFFECT, Reader, UNKNOWN, WRONG, place};
use super::tree::{Entry, Node};
use super::words::{
    ENTITIES, GROUPINGS, KINDS, KINDS_WITHOUT_QUERY, OPERATORS, SEVERITIES, is_technique, tactic,
};
use super::{Entity, Every, Excerpt, Kind, Overrides, Rule, Schedule, Trigger, period, template};
use huntql_kql::diagnostics::did_you_mean;
use huntql_kql::time::{TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MINUTE};

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
const ENTITIES_MAX: usize = 10;
const IDENTIFIERS_MAX: usize = 3;
const DETAILS_MAX: usize = 20;
const NAME_FORMAT_CHARS_MAX: usize = 256;
const DESCRIPTION_FORMAT_CHARS_MAX: usize = 5_000;
const FORMAT_COLUMNS_MAX: usize = 3;
const FREQUENCY_MAX: i64 = 14 * TICKS_PER_DAY;
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
    alerts(cx, fields, &mut draft);
    entities(cx, fields, &mut draft);
    schedule(cx, fields, kind, &block, &mut draft.rule);
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
    let is_map = |item: &super::tree::Item| matches!(item.node, Node::Map(_));
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
                let near = did_you_mean(&text, super::words::TACTICS.iter().copied());
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

fn alerts(cx: &mut Reader<'_>, fields: &Fields<'_>, draft: &mut Draft) {
    let operator = cx.word(fields.entry("triggerOperator"), OPERATORS);
    let threshold = cx.count(fields.entry("triggerThreshold"));
    let usual = draft.rule.trigger;
    draft.rule.trigger = Trigger {
        operator: operator.unwrap_or(usual.operator),
        threshold: threshold.unwrap_or(usual.threshold),
    };
    if let Some(grouping) = cx.map(fields.entry("eventGroupingSettings")) {
        if let Some(kind) = cx.word(grouping.entry("aggregationKind"), GROUPINGS) {
            draft.rule.grouping = kind;
        }
        cx.unknown(&grouping, &["aggregationKind"], UNKNOWN);
    }
    let duration = fields.entry("suppressionDuration");
    let ticks = cx.span_of_time(duration);
    let is_on = cx.truth(fields.entry("suppressionEnabled")) == Some(true);
    match (is_on, ticks) {
        (true, Some(ticks)) => {
            draft.rule.suppression = Some(ticks);
            if ticks > TICKS_PER_DAY
                && let Some(entry) = duration
            {
                cx.hint(
                    LIMIT,
                    entry.value.span,
                    "Sentinel suppresses alerts for a day at most".to_owned(),
                );
            }
        }
        (true, None) => {
            cx.error(
                MISSING,
                fields.span,
                "suppression is on and lacks `suppressionDuration`".to_owned(),
            )
            .help = Some("write for instance `suppressionDuration: 5h`".to_owned());
        }
        (false, _) => {}
    }
    overrides(cx, fields, draft);
    let details = cx.map(fields.entry("customDetails"));
    for entry in details.iter().flat_map(Fields::rest) {
        if let Some(column) = cx.text(Some(entry)) {
            draft.uses(
                &column,
                entry.value.span,
                format!("the custom detail `{}`", entry.key),
            );
            draft.rule.custom_details.push((entry.key.clone(), column));
        }
    }
}

fn overrides(cx: &mut Reader<'_>, fields: &Fields<'_>, draft: &mut Draft) {
    const KEYS: &[&str] = &[
        "alertDisplayNameFormat",
        "alertDescriptionFormat",
        "alertTacticsColumnName",
        "alertSeverityColumnName",
        "alertDynamicProperties",
    ];
    let Some(block) = cx.map(fields.entry("alertDetailsOverride")) else {
        return;
    };
    let mut format = |cx: &mut Reader<'_>, key: &str, chars_max: usize| {
        let entry = block.entry(key)?;
        let text = cx.text(Some(entry))?;
        draft.uses_template(cx, entry, &text);
        let named = template::columns(&text).len();
        if text.chars().count() > chars_max || named > FORMAT_COLUMNS_MAX {
            let message = format!(
                "Sentinel takes {chars_max} characters and {FORMAT_COLUMNS_MAX} columns in `{key}`"
            );
            cx.hint(LIMIT, entry.value.span, message);
        }
        Some(text)
    };
    let name = format(cx, KEYS[0], NAME_FORMAT_CHARS_MAX);
    let description = format(cx, KEYS[1], DESCRIPTION_FORMAT_CHARS_MAX);
    let mut column = |cx: &mut Reader<'_>, key: &str| {
        let entry = block.entry(key)?;
        let column = cx
            .text(Some(entry))
            .filter(|column| !column.trim().is_empty())?;
        draft.uses(&column, entry.value.span, format!("`{key}`"));
        Some(column)
    };
    let tactics_column = column(cx, KEYS[2]);
    let severity_column = column(cx, KEYS[3]);
    if let Some(entry) = block.entry(KEYS[4]) {
        let message =
            "`alertDynamicProperties` has no effect: alerts of huntql have no such properties"
                .to_owned();
        cx.hint(NO_EFFECT, entry.key_span, message).help =
            Some("`customDetails` puts columns into an alert".to_owned());
    }
    cx.unknown(&block, KEYS, UNKNOWN);
    draft.rule.overrides = Overrides {
        name,
        description,
        tactics_column,
        severity_column,
    };
}

fn entities(cx: &mut Reader<'_>, fields: &Fields<'_>, draft: &mut Draft) {
    let entry = fields.entry("entityMappings");
    let maps = cx.maps(entry);
    if maps.len() > ENTITIES_MAX
        && let Some(entry) = entry
    {
        cx.hint(
            LIMIT,
            entry.key_span,
            format!("Sentinel maps {ENTITIES_MAX} entities at most"),
        );
    }
    for map in maps {
        let kind_entry = map.entry("entityType");
        let Some(kind) = cx.text(kind_entry) else {
            require(cx, &map, "entityType", &["entityType"]);
            continue;
        };
        let known = ENTITIES
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(kind.trim()));
        if known.is_none() {
            let near = did_you_mean(&kind, ENTITIES.iter().map(|(name, _)| *name));
            let span = kind_entry.map_or(map.span, place);
            let said = cx.warn(
                WRONG,
                span,
                format!("`{kind}` is no type of entity that Sentinel knows"),
            );
            said.help = near.map(|near| format!("did you mean `{near}`?"));
        }
        let name = known.map_or_else(|| kind.trim().to_owned(), |(name, _)| (*name).to_owned());
        let identifiers = known.map_or(&[][..], |(_, identifiers)| identifiers);
        let entity = Entity {
            fields: identified(cx, &map, &name, identifiers, draft),
            kind: name,
        };
        cx.unknown(&map, &["entityType", "fieldMappings"], UNKNOWN);
        draft.rule.entities.push(entity);
    }
}

/// Identifiers of an entity with their columns.
fn identified(
    cx: &mut Reader<'_>,
    map: &Fields<'_>,
    entity: &str,
    identifiers: &[&str],
    draft: &mut Draft,
) -> Vec<(String, String)> {
    let entry = map.entry("fieldMappings");
    let pairs = cx.maps(entry);
    if pairs.len() > IDENTIFIERS_MAX
        && let Some(entry) = entry
    {
        cx.hint(
            LIMIT,
            entry.key_span,
            format!("Sentinel takes {IDENTIFIERS_MAX} identifiers of an entity"),
        );
    }
    let mut found = Vec::new();
    for pair in pairs {
        let identifier_entry = pair.entry("identifier");
        let column_entry = pair.entry("columnName");
        let (identifier, column) = (cx.text(identifier_entry), cx.text(column_entry));
        let (Some(identifier), Some(column)) = (identifier, column) else {
            require(cx, &pair, "identifier", &["identifier"]);
            require(cx, &pair, "columnName", &["columnName"]);
            continue;
        };
        let is_known = identifiers
            .iter()
            .any(|known| known.eq_ignore_ascii_case(&identifier));
        if !identifiers.is_empty() && !is_known {
            let near = did_you_mean(&identifier, identifiers.iter().copied());
            let span = identifier_entry.map_or(pair.span, place);
            let said = cx.warn(
                WRONG,
                span,
                format!("`{identifier}` identifies no `{entity}` that Sentinel knows"),
            );
            said.help = near.map(|near| format!("did you mean `{near}`?"));
        }
        let span = column_entry.map_or(pair.span, place);
        draft.uses(&column, span, format!("the entity `{entity}`"));
        cx.unknown(&pair, &["identifier", "columnName"], UNKNOWN);
        found.push((identifier, column));
    }
    found
}

fn schedule(
    cx: &mut Reader<'_>,
    fields: &Fields<'_>,
    kind: Option<Kind>,
    block: &Block,
    rule: &mut Rule,
) {
    let frequency = fields.entry("queryFrequency");
    let period = fields.entry("queryPeriod");
    let every = cx.span_of_time(frequency);
    let back = cx.span_of_time(period);
    let is_timed = frequency.is_some() || period.is_some() || block.cron.is_some();
    rule.kind = kind.unwrap_or(if is_timed {
        Kind::Scheduled
    } else {
        Kind::Hunting
    });
    let is_off = cx.truth(fields.entry("enabled")) == Some(false);
    let schedule = match rule.kind {
        Kind::Hunting => {
            if is_timed {
                let message =
                    "a rule of the kind `Hunting` never runs by itself: its times have no effect"
                        .to_owned();
                cx.hint(NO_EFFECT, fields.span, message).help =
                    Some("write `kind: Scheduled`".to_owned());
            }
            None
        }
        Kind::NearRealTime => {
            if is_timed {
                let message =
                    "a rule of the kind `NRT` runs every minute: its times have no effect"
                        .to_owned();
                cx.hint(NO_EFFECT, fields.span, message);
            }
            Some(Schedule {
                every: Every::Span(TICKS_PER_MINUTE),
                period: TICKS_PER_MINUTE,
            })
        }
        Kind::Scheduled => scheduled(
            cx,
            fields,
            block.cron.as_deref(),
            (frequency, every),
            (period, back),
        ),
    };
    rule.schedule = schedule.filter(|_| !is_off);
    if is_off {
        cx.hint(
            NO_EFFECT,
            fields.span,
            "the rule is not enabled: it never runs by itself".to_owned(),
        );
    }
}

fn scheduled(
    cx: &mut Reader<'_>,
    fields: &Fields<'_>,
    cron: Option<&str>,
    (frequency, every): (Option<&Entry>, Option<i64>),
    (period, back): (Option<&Entry>, Option<i64>),
) -> Option<Schedule> {
    let every = match (cron, every) {
        (Some(cron), _) => {
            if let Some(entry) = frequency {
                let message = "`queryFrequency` has no effect beside `cron`".to_owned();
                cx.hint(NO_EFFECT, entry.value.span, message);
            }
            Every::Cron(cron.to_owned())
        }
        (None, Some(ticks)) => Every::Span(ticks),
        (None, None) => {
            if frequency.is_none() {
                cx.error(
                    MISSING,
                    fields.span,
                    "a scheduled rule lacks `queryFrequency`".to_owned(),
                )
                .help = Some(
                    "write for instance `queryFrequency: 1h` and `queryPeriod: 1h`".to_owned(),
                );
            }
            return None;
        }
    };
    let back = match (&every, back) {
        (_, Some(ticks)) => ticks,
        (Every::Span(ticks), None) if period.is_none() => {
            let message =
                "a scheduled rule lacks `queryPeriod`: it looks back as far as its last run"
                    .to_owned();
            cx.warn(MISSING, fields.span, message);
            *ticks
        }
        _ => {
            if period.is_none() {
                cx.error(
                    MISSING,
                    fields.span,
                    "a scheduled rule lacks `queryPeriod`".to_owned(),
                )
                .help =
                    Some("say how far a run looks back, for instance `queryPeriod: 1d`".to_owned());
            }
            return None;
        }
    };
    if let (Every::Span(ticks), Some(entry)) = (&every, frequency) {
        times(cx, entry, *ticks, back)?;
    }
    Some(Schedule {
        every,
        period: back,
    })
}

/// None when the times cannot be; what only Sentinel would not take is told.
fn times(cx: &mut Reader<'_>, entry: &Entry, every: i64, back: i64) -> Option<()> {
    let span = entry.value.span;
    if !(TICKS_PER_MINUTE..=FREQUENCY_MAX).contains(&every) {
        let message = format!("`queryFrequency` is {}", period::show(every));
        cx.error(WRONG, span, message).help = Some("expected 1 minute to 14 days".to_owned());
        return None;
    }
    if back < every {
        let (every, back) = (period::show(every), period::show(back));
        let message = format!(
            "the rule runs every {every} and looks back {back}: what happens between is never looked at"
        );
        cx.error(WRONG, span, message).help =
            Some("`queryPeriod` has to be `queryFrequency` at least".to_owned());
        return None;
    }
    if every < 5 * TICKS_PER_MINUTE {
        cx.hint(
            LIMIT,
            span,
            "Sentinel's least `queryFrequency` is 5 minutes".to_owned(),
        );
    }
    if back > FREQUENCY_MAX {
        cx.hint(
            LIMIT,
            span,
            "Sentinel's greatest `queryPeriod` is 14 days".to_owned(),
        );
    }
    if back >= 2 * TICKS_PER_DAY && every < TICKS_PER_HOUR {
        let message =
            "Sentinel lets a rule that looks back 2 days or more run every hour at most".to_owned();
        cx.hint(LIMIT, span, message);
    }
    Some(())
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
