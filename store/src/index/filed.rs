//! All keys of a file on their way into its index, each with the blocks that it stands in.
//!
//! Keys of hex digits and those of texts that hardly repeat are listed ([`flat`](super::flat)); the others are numbered, so that a text
//! that is seen again need not be taken apart.

use super::flat::{HexKey, HexMarks, Loose, hex};
use super::format::{Coverage, Directory, PageEntry, PageWriter, checksum, write_posting};
use super::intern::Interner;
use super::keys::HEX;

/// All keys of all columns.
#[derive(Debug, Default)]
pub(super) struct Keys {
    /// Those that are numbered: the column, the class, the bytes.
    interner: Interner,
    /// The block that each numbered key was last seen in.
    last_block: Vec<u32>,
    /// Numbers in the order of blocks, each once a block.
    marks: Vec<u32>,
    /// Where the marks of each block begin.
    block_starts: Vec<usize>,
    hex: HexMarks,
    loose: Loose,
    bytes: Vec<u8>,
}

/// A key of a column: one of hex digits as it is, or the number of another one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key(u64);

/// The lowest bit tells numbers: those of hex keys are free for the block.
const NUMBERED: u64 = 1;

const NEVER: u32 = u32::MAX;

/// Whether a key that is numbered had a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    New,
    Before,
    /// It has no number.
    Hex,
}

impl Keys {
    /// Begins the next block; tells the columns that have too many keys.
    pub(super) fn begin_block(&mut self) -> Vec<u8> {
        let crowded = self.hex.close_block();
        self.block_starts.push(self.marks.len());
        crowded
    }

    pub(super) fn block(&self) -> u32 {
        self.block_starts.len() as u32 - 1
    }

    pub(super) fn key(&mut self, column: u8, class: u8, bytes: &[u8]) -> (Key, Known) {
        if class == HEX {
            return (Key(hex(column, bytes)), Known::Hex);
        }
        self.compose(column, class, bytes);
        let (number, is_new) = self.interner.number(&self.bytes);
        let known = match is_new {
            true => {
                self.last_block.push(NEVER);
                Known::New
            }
            false => Known::Before,
        };
        (Key(u64::from(number) << 1 | NUMBERED), known)
    }

    /// A key that is not looked up, because it is most likely new. It may get several numbers.
    pub(super) fn new_key(&mut self, column: u8, class: u8, bytes: &[u8]) -> (Key, Known) {
        if class == HEX {
            return (Key(hex(column, bytes)), Known::Hex);
        }
        self.compose(column, class, bytes);
        let number = self.interner.append(&self.bytes);
        self.last_block.push(NEVER);
        (Key(u64::from(number) << 1 | NUMBERED), Known::New)
    }

    fn compose(&mut self, column: u8, class: u8, bytes: &[u8]) {
        self.bytes.clear();
        self.bytes.extend_from_slice(&[column, class]);
        self.bytes.extend_from_slice(bytes);
    }

    #[inline]
    pub(super) fn mark(&mut self, key: Key, block: u32) {
        if key.0 & NUMBERED == 0 {
            return self.hex.mark(key.0, block);
        }
        let number = (key.0 >> 1) as u32;
        let last = &mut self.last_block[number as usize];
        if *last != block {
            *last = block;
            self.marks.push(number);
        }
    }

    /// Marks a key of hex digits; none when there are no digits.
    #[inline]
    pub(super) fn mark_hex(&mut self, column: u8, digits: &[u8], block: u32) {
        if !digits.is_empty() {
            self.hex.mark(hex(column, digits), block);
        }
    }

    /// Marks a key that is not looked up, and of a text that is not remembered.
    #[inline]
    pub(super) fn mark_loose(&mut self, column: u8, class: u8, bytes: &[u8], block: u32) {
        if class == HEX {
            return self.hex.mark(hex(column, bytes), block);
        }
        if self.loose.is_full() {
            let (key, _) = self.key(column, class, bytes);
            return self.mark(key, block);
        }
        self.loose.push(column, class, bytes, block);
    }

    /// The blocks of each numbered key: ends in the second list, by key.
    fn by_key(&self) -> (Vec<u32>, Vec<usize>) {
        let mut ends = vec![0_usize; self.interner.len() + 1];
        for key in &self.marks {
            ends[*key as usize + 1] += 1;
        }
        for at in 1..ends.len() {
            ends[at] += ends[at - 1];
        }
        let mut next = ends.clone();
        let mut blocks = vec![0; self.marks.len()];
        let starts = self.block_starts.iter().copied();
        let stops = self.block_starts.iter().skip(1).copied();
        for (block, (start, stop)) in starts.zip(stops.chain([self.marks.len()])).enumerate() {
            for key in &self.marks[start..stop] {
                let place = &mut next[*key as usize];
                blocks[*place] = block as u32;
                *place += 1;
            }
        }
        (blocks, ends)
    }

    /// Class and bytes of a key: numbered ones come first, then the loose ones.
    #[inline]
    fn bytes_of(&self, key: u32) -> &[u8] {
        let key = key as usize;
        match key.checked_sub(self.interner.len()) {
            None => &self.interner.text(key as u32)[1..],
            Some(loose) => self.loose.key(loose),
        }
    }

    #[inline]
    fn column_of(&self, key: u32) -> u8 {
        let key = key as usize;
        match key.checked_sub(self.interner.len()) {
            None => self.interner.text(key as u32)[0],
            Some(loose) => self.loose.column(loose),
        }
    }

