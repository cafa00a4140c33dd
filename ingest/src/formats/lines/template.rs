//! A compiled format string: literals and fields in turn, and how a line is taken apart by it.
//!
//! A field ends where the literal behind it begins, so there must be one; only what has a fixed length (two digits of a
//! month) may stand without. What a field may hold depends on how the product writes it ([`Extent`]); a word that holds a
//! blank says that the line is of another format, and rejects it rather than shifting every field behind it.

use super::clock::ZoneRule;
use super::slot::{Meaning, Slot};
use super::step::{Step, leading_blanks, undo};
use super::values::{OriginForm, Values};
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
