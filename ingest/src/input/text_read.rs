//! What has been read of a text: how much, its hash, and where its last line begins. Shared by its reader and the run.

use std::cell::RefCell;
use std::io::{self, Read};
use std::rc::Rc;

/// What has been read so far.
#[derive(Debug, Clone, Default)]
pub struct TextRead(Rc<RefCell<State>>);

#[derive(Debug, Default)]
struct State {
    hasher: blake3::Hasher,
    bytes: u64,
    line_start: u64,
    ended: bool,
}

impl TextRead {
    /// Bytes of text.
    pub fn bytes(&self) -> u64 {
        self.0.borrow().bytes
    }

    /// Where the line begins that has no end yet; all of the text when the last one has.
    pub fn line_start(&self) -> u64 {
        self.0.borrow().line_start
    }

    /// Whether the end of the text has been seen.
    pub fn ended(&self) -> bool {
        self.0.borrow().ended
    }

    /// blake3 of the bytes, in hex.
    pub fn hash(&self) -> String {
        self.0.borrow().hasher.finalize().to_hex().to_string()
    }

    /// Takes up what has been read.
    pub fn take_up(&self, bytes: &[u8]) {
        let mut state = self.0.borrow_mut();
        state.hasher.update(bytes);
        if let Some(end) = memchr::memrchr(b'\n', bytes) {
            state.line_start = state.bytes + end as u64 + 1;
        }
        state.bytes += bytes.len() as u64;
    }
}

/// A reader that tells a [`TextRead`] what passes.
pub(super) struct Told<R> {
    pub inner: R,
    pub text: TextRead,
}

impl<R: Read> Read for Told<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        match count {
            0 if !buffer.is_empty() => self.text.0.borrow_mut().ended = true,
            _ => self.text.take_up(&buffer[..count]),
        }
        Ok(count)
    }
}
