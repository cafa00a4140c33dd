//! One value as text or as JSON, spelled as Kusto spells it.
//!
//! Datetimes are `2024-01-01T00:00:00.0000000Z`, timespans `1.02:03:04.5678901`, a null is empty text and JSON's `null`;
//! a string is never null. In JSON, NaN and the infinities are strings, as in Kusto's own documents, and so is a decimal,
//! whose digits a JSON number would lose.

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Decimal128Array, Float64Array, Int32Array, Int64Array,
    StringArray,
};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{Decimal128Type, Float64Type, Int32Type, Int64Type};
use datafusion::arrow::record_batch::RecordBatch;
use huntql_engine::value::format_decimal;
use huntql_kql::time::{format_datetime, format_timespan};
use huntql_kql::types::{Column, Type};
use std::fmt::Write as _;
use std::io;

/// The columns of a batch, ready to be read row by row.
pub struct Cells {
    columns: Vec<Cell>,
    pub rows: usize,
}

/// A value as it is kept: ticks for times.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Raw {
    Null,
    Bool(bool),
    Long(i64),
    Real(f64),
    Datetime(i64),
    Timespan(i64),
    /// Everything else: it has a text.
    Text,
}

enum Cell {
    Bool(BooleanArray),
    Int(Int32Array),
    Long(Int64Array),
    Real(Float64Array),
    Decimal(Decimal128Array),
    Text(StringArray),
    Guid(StringArray),
    Dynamic(StringArray),
    Datetime(Int64Array),
    Timespan(Int64Array),
}

impl Cells {
    /// # Errors
    /// When the batch does not have the columns that were announced.
    pub fn of(batch: &RecordBatch, columns: &[Column]) -> io::Result<Cells> {
        if batch.num_columns() != columns.len() {
            return Err(io::Error::other(format!(
                "a batch of {} columns where {} were announced",
                batch.num_columns(),
                columns.len()
            )));
        }
        let columns = columns
            .iter()
            .zip(batch.columns())
            .map(|(column, array)| Cell::of(array, column))
            .collect::<io::Result<_>>()?;
        Ok(Cells {
            columns,
            rows: batch.num_rows(),
        })
    }

    pub fn width(&self) -> usize {
        self.columns.len()
    }

    pub fn is_null(&self, row: usize, column: usize) -> bool {
        self.columns[column].array().is_null(row)
    }

    /// Appends the value as text; nothing for a null.
    pub fn text(&self, row: usize, column: usize, out: &mut String) {
        if !self.is_null(row, column) {
            self.columns[column].text(row, out);
        }
    }

    /// The value as it is kept.
    pub fn raw(&self, row: usize, column: usize) -> Raw {
        if self.is_null(row, column) {
            return Raw::Null;
        }
        match &self.columns[column] {
            Cell::Bool(array) => Raw::Bool(array.value(row)),
            Cell::Int(array) => Raw::Long(i64::from(array.value(row))),
            Cell::Long(array) => Raw::Long(array.value(row)),
            Cell::Real(array) => Raw::Real(array.value(row)),
            Cell::Datetime(array) => Raw::Datetime(array.value(row)),
            Cell::Timespan(array) => Raw::Timespan(array.value(row)),
            Cell::Decimal(_) | Cell::Text(_) | Cell::Guid(_) | Cell::Dynamic(_) => Raw::Text,
        }
    }

    /// Appends the value as JSON.
    pub fn json(&self, row: usize, column: usize, out: &mut Vec<u8>) {
        match &self.columns[column] {
            Cell::Text(array) if array.is_null(row) => out.extend_from_slice(b"\"\""),
            cell if cell.array().is_null(row) => out.extend_from_slice(b"null"),
            cell => cell.json(row, out),
        }
    }
}

impl Cell {
    fn of(array: &ArrayRef, column: &Column) -> io::Result<Cell> {
        let wanted = huntql_store::arrow_type(column.ty);
        let array = if *array.data_type() == wanted {
            array.clone()
        } else {
            cast(array, &wanted).map_err(|_| {
                io::Error::other(format!(
                    "column `{}` is {} and came as {}",
                    column.name,
                    column.ty,
                    array.data_type()
                ))
            })?
        };
        Ok(match column.ty {
            Type::Bool => Cell::Bool(array.as_boolean().clone()),
            Type::Int => Cell::Int(array.as_primitive::<Int32Type>().clone()),
            Type::Long => Cell::Long(array.as_primitive::<Int64Type>().clone()),
            Type::Real => Cell::Real(array.as_primitive::<Float64Type>().clone()),
            Type::Decimal => Cell::Decimal(array.as_primitive::<Decimal128Type>().clone()),
            Type::String => Cell::Text(array.as_string::<i32>().clone()),
            Type::Guid => Cell::Guid(array.as_string::<i32>().clone()),
            Type::Dynamic => Cell::Dynamic(array.as_string::<i32>().clone()),
            Type::Datetime => Cell::Datetime(array.as_primitive::<Int64Type>().clone()),
            Type::Timespan => Cell::Timespan(array.as_primitive::<Int64Type>().clone()),
        })
    }

