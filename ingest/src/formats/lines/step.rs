//! One field of a template, and how its end is found in a line.

use super::slot::{Meaning, Slot};
use super::template::{Escapes, Extent, Field, Padding};
use crate::address;

/// A field and the literal behind it.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub field: Field,
    /// What stands behind it; empty before a fixed field, and at the end of the line.
    pub literal: String,
}

/// A field in the rest of a line: its text, and where the next one begins.
pub(super) struct Found {
    pub start: usize,
    pub end: usize,
    pub next: usize,
}

impl Found {
    fn bare(end: usize, literal: &str) -> Self {
        Self {
            start: 0,
            end,
            next: end + literal.len(),
        }
    }
}

impl Step {
    /// The field at the start of `rest`. Errors say what is wrong there.
    pub fn find(&self, rest: &str, is_last: bool) -> Result<Found, &'static str> {
        match self.field.extent {
            Extent::Fixed(length) => self.fixed(rest, length),
            Extent::Clf => self.clf(rest),
            Extent::Captured => self.captured(rest),
            Extent::MaybeQuoted if rest.starts_with('"') => self.quoted(rest),
            Extent::MaybeQuoted | Extent::Word => self.word(rest, is_last),
            Extent::Text => self.text(rest, is_last),
        }
    }

    fn behind(&self, rest: &str, end: usize) -> Result<usize, &'static str> {
        match rest[end..].starts_with(self.literal.as_str()) {
            true => Ok(end + self.literal.len()),
            // Trailing blanks of a format are often lost on the way.
            false if end == rest.len() && self.literal.trim().is_empty() => Ok(end),
            false => Err("something else stands behind it than in the format"),
        }
    }

    fn fixed(&self, rest: &str, length: usize) -> Result<Found, &'static str> {
        if rest.get(..length).is_none() {
            return Err("the line ends here");
        }
        let next = self.behind(rest, length)?;
        Ok(Found {
            start: 0,
            end: length,
            next,
        })
    }

    fn clf(&self, rest: &str) -> Result<Found, &'static str> {
        let bracket = usize::from(rest.starts_with('[') && !self.literal.starts_with(']'));
        let length = 26 + 2 * bracket;
        let is_whole = rest.get(..length).is_some() && rest.is_char_boundary(length - bracket);
        if !is_whole {
            return Err("no date like 02/Mar/2026:08:02:36 +0000 stands here");
        }
        let next = self.behind(rest, length)?;
        Ok(Found {
            start: bracket,
            end: length - bracket,
            next,
        })
    }

    fn captured(&self, rest: &str) -> Result<Found, &'static str> {
        if !rest.starts_with('{') {
            let literal = self.literal.strip_prefix(' ').unwrap_or(&self.literal);
            return match rest.starts_with(literal) {
                true => Ok(Found {
                    start: 0,
                    end: 0,
                    next: literal.len(),
                }),
                false => Err("something else stands here than in the format"),
            };
        }
        let end = rest.find('}').ok_or("the brace is not closed")?;
        let next = self.behind(rest, end + 1)?;
        Ok(Found {
            start: 1,
            end,
            next,
        })
    }

    fn quoted(&self, rest: &str) -> Result<Found, &'static str> {
        let end = 1 + closing_quote(&rest[1..], "\"").ok_or("the quote is not closed")?;
        let next = self.behind(rest, end + 1)?;
        Ok(Found {
            start: 1,
            end,
            next,
        })
    }

    fn word(&self, rest: &str, is_last: bool) -> Result<Found, &'static str> {
        let blank = memchr::memchr2(b' ', b'\t', rest.as_bytes()).unwrap_or(rest.len());
        if self.literal.starts_with(' ') || (self.literal.is_empty() && is_last) {
            let padded = match self.field.padding {
                Padding::Behind => leading_blanks(&rest[blank..])
                    .saturating_sub(usize::from(self.literal.starts_with(' '))),
                Padding::None | Padding::Before => 0,
            };
            let next = self.behind(rest, blank + padded)?;
            return Ok(Found {
                start: 0,
                end: blank,
                next,
            });
        }
        let end = match self.literal.starts_with(':')
            && self.field.meaning == Meaning::Text(Slot::Client)
        {
            true => address_end(&rest[..blank]),
            false => find(rest, &self.literal),
        };
        let end = end.ok_or("the text that ends it in the format does not come")?;
        if end > blank {
            return Err("a blank stands in it");
        }
        self.behind(rest, end)?;
        Ok(Found::bare(end, &self.literal))
    }

    fn text(&self, rest: &str, is_last: bool) -> Result<Found, &'static str> {
        if self.literal.is_empty() && is_last {
            return Ok(Found::bare(rest.trim_end().len(), ""));
        }
        let end = match self.field.escapes {
            Escapes::Backslash => closing_quote(rest, &self.literal),
            Escapes::None if is_last && rest.ends_with(self.literal.as_str()) => {
                find(rest, &self.literal)
            }
            Escapes::None => find(rest, &self.literal),
        };
        let end = end.ok_or("the text that ends it in the format does not come")?;
        Ok(Found::bare(end, &self.literal))
    }
}

