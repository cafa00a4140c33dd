//! One pass over a JSON text for its members, which also tells whether it is JSON.
//!
//! Texts of events are bags of short strings, numbers and words under keys without escapes. This pass reads those and no others:
//! whatever else occurs, [`crate::json`] is asked.

use crate::words::begins_with;

/// What stands under a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found<'t> {
    /// `tostring` gives this.
    Text(&'t str),
    /// A value that is not told here.
    Other,
}

/// Deeper values are left to the parser.
const DEPTH_MAX: u32 = 16;
/// Integers of so many digits are the same as longs.
const DIGITS_MAX: usize = 18;

/// What a reader calls a key; `None` for one that it does not want.
pub(super) type Tag = Option<usize>;

/// Keys as they stand in compact JSON, in the order in which they were met first: which members a text has differs from row to row, their
/// order hardly does.
#[derive(Debug, Default)]
pub(super) struct Shape(Vec<(String, Tag)>);

/// Further keys are not remembered.
const KEYS_MAX: usize = 64;

impl Shape {
    /// The place of the key that the text goes on with; it is most likely the `expected` one.
    #[inline]
    fn place_of(&self, rest: &[u8], expected: usize) -> Option<usize> {
        // A key ends with its colon, so that no key begins another one.
        let is_its = |(key, _): &(String, Tag)| begins_with(rest, key.as_bytes());
        match self.0.get(expected) {
            Some(known) if is_its(known) => Some(expected),
            _ => self.0.iter().position(is_its),
        }
    }

    #[cold]
    fn take_up(&mut self, written: &str, tag: Tag) {
        if self.0.len() < KEYS_MAX {
            self.0.push((written.to_owned(), tag));
        }
    }
}

