//! Conversions between KQL types: which happen by themselves, and how a column is converted.

use crate::kernel;
use crate::kernel::{Args, Kernel, KernelResult};
use crate::value::parse_decimal;
use datafusion::arrow::array::{Array, ArrayRef, new_null_array};
use huntql_kql::types::Type;
use std::sync::Arc;

/// Whether an argument of type `from` is taken where `to` is wanted, without a conversion in the query.
///
/// Numbers widen int → long → real → decimal; a `dynamic` is taken everywhere and gives null where its value does not fit.
pub fn widens(from: Type, to: Type) -> bool {
    from == to || from == Type::Dynamic || (from.is_numeric() && to.is_numeric() && from < to)
}

/// The one type that all of `types` widen to; `None` when there is none.
///
/// A `dynamic` among others gives way to them.
pub fn common_type(types: impl Iterator<Item = Type>) -> Option<Type> {
    let mut common: Option<Type> = None;
    for ty in types {
        common = Some(match common {
            None => ty,
            Some(have) if have == ty || ty == Type::Dynamic => have,
            Some(Type::Dynamic) => ty,
            Some(have) if have.is_numeric() && ty.is_numeric() => have.max(ty),
            Some(_) => return None,
        });
    }
    common
}

/// Converts a column. Values that do not fit become null (`""` for a string).
///
/// # Errors
/// Only when the engine under us fails.
pub fn convert(array: &ArrayRef, from: Type, to: Type) -> KernelResult {
    if from == to {
        return Ok(Arc::clone(array));
    }
    let Some(kernel) = conversion(from, to) else {
        return Ok(new_null_array(
            &huntql_store::schema::arrow_type(to),
            array.len(),
        ));
    };
    let columns = [Arc::clone(array)];
    kernel(&Args::new(&columns, &[false], &[from], array.len()))
}

/// The kernel that converts `from` to `to`, as `tolong(x)` and its like do. `None` when no value of `from` has one of `to`.
pub fn conversion(from: Type, to: Type) -> Option<Kernel> {
    CONVERSIONS
        .iter()
        .find(|(f, t, _)| *f == from && *t == to)
        .map(|(.., kernel)| *kernel)
}

/// Every conversion that can succeed for some value: what `to<type>(x)` does (Kusto docs, "Scalar data types", and each `to…` page).
const CONVERSIONS: &[(Type, Type, Kernel)] = &[
    (
        Type::Int,
        Type::Long,
        kernel!(|value: i32| i64::from(value)),
    ),
    (
        Type::Int,
        Type::Real,
        kernel!(|value: i32| f64::from(value)),
    ),
    (
        Type::Int,
        Type::String,
        kernel!(|value: Option<i32>| value.map(|value| value.to_string()).unwrap_or_default()),
    ),
    (Type::Long, Type::Real, kernel!(|value: i64| value as f64)),
    (
        Type::Long,
        Type::Int,
        kernel!(|value: i64| i32::try_from(value).ok()),
    ),
    (
        Type::Long,
        Type::String,
        kernel!(|value: Option<i64>| value.map(|value| value.to_string()).unwrap_or_default()),
    ),
    (
        Type::Real,
        Type::Decimal,
        kernel!(|value: f64| parse_decimal(&format!("{value}"))),
    ),
    (
        Type::Bool,
        Type::Long,
        kernel!(|value: bool| i64::from(value)),
    ),
];
