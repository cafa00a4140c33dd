//! Bytes on their way in: opening, decompression, character sets, lines.
//!
//! Everything streams; memory is bounded by the line limit and not by the size of the file.

mod archive;
mod charset;
mod damage;
mod decompress;
mod growth;
mod json_items;
mod lines;
mod paths;
mod text_read;

pub use archive::Member;
pub use damage::Damage;
pub use growth::{
    Directives, Growth, Known, Prefix, compare, first_data_line, head_key, read_through,
};
pub use json_items::{Item, JsonItems};
pub use lines::{LINE_BYTES_MAX, Line, LineEnd, LineReader};
pub use paths::{Expanded, Found, Source, expand};
pub use text_read::TextRead;

use std::fs::File;
use std::io::{self, Read};

/// Bytes of text that sniffing may look at.
pub const HEAD_BYTES: usize = 64 << 10;

/// A place in the middle of a text, behind whole lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Behind {
    /// Lines that stood before it and are read again, since they say how to read what follows.
    pub header: Vec<u8>,
    pub header_lines: u64,
    /// Bytes and lines of the text before it; the header stands among them.
    pub offset: u64,
    pub lines: u64,
}

/// The text of one source: decompressed, in UTF-8 (or in whatever 8-bit set the source has), with its head read already.
pub struct Input {
    /// The name for reports and for `_source_file`.
    pub name: String,
    head: Vec<u8>,
    rest: Box<dyn Read>,
    damage: Damage,
    text: TextRead,
    /// Where the text begins when it is not the start of its source.
    behind: Option<Behind>,
    /// Where it came from, when it can be read once more.
    source: Option<Source>,
}

impl Input {
    /// Opens a file or standard input.
    ///
    /// Errors are those of the file system: it does not exist, may not be read, is a folder.
    pub fn open(source: &Source) -> io::Result<Self> {
        let damage = Damage::default();
        let reader: Box<dyn Read> = match source {
            Source::Path(path) => {
                let file = File::open(path)?;
                if file.metadata()?.is_dir() {
                    return Err(io::Error::new(io::ErrorKind::IsADirectory, "is a folder"));
                }
                Box::new(file)
            }
            Source::Member(member) => member.open(&damage)?,
            Source::Stdin => Box::new(io::stdin().lock()),
        };
        let mut input = Self::decode(source.to_string(), reader, damage)?;
        input.source = source.is_repeatable().then(|| source.clone());
        Ok(input)
    }

    /// The same source from its start, for a look ahead; `None` for what can be read only once.
    pub fn reopen(&self) -> io::Result<Option<Self>> {
        self.source.as_ref().map(Self::open).transpose()
    }

    pub fn from_reader(name: impl Into<String>, reader: impl Read + 'static) -> io::Result<Self> {
        Self::decode(name.into(), Box::new(reader), Damage::default())
    }

    fn decode(name: String, reader: Box<dyn Read>, damage: Damage) -> io::Result<Self> {
        let bytes = decompress::decompress(reader, &damage)?;
        let text = TextRead::default();
        let mut rest = text_read::Told {
            inner: charset::to_utf8(bytes)?,
            text: text.clone(),
        };
        let head = read_up_to(&mut rest, HEAD_BYTES)?;
        Ok(Self {
            name,
            head,
            rest: Box::new(rest),
            damage,
            text,
            behind: None,
            source: None,
        })
    }

    /// Text from the middle of a source, in UTF-8: the header goes before it.
    pub fn behind(name: String, mut text: Box<dyn Read>, behind: Behind) -> io::Result<Self> {
        let mut head = behind.header.clone();
        head.extend(read_up_to(&mut text, HEAD_BYTES)?);
        Ok(Self {
            name,
            head,
            rest: text,
            damage: Damage::default(),
            text: TextRead::default(),
            behind: Some(behind),
            source: None,
        })
    }

    /// Whether it is text from the middle of a source, which is read by lines whatever its first bytes look like.
    pub fn is_behind(&self) -> bool {
        self.behind.as_ref().is_some_and(|behind| behind.offset > 0)
    }

    /// Header lines that are read again: they were counted when they were read first.
    pub fn header_lines(&self) -> u64 {
        self.behind.as_ref().map_or(0, |behind| behind.header_lines)
    }

    /// The same text with a source that can be read from its start, for a look ahead.
    pub fn of_source(mut self, source: &Source) -> Self {
        self.source = source.is_repeatable().then(|| source.clone());
        self
    }

    /// What has been read of the source.
    pub fn text(&self) -> TextRead {
        self.text.clone()
    }

    /// The first [`HEAD_BYTES`] of text, less when the source is shorter.
    pub fn head(&self) -> &[u8] {
        &self.head
    }

    /// What is wrong with the compressed stream, known once the end has been reached.
    pub fn damage(&self) -> Damage {
        self.damage.clone()
    }

    /// All of the text as lines.
    pub fn into_lines(self) -> LineReader<Box<dyn Read>> {
        let (damage, behind) = (self.damage(), self.behind.clone());
        let reader: Box<dyn Read> = Box::new(self.into_reader());
        let reader = LineReader::new(reader, damage);
        match behind {
            Some(behind) => reader.going_on(&behind),
            None => reader,
        }
    }

    /// All of the text from the start.
    pub fn into_reader(self) -> impl Read {
        io::Cursor::new(self.head).chain(self.rest)
    }
}

/// Reads until `limit` bytes are there or the source ends.
fn read_up_to(reader: &mut dyn Read, limit: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(limit as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}
