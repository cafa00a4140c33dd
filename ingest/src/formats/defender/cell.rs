//! One value of an export into one cell, by the column's type.

use crate::table::ColumnBuffer;
use crate::text::push_compact_json;
use crate::time;
use huntql_kql::types::Type;

/// Whether the value was what the column takes. `Misfit` leaves a null behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    Fits,
    Misfit,
}

fn fit(fits: bool) -> Fit {
    if fits { Fit::Fits } else { Fit::Misfit }
}

/// Puts text into a cell. Empty text and `-` are nulls for all but strings.
pub(super) fn put_text(
    cell: &mut ColumnBuffer,
    text: &str,
    instant: impl Fn(&str) -> Option<i64>,
) -> Fit {
    match cell.ty() {
        Type::String => {
            cell.push_text(text);
            return Fit::Fits;
        }
        _ if text.is_empty() || text == "-" => {
            cell.push_null();
            return Fit::Fits;
        }
        Type::Datetime => return put_option(cell, instant(text)),
        Type::Guid => cell.push_text(&text.to_ascii_lowercase()),
        Type::Dynamic => put_dynamic(cell, text),
        Type::Bool => return put_bool(cell, text),
        Type::Int | Type::Long => return put_integer(cell, text),
        Type::Real => match text.parse() {
            Ok(value) => cell.push_f64(value),
            Err(_) => return misfit(cell),
        },
        // No table that is exported has one of these.
        Type::Decimal | Type::Timespan => return misfit(cell),
    }
    Fit::Fits
}

/// Puts a JSON value that is neither text nor null, by its raw JSON.
pub(super) fn put_json(cell: &mut ColumnBuffer, raw: &str) -> Fit {
    match cell.ty() {
        Type::String | Type::Dynamic => cell.write_text(|text| match raw.starts_with(['{', '[']) {
            true => push_compact_json(text, raw),
            false => text.push_str(raw),
        }),
        Type::Bool => return put_bool(cell, raw),
        Type::Int | Type::Long => return put_integer(cell, raw),
        Type::Real => match raw.parse() {
            Ok(value) => cell.push_f64(value),
            Err(_) => return misfit(cell),
        },
        Type::Datetime | Type::Timespan | Type::Guid | Type::Decimal => return misfit(cell),
    }
    Fit::Fits
}

fn put_integer(cell: &mut ColumnBuffer, text: &str) -> Fit {
    match text.parse::<i64>() {
        Ok(value) => fit(cell.push_i64(value)),
        // Some exporters write whole numbers as doubles.
        Err(_) => match text.parse::<f64>() {
            Ok(value) if value.fract() == 0.0 && value.abs() < 9e15 => {
                fit(cell.push_i64(value as i64))
            }
            _ => misfit(cell),
        },
    }
}

/// `true`, `1` (the API's SByte) and their likes.
fn put_bool(cell: &mut ColumnBuffer, text: &str) -> Fit {
    const WORDS: &[(&str, bool)] = &[("true", true), ("false", false), ("1", true), ("0", false)];
    match WORDS
        .iter()
        .find(|(word, _)| word.eq_ignore_ascii_case(text))
    {
        Some((_, value)) => cell.push_bool(*value),
        None => return misfit(cell),
    }
    Fit::Fits
}

/// A dynamic that comes as text: JSON text as the JSON it is, anything else as a JSON string.
fn put_dynamic(cell: &mut ColumnBuffer, text: &str) {
    let is_json =
        text.starts_with(['{', '[']) && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
    cell.write_text(|out| {
        if is_json {
            push_compact_json(out, text);
        } else {
            out.push('"');
            crate::text::push_json_escaped(out, text);
            out.push('"');
        }
    });
}

fn put_option(cell: &mut ColumnBuffer, value: Option<i64>) -> Fit {
    match value {
        Some(value) => fit(cell.push_i64(value)),
        None => misfit(cell),
    }
}

fn misfit(cell: &mut ColumnBuffer) -> Fit {
    cell.push_null();
    Fit::Misfit
}

/// A point in time as streaming and the API write it. They write UTC; where the `Z` is missing it is meant.
pub(super) fn utc_instant(text: &str) -> Option<i64> {
    time::iso_instant(text).or_else(|| {
        time::iso_local(text.as_bytes())
            .filter(|(_, zone)| zone.is_empty())
            .map(|(tick, _)| tick)
    })
}
