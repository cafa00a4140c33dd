//! The growing end of a file or of a pipe, in pieces of whole lines.
//!
//! A file is looked at by its length and its time of change, which works on network shares as well. What stands before the
//! place that was reached is compared each time: a file that was truncated and written anew is another text, also when it
//! is longer than before.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::time::SystemTime;

/// Bytes read in one piece.
const PIECE_BYTES: usize = 4 << 20;
/// Bytes before the place reached that must still be the same.
const BEFORE_BYTES: u64 = 512;

/// Whether more may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Writer {
    /// A last line without its end is held back.
    MayGoOn,
    /// The last line ends with the text.
    IsGone,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    Idle,
    /// Whole lines; or a piece of one that is longer than any line may be; or the last line of a writer that is gone.
    Piece(Vec<u8>),
    /// The text that was read is no longer there.
    Replaced,
    /// Nothing more will come.
    End,
}

pub(super) enum Tail {
    File(FileTail),
    Pipe(PipeTail),
}

impl Tail {
    pub fn next(&mut self, writer: Writer) -> io::Result<Step> {
        match self {
            Tail::File(file) => file.next(writer),
            Tail::Pipe(pipe) => pipe.next(),
        }
    }

    /// Bytes of a last line without its end that were there when it was looked last.
    pub fn held_back(&self) -> u64 {
        match self {
            Tail::File(file) => file.seen.0.saturating_sub(file.position),
            Tail::Pipe(pipe) => pipe.pending.len() as u64,
        }
    }
}

pub(super) struct FileTail {
    file: File,
    /// In the file's bytes.
    position: u64,
    before: Vec<u8>,
    /// Length and time of change when it was looked last.
    seen: (u64, Option<SystemTime>),
}

impl FileTail {
    /// Stands at `position`, which is behind a line.
    pub fn new(mut file: File, position: u64) -> io::Result<Self> {
        let from = position.saturating_sub(BEFORE_BYTES);
        file.seek(SeekFrom::Start(from))?;
        let mut before = Vec::new();
        (&file).take(position - from).read_to_end(&mut before)?;
        Ok(Self {
            file,
            position,
            before,
            seen: (0, None),
        })
    }

    fn next(&mut self, writer: Writer) -> io::Result<Step> {
        let meta = self.file.metadata()?;
        let looks = (meta.len(), meta.modified().ok());
        if meta.len() < self.position {
            return Ok(Step::Replaced);
        }
        if looks == self.seen && writer == Writer::MayGoOn {
            return Ok(Step::Idle);
        }
        let mut bytes = Vec::new();
        self.file
            .seek(SeekFrom::Start(self.position - self.before.len() as u64))?;
        (&self.file)
            .take((self.before.len() + PIECE_BYTES) as u64)
            .read_to_end(&mut bytes)?;
        if !bytes.starts_with(&self.before) {
            return Ok(Step::Replaced);
        }
        bytes.drain(..self.before.len());
        let end = piece_end(&bytes, writer);
        if end == bytes.len() && bytes.len() < PIECE_BYTES || end == 0 {
            // All was taken that can be; before that, the rest is looked at again at once.
            self.seen = looks;
        }
        if end == 0 {
            return Ok(Step::Idle);
        }
        bytes.truncate(end);
        self.position += end as u64;
        self.before
            .extend_from_slice(&bytes[end.saturating_sub(BEFORE_BYTES as usize)..]);
        let surplus = self.before.len().saturating_sub(BEFORE_BYTES as usize);
        self.before.drain(..surplus);
        Ok(Step::Piece(bytes))
    }
}

/// How many of the bytes are whole lines. A line that fills a piece is given out in parts: it is too long for any reader.
fn piece_end(bytes: &[u8], writer: Writer) -> usize {
    match memchr::memrchr(b'\n', bytes) {
        _ if writer == Writer::IsGone && bytes.len() < PIECE_BYTES => bytes.len(),
        Some(end) => end + 1,
        None if bytes.len() >= PIECE_BYTES => bytes.len(),
        None => 0,
    }
}

