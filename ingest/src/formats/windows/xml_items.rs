//! The `<Event>` elements of a text, one at a time: with a root element around them, without one, or in several documents
//! end to end. Only the tags of the events are looked at here.

use std::io::{self, Read};

/// Bytes of an event at most.
pub(super) const EVENT_BYTES_MAX: usize = 1 << 20;
const FILL_BYTES: usize = 256 << 10;
const END: &[u8] = b"</Event>";

/// What stands at a place of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Item<'a> {
    Event {
        offset: u64,
        bytes: &'a [u8],
    },
    /// Text that is no event and none of the tags that may stand around events.
    Stray {
        offset: u64,
        bytes: &'a [u8],
        problem: &'static str,
    },
}

pub(super) struct XmlItems<R> {
    inner: R,
    buffer: Vec<u8>,
    start: usize,
    offset: u64,
    ended: bool,
}

impl<R: Read> XmlItems<R> {
    pub fn new(inner: R) -> Self {
        Self {
            inner,
            buffer: Vec::new(),
            start: 0,
            offset: 0,
            ended: false,
        }
    }

    /// The next event or stray text, or `None` at the end.
    pub fn next_item(&mut self) -> io::Result<Option<Item<'_>>> {
        loop {
            let Some(begin) = self.find_start(0)? else {
                let rest = self.buffer.len() - self.start;
                if rest == 0 {
                    return Ok(None);
                }
                match self.take_between(rest) {
                    Some((from, to, offset)) => return Ok(Some(self.stray(from, to, offset))),
                    None => continue,
                }
            };
            if begin > 0 {
                match self.take_between(begin) {
                    Some((from, to, offset)) => return Ok(Some(self.stray(from, to, offset))),
                    None => continue,
                }
            }
            return self.event().map(Some);
        }
    }

    /// The event that begins at the unread start.
    fn event(&mut self) -> io::Result<Item<'_>> {
        let end = self.find(END, 1)?;
        let next = match end {
            // Another one may begin before this one ends: it has been cut.
            Some(end) => self.start_within(1, end),
            None => self.find_start(1)?,
        };
        let (length, problem) = match (end, next) {
            (_, Some(next)) => (next, Some("the event has no end")),
            (Some(end), None) if end + END.len() > EVENT_BYTES_MAX => (
                end + END.len(),
                Some("the event has more bytes than are read"),
            ),
            (Some(end), None) => (end + END.len(), None),
            (None, None) => (self.buffer.len() - self.start, Some("the event has no end")),
        };
        let (from, offset) = (self.start, self.offset);
        self.start += length;
        self.offset += length as u64;
        let bytes = &self.buffer[from..from + length];
        Ok(match problem {
            None => Item::Event { offset, bytes },
            Some(problem) => Item::Stray {
                offset,
                bytes,
                problem,
            },
        })
    }

    fn stray(&self, from: usize, to: usize, offset: u64) -> Item<'_> {
        Item::Stray {
            offset,
            bytes: &self.buffer[from..to],
            problem: "text that is no event",
        }
    }

    /// Passes over `length` bytes; gives their place unless they are blanks, declarations and the tags of a root.
    fn take_between(&mut self, length: usize) -> Option<(usize, usize, u64)> {
        let (from, offset) = (self.start, self.offset);
        self.start += length;
        self.offset += length as u64;
        let to = from + length;
        (!is_between(&self.buffer[from..to])).then_some((from, to, offset))
    }

    /// Where `<Event` begins with a blank or `>` behind it, counted from the unread start.
    fn find_start(&mut self, from: usize) -> io::Result<Option<usize>> {
        let mut at = from;
        loop {
            let have = self.buffer.len() - self.start;
            if let Some(found) = self.start_within(at, have) {
                return Ok(Some(found));
            }
            // What is not wanted any more must not gather in memory.
            let limit = if from == 0 { 1 } else { 4 } * EVENT_BYTES_MAX;
            if have > limit || self.fill()? == 0 {
                return Ok(None);
            }
            at = at.max(have.saturating_sub(8));
        }
    }

    fn start_within(&self, from: usize, to: usize) -> Option<usize> {
        let unread = &self.buffer[self.start..];
        let mut at = from;
        while at < to {
            at += memchr::memmem::find(&unread[at..to], b"<Event")?;
            match unread.get(at + 6) {
                Some(b' ' | b'\t' | b'\r' | b'\n' | b'>') => return Some(at),
                _ => at += 6,
            }
        }
        None
    }

    fn find(&mut self, needle: &[u8], from: usize) -> io::Result<Option<usize>> {
        let mut at = from;
        loop {
            let unread = &self.buffer[self.start..];
            if let Some(found) = unread
                .get(at..)
                .and_then(|rest| memchr::memmem::find(rest, needle))
            {
                return Ok(Some(at + found));
            }
            let have = unread.len();
            if have > 4 * EVENT_BYTES_MAX || self.fill()? == 0 {
                return Ok(None);
            }
            at = at.max((have + 1).saturating_sub(needle.len()));
        }
    }

    /// Reads more; 0 at the end of the text.
    fn fill(&mut self) -> io::Result<usize> {
        if self.ended {
            return Ok(0);
        }
        self.buffer.drain(..self.start);
        self.start = 0;
        let length = self.buffer.len();
        self.buffer.resize(length + FILL_BYTES, 0);
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
}

