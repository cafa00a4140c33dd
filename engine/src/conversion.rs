//! Conversions between KQL types: which happen by themselves, and how a column is converted.

mod dynamic;
mod text;

pub use text::{bool_of, format_bool, guid_of, long_of, real_of};

use crate::json::{format_real, quote};
use crate::kernel;
use crate::kernel::{Args, Json, Kernel, KernelResult};
use crate::value::{DECIMAL_SCALE, format_decimal, parse_decimal};
use datafusion::arrow::array::{Array, ArrayRef, StringArray, new_null_array};
use huntql_kql::time::{
    MAX_DATETIME, format_datetime, format_timespan, parse_datetime, parse_timespan,
};
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
        if to == Type::String {
            return Ok(Arc::new(StringArray::from(vec![""; array.len()])));
        }
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
///
/// A `string` becomes a `dynamic` as a JSON string; reading it as JSON is `parse_json`, a function of its own.
const CONVERSIONS: &[(Type, Type, Kernel)] = &[
    (
        Type::Bool,
        Type::Int,
        kernel!(|value: bool| i32::from(value)),
    ),
    (
        Type::Bool,
        Type::Long,
        kernel!(|value: bool| i64::from(value)),
    ),
    (
        Type::Bool,
        Type::Real,
        kernel!(|value: bool| f64::from(u8::from(value))),
    ),
    (
        Type::Bool,
        Type::Decimal,
        kernel!(|value: bool| decimal(i64::from(value))),
    ),
    (
        Type::Bool,
        Type::String,
        kernel!(|value: Option<bool>| value.map_or("", format_bool)),
    ),
    (
        Type::Bool,
        Type::Dynamic,
        kernel!(|value: bool| if value { "true" } else { "false" }),
    ),
    (Type::Int, Type::Bool, kernel!(|value: i32| value != 0)),
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
        Type::Decimal,
        kernel!(|value: i32| decimal(i64::from(value))),
    ),
    (
        Type::Int,
        Type::String,
        kernel!(|value: Option<i32>| value.map(|value| value.to_string()).unwrap_or_default()),
    ),
    (
        Type::Int,
        Type::Datetime,
        kernel!(|value: i32| datetime_of_ticks(i64::from(value))),
    ),
    (
        Type::Int,
        Type::Timespan,
        kernel!(|value: i32| i64::from(value)),
    ),
    (
        Type::Int,
        Type::Dynamic,
        kernel!(|value: i32| value.to_string()),
    ),
    (Type::Long, Type::Bool, kernel!(|value: i64| value != 0)),
    (
        Type::Long,
        Type::Int,
        kernel!(|value: i64| i32::try_from(value).ok()),
    ),
    (Type::Long, Type::Real, kernel!(|value: i64| value as f64)),
    (
        Type::Long,
        Type::Decimal,
        kernel!(|value: i64| decimal(value)),
    ),
    (
        Type::Long,
        Type::String,
        kernel!(|value: Option<i64>| value.map(|value| value.to_string()).unwrap_or_default()),
    ),
    (
        Type::Long,
        Type::Datetime,
        kernel!(|value: i64| datetime_of_ticks(value)),
    ),
    (Type::Long, Type::Timespan, kernel!(|value: i64| value)),
    (
        Type::Long,
        Type::Dynamic,
        kernel!(|value: i64| value.to_string()),
    ),
    (Type::Real, Type::Bool, kernel!(|value: f64| value != 0.0)),
    (
        Type::Real,
        Type::Int,
        kernel!(|value: f64| truncated(value).and_then(|value| i32::try_from(value).ok())),
    ),
    (
        Type::Real,
        Type::Long,
        kernel!(|value: f64| truncated(value)),
    ),
    (
        Type::Real,
        Type::Decimal,
        kernel!(|value: f64| decimal_of_real(value)),
    ),
    (
        Type::Real,
        Type::String,
        kernel!(|value: Option<f64>| value.map(format_real).unwrap_or_default()),
    ),
    (
        Type::Real,
        Type::Dynamic,
        kernel!(|value: f64| dynamic_of_real(value)),
    ),
    (Type::Decimal, Type::Bool, kernel!(|value: i128| value != 0)),
    (
        Type::Decimal,
        Type::Int,
        kernel!(|value: i128| i32::try_from(whole(value)).ok()),
    ),
    (
        Type::Decimal,
        Type::Long,
        kernel!(|value: i128| i64::try_from(whole(value)).ok()),
    ),
    (
        Type::Decimal,
        Type::Real,
        kernel!(|value: i128| real_of_decimal(value)),
    ),
    (
        Type::Decimal,
        Type::String,
        kernel!(|value: Option<i128>| value.map(format_decimal).unwrap_or_default()),
    ),
    (
        Type::Decimal,
        Type::Dynamic,
        kernel!(|value: i128| format_decimal(value)),
    ),
    (
        Type::String,
        Type::Bool,
        kernel!(|text: &str| bool_of(text)),
    ),
    (
        Type::String,
        Type::Int,
        kernel!(|text: &str| long_of(text).and_then(|value| i32::try_from(value).ok())),
    ),
    (
        Type::String,
        Type::Long,
        kernel!(|text: &str| long_of(text)),
    ),
    (
        Type::String,
        Type::Real,
        kernel!(|text: &str| real_of(text)),
    ),
    (
        Type::String,
        Type::Decimal,
        kernel!(|text: &str| parse_decimal(text)),
    ),
    (
        Type::String,
        Type::Datetime,
        kernel!(|text: &str| parse_datetime(text)),
    ),
    (
        Type::String,
        Type::Timespan,
        kernel!(|text: &str| parse_timespan(text)),
    ),
    (
        Type::String,
        Type::Guid,
        kernel!(|text: &str| guid_of(text)),
    ),
    (
        Type::String,
        Type::Dynamic,
        kernel!(|text: &str| quote(text)),
    ),
    (Type::Datetime, Type::Long, kernel!(|ticks: i64| ticks)),
    (
        Type::Datetime,
        Type::Real,
        kernel!(|ticks: i64| ticks as f64),
    ),
    (
        Type::Datetime,
        Type::String,
        kernel!(|ticks: Option<i64>| ticks.map(format_datetime).unwrap_or_default()),
    ),
    (
        Type::Datetime,
        Type::Dynamic,
        kernel!(|ticks: i64| quote(&format_datetime(ticks))),
    ),
    (
        Type::Timespan,
        Type::Int,
        kernel!(|ticks: i64| i32::try_from(ticks).ok()),
    ),
    (Type::Timespan, Type::Long, kernel!(|ticks: i64| ticks)),
    (
        Type::Timespan,
        Type::Real,
        kernel!(|ticks: i64| ticks as f64),
    ),
    (
        Type::Timespan,
        Type::String,
        kernel!(|ticks: Option<i64>| ticks.map(format_timespan).unwrap_or_default()),
    ),
    (
        Type::Timespan,
        Type::Dynamic,
        kernel!(|ticks: i64| quote(&format_timespan(ticks))),
    ),
    (Type::Guid, Type::String, |args| {
        Ok(Arc::clone(args.column(0)))
    }),
    (Type::Guid, Type::Dynamic, |args| {
        args.map1(|guid: Json| quote(guid.0))
    }),
    (Type::Dynamic, Type::Bool, dynamic::to_bool),
    (Type::Dynamic, Type::Int, dynamic::to_int),
    (Type::Dynamic, Type::Long, dynamic::to_long),
    (Type::Dynamic, Type::Real, dynamic::to_real),
    (Type::Dynamic, Type::Decimal, dynamic::to_decimal),
    (Type::Dynamic, Type::String, dynamic::to_string),
    (Type::Dynamic, Type::Datetime, dynamic::to_datetime),
    (Type::Dynamic, Type::Timespan, dynamic::to_timespan),
    (Type::Dynamic, Type::Guid, dynamic::to_guid),
];

