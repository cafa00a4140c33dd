//! Writing JSON text, and reading JSON strings.

use std::borrow::Cow;

/// A JSON string of this text.
pub fn quote(text: &str) -> String {
    let mut json = String::with_capacity(text.len() + 2);
    quote_into(&mut json, text);
    json
}

/// Appends a JSON string of this text.
pub fn quote_into(json: &mut String, text: &str) {
    json.push('"');
    let mut kept = 0;
    for (at, byte) in text.bytes().enumerate() {
        let escape = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0x08 => "\\b",
            0x0c => "\\f",
            0..=0x1f => "",
            _ => continue,
        };
        json.push_str(&text[kept..at]);
        if escape.is_empty() {
            json.push_str(&format!("\\u{byte:04x}"));
        } else {
            json.push_str(escape);
        }
        kept = at + 1;
    }
    json.push_str(&text[kept..]);
    json.push('"');
}

/// The text that a JSON string stands for; other JSON text is given back as it is.
///
/// Half of a surrogate pair becomes U+FFFD.
pub fn unquote(json: &str) -> Cow<'_, str> {
    let Some(inner) = json
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
    else {
        return Cow::Borrowed(json);
    };
    let Some(first) = memchr::memchr(b'\\', inner.as_bytes()) else {
        return Cow::Borrowed(inner);
    };
    let mut text = String::with_capacity(inner.len());
    text.push_str(&inner[..first]);
    let mut rest = &inner[first..];
    while let Some(at) = rest.find('\\') {
        text.push_str(&rest[..at]);
        rest = unescape(&rest[at + 1..], &mut text);
    }
    text.push_str(rest);
    Cow::Owned(text)
}

/// Reads what follows a backslash and gives the rest behind it.
fn unescape<'a>(rest: &'a str, text: &mut String) -> &'a str {
    let Some(letter) = rest.chars().next() else {
        return rest;
    };
    let behind = &rest[letter.len_utf8()..];
    let plain = match letter {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'u' => return unescape_unit(behind, text),
        other => other,
    };
    text.push(plain);
    behind
}

/// Reads the four digits of `\uXXXX`, and the second half of a pair when one follows.
fn unescape_unit<'a>(rest: &'a str, text: &mut String) -> &'a str {
    let unit = |from: &str| {
        from.get(..4)
            .and_then(|digits| u16::from_str_radix(digits, 16).ok())
    };
    let Some(first) = unit(rest) else {
        text.push(char::REPLACEMENT_CHARACTER);
        return rest;
    };
    let behind = &rest[4..];
    let second = behind.strip_prefix("\\u").and_then(unit);
    let pair = second.map(|second| char::decode_utf16([first, second]).collect::<Vec<_>>());
    if let Some([Ok(letter)]) = pair.as_deref() {
        text.push(*letter);
        return &behind[6..];
    }
    text.push(char::from_u32(u32::from(first)).unwrap_or(char::REPLACEMENT_CHARACTER));
    behind
}

/// An array under construction.
#[derive(Debug)]
pub struct Array {
    json: String,
}

impl Default for Array {
    fn default() -> Self {
        Self { json: "[".into() }
    }
}

impl Array {
    /// Appends an element that is JSON text already; `None` is `null`.
    pub fn push(&mut self, json: Option<&str>) {
        if self.json.len() > 1 {
            self.json.push(',');
        }
        self.json.push_str(json.unwrap_or("null"));
    }

    pub fn finish(mut self) -> String {
        self.json.push(']');
        self.json
    }
}

impl<'a> FromIterator<&'a str> for Array {
    fn from_iter<I: IntoIterator<Item = &'a str>>(items: I) -> Self {
        let mut array = Array::default();
        for item in items {
            array.push(Some(item));
        }
        array
    }
}

/// A bag under construction. The caller sees to it that keys are not doubled.
#[derive(Debug)]
pub struct Bag {
    json: String,
}

impl Default for Bag {
    fn default() -> Self {
        Self { json: "{".into() }
    }
}

impl Bag {
    /// Appends a slot whose key is quoted already, with a value that is JSON text.
    pub fn push_quoted(&mut self, key: &str, json: &str) {
        if self.json.len() > 1 {
            self.json.push(',');
        }
        self.json.push_str(key);
        self.json.push(':');
        self.json.push_str(json);
    }

    pub fn finish(mut self) -> String {
        self.json.push('}');
        self.json
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_text_reads_back() {
        for text in ["", "plain", "a\"b\\c\n\u{1}\u{8}", "héllo 😀"] {
            assert_eq!(unquote(&quote(text)), text);
        }
    }

    #[test]
    fn escaped_units_are_read() {
        assert_eq!(unquote(r#""\u0041\ud83d\ude00\/""#), "A😀/");
        assert_eq!(unquote(r#""\ud83d!""#), "\u{fffd}!");
        assert_eq!(unquote("12"), "12");
    }
}
