//! Defender's streaming export, in every envelope that collectors wrap it in.
//!
//! One event is `{time, tenantId, operationName, category: "AdvancedHunting-<Table>", properties: {…}}`. It comes bare, one
//! a line (Storage); in `{"records": […]}` (Event Hub; commas may be missing); under `body` (collectors), also as text
//! within text; flattened, with the columns at the top; and as Azure Monitor writes it, with `Type` for the table. Tables
//! are mixed in one file: each record goes where its `category` says, and one of an unknown table is rejected by name.

use super::pull::{Odd, Pull, Quick, Value};
use super::row::RowWriter;
use super::split;
use super::tables;
use crate::formats::line;
use crate::formats::{Head, LogFormat, Sniff};
use crate::input::{Input, JsonItems};
use crate::output::{Output, Place, Refusal};
use crate::report::Skip;
use crate::text::{Escape, lossless};
use crate::{IngestError, Result};
use huntql_store::schema::TableSchema;
use jiter::Jiter;
use std::ops::Range;

pub(in crate::formats) struct DefenderStream;

impl LogFormat for DefenderStream {
    fn name(&self) -> &'static str {
        "defender-stream"
    }

    fn title(&self) -> &'static str {
        "Defender's streaming export (JSON, any envelope)"
    }

    fn spec(&self) -> &'static str {
        "https://learn.microsoft.com/en-us/defender-xdr/streaming-api-event-hub"
    }

    fn sniff(&self, head: &Head<'_>) -> Sniff {
        if !head.bytes.trim_ascii_start().starts_with(b"{")
            && !head.bytes.trim_ascii_start().starts_with(b"[")
        {
            return Sniff::No;
        }
        if memchr::memmem::find(head.bytes, b"AdvancedHunting-").is_some() {
            return Sniff::Certain;
        }
        let first = JsonItems::new(head.bytes)
            .next_item()
            .ok()
            .flatten()
            .map(|item| item.bytes.to_vec());
        let first = first.unwrap_or_default();
        let Ok(serde_json::Value::Object(object)) = serde_json::from_slice(&first) else {
            return Sniff::No;
        };
        let text = |key: &str| object.get(key).and_then(serde_json::Value::as_str);
        let typed = text("Type").and_then(tables::by_name).is_some();
        let is_event = object.contains_key("Timestamp") || object.contains_key("TimeGenerated");
        match is_event && (typed || tables::by_path(head.path).is_some()) {
            true => Sniff::Likely,
            false => Sniff::No,
        }
    }

    fn read(&self, input: Input, output: &mut Output<'_>) -> Result<()> {
        let named = output
            .options
            .table
            .as_deref()
            .map(table_option)
            .transpose()?;
        let mut file = Reading {
            fallback: named.or_else(|| tables::by_path(&input.name)),
            writers: Vec::new(),
            categories: Vec::new(),
        };
        match is_line_by_line(input.head()) {
            true => file.lines(input, output),
            false => file.document(input, output),
        }
    }
}

/// The table that `--table` names.
pub(super) fn table_option(name: &str) -> Result<&'static TableSchema> {
    let found = tables::by_name(name);
    found.ok_or_else(|| {
        IngestError::Options(format!(
            "`{name}` is not a table that huntql knows (--table)"
        ))
    })
}

/// Whether the first line is a whole object: then each line is one, and a bad line costs itself alone.
fn is_line_by_line(head: &[u8]) -> bool {
    let first = head
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::trim_ascii)
        .find(|line| !line.is_empty());
    let Some(first) = first else { return false };
    let closed = first.starts_with(b"{") && first.ends_with(b"}");
    // A document whose rows stand on one line is one object as well, but the head cuts it.
    closed
        || (first.starts_with(b"{") && head.len() >= crate::input::HEAD_BYTES && first.len() < 256)
        || (first.len() == head.len() && split::is_event_start(first))
}

/// The members of an envelope that say what a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Member {
    Category,
    Properties,
    Records,
    Body,
}

const MEMBERS: &[(&str, Member)] = &[
    ("category", Member::Category),
    ("Type", Member::Category),
    ("properties", Member::Properties),
    ("records", Member::Records),
    ("body", Member::Body),
];

/// What a record turned out to be.
enum Shape {
    /// The row has been written by this writer and awaits its commit; its columns stand there.
    Row(usize, Range<usize>),
    Records(Range<usize>),
    /// An object, or a text that holds one.
    Body(Range<usize>),
    /// Neither columns in `properties` nor an envelope: the columns are at the top, if a table is known.
    Flat(Option<String>),
    Refused(Refusal),
}

/// Envelopes within envelopes that are followed.
const DEPTH_MAX: usize = 4;

