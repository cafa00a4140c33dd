//! Keys that are listed with their blocks as they come and put in order at the end, without looking any of them up.
//!
//! Nearly all random terms are numbers and hex digits, cut at eight bytes: such a key, its column and its block are one number of 64 bits,
//! and sorting those costs far less than finding each key's place in a table that no cache holds. Longer terms that hardly repeat stand
//! one after the other as they are.

/// So many blocks can be told apart.
pub(super) const BLOCKS_MAX: u32 = 1 << BLOCK_BITS;

const BLOCK_BITS: u32 = 17;
const COLUMN_BITS: u32 = 7;
/// A digit's rank, from 1 on, so that a key stands before those that go on behind it.
const DIGIT_BITS: u32 = 5;
const DIGITS_MAX: usize = 8;

/// Marks of a column beyond which it is given up, so that memory stays bounded.
const COLUMN_MARKS_MAX: u32 = 16 << 20;

/// A key of hex digits and its column; the bits of the block are 0. Their order is that of the keys, then of the columns.
pub(super) fn hex(column: u8, digits: &[u8]) -> u64 {
    debug_assert!((1..=DIGITS_MAX).contains(&digits.len()));
    let mut key = 0;
    for digit in digits {
        let value = (digit & 15) + 9 * (digit >> 6);
        key = key << DIGIT_BITS | u64::from(value + 1);
    }
    let missing = (DIGITS_MAX - digits.len()) as u32;
    let key = key << (DIGIT_BITS * missing);
    (key << COLUMN_BITS | u64::from(column)) << BLOCK_BITS
}

/// The digits of a mark, appended to `out`.
fn push_digits(out: &mut Vec<u8>, mark: u64) {
    let key = mark >> (COLUMN_BITS + BLOCK_BITS);
    for place in (0..DIGITS_MAX as u32).rev() {
        match (key >> (DIGIT_BITS * place)) & 31 {
            0 => return,
            rank => out.push(b"0123456789abcdef"[rank as usize - 1]),
        }
    }
}

fn column_of(mark: u64) -> u8 {
    (mark >> BLOCK_BITS) as u8 & 0x7F
}

fn same_key(left: &u64, right: &u64) -> bool {
    left >> (COLUMN_BITS + BLOCK_BITS) == right >> (COLUMN_BITS + BLOCK_BITS)
}

fn same_column(left: &u64, right: &u64) -> bool {
    left >> BLOCK_BITS == right >> BLOCK_BITS
}

/// Keys of hex digits: each once a block, however often it is filed.
#[derive(Debug)]
pub(super) struct HexMarks {
    marks: Vec<u64>,
    /// Where those of the block begin that is being filled.
    block_start: usize,
    /// Marks that were filed lately, by their hash: most of the frequent ones are passed over at once.
    recent: Box<[u64; RECENT]>,
    /// Of each column, over all blocks.
    counts: [u32; 1 << COLUMN_BITS],
}

const RECENT_BITS: u32 = 11;
const RECENT: usize = 1 << RECENT_BITS;

impl Default for HexMarks {
    fn default() -> Self {
        Self {
            marks: Vec::new(),
            block_start: 0,
            // No key has such digits.
            recent: Box::new([u64::MAX; RECENT]),
            counts: [0; 1 << COLUMN_BITS],
        }
    }
}

/// One key: what its columns are, each with its blocks in ascending order.
pub(super) struct HexKey<'a>(&'a [u64]);

impl HexKey<'_> {
    pub(super) fn push_digits(&self, out: &mut Vec<u8>) {
        push_digits(out, self.0[0]);
    }

    pub(super) fn columns(&self) -> impl Iterator<Item = (u8, impl Iterator<Item = u32>)> {
        let columns = self.0.chunk_by(same_column);
        columns.map(|marks| {
            let blocks = marks.iter().map(|mark| *mark as u32 & (BLOCKS_MAX - 1));
            (column_of(marks[0]), blocks)
        })
    }
}

impl HexMarks {
    /// Files a key, as [`hex`] gives it, in a block below [`BLOCKS_MAX`].
    #[inline]
    pub(super) fn mark(&mut self, key: u64, block: u32) {
        const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;
        let mark = key | u64::from(block);
        let recent = &mut self.recent[(mark.wrapping_mul(FACTOR) >> (64 - RECENT_BITS)) as usize];
        if *recent != mark {
            *recent = mark;
            self.marks.push(mark);
        }
    }