/// Tells the wanted members of a bag in their order; `None` when the text is none that is read here, whatever was told before.
///
/// A key may be told twice. Keys have no escapes. `tag_of` gives the same tag for the same key.
pub(super) fn each_member<'t>(
    text: &'t str,
    shape: &mut Shape,
    mut tag_of: impl FnMut(&'t str) -> Tag,
    mut tell: impl FnMut(usize, Found<'t>),
) -> Option<()> {
    let mut walk = Walk { text, at: 0 };
    walk.space();
    walk.eat(b'{')?;
    walk.space();
    if walk.peek() == Some(b'}') {
        walk.at += 1;
    } else {
        let mut expected = 0;
        loop {
            let tag = match shape.place_of(&text.as_bytes()[walk.at..], expected) {
                Some(place) => {
                    let (key, tag) = &shape.0[place];
                    walk.at += key.len();
                    expected = place + 1;
                    *tag
                }
                None => {
                    let start = walk.at;
                    let key = walk.plain_string()?;
                    let is_compact = walk.peek() == Some(b':');
                    walk.space();
                    walk.eat(b':')?;
                    let tag = tag_of(key);
                    if is_compact {
                        shape.take_up(&text[start..walk.at], tag);
                        expected = shape.0.len();
                    }
                    tag
                }
            };
            walk.space();
            let found = walk.value()?;
            if let Some(tag) = tag {
                tell(tag, found);
            }
            walk.space();
            match walk.next()? {
                b',' => walk.space(),
                b'}' => break,
                _ => return None,
            }
        }
    }
    walk.space();
    (walk.at == text.len()).then_some(())
}

struct Walk<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Walk<'t> {
    #[inline]
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    #[inline]
    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    #[inline]
    fn eat(&mut self, byte: u8) -> Option<()> {
        (self.next()? == byte).then_some(())
    }

    #[inline]
    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// A string without escapes, without its quotes.
    #[inline]
    fn plain_string(&mut self) -> Option<&'t str> {
        match self.string()? {
            Found::Text(text) => Some(text),
            Found::Other => None,
        }
    }

    #[inline]
    fn string(&mut self) -> Option<Found<'t>> {
        self.eat(b'"')?;
        let start = self.at;
        let bytes = self.text.as_bytes();
        let mut escaped = false;
        loop {
            self.at += plain_bytes(&bytes[self.at..])?;
            match bytes[self.at] {
                b'"' => break,
                b'\\' => {
                    escaped = true;
                    self.escape()?;
                }
                _ => return None,
            }
        }
        let inner = &self.text[start..self.at];
        self.at += 1;
        Some(match escaped {
            false => Found::Text(inner),
            true => Found::Other,
        })
    }

    fn escape(&mut self) -> Option<()> {
        self.at += 1;
        match self.next()? {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {}
            b'u' => {
                let digits = self.text.as_bytes().get(self.at..self.at + 4)?;
                digits.iter().all(u8::is_ascii_hexdigit).then_some(())?;
                self.at += 4;
            }
            _ => return None,
        }
        Some(())
    }

    #[inline]
    fn value(&mut self) -> Option<Found<'t>> {
        match self.peek()? {
            b'"' => self.string(),
            b'{' | b'[' => self.nested(0).map(|()| Found::Other),
            _ => self.scalar(),
        }
    }

    fn scalar(&mut self) -> Option<Found<'t>> {
        match self.peek()? {
            b't' => self.word("true", "true"),
            b'f' => self.word("false", "false"),
            b'n' => self.word("null", ""),
            _ => self.number(),
        }
    }

    fn word(&mut self, word: &str, shown: &'static str) -> Option<Found<'t>> {
        self.text[self.at..].starts_with(word).then_some(())?;
        self.at += word.len();
        Some(Found::Text(shown))
    }

    fn digits(&mut self) -> Option<usize> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        let count = self.at - start;
        (count > 0).then_some(count)
    }

    /// Reals that are out of range are no JSON to the parser: they are left to it.
    fn number(&mut self) -> Option<Found<'t>> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let zero = self.peek() == Some(b'0');
        let count = self.digits()?;
        if count > DIGITS_MAX || (zero && count > 1) {
            return None;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
            return (!matches!(self.peek(), Some(b'e' | b'E'))).then_some(Found::Other);
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            return None;
        }
        Some(Found::Text(&self.text[start..self.at]))
    }

    fn nested(&mut self, depth: u32) -> Option<()> {
        (depth < DEPTH_MAX).then_some(())?;
        let is_bag = self.next()? == b'{';
        let end = if is_bag { b'}' } else { b']' };
        self.space();
        if self.peek()? == end {
            self.at += 1;
            return Some(());
        }
        loop {
            if is_bag {
                self.plain_string()?;
                self.space();
                self.eat(b':')?;
                self.space();
            }
            match self.peek()? {
                b'"' => drop(self.string()?),
                b'{' | b'[' => self.nested(depth + 1)?,
                _ => drop(self.scalar()?),
            }
            self.space();
            match self.next()? {
                b',' => self.space(),
                byte => return (byte == end).then_some(()),
            }
        }
    }
}

/// How many bytes of a string are plain before one that ends it, or begins an escape, or may not stand in it; `None` when all are.
#[inline]
fn plain_bytes(bytes: &[u8]) -> Option<usize> {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGHS: u64 = ONES << 7;
    let mut at = 0;
    while let Some(eight) = bytes.get(at..at + 8) {
        let eight = u64::from_le_bytes(eight.try_into().expect("eight bytes"));
        let quotes = eight ^ (ONES * b'"' as u64);
        let escapes = eight ^ (ONES * b'\\' as u64);
        // A byte below another one borrows; what comes behind the first such byte does not matter.
        let ends = (quotes.wrapping_sub(ONES) & !quotes)
            | (escapes.wrapping_sub(ONES) & !escapes)
            | (eight.wrapping_sub(ONES * 0x20) & !eight);
        let ends = ends & HIGHS;
        if ends != 0 {
            return Some(at + (ends.trailing_zeros() / 8) as usize);
        }
        at += 8;
    }
    let is_end = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
    Some(at + bytes[at..].iter().position(is_end)?)
}
