//! Byte strings numbered as they come, each kept once.
//!
//! A look for a string that is known touches two places of memory: its slot, which has its hash, and its entry, which has its first
//! bytes. Nearly all strings are no longer than those.

use crate::words::last_word;

/// Strings with numbers from 0 on. Equality is by bytes; the hash only finds the place.
#[derive(Debug, Default)]
pub(crate) struct Interner {
    entries: Vec<Entry>,
    /// A power of two of them, at most three quarters taken.
    slots: Vec<Slot>,
    taken: usize,
    /// The strings that are longer than an entry holds.
    long: Vec<u8>,
    bytes: usize,
}

/// A string; its first bytes stand here, and when it is longer all of it stands among the long ones.
#[derive(Debug, Clone, Copy)]
struct Entry {
    start: u32,
    length: u32,
    head: [u8; HEAD_BYTES],
}

const HEAD_BYTES: usize = 24;

/// A string's number plus one, 0 where nothing is.
#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    hash: u32,
    taken: u32,
}

const SLOTS_MIN: usize = 64;
/// Fewer entries lie in the processor's cache.
const GLANCED_MIN: usize = 1024;
/// Strings that are glanced at together.
pub(crate) const GLANCED_MAX: usize = 32;

impl Interner {
    /// The number of a string, and whether it is new.
    #[inline]
    pub(crate) fn number(&mut self, text: &[u8]) -> (u32, bool) {
        if (self.taken + 1) * 4 > self.slots.len() * 3 {
            self.grow();
        }
        let (hash, head) = hash(text);
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            let slot = self.slots[at];
            if slot.taken == 0 {
                break;
            }
            if slot.hash == hash && self.is(&self.entries[slot.taken as usize - 1], text, &head) {
                return (slot.taken - 1, false);
            }
            at = (at + 1) & mask;
        }
        let number = self.push(text, head);
        self.slots[at] = Slot {
            hash,
            taken: number + 1,
        };
        self.taken += 1;
        (number, true)
    }

    /// Looks at the places of strings that are about to be asked for, so that the memory fetches them side by side and not one after the other.
    pub(crate) fn glance(&self, texts: &[&[u8]]) {
        if self.entries.len() < GLANCED_MIN {
            return;
        }
        let mask = self.slots.len() - 1;
        let mut found = [0; GLANCED_MAX];
        for (text, found) in texts.iter().zip(&mut found) {
            *found = self.slots[hash(text).0 as usize & mask].taken;
        }
        let entries = found
            .iter()
            .filter_map(|taken| self.entries.get(taken.wrapping_sub(1) as usize));
        std::hint::black_box(entries.fold(0, |seen, entry| seen ^ entry.length));
    }

    /// A further number for a string, new or not; [`Interner::number`] does not find it.
    pub(crate) fn append(&mut self, text: &[u8]) -> u32 {
        let (_, head) = hash(text);
        self.push(text, head)
    }

    fn push(&mut self, text: &[u8], head: [u8; HEAD_BYTES]) -> u32 {
        let number = self.entries.len() as u32;
        self.entries.push(Entry {
            start: self.long.len() as u32,
            length: text.len() as u32,
            head,
        });
        if text.len() > HEAD_BYTES {
            self.long.extend_from_slice(text);
        }
        self.bytes += text.len();
        number
    }

    #[inline]
    fn is(&self, entry: &Entry, text: &[u8], head: &[u8; HEAD_BYTES]) -> bool {
        entry.length as usize == text.len()
            && entry.head == *head
            && (text.len() <= HEAD_BYTES || self.of(entry) == text)
    }

    fn of<'a>(&'a self, entry: &'a Entry) -> &'a [u8] {
        let length = entry.length as usize;
        match length <= HEAD_BYTES {
            true => &entry.head[..length],
            false => &self.long[entry.start as usize..entry.start as usize + length],
        }
    }

    pub(crate) fn text(&self, number: u32) -> &[u8] {
        self.of(&self.entries[number as usize])
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Bytes of the strings.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn clear(&mut self) {
        self.long.clear();
        self.entries.clear();
        self.taken = 0;
        self.slots.fill(Slot::default());
        self.bytes = 0;
    }

    fn grow(&mut self) {
        let size = (self.slots.len() * 2).max(SLOTS_MIN);
        let small = std::mem::replace(&mut self.slots, vec![Slot::default(); size]);
        for slot in small.into_iter().filter(|slot| slot.taken > 0) {
            let mut at = slot.hash as usize & (size - 1);
            while self.slots[at].taken != 0 {
                at = (at + 1) & (size - 1);
            }
            self.slots[at] = slot;
        }
    }
}

const MIX: u64 = 0x9E37_79B9_7F4A_7C15;

#[inline]
fn mix(state: u64, word: u64) -> u64 {
    let product = u128::from(state ^ word) * u128::from(MIX);
    (product as u64) ^ ((product >> 64) as u64)
}

/// Eight bytes at a time by a folded multiplication; and the first bytes, with zeros where the string has ended.
#[inline]
fn hash(text: &[u8]) -> (u32, [u8; HEAD_BYTES]) {
    let mut state = text.len() as u64 ^ 0x243F_6A88_85A3_08D3;
    let mut head = [0; HEAD_BYTES];
    let (words, rest) = text.as_chunks::<8>();
    let mut places = head.as_chunks_mut::<8>().0.iter_mut();
    for word in words {
        state = mix(state, u64::from_le_bytes(*word));
        if let Some(place) = places.next() {
            *place = *word;
        }
    }
    if !rest.is_empty() {
        let word = last_word(text, rest);
        state = mix(state, word);
        if let Some(place) = places.next() {
            *place = word.to_le_bytes();
        }
    }
    let state = mix(state, MIX);
    ((state ^ (state >> 32)) as u32, head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_string_has_one_number() {
        let mut interner = Interner::default();
        for round in 0..2 {
            for n in 0..5000_u32 {
                let text = format!("{n:b}-{}", "x".repeat(n as usize % 20));
                assert_eq!(interner.number(text.as_bytes()), (n, round == 0));
            }
        }
        interner.glance(&[b"11-xxx", b"", b"none of them"]);
        assert_eq!(interner.number(b""), (5000, true));
        assert_eq!(interner.text(3), b"11-xxx");
        for n in 0..5000_u32 {
            let text = format!("{n:b}-{}", "x".repeat(n as usize % 20));
            assert_eq!(interner.text(n), text.as_bytes());
        }
        assert_eq!(interner.append(b"11-xxx"), 5001);
        assert_eq!(interner.text(5001), b"11-xxx");
        assert_eq!(interner.number(b"11-xxx"), (3, false));
        interner.clear();
        assert_eq!(interner.number(b"11-xxx"), (0, true));
    }

    #[test]
    fn strings_that_differ_in_one_byte_or_in_zeros_at_their_end_are_different() {
        let mut interner = Interner::default();
        let mut texts: Vec<Vec<u8>> = Vec::new();
        for length in 0..60 {
            texts.push(vec![b'a'; length]);
            let zeros = length.min(3);
            texts.extend((0..zeros).map(|zeros| [vec![b'a'; length], vec![0; zeros + 1]].concat()));
            for at in 0..length {
                let mut changed = vec![b'a'; length];
                changed[at] = b'b';
                texts.push(changed);
            }
        }
        let numbers: Vec<u32> = texts.iter().map(|text| interner.number(text).0).collect();
        for (text, number) in texts.iter().zip(numbers) {
            assert_eq!(interner.text(number), text);
        }
    }
}
