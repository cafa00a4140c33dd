//! From rows to alerts: the trigger, grouping, what is known already, the cap, and what an alert carries.
//!
//! | rule says | alerts |
//! |---|---|
//! | the trigger does not hold for the number of rows | none |
//! | `SingleAlert` | one of all rows that no earlier alert had |
//! | `AlertPerResult` | one for each key of a row ([`identity`]) that no earlier alert had |
//! | more than `maxAlerts` of them | the last one sums up the rest and carries their rows |
//!
//! Not here: where alerts are kept (`state`), where they go and in which shape (`sink`).

pub mod identity;
mod json;

use crate::rows::{Row, shown};
use crate::rule::{Grouping, Operator, Rule, Severity};
use crate::run::{Found, RunError};
use crate::window::Window;
pub use json::Origin;

use identity::Key;
use indexmap::IndexMap;
use serde_json::{Map, Value};
use std::path::PathBuf;

/// One alert, with all that whoever gets it needs.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    /// 32 hex digits; the same in every replay.
    pub id: String,
    pub rule: Named,
    pub title: String,
    pub description: String,
    pub severity: Option<Severity>,
    pub tactics: Vec<String>,
    pub techniques: Vec<String>,
    pub window: Window,
    pub query: String,
    pub rows: Vec<Row>,
    /// Entities: `type`, and an identifier for each field.
    pub entities: Vec<Row>,
    /// Name of the detail, its values.
    pub custom_details: Map<String, Value>,
    /// The number of alerts that this one sums up.
    pub sums_up: Option<usize>,
}

/// The rule that an alert is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    pub id: String,
    pub version: String,
    pub name: String,
    pub tags: Vec<String>,
    pub file: PathBuf,
}

/// An alert that a run made.
#[derive(Debug, Clone, PartialEq)]
pub struct Raised {
    pub alert: Alert,
    /// It was raised before, under the same id.
    pub known: Known,
    /// The keys of its rows.
    pub keys: Vec<Key>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    Already,
    Not,
}

/// What is known of earlier alerts.
pub trait Memory {
    /// The alert that had this key, when the key still holds at this window.
    ///
    /// # Errors
    /// A memory that cannot be read.
    fn recall(&self, rule_id: &str, key: &Key, window: Window) -> Result<Option<String>, RunError>;
}

/// No memory.
#[derive(Debug, Clone, Copy)]
pub struct Forgetful;

impl Memory for Forgetful {
    fn recall(&self, _: &str, _: &Key, _: Window) -> Result<Option<String>, RunError> {
        Ok(None)
    }
}

/// The alerts that the rows of a run make, those that are known already among them.
///
/// # Errors
/// Columns that the rule names and the result has not; a memory that cannot be read.
pub fn raise(
    rule: &Rule,
    window: Window,
    found: &Found,
    memory: &dyn Memory,
) -> Result<Vec<Raised>, RunError> {
    if !triggers(rule, found.rows.len()) {
        return Ok(Vec::new());
    }
    let mut known: IndexMap<String, Group> = IndexMap::new();
    let mut new: Vec<(String, Group)> = Vec::new();
    for (key, rows) in keyed(rule, found)? {
        match memory.recall(&rule.id, &key, window)? {
            Some(id) => known.entry(id).or_default().add(key, rows),
            None => {
                let mut group = Group::default();
                let id = identity::alert_id(rule, &key, window);
                group.add(key, rows);
                new.push((id, group));
            }
        }
    }
    let new = match rule.grouping {
        Grouping::SingleAlert => single(rule, new),
        Grouping::AlertPerResult => capped(rule, new),
    };
    let known = known
        .into_iter()
        .map(|(id, group)| raised(rule, window, id, group, Known::Already));
    let new = new
        .into_iter()
        .map(|(id, group)| raised(rule, window, id, group, Known::Not));
    Ok(known.chain(new).collect())
}

fn triggers(rule: &Rule, rows: usize) -> bool {
    let rows = rows as u64;
    let threshold = rule.trigger.threshold;
    match rule.trigger.operator {
        Operator::GreaterThan => rows > threshold,
        Operator::LessThan => rows < threshold,
        Operator::Equal => rows == threshold,
        Operator::NotEqual => rows != threshold,
    }
}

/// The rows of each key. Rows without an order that the query asked for are sorted, so that each replay has the same.
fn keyed<'f>(rule: &Rule, found: &'f Found) -> Result<IndexMap<Key, Vec<&'f Row>>, RunError> {
    let mut groups: IndexMap<Key, Vec<&Row>> = IndexMap::new();
    if found.rows.is_empty() {
        groups.insert(identity::key_of_nothing(rule), Vec::new());
        return Ok(groups);
    }
    let mut rows: Vec<&Row> = found.rows.iter().collect();
    if !found.ordered {
        rows.sort_by_cached_key(|row| {
            let time = row.get("Timestamp").map(shown).unwrap_or_default();
            (time, Value::Object((*row).clone()).to_string())
        });
    }
    for row in rows {
        groups
            .entry(identity::key(rule, row)?)
            .or_default()
            .push(row);
    }
    Ok(groups)
}

/// The results of one alert.
#[derive(Debug, Default)]
struct Group {
    keys: Vec<Key>,
    rows: Vec<Row>,
    sums_up: Option<usize>,
}

