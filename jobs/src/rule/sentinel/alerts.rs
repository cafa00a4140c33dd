//! What an analytic rule says of its alerts: trigger, grouping, suppression, details, entities, overrides.

use super::require;
use crate::rule::load::Draft;
use crate::rule::reader::{Fields, LIMIT, MISSING, NO_EFFECT, Reader, UNKNOWN, WRONG, place};
use crate::rule::words::{ENTITIES, GROUPINGS, OPERATORS};
use crate::rule::{Entity, Overrides, Trigger, template};
use huntql_kql::diagnostics::did_you_mean;
use huntql_kql::time::TICKS_PER_DAY;

/// Sentinel's own limits.
const ENTITIES_MAX: usize = 10;
const IDENTIFIERS_MAX: usize = 3;
const NAME_FORMAT_CHARS_MAX: usize = 256;
const DESCRIPTION_FORMAT_CHARS_MAX: usize = 5_000;
const FORMAT_COLUMNS_MAX: usize = 3;

pub(super) fn alerts(cx: &mut Reader<'_>, fields: &Fields<'_>, draft: &mut Draft) {
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

pub(super) fn entities(cx: &mut Reader<'_>, fields: &Fields<'_>, draft: &mut Draft) {
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
