//! One value of any type: read from a column, ordered as KQL orders, kept, and written back.

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Decimal128Array, Float64Array, Int32Array, Int64Array,
    StringArray,
};
use datafusion::arrow::datatypes::{DataType, Decimal128Type, Float64Type, Int32Type, Int64Type};
use datafusion::common::Result;
use huntql_kql::types::Type;
use huntql_store::schema::arrow_type;
use std::cmp::Ordering;
use std::sync::Arc;

/// A reader of a column of engine type.
#[derive(Debug)]
pub(crate) enum Cells<'a> {
    Bool(&'a BooleanArray),
    Int(&'a Int32Array),
    Long(&'a Int64Array),
    Real(&'a Float64Array),
    Decimal(&'a Decimal128Array),
    /// `string`: an Arrow null reads as `""`.
    String(&'a StringArray),
    /// `guid` and `dynamic`.
    Text(&'a StringArray),
}

/// A value as it stands in a column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Cell<'a> {
    Null,
    Bool(bool),
    Long(i64),
    Real(f64),
    Decimal(i128),
    Text(&'a str),
}

/// A value that is kept.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) enum Slot {
    #[default]
    Null,
    Bool(bool),
    Long(i64),
    Real(f64),
    Decimal(i128),
    Text(Box<str>),
}

impl<'a> Cells<'a> {
    /// # Panics
    /// When the column does not have the Arrow type of `ty`.
    pub(crate) fn new(column: &'a ArrayRef, ty: Type) -> Cells<'a> {
        match ty {
            Type::Bool => Cells::Bool(column.as_boolean()),
            Type::Int => Cells::Int(column.as_primitive::<Int32Type>()),
            Type::Long | Type::Datetime | Type::Timespan => {
                Cells::Long(column.as_primitive::<Int64Type>())
            }
            Type::Real => Cells::Real(column.as_primitive::<Float64Type>()),
            Type::Decimal => Cells::Decimal(column.as_primitive::<Decimal128Type>()),
            Type::String => Cells::String(column.as_string::<i32>()),
            Type::Guid | Type::Dynamic => Cells::Text(column.as_string::<i32>()),
        }
    }

    pub(crate) fn get(&self, row: usize) -> Cell<'a> {
        match self {
            Cells::Bool(array) if array.is_valid(row) => Cell::Bool(array.value(row)),
            Cells::Int(array) if array.is_valid(row) => Cell::Long(i64::from(array.value(row))),
            Cells::Long(array) if array.is_valid(row) => Cell::Long(array.value(row)),
            Cells::Real(array) if array.is_valid(row) => Cell::Real(array.value(row)),
            Cells::Decimal(array) if array.is_valid(row) => Cell::Decimal(array.value(row)),
            Cells::String(array) | Cells::Text(array) if array.is_valid(row) => {
                Cell::Text(array.value(row))
            }
            Cells::String(_) => Cell::Text(""),
            Cells::Bool(_)
            | Cells::Int(_)
            | Cells::Long(_)
            | Cells::Real(_)
            | Cells::Decimal(_)
            | Cells::Text(_) => Cell::Null,
        }
    }
}

impl Cell<'_> {
    pub(crate) fn keep(self) -> Slot {
        match self {
            Cell::Null => Slot::Null,
            Cell::Bool(value) => Slot::Bool(value),
            Cell::Long(value) => Slot::Long(value),
            Cell::Real(value) => Slot::Real(value),
            Cell::Decimal(value) => Slot::Decimal(value),
            Cell::Text(value) => Slot::Text(value.into()),
        }
    }

    /// Null, NaN: what no maximum and no minimum is.
    pub(crate) fn has_no_rank(self) -> bool {
        matches!(self, Cell::Null) || matches!(self, Cell::Real(value) if value.is_nan())
    }

    /// Null or the empty string.
    pub(crate) fn is_empty(self) -> bool {
        matches!(self, Cell::Null | Cell::Text(""))
    }

    /// Order within one type. Strings by their bytes; null is equal to itself alone and comes before all else.
    pub(crate) fn order(self, other: Cell<'_>) -> Ordering {
        match (self, other) {
            (Cell::Bool(a), Cell::Bool(b)) => a.cmp(&b),
            (Cell::Long(a), Cell::Long(b)) => a.cmp(&b),
            (Cell::Real(a), Cell::Real(b)) => a
                .partial_cmp(&b)
                .unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()).reverse()),
            (Cell::Decimal(a), Cell::Decimal(b)) => a.cmp(&b),
            (Cell::Text(a), Cell::Text(b)) => a.cmp(b),
            (a, b) => (a != Cell::Null).cmp(&(b != Cell::Null)),
        }
    }
}

impl Slot {
    pub(crate) fn cell(&self) -> Cell<'_> {
        match self {
            Slot::Null => Cell::Null,
            Slot::Bool(value) => Cell::Bool(*value),
            Slot::Long(value) => Cell::Long(*value),
            Slot::Real(value) => Cell::Real(*value),
            Slot::Decimal(value) => Cell::Decimal(*value),
            Slot::Text(value) => Cell::Text(value),
        }
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        if let Slot::Text(text) = self {
            text.len()
        } else {
            0
        }
    }
}

/// A column of type `ty` from kept values; a value of another type becomes null.
pub(crate) fn column<'a>(slots: impl Iterator<Item = &'a Slot>, ty: Type) -> Result<ArrayRef> {
    let long = |slot: &Slot| {
        if let Slot::Long(value) = slot {
            Some(*value)
        } else {
            None
        }
    };
    Ok(match ty {
        Type::Bool => {
            let bool = |slot: &Slot| {
                if let Slot::Bool(value) = slot {
                    Some(*value)
                } else {
                    None
                }
            };
            Arc::new(slots.map(bool).collect::<BooleanArray>())
        }
        Type::Int => {
            let int = |slot| long(slot).and_then(|value| i32::try_from(value).ok());
            Arc::new(slots.map(int).collect::<Int32Array>())
        }
        Type::Long | Type::Datetime | Type::Timespan => {
            Arc::new(slots.map(long).collect::<Int64Array>())
        }
        Type::Real => {
            let real = |slot: &Slot| {
                if let Slot::Real(value) = slot {
                    Some(*value)
                } else {
                    None
                }
            };
            Arc::new(slots.map(real).collect::<Float64Array>())
        }
        Type::Decimal => {
            let DataType::Decimal128(precision, scale) = arrow_type(Type::Decimal) else {
                unreachable!("a decimal is held in 128 bits")
            };
            let decimal = |slot: &Slot| {
                if let Slot::Decimal(value) = slot {
                    Some(*value)
                } else {
                    None
                }
            };
            Arc::new(
                slots
                    .map(decimal)
                    .collect::<Decimal128Array>()
                    .with_precision_and_scale(precision, scale)?,
            )
        }
        Type::String => {
            let text = |slot: &'a Slot| {
                if let Slot::Text(text) = slot {
                    Some(&**text)
                } else {
                    Some("")
                }
            };
            Arc::new(slots.map(text).collect::<StringArray>())
        }
        Type::Guid | Type::Dynamic => {
            let text = |slot: &'a Slot| {
                if let Slot::Text(text) = slot {
                    Some(&**text)
                } else {
                    None
                }
            };
            Arc::new(slots.map(text).collect::<StringArray>())
        }
    })
}
