//! Byte order marks and UTF-16 (what PowerShell 5's `>` writes). 8-bit text passes as it is.

use encoding_rs::{CoderResult, Decoder, Encoding, UTF_16BE, UTF_16LE};
use std::io::{self, Cursor, Read};

/// The text as UTF-8 where it was UTF-16, without a byte order mark. Positions are then those in the UTF-8 text.
pub(super) fn to_utf8(mut reader: Box<dyn Read>) -> io::Result<Box<dyn Read>> {
    let mut head = super::read_up_to(&mut reader, 64)?;
    let (encoding, mark) = detect(&head);
    head.drain(..mark);
    let whole = Cursor::new(head).chain(reader);
    Ok(match encoding {
        Some(encoding) => Box::new(Utf16 {
            inner: whole,
            decoder: encoding.new_decoder_without_bom_handling(),
            raw: vec![0; 32 << 10],
            text: Vec::new(),
            taken: 0,
            ended: false,
        }),
        None => Box::new(whole),
    })
}

/// The encoding, when it is UTF-16, and the length of the byte order mark.
///
/// Without a mark, ASCII text in UTF-16 has a zero in every second byte.
fn detect(head: &[u8]) -> (Option<&'static Encoding>, usize) {
    if head.starts_with(&[0xef, 0xbb, 0xbf]) {
        return (None, 3);
    }
    if let Some((encoding, length)) = Encoding::for_bom(head) {
        return (Some(encoding), length);
    }
    let pairs = head.len() / 2;
    let zeros = |offset: usize| {
        (0..pairs)
            .filter(|pair| head[2 * pair + offset] == 0)
            .count()
    };
    let (even, odd) = (zeros(0), zeros(1));
    let most = pairs - pairs / 8;
    match pairs >= 4 {
        true if odd >= most && even == 0 => (Some(UTF_16LE), 0),
        true if even >= most && odd == 0 => (Some(UTF_16BE), 0),
        _ => (None, 0),
    }
}

struct Utf16<R> {
    inner: R,
    decoder: Decoder,
    raw: Vec<u8>,
    text: Vec<u8>,
    taken: usize,
    ended: bool,
}

impl<R: Read> Utf16<R> {
    fn refill(&mut self) -> io::Result<()> {
        let count = self.inner.read(&mut self.raw)?;
        self.ended = count == 0;
        self.text.resize(
            self.decoder
                .max_utf8_buffer_length(count)
                .unwrap_or(4 * count + 16),
            0,
        );
        let (result, _, written, _) =
            self.decoder
                .decode_to_utf8(&self.raw[..count], &mut self.text, self.ended);
        debug_assert_eq!(
            result,
            CoderResult::InputEmpty,
            "the buffer has room for the longest result"
        );
        self.text.truncate(written);
        self.taken = 0;
        Ok(())
    }
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.taken == self.text.len() {
            if self.ended {
                return Ok(0);
            }
            self.refill()?;
        }
        let count = buffer.len().min(self.text.len() - self.taken);
        buffer[..count].copy_from_slice(&self.text[self.taken..self.taken + count]);
        self.taken += count;
        Ok(count)
    }
}
