//! Rows of a result as JSON, as alerts carry them.
//!
//! | type | JSON |
//! |---|---|
//! | bool, int, long | itself |
//! | real | a number; `NaN`, `Infinity` and `-Infinity` as text |
//! | decimal, guid, datetime, timespan | text, as KQL writes it |
//! | dynamic | itself |
//! | null | `null`; never of a string |

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::datatypes::{Decimal128Type, Float64Type, Int32Type, Int64Type};
use datafusion::arrow::record_batch::RecordBatch;
use huntql_engine::value::format_decimal;
use huntql_kql::time::{format_datetime, format_timespan};
use huntql_kql::types::{Column, Type};
use serde_json::{Map, Number, Value};

/// A row: each column's name and value, in the order of the columns.
pub type Row = Map<String, Value>;

/// The rows of a batch with these columns.
pub fn of_batch(columns: &[Column], batch: &RecordBatch) -> Vec<Row> {
    (0..batch.num_rows())
        .map(|row| {
            columns
                .iter()
                .zip(batch.columns())
                .map(|(column, array)| (column.name.clone(), cell(column.ty, array, row)))
                .collect()
        })
        .collect()
}

fn cell(ty: Type, array: &ArrayRef, row: usize) -> Value {
    if array.is_null(row) {
        return match ty {
            Type::String => Value::String(String::new()),
            _ => Value::Null,
        };
    }
    let ticks = || array.as_primitive::<Int64Type>().value(row);
    let text = || array.as_string::<i32>().value(row);
    match ty {
        Type::Bool => Value::Bool(array.as_boolean().value(row)),
        Type::Int => Value::from(array.as_primitive::<Int32Type>().value(row)),
        Type::Long => Value::from(ticks()),
        Type::Real => real(array.as_primitive::<Float64Type>().value(row)),
        Type::Decimal => Value::String(format_decimal(
            array.as_primitive::<Decimal128Type>().value(row),
        )),
        Type::String | Type::Guid => Value::String(text().to_owned()),
        Type::Datetime => Value::String(format_datetime(ticks())),
        Type::Timespan => Value::String(format_timespan(ticks())),
        Type::Dynamic => dynamic(text()),
    }
}

fn real(value: f64) -> Value {
    match Number::from_f64(value) {
        Some(number) => Value::Number(number),
        None if value.is_nan() => Value::String("NaN".to_owned()),
        None if value > 0.0 => Value::String("Infinity".to_owned()),
        None => Value::String("-Infinity".to_owned()),
    }
}

/// A dynamic value is JSON text; text that is none is kept as a string.
fn dynamic(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}

/// What a template or a detail shows of a value: text without quotes, nothing for null.
pub fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
