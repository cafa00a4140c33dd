//! One record of a Zeek log, TSV or JSON, as spans of its line.

use super::logs::{Kind, OWN, ZeekLog};
use super::tsv::Style;
use super::value;
use crate::text::{TextObject, is_plain_between_tabs};
use std::borrow::Cow;

/// Where a value stands in the line. Empty means unset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Span {
    pub start: u32,
    pub end: u32,
}

impl Span {
    pub fn new(start: usize, end: usize) -> Self {
        Self {
            start: start as u32,
            end: end as u32,
        }
    }

    #[inline]
    pub fn of(self, line: &str) -> &str {
        &line[self.start as usize..self.end as usize]
    }
}

/// How the spans are to be read.
#[derive(Debug, Clone, Copy)]
pub(super) enum Writing<'a> {
    Tsv(&'a Style, Escapes),
    /// Each span is a JSON value.
    Json,
}

/// Whether a line may have escapes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Escapes {
    /// There is nothing in it that Zeek or JSON escapes.
    Absent,
    Possible,
}

impl Escapes {
    /// Of a line whose fields stand between these.
    pub fn of(line: &str, separator: &str) -> Self {
        match separator == "\t" && is_plain_between_tabs(line.as_bytes()) {
            true => Self::Absent,
            false => Self::Possible,
        }
    }
}

/// A field that the log's table does not list.
#[derive(Debug, Clone)]
pub(super) struct Extra {
    pub name: String,
    pub kind: Kind,
}

/// The record: known fields by position, then the others.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record<'a> {
    pub log: &'static ZeekLog,
    pub line: &'a str,
    pub writing: Writing<'a>,
    /// As many as [`ZeekLog::known`].
    pub known: &'a [Span],
    /// Parallel to `extra_spans`.
    pub extras: &'a [Extra],
    pub extra_spans: &'a [Span],
}

impl<'a> Record<'a> {
    /// The raw text of a known field; `None` when unset.
    #[inline]
    fn raw(&self, field: usize) -> Option<&'a str> {
        self.unless_unset(self.known[field])
    }

    #[inline]
    fn unless_unset(&self, span: Span) -> Option<&'a str> {
        let raw = span.of(self.line);
        let unset = match self.writing {
            Writing::Tsv(..) => raw.is_empty(),
            Writing::Json => raw.is_empty() || raw == "null",
        };
        (!unset).then_some(raw)
    }

    /// A scalar as plain text; `None` when unset or empty.
    #[inline]
    pub fn text(&self, field: usize) -> Option<Cow<'a, str>> {
        self.raw(field)
            .map(|raw| value::plain(raw, self.writing))
            .filter(|text| !text.is_empty())
    }

    /// Writes the fields for which `wanted` holds as text, in the log's order, then the unlisted ones.
    pub fn write_fields(&self, object: &mut TextObject<'_>, wanted: impl Fn(usize) -> bool) {
        for (index, (name, kind)) in self.log.fields.iter().enumerate() {
            let field = OWN + index;
            if let Some(raw) = self.raw(field).filter(|_| wanted(field)) {
                object.known_with(name, |text| value::push(text, raw, *kind, self.writing));
            }
        }
        for (extra, span) in self.extras.iter().zip(self.extra_spans) {
            if let Some(raw) = self.unless_unset(*span) {
                object.field_with(&extra.name, |text| {
                    value::push(text, raw, extra.kind, self.writing)
                });
            }
        }
    }
}
