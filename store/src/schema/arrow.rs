//! How the types of KQL are held in Arrow inside the engine. This is the only place that says so.

use super::TableSchema;
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use huntql_kql::types::{Column, Type};
use std::sync::Arc;

/// Digits of a decimal, and how many of them stand after the point.
pub const DECIMAL_PRECISION: u8 = 38;
pub const DECIMAL_SCALE: i8 = 17;

/// The Arrow type of a KQL type.
///
/// A datetime is the number of 100 ns ticks since 0001-01-01T00:00:00Z, a timespan a number of ticks. A guid is its
/// lower-case text, a dynamic its compact JSON text (Arrow null is the null).
pub fn arrow_type(ty: Type) -> DataType {
    match ty {
        Type::Bool => DataType::Boolean,
        Type::Int => DataType::Int32,
        Type::Long | Type::Datetime | Type::Timespan => DataType::Int64,
        Type::Real => DataType::Float64,
        Type::Decimal => DataType::Decimal128(DECIMAL_PRECISION, DECIMAL_SCALE),
        Type::String | Type::Guid | Type::Dynamic => DataType::Utf8,
    }
}

/// The Arrow schema of a table as the store writes it: strings are never null, all else may be.
pub fn arrow_schema(table: &TableSchema) -> SchemaRef {
    Arc::new(Schema::new(
        table.columns.iter().map(arrow_field).collect::<Vec<_>>(),
    ))
}

pub(crate) fn arrow_field(column: &Column) -> Field {
    Field::new(
        &column.name,
        arrow_type(column.ty),
        column.ty != Type::String,
    )
}
