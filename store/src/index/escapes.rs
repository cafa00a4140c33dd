//! JSON text without its escapes, so that the terms of its strings are found as the strings have them.

use std::borrow::Cow;

/// The text with each escape replaced by what it stands for. The quotes of the strings stay, so that no term grows together with
/// what stands beside its string. A lone surrogate becomes a space.
pub(super) fn without(json: &str) -> Cow<'_, str> {
    if !json.contains('\\') {
        return Cow::Borrowed(json);
    }
    let mut plain = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(at) = rest.find('\\') {
        plain.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let mut chars = rest.chars();
        let Some(escape) = chars.next() else { break };
        rest = chars.as_str();
        match escape {
            'n' | 'r' | 't' | 'b' | 'f' => plain.push(' '),
            'u' => rest = code_point(rest, &mut plain),
            other => plain.push(other),
        }
    }
    plain.push_str(rest);
    Cow::Owned(plain)
}

/// Reads `XXXX`, and `\uXXXX` behind it for the second half of a pair; gives what is left.
fn code_point<'a>(text: &'a str, plain: &mut String) -> &'a str {
    let unit = |text: &str| {
        let digits = text.get(..4)?;
        u32::from_str_radix(digits, 16).ok()
    };
    let Some(first) = unit(text) else {
        plain.push(' ');
        return text;
    };
    let rest = &text[4..];
    if !(0xD800..0xDC00).contains(&first) {
        plain.push(char::from_u32(first).unwrap_or(' '));
        return rest;
    }
    let second = rest.strip_prefix("\\u").and_then(unit);
    match second.filter(|second| (0xDC00..0xE000).contains(second)) {
        Some(second) => {
            let point = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
            plain.push(char::from_u32(point).unwrap_or(' '));
            &rest[6..]
        }
        None => {
            plain.push(' ');
            rest
        }
    }
}

#[cfg(test)]
mod tests {
    use super::without;

    #[test]
    fn escapes_become_what_they_stand_for() {
        assert_eq!(without(r#"{"a":"b"}"#), r#"{"a":"b"}"#);
        assert_eq!(without(r#""C:\\new\nline\/\"x\"""#), r#""C:\new line/"x"""#);
        assert_eq!(without(r#""\u00e9\u0041""#), "\"éA\"");
        assert_eq!(without(r#""\ud835\udd04 \ud835x""#), "\"\u{1D504}  x\"");
        assert_eq!(without("\"\\u12"), "\" 12");
        assert_eq!(without("\\"), "");
    }
}
