//! The records of a JSON document, one at a time, however large the document.
//!
//! A record is an object that does not itself hold rows: the elements of an array at the top or under one of the
//! [`ROWS_KEYS`], or the top objects one after the other. Commas may be missing (Microsoft's own example of an Event Hub
//! message has none). Only brackets and strings are looked at here; whether a record is good JSON is its reader's question.
//!
//! A string that runs over a line end is broken: the line is told as such, and reading goes on behind it. So is a record that
//! is cut: a line that begins with `{"` where no object can stand is the next record.

use std::io::{self, Read};

/// Keys under which an array of rows stands.
pub const ROWS_KEYS: &[&str] = &["records", "Results", "results", "body", "value"];
/// Bytes of a record at most.
pub const RECORD_BYTES_MAX: usize = 16 << 20;
const FILL_BYTES: usize = 256 << 10;

/// One record, or what stood where one was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item<'a> {
    /// Of the first byte, in the decompressed text.
    pub offset: u64,
    /// Counted from 1.
    pub ordinal: u64,
    pub bytes: &'a [u8],
    pub problem: Option<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Frame {
    Array,
    Object,
}

/// What stands at the place that was looked at.
enum Found {
    /// A record of this many bytes.
    Record(usize),
    /// An object or array to go into; its rows begin after this many bytes.
    Rows(usize, Vec<Frame>),
    /// Something to pass over.
    Passed(usize),
    Broken(usize, &'static str),
}

type Scan<T> = io::Result<Result<T, (usize, &'static str)>>;

pub struct JsonItems<R> {
    inner: R,
    buffer: Vec<u8>,
    start: usize,
    offset: u64,
    ordinal: u64,
    ended: bool,
    stack: Vec<Frame>,
    schema: Option<String>,
}

const CUT: &str = "the record is cut: another begins on the next line";

/// Whether an object can follow: in an array, at its beginning or behind a comma.
fn holds_objects(open: Option<&u8>, last: u8) -> bool {
    open == Some(&b'[') && matches!(last, b'[' | b',')
}

impl<R: Read> JsonItems<R> {
    pub fn new(inner: R) -> Self {
        Self {
            inner,
            buffer: Vec::new(),
            start: 0,
            offset: 0,
            ordinal: 0,
            ended: false,
            stack: Vec::new(),
            schema: None,
        }
    }

    /// The JSON of the member `Schema` or `schema`, once it has been passed.
    pub fn schema(&self) -> Option<&str> {
        self.schema.as_deref()
    }

    /// The next record, or `None` at the end.
    pub fn next_item(&mut self) -> io::Result<Option<Item<'_>>> {
        loop {
            self.skip_blanks()?;
            let Some(byte) = self.byte(0)? else {
                return Ok(None);
            };
            let found = match byte {
                b']' | b'}' => {
                    self.stack.pop();
                    Found::Passed(1)
                }
                b'[' => Found::Rows(1, vec![Frame::Array]),
                b'{' => self.object(1)?,
                b'"' if self.stack.last() == Some(&Frame::Object) => self.members(0)?,
                _ => Found::Broken(
                    self.line_end(0)?,
                    "no JSON object where a record was expected",
                ),
            };
            match found {
                Found::Passed(length) => self.consume(length),
                Found::Rows(length, frames) => {
                    self.consume(length);
                    self.stack.extend(frames);
                }
                Found::Record(length) => return Ok(Some(self.take(length, None))),
                Found::Broken(length, problem) => {
                    return Ok(Some(self.take(length.max(1), Some(problem))));
                }
            }
        }
    }

    /// An object whose members begin at `at`.
    fn object(&mut self, at: usize) -> io::Result<Found> {
        match self.members(at)? {
            Found::Passed(end) => Ok(Found::Record(end)),
            Found::Rows(at, mut frames) => {
                frames.insert(0, Frame::Object);
                Ok(Found::Rows(at, frames))
            }
            other => Ok(other),
        }
    }

    /// Members up to rows, or up to and with the closing bracket.
    fn members(&mut self, mut at: usize) -> io::Result<Found> {
        loop {
            at = self.blanks_from(at)?;
            match self.byte(at)? {
                Some(b'}') => return Ok(Found::Passed(at + 1)),
                Some(b'"') => {}
                Some(b'{') if self.begins_line(at)? => return Ok(Found::Broken(at, CUT)),
                Some(_) => {
                    return Ok(Found::Broken(
                        self.line_end(at)?,
                        "no member name where one was expected",
                    ));
                }
                None => return Ok(Found::Broken(at, "the text ends inside a record")),
            }
            let key_start = at + 1;
            at = match self.string(at)? {
                Ok(end) => end,
                Err((end, problem)) => return Ok(Found::Broken(end, problem)),
            };
            let key_end = at - 1;
            at = self.blanks_from(at)?;
            if self.byte(at)? == Some(b':') {
                at = self.blanks_from(at + 1)?;
            }
            if self.begins_line(at)? {
                return Ok(Found::Broken(at, CUT));
            }
            let key = &self.buffer[self.start + key_start..self.start + key_end];
            let holds_rows = ROWS_KEYS.iter().any(|known| known.as_bytes() == key);
            let is_schema = key.eq_ignore_ascii_case(b"schema");
            match self.byte(at)? {
                Some(b'[') if holds_rows => return Ok(Found::Rows(at + 1, vec![Frame::Array])),
                Some(b'{') if holds_rows => return Ok(Found::Rows(at, Vec::new())),
                _ => {}
            }
            let value_start = at;
            at = match self.value(at)? {
                Ok(end) => end,
                Err((end, problem)) => return Ok(Found::Broken(end, problem)),
            };
            if is_schema {
                let bytes = &self.buffer[self.start + value_start..self.start + at];
                self.schema = Some(String::from_utf8_lossy(bytes).into_owned());
            }
        }
    }

    /// The end of the value at `at`.
    fn value(&mut self, mut at: usize) -> Scan<usize> {
        // The brackets that are open, and the last byte that was no blank.
        let (mut open, mut last) = (Vec::new(), b':');
        loop {
            let depth = open.len();
            if at > RECORD_BYTES_MAX {
                return Ok(Err((at, "a record has more bytes than are read")));
            }
            match self.byte(at)? {
                None => return Ok(Err((at, "the text ends inside a record"))),
                Some(b'"') => match self.string(at)? {
                    Ok(end) => at = end,
                    Err(problem) => return Ok(Err(problem)),
                },
                Some(b'{') if self.begins_line(at)? && !holds_objects(open.last(), last) => {
                    return Ok(Err((at, CUT)));
                }
                Some(bracket @ (b'{' | b'[')) => {
                    open.push(bracket);
                    last = bracket;
                    at += 1;
                    continue;
                }
                Some(b'}' | b']') if depth == 0 => return Ok(Ok(at)),
                Some(b'}' | b']') => {
                    open.pop();
                    at += 1;
                }
                Some(b',') if depth == 0 => return Ok(Ok(at)),
                Some(byte) => {
                    if !byte.is_ascii_whitespace() {
                        last = byte;
                    }
                    at += 1;
                    continue;
                }
            }
            last = b'"';
            if open.is_empty() {
                return Ok(Ok(at));
            }
        }
    }

    /// Whether `{"` stands at `at`, at the beginning of a line.
    fn begins_line(&mut self, at: usize) -> io::Result<bool> {
        let after_newline = at > 0 && matches!(self.byte(at - 1)?, Some(b'\n' | b'\r'));
        Ok(after_newline && self.byte(at)? == Some(b'{') && self.byte(at + 1)? == Some(b'"'))
    }

    /// The end of the string that opens at `at`.
    fn string(&mut self, at: usize) -> Scan<usize> {
        let mut at = at + 1;
        loop {
            if self.byte(at)?.is_none() {
                return Ok(Err((at, "the text ends inside a record")));
            }
            let unread = &self.buffer[self.start + at..];
            match memchr::memchr3(b'"', b'\\', b'\n', unread) {
                None => at += unread.len(),
                Some(index) => match unread[index] {
                    b'"' => return Ok(Ok(at + index + 1)),
                    // A line that was cut behind a backslash ends all the same.
                    b'\\' => {
                        let escaped = self.byte(at + index + 1)?;
                        at += index + if escaped == Some(b'\n') { 1 } else { 2 };
                    }
                    _ => return Ok(Err((at + index, "a string runs over the end of its line"))),
                },
            }
            if at > RECORD_BYTES_MAX {
                return Ok(Err((at, "a record has more bytes than are read")));
            }
        }
    }

    fn line_end(&mut self, mut at: usize) -> io::Result<usize> {
        while at < RECORD_BYTES_MAX && self.byte(at)?.is_some_and(|byte| byte != b'\n') {
            at += 1;
        }
        Ok(at)
    }

    fn blanks_from(&mut self, mut at: usize) -> io::Result<usize> {
        while self
            .byte(at)?
            .is_some_and(|byte| byte.is_ascii_whitespace() || byte == b',' || byte == 0)
        {
            at += 1;
        }
        Ok(at)
    }

    fn skip_blanks(&mut self) -> io::Result<()> {
        while self
            .byte(0)?
            .is_some_and(|byte| byte.is_ascii_whitespace() || byte == b',' || byte == 0)
        {
            self.consume(1);
        }
        Ok(())
    }

    /// The byte `at` places after the unread start; `None` behind the end of the text.
    fn byte(&mut self, at: usize) -> io::Result<Option<u8>> {
        while self.start + at >= self.buffer.len() {
            if self.ended {
                return Ok(None);
            }
            self.fill()?;
        }
        Ok(Some(self.buffer[self.start + at]))
    }

    fn fill(&mut self) -> io::Result<()> {
        self.buffer.drain(..self.start);
        self.start = 0;
        let length = self.buffer.len();
        self.buffer.resize(length + FILL_BYTES, 0);
        let count = match self.inner.read(&mut self.buffer[length..]) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                self.buffer.truncate(length);
                return Ok(());
            }
            other => other,
        };
        self.buffer.truncate(length + *count.as_ref().unwrap_or(&0));
        self.ended = count? == 0;
        Ok(())
    }

    fn consume(&mut self, length: usize) {
        let length = length.min(self.buffer.len() - self.start);
        self.start += length;
        self.offset += length as u64;
    }

    fn take(&mut self, length: usize, problem: Option<&'static str>) -> Item<'_> {
        let (start, offset) = (self.start, self.offset);
        self.consume(length);
        self.ordinal += 1;
        Item {
            offset,
            ordinal: self.ordinal,
            bytes: &self.buffer[start..self.start],
            problem,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn items(text: &str) -> Vec<(String, bool)> {
        let mut items = JsonItems::new(text.as_bytes());
        let mut found = Vec::new();
        while let Some(item) = items.next_item().unwrap() {
            found.push((
                String::from_utf8_lossy(item.bytes).into_owned(),
                item.problem.is_none(),
            ));
        }
        found
    }

    fn good(texts: &[&str]) -> Vec<(String, bool)> {
        texts
            .iter()
            .map(|text| ((*text).to_owned(), true))
            .collect()
    }

    #[test]
    fn records_are_found_in_every_envelope() {
        let expected = good(&["{\"a\":1}", "{\"a\":[2]}"]);
        assert_eq!(items("{\"a\":1}\n{\"a\":[2]}"), expected);
        assert_eq!(items("[{\"a\":1}, {\"a\":[2]}]"), expected);
        assert_eq!(items("{\"records\":[{\"a\":1} {\"a\":[2]}]}"), expected);
        assert_eq!(
            items("{\"x\":{\"y\":1},\"body\":{\"records\":[{\"a\":1},{\"a\":[2]}]},\"z\":0}"),
            expected
        );
        assert_eq!(
            items(
                "{\"Stats\":{},\"Schema\":[{\"Name\":\"a\"}],\"Results\":[{\"a\":1},{\"a\":[2]}],\"t\":1}"
            ),
            expected
        );
    }

    #[test]
    fn brackets_in_strings_do_not_count() {
        assert_eq!(
            items("[{\"a\":\"}]\\\"{\"}]"),
            good(&["{\"a\":\"}]\\\"{\"}"])
        );
    }

    #[test]
    fn a_broken_string_costs_its_line() {
        let found = items("[\n{\"a\":\"x\n},\n{\"a\":2}\n]");
        assert_eq!(found.iter().filter(|(_, good)| *good).count(), 1);
        assert_eq!(found.last(), Some(&("{\"a\":2}".to_owned(), true)));
        let behind_a_backslash = items("{\"a\":\"x\\\n{\"a\":2}\n");
        assert_eq!(
            behind_a_backslash.last(),
            Some(&("{\"a\":2}".to_owned(), true))
        );
    }

    #[test]
    fn a_cut_line_costs_itself_and_not_the_next() {
        for cut in [
            r#"{"a":1"#,
            r#"{"a":{"b":1"#,
            r#"{"a":1,"#,
            r#"{"a":"#,
            r#"{"a":[1"#,
            r#"{"a":{"b":1},"#,
            r#"{"a":{"b":1,"#,
        ] {
            let text = format!("{{\"x\":1}}\n{cut}\n{{\"y\":2}}\n");
            let found = items(&text);
            let good: Vec<&str> = found
                .iter()
                .filter(|(_, is_good)| *is_good)
                .map(|(text, _)| text.as_str())
                .collect();
            assert_eq!(good, [r#"{"x":1}"#, r#"{"y":2}"#], "{cut}");
            assert_eq!(found.len(), 3, "{cut}");
        }
    }

    #[test]
    fn a_cut_document_keeps_its_whole_records() {
        let found = items("{\"Results\":[{\"a\":1},{\"a\":");
        assert_eq!(
            found,
            [
                ("{\"a\":1}".to_owned(), true),
                ("{\"a\":".to_owned(), false)
            ]
        );
    }
}