struct Reading {
    /// The table of records that do not say theirs.
    fallback: Option<&'static TableSchema>,
    writers: Vec<RowWriter>,
    /// Categories that were seen, with the writer of their table if there is such a table.
    categories: Vec<(String, Option<usize>)>,
}

impl Reading {
    fn lines(&mut self, input: Input, output: &mut Output<'_>) -> Result<()> {
        line::each(input, output, |line, output| {
            self.record(line.bytes, line::place(line), output)
        })
    }

    fn document(&mut self, input: Input, output: &mut Output<'_>) -> Result<()> {
        let mut items = JsonItems::new(input.into_reader());
        while let Some(item) = items.next_item()? {
            output.read(1);
            let place = Place {
                offset: item.offset,
                line: item.ordinal,
            };
            match item.problem {
                Some(problem) => {
                    output.reject(Refusal::new("bad_json", problem), item.bytes, place)?
                }
                None => self.record(item.bytes, place, output)?,
            }
        }
        Ok(())
    }

    fn record(&mut self, raw: &[u8], place: Place, output: &mut Output<'_>) -> Result<()> {
        let (text, escaped) = lossless(raw, Escape::Json);
        output.report.escaped_bytes += escaped;
        self.item(&text, place, output, 0)
    }

    /// One record, which `output` has counted as read; an envelope counts what it holds.
    fn item(
        &mut self,
        text: &str,
        place: Place,
        output: &mut Output<'_>,
        depth: usize,
    ) -> Result<()> {
        let quick = self.scan::<Quick<'_>>(text, output);
        let shape = quick.or_else(|Odd| {
            self.undo(output);
            self.scan::<Jiter<'_>>(text, output)
        });
        let shape = match shape {
            Ok(shape) => shape,
            Err(error) => {
                self.undo(output);
                return match depth == 0 && split::holds_records(text) {
                    true => self.records(text, place, output, depth),
                    false => output.reject(
                        Refusal::new("bad_json", error.to_string()),
                        text.as_bytes(),
                        place,
                    ),
                };
            }
        };
        match shape {
            Shape::Row(writer, columns) => self.keep(writer, &text[columns], text, place, output),
            Shape::Refused(refusal) => output.reject(refusal, text.as_bytes(), place),
            Shape::Flat(category) => self.flat(category, text, place, output),
            _ if depth == DEPTH_MAX => {
                let refusal = Refusal::new(
                    "too_deep",
                    format!("more than {DEPTH_MAX} envelopes within each other"),
                );
                output.reject(refusal, text.as_bytes(), place)
            }
            Shape::Records(span) => self.records(&text[span], place, output, depth + 1),
            Shape::Body(span) => match text[span.clone()].starts_with('"') {
                true => {
                    let inner: String = serde_json::from_str(&text[span]).unwrap_or_default();
                    self.item(&inner, place, output, depth + 1)
                }
                false => self.item(&text[span], place, output, depth + 1),
            },
        }
    }

    fn scan<'a, P: Pull<'a>>(
        &mut self,
        text: &'a str,
        output: &mut Output<'_>,
    ) -> std::result::Result<Shape, P::Error> {
        let mut json = P::of(text);
        let (mut category, mut properties, mut row) = (None, None, None);
        let mut envelope = None;
        let member = |key: &str| {
            MEMBERS
                .iter()
                .find(|(name, _)| *name == key)
                .map(|(_, member)| *member)
        };
        let mut key = json.next_object()?.map(member);
        while let Some(found) = key {
            let value = json.peek()?;
            let start = json.current_index();
            match (found, value) {
                (Some(Member::Category), Value::String) => {
                    let name = json.known_str()?;
                    category = Some(self.category(name, output));
                }
                (Some(Member::Properties), Value::Object)
                    if category.is_some_and(|index| self.writer(index).is_some()) =>
                {
                    let writer = category
                        .and_then(|index| self.writer(index))
                        .expect("the guard has looked");
                    let table = self.writers[writer].table;
                    self.writers[writer].read(&mut json, output.rows(table))?;
                    row = Some((writer, start..json.current_index()));
                }
                _ => {
                    json.skip()?;
                    let span = start..json.current_index();
                    match (found, value) {
                        (Some(Member::Properties), Value::Object) => properties = Some(span),
                        (Some(Member::Records), Value::Array) => {
                            envelope = Some(Shape::Records(span))
                        }
                        (Some(Member::Body), Value::Array) => envelope = Some(Shape::Records(span)),
                        (Some(Member::Body), Value::Object | Value::String) => {
                            envelope = Some(Shape::Body(span))
                        }
                        _ => {}
                    }
                }
            }
            key = json.next_key()?.map(member);
        }
        json.finish()?;
        let shape = match (row, properties, envelope) {
            (Some((writer, span)), ..) => Shape::Row(writer, span),
            (None, Some(span), _) => self.properties::<P>(category, text, span, output)?,
            (None, None, Some(envelope)) => envelope,
            (None, None, None) => {
                Shape::Flat(category.map(|index| self.categories[index].0.clone()))
            }
        };
        Ok(shape)
    }

