//! One line of a W3C extended log, taken apart.
//!
//! A blank separates, so two in a row have an empty field between them (ProxySG, IIS). Writers that fill up with blanks do
//! not mean that: when the line has too many fields so, and just enough without the empty ones, these are left out. A line
//! with more fields than the header has its own new ones at the end. Quotes hold blanks together, and `""` inside them is a
//! quote. A date in brackets is one field.

use super::header::Separator;
use crate::output::Refusal;

/// Where the fields of one line lie; kept between lines for its memory.
#[derive(Debug, Default)]
pub(super) struct Row {
    spans: Vec<Span>,
    /// Texts that had to be changed.
    changed: String,
}

#[derive(Debug, Clone, Copy)]
struct Span {
    start: usize,
    end: usize,
    text: Text,
}

/// Where the text of a field is, and whether it was in quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Text {
    Plain,
    Quoted,
    Changed,
}

impl Row {
    /// Takes a line apart; `columns` is how many fields the header has.
    pub fn split(
        &mut self,
        line: &str,
        separator: Separator,
        columns: usize,
    ) -> Result<(), Refusal> {
        self.spans.clear();
        self.changed.clear();
        let separator = match separator {
            Separator::Blank => b' ',
            Separator::Tab => b'\t',
        };
        let mut at = 0;
        loop {
            let (span, end) = self.field(line, at, separator)?;
            self.spans.push(span);
            match line.as_bytes().get(end) {
                None => break,
                Some(_) => at = end + 1,
            }
        }
        // A separator at the end of the line is no field.
        while self.spans.len() > columns && self.spans.last().is_some_and(Span::is_empty) {
            self.spans.pop();
        }
        if self.spans.len() > columns {
            let filled = self.spans.iter().filter(|span| !span.is_empty()).count();
            if filled == columns {
                self.spans.retain(|span| !span.is_empty());
            }
        }
        match self.spans.len() < columns {
            true => Err(Refusal::new(
                "field_count",
                format!(
                    "the line has {} fields; its header names {columns}",
                    self.spans.len()
                ),
            )),
            false => Ok(()),
        }
    }

    /// One field from `at`, and where it ends.
    fn field(&mut self, line: &str, at: usize, separator: u8) -> Result<(Span, usize), Refusal> {
        let bytes = line.as_bytes();
        let plain_end = |from: usize| {
            memchr::memchr(separator, &bytes[from..]).map_or(bytes.len(), |found| from + found)
        };
        match bytes.get(at) {
            Some(b'"') => self.quoted(line, at, separator),
            Some(b'[')
                if bytes.get(at + 3) == Some(&b'/')
                    && memchr::memchr(b']', &bytes[at..]).is_some_and(|end| end < 32) =>
            {
                let close = at + memchr::memchr(b']', &bytes[at..]).unwrap_or(0);
                let end = plain_end(close);
                Ok((Span::new(at, end, Text::Plain), end))
            }
            _ => {
                let end = plain_end(at);
                Ok((Span::new(at, end, Text::Plain), end))
            }
        }
    }

    fn quoted(&mut self, line: &str, at: usize, separator: u8) -> Result<(Span, usize), Refusal> {
        let bytes = line.as_bytes();
        let mut close = at + 1;
        let mut has_doubled = false;
        loop {
            let Some(found) = memchr::memchr(b'"', &bytes[close..]) else {
                return Err(Refusal::new(
                    "open_quote",
                    format!("the quote at column {} is not closed", at + 1),
                ));
            };
            close += found;
            match bytes.get(close + 1) {
                Some(b'"') => {
                    has_doubled = true;
                    close += 2;
                }
                None => break,
                Some(next) if *next == separator => break,
                // A quote in the middle of a value.
                Some(_) => close += 1,
            }
        }
        if !has_doubled {
            return Ok((Span::new(at + 1, close, Text::Quoted), close + 1));
        }
        let start = self.changed.len();
        let mut rest = &line[at + 1..close];
        while let Some((before, behind)) = rest.split_once("\"\"") {
            self.changed.push_str(before);
            self.changed.push('"');
            rest = behind;
        }
        self.changed.push_str(rest);
        let span = Span::new(start, self.changed.len(), Text::Changed);
        Ok((span, close + 1))
    }

    /// Undoes the `+` that stands for a blank in a field that was not in quotes.
    pub fn undo_plus(&mut self, line: &str, index: usize) {
        let Some(span) = self.spans.get(index).copied() else {
            return;
        };
        let text = &line[span.start..span.end];
        if span.text != Text::Plain || !text.contains('+') || text.contains(' ') {
            return;
        }
        let start = self.changed.len();
        for letter in text.chars() {
            self.changed.push(if letter == '+' { ' ' } else { letter });
        }
        self.spans[index] = Span::new(start, self.changed.len(), Text::Changed);
    }

    pub fn len(&self) -> usize {
        self.spans.len()
    }

    pub fn get<'a>(&'a self, line: &'a str, index: usize) -> &'a str {
        let span = &self.spans[index];
        let text = match span.text {
            Text::Plain | Text::Quoted => line,
            Text::Changed => &self.changed,
        };
        text[span.start..span.end].trim_matches(' ')
    }
}

impl Span {
    fn new(start: usize, end: usize, text: Text) -> Self {
        Self { start, end, text }
    }

    fn is_empty(&self) -> bool {
        self.start == self.end && self.text == Text::Plain
    }
}
