//! `ingestionMapping`: where the columns of an `externaldata` come from.
//!
//! | element's property | means |
//! |---|---|
//! | `Path` | a path into a JSON record, `$.a['b']`; a text without `$` in front is itself the value |
//! | `Ordinal` | the cell of this number, from 0 |
//! | `ConstValue` | this text in every row |
//! | `Transform` | `SourceLocation`, `SourceLineNumber`, `DateTimeFromUnixSeconds` … |
//!
//! A column without an element is null. Source: Kusto docs, "Ingestion mappings", "JSON mapping", "CSV mapping".

use crate::kernel::calendar::{after_epoch, after_epoch_real};
use crate::kernel::structure::json_path::{Step, parse};
use huntql_kql::time::{TICKS_PER_MILLISECOND, TICKS_PER_SECOND, format_datetime};
use huntql_kql::types::Column;
use serde_json::{Map, Value};

/// Where each column comes from, in the columns' order.
#[derive(Debug, Clone)]
pub(crate) struct Mapping(Vec<Mapped>);

#[derive(Debug, Clone)]
struct Mapped {
    origin: Origin,
    unix: Option<Unix>,
}

#[derive(Debug, Clone)]
enum Origin {
    Nothing,
    Constant(String),
    Ordinal(usize),
    Path(Vec<Step>),
    /// The URL of the file.
    Location,
    /// The number of the record in its file, from 1.
    Line,
}

/// Ticks of a unit of time, and units of a tick.
type Unix = (i64, i64);

const UNIX: [(&str, Unix); 4] = [
    ("datetimefromunixseconds", (TICKS_PER_SECOND, 1)),
    ("datetimefromunixmilliseconds", (TICKS_PER_MILLISECOND, 1)),
    ("datetimefromunixmicroseconds", (10, 1)),
    ("datetimefromunixnanoseconds", (1, 100)),
];

/// What the records of a format are mapped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MappedBy {
    Ordinal,
    Path,
}

/// A record with its place.
pub(super) struct Record<'r> {
    pub url: &'r str,
    pub number: usize,
}

impl Mapping {
    /// Reads the JSON text of a mapping. Errors: a sentence of what is not understood; nothing is left out.
    pub(crate) fn read(text: &str, columns: &[Column], by: MappedBy) -> Result<Self, String> {
        let elements: Vec<Map<String, Value>> = serde_json::from_str(text)
            .map_err(|error| format!("the mapping is no JSON array of objects: {error}"))?;
        let nothing = Mapped {
            origin: Origin::Nothing,
            unix: None,
        };
        let mut mapped = vec![nothing; columns.len()];
        for element in &elements {
            let properties = flat(element)?;
            let name = properties
                .iter()
                .find(|(key, _)| key == "column" || key == "name")
                .map(|(_, value)| value.clone())
                .ok_or("an element of the mapping names no `Column`")?;
            let at = columns
                .iter()
                .position(|column| column.name == name)
                .ok_or_else(|| {
                    format!("the mapping names the column `{name}`, which is not declared")
                })?;
            mapped[at] = element_of(&properties, &name, by)?;
        }
        Ok(Self(mapped))
    }

    /// The cells of a record of JSON.
    pub(super) fn of_object(&self, value: &Value, record: &Record<'_>) -> Vec<Option<String>> {
        self.cells(record, |origin| match origin {
            Origin::Path(steps) => text(stepped(value, steps)?),
            _ => None,
        })
    }

    /// The cells of a record that has cells itself.
    pub(super) fn of_cells(&self, cells: &[&str], record: &Record<'_>) -> Vec<Option<String>> {
        self.cells(record, |origin| match origin {
            Origin::Ordinal(at) => cells.get(*at).map(|cell| (*cell).to_owned()),
            _ => None,
        })
    }

    fn cells(
        &self,
        record: &Record<'_>,
        read: impl Fn(&Origin) -> Option<String>,
    ) -> Vec<Option<String>> {
        let cell = |mapped: &Mapped| {
            let text = match &mapped.origin {
                Origin::Nothing => None,
                Origin::Constant(text) => Some(text.clone()),
                Origin::Location => Some(record.url.to_owned()),
                Origin::Line => Some(record.number.to_string()),
                origin @ (Origin::Ordinal(_) | Origin::Path(_)) => read(origin),
            }?;
            match mapped.unix {
                Some(unit) => instant(&text, unit).map(format_datetime),
                None => Some(text),
            }
        };
        self.0.iter().map(cell).collect()
    }
}

/// An element's properties by lower-case name, those under `Properties` with the others.
fn flat(element: &Map<String, Value>) -> Result<Vec<(String, String)>, String> {
    let mut properties = Vec::new();
    for (key, value) in element {
        match value {
            Value::Object(inner) => properties.extend(flat(inner)?),
            Value::String(text) => properties.push((key.to_ascii_lowercase(), text.clone())),
            Value::Number(number) => {
                properties.push((key.to_ascii_lowercase(), number.to_string()));
            }
            Value::Null => {}
            Value::Bool(_) | Value::Array(_) => {
                return Err(format!(
                    "`{key}` of the mapping has a value that is not supported"
                ));
            }
        }
    }
    Ok(properties)
}

fn element_of(
    properties: &[(String, String)],
    column: &str,
    by: MappedBy,
) -> Result<Mapped, String> {
    let mut origin = Origin::Nothing;
    let mut unix = None;
    for (key, value) in properties {
        match key.as_str() {
            "column" | "name" | "datatype" => {}
            "constvalue" => origin = Origin::Constant(value.clone()),
            "ordinal" if by == MappedBy::Ordinal => {
                let at = value.trim().parse();
                origin = Origin::Ordinal(at.map_err(|_| format!("`{value}` is no ordinal"))?);
            }
            "path" if by == MappedBy::Path => {
                origin = match value.starts_with('$') {
                    true => Origin::Path(parse(&value.replace(".[", "["))?),
                    false => Origin::Constant(value.clone()),
                };
            }
            "transform" => match transform(value)? {
                Transform::Unix(unit) => unix = Some(unit),
                Transform::From(other) => origin = other,
            },
            _ => {
                return Err(format!(
                    "`{key}` of the column `{column}` is not supported in this mapping"
                ));
            }
        }
    }
    Ok(Mapped { origin, unix })
}

enum Transform {
    Unix(Unix),
    From(Origin),
}

fn transform(name: &str) -> Result<Transform, String> {
    let lower = name.to_ascii_lowercase();
    if let Some((_, unit)) = UNIX.iter().find(|(known, _)| *known == lower) {
        return Ok(Transform::Unix(*unit));
    }
    match lower.as_str() {
        "sourcelocation" => Ok(Transform::From(Origin::Location)),
        "sourcelinenumber" => Ok(Transform::From(Origin::Line)),
        _ => Err(format!("the transformation `{name}` is not supported")),
    }
}

fn stepped<'v>(value: &'v Value, steps: &[Step]) -> Option<&'v Value> {
    steps.iter().try_fold(value, |value, step| match step {
        Step::Key(key) => value.as_object()?.get(key),
        Step::Index(index) => value.as_array()?.get(*index),
    })
}

/// A JSON value as the text of a cell: of a string what it says, of others their JSON.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

fn instant(text: &str, (ticks, per_tick): Unix) -> Option<i64> {
    let text = text.trim();
    match text.parse::<i64>() {
        Ok(number) => after_epoch(number, ticks, per_tick),
        Err(_) => after_epoch_real(text.parse().ok()?, ticks as f64 / per_tick as f64),
    }
}
