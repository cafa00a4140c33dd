//! One JSON object a line, as flat fields: members of objects inside are named `outer.inner`, arrays stay JSON text.
//!
//! A wrapper is taken off: `{"sourcetype":"…","event":{…}}` is the event's members beside `sourcetype`.

use super::fields::Fields;
use crate::output::Refusal;
use serde_json::{Map, Value};

pub(super) fn is_json(text: &str) -> bool {
    text.starts_with('{')
}

pub(super) fn object(line: &str) -> Result<Fields<'static>, Refusal> {
    let object: Map<String, Value> = serde_json::from_str(line)
        .map_err(|error| Refusal::new("bad_json", format!("no JSON object: {error}")))?;
    let mut fields = Fields::default();
    for (name, value) in object {
        match value {
            Value::Object(inner) if name == "event" => flatten("", inner, &mut fields),
            value => member(name, value, &mut fields),
        }
    }
    Ok(fields)
}

fn flatten(prefix: &str, object: Map<String, Value>, fields: &mut Fields<'static>) {
    for (name, value) in object {
        let name = match prefix.is_empty() {
            true => name,
            false => format!("{prefix}.{name}"),
        };
        member(name, value, fields);
    }
}

/// serde_json refuses what nests deeper than 128, so this ends.
fn member(name: String, value: Value, fields: &mut Fields<'static>) {
    match value {
        Value::Null => {}
        Value::String(text) => fields.push(name, text),
        Value::Object(inner) => flatten(&name, inner, fields),
        other => fields.push(name, other.to_string()),
    }
}