/// Whether there is nothing but blanks, `<?…?>`, comments and the tags of a root element.
fn is_between(mut text: &[u8]) -> bool {
    loop {
        text = text.trim_ascii_start();
        let ends: &[u8] = match text {
            [] => return true,
            _ if text.starts_with(b"<?") => b"?>",
            _ if text.starts_with(b"<!--") => b"-->",
            _ if text.starts_with(b"<Events") || text.starts_with(b"</Events") => b">",
            _ => return false,
        };
        match memchr::memmem::find(text, ends) {
            Some(end) => text = &text[end + ends.len()..],
            None => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Offset and length of each item; negative for stray text.
    fn items(text: &[u8]) -> Vec<(u64, i64)> {
        let mut reader = XmlItems::new(text);
        let mut found = Vec::new();
        while let Some(item) = reader.next_item().unwrap() {
            found.push(match item {
                Item::Event { offset, bytes } => (offset, bytes.len() as i64),
                Item::Stray { offset, bytes, .. } => (offset, -(bytes.len() as i64)),
            });
        }
        found
    }

    #[test]
    fn events_are_told_from_what_may_stand_around_them() {
        let text = b"<?xml version='1.0'?>\n<Events>\n<Event x='1'><EventID>3</EventID></Event>\n<!-- c --><Event></Event></Events>\n";
        assert_eq!(items(text), [(31, 41), (83, 15)]);
        assert_eq!(items(b" \n"), []);
        assert_eq!(items(b"junk"), [(0, -4)]);
    }

    #[test]
    fn an_event_without_an_end_costs_itself() {
        let text = b"<Event a><Event b></Event>tail<Event c>";
        assert_eq!(items(text), [(0, -9), (9, 17), (26, -4), (30, -9)]);
    }

    #[test]
    fn an_event_over_the_limit_is_told_and_passed() {
        let mut text = b"<Event >".to_vec();
        text.extend(vec![b'x'; EVENT_BYTES_MAX]);
        text.extend(b"</Event><Event></Event>");
        let found = items(&text);
        assert_eq!(found.len(), 2);
        assert!(found[0].1 < 0 && found[1].1 == 15);
        // Without any end at all it is told in pieces.
        let mut text = b"<Event >".to_vec();
        text.extend(vec![b'x'; 12 * EVENT_BYTES_MAX]);
        let found = items(&text);
        assert!(found.len() > 2 && found.iter().all(|(_, length)| *length < 0));
        let all: i64 = found.iter().map(|(_, length)| -length).sum();
        assert_eq!(all as usize, text.len());
    }
}
