//! Nested Arrow values, and texts of foreign files, as the JSON text that a `dynamic` holds.

use crate::scan::convert::{infer, to_engine};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, StringArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Float64Type, Int64Type, UInt64Type};
use datafusion::arrow::util::display::array_value_to_string;
use datafusion::error::Result;
use huntql_kql::types::Type;
use serde_json::{Map, Value};
use std::sync::Arc;

/// One JSON text for each row; null stays null.
///
/// A text that is JSON is taken as that value, any other text as a JSON string (what `parse_json` does).
pub(crate) fn json_texts(array: &ArrayRef) -> Result<ArrayRef> {
    let top = |row: usize| -> Result<Option<String>> {
        if array.is_null(row) {
            return Ok(None);
        }
        let value = match value(array, row)? {
            Value::String(text) => serde_json::from_str(&text).unwrap_or(Value::String(text)),
            other => other,
        };
        Ok((!value.is_null()).then(|| value.to_string()))
    };
    let texts = (0..array.len()).map(top).collect::<Result<Vec<_>>>()?;
    Ok(Arc::new(StringArray::from(texts)))
}

fn value(array: &ArrayRef, row: usize) -> Result<Value> {
    if array.is_null(row) {
        return Ok(Value::Null);
    }
    let one = array.slice(row, 1);
    Ok(match array.data_type() {
        DataType::List(_) => list(&array.as_list::<i32>().value(row))?,
        DataType::LargeList(_) => list(&array.as_list::<i64>().value(row))?,
        DataType::FixedSizeList(..) => list(&array.as_fixed_size_list().value(row))?,
        DataType::ListView(field) => value(&cast(&one, &DataType::List(Arc::clone(field)))?, 0)?,
        DataType::Struct(fields) => {
            let columns = array.as_struct().columns();
            let pairs = fields
                .iter()
                .zip(columns)
                .map(|(field, column)| Ok((field.name().clone(), value(column, row)?)));
            Value::Object(pairs.collect::<Result<Map<_, _>>>()?)
        }
        DataType::Map(..) => {
            let entries = array.as_map().value(row);
            let pair = |entry| {
                Ok((
                    array_value_to_string(entries.column(0), entry)?,
                    value(entries.column(1), entry)?,
                ))
            };
            Value::Object(
                (0..entries.len())
                    .map(pair)
                    .collect::<Result<Map<_, _>>>()?,
            )
        }
        DataType::Boolean => Value::Bool(array.as_boolean().value(row)),
        DataType::UInt64 => Value::from(array.as_primitive::<UInt64Type>().value(row)),
        _ => scalar(&one)?,
    })
}

fn list(items: &ArrayRef) -> Result<Value> {
    Ok(Value::Array(
        (0..items.len())
            .map(|row| value(items, row))
            .collect::<Result<_>>()?,
    ))
}

/// Numbers are JSON numbers; all else is its text.
fn scalar(one: &ArrayRef) -> Result<Value> {
    Ok(match infer(one.data_type()) {
        Some(Type::Int | Type::Long) => Value::from(
            cast(one, &DataType::Int64)?
                .as_primitive::<Int64Type>()
                .value(0),
        ),
        Some(Type::Real | Type::Decimal) => Value::from(
            cast(one, &DataType::Float64)?
                .as_primitive::<Float64Type>()
                .value(0),
        ),
        Some(Type::String) => {
            Value::from(to_engine(one, Type::String)?.as_string::<i32>().value(0))
        }
        _ => Value::from(array_value_to_string(one, 0)?),
    })
}
