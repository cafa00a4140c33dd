//! A set of hashes.

/// Numbers of 64 bits that are evenly spread, each looked for at one place of memory.
///
/// The place of a number is that of its highest bits, so that the numbers stand nearly in order and a larger table is filled from
/// one end to the other.
#[derive(Debug, Default)]
pub(crate) struct Hashes {
    /// A power of two of them, at most two thirds taken; 0 where nothing is.
    slots: Vec<u64>,
    taken: usize,
    has_zero: bool,
}

const SLOTS_MIN: usize = 1 << 10;

impl Hashes {
    /// Adds a number; whether it is new.
    #[inline]
    pub fn insert(&mut self, number: u64) -> bool {
        if number == 0 {
            return !std::mem::replace(&mut self.has_zero, true);
        }
        if self.taken * 3 >= self.slots.len() * 2 {
            self.grow();
        }
        let is_new = put(&mut self.slots, number);
        self.taken += usize::from(is_new);
        is_new
    }

    /// Looks at the places of numbers that are about to be added, so that the memory fetches them side by side and not one after the other.
    pub fn glance(&self, numbers: impl Iterator<Item = u64>) {
        if self.slots.is_empty() {
            return;
        }
        let seen = numbers.fold(0, |seen, number| {
            seen ^ self.slots[place(&self.slots, number)]
        });
        std::hint::black_box(seen);
    }

    #[cold]
    fn grow(&mut self) {
        let mut larger = vec![0; (self.slots.len() * 2).max(SLOTS_MIN)];
        for number in self.slots.iter().filter(|number| **number != 0) {
            put(&mut larger, *number);
        }
        self.slots = larger;
    }
}

/// Where a number is looked for first.
#[inline]
fn place(slots: &[u64], number: u64) -> usize {
    (number >> (64 - slots.len().ilog2())) as usize
}

/// Puts a number into a table that has room for it.
#[inline]
fn put(slots: &mut [u64], number: u64) -> bool {
    let mask = slots.len() - 1;
    let mut at = place(slots, number);
    loop {
        match slots[at & mask] {
            0 => {
                slots[at & mask] = number;
                return true;
            }
            known if known == number => return false,
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn a_number_is_new_once() {
        let (mut hashes, mut known) = (Hashes::default(), HashSet::new());
        let mut state = 3_u64;
        for round in 0..200_000_u64 {
            state = state
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            let number = match round % 4 {
                0 => state,
                1 => state >> 54,
                2 => u64::MAX - (state >> 56),
                _ => (state >> 58) << 58,
            };
            assert_eq!(hashes.insert(number), known.insert(number));
        }
    }
}