    /// Nothing more comes of this block. Tells the columns that have too many marks.
    pub(super) fn close_block(&mut self) -> Vec<u8> {
        let block = &mut self.marks[self.block_start..];
        block.sort_unstable();
        let mut kept = 0;
        for at in 0..block.len() {
            if at == 0 || block[at] != block[at - 1] {
                block[kept] = block[at];
                kept += 1;
            }
        }
        for mark in &block[..kept] {
            self.counts[usize::from(column_of(*mark))] += 1;
        }
        self.block_start += kept;
        self.marks.truncate(self.block_start);
        let columns = (0_u8..).zip(&self.counts);
        let too_many = columns.filter(|(_, count)| **count > COLUMN_MARKS_MAX);
        too_many.map(|(column, _)| column).collect()
    }

    /// Puts the keys of all blocks in order, without those of the columns that are `left`.
    pub(super) fn sort(&mut self, left: impl Fn(u8) -> bool) {
        let columns = 0..1 << COLUMN_BITS;
        let left: Vec<bool> = columns.map(|column| left(column as u8)).collect();
        self.marks
            .retain(|mark| !left[usize::from(column_of(*mark))]);
        // The blocks are sorted runs, which a stable sort merges.
        self.marks.sort();
    }

    /// The keys in their order, once they are sorted.
    pub(super) fn keys(&self) -> impl Iterator<Item = HexKey<'_>> {
        self.marks.chunk_by(same_key).map(HexKey)
    }
}

/// Keys of any bytes, with class, column and block.
#[derive(Debug, Default)]
pub(super) struct Loose {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    start: u32,
    block: u32,
    length: u8,
    column: u8,
}

/// Bytes that are held at most.
const LOOSE_BYTES_MAX: usize = 1 << 30;

impl Loose {
    pub(super) fn is_full(&self) -> bool {
        self.bytes.len() >= LOOSE_BYTES_MAX
    }

    /// `bytes` are at most 254.
    #[inline]
    pub(super) fn push(&mut self, column: u8, class: u8, bytes: &[u8], block: u32) {
        self.entries.push(Entry {
            start: self.bytes.len() as u32,
            block,
            length: bytes.len() as u8 + 1,
            column,
        });
        self.bytes.push(class);
        self.bytes.extend_from_slice(bytes);
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The class and the bytes of an entry.
    pub(super) fn key(&self, at: usize) -> &[u8] {
        let entry = self.entries[at];
        let start = entry.start as usize;
        &self.bytes[start..start + usize::from(entry.length)]
    }

    pub(super) fn column(&self, at: usize) -> u8 {
        self.entries[at].column
    }

    pub(super) fn block(&self, at: usize) -> u32 {
        self.entries[at].block
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_digits_have_the_order_of_their_texts() {
        let mut keys: Vec<(String, u8)> = Vec::new();
        let mut state = 1_u64;
        for _ in 0..3000 {
            state = state
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            let length = (state >> 40) as usize % 8 + 1;
            let text = format!("{:016x}", state.rotate_left(17));
            keys.push((text[..length].to_owned(), (state >> 50) as u8 % 120));
        }
        let mut packed: Vec<u64> = keys
            .iter()
            .map(|(text, column)| hex(*column, text.as_bytes()))
            .collect();
        keys.sort();
        packed.sort_unstable();
        let unpacked = packed.iter().map(|mark| {
            let mut digits = Vec::new();
            push_digits(&mut digits, *mark);
            let text = String::from_utf8(digits).unwrap_or_default();
            (text, column_of(*mark))
        });
        assert_eq!(unpacked.collect::<Vec<_>>(), keys);
    }

    #[test]
    fn a_key_has_each_block_once() {
        let mut marks = HexMarks::default();
        for block in 0..5 {
            for round in 0..9000_u32 {
                let text = format!("{:x}", round % 3000);
                marks.mark(hex(3, text.as_bytes()), block);
                marks.mark(hex(7, b"beef"), block);
            }
            assert!(marks.close_block().is_empty());
        }
        marks.sort(|column| column == 7);
        let mut found = 0;
        for key in marks.keys() {
            found += 1;
            for (column, blocks) in key.columns() {
                assert_eq!(column, 3);
                assert_eq!(blocks.collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
            }
        }
        assert_eq!(found, 3000);
    }
}
