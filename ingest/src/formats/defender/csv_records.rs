//! CSV records out of lines: quoted fields hold doubled quotes, delimiters and line ends (RFC 4180).
//!
//! A line with a quote that never closes costs itself and not the rest: after [`RECORD_LINES_MAX`] lines, or too many
//! bytes, reading begins again behind its first.

use crate::Result;
use crate::formats::line::{self, Vetted};
use crate::input::{Input, LINE_BYTES_MAX, LineEnd, LineReader};
use crate::output::{Output, Place};
use crate::report::Skip;
use crate::text::{Escape, lossless};
use std::collections::VecDeque;
use std::io::Read;

/// Lines that one record may run over.
const RECORD_LINES_MAX: usize = 1000;
const DELIMITERS: &[char] = &[',', ';', '\t'];

/// A line and where it stands.
pub(super) type PlacedLine = (Place, String);

/// A record of one or more lines, joined with `\n`.
#[derive(Debug, Clone)]
pub(super) struct Record {
    pub place: Place,
    pub text: String,
    pub lines: Vec<PlacedLine>,
}

/// Puts lines together to records: a record ends where its quotes are closed.
///
/// Its methods take the output that counts what is read, or `None` for a look ahead that nobody counts.
pub(super) struct Records<R> {
    reader: LineReader<R>,
    /// Lines that have been read and belong to no record yet.
    waiting: VecDeque<PlacedLine>,
}

impl Records<()> {
    pub fn new(input: Input) -> Records<impl Read> {
        Records {
            reader: input.into_lines(),
            waiting: VecDeque::new(),
        }
    }
}

impl<R: Read> Records<R> {
    pub fn nul_bytes(&self) -> u64 {
        self.reader.nul_bytes()
    }

    /// The first record as the header.
    pub fn header(&mut self, mut output: Option<&mut Output<'_>>) -> Result<Option<Header>> {
        let Some(record) = self.next(output.as_deref_mut())? else {
            return Ok(None);
        };
        if let Some(output) = output {
            output.skip(Skip::Comment);
        }
        Ok(Some(Header::read(&record.text)))
    }

    /// The next record. Its lines have been counted as one.
    pub fn next(&mut self, mut output: Option<&mut Output<'_>>) -> Result<Option<Record>> {
        let mut lines: Vec<PlacedLine> = Vec::new();
        let (mut quotes, mut bytes) = (0, 0);
        while let Some((place, text)) = self.line(output.as_deref_mut(), lines.len())? {
            quotes += memchr::memchr_iter(b'"', text.as_bytes()).count();
            bytes += text.len();
            lines.push((place, text));
            if quotes % 2 == 0 {
                break;
            }
            if lines.len() >= RECORD_LINES_MAX || bytes > LINE_BYTES_MAX {
                self.give_back(&lines[1..]);
                lines.truncate(1);
                break;
            }
        }
        if quotes % 2 == 1 && lines.len() > 1 {
            self.give_back(&lines[1..]);
            lines.truncate(1);
        }
        if let Some(output) = output
            && !lines.is_empty()
        {
            output.read(1);
        }
        let Some((place, _)) = lines.first() else {
            return Ok(None);
        };
        let texts: Vec<&str> = lines.iter().map(|(_, text)| text.as_str()).collect();
        Ok(Some(Record {
            place: *place,
            text: texts.join("\n"),
            lines,
        }))
    }

    /// Lines that are to be records of their own after all.
    pub fn give_back(&mut self, lines: &[PlacedLine]) {
        lines
            .iter()
            .rev()
            .for_each(|line| self.waiting.push_front(line.clone()));
    }

