//! Records that could not be kept, as they are written beside the table: one JSON object a line.

use serde::Serialize;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Bytes of the raw record that a reject keeps.
pub const RAW_BYTES_MAX: usize = 4096;

/// One record that was not kept, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reject {
    pub file: String,
    /// Of the file's head: its first line of data.
    pub fingerprint: Option<String>,
    /// Byte offset of the record in the decompressed text.
    pub offset: u64,
    /// Line number, counted from 1; for a record inside a JSON document its ordinal.
    pub line: u64,
    /// A short stable name of the reason.
    pub code: &'static str,
    pub message: String,
    /// The record, at most [`RAW_BYTES_MAX`] bytes of it, with `\xNN` for what is no UTF-8.
    pub raw: String,
}

impl Reject {
    /// The text of a raw record as a reject keeps it.
    pub fn raw_text(bytes: &[u8]) -> String {
        let cut = &bytes[..bytes.len().min(RAW_BYTES_MAX)];
        crate::text::lossless(cut, crate::text::Escape::Plain)
            .0
            .into_owned()
    }
}

/// A file of rejects. It comes into being with the first one.
#[derive(Debug)]
pub struct RejectFile {
    path: PathBuf,
    writer: Option<BufWriter<File>>,
}

impl RejectFile {
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            writer: None,
        }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends a reject.
    pub fn write(&mut self, reject: &Reject) -> io::Result<()> {
        let writer = match &mut self.writer {
            Some(writer) => writer,
            none => {
                let file = File::options().create(true).append(true).open(&self.path)?;
                none.insert(BufWriter::new(file))
            }
        };
        serde_json::to_writer(&mut *writer, reject)?;
        writer.write_all(b"\n")
    }

    /// Brings everything written to the file.
    pub fn flush(&mut self) -> io::Result<()> {
        self.writer.as_mut().map_or(Ok(()), Write::flush)
    }
}
