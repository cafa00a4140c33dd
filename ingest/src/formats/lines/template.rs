//! A compiled format string: literals and fields in turn, and how a line is taken apart by it.
//!
//! A field ends where the literal behind it begins, so there must be one; only what has a fixed length (two digits of a
//! month) may stand without. What a field may hold depends on how the product writes it ([`Extent`]); a word that holds a
//! blank says that the line is of another format, and rejects it rather than shifting every field behind it.

use super::clock::ZoneRule;
use super::slot::{Meaning, Slot};
use super::values::{OriginForm, Values};
use crate::address;
use crate::output::Refusal;

/// A mistake in a format string, with its place in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::formats) struct FormatError {
    pub at: usize,
    pub message: String,
}

impl FormatError {
    /// The place of what is wrong with a format whose every part is known.
    pub const WHOLE: usize = usize::MAX;

    pub fn new(at: usize, message: impl Into<String>) -> Self {
        Self {
            at,
            message: message.into(),
        }
    }
}

/// How far a field goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::formats) enum Extent {
    /// Up to the literal behind it, without blanks.
    Word,
    /// Up to the literal behind it, blanks and all.
    Text,
    /// In quotes that the field itself brings, where the product found them needed.
    MaybeQuoted,
    /// This many bytes.
    Fixed(usize),
    /// `13/Jan/2016:19:31:16 +0000`; the product may bring the brackets itself.
    Clf,
    /// `{…}`, or nothing at all, and then not the blank behind it either: HAProxy's captured headers.
    Captured,
}

/// How the product escapes what would end a field in quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::formats) enum Escapes {
    #[default]
    None,
    /// `\"`, `\\`, `\n`, `\xNN`, `\u00NN`.
    Backslash,
}

/// On which side a product fills up a field that is too short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::formats) enum Padding {
    #[default]
    None,
    Before,
    Behind,
}

/// A field of a format string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::formats) struct Field {
    /// As messages call it: `%>a`, `$remote_addr`.
    pub directive: String,
    /// As `AdditionalFields` calls it.
    pub name: String,
    pub meaning: Meaning,
    pub extent: Extent,
    pub padding: Padding,
    pub escapes: Escapes,
    /// Its place in the format string.
    pub at: usize,
}

/// What a product's compiler makes of its format string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::formats) enum Piece {
    Literal(String),
    Field(Field),
}

/// A field and the literal behind it.
#[derive(Debug, Clone)]
struct Step {
    field: Field,
    /// What stands behind it; empty before a fixed field, and at the end of the line.
    literal: String,
}

/// A compiled format string.
#[derive(Debug, Clone)]
pub(in crate::formats) struct Template {
    /// The name of the format, as `ProxyLog` has it.
    pub format: &'static str,
    pub origin_form: OriginForm,
    pub zone_rule: ZoneRule,
    prefix: String,
    steps: Vec<Step>,
}

/// Where the fields of one line lie; kept between lines for its memory.
#[derive(Debug, Default)]
pub(in crate::formats) struct Scanned {
    spans: Vec<(Store, usize, usize)>,
    /// Texts whose escapes have been undone.
    undone: String,
}

#[derive(Debug, Clone, Copy)]
enum Store {
    Line,
    Undone,
}

impl Template {
    /// Puts the pieces together. Errors: two fields without anything between them, no time, no client.
    pub fn build(
        format: &'static str,
        origin_form: OriginForm,
        zone_rule: ZoneRule,
        pieces: Vec<Piece>,
    ) -> Result<Self, FormatError> {
        let mut template = Self {
            format,
            origin_form,
            zone_rule,
            prefix: String::new(),
            steps: Vec::new(),
        };
        for piece in pieces {
            match piece {
                Piece::Literal(text) => match template.steps.last_mut() {
                    Some(step) => step.literal.push_str(&text),
                    None => template.prefix.push_str(&text),
                },
                Piece::Field(field) => template.push(field)?,
            }
        }
        template.widen_enclosed();
        template.check_raw_fields()?;
        let has = |wanted: fn(Meaning) -> bool| {
            template.steps.iter().any(|step| wanted(step.field.meaning))
        };
        if !has(|meaning| matches!(meaning, Meaning::Time(..))) {
            return Err(FormatError::new(
                FormatError::WHOLE,
                "the format has no time; a record without one cannot be placed",
            ));
        }
        if !has(|meaning| meaning == Meaning::Text(Slot::Client)) {
            return Err(FormatError::new(
                FormatError::WHOLE,
                "the format has no address of the client; a record without one says nothing of a device",
            ));
        }
        Ok(template)
    }

