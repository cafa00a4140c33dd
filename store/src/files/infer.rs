//! The type of a column of text, from all of its values.
//!
//! Conservative: a type is taken only when every value that is not empty reads as it and would be written back the same
//! way (`007` is text, and so is a number too long for a `long`).

use huntql_kql::time::parse_datetime;
use huntql_kql::types::Type;

/// The types that a column can still be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidates {
    bool: bool,
    long: bool,
    real: bool,
    datetime: bool,
    any: bool,
}

impl Candidates {
    pub(super) fn new() -> Self {
        Self {
            bool: true,
            long: true,
            real: true,
            datetime: true,
            any: false,
        }
    }

    /// Takes a value into account; an empty one says nothing.
    pub(super) fn see(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        self.any = true;
        self.bool =
            self.bool && (text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false"));
        self.long = self.long && is_long(text);
        self.real = self.real && is_real(text);
        self.datetime = self.datetime && is_datetime(text);
    }

    /// The narrowest type that all values read as.
    pub(super) fn ty(self) -> Type {
        match self {
            Self { any: false, .. } => Type::String,
            Self { bool: true, .. } => Type::Bool,
            Self { long: true, .. } => Type::Long,
            Self { real: true, .. } => Type::Real,
            Self { datetime: true, .. } => Type::Datetime,
            _ => Type::String,
        }
    }
}

fn is_long(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let padded = digits.len() > 1 && digits.starts_with('0');
    !padded && digits.starts_with(|c: char| c.is_ascii_digit()) && text.parse::<i64>().is_ok()
}

fn is_real(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let whole = digits.split(['.', 'e', 'E']).next().unwrap_or_default();
    let padded = whole.len() > 1 && whole.starts_with('0');
    let has_fraction = whole.len() < digits.len();
    let number = digits.starts_with(|c: char| c.is_ascii_digit())
        && text.parse::<f64>().is_ok_and(f64::is_finite);
    number && !padded && (has_fraction || is_long(text))
}

/// ISO 8601 with a whole date: `2026-11-21`, `2026-11-21T08:15:00.1234567Z`, a blank for the T.
pub(super) fn is_datetime(text: &str) -> bool {
    let bytes = text.as_bytes();
    let date = bytes.len() >= 10
        && bytes[..10].iter().enumerate().all(|(at, byte)| match at {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    let separated = bytes
        .get(10)
        .is_none_or(|byte| matches!(byte, b'T' | b't' | b' '));
    date && separated && parse_datetime(text).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn infer(values: &[&str]) -> Type {
        let mut candidates = Candidates::new();
        values.iter().for_each(|value| candidates.see(value));
        candidates.ty()
    }

    #[test]
    fn a_type_must_fit_every_value() {
        assert_eq!(infer(&["1", "", "-20"]), Type::Long);
        assert_eq!(infer(&["1", "2.5"]), Type::Real);
        assert_eq!(infer(&["1", "x"]), Type::String);
        assert_eq!(infer(&["true", "False"]), Type::Bool);
        assert_eq!(
            infer(&["2026-11-21", "2026-11-21T08:15:00.1234567Z"]),
            Type::Datetime
        );
        assert_eq!(infer(&["", ""]), Type::String);
    }

    #[test]
    fn text_that_would_not_come_back_the_same_stays_text() {
        assert_eq!(infer(&["007"]), Type::String);
        assert_eq!(infer(&["12345678901234567890"]), Type::String);
        assert_eq!(infer(&["NaN"]), Type::String);
        assert_eq!(infer(&["10.0.0.1"]), Type::String);
        assert_eq!(infer(&["20261121"]), Type::Long);
    }
}
