//! Schemas that the user gives as a file.

use super::TableSchema;
use crate::error::{Result, StoreError};
use huntql_kql::types::{Column, Type};
use serde_json::Value;
use std::collections::HashSet;

/// Reads `{"Table": [["Column", "type"], …], …}`.
///
/// `{"Table": {"columns": […]}}` is read as well, a column may be an object with `name` and `type`, and tables may stand in
/// groups (`{"tables": {"Table": …}}`). The tables come in the order of the text. Errors name the table and the column.
pub fn parse_schemas(json: &str) -> Result<Vec<TableSchema>> {
    let document: Value =
        serde_json::from_str(json).map_err(|error| wrong(format!("not JSON: {error}")))?;
    let Value::Object(entries) = &document else {
        return Err(wrong(
            "expected an object of tables, for instance {\"T\": [[\"A\", \"string\"]]}".to_owned(),
        ));
    };
    let mut tables = Vec::new();
    for (name, entry) in entries {
        match entry {
            Value::Object(group) if !group.contains_key("columns") => {
                for (name, entry) in group {
                    tables.push(table(name, entry)?);
                }
            }
            _ => tables.push(table(name, entry)?),
        }
    }
    Ok(tables)
}

fn table(name: &str, value: &Value) -> Result<TableSchema> {
    let columns = value.get("columns").unwrap_or(value);
    let Value::Array(columns) = columns else {
        return Err(wrong(format!(
            "table `{name}`: expected a list of [column, type]"
        )));
    };
    let columns = columns
        .iter()
        .map(|value| column(name, value))
        .collect::<Result<Vec<_>>>()?;
    let mut seen = HashSet::new();
    if let Some(twice) = columns
        .iter()
        .find(|column| !seen.insert(column.name.as_str()))
    {
        return Err(wrong(format!(
            "table `{name}`: column `{}` is declared twice",
            twice.name
        )));
    }
    Ok(TableSchema::new(name, columns))
}

fn column(table: &str, value: &Value) -> Result<Column> {
    let pair = match value {
        Value::Array(pair) if pair.len() == 2 => (pair[0].as_str(), pair[1].as_str()),
        other => (
            other.get("name").and_then(Value::as_str),
            other.get("type").and_then(Value::as_str),
        ),
    };
    let (Some(name), Some(ty)) = pair else {
        return Err(wrong(format!(
            "table `{table}`: expected [column, type], read {value}"
        )));
    };
    match Type::parse(ty) {
        Some(ty) => Ok(Column::new(name, ty)),
        None => Err(wrong(format!(
            "table `{table}`, column `{name}`: `{ty}` is no type of KQL"
        ))),
    }
}

fn wrong(message: String) -> StoreError {
    StoreError::Schemas { message }
}
