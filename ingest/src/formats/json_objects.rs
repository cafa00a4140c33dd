//! Records of formats that write JSON objects: one a line, or in one document. Each is a tree here: these formats nest, and
//! their shapes differ from writer to writer.

use super::Head;
use super::line::{self, Vetted};
use crate::Result;
use crate::input::{Growth, Input, Item, JsonItems, Line, LineReader};
use crate::output::{Output, Place, Refusal};
use crate::text::{Escape, lossless};
use serde_json::{Map, Value};
use std::io::Read;

/// The whole objects at the head of a file, at most `count` of them.
pub(super) fn objects_in(head: &Head<'_>, count: usize) -> Vec<Map<String, Value>> {
    if !head.bytes.trim_ascii_start().starts_with(b"{")
        && !head.bytes.trim_ascii_start().starts_with(b"[")
    {
        return Vec::new();
    }
    let parse = |bytes: &[u8]| parse(&lossless(bytes, Escape::Json).0).ok();
    if is_line_by_line(head.bytes) {
        return head.lines().take(count).filter_map(parse).collect();
    }
    let mut items = JsonItems::new(head.bytes);
    let mut objects = Vec::new();
    while objects.len() < count
        && let Ok(Some(item)) = items.next_item()
    {
        match item.problem {
            None => objects.extend(parse(item.bytes)),
            Some(_) => break,
        }
    }
    objects
}

/// How a file of one object a line grows, or a document does.
pub(super) fn growth(head: &Head<'_>) -> Growth {
    match is_line_by_line(head.bytes) {
        true => Growth::Lines,
        false => Growth::Whole,
    }
}

/// Whether the first line is a whole object, or is not whole because the head cuts it: then each line is one, and a bad
/// line costs itself alone.
fn is_line_by_line(head: &[u8]) -> bool {
    let mut lines = head
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::trim_ascii)
        .filter(|line| !line.is_empty());
    let Some(first) = lines.next() else {
        return false;
    };
    if first.starts_with(b"{") && parse(&lossless(first, Escape::Json).0).is_ok() {
        return true;
    }
    // A first line that is cut or damaged, and others that are not.
    first.len() > 1
        && first.starts_with(b"{")
        && lines
            .take(20)
            .any(|line| line.starts_with(b"{\"") && line.ends_with(b"}"))
}

fn parse(text: &str) -> std::result::Result<Map<String, Value>, Refusal> {
    match serde_json::from_str(text) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Refusal::new("bad_json", "it is JSON, and no object")),
        Err(error) => Err(Refusal::new("bad_json", error.to_string())),
    }
}

/// The records of a file.
pub(super) enum JsonRecords {
    Lines(LineReader<Box<dyn Read>>),
    Document(JsonItems<Box<dyn Read>>),
}

/// One record, not parsed yet.
pub(super) enum JsonRecord<'a> {
    Line(Line<'a>),
    Item(Item<'a>),
}

impl JsonRecords {
    pub fn new(input: Input) -> Self {
        match input.is_behind() || is_line_by_line(input.head()) {
            true => Self::Lines(input.into_lines()),
            false => Self::Document(JsonItems::new(Box::new(input.into_reader()))),
        }
    }

    pub fn next_record(&mut self) -> Result<Option<JsonRecord<'_>>> {
        Ok(match self {
            Self::Lines(lines) => lines.next_line()?.map(JsonRecord::Line),
            Self::Document(items) => items.next_item()?.map(JsonRecord::Item),
        })
    }

    pub fn nul_bytes(&self) -> u64 {
        match self {
            Self::Lines(lines) => lines.nul_bytes(),
            Self::Document(_) => 0,
        }
    }
}

impl<'a> JsonRecord<'a> {
    pub fn bytes(&self) -> &'a [u8] {
        match self {
            Self::Line(line) => line.bytes,
            Self::Item(item) => item.bytes,
        }
    }

    pub fn place(&self) -> Place {
        match self {
            Self::Line(line) => line::place(line),
            Self::Item(item) => Place {
                offset: item.offset,
                line: item.ordinal,
            },
        }
    }

    /// Counts the record and disposes of what is none; whether there is something left to read.
    pub fn vet(&self, output: &mut Output<'_>) -> Result<bool> {
        match self {
            Self::Line(line) => Ok(line::vet(line, output)? == Vetted::Usable),
            Self::Item(item) => {
                output.read(1);
                if let Some(problem) = item.problem {
                    output.reject(Refusal::new("bad_json", problem), item.bytes, self.place())?;
                }
                Ok(item.problem.is_none())
            }
        }
    }

    pub fn object(&self) -> std::result::Result<Map<String, Value>, Refusal> {
        parse(&lossless(self.bytes(), Escape::Json).0)
    }

    /// The same, with the bytes that are no UTF-8 told in the report.
    pub fn object_counted(
        &self,
        output: &mut Output<'_>,
    ) -> std::result::Result<Map<String, Value>, Refusal> {
        let (text, escaped) = lossless(self.bytes(), Escape::Json);
        output.report.escaped_bytes += escaped;
        parse(&text)
    }
}

/// A value as text: strings as they are, everything else as JSON; null is nothing.
pub(super) fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}
