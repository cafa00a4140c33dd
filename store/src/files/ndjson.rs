//! One JSON object a line. Read twice: once for the union of the keys and their types, once for the rows.

use super::infer::is_datetime;
use super::temporary::Temporary;
use super::{unreadable, visible_and_further};
use crate::error::{Result, StoreError};
use crate::scan::EventTable;
use crate::schema::TableSchema;
use huntql_kql::types::{Column, Type};
use indexmap::IndexMap;
use serde_json::{Map, Value};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

pub(super) fn open(
    name: &str,
    files: &[PathBuf],
    declared: Option<&TableSchema>,
) -> Result<EventTable> {
    let mut found: IndexMap<String, Option<Type>> = IndexMap::new();
    for path in files {
        for_each_object(path, |object| {
            for (key, value) in object {
                let known = found.entry(key).or_default();
                *known = joined(*known, &value);
            }
            Ok(())
        })?;
    }
    let typed = |(name, ty): (String, Option<Type>)| {
        let declared = declared
            .and_then(|declared| declared.column(&name))
            .map(|column| column.ty);
        Column::new(name, declared.or(ty).unwrap_or(Type::String))
    };
    let columns: Vec<Column> = found.into_iter().map(typed).collect();
    let (table, further) = visible_and_further(name, columns.clone(), declared);
    let mut rows = Temporary::create(table, further, columns.clone())?;
    for path in files {
        for_each_object(path, |object| {
            for (builder, column) in rows.builders().iter_mut().zip(&columns) {
                builder.push_json(object.get(&column.name).unwrap_or(&Value::Null));
            }
            rows.end_row()
        })?;
    }
    rows.finish()
}

fn for_each_object(
    path: &Path,
    mut with: impl FnMut(Map<String, Value>) -> Result<()>,
) -> Result<()> {
    let file = File::open(path).map_err(StoreError::io(path, "open"))?;
    let mut reader = BufReader::with_capacity(1 << 20, file);
    let mut line = Vec::new();
    for number in 1_u64.. {
        line.clear();
        if reader
            .read_until(b'\n', &mut line)
            .map_err(StoreError::io(path, "read"))?
            == 0
        {
            break;
        }
        let text = line
            .strip_prefix(b"\xEF\xBB\xBF")
            .unwrap_or(&line)
            .trim_ascii();
        if text.is_empty() {
            continue;
        }
        let object = serde_json::from_slice(text).map_err(|error| {
            unreadable(path, format!("line {number} is no JSON object: {error}"))
        })?;
        with(object)?;
    }
    Ok(())
}

/// The type of a key after one more value. Values of different kinds make it dynamic; null says nothing.
fn joined(known: Option<Type>, value: &Value) -> Option<Type> {
    let ty = match value {
        Value::Null => return known,
        Value::Bool(_) => Type::Bool,
        Value::Number(number) if number.is_i64() => Type::Long,
        Value::Number(_) => Type::Real,
        Value::String(text) if is_datetime(text) => Type::Datetime,
        Value::String(_) => Type::String,
        Value::Array(_) | Value::Object(_) => Type::Dynamic,
    };
    Some(match (known, ty) {
        (None, ty) => ty,
        (Some(known), ty) if known == ty => ty,
        (Some(Type::Long), Type::Real) | (Some(Type::Real), Type::Long) => Type::Real,
        (Some(Type::Datetime), Type::String) | (Some(Type::String), Type::Datetime) => Type::String,
        _ => Type::Dynamic,
    })
}
