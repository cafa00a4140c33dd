//! Columns of engine types, built value by value from text and JSON.

use crate::schema::{DECIMAL_PRECISION, DECIMAL_SCALE};
use datafusion::arrow::array::{
    ArrayRef, BooleanBuilder, Float64Builder, Int32Builder, Int64Builder, StringArray,
    StringBuilder,
};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use huntql_kql::time::{parse_datetime, parse_timespan};
use huntql_kql::types::Type;
use serde_json::Value;
use std::sync::Arc;

/// One column under construction.
pub(super) enum Builder {
    Bool(BooleanBuilder),
    Int(Int32Builder),
    Long(Int64Builder),
    Real(Float64Builder),
    Decimal(StringBuilder),
    /// Datetime or timespan, in ticks.
    Ticks(Type, Int64Builder),
    /// Never null.
    Text(StringBuilder),
    Guid(StringBuilder),
    Dynamic(StringBuilder),
}

impl Builder {
    pub(super) fn new(ty: Type) -> Builder {
        match ty {
            Type::Bool => Builder::Bool(BooleanBuilder::new()),
            Type::Int => Builder::Int(Int32Builder::new()),
            Type::Long => Builder::Long(Int64Builder::new()),
            Type::Real => Builder::Real(Float64Builder::new()),
            Type::Decimal => Builder::Decimal(StringBuilder::new()),
            Type::Datetime | Type::Timespan => Builder::Ticks(ty, Int64Builder::new()),
            Type::String => Builder::Text(StringBuilder::new()),
            Type::Guid => Builder::Guid(StringBuilder::new()),
            Type::Dynamic => Builder::Dynamic(StringBuilder::new()),
        }
    }

    /// Appends a value written as text; text that does not read as the type is null.
    pub(super) fn push_text(&mut self, text: &str) {
        let trimmed = text.trim();
        match self {
            Builder::Bool(builder) => builder.append_option(parse_bool(trimmed)),
            Builder::Int(builder) => builder.append_option(trimmed.parse().ok()),
            Builder::Long(builder) => builder.append_option(trimmed.parse().ok()),
            Builder::Real(builder) => builder.append_option(trimmed.parse().ok()),
            Builder::Decimal(builder) => {
                builder.append_option((!trimmed.is_empty()).then_some(trimmed))
            }
            Builder::Ticks(Type::Timespan, builder) => {
                builder.append_option(parse_timespan(trimmed))
            }
            Builder::Ticks(_, builder) => builder.append_option(parse_datetime(trimmed)),
            Builder::Text(builder) => builder.append_value(text),
            Builder::Guid(builder) => {
                builder.append_option((!trimmed.is_empty()).then(|| trimmed.to_lowercase()))
            }
            Builder::Dynamic(builder) => builder.append_option(dynamic_of_text(text)),
        }
    }

    /// Appends a JSON value; one that does not read as the type is null, or its JSON text in a string column.
    pub(super) fn push_json(&mut self, value: &Value) {
        match (&mut *self, value) {
            (Builder::Dynamic(builder), Value::Null) => builder.append_null(),
            (Builder::Dynamic(builder), value) => builder.append_value(value.to_string()),
            (_, Value::String(text)) => self.push_text(text),
            (_, Value::Null) => self.push_null(),
            (Builder::Real(builder), Value::Number(number)) => {
                builder.append_option(number.as_f64())
            }
            (Builder::Bool(builder), Value::Number(number)) => {
                builder.append_option(number.as_i64().map(|n| n != 0))
            }
            (_, other) => self.push_text(&other.to_string()),
        }
    }

    /// Appends null, or `""` to a string column.
    pub(super) fn push_null(&mut self) {
        match self {
            Builder::Bool(builder) => builder.append_null(),
            Builder::Int(builder) => builder.append_null(),
            Builder::Long(builder) | Builder::Ticks(_, builder) => builder.append_null(),
            Builder::Real(builder) => builder.append_null(),
            Builder::Text(builder) => builder.append_value(""),
            Builder::Decimal(builder) | Builder::Guid(builder) | Builder::Dynamic(builder) => {
                builder.append_null()
            }
        }
    }

    pub(super) fn finish(&mut self) -> ArrayRef {
        match self {
            Builder::Bool(builder) => Arc::new(builder.finish()),
            Builder::Int(builder) => Arc::new(builder.finish()),
            Builder::Long(builder) | Builder::Ticks(_, builder) => Arc::new(builder.finish()),
            Builder::Real(builder) => Arc::new(builder.finish()),
            Builder::Decimal(builder) => decimals(&builder.finish()),
            Builder::Text(builder) | Builder::Guid(builder) | Builder::Dynamic(builder) => {
                Arc::new(builder.finish())
            }
        }
    }
}

fn parse_bool(text: &str) -> Option<bool> {
    match text {
        "1" => Some(true),
        "0" => Some(false),
        _ if text.eq_ignore_ascii_case("true") => Some(true),
        _ if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// What `parse_json` makes of a text: its JSON value, else the text as a JSON string. Empty text is null.
fn dynamic_of_text(text: &str) -> Option<String> {
    if text.is_empty() {
        return None;
    }
    match serde_json::from_str::<Value>(text) {
        Ok(Value::Null) => None,
        Ok(value) => Some(value.to_string()),
        Err(_) => Some(Value::from(text).to_string()),
    }
}

fn decimals(texts: &StringArray) -> ArrayRef {
    cast(
        texts,
        &DataType::Decimal128(DECIMAL_PRECISION, DECIMAL_SCALE),
    )
    .expect("a text that is no decimal casts to null")
}
