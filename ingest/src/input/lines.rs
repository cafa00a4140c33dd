//! Lines with their places, whatever is wrong with them.
//!
//! - A line ends at `\n`, `\r\n` or, in a text that has no `\n` in its head, at `\r`.
//! - A NUL ends a line as well: a crash leaves a run of them between a cut line and a good one. They are counted.
//! - A line over [`LINE_BYTES_MAX`] is told with its first bytes; reading goes on after its end.

use super::{Behind, Damage};
use std::io::{self, Read};

/// Bytes of a line at most.
pub const LINE_BYTES_MAX: usize = 1 << 20;
const BUFFER_BYTES: usize = 64 << 10;

/// A line without its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// Of the first byte, in the decompressed text.
    pub offset: u64,
    /// Counted from 1.
    pub number: u64,
    pub bytes: &'a [u8],
    pub end: LineEnd,
}

/// How a line ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineEnd {
    /// At a line end, or at a NUL.
    Terminated,
    /// At the end of the text.
    EndOfText,
    /// Where a damaged compressed stream broke off: the line is not whole.
    CutOff,
    /// It has more than [`LINE_BYTES_MAX`] bytes, this many; `bytes` are the first.
    TooLong(u64),
}

pub struct LineReader<R> {
    inner: R,
    buffer: Vec<u8>,
    /// The unread bytes are `buffer[start..]`.
    start: usize,
    offset: u64,
    number: u64,
    nul_bytes: u64,
    newline: u8,
    /// Lines do not end at `\r` alone, whatever the first bytes look like.
    newline_is_known: bool,
    ended: bool,
    damage: Damage,
}

impl<R: Read> LineReader<R> {
    /// `damage` is that of the stream below: a last line without an end is told as cut off when there is any.
    pub fn new(inner: R, damage: Damage) -> Self {
        Self {
            inner,
            damage,
            buffer: Vec::with_capacity(BUFFER_BYTES),
            start: 0,
            offset: 0,
            number: 0,
            nul_bytes: 0,
            newline: b'\n',
            newline_is_known: false,
            ended: false,
        }
    }

    /// Counts bytes and lines from this place. The header is read first and has the places just before it.
    pub fn going_on(mut self, behind: &Behind) -> Self {
        self.offset = behind.offset.saturating_sub(behind.header.len() as u64);
        self.number = behind.lines.saturating_sub(behind.header_lines);
        self.newline_is_known = true;
        self
    }

    /// Bytes of the lines given so far.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Whether lines end at `\n`, as in a text that can grow.
    pub fn ends_at_newlines(&self) -> bool {
        self.newline == b'\n'
    }

    /// NUL bytes passed over so far.
    pub fn nul_bytes(&self) -> u64 {
        self.nul_bytes
    }

    /// Lines given so far.
    pub fn lines(&self) -> u64 {
        self.number
    }

