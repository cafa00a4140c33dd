//! From `dynamic` to the other types, by what the value holds: a JSON string is read as the string is, arrays and bags give null.

use super::{bool_of, guid_of, long_of, real_of, truncated};
use crate::json::{Kind, Number, kind, number, unquote};
use crate::kernel::{Args, Json, KernelResult};
use crate::value::parse_decimal;
use huntql_kql::time::{MAX_DATETIME, parse_datetime, parse_timespan};
use std::borrow::Cow;

pub(super) fn to_bool(args: &Args<'_>) -> KernelResult {
    args.map1(|Json(json)| match kind(json) {
        Kind::Bool => Some(json == "true"),
        Kind::Number => number(json).map(|number| number.as_real() != 0.0),
        Kind::Text => bool_of(&unquote(json)),
        Kind::Null | Kind::Array | Kind::Bag => None,
    })
}

pub(super) fn to_int(args: &Args<'_>) -> KernelResult {
    args.map1(|Json(json)| long(json).and_then(|value| i32::try_from(value).ok()))
}

pub(super) fn to_long(args: &Args<'_>) -> KernelResult {
    args.map1(|Json(json)| long(json))
}

/// The long of a JSON number (cut), boolean (1 and 0) or string.
fn long(json: &str) -> Option<i64> {
    match kind(json) {
        Kind::Bool => Some(i64::from(json == "true")),
        Kind::Number => match number(json)? {
            Number::Long(value) => Some(value),
            Number::Real(value) => truncated(value),
        },
        Kind::Text => long_of(&unquote(json)),
        Kind::Null | Kind::Array | Kind::Bag => None,
    }
}

pub(super) fn to_real(args: &Args<'_>) -> KernelResult {
    args.map1(|Json(json)| match kind(json) {
        Kind::Bool => Some(f64::from(u8::from(json == "true"))),
        Kind::Number => number(json).map(Number::as_real),
        Kind::Text => real_of(&unquote(json)),
        Kind::Null | Kind::Array | Kind::Bag => None,
    })
}

pub(super) fn to_decimal(args: &Args<'_>) -> KernelResult {
    args.map1(|Json(json)| match kind(json) {
        Kind::Bool => Some(super::decimal(i64::from(json == "true"))),
        Kind::Number => parse_decimal(json),
        Kind::Text => parse_decimal(&unquote(json)),
        Kind::Null | Kind::Array | Kind::Bag => None,
    })
}

pub(super) fn to_string(args: &Args<'_>) -> KernelResult {
    args.map1(plain_text)
}

/// A JSON string without its quotes, all else as the JSON text that it is, `""` for null.
fn plain_text(json: Option<Json<'_>>) -> Cow<'_, str> {
    json.map_or(Cow::Borrowed(""), |Json(json)| unquote(json))
}

pub(super) fn to_datetime(args: &Args<'_>) -> KernelResult {
    args.map1(|Json(json)| match kind(json) {
        Kind::Text => parse_datetime(&unquote(json)),
        Kind::Number => match number(json)? {
            Number::Long(ticks) => (0..=MAX_DATETIME).contains(&ticks).then_some(ticks),
            Number::Real(_) => None,
        },
        Kind::Null | Kind::Bool | Kind::Array | Kind::Bag => None,
    })
}

pub(super) fn to_timespan(args: &Args<'_>) -> KernelResult {
    args.map1(|Json(json)| match kind(json) {
        Kind::Text => parse_timespan(&unquote(json)),
        Kind::Number => match number(json)? {
            Number::Long(ticks) => Some(ticks),
            Number::Real(_) => None,
        },
        Kind::Null | Kind::Bool | Kind::Array | Kind::Bag => None,
    })
}

pub(super) fn to_guid(args: &Args<'_>) -> KernelResult {
    args.map1(|Json(json)| match kind(json) {
        Kind::Text => guid_of(&unquote(json)),
        Kind::Null | Kind::Bool | Kind::Number | Kind::Array | Kind::Bag => None,
    })
}
