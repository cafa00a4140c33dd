//! JSON read token by token, in two ways that mean the same.
//!
//! [`Quick`] knows compact records as collectors write them, whose keys come in the order of the record before; whatever else it
//! meets is [`Odd`] to it, be it correct or not. Then the record is read again with [`Jiter`], which knows all of JSON and says
//! what is wrong with the rest. So `Quick` may give up at any time, but what it accepts must be correct JSON, and the
//! values must be the ones.

use crate::text::plain_length;
use huntql_store::words::begins_with;
use jiter::{Jiter, JiterError, Peek};

/// What a value begins as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value {
    String,
    Object,
    Array,
    Null,
    /// A number or a truth value.
    Other,
}

/// A reader of JSON's tokens.
pub(super) trait Pull<'a>: Sized {
    type Error;

    fn of(text: &'a str) -> Self;

    /// Enters an object: its first key, or `None` when it is empty.
    fn next_object(&mut self) -> Result<Option<&str>, Self::Error>;
    /// The next key of the object, or `None` at its end.
    fn next_key(&mut self) -> Result<Option<&str>, Self::Error>;
    /// Passes over the next key when the text goes on with just this: a comma, the key in quotes, a colon.
    fn next_key_is(&mut self, _written: &str) -> bool {
        false
    }
    /// What the next value is.
    fn peek(&mut self) -> Result<Value, Self::Error>;
    /// The next value, which is a string.
    fn known_str(&mut self) -> Result<&str, Self::Error>;
    /// Passes over the next value.
    fn skip(&mut self) -> Result<(), Self::Error>;
    /// The JSON text of the next value.
    fn raw(&mut self) -> Result<&'a str, Self::Error>;
    /// The place of the next value, when it has been peeked at; else the end of the last one.
    fn current_index(&self) -> usize;
    /// There is nothing but blanks behind it.
    fn finish(&mut self) -> Result<(), Self::Error>;
}

impl<'a> Pull<'a> for Jiter<'a> {
    type Error = JiterError;

    fn of(text: &'a str) -> Self {
        Jiter::new(text.as_bytes())
    }
    fn next_object(&mut self) -> Result<Option<&str>, JiterError> {
        self.next_object()
    }
    fn next_key(&mut self) -> Result<Option<&str>, JiterError> {
        self.next_key()
    }
    fn peek(&mut self) -> Result<Value, JiterError> {
        Ok(match self.peek()? {
            Peek::String => Value::String,
            Peek::Object => Value::Object,
            Peek::Array => Value::Array,
            Peek::Null => Value::Null,
            _ => Value::Other,
        })
    }
    fn known_str(&mut self) -> Result<&str, JiterError> {
        self.known_str()
    }
    fn skip(&mut self) -> Result<(), JiterError> {
        self.next_skip()
    }
    fn raw(&mut self) -> Result<&'a str, JiterError> {
        let start = self.current_index();
        self.next_skip()?;
        Ok(std::str::from_utf8(self.slice_to_current(start)).unwrap_or_default())
    }
    fn current_index(&self) -> usize {
        self.current_index()
    }
    fn finish(&mut self) -> Result<(), JiterError> {
        self.finish()
    }
}

/// Something that [`Quick`] leaves to the other reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Odd;

/// Reads the JSON that is met a million times.
pub(super) struct Quick<'a> {
    text: &'a str,
    at: usize,
    /// A string whose escapes have been resolved.
    plain: String,
}

/// Nearly all strings with escapes, which are paths and command lines, are shorter.
const PLAIN_BYTES: usize = 512;

impl Quick<'_> {
    fn byte(&self) -> u8 {
        // A NUL is nothing that JSON knows.
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    fn pass_blanks(&mut self) {
        while matches!(self.byte(), b' ' | b'\t' | b'\r' | b'\n') {
            self.at += 1;
        }
    }

    fn pass(&mut self, byte: u8) -> Result<(), Odd> {
        self.pass_blanks();
        if self.byte() != byte {
            return Err(Odd);
        }
        self.at += 1;
        self.pass_blanks();
        Ok(())
    }

    /// Stands behind the comma before the next member; whether there is one.
    fn member(&mut self) -> Result<bool, Odd> {
        self.pass_blanks();
        match self.byte() {
            b',' => self.pass(b',').map(|()| true),
            b'}' => {
                self.at += 1;
                Ok(false)
            }
            _ => Err(Odd),
        }
    }

    fn key(&mut self) -> Result<Option<&str>, Odd> {
        let (start, end) = self.plain_string()?;
        self.pass(b':')?;
        Ok(Some(&self.text[start..end]))
    }

    /// A string without escapes: where its inside begins and ends.
    fn plain_string(&mut self) -> Result<(usize, usize), Odd> {
        if self.byte() != b'"' {
            return Err(Odd);
        }
        let start = self.at + 1;
        let end = start + plain_length(&self.text.as_bytes()[start..]);
        self.at = end;
        if self.byte() != b'"' {
            return Err(Odd);
        }
        self.at += 1;
        Ok((start, end))
    }

    fn pass_word(&mut self, word: &str) -> Result<(), Odd> {
        if !self.text.as_bytes()[self.at..].starts_with(word.as_bytes()) {
            return Err(Odd);
        }
        self.at += word.len();
        Ok(())
    }

    /// A few digits alone; a sign, a fraction and an exponent are rare.
    fn pass_number(&mut self) -> Result<(), Odd> {
        let digits = &self.text.as_bytes()[self.at..];
        let length = digits.iter().take_while(|b| b.is_ascii_digit()).count();
        let is_whole = length == 1 || ((2..=18).contains(&length) && digits[0] != b'0');
        self.at += length;
        match is_whole && matches!(self.byte(), b',' | b'}' | b']' | b' ') {
            true => Ok(()),
            false => Err(Odd),
        }
    }

    /// Resolves the escape that begins here into `plain`. Those by number are left to the other reader.
    fn resolve(&mut self) -> Result<(), Odd> {
        let escape = self.text.as_bytes().get(self.at + 1).ok_or(Odd)?;
        let stands_for = match escape {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            _ => return Err(Odd),
        };
        self.plain.push(stands_for);
        self.at += 2;
        Ok(())
    }
}