    fn push(&mut self, field: Field) -> Result<(), FormatError> {
        if let Some(step) = self.steps.last()
            && step.literal.is_empty()
            && !matches!(step.field.extent, Extent::Fixed(_) | Extent::Clf)
        {
            let message = format!(
                "nothing stands between `{}` and `{}`, so no one can say where the first ends",
                step.field.directive, field.directive
            );
            return Err(FormatError::new(field.at, message));
        }
        self.steps.push(Step {
            field,
            literal: String::new(),
        });
        Ok(())
    }

    /// A field alone in quotes or brackets of the format may hold blanks; only its escapes tell an inner quote from the end.
    fn widen_enclosed(&mut self) {
        let mut before = self.prefix.as_str();
        for step in &mut self.steps {
            let is_enclosed = (before.ends_with('"') && step.literal.starts_with('"'))
                || (before.ends_with('[') && step.literal.starts_with(']'));
            if step.field.extent == Extent::Word && is_enclosed {
                step.field.extent = Extent::Text;
            }
            before = step.literal.as_str();
        }
    }

    /// A field that may hold blanks must not end at a blank.
    fn check_raw_fields(&self) -> Result<(), FormatError> {
        let raw = self.steps.iter().find(|step| {
            step.field.extent == Extent::Text && step.literal.starts_with([' ', '\t'])
        });
        match raw {
            None => Ok(()),
            Some(step) => Err(FormatError::new(
                step.field.at,
                format!(
                    "`{}` may hold blanks, and only a blank ends it; put it in quotes in the product's configuration",
                    step.field.directive
                ),
            )),
        }
    }

    /// Whether its times are of a zone that `--tz` must tell.
    pub fn needs_zone(&self) -> bool {
        use super::clock::TimePart;
        let parts = || {
            self.steps
                .iter()
                .filter_map(|step| match step.field.meaning {
                    Meaning::Time(part, _) => Some((part, step.field.extent)),
                    _ => None,
                })
        };
        let has_zone = parts().any(|(part, extent)| match part {
            TimePart::Zone
            | TimePart::EpochSeconds
            | TimePart::EpochMilliseconds
            | TimePart::EpochMicroseconds
            | TimePart::Iso => true,
            TimePart::Clf => extent == Extent::Clf,
            _ => false,
        });
        self.zone_rule == ZoneRule::Told && !has_zone
    }

    /// Takes a line apart. Refuses one that is not written so, with the field at which it was seen.
    pub fn scan(&self, line: &str, scanned: &mut Scanned) -> Result<(), Refusal> {
        scanned.spans.clear();
        scanned.undone.clear();
        let Some(rest) = line.strip_prefix(self.prefix.as_str()) else {
            return Err(Refusal::new(
                "other_format",
                format!("the line does not begin with `{}`", self.prefix),
            ));
        };
        let mut at = line.len() - rest.len();
        for (index, step) in self.steps.iter().enumerate() {
            let is_last = index + 1 == self.steps.len();
            if step.field.padding == Padding::Before {
                at += leading_blanks(&line[at..]);
            }
            let found = step.find(&line[at..], is_last).map_err(|problem| {
                Refusal::new(
                    "other_format",
                    format!("`{}` at column {}: {problem}", step.field.directive, at + 1),
                )
            })?;
            scanned.add(line, at + found.start, at + found.end, step.field.escapes);
            at += found.next;
        }
        if at < line.trim_end().len() {
            return Err(Refusal::new(
                "other_format",
                format!("the line goes on behind the format, at column {}", at + 1),
            ));
        }
        Ok(())
    }

    /// The fields of the line that was scanned.
    pub fn values<'a>(
        &'a self,
        line: &'a str,
        scanned: &'a Scanned,
    ) -> Result<Values<'a>, Refusal> {
        let mut values = Values::default();
        for (step, (store, start, end)) in self.steps.iter().zip(&scanned.spans) {
            let text = match store {
                Store::Line => &line[*start..*end],
                Store::Undone => &scanned.undone[*start..*end],
            };
            values.set(&step.field.name, step.field.meaning, text)?;
        }
        Ok(values)
    }
}

impl Scanned {
    fn add(&mut self, line: &str, start: usize, end: usize, escapes: Escapes) {
        let text = &line[start..end];
        if escapes == Escapes::None || memchr::memchr(b'\\', text.as_bytes()).is_none() {
            self.spans.push((Store::Line, start, end));
            return;
        }
        let begin = self.undone.len();
        undo(text, &mut self.undone);
        self.spans.push((Store::Undone, begin, self.undone.len()));
    }
}

/// A field in the rest of a line: its text, and where the next one begins.
struct Found {
    start: usize,
    end: usize,
    next: usize,
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
    fn find(&self, rest: &str, is_last: bool) -> Result<Found, &'static str> {
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
        if rest.get(..length).is_none() {
            return Err("the line ends here");
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

fn leading_blanks(text: &str) -> usize {
    text.len() - text.trim_start_matches(' ').len()
}

/// Undoes backslash escapes; an escape that is none stays as it is.
fn undo(text: &str, into: &mut String) {
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