/// One, as the engine's scaled integer.
pub const DECIMAL_ONE: i128 = 10_i128.pow(DECIMAL_SCALE.unsigned_abs() as u32);

/// A long as a scaled decimal.
pub fn decimal(value: i64) -> i128 {
    i128::from(value) * DECIMAL_ONE
}

/// The integer part of a scaled decimal.
fn whole(value: i128) -> i128 {
    value / DECIMAL_ONE
}

/// The real nearest to a scaled decimal.
pub fn real_of_decimal(value: i128) -> f64 {
    format_decimal(value).parse().unwrap_or(f64::NAN)
}

/// A real by its 17 significant digits: `2.2` becomes 2.2000000000000002, as Kusto's own conversion shows
/// (microsoft/Kusto-Query-Language issue 172). `None` for what is not finite or does not fit.
pub fn decimal_of_real(value: f64) -> Option<i128> {
    if !value.is_finite() {
        return None;
    }
    parse_decimal(&format!("{value:.16e}"))
}

/// A real without its fraction; `None` when a long cannot hold it.
pub fn truncated(value: f64) -> Option<i64> {
    // 2^63 itself does not fit, -2^63 does.
    (value >= i64::MIN as f64 && value < i64::MAX as f64).then_some(value as i64)
}

/// A real as JSON: the values that JSON does not have become strings.
pub fn dynamic_of_real(value: f64) -> String {
    let text = format_real(value);
    if value.is_finite() {
        text
    } else {
        quote(&text)
    }
}

