//! What makes two results the same alert, and the id that an alert has for ever.
//!
//! | key of a row | the same alert when |
//! |---|---|
//! | `dedup.by` | these columns are equal, within `dedup.for` |
//! | Timestamp, DeviceId, ReportId, where the row has them all | they are equal: it is the same event, whenever it is found again |
//! | else the whole row | it is equal, within `dedup.for` |
//!
//! An id is the hash of the rule's id, the key and, for keys that hold for a time only, the end of the window that found it first. So a
//! replay gives the same id, and a sink that knows ids gets nothing twice.

use crate::rows::Row;
use crate::rule::Rule;
use crate::run::RunError;
use crate::window::Window;
use serde_json::Value;

/// The columns that tell one event from all others.
const EVENT: [&str; 3] = ["Timestamp", "DeviceId", "ReportId"];

/// What tells a row from others, hashed with the rule's id: 32 hex digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    pub hash: String,
    /// Ticks for which it holds; `None` for ever.
    pub hold: Option<i64>,
}

/// The key of a row.
///
/// # Errors
/// `dedup.by` names a column that the result has not.
pub fn key(rule: &Rule, row: &Row) -> Result<Key, RunError> {
    let dedup = &rule.ours.dedup;
    if !dedup.by.is_empty() {
        let values = dedup.by.iter().map(|name| match row.get(name) {
            Some(value) => Ok((name.as_str(), value)),
            None => Err(RunError::Permanent(format!(
                "`dedup` of the rule names `{name}`, which is no column of its result"
            ))),
        });
        let values = values.collect::<Result<Vec<_>, _>>()?;
        return Ok(of(rule, "by", &values, Some(dedup.hold)));
    }
    let event: Option<Vec<(&str, &Value)>> = EVENT
        .iter()
        .map(|name| Some((*name, row.get(*name).filter(|value| is_there(value))?)))
        .collect();
    Ok(match event {
        Some(values) => of(rule, "event", &values, None),
        None => {
            let all: Vec<(&str, &Value)> = row
                .iter()
                .map(|(name, value)| (name.as_str(), value))
                .collect();
            of(rule, "row", &all, Some(dedup.hold))
        }
    })
}

/// The key of a run whose alert is that there is nothing.
pub fn key_of_nothing(rule: &Rule) -> Key {
    of(rule, "nothing", &[], Some(rule.ours.dedup.hold))
}

fn is_there(value: &Value) -> bool {
    !value.is_null() && value.as_str() != Some("")
}

fn of(rule: &Rule, kind: &str, values: &[(&str, &Value)], hold: Option<i64>) -> Key {
    let text = serde_json::to_string(values).expect("JSON values are JSON");
    Key {
        hash: digest("key", &[&rule.id, kind, &text]),
        hold,
    }
}

/// The id of the alert of a key that was not seen before.
pub fn alert_id(rule: &Rule, key: &Key, window: Window) -> String {
    let anchor = match key.hold {
        Some(_) => window.to.to_string(),
        None => String::new(),
    };
    digest("alert", &[&rule.id, &key.hash, &anchor])
}

/// The id of one alert for several results, from the ids that they would have alone.
pub fn joint_id(rule: &Rule, kind: &str, ids: &[String]) -> String {
    let mut ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    ids.sort_unstable();
    digest(kind, &[&rule.id, &ids.concat()])
}

/// 32 hex digits of texts that are set apart by their lengths.
fn digest(kind: &str, parts: &[&str]) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in [&["huntql", kind], parts].concat() {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize().to_hex()[..32].to_owned()
}
