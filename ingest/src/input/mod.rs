//! Bytes on their way in: opening, decompression, character sets, lines.
//!
//! Everything streams; memory is bounded by the line limit and not by the size of the file.

mod archive;
mod charset;
mod damage;
mod decompress;
mod fingerprint;
mod json_items;
mod lines;
mod paths;

pub use archive::Member;
pub use damage::Damage;
pub use fingerprint::fingerprint;
pub use json_items::{Item, JsonItems};
pub use lines::{LINE_BYTES_MAX, Line, LineEnd, LineReader};
pub use paths::{Expanded, Found, Source, expand};

use std::fs::File;
use std::io::{self, Read};

/// Bytes of text that sniffing may look at.
pub const HEAD_BYTES: usize = 64 << 10;

/// The text of one source: decompressed, in UTF-8 (or in whatever 8-bit set the source has), with its head read already.
pub struct Input {
    /// The name for reports and for `_source_file`.
    pub name: String,
    head: Vec<u8>,
    rest: Box<dyn Read>,
    damage: Damage,
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
        let mut rest = charset::to_utf8(bytes)?;
        let head = read_up_to(&mut rest, HEAD_BYTES)?;
        Ok(Self {
            name,
            head,
            rest,
            damage,
            source: None,
        })
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
    pub fn into_lines(self) -> LineReader<impl Read> {
        let damage = self.damage();
        LineReader::new(self.into_reader(), damage)
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