/// Standard input, read by a thread of its own so that waiting for it does not keep a commit from being made.
pub(super) struct PipeTail {
    pieces: Receiver<Vec<u8>>,
    pending: Vec<u8>,
    ended: bool,
}

impl PipeTail {
    pub fn stdin() -> Self {
        let (sender, pieces) = sync_channel(16);
        std::thread::spawn(move || {
            let mut input = io::stdin().lock();
            loop {
                let mut buffer = vec![0; 64 << 10];
                match input.read(&mut buffer) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Ok(0) | Err(_) => return,
                    Ok(count) => {
                        buffer.truncate(count);
                        if sender.send(buffer).is_err() {
                            return;
                        }
                    }
                }
            }
        });
        Self {
            pieces,
            pending: Vec::new(),
            ended: false,
        }
    }

    /// The first whole lines, for sniffing; they stay. Empty while none has come.
    pub fn head(&mut self) -> &[u8] {
        self.receive();
        let writer = if self.ended {
            Writer::IsGone
        } else {
            Writer::MayGoOn
        };
        &self.pending[..piece_end(&self.pending, writer)]
    }

    pub fn is_over(&self) -> bool {
        self.ended && self.pending.is_empty()
    }

    fn receive(&mut self) {
        while self.pending.len() < PIECE_BYTES {
            match self.pieces.try_recv() {
                Ok(piece) => self.pending.extend(piece),
                Err(TryRecvError::Empty) => return,
                Err(TryRecvError::Disconnected) => {
                    self.ended = true;
                    return;
                }
            }
        }
    }

    fn next(&mut self) -> io::Result<Step> {
        self.receive();
        let writer = if self.ended {
            Writer::IsGone
        } else {
            Writer::MayGoOn
        };
        let end = piece_end(&self.pending, writer);
        if end == 0 {
            return Ok(if self.ended { Step::End } else { Step::Idle });
        }
        let rest = self.pending.split_off(end);
        Ok(Step::Piece(std::mem::replace(&mut self.pending, rest)))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::fs::OpenOptions;
    use std::io::Write;
    use std::path::Path;

    fn append(path: &Path, text: &str) {
        let mut file = OpenOptions::new().append(true).open(path).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    fn piece(text: &str) -> Step {
        Step::Piece(text.as_bytes().to_vec())
    }

    #[test]
    fn a_last_line_is_held_back_until_it_ends_or_its_writer_is_gone() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut tail = FileTail::new(file.reopen().unwrap(), 0).unwrap();
        append(file.path(), "one\ntw");
        assert_eq!(tail.next(Writer::MayGoOn).unwrap(), piece("one\n"));
        assert_eq!(tail.next(Writer::MayGoOn).unwrap(), Step::Idle);
        append(file.path(), "o\nthree");
        assert_eq!(tail.next(Writer::MayGoOn).unwrap(), piece("two\n"));
        assert_eq!(tail.next(Writer::IsGone).unwrap(), piece("three"));
        assert_eq!(tail.next(Writer::IsGone).unwrap(), Step::Idle);
    }

    #[test]
    fn a_text_that_was_written_anew_is_noticed_also_when_it_is_longer() {
        let file = tempfile::NamedTempFile::new().unwrap();
        append(file.path(), "one\n");
        let mut tail = FileTail::new(file.reopen().unwrap(), 0).unwrap();
        assert_eq!(tail.next(Writer::MayGoOn).unwrap(), piece("one\n"));
        std::fs::write(file.path(), "another\nand more\n").unwrap();
        assert_eq!(tail.next(Writer::MayGoOn).unwrap(), Step::Replaced);
        std::fs::write(file.path(), "").unwrap();
        assert_eq!(tail.next(Writer::MayGoOn).unwrap(), Step::Replaced);
    }
}
