//! Raw bytes as text, without loss.

use huntql_store::words::last_word;
use std::borrow::Cow;

/// How a byte that is no UTF-8 is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Escape {
    /// `\xNN`, as Zeek does.
    Plain,
    /// `\\xNN`, which inside a JSON string reads as `\xNN`.
    Json,
}

/// `bytes` as text, and how many bytes had to be escaped. Borrowed when they are UTF-8 already.
pub fn lossless(bytes: &[u8], escape: Escape) -> (Cow<'_, str>, u64) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return (Cow::Borrowed(text), 0);
    }
    let mut text = String::with_capacity(bytes.len() + 16);
    let mut escaped = 0;
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            escaped += 1;
            text.push_str(if escape == Escape::Json {
                r"\\x"
            } else {
                r"\x"
            });
            push_hex(&mut text, *byte);
        }
    }
    (Cow::Owned(text), escaped)
}

fn push_hex(text: &mut String, byte: u8) {
    for digit in [byte >> 4, byte & 15] {
        text.push(char::from_digit(u32::from(digit), 16).expect("a nibble is a hex digit"));
    }
}

/// Appends `value` as the inside of a JSON string.
#[inline]
pub fn push_json_escaped(text: &mut String, value: &str) {
    let plain = plain_length(value.as_bytes());
    text.push_str(&value[..plain]);
    if plain < value.len() {
        push_escaped(text, &value[plain..]);
    }
}

/// The same for a value whose first byte is to be escaped.
#[cold]
fn push_escaped(text: &mut String, mut rest: &str) {
    while let Some(byte) = rest.as_bytes().first() {
        match byte {
            b'"' => text.push_str("\\\""),
            b'\\' => text.push_str("\\\\"),
            b'\n' => text.push_str("\\n"),
            b'\r' => text.push_str("\\r"),
            b'\t' => text.push_str("\\t"),
            byte => {
                text.push_str("\\u00");
                push_hex(text, *byte);
            }
        }
        rest = &rest[1..];
        let plain = plain_length(rest.as_bytes());
        text.push_str(&rest[..plain]);
        rest = &rest[plain..];
    }
}

/// How many bytes come before the first that JSON escapes in a string: a quote, a backslash or a control character. Eight bytes are looked at in
/// one step.
#[inline]
pub fn plain_length(bytes: &[u8]) -> usize {
    match bytes.len() {
        0 => 0,
        1..8 => plain_length_of_rest(bytes, bytes),
        _ => plain_length_of_words(bytes),
    }
}

fn plain_length_of_words(bytes: &[u8]) -> usize {
    let (words, rest) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let ends = escaped_bytes(u64::from_le_bytes(*word));
        if ends != 0 {
            return 8 * index + ends.trailing_zeros() as usize / 8;
        }
    }
    if rest.is_empty() {
        return bytes.len();
    }
    8 * words.len() + plain_length_of_rest(bytes, rest)
}

/// Of the last one to seven bytes.
#[inline]
fn plain_length_of_rest(bytes: &[u8], rest: &[u8]) -> usize {
    // What is missing to eight bytes is taken for blanks.
    let blanks = (ONES * 0x20) << (8 * rest.len());
    let ends = escaped_bytes(last_word(bytes, rest) | blanks);
    match ends {
        0 => rest.len(),
        ends => ends.trailing_zeros() as usize / 8,
    }
}

/// Whether JSON escapes any byte of a line but the tabs between its fields.
pub fn is_plain_between_tabs(line: &[u8]) -> bool {
    let is_escaped = |byte: u8| (byte < 0x20 && byte != b'\t') | (byte == b'"') | (byte == b'\\');
    !line.iter().fold(false, |any, byte| any | is_escaped(*byte))
}

const ONES: u64 = 0x0101_0101_0101_0101;

/// Has the highest bit of the first byte that JSON escapes; bits behind that one mean nothing.
#[inline]
fn escaped_bytes(word: u64) -> u64 {
    let (quote, backslash) = (word ^ (ONES * 0x22), word ^ (ONES * 0x5c));
    // Only a byte above a true one can be set by a borrow, and the lowest counts.
    let ends = (quote.wrapping_sub(ONES) & !quote)
        | (backslash.wrapping_sub(ONES) & !backslash)
        | (word.wrapping_sub(ONES * 0x20) & !word);
    ends & (ONES << 7)
}

/// Appends a number in decimal digits.
pub fn push_number(text: &mut String, number: i64) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    let mut rest = number.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if number < 0 {
        text.push('-');
    }
    text.push_str(std::str::from_utf8(&digits[at..]).expect("digits are ASCII"));
}

/// Writes a flat JSON object whose values are all text, as Defender's `AdditionalFields` has them.
#[derive(Debug)]
pub struct TextObject<'a> {
    text: &'a mut String,
    empty: bool,
}

