//! Values read from strings, as the `to…` functions read them. None of them fails: what is not understood is `None`.

/// `True` and `False`, as the engine writes a `bool` (a JSON boolean is written in lower case).
pub fn format_bool(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}

/// `true` and `false` in any case, or an integer: 0 is false.
pub fn bool_of(text: &str) -> Option<bool> {
    let text = text.trim_ascii();
    if text.eq_ignore_ascii_case("true") {
        return Some(true);
    }
    if text.eq_ignore_ascii_case("false") {
        return Some(false);
    }
    long_of(text).map(|value| value != 0)
}

/// An integer in decimal or with `0x`, white space around it allowed; `None` with a fraction, and when it does not fit.
pub fn long_of(text: &str) -> Option<i64> {
    let text = text.trim_ascii();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let Some(hex) = digits
        .strip_prefix("0x")
        .or_else(|| digits.strip_prefix("0X"))
    else {
        return text.parse().ok();
    };
    if !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    // Sixteen digits are the bits of a long: 0xffffffffffffffff is -1.
    let bits = u64::from_str_radix(hex, 16).ok()? as i64;
    Some(if negative { bits.wrapping_neg() } else { bits })
}

/// A number with or without fraction and exponent, `NaN`, `Infinity`, `-Infinity`; white space around it allowed.
pub fn real_of(text: &str) -> Option<f64> {
    let text = text.trim_ascii();
    let named = [
        ("nan", f64::NAN),
        ("inf", f64::INFINITY),
        ("+inf", f64::INFINITY),
        ("-inf", f64::NEG_INFINITY),
        ("infinity", f64::INFINITY),
        ("+infinity", f64::INFINITY),
        ("-infinity", f64::NEG_INFINITY),
    ];
    if let Some((_, value)) = named
        .iter()
        .find(|(name, _)| text.eq_ignore_ascii_case(name))
    {
        return Some(*value);
    }
    if !text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E'))
    {
        return long_of(text).map(|value| value as f64);
    }
    text.parse().ok()
}

/// A guid from the first 32 hexadecimal digits, hyphens after the 8th, 12th, 16th and 20th digit ignored; what follows is ignored
/// (Kusto docs, `toguid()`).
pub fn guid_of(text: &str) -> Option<String> {
    let mut guid = String::with_capacity(36);
    let mut digits = 0;
    for byte in text.trim_ascii().bytes() {
        let place = matches!(digits, 8 | 12 | 16 | 20);
        if byte == b'-' && place && !guid.ends_with('-') {
            guid.push('-');
            continue;
        }
        if !byte.is_ascii_hexdigit() {
            return None;
        }
        if place && !guid.ends_with('-') {
            guid.push('-');
        }
        guid.push(char::from(byte.to_ascii_lowercase()));
        digits += 1;
        if digits == 32 {
            return Some(guid);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_read_in_decimal_and_hexadecimal() {
        assert_eq!(long_of(" 42 "), Some(42));
        assert_eq!(long_of("-7"), Some(-7));
        assert_eq!(long_of("0xa0"), Some(160));
        assert_eq!(long_of("0xffffffffffffffff"), Some(-1));
        for text in [
            "",
            "nan",
            "1.5",
            "1e3",
            "0x",
            "0xg",
            "9223372036854775808",
            "1 2",
        ] {
            assert_eq!(long_of(text), None, "{text}");
        }
    }

    #[test]
    fn reals_are_read_with_exponents_and_by_name() {
        assert_eq!(real_of("123.5"), Some(123.5));
        assert_eq!(real_of("1e3"), Some(1000.0));
        assert_eq!(real_of("-Infinity"), Some(f64::NEG_INFINITY));
        assert!(real_of("NaN").is_some_and(f64::is_nan));
        for text in ["", "abc", "1,5", "."] {
            assert_eq!(real_of(text), None, "{text}");
        }
    }

    #[test]
    fn a_guid_is_read_with_and_without_hyphens() {
        let guid = Some("01234567-89ab-cdef-0123-456789abcdef".to_string());
        assert_eq!(guid_of("0123456789abcdef0123456789ABCDEF"), guid);
        assert_eq!(guid_of("0123456789ab-cdef-0123-456789abcdef"), guid);
        assert_eq!(
            guid_of("01234567-89ab-cdef-0123-456789abcdef and more"),
            guid
        );
        assert_eq!(guid_of("a string that is not a guid"), None);
        assert_eq!(guid_of("0123"), None);
    }

    #[test]
    fn booleans_are_words_or_integers() {
        assert_eq!(bool_of("TRUE"), Some(true));
        assert_eq!(bool_of("0"), Some(false));
        assert_eq!(bool_of("5"), Some(true));
        assert_eq!(bool_of("yes"), None);
    }
}