    /// The next line of a record that has `inside` lines already; blank lines count only inside one.
    fn line(
        &mut self,
        mut output: Option<&mut Output<'_>>,
        inside: usize,
    ) -> Result<Option<PlacedLine>> {
        while let Some(line) = self.waiting.pop_front() {
            if inside > 0 || !line.1.trim_ascii().is_empty() {
                return Ok(Some(line));
            }
            if let Some(output) = output.as_deref_mut() {
                output.read(1);
                output.skip(Skip::Blank);
            }
        }
        while let Some(line) = self.reader.next_line()? {
            let whole = matches!(line.end, LineEnd::Terminated | LineEnd::EndOfText);
            let blank = line.bytes.trim_ascii().is_empty();
            let usable = whole && (inside > 0 || !blank);
            let Some(output) = output.as_deref_mut() else {
                if usable {
                    return Ok(Some((
                        line::place(&line),
                        lossless(line.bytes, Escape::Plain).0.into_owned(),
                    )));
                }
                continue;
            };
            if usable {
                let (text, escaped) = lossless(line.bytes, Escape::Plain);
                output.report.escaped_bytes += escaped;
                return Ok(Some((line::place(&line), text.into_owned())));
            }
            // What is left is blank, too long or cut off: vetting counts it.
            let vetted = line::vet(&line, output)?;
            debug_assert_eq!(vetted, Vetted::Done);
        }
        Ok(None)
    }
}

/// The first record: names, and what separates them.
#[derive(Debug)]
pub(super) struct Header {
    pub names: Vec<String>,
    pub delimiter: char,
    /// A name said `[UTC]`.
    pub utc: bool,
}

impl Header {
    pub fn read(text: &str) -> Self {
        let count = |delimiter: &char| text.matches(*delimiter).count();
        let delimiter = DELIMITERS
            .iter()
            .copied()
            .max_by_key(|d| (count(d), *d == ','))
            .unwrap_or(',');
        let mut utc = false;
        let names = split(text, delimiter)
            .into_iter()
            .map(|name| match name.trim().strip_suffix("[UTC]") {
                Some(name) => {
                    utc = true;
                    name.trim().to_owned()
                }
                None => name.trim().to_owned(),
            })
            .collect();
        Self {
            names,
            delimiter,
            utc,
        }
    }

    pub fn time_column(&self) -> Option<usize> {
        let named = |wanted: &str| {
            self.names
                .iter()
                .position(|name| name.eq_ignore_ascii_case(wanted))
        };
        named("Timestamp")
            .or_else(|| named("EventTime"))
            .or_else(|| named("TimeGenerated"))
    }
}

/// The fields of a record. A quote opens a quoted field only at its beginning; two inside stand for one.
pub(super) fn split(text: &str, delimiter: char) -> Vec<String> {
    let mut fields = Vec::new();
    let mut rest = text;
    loop {
        let (field, tail) = match rest.strip_prefix('"') {
            Some(quoted) => split_quoted(quoted, delimiter),
            None => match rest.split_once(delimiter) {
                Some((field, tail)) => (field.to_owned(), Some(tail)),
                None => (rest.to_owned(), None),
            },
        };
        fields.push(field);
        match tail {
            Some(tail) => rest = tail,
            None => return fields,
        }
    }
}

fn split_quoted(text: &str, delimiter: char) -> (String, Option<&str>) {
    let mut field = String::new();
    let mut rest = text;
    while let Some(end) = rest.find('"') {
        field.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix('"') {
            Some(tail) => {
                field.push('"');
                rest = tail;
            }
            None => {
                return match rest.split_once(delimiter) {
                    Some((after, tail)) => (field + after, Some(tail)),
                    None => (field + rest, None),
                };
            }
        }
    }
    field.push_str(rest);
    (field, None)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn records(text: &str) -> Vec<String> {
        let input =
            Input::from_reader("test", std::io::Cursor::new(text.as_bytes().to_vec())).unwrap();
        let mut records = Records::new(input);
        let mut found = Vec::new();
        while let Some(record) = records.next(None).unwrap() {
            found.push(record.text);
        }
        found
    }

    #[test]
    fn a_record_ends_where_its_quotes_are_closed() {
        assert_eq!(
            records("a,\"x\r\n\r\ny\",b\r\n\r\nc\r\n"),
            ["a,\"x\n\ny\",b", "c"]
        );
    }

    #[test]
    fn a_quote_that_never_closes_costs_one_line() {
        assert_eq!(records("a,\"x\nb\nc\n"), ["a,\"x", "b", "c"]);
    }

    #[test]
    fn fields_are_split_at_delimiters_outside_quotes() {
        assert_eq!(
            split("a,\"b,\"\"c\"\"\",,d", ','),
            ["a", "b,\"c\"", "", "d"]
        );
    }
}