impl<'a> Pull<'a> for Quick<'a> {
    type Error = Odd;

    fn of(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            plain: String::new(),
        }
    }

    fn next_object(&mut self) -> Result<Option<&str>, Odd> {
        self.pass(b'{')?;
        if self.byte() == b'}' {
            self.at += 1;
            return Ok(None);
        }
        self.key()
    }

    fn next_key(&mut self) -> Result<Option<&str>, Odd> {
        match self.member()? {
            true => self.key(),
            false => Ok(None),
        }
    }

    fn next_key_is(&mut self, written: &str) -> bool {
        let is_it = begins_with(&self.text.as_bytes()[self.at..], written.as_bytes());
        if is_it {
            self.at += written.len();
        }
        is_it
    }

    fn peek(&mut self) -> Result<Value, Odd> {
        self.pass_blanks();
        match self.byte() {
            b'"' => Ok(Value::String),
            b'{' => Ok(Value::Object),
            b'[' => Ok(Value::Array),
            b'n' => Ok(Value::Null),
            b't' | b'f' | b'0'..=b'9' => Ok(Value::Other),
            _ => Err(Odd),
        }
    }

    fn known_str(&mut self) -> Result<&str, Odd> {
        let mut start = self.at + 1;
        let bytes = self.text.as_bytes();
        self.at = start + plain_length(&bytes[start..]);
        if self.byte() == b'"' {
            self.at += 1;
            return Ok(&self.text[start..self.at - 1]);
        }
        self.plain.clear();
        self.plain.reserve(PLAIN_BYTES);
        while self.byte() == b'\\' {
            self.plain.push_str(&self.text[start..self.at]);
            self.resolve()?;
            start = self.at;
            self.at = start + plain_length(&bytes[start..]);
        }
        if self.byte() != b'"' {
            return Err(Odd);
        }
        self.plain.push_str(&self.text[start..self.at]);
        self.at += 1;
        Ok(&self.plain)
    }

    fn skip(&mut self) -> Result<(), Odd> {
        match self.byte() {
            b'"' => self.known_str().map(|_| ()),
            b'n' => self.pass_word("null"),
            b't' => self.pass_word("true"),
            b'f' => self.pass_word("false"),
            b'{' | b'[' => {
                let mut inner = Jiter::new(&self.text.as_bytes()[self.at..]);
                inner.next_skip().map_err(|_| Odd)?;
                self.at += inner.current_index();
                Ok(())
            }
            _ => self.pass_number(),
        }
    }

    fn raw(&mut self) -> Result<&'a str, Odd> {
        let start = self.at;
        self.skip()?;
        Ok(&self.text[start..self.at])
    }

    fn current_index(&self) -> usize {
        self.at
    }

    fn finish(&mut self) -> Result<(), Odd> {
        self.pass_blanks();
        match self.at == self.text.len() {
            true => Ok(()),
            false => Err(Odd),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// The members of an object: key, and the value as text or as raw JSON.
    fn members<'a, P: Pull<'a>>(text: &'a str) -> Result<Vec<(String, String)>, P::Error> {
        let mut json = P::of(text);
        let mut members = Vec::new();
        let mut key = json.next_object()?.map(str::to_owned);
        while let Some(name) = key {
            let value = match json.peek()? {
                Value::String => json.known_str()?.to_owned(),
                Value::Null | Value::Object | Value::Array | Value::Other => {
                    let start = json.current_index();
                    let raw = json.raw()?.to_owned();
                    assert_eq!(text[start..json.current_index()], raw);
                    raw
                }
            };
            members.push((name, value));
            key = match json.next_key_is(",\"known\":") {
                true => Some("known".to_owned()),
                false => json.next_key()?.map(str::to_owned),
            };
        }
        json.finish()?;
        Ok(members)
    }

    fn quick(text: &str) -> Result<Vec<(String, String)>, Odd> {
        members::<Quick<'_>>(text)
    }

    #[test]
    fn what_the_quick_reader_accepts_is_what_the_other_reads() {
        let texts = [
            r#"{}"#,
            r#"{"a":"","known":"x","b":12,"known":null,"c":true,"d":false}"#,
            r#"{"path":"c:\\windows\\system32","quoted":"say \"hé\"\n"}"#,
            r#" { "a" : 0 , "nested" : {"x":[1,2,{"y":"z\\"}]} } "#,
            r#"{"long":"a string of more than sixteen bytes, with é in it","list":[]}"#,
        ];
        for text in texts {
            let wanted = members::<Jiter<'_>>(text).unwrap();
            assert_eq!(quick(text), Ok(wanted), "{text}");
        }
    }

    #[test]
    fn what_is_no_json_is_odd_however_it_is_cut_or_changed() {
        let text = r#"{"a":"x\\y","known":12,"b":[1],"c":null,"d":"tail"}"#;
        for at in 0..text.len() {
            for put in ["", "\"", "\\", "\u{1}", "0", "}", ",", " ", "-", "u"] {
                let changed = format!("{}{put}{}", &text[..at], &text[at + 1..]);
                let wanted = members::<Jiter<'_>>(&changed);
                if let Ok(read) = quick(&changed) {
                    assert_eq!(Some(read), wanted.ok(), "{changed}");
                }
                assert!(quick(&changed[..at]).is_err());
            }
        }
    }
}
