//! Constants between KQL and Arrow.

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::datatypes::{Decimal128Type, Float64Type, Int32Type, Int64Type};
use datafusion::common::ScalarValue;
use huntql_kql::types::{Type, Value};

/// Digits behind the point of a `decimal` in the engine: 21 digits before, 17 behind. Kusto's floats; ours is fixed.
pub const DECIMAL_SCALE: i8 = 17;
pub const DECIMAL_PRECISION: u8 = 38;

/// The Arrow scalar of a constant, in the engine's types.
pub fn to_arrow(value: &Value) -> ScalarValue {
    match value {
        Value::Bool(value) => ScalarValue::Boolean(*value),
        Value::Int(value) => ScalarValue::Int32(*value),
        Value::Long(value) | Value::Datetime(value) | Value::Timespan(value) => {
            ScalarValue::Int64(*value)
        }
        Value::Real(value) => ScalarValue::Float64(*value),
        Value::Decimal(value) => ScalarValue::Decimal128(
            value.as_deref().and_then(parse_decimal),
            DECIMAL_PRECISION,
            DECIMAL_SCALE,
        ),
        Value::String(value) => ScalarValue::Utf8(Some(value.clone())),
        Value::Guid(value) | Value::Dynamic(value) => ScalarValue::Utf8(value.clone()),
    }
}

/// The constant at a row of a column of engine type `ty`.
///
/// # Panics
/// When the column does not have the Arrow type of `ty`.
pub fn from_arrow(array: &ArrayRef, row: usize, ty: Type) -> Value {
    if array.is_null(row) {
        return Value::null(ty);
    }
    let text = || array.as_string::<i32>().value(row).to_string();
    let long = || Some(array.as_primitive::<Int64Type>().value(row));
    match ty {
        Type::Bool => Value::Bool(Some(array.as_boolean().value(row))),
        Type::Int => Value::Int(Some(array.as_primitive::<Int32Type>().value(row))),
        Type::Long => Value::Long(long()),
        Type::Datetime => Value::Datetime(long()),
        Type::Timespan => Value::Timespan(long()),
        Type::Real => Value::Real(Some(array.as_primitive::<Float64Type>().value(row))),
        Type::Decimal => Value::Decimal(Some(format_decimal(
            array.as_primitive::<Decimal128Type>().value(row),
        ))),
        Type::String => Value::String(text()),
        Type::Guid => Value::Guid(Some(text())),
        Type::Dynamic => Value::Dynamic(Some(text())),
    }
}

/// Digits such as `-1.50` or `1.5e-3` to the engine's scaled integer; `None` when it is no number or does not fit. Digits past
/// the scale are cut.
pub fn parse_decimal(text: &str) -> Option<i128> {
    let text = text.trim();
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], text[at + 1..].parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (negative, digits) = match mantissa.as_bytes().first()? {
        b'-' => (true, &mantissa[1..]),
        b'+' => (false, &mantissa[1..]),
        _ => (false, mantissa),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.len() + fraction.len() == 0
        || !whole
            .bytes()
            .chain(fraction.bytes())
            .all(|b| b.is_ascii_digit())
    {
        return None;
    }
    let mut shift = i32::from(DECIMAL_SCALE) + exponent - i32::try_from(fraction.len()).ok()?;
    let mut value: i128 = 0;
    for digit in whole.bytes().chain(fraction.bytes()) {
        match value
            .checked_mul(10)
            .and_then(|value| value.checked_add(i128::from(digit - b'0')))
        {
            Some(next) => value = next,
            None => shift += 1,
        }
    }
    while shift > 0 {
        value = value.checked_mul(10)?;
        shift -= 1;
    }
    while shift < 0 && value != 0 {
        value /= 10;
        shift += 1;
    }
    (value < 10_i128.pow(38)).then_some(if negative { -value } else { value })
}

/// The engine's scaled integer as digits without trailing zeros.
pub fn format_decimal(value: i128) -> String {
    let scale = DECIMAL_SCALE.unsigned_abs() as usize;
    let digits = format!("{:0>width$}", value.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let fraction = fraction.trim_end_matches('0');
    let sign = if value < 0 { "-" } else { "" };
    if fraction.is_empty() {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{fraction}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_keeps_its_digits() {
        for (text, back) in [
            ("1.50", "1.5"),
            ("-0.001", "-0.001"),
            ("1e-3", "0.001"),
            ("12e2", "1200"),
            ("0", "0"),
        ] {
            assert_eq!(
                parse_decimal(text).map(format_decimal).as_deref(),
                Some(back),
                "{text}"
            );
        }
        assert_eq!(parse_decimal("abc"), None);
        assert_eq!(parse_decimal("1e40"), None);
    }
}
