//! Byte strings numbered as they come, each kept once.

/// Strings with numbers from 0 on. Equality is by bytes; the hash only finds the place.
#[derive(Debug, Default)]
pub(super) struct Interner {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
    /// Numbers plus one, 0 where nothing is; a power of two of them, at most three quarters taken.
    slots: Vec<u32>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    hash: u32,
    start: u32,
    length: u32,
}

const SLOTS_MIN: usize = 64;

impl Interner {
    /// The number of a string, and whether it is new.
    #[inline]
    pub(super) fn number(&mut self, text: &[u8]) -> (u32, bool) {
        if (self.entries.len() + 1) * 4 > self.slots.len() * 3 {
            self.grow();
        }
        let hash = hash(text);
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            match self.slots[at] {
                0 => break,
                taken => {
                    let entry = self.entries[taken as usize - 1];
                    if entry.hash == hash && self.of(entry) == text {
                        return (taken - 1, false);
                    }
                }
            }
            at = (at + 1) & mask;
        }
        let number = self.entries.len() as u32;
        self.entries.push(Entry {
            hash,
            start: self.bytes.len() as u32,
            length: text.len() as u32,
        });
        self.bytes.extend_from_slice(text);
        self.slots[at] = number + 1;
        (number, true)
    }

    fn of(&self, entry: Entry) -> &[u8] {
        &self.bytes[entry.start as usize..(entry.start + entry.length) as usize]
    }

    pub(super) fn text(&self, number: u32) -> &[u8] {
        self.of(self.entries[number as usize])
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Bytes of the strings.
    pub(super) fn bytes(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.entries.clear();
        self.slots.fill(0);
    }

    fn grow(&mut self) {
        let size = (self.slots.len() * 2).max(SLOTS_MIN);
        self.slots.clear();
        self.slots.resize(size, 0);
        for (number, entry) in self.entries.iter().enumerate() {
            let mut at = entry.hash as usize & (size - 1);
            while self.slots[at] != 0 {
                at = (at + 1) & (size - 1);
            }
            self.slots[at] = number as u32 + 1;
        }
    }
}

const MIX: u64 = 0x9E37_79B9_7F4A_7C15;

/// Eight bytes at a time by a folded multiplication.
#[inline]
fn hash(text: &[u8]) -> u32 {
    let mix = |state: u64, word: u64| {
        let product = u128::from(state ^ word) * u128::from(MIX);
        (product as u64) ^ ((product >> 64) as u64)
    };
    let mut state = text.len() as u64 ^ 0x243F_6A88_85A3_08D3;
    let (words, rest) = text.as_chunks::<8>();
    for word in words {
        state = mix(state, u64::from_le_bytes(*word));
    }
    if !rest.is_empty() {
        let mut word = [0; 8];
        word[..rest.len()].copy_from_slice(rest);
        state = mix(state, u64::from_le_bytes(word));
    }
    let state = mix(state, MIX);
    (state ^ (state >> 32)) as u32
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
        assert_eq!(interner.number(b""), (5000, true));
        assert_eq!(interner.text(3), b"11-xxx");
        interner.clear();
        assert_eq!(interner.number(b"11-xxx"), (0, true));
    }
}
