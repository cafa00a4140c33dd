//! A text that was read before: whether it is the same, and how to go on behind the part that was read.
//!
//! A source is found again by its head and compared by the hash of everything that was read of it. The head is the first
//! line of data: what begins with `#` does not count, since every rotated Zeek or W3C file begins with the same header.
//!
//! Going on in the middle needs three things of the part before: the header that holds there, how often each line has
//! occurred (record ids count equal records), and the number of lines. All come from one pass over its lines; no record of
//! it is parsed again.

use super::text_read::{TextRead, Told};
use super::{Behind, Input, LineReader, Source};
use crate::identity::PassedLines;
use huntql_store::SourceNote;
use std::io::{self, Read};

/// How a format's files grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Growth {
    /// It must be read from its start to be understood: a document, a binary file, a log with state in its records.
    Whole,
    /// Line by line: each line is at most one record, whose id is made of the line's bytes, and what is to be known of the
    /// lines before stands in those that begin with `#`.
    Lines,
}

/// Header lines kept at most; a file with more is read from its start.
const DIRECTIVES_MAX: usize = 4096;

/// The last header line of each name, in the order in which they stood.
#[derive(Debug, Clone, Default)]
pub struct Directives(Vec<Vec<u8>>);

impl Directives {
    /// Takes up a line that begins with `#`.
    pub fn take_up(&mut self, line: &[u8]) {
        let name = name_of(line);
        self.0.retain(|known| name_of(known) != name);
        self.0.push(line.to_vec());
    }

    pub fn is_complete(&self) -> bool {
        self.0.len() <= DIRECTIVES_MAX
    }

    /// The place behind `offset` bytes and `lines` lines, with these lines to be read before it.
    pub fn behind(&self, offset: u64, lines: u64) -> Behind {
        let mut header = Vec::new();
        for line in &self.0 {
            header.extend_from_slice(line);
            header.push(b'\n');
        }
        Behind {
            header,
            header_lines: self.0.len() as u64,
            offset,
            lines,
        }
    }
}

fn name_of(line: &[u8]) -> &[u8] {
    let end = line
        .iter()
        .position(|byte| byte.is_ascii_whitespace() || *byte == b':');
    &line[..end.unwrap_or(line.len())]
}

/// The first whole line that is neither blank nor a header.
pub fn first_data_line(head: &[u8]) -> Option<&[u8]> {
    let mut rest = head;
    while let Some(end) = memchr::memchr(b'\n', rest) {
        let line = rest[..end].strip_suffix(b"\r").unwrap_or(&rest[..end]);
        if !line.starts_with(b"#") && !line.trim_ascii().is_empty() {
            return Some(line);
        }
        rest = &rest[end + 1..];
    }
    None
}

/// What the sources of this head are noted under.
pub fn head_key(growth: Growth, head: &[u8]) -> String {
    match (growth, first_data_line(head)) {
        (Growth::Lines, Some(line)) => blake3::hash(line),
        (Growth::Lines, None) | (Growth::Whole, _) => blake3::hash(head),
    }
    .to_hex()
    .to_string()
}

/// What a text is to the sources that are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    No,
    /// The text ends where it was read to.
    Whole(SourceNote),
    /// More text has come since. `cut` says that its last line was read when it was not whole.
    Grown {
        note: SourceNote,
        cut: bool,
    },
}

/// Compares the text with `notes`: that wins which was read farthest. Reads no farther than any of them.
pub fn compare(source: &Source, mut notes: Vec<SourceNote>) -> io::Result<Known> {
    if notes.is_empty() || !source.is_repeatable() {
        return Ok(Known::No);
    }
    notes.sort_by_key(|note| note.offset);
    let input = Input::open(source)?;
    let mut reader = input.into_reader();
    let mut hasher = blake3::Hasher::new();
    let mut found = None;
    let mut at = 0;
    for note in notes {
        at += pass(&mut reader, &mut hasher, note.offset - at)?;
        if at < note.offset {
            break;
        }
        if hasher.finalize().to_hex().as_str() == note.hash {
            found = Some(note);
        }
    }
    let Some(note) = found else {
        return Ok(Known::No);
    };
    if note.offset < at {
        // A longer source begins alike and goes on otherwise; what comes here has been passed.
        return Ok(Known::Grown { note, cut: false });
    }
    let mut next = [0];
    let came = pass_bytes(&mut reader, &mut next)?;
    Ok(match came {
        0 => Known::Whole(note),
        _ => {
            let cut = note.line_start < note.offset && !matches!(next[0], b'\n' | b'\r');
            Known::Grown { note, cut }
        }
    })
}

/// Hashes the next `length` bytes; tells how many there were.
fn pass(reader: &mut impl Read, hasher: &mut blake3::Hasher, length: u64) -> io::Result<u64> {
    let mut buffer = vec![0; 256 << 10];
    let mut passed = 0;
    while passed < length {
        let wanted = (length - passed).min(buffer.len() as u64) as usize;
        let count = pass_bytes(reader, &mut buffer[..wanted])?;
        if count == 0 {
            break;
        }
        hasher.update(&buffer[..count]);
        passed += count as u64;
    }
    Ok(passed)
}

fn pass_bytes(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match reader.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

/// What the part before says about the lines behind it.
pub struct Prefix {
    /// Of the part alone.
    pub text: TextRead,
    pub directives: Directives,
    pub lines: u64,
    pub passed: PassedLines,
}

impl Input {
    /// Passes over the first `length` bytes, which end with a line, and stands behind them.
    ///
    /// `None` when there are fewer, or when they do not let one go on in the middle.
    pub fn pass_over(self, length: u64) -> io::Result<Option<(Self, Prefix)>> {
        let (name, damage, text, source) = (
            self.name.clone(),
            self.damage.clone(),
            self.text.clone(),
            self.source.clone(),
        );
        let mut reader: Box<dyn Read> = Box::new(self.into_reader());
        let mut prefix = Prefix {
            text: TextRead::default(),
            directives: Directives::default(),
            lines: 0,
            passed: PassedLines::default(),
        };
        let told = Told {
            inner: (&mut reader).take(length),
            text: prefix.text.clone(),
        };
        let mut lines = LineReader::new(told, damage.clone());
        while let Some(line) = lines.next_line()? {
            if line.bytes.starts_with(b"#") {
                prefix.directives.take_up(line.bytes);
            } else {
                prefix.passed.pass(line.bytes);
            }
        }
        prefix.lines = lines.lines();
        let whole = lines.offset() == length && lines.ends_at_newlines();
        if !whole || !prefix.directives.is_complete() {
            return Ok(None);
        }
        let behind = prefix.directives.behind(length, prefix.lines);
        let mut input = Self::behind(name, reader, behind)?;
        (input.damage, input.text, input.source) = (damage, text, source);
        Ok(Some((input, prefix)))
    }
}

/// Reads a source to its end for its hash alone.
pub fn read_through(source: &Source) -> io::Result<TextRead> {
    let input = Input::open(source)?;
    let text = input.text();
    io::copy(&mut input.into_reader(), &mut io::sink())?;
    Ok(text)
}