    /// `properties` that came before `category`, or without one.
    fn properties<'a, P: Pull<'a>>(
        &mut self,
        category: Option<usize>,
        text: &'a str,
        span: Range<usize>,
        output: &mut Output<'_>,
    ) -> std::result::Result<Shape, P::Error> {
        let writer = match (category, self.fallback) {
            (Some(index), _) => self.writer(index),
            (None, Some(table)) => Some(self.writer_of(table, output)),
            (None, None) => {
                let message = "`category` does not say which table this is, and neither does the file's path (--table)";
                return Ok(Shape::Refused(Refusal::new("no_table", message)));
            }
        };
        let Some(writer) = writer else {
            let name = category.map_or("", |index| self.categories[index].0.as_str());
            return Ok(Shape::Refused(tables::unknown(name)));
        };
        let table = self.writers[writer].table;
        let mut json = P::of(&text[span.clone()]);
        self.writers[writer].read(&mut json, output.rows(table))?;
        Ok(Shape::Row(writer, span))
    }

    /// A record whose columns are at the top.
    fn flat(
        &mut self,
        category: Option<String>,
        text: &str,
        place: Place,
        output: &mut Output<'_>,
    ) -> Result<()> {
        let table = match &category {
            Some(name) => match tables::by_name(name) {
                Some(table) => table,
                None => return output.reject(tables::unknown(name), text.as_bytes(), place),
            },
            None => match self.fallback {
                Some(table) => table,
                None => {
                    let refusal = Refusal::new(
                        "no_table",
                        "neither `category` nor `Type` says which table this is (--table)",
                    );
                    return output.reject(refusal, text.as_bytes(), place);
                }
            },
        };
        let writer = self.writer_of(table, output);
        let id = self.writers[writer].table;
        match self.writers[writer].read_text(text, output.rows(id)) {
            Ok(()) => self.keep(writer, text, text, place, output),
            Err(error) => output.discard(
                id,
                Refusal::new("bad_json", error.to_string()),
                text.as_bytes(),
                place,
            ),
        }
    }

    /// The records of an envelope: the line stands for as many records as there are.
    fn records(
        &mut self,
        text: &str,
        place: Place,
        output: &mut Output<'_>,
        depth: usize,
    ) -> Result<()> {
        let mut items = JsonItems::new(text.as_bytes());
        let mut count = 0;
        while let Some(item) = items.next_item()? {
            count += 1;
            if count > 1 {
                output.read(1);
            }
            // All records of an envelope stand on its line; their offsets tell them apart.
            let place = Place {
                offset: place.offset + item.offset,
                line: place.line,
            };
            let record = std::str::from_utf8(item.bytes).unwrap_or_default();
            match item.problem {
                Some(problem) => {
                    output.reject(Refusal::new("bad_json", problem), item.bytes, place)?
                }
                None => self.item(record, place, output, depth.max(1))?,
            }
        }
        if count == 0 {
            output.skip(Skip::Blank);
        }
        Ok(())
    }

    fn keep(
        &mut self,
        writer: usize,
        columns: &str,
        text: &str,
        place: Place,
        output: &mut Output<'_>,
    ) -> Result<()> {
        let writer = &mut self.writers[writer];
        match writer.settle(output) {
            Ok(()) => output.keep(writer.table, writer.class(), columns.as_bytes(), place),
            Err(refusal) => output.discard(writer.table, refusal, text.as_bytes(), place),
        }
    }

    fn undo(&self, output: &mut Output<'_>) {
        self.writers
            .iter()
            .for_each(|writer| output.rows(writer.table).undo());
    }

    /// The index of a category in the list of those that were seen.
    fn category(&mut self, name: &str, output: &mut Output<'_>) -> usize {
        if let Some(index) = self.categories.iter().position(|(known, _)| known == name) {
            return index;
        }
        let writer = tables::by_name(name).map(|table| self.writer_of(table, output));
        self.categories.push((name.to_owned(), writer));
        self.categories.len() - 1
    }

    fn writer(&self, category: usize) -> Option<usize> {
        self.categories[category].1
    }

    fn writer_of(&mut self, table: &'static TableSchema, output: &mut Output<'_>) -> usize {
        let known = self.writers.iter().position(|writer| writer.is_for(table));
        known.unwrap_or_else(|| {
            self.writers.push(RowWriter::new(table, output));
            self.writers.len() - 1
        })
    }
}