/// The first place of `literal`, which is not empty.
fn find(text: &str, literal: &str) -> Option<usize> {
    let first = *literal.as_bytes().first()?;
    if literal.len() == 1 {
        return memchr::memchr(first, text.as_bytes());
    }
    memchr::memmem::find(text.as_bytes(), literal.as_bytes())
}

/// The first place of `literal` whose first byte is not escaped by a backslash.
fn closing_quote(text: &str, literal: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let first = *literal.as_bytes().first()?;
    let mut at = 0;
    loop {
        at += memchr::memchr2(first, b'\\', bytes.get(at..)?)?;
        if bytes[at] == b'\\' && first != b'\\' {
            at += 2;
        } else if bytes[at..].starts_with(literal.as_bytes()) {
            return Some(at);
        } else {
            at += 1;
        }
    }
}

/// The end of an address that a colon follows: the colons of an IPv6 address are its own.
fn address_end(text: &str) -> Option<usize> {
    if text.starts_with('[') {
        return text.find(']').map(|end| end + 1);
    }
    let first = memchr::memchr(b':', text.as_bytes())?;
    if text[..first].contains('.') {
        return Some(first);
    }
    let longest = text
        .rmatch_indices(':')
        .map(|(at, _)| at)
        .find(|at| text[..*at].contains(':') && address::parse(&text[..*at]).is_some());
    longest.or(Some(first))
}

pub(super) fn leading_blanks(text: &str) -> usize {
    text.len() - text.trim_start_matches(' ').len()
}

/// Undoes backslash escapes; an escape that is none stays as it is.
pub(super) fn undo(text: &str, into: &mut String) {
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
        into.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let Some(escaped) = rest.chars().next() else {
            into.push('\\');
            return;
        };
        let hex = |from: usize, to: usize| {
            let digits = rest.get(from..to)?;
            let value = u32::from_str_radix(digits, 16).ok()?;
            // A byte over 127 is part of a longer character: it stays escaped, so that nothing is lost.
            char::from_u32(value).filter(|_| to == 5 || value < 128)
        };
        let (character, length) = match escaped {
            'n' => (Some('\n'), 1),
            'r' => (Some('\r'), 1),
            't' => (Some('\t'), 1),
            'x' | 'X' => (hex(1, 3), 3),
            'u' => (hex(1, 5), 5),
            '"' | '\\' | '/' | '\'' => (Some(escaped), 1),
            _ => (None, 0),
        };
        match character {
            Some(character) => {
                into.push(character);
                rest = &rest[length..];
            }
            None => into.push('\\'),
        }
    }
    into.push_str(rest);
}