    fn array(&self) -> &dyn Array {
        match self {
            Cell::Bool(array) => array,
            Cell::Int(array) => array,
            Cell::Real(array) => array,
            Cell::Decimal(array) => array,
            Cell::Long(array) | Cell::Datetime(array) | Cell::Timespan(array) => array,
            Cell::Text(array) | Cell::Guid(array) | Cell::Dynamic(array) => array,
        }
    }

    fn text(&self, row: usize, out: &mut String) {
        match self {
            Cell::Bool(array) => out.push_str(if array.value(row) { "true" } else { "false" }),
            Cell::Int(array) => write!(out, "{}", array.value(row)).expect("a string takes all"),
            Cell::Long(array) => write!(out, "{}", array.value(row)).expect("a string takes all"),
            Cell::Real(array) => real_text(array.value(row), out),
            Cell::Decimal(array) => out.push_str(&format_decimal(array.value(row))),
            Cell::Text(array) | Cell::Guid(array) => out.push_str(array.value(row)),
            Cell::Dynamic(array) => dynamic_text(array.value(row), out),
            Cell::Datetime(array) => out.push_str(&format_datetime(array.value(row))),
            Cell::Timespan(array) => out.push_str(&format_timespan(array.value(row))),
        }
    }

    fn json(&self, row: usize, out: &mut Vec<u8>) {
        match self {
            Cell::Real(array) if array.value(row).is_finite() => {
                // `{:?}` keeps the `.0` of a whole number and uses an exponent where the digits would run away.
                out.extend_from_slice(format!("{:?}", array.value(row)).as_bytes());
            }
            Cell::Bool(_) | Cell::Int(_) | Cell::Long(_) => {
                let mut text = String::new();
                self.text(row, &mut text);
                out.extend_from_slice(text.as_bytes());
            }
            Cell::Dynamic(array) => dynamic_json(array.value(row), out),
            Cell::Text(array) | Cell::Guid(array) => json_string(array.value(row), out),
            Cell::Real(_) | Cell::Decimal(_) | Cell::Datetime(_) | Cell::Timespan(_) => {
                let mut text = String::new();
                self.text(row, &mut text);
                json_string(&text, out);
            }
        }
    }
}

/// A real as .NET's round-trip form writes it: `1`, `0.1`, `1E+15`, `NaN`, `Infinity`.
fn real_text(value: f64, out: &mut String) {
    let magnitude = value.abs();
    if value.is_nan() {
        out.push_str("NaN");
    } else if value.is_infinite() {
        out.push_str(if value > 0.0 { "Infinity" } else { "-Infinity" });
    } else if magnitude != 0.0 && !(1e-5..1e15).contains(&magnitude) {
        let text = format!("{value:E}");
        let (digits, exponent) = text.split_once('E').unwrap_or((&text, "0"));
        let exponent: i32 = exponent.parse().unwrap_or_default();
        write!(
            out,
            "{digits}E{}{:02}",
            if exponent < 0 { '-' } else { '+' },
            exponent.abs()
        )
        .expect("a string takes all");
    } else {
        write!(out, "{value}").expect("a string takes all");
    }
}

/// A dynamic string shows without its quotes; everything else as its JSON.
fn dynamic_text(json: &str, out: &mut String) {
    if json.starts_with('"')
        && let Ok(text) = serde_json::from_str::<String>(json)
    {
        out.push_str(&text);
    } else {
        out.push_str(json);
    }
}

/// A dynamic value is JSON text already; text that is none is kept as a string rather than breaking the document.
fn dynamic_json(json: &str, out: &mut Vec<u8>) {
    match serde_json::from_str::<&serde_json::value::RawValue>(json) {
        Ok(_) => out.extend_from_slice(json.as_bytes()),
        Err(_) => json_string(json, out),
    }
}

/// Appends a JSON string.
pub fn json_string(text: &str, out: &mut Vec<u8>) {
    serde_json::to_writer(out, text).expect("a vector takes all");
}

/// Appends `text` so that it stays on its line and cannot steer a terminal: control characters become `\n`, `\t`, `\u{1b}` ….
pub fn escape_controls(text: &str, out: &mut String) {
    for character in text.chars() {
        match character {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // Bidirectional overrides reorder what is read.
            control
                if control.is_control()
                    || matches!(control, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') =>
            {
                write!(out, "\\u{{{:x}}}", u32::from(control)).expect("a string takes all");
            }
            plain => out.push(plain),
        }
    }
}

/// Numbers stand at the right of their column.
pub fn is_right_aligned(ty: Type) -> bool {
    ty.is_numeric() || ty == Type::Timespan
}