impl<'a> TextObject<'a> {
    pub fn begin(text: &'a mut String) -> Self {
        text.push('{');
        Self { text, empty: true }
    }

    /// A field whose key may be anything.
    pub fn field(&mut self, key: &str, value: &str) {
        self.field_with(key, |text| push_json_escaped(text, value));
    }

    /// A field whose value `write` composes; it must escape what needs it.
    pub fn field_with(&mut self, key: &str, write: impl FnOnce(&mut String)) {
        self.next();
        push_json_escaped(self.text, key);
        self.text.push_str("\":\"");
        write(self.text);
    }

    /// A field whose key is a name of ours: nothing in it is escaped.
    #[inline]
    pub fn known(&mut self, key: &'static str, value: &str) {
        self.known_with(key, |text| push_json_escaped(text, value));
    }

    /// As [`TextObject::field_with`], for a name of ours.
    #[inline]
    pub fn known_with(&mut self, key: &'static str, write: impl FnOnce(&mut String)) {
        debug_assert_eq!(plain_length(key.as_bytes()), key.len());
        self.next();
        self.text.push_str(key);
        self.text.push_str("\":\"");
        write(self.text);
    }

    /// Closes the value before the next key.
    #[inline]
    fn next(&mut self) {
        // Each of a length that is known here, and so one store.
        match self.empty {
            true => self.text.push('"'),
            false => self.text.push_str("\",\""),
        }
        self.empty = false;
    }

    pub fn end(self) {
        self.text.push_str(match self.empty {
            true => "}",
            false => "\"}",
        });
    }
}

/// Appends JSON text without the blanks between its tokens; strings stay as they are.
pub fn push_compact_json(text: &mut String, json: &str) {
    let (mut in_string, mut escaped, mut start) = (false, false, 0);
    for (index, byte) in json.bytes().enumerate() {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
        } else if byte == b'"' {
            in_string = true;
        } else if matches!(byte, b' ' | b'\t' | b'\r' | b'\n') {
            text.push_str(&json[start..index]);
            start = index + 1;
        }
    }
    text.push_str(&json[start..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_utf8_are_kept_as_escapes() {
        assert_eq!(
            lossless(b"caf\xe9 \xff", Escape::Plain),
            (Cow::Owned(r"caf\xe9 \xff".to_owned()), 2)
        );
        assert_eq!(lossless("café".as_bytes(), Escape::Plain).1, 0);
    }

    #[test]
    fn json_is_made_compact_outside_strings_only() {
        let mut text = String::new();
        push_compact_json(&mut text, "{ \"a b\" : [ 1, \"x \\\" y\" ] }");
        assert_eq!(text, "{\"a b\":[1,\"x \\\" y\"]}");
    }

    #[test]
    fn a_text_object_escapes_what_json_demands() {
        let mut text = String::new();
        let mut object = TextObject::begin(&mut text);
        object.field("a", "x\"\\\n\u{1}");
        object.field("b", "");
        object.end();
        assert_eq!(text, "{\"a\":\"x\\\"\\\\\\n\\u0001\",\"b\":\"\"}");
        let mut text = String::new();
        TextObject::begin(&mut text).end();
        assert_eq!(text, "{}");
    }

    #[test]
    fn a_line_is_plain_when_nothing_but_its_tabs_would_be_escaped() {
        for line in [
            "",
            "a\tb\tcé",
            "1.5\t-\t(empty)\tlong enough for a few steps",
        ] {
            assert!(is_plain_between_tabs(line.as_bytes()), "{line}");
            for odd in ["\"", "\\", "\n", "\u{1}"] {
                assert!(!is_plain_between_tabs(format!("{line}{odd}").as_bytes()));
                assert!(!is_plain_between_tabs(format!("{odd}{line}").as_bytes()));
            }
        }
    }

    #[test]
    fn numbers_are_written_as_the_standard_library_does() {
        for number in [0, 7, -7, 10, 99, 100, i64::MAX, i64::MIN] {
            let mut text = String::new();
            push_number(&mut text, number);
            assert_eq!(text, number.to_string());
        }
    }

    #[test]
    fn the_end_of_a_plain_run_is_found_at_each_place() {
        for length in 0..40 {
            for end in ['"', '\\', '\u{1f}', '\u{0}'] {
                let text = format!("{}{end}\"rest of the line", "é".repeat(length));
                assert_eq!(plain_length(text.as_bytes()), 2 * length);
            }
            assert_eq!(plain_length(&vec![b'!'; length]), length);
            for at in 0..length {
                for end in [b'"', b'\\', 0x1f, 0] {
                    let mut text = vec![0xff; length];
                    text[at] = end;
                    assert_eq!(plain_length(&text), at);
                }
            }
        }
    }
}