    /// The next line, or `None` at the end.
    pub fn next_line(&mut self) -> io::Result<Option<Line<'_>>> {
        if !self.newline_is_known {
            self.fill()?;
            self.choose_newline();
            self.newline_is_known = true;
        }
        self.skip_nuls()?;
        let mut searched = 0;
        loop {
            let unread = &self.buffer[self.start + searched..];
            if let Some(found) = memchr::memchr2(self.newline, 0, unread) {
                let end = self.start + searched + found;
                if end - self.start > LINE_BYTES_MAX {
                    return self.too_long(end - self.start).map(Some);
                }
                let consumed = end + usize::from(self.buffer[end] == self.newline);
                return Ok(Some(self.take(end, consumed, LineEnd::Terminated)));
            }
            searched = self.buffer.len() - self.start;
            if searched > LINE_BYTES_MAX {
                return self.too_long(searched).map(Some);
            }
            if self.fill()? == 0 {
                return match self.buffer.len() - self.start {
                    0 => Ok(None),
                    _ => {
                        let how = if self.damage.is_some() {
                            LineEnd::CutOff
                        } else {
                            LineEnd::EndOfText
                        };
                        Ok(Some(self.take(self.buffer.len(), self.buffer.len(), how)))
                    }
                };
            }
        }
    }

    fn take(&mut self, end: usize, consumed: usize, how: LineEnd) -> Line<'_> {
        let (start, offset) = (self.start, self.offset);
        self.offset += (consumed - start) as u64;
        self.start = consumed;
        self.number += 1;
        let mut bytes = &self.buffer[start..end];
        if self.newline == b'\n' {
            bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        }
        Line {
            offset,
            number: self.number,
            bytes,
            end: how,
        }
    }

    /// The head of a line that is too long, after its rest has been passed over. `known` bytes of it are in the buffer.
    fn too_long(&mut self, known: usize) -> io::Result<Line<'_>> {
        const HEAD_BYTES: usize = 4096;
        let head = self.buffer[self.start..self.start + HEAD_BYTES].to_vec();
        let (offset, mut length) = (self.offset, 0_u64);
        let mut searched = known;
        loop {
            let unread = &self.buffer[self.start + searched..];
            let found = memchr::memchr2(self.newline, 0, unread);
            let step = searched + found.unwrap_or(unread.len());
            length += step as u64;
            self.start += step;
            self.offset += step as u64;
            searched = 0;
            if found.is_some() {
                if self.buffer[self.start] == self.newline {
                    self.start += 1;
                    self.offset += 1;
                }
                break;
            }
            if self.fill()? == 0 {
                break;
            }
        }
        self.number += 1;
        // The head takes the place of bytes that have been read, so that the line can be lent like any other.
        self.buffer.splice(..self.start, head);
        self.start = HEAD_BYTES;
        Ok(Line {
            offset,
            number: self.number,
            bytes: &self.buffer[..HEAD_BYTES],
            end: LineEnd::TooLong(length),
        })
    }

    fn skip_nuls(&mut self) -> io::Result<()> {
        loop {
            let unread = &self.buffer[self.start..];
            let nuls = unread.iter().take_while(|byte| **byte == 0).count();
            let all = nuls == unread.len();
            self.start += nuls;
            self.offset += nuls as u64;
            self.nul_bytes += nuls as u64;
            if nuls > 0 && !all && self.buffer[self.start] == self.newline {
                self.start += 1;
                self.offset += 1;
                continue;
            }
            if !all || self.fill()? == 0 {
                return Ok(());
            }
        }
    }

    /// Reads more; 0 at the end of the text.
    fn fill(&mut self) -> io::Result<usize> {
        if self.ended {
            return Ok(0);
        }
        if self.start > 0 {
            self.buffer.drain(..self.start);
            self.start = 0;
        }
        let length = self.buffer.len();
        self.buffer.resize(length + BUFFER_BYTES, 0);
        let count = loop {
            match self.inner.read(&mut self.buffer[length..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                result => break result,
            }
        };
        self.buffer.truncate(length + *count.as_ref().unwrap_or(&0));
        self.ended = !matches!(count, Ok(1..));
        count
    }

    fn choose_newline(&mut self) {
        if memchr::memchr(b'\n', &self.buffer).is_none()
            && memchr::memchr(b'\r', &self.buffer).is_some()
        {
            self.newline = b'\r';
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(text: &[u8]) -> (Vec<(u64, Vec<u8>, LineEnd)>, u64) {
        let mut reader = LineReader::new(text, Damage::default());
        let mut lines = Vec::new();
        while let Some(line) = reader.next_line().unwrap() {
            lines.push((line.offset, line.bytes.to_vec(), line.end));
        }
        let nuls = reader.nul_bytes();
        (lines, nuls)
    }

    #[test]
    fn lines_end_at_any_line_end_and_know_their_offsets() {
        let (lines, _) = read(b"a\r\nbb\n\nc");
        let expected = [
            (0, "a", LineEnd::Terminated),
            (3, "bb", LineEnd::Terminated),
            (6, "", LineEnd::Terminated),
            (7, "c", LineEnd::EndOfText),
        ];
        assert_eq!(
            lines,
            expected.map(|(o, t, e)| (o, t.as_bytes().to_vec(), e))
        );
        assert_eq!(read(b"a\rb\r").0.len(), 2);
    }

    #[test]
    fn a_run_of_nuls_separates_lines_and_is_counted() {
        let (lines, nuls) = read(b"cut\0\0\0good\n\0\0\nlast\n");
        let texts: Vec<_> = lines
            .iter()
            .map(|line| String::from_utf8_lossy(&line.1).into_owned())
            .collect();
        assert_eq!(texts, ["cut", "good", "last"]);
        assert_eq!(lines[1].0, 6);
        assert_eq!(nuls, 5);
    }

    #[test]
    fn a_huge_line_costs_that_line_only() {
        let mut text = b"first\n".to_vec();
        text.extend(vec![b'x'; 50 << 20]);
        text.extend(b"\nlast\n");
        let (lines, _) = read(&text);
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[1].2, LineEnd::TooLong(50 << 20));
        assert_eq!(lines[2].1, b"last");
        assert_eq!(lines[2].0, text.len() as u64 - 5);
    }
}