    /// The keys but those of hex digits in their order: by class and bytes, then by column, then as they came.
    fn sorted(&self, left: &impl Fn(u8) -> bool) -> Vec<Placed> {
        let keys = 0..(self.interner.len() + self.loose.len()) as u32;
        let kept = keys.filter(|key| !left(self.column_of(*key)));
        let mut order: Vec<Placed> = kept
            .map(|key| Placed::of(self.bytes_of(key), self.column_of(key), key))
            .collect();
        order.sort_unstable_by(|one, other| {
            let bytes = || match (one.is_long, other.is_long) {
                (true, true) => self.bytes_of(one.key).cmp(self.bytes_of(other.key)),
                (one, other) => one.cmp(&other),
            };
            let rest = || (one.column, one.key).cmp(&(other.column, other.key));
            one.head.cmp(&other.head).then_with(bytes).then_with(rest)
        });
        order
    }

    /// Whether two keys have the same class and bytes.
    fn are_same(&self, one: &Placed, other: &Placed) -> bool {
        one.head == other.head
            && one.is_long == other.is_long
            && (!one.is_long || self.bytes_of(one.key) == self.bytes_of(other.key))
    }

    /// Writes the pages, and what the directory has to say of them.
    pub(super) fn write(mut self, directory: &mut Directory, out: &mut Vec<u8>) {
        let columns: Vec<Coverage> = directory.columns.iter().map(|(_, kept)| *kept).collect();
        let left = |column: u8| columns.get(usize::from(column)) == Some(&Coverage::Left);
        self.hex.close_block();
        self.hex.sort(left);
        let order = self.sorted(&left);
        let (blocks, ends) = self.by_key();
        let mut pages = Pages::new(directory, out);
        let mut hex_keys = Some(self.hex.keys());
        let (mut found, mut posting) = (Vec::new(), Vec::new());
        for of_key in order.chunk_by(|one, other| self.are_same(one, other)) {
            let bytes = self.bytes_of(of_key[0].key);
            if bytes[0] > HEX
                && let Some(keys) = hex_keys.take()
            {
                pages.push_hex(keys);
            }
            posting.clear();
            let columns = of_key.chunk_by(|one, other| one.column == other.column);
            let mut columns = columns.peekable();
            while let Some(keys) = columns.next() {
                found.clear();
                for key in keys.iter().map(|placed| placed.key as usize) {
                    match key.checked_sub(self.interner.len()) {
                        None => {
                            let (start, end) = (ends[key], ends[key + 1]);
                            found.extend_from_slice(&blocks[start..end]);
                        }
                        Some(loose) => found.push(self.loose.block(loose)),
                    }
                }
                if keys.len() > 1 {
                    found.sort_unstable();
                    found.dedup();
                }
                let (column, more) = (keys[0].column, columns.peek().is_some());
                write_posting(&mut posting, column, more, &found, pages.blocks);
            }
            pages.push(bytes, &posting);
        }
        if let Some(keys) = hex_keys {
            pages.push_hex(keys);
        }
        pages.close();
    }
}

/// A key that is put in order.
#[derive(Debug, Clone, Copy)]
struct Placed {
    /// Class and first bytes, with zeros behind them, which no key has: all of an address, and most comparisons need no more.
    head: u128,
    key: u32,
    column: u8,
    /// Whether there is more of it than stands in `head`.
    is_long: bool,
}

const HEAD_BYTES: usize = size_of::<u128>();

impl Placed {
    #[inline]
    fn of(bytes: &[u8], column: u8, key: u32) -> Placed {
        let mut head = [0; HEAD_BYTES];
        let length = bytes.len().min(HEAD_BYTES);
        head[..length].copy_from_slice(&bytes[..length]);
        Placed {
            head: u128::from_be_bytes(head),
            key,
            column,
            is_long: bytes.len() > HEAD_BYTES,
        }
    }
}

/// The pages as they are filled.
struct Pages<'a> {
    directory: &'a mut Directory,
    out: &'a mut Vec<u8>,
    /// Blocks of the file.
    blocks: u32,
    page: PageWriter,
    /// The first key of the page.
    first: Vec<u8>,
}

impl<'a> Pages<'a> {
    fn new(directory: &'a mut Directory, out: &'a mut Vec<u8>) -> Self {
        Self {
            blocks: directory.blocks(),
            directory,
            out,
            page: PageWriter::default(),
            first: Vec::new(),
        }
    }

    /// The next key in their order: its class and bytes.
    fn push(&mut self, key: &[u8], posting: &[u8]) {
        if !self.page.is_empty() && (self.page.is_full() || self.first[0] != key[0]) {
            self.close();
        }
        if self.page.is_empty() {
            self.first.clear();
            self.first.extend_from_slice(key);
        }
        self.page.push(key, posting);
    }

    fn push_hex<'k>(&mut self, keys: impl Iterator<Item = HexKey<'k>>) {
        let (mut bytes, mut posting, mut found) = (Vec::new(), Vec::new(), Vec::new());
        for key in keys {
            bytes.clear();
            bytes.push(HEX);
            key.push_digits(&mut bytes);
            posting.clear();
            let mut columns = key.columns().peekable();
            while let Some((column, blocks)) = columns.next() {
                found.clear();
                found.extend(blocks);
                let more = columns.peek().is_some();
                write_posting(&mut posting, column, more, &found, self.blocks);
            }
            self.push(&bytes, &posting);
        }
    }

    fn close(&mut self) {
        if self.page.is_empty() {
            return;
        }
        let compressed = self.page.close();
        self.directory.pages.push(PageEntry {
            first: self.first.clone(),
            start: self.out.len() as u64,
            length: compressed.len() as u32,
            checksum: checksum(&compressed),
        });
        self.out.extend_from_slice(&compressed);
    }
}
