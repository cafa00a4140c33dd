//! Arrow arrays as files hold them to the engine's types.

use crate::scan::json::json_texts;
use crate::schema::{DECIMAL_SCALE, arrow_type};
use crate::writer::disk::without_nulls;
use datafusion::arrow::array::{Array, ArrayRef, AsArray, Int64Array, StringArray, new_null_array};
use datafusion::arrow::compute::{CastOptions, cast, cast_with_options};
use datafusion::arrow::datatypes::{DataType, Int8Type, Int64Type, TimeUnit};
use datafusion::arrow::error::ArrowError;
use datafusion::error::Result;
use huntql_kql::time::{
    TICKS_PER_DAY, TICKS_PER_MICROSECOND, TICKS_PER_MILLISECOND, TICKS_PER_SECOND, UNIX_EPOCH,
    parse_datetime, parse_timespan,
};
use huntql_kql::types::Type;
use std::sync::Arc;

/// The KQL type that a column of a foreign file gets; `None` when there is none.
pub(crate) fn infer(ty: &DataType) -> Option<Type> {
    Some(match ty {
        DataType::Boolean => Type::Bool,
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::UInt8 | DataType::UInt16 => {
            Type::Int
        }
        DataType::Int64 | DataType::UInt32 | DataType::UInt64 => Type::Long,
        DataType::Float16 | DataType::Float32 | DataType::Float64 => Type::Real,
        // More decimals than the engine keeps would be rounded in silence.
        DataType::Decimal32(_, scale)
        | DataType::Decimal64(_, scale)
        | DataType::Decimal128(_, scale)
        | DataType::Decimal256(_, scale) => {
            return (*scale <= DECIMAL_SCALE).then_some(Type::Decimal);
        }
        DataType::Timestamp(..) | DataType::Date32 | DataType::Date64 => Type::Datetime,
        DataType::Duration(_) | DataType::Time32(_) | DataType::Time64(_) => Type::Timespan,
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null => Type::String,
        DataType::Binary
        | DataType::LargeBinary
        | DataType::BinaryView
        | DataType::FixedSizeBinary(_) => Type::String,
        DataType::Dictionary(_, values) => return infer(values),
        DataType::RunEndEncoded(_, values) => return infer(values.data_type()),
        nested if is_nested(nested) => Type::Dynamic,
        _ => return None,
    })
}

fn is_nested(ty: &DataType) -> bool {
    matches!(
        ty,
        DataType::List(_)
            | DataType::LargeList(_)
            | DataType::ListView(_)
            | DataType::FixedSizeList(..)
            | DataType::Struct(_)
            | DataType::Map(..)
    )
}

fn is_text(ty: &DataType) -> bool {
    matches!(
        ty,
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View
    )
}

/// Whether a column of the type `from` can be read as the declared type `to`.
pub(crate) fn can_convert(from: &DataType, to: Type) -> bool {
    let Some(natural) = infer(from) else {
        return false;
    };
    let number = |ty: Type| ty.is_numeric() || ty == Type::Bool;
    natural == to
        || *from == DataType::Null
        || matches!(to, Type::String | Type::Dynamic)
        || (number(natural) && number(to))
        || natural == Type::String
}

/// Converts a column of a file to the engine's array of `ty`.
///
/// Strings come out without nulls. Text that does not read as the declared type becomes null; a number that does not
/// fit is an error. A timestamp finer than 100 ns is cut.
pub(crate) fn to_engine(array: &ArrayRef, ty: Type) -> Result<ArrayRef> {
    let array = &match array.data_type() {
        DataType::Dictionary(_, values) => cast(array, values)?,
        DataType::RunEndEncoded(_, values) => cast(array, values.data_type())?,
        _ => Arc::clone(array),
    };
    if *array.data_type() == DataType::Null && ty != Type::String {
        return Ok(new_null_array(&arrow_type(ty), array.len()));
    }
    Ok(match ty {
        Type::String => without_nulls(&to_text(array)?),
        Type::Guid => Arc::new(
            to_text(array)?
                .as_string::<i32>()
                .iter()
                .map(guid)
                .collect::<StringArray>(),
        ),
        Type::Dynamic => json_texts(array)?,
        Type::Datetime => datetimes(array)?,
        Type::Timespan => timespans(array)?,
        Type::Bool | Type::Int | Type::Long | Type::Real | Type::Decimal => {
            let safe = is_text(array.data_type());
            cast_with_options(
                array,
                &arrow_type(ty),
                &CastOptions {
                    safe,
                    ..CastOptions::default()
                },
            )?
        }
    })
}

