//! JSON numbers: a long when it is written as an integer and fits, else a real.

use std::fmt::Write;

/// The value of a JSON number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    Long(i64),
    Real(f64),
}

impl Number {
    pub fn as_real(self) -> f64 {
        match self {
            Number::Long(value) => value as f64,
            Number::Real(value) => value,
        }
    }
}

/// Reads a JSON number. `None` for other JSON text.
pub fn number(json: &str) -> Option<Number> {
    if !json.starts_with(|c: char| c == '-' || c.is_ascii_digit()) {
        return None;
    }
    if let Ok(long) = json.parse() {
        return Some(Number::Long(long));
    }
    json.parse().ok().map(Number::Real)
}

/// A real as Kusto writes it: the fewest digits that read back to the same value, with a point or an exponent in every case.
///
/// `1.0`, `0.1`, `1E+16`, `1.5E-07`, `NaN`, `Infinity`, `-Infinity`. The exponent forms are .NET's: from 1E+15 on and below 1E-04.
pub fn format_real(value: f64) -> String {
    if value.is_nan() {
        return "NaN".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity" } else { "-Infinity" }.into();
    }
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-4..1e15).contains(&magnitude) {
        return exponent_form(value);
    }
    let mut text = format!("{value}");
    if !text.contains('.') {
        text.push_str(".0");
    }
    text
}

fn exponent_form(value: f64) -> String {
    let text = format!("{value:e}");
    let (mantissa, exponent) = text.split_once('e').expect("the format has an exponent");
    let (sign, digits) = match exponent.strip_prefix('-') {
        Some(digits) => ('-', digits),
        None => ('+', exponent),
    };
    let mut out = String::with_capacity(text.len() + 2);
    write!(out, "{mantissa}E{sign}{digits:0>2}").expect("a string takes all");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reals_are_written_as_dotnet_does_but_keep_their_point() {
        for (value, text) in [
            (1.0, "1.0"),
            (-0.1, "-0.1"),
            (118.25, "118.25"),
            (1e14, "100000000000000.0"),
            (1e15, "1E+15"),
            (1.5e-7, "1.5E-07"),
            (0.0001, "0.0001"),
            (0.00001, "1E-05"),
            (1e100, "1E+100"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Infinity"),
        ] {
            assert_eq!(format_real(value), text);
        }
    }

    #[test]
    fn an_integer_that_does_not_fit_a_long_is_a_real() {
        assert_eq!(number("12"), Some(Number::Long(12)));
        assert_eq!(number("12.0"), Some(Number::Real(12.0)));
        assert_eq!(number("99999999999999999999"), Some(Number::Real(1e20)));
        assert_eq!(number("\"1\""), None);
    }
}