impl Group {
    fn add(&mut self, key: Key, rows: Vec<&Row>) {
        self.keys.push(key);
        self.rows.extend(rows.into_iter().cloned());
    }
}

/// One alert of all of them.
fn single(rule: &Rule, new: Vec<(String, Group)>) -> Vec<(String, Group)> {
    joined(rule, "single", new, None).into_iter().collect()
}

/// No more than the rule allows; the last one is the rest.
fn capped(rule: &Rule, mut new: Vec<(String, Group)>) -> Vec<(String, Group)> {
    let max = rule.ours.max_alerts.max(1);
    if new.len() <= max {
        return new;
    }
    let rest = new.split_off(max - 1);
    let count = rest.len();
    new.extend(joined(rule, "summary", rest, Some(count)));
    new
}

fn joined(
    rule: &Rule,
    kind: &str,
    groups: Vec<(String, Group)>,
    sums_up: Option<usize>,
) -> Option<(String, Group)> {
    let (ids, groups): (Vec<String>, Vec<Group>) = groups.into_iter().unzip();
    if ids.is_empty() {
        return None;
    }
    let mut all = Group {
        sums_up,
        ..Group::default()
    };
    for group in groups {
        all.keys.extend(group.keys);
        all.rows.extend(group.rows);
    }
    Some((identity::joint_id(rule, kind, &ids), all))
}

fn raised(rule: &Rule, window: Window, id: String, group: Group, known: Known) -> Raised {
    let first = group.rows.first();
    let overrides = &rule.overrides;
    let text = |template: &Option<String>, plain: &str| match template {
        Some(template) => filled(template, first),
        None => plain.to_owned(),
    };
    let title = text(&overrides.name, &rule.name);
    let title = match group.sums_up {
        Some(count) => format!("{count} further alerts: {}", rule.name),
        None => title,
    };
    let alert = Alert {
        id,
        rule: Named {
            id: rule.id.clone(),
            version: rule.version.clone(),
            name: rule.name.clone(),
            tags: rule.tags.clone(),
            file: rule.source.file.clone(),
        },
        title,
        description: text(&overrides.description, &rule.description),
        severity: severity(rule, &group.rows),
        tactics: tactics(rule, &group.rows),
        techniques: rule.techniques.clone(),
        window,
        query: rule.query.clone(),
        entities: entities(rule, &group.rows),
        custom_details: custom_details(rule, &group.rows),
        rows: group.rows,
        sums_up: group.sums_up,
    };
    Raised {
        alert,
        known,
        keys: group.keys,
    }
}

/// The text of a template for a row: a value that is null is nothing.
fn filled(template: &str, row: Option<&Row>) -> String {
    crate::rule::template::fill(template, |name| {
        row.and_then(|row| row.get(name))
            .map(|value| shown(value).into())
    })
}

/// The gravest that the rows name, else the rule's.
fn severity(rule: &Rule, rows: &[Row]) -> Option<Severity> {
    let column = rule.overrides.severity_column.as_ref();
    let named = column.and_then(|column| {
        rows.iter()
            .filter_map(|row| Severity::parse(&shown(row.get(column)?)))
            .max()
    });
    named.or(rule.severity)
}

/// Those that the rows name, as a list or as text with commas, else the rule's.
fn tactics(rule: &Rule, rows: &[Row]) -> Vec<String> {
    let Some(column) = &rule.overrides.tactics_column else {
        return rule.tactics.clone();
    };
    let mut named: Vec<String> = Vec::new();
    for value in rows.iter().filter_map(|row| row.get(column)) {
        let items = match value {
            Value::Array(items) => items.iter().map(shown).collect(),
            other => shown(other)
                .split(',')
                .map(str::to_owned)
                .collect::<Vec<_>>(),
        };
        for item in items.iter().map(|item| item.trim()) {
            if !item.is_empty() && !named.iter().any(|known| known == item) {
                named.push(item.to_owned());
            }
        }
    }
    match named.is_empty() {
        true => rule.tactics.clone(),
        false => named,
    }
}

/// Each once; identifiers without a value are left out.
fn entities(rule: &Rule, rows: &[Row]) -> Vec<Row> {
    let mut entities: Vec<Row> = Vec::new();
    for row in rows {
        for mapping in &rule.entities {
            let fields: Vec<(&String, &Value)> = mapping
                .fields
                .iter()
                .filter_map(|(identifier, column)| Some((identifier, row.get(column)?)))
                .filter(|(_, value)| !value.is_null() && value.as_str() != Some(""))
                .collect();
            if fields.is_empty() {
                continue;
            }
            let mut entity: Row = Map::new();
            entity.insert("type".to_owned(), Value::String(mapping.kind.clone()));
            for (identifier, value) in fields {
                entity.insert(identifier.clone(), value.clone());
            }
            if !entities.contains(&entity) {
                entities.push(entity);
            }
        }
    }
    entities
}

/// The values of each detail over the rows, each once.
fn custom_details(rule: &Rule, rows: &[Row]) -> Map<String, Value> {
    let mut details = Map::new();
    for (name, column) in &rule.custom_details {
        let mut values: Vec<Value> = Vec::new();
        for value in rows.iter().filter_map(|row| row.get(column)) {
            if !value.is_null() && !values.contains(value) {
                values.push(value.clone());
            }
        }
        details.insert(name.clone(), Value::Array(values));
    }
    details
}

#[cfg(test)]
mod tests;