fn guid(text: Option<&str>) -> Option<String> {
    text.filter(|text| !text.is_empty()).map(str::to_lowercase)
}

fn to_text(array: &ArrayRef) -> Result<ArrayRef> {
    Ok(match array.data_type() {
        DataType::Utf8 => Arc::clone(array),
        DataType::Binary
        | DataType::LargeBinary
        | DataType::BinaryView
        | DataType::FixedSizeBinary(_) => {
            let bytes = cast(array, &DataType::LargeBinary)?;
            let texts = bytes
                .as_binary::<i64>()
                .iter()
                .map(|bytes| bytes.map(String::from_utf8_lossy));
            Arc::new(texts.collect::<StringArray>())
        }
        nested if is_nested(nested) => json_texts(array)?,
        _ => cast(array, &DataType::Utf8)?,
    })
}

/// Microseconds and seventh digits, as the store's files have them, to ticks.
pub(crate) fn join_ticks(micros: &ArrayRef, digits: &ArrayRef) -> Result<ArrayRef> {
    let micros = cast(micros, &DataType::Int64)?;
    let (micros, digits) = (
        micros.as_primitive::<Int64Type>(),
        digits.as_primitive::<Int8Type>(),
    );
    let ticks = micros.iter().enumerate().map(|(row, micros)| {
        let digit = if digits.is_valid(row) {
            digits.value(row)
        } else {
            0
        };
        micros.map(|micros| micros * TICKS_PER_MICROSECOND + UNIX_EPOCH + i64::from(digit))
    });
    Ok(Arc::new(ticks.collect::<Int64Array>()))
}

fn datetimes(array: &ArrayRef) -> Result<ArrayRef> {
    match array.data_type() {
        DataType::Timestamp(unit, _) => {
            let unit = *unit;
            let values = cast(array, &DataType::Int64)?;
            let ticks: Int64Array = values
                .as_primitive::<Int64Type>()
                .try_unary(|value| instant(value, unit))?;
            Ok(Arc::new(ticks))
        }
        DataType::Date32 | DataType::Date64 => {
            let days = cast(&cast(array, &DataType::Date32)?, &DataType::Int32)?;
            let days = cast(&days, &DataType::Int64)?;
            let ticks: Int64Array = days
                .as_primitive::<Int64Type>()
                .unary(|day| day * TICKS_PER_DAY + UNIX_EPOCH);
            Ok(Arc::new(ticks))
        }
        _ => {
            let texts = to_text(array)?;
            let ticks = texts
                .as_string::<i32>()
                .iter()
                .map(|text| text.and_then(parse_datetime));
            Ok(Arc::new(ticks.collect::<Int64Array>()))
        }
    }
}

fn instant(value: i64, unit: TimeUnit) -> std::result::Result<i64, ArrowError> {
    let ticks = match unit {
        TimeUnit::Nanosecond => Some(value.div_euclid(100)),
        TimeUnit::Microsecond => value.checked_mul(TICKS_PER_MICROSECOND),
        TimeUnit::Millisecond => value.checked_mul(TICKS_PER_MILLISECOND),
        TimeUnit::Second => value.checked_mul(TICKS_PER_SECOND),
    };
    let ticks = ticks.and_then(|ticks| ticks.checked_add(UNIX_EPOCH));
    ticks.ok_or_else(|| {
        ArrowError::ComputeError(format!(
            "the timestamp {value} lies outside the years 1 to 9999"
        ))
    })
}

fn timespans(array: &ArrayRef) -> Result<ArrayRef> {
    let unit = match array.data_type() {
        DataType::Duration(unit) | DataType::Time32(unit) | DataType::Time64(unit) => *unit,
        _ => {
            let texts = to_text(array)?;
            let ticks = texts
                .as_string::<i32>()
                .iter()
                .map(|text| text.and_then(parse_timespan));
            return Ok(Arc::new(ticks.collect::<Int64Array>()));
        }
    };
    let values = match array.data_type() {
        DataType::Time32(_) => cast(&cast(array, &DataType::Int32)?, &DataType::Int64)?,
        _ => cast(array, &DataType::Int64)?,
    };
    let ticks: Int64Array = values
        .as_primitive::<Int64Type>()
        .try_unary(|value| instant(value, unit).map(|ticks| ticks - UNIX_EPOCH))?;
    Ok(Arc::new(ticks))
}