fn datetime_of_ticks(ticks: i64) -> Option<i64> {
    (0..=MAX_DATETIME).contains(&ticks).then_some(ticks)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::value::{from_arrow, to_arrow};
    use huntql_kql::types::Value;

    fn converted(value: Value, to: Type) -> Value {
        let array = to_arrow(&value).to_array().unwrap();
        from_arrow(&convert(&array, value.ty(), to).unwrap(), 0, to)
    }

    fn text(value: Value) -> String {
        match converted(value, Type::String) {
            Value::String(text) => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_type_has_its_text() {
        assert_eq!(text(Value::Bool(Some(true))), "True");
        assert_eq!(text(Value::Int(Some(-3))), "-3");
        assert_eq!(text(Value::Real(Some(1.5))), "1.5");
        assert_eq!(
            text(Value::Datetime(Some(0))),
            "0001-01-01T00:00:00.0000000Z"
        );
        assert_eq!(text(Value::Timespan(Some(-1))), "-00:00:00.0000001");
        assert_eq!(text(Value::Dynamic(Some(r#""a\"b""#.into()))), "a\"b");
        assert_eq!(text(Value::Dynamic(Some("[1,2]".into()))), "[1,2]");
        assert_eq!(text(Value::Decimal(Some("2.50".into()))), "2.5");
    }

    #[test]
    fn the_text_of_every_null_is_empty() {
        for ty in Type::ALL {
            assert_eq!(text(Value::null(ty)), "", "{ty}");
        }
    }

    #[test]
    fn a_null_converts_to_a_null() {
        for from in Type::ALL {
            for to in Type::ALL.into_iter().filter(|to| *to != Type::String) {
                let wanted = match (from, to) {
                    (Type::String, Type::Dynamic) => Value::Dynamic(Some("\"\"".into())),
                    _ => Value::null(to),
                };
                assert_eq!(converted(Value::null(from), to), wanted, "{from} to {to}");
            }
        }
    }

    #[test]
    fn reals_are_cut_and_not_rounded() {
        assert_eq!(
            converted(Value::Real(Some(123.9)), Type::Long),
            Value::Long(Some(123))
        );
        assert_eq!(
            converted(Value::Real(Some(-123.9)), Type::Int),
            Value::Int(Some(-123))
        );
        assert_eq!(
            converted(Value::Real(Some(1e19)), Type::Long),
            Value::Long(None)
        );
        assert_eq!(
            converted(Value::Real(Some(f64::NAN)), Type::Long),
            Value::Long(None)
        );
    }

    #[test]
    fn dynamic_values_convert_by_what_they_hold() {
        let dynamic = |json: &str| Value::Dynamic(Some(json.into()));
        assert_eq!(converted(dynamic("12"), Type::Int), Value::Int(Some(12)));
        assert_eq!(
            converted(dynamic("12.9"), Type::Long),
            Value::Long(Some(12))
        );
        assert_eq!(
            converted(dynamic("\"12\""), Type::Long),
            Value::Long(Some(12))
        );
        assert_eq!(converted(dynamic("true"), Type::Long), Value::Long(Some(1)));
        assert_eq!(converted(dynamic("[1]"), Type::Long), Value::Long(None));
        assert_eq!(converted(dynamic("1"), Type::Bool), Value::Bool(Some(true)));
        assert_eq!(
            converted(dynamic("\"1d\""), Type::Timespan),
            Value::Timespan(parse_timespan("1d"))
        );
        assert_eq!(
            converted(dynamic("\"2020-01-01\""), Type::Datetime),
            Value::Datetime(parse_datetime("2020-01-01"))
        );
    }

    #[test]
    fn a_real_becomes_the_decimal_of_its_seventeen_digits() {
        assert_eq!(
            converted(Value::Real(Some(2.2)), Type::Decimal),
            Value::Decimal(Some("2.2000000000000002".into()))
        );
        assert_eq!(
            converted(Value::Real(Some(1.2)), Type::Decimal),
            Value::Decimal(Some("1.2".into()))
        );
    }
}
