//! Typed literals: `datetime(2024-01-01)`, `long(null)`, `guid(…)`, `real(+inf)` ….
//!
//! The bracket follows the type at once, and the text runs to the next closing bracket, as in Microsoft's own parser.
//! `datetime()` and `datetime(now)` are no literals: they need a clock, and are left to be calls.

use super::number::is_guid;
use super::{Scanner, is_white_space};
use crate::span::Span;
use crate::time;
use crate::types::{Type, Value};

/// Types with literals of this form; the others are names of functions.
const TYPED: &[(&str, Type)] = &[
    ("bool", Type::Bool),
    ("boolean", Type::Bool),
    ("int", Type::Int),
    ("int32", Type::Int),
    ("long", Type::Long),
    ("int64", Type::Long),
    ("real", Type::Real),
    ("double", Type::Real),
    ("decimal", Type::Decimal),
    ("datetime", Type::Datetime),
    ("date", Type::Datetime),
    ("timespan", Type::Timespan),
    ("time", Type::Timespan),
    ("guid", Type::Guid),
    ("uuid", Type::Guid),
    ("uniqueid", Type::Guid),
];

impl Scanner<'_> {
    /// The literal that `word` begins, if it does; the scanner stands behind the word.
    pub(super) fn typed_literal(&mut self, word: &str, start: usize) -> Option<Value> {
        if word == "dynamic" {
            return self.dynamic(start);
        }
        let (_, ty) = TYPED.iter().find(|(name, _)| *name == word)?;
        let rest = self.rest().strip_prefix('(')?;
        let length = rest.find([')', '\n', '\r'])?;
        let text = &rest[..length];
        if !rest[length..].starts_with(')') || text.trim().is_empty() || text.trim() == "now" {
            return None;
        }
        self.at += length + 2;
        let value = read_as(*ty, unquoted(text.trim_matches(is_white_space)));
        if value.is_none() {
            let span = Span::new(start, self.at);
            self.error(
                "KS004",
                span,
                format!("`{}` is not a value of type {ty}", span.text(self.text)),
            );
        }
        Some(value.unwrap_or_else(|| Value::null(*ty)))
    }
}

/// The text without quotes around it, if it has them.
fn unquoted(text: &str) -> &str {
    let inside = |quote| {
        text.strip_prefix(quote)
            .and_then(|rest| rest.strip_suffix(quote))
    };
    inside('"').or_else(|| inside('\'')).unwrap_or(text)
}

/// The value that `text` spells, `null` for its null; `None` when it spells none.
fn read_as(ty: Type, text: &str) -> Option<Value> {
    if text.eq_ignore_ascii_case("null") {
        return Some(Value::null(ty));
    }
    Some(match ty {
        Type::Bool => Value::Bool(Some(boolean(text)?)),
        Type::Int => Value::Int(Some(i32::try_from(integer(text)?).ok()?)),
        Type::Long => Value::Long(Some(integer(text)?)),
        Type::Real => Value::Real(Some(real(text)?)),
        Type::Decimal => Value::Decimal(Some(decimal(text)?)),
        Type::Datetime => Value::Datetime(Some(datetime(text)?)),
        Type::Timespan => Value::Timespan(Some(timespan(text)?)),
        Type::Guid => Value::Guid(Some(guid(text)?)),
        Type::String | Type::Dynamic => return None,
    })
}

fn boolean(text: &str) -> Option<bool> {
    const SPELLINGS: [(&str, bool); 4] =
        [("true", true), ("false", false), ("1", true), ("0", false)];
    SPELLINGS
        .iter()
        .find(|(spelling, _)| text.eq_ignore_ascii_case(spelling))
        .map(|(_, value)| *value)
}

fn integer(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    match digits
        .strip_prefix("0x")
        .or_else(|| digits.strip_prefix("0X"))
    {
        Some(hexadecimal) => {
            let value = u64::from_str_radix(hexadecimal, 16).ok()? as i64;
            Some(if text.starts_with('-') {
                value.checked_neg()?
            } else {
                value
            })
        }
        None => text.parse().ok(),
    }
}

fn real(text: &str) -> Option<f64> {
    const SPECIAL: [(&str, f64); 4] = [
        ("nan", f64::NAN),
        ("+inf", f64::INFINITY),
        ("inf", f64::INFINITY),
        ("-inf", f64::NEG_INFINITY),
    ];
    let special = SPECIAL
        .iter()
        .find(|(spelling, _)| text.eq_ignore_ascii_case(spelling));
    special.map_or_else(
        || is_decimal(text).then(|| text.parse().ok())?,
        |(_, value)| Some(*value),
    )
}

fn decimal(text: &str) -> Option<String> {
    is_decimal(text).then(|| text.to_owned())
}

/// `[-]1.5[e3]`
fn is_decimal(text: &str) -> bool {
    let plain = text
        .bytes()
        .all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-' | b'+' | b'e' | b'E'));
    plain && text.parse::<f64>().is_ok()
}

fn datetime(text: &str) -> Option<i64> {
    match text {
        "min" => Some(0),
        "max" => Some(time::MAX_DATETIME),
        _ => time::parse_datetime(text),
    }
}

fn timespan(text: &str) -> Option<i64> {
    match text {
        "min" => Some(i64::MIN),
        "max" => Some(i64::MAX),
        _ => time::parse_timespan(text),
    }
}

/// With hyphens, without, or in braces.
fn guid(text: &str) -> Option<String> {
    let bare = text
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'))
        .unwrap_or(text);
    let mut guid = bare.to_ascii_lowercase();
    if guid.len() == 32 && guid.is_ascii() {
        for at in [20, 16, 12, 8] {
            guid.insert(at, '-');
        }
    }
    is_guid(&guid).then_some(guid)
}
