//! The bytes of an index file.
//!
//! ```text
//! magic "HQTERMS1"
//! pages      keys in their order, each page compressed by itself (zstd); a class of keys begins a page
//! directory  what the file is an index of, its columns and row groups, and for each page its first key (zstd)
//! tail       the directory's place, length and checksum; the version; the magic again
//! ```
//!
//! A page: the number of keys, then for each key how many bytes it shares with the one before, then the lengths of the rest, then of
//! the postings, then all rests, then all postings. Numbers are LEB128. A posting has for each column its number (the high bit: another
//! one follows), then 0 for all blocks, 1 for a bitmap, or the number of blocks plus 1 and their differences.
//!
//! Checksums are the first eight bytes of BLAKE3. Every page and the directory have one, so that damage is seen before it is believed.

use super::blocks::Blocks;
use std::cell::RefCell;
use zstd::bulk::{Compressor, Decompressor};

pub(super) const MAGIC: &[u8; 8] = b"HQTERMS1";
/// 1 filed whole values as well.
pub(super) const VERSION: u32 = 2;
/// Place (8), length (4), checksum (8), version (4), magic (8).
pub(super) const TAIL_BYTES: usize = 32;
/// A page is closed when its keys and postings have so many bytes.
pub(super) const PAGE_BYTES: usize = 8 << 10;
const ZSTD_LEVEL: i32 = 1;
/// More than any page or directory that is written.
const EXPANDED_BYTES_MAX: usize = 256 << 20;

/// Why an index file is of no use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unusable {
    Missing,
    /// It belongs to another file than the one of this name.
    Stale,
    /// Of a version that this program does not know.
    Version(u32),
    Damaged(&'static str),
}

impl std::fmt::Display for Unusable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Unusable::Missing => write!(f, "missing"),
            Unusable::Stale => write!(f, "stale"),
            Unusable::Version(version) => write!(f, "of version {version}"),
            Unusable::Damaged(what) => write!(f, "damaged ({what})"),
        }
    }
}

pub(super) fn checksum(bytes: &[u8]) -> [u8; 8] {
    let digest = blake3::hash(bytes);
    digest.as_bytes()[..8]
        .try_into()
        .expect("a digest has 32 bytes")
}

/// The length in four bytes, then a zstd frame.
pub(super) fn compress(bytes: &[u8]) -> Vec<u8> {
    let mut out = (bytes.len() as u32).to_le_bytes().to_vec();
    let frame = COMPRESSOR.with_borrow_mut(|compressor| compressor.compress(bytes));
    out.extend_from_slice(&frame.expect("memory is the only limit of compression"));
    out
}

thread_local! {
    /// Used again for each page of the files that a thread writes.
    static COMPRESSOR: RefCell<Compressor<'static>> =
        RefCell::new(Compressor::new(ZSTD_LEVEL).expect("zstd has this level"));
    /// Its tables are larger than most pages: made once for a thread, not for each of hundreds of pages.
    static DECOMPRESSOR: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
}

pub(super) fn expand(bytes: &[u8]) -> Result<Vec<u8>, Unusable> {
    const WRONG: Unusable = Unusable::Damaged("a part cannot be expanded");
    let (length, frame) = bytes.split_first_chunk::<4>().ok_or(WRONG)?;
    let length = u32::from_le_bytes(*length) as usize;
    if length > EXPANDED_BYTES_MAX {
        return Err(WRONG);
    }
    DECOMPRESSOR.with_borrow_mut(|kept| {
        if kept.is_none() {
            *kept = Decompressor::new().ok();
        }
        let decompressor = kept.as_mut().ok_or(WRONG)?;
        decompressor.decompress(frame, length).map_err(|_| WRONG)
    })
}

pub(super) fn write_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

pub(super) fn write_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    write_number(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Reads what the functions above wrote; bytes that end too early are damage.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a>(pub &'a [u8]);

const SHORT: Unusable = Unusable::Damaged("a part ends too early");

impl<'a> Reader<'a> {
    #[inline]
    pub(super) fn byte(&mut self) -> Result<u8, Unusable> {
        let (first, rest) = self.0.split_first().ok_or(SHORT)?;
        self.0 = rest;
        Ok(*first)
    }

    #[inline]
    pub(super) fn number(&mut self) -> Result<u64, Unusable> {
        let mut number = 0;
        for shift in (0..63).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(Unusable::Damaged("a number is too large"))
    }

    pub(super) fn number32(&mut self) -> Result<u32, Unusable> {
        u32::try_from(self.number()?).map_err(|_| Unusable::Damaged("a number is too large"))
    }

    pub(super) fn take(&mut self, length: usize) -> Result<&'a [u8], Unusable> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(SHORT)?;
        self.0 = rest;
        Ok(taken)
    }

    pub(super) fn bytes(&mut self) -> Result<&'a [u8], Unusable> {
        let length = self.number()?;
        self.take(usize::try_from(length).map_err(|_| SHORT)?)
    }

    pub(super) fn text(&mut self) -> Result<String, Unusable> {
        let bytes = self.bytes()?;
        String::from_utf8(bytes.to_vec()).map_err(|_| Unusable::Damaged("a name is no text"))
    }
}

/// Adds one column of a posting. `blocks` are ascending; `count` is how many the file has.
pub(super) fn write_posting(out: &mut Vec<u8>, column: u8, more: bool, blocks: &[u32], count: u32) {
    out.push(column | if more { 0x80 } else { 0 });
    if blocks.len() == count as usize {
        out.push(0);
        return;
    }
    let bitmap_bytes = (count as usize).div_ceil(8);
    if blocks.len() > bitmap_bytes {
        out.push(1);
        let at = out.len();
        out.resize(at + bitmap_bytes, 0);
        for block in blocks {
            out[at + *block as usize / 8] |= 1 << (block % 8);
        }
        return;
    }
    write_number(out, blocks.len() as u64 + 1);
    let mut last = 0;
    for block in blocks {
        write_number(out, u64::from(block - last));
        last = *block;
    }
}

/// Adds the blocks of a posting to those of the wanted columns: `place[column]` says where in `found`.
pub(super) fn read_posting(
    posting: &[u8],
    place: &[u8; 128],
    found: &mut [Blocks],
) -> Result<(), Unusable> {
    let count = found.first().map_or(0, Blocks::count);
    let mut reader = Reader(posting);
    loop {
        let column = reader.byte()?;
        let mut blocks = found.get_mut(usize::from(place[usize::from(column & 0x7F)]));
        match reader.number()? {
            0 => {
                if let Some(blocks) = &mut blocks {
                    blocks.fill();
                }
            }
            1 => {
                let bitmap = reader.take((count as usize).div_ceil(8))?;
                if let Some(blocks) = &mut blocks {
                    for block in 0..count {
                        if bitmap[block as usize / 8] & (1 << (block % 8)) != 0 {
                            blocks.insert(block);
                        }
                    }
                }
            }
            listed => {
                let mut block = 0;
                for _ in 1..listed {
                    block += reader.number32()?;
                    match &mut blocks {
                        _ if block >= count => {
                            return Err(Unusable::Damaged("a block lies beyond the rows"));
                        }
                        Some(blocks) => blocks.insert(block),
                        None => {}
                    }
                }
            }
        }
        if column < 0x80 {
            return Ok(());
        }
    }
}

/// Keys of one page on their way to the file.
#[derive(Debug, Default)]
pub(super) struct PageWriter {
    last: Vec<u8>,
    shared: Vec<u8>,
    lengths: Vec<u8>,
    posting_lengths: Vec<u8>,
    rests: Vec<u8>,
    postings: Vec<u8>,
    keys: u64,
}

impl PageWriter {
    /// `key` is greater than all before it and has at most 255 bytes.
    pub(super) fn push(&mut self, key: &[u8], posting: &[u8]) {
        let shared = self
            .last
            .iter()
            .zip(key)
            .take_while(|(last, next)| last == next)
            .count();
        self.shared.push(shared as u8);
        self.lengths.push((key.len() - shared) as u8);
        write_number(&mut self.posting_lengths, posting.len() as u64);
        self.rests.extend_from_slice(&key[shared..]);
        self.postings.extend_from_slice(posting);
        self.keys += 1;
        self.last.clear();
        self.last.extend_from_slice(key);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.keys == 0
    }

    pub(super) fn is_full(&self) -> bool {
        self.rests.len() + self.postings.len() + self.shared.len() * 3 >= PAGE_BYTES
    }

    /// The page, compressed; what comes next begins another one.
    pub(super) fn close(&mut self) -> Vec<u8> {
        let mut page = Vec::with_capacity(PAGE_BYTES * 2);
        write_number(&mut page, self.keys);
        for part in [
            &self.shared,
            &self.lengths,
            &self.posting_lengths,
            &self.rests,
            &self.postings,
        ] {
            page.extend_from_slice(part);
        }
        self.keys = 0;
        for part in [
            &mut self.last,
            &mut self.shared,
            &mut self.lengths,
            &mut self.posting_lengths,
            &mut self.rests,
            &mut self.postings,
        ] {
            part.clear();
        }
        compress(&page)
    }
}

/// A page in memory: its keys as they are, in order.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Page {
    bytes: Vec<u8>,
    /// One more than there are keys.
    ends: Vec<u32>,
    postings: Vec<u8>,
    posting_ends: Vec<u32>,
}

impl Page {
    pub(super) fn read(compressed: &[u8]) -> Result<Page, Unusable> {
        let raw = expand(compressed)?;
        let mut reader = Reader(&raw);
        let keys = reader.number()? as usize;
        let shared = reader.take(keys)?;
        let lengths = reader.take(keys)?;
        let mut page = Page::default();
        page.ends.push(0);
        page.posting_ends.push(0);
        let mut postings = 0;
        for _ in 0..keys {
            postings += reader.number32()?;
            page.posting_ends.push(postings);
        }
        let mut start = 0;
        for (shared, length) in shared.iter().zip(lengths) {
            let rest = reader.take(usize::from(*length))?;
            let shared = usize::from(*shared);
            if start + shared > page.bytes.len() {
                return Err(Unusable::Damaged("a key shares more than there is"));
            }
            let at = page.bytes.len();
            page.bytes.extend_from_within(start..start + shared);
            page.bytes.extend_from_slice(rest);
            page.ends.push(page.bytes.len() as u32);
            start = at;
        }
        page.postings = reader.take(postings as usize)?.to_vec();
        Ok(page)
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len() - 1
    }

    pub(super) fn key(&self, at: usize) -> &[u8] {
        &self.bytes[self.ends[at] as usize..self.ends[at + 1] as usize]
    }

    pub(super) fn posting(&self, at: usize) -> &[u8] {
        &self.postings[self.posting_ends[at] as usize..self.posting_ends[at + 1] as usize]
    }

    /// The first key that is not less than `key`, from `from` on.
    pub(super) fn lower_bound(&self, key: &[u8], from: usize) -> usize {
        let (mut low, mut high) = (from, self.len());
        while low < high {
            let middle = low.midpoint(high);
            match self.key(middle) < key {
                true => low = middle + 1,
                false => high = middle,
            }
        }
        low
    }

    /// Bytes in memory, about.
    pub(super) fn size_bytes(&self) -> usize {
        self.bytes.len() + self.postings.len() + (self.ends.len() + self.posting_ends.len()) * 4
    }

    /// All keys one after the other, for searching them at once; see [`Page::key_at`].
    pub(super) fn all_keys(&self) -> &[u8] {
        &self.bytes
    }

    /// The key that the byte at `place` of [`Page::all_keys`] belongs to.
    pub(super) fn key_at(&self, place: usize) -> usize {
        self.ends.partition_point(|end| *end as usize <= place) - 1
    }

    /// Where in [`Page::all_keys`] a key begins and ends.
    pub(super) fn span(&self, at: usize) -> std::ops::Range<usize> {
        self.ends[at] as usize..self.ends[at + 1] as usize
    }
}

/// What stands at the end of an index file.
#[derive(Debug)]
pub(super) struct Tail {
    pub start: u64,
    pub length: usize,
    pub checksum: [u8; 8],
}

impl Tail {
    pub(super) fn of(bytes: &[u8; TAIL_BYTES]) -> Result<Tail, Unusable> {
        let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("4 bytes"));
        let long = |at: usize| bytes[at..at + 8].try_into().expect("8 bytes");
        if bytes[24..] != *MAGIC {
            return Err(Unusable::Damaged("its end is not that of an index"));
        }
        match word(20) {
            VERSION => Ok(Tail {
                start: u64::from_le_bytes(long(0)),
                length: word(8) as usize,
                checksum: long(12),
            }),
            other => Err(Unusable::Version(other)),
        }
    }
}

/// What an index file says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Directory {
    /// Name and size of the data file.
    pub file: String,
    pub size_bytes: u64,
    pub rows: u64,
    pub block_rows: u32,
    /// The columns of the data file; a column's place is its number in postings.
    pub columns: Vec<(String, Coverage)>,
    /// Rows of each row group, and where its bytes begin.
    pub groups: Vec<(u64, u64)>,
    pub pages: Vec<PageEntry>,
}

/// Whether a column's terms are in the index, and which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coverage {
    Left,
    /// Those of the values as they stand.
    Text,
    /// Those of the values without the escapes of their strings as well.
    Json,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PageEntry {
    pub first: Vec<u8>,
    pub start: u64,
    pub length: u32,
    pub checksum: [u8; 8],
}

impl Directory {
    pub(super) fn blocks(&self) -> u32 {
        self.rows.div_ceil(u64::from(self.block_rows.max(1))) as u32
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        write_bytes(&mut out, self.file.as_bytes());
        for number in [self.size_bytes, self.rows, u64::from(self.block_rows)] {
            write_number(&mut out, number);
        }
        write_number(&mut out, self.columns.len() as u64);
        for (name, coverage) in &self.columns {
            write_bytes(&mut out, name.as_bytes());
            out.push(match coverage {
                Coverage::Left => 0,
                Coverage::Text => 1,
                Coverage::Json => 2,
            });
        }
        write_number(&mut out, self.groups.len() as u64);
        for (rows, start) in &self.groups {
            write_number(&mut out, *rows);
            write_number(&mut out, *start);
        }
        write_number(&mut out, self.pages.len() as u64);
        for page in &self.pages {
            write_bytes(&mut out, &page.first);
            write_number(&mut out, u64::from(page.length));
            out.extend_from_slice(&page.checksum);
        }
        out
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Directory, Unusable> {
        let mut reader = Reader(bytes);
        let mut directory = Directory {
            file: reader.text()?,
            size_bytes: reader.number()?,
            rows: reader.number()?,
            block_rows: reader.number32()?,
            ..Directory::default()
        };
        for _ in 0..reader.number()? {
            let name = reader.text()?;
            let coverage = match reader.byte()? {
                0 => Coverage::Left,
                1 => Coverage::Text,
                _ => Coverage::Json,
            };
            directory.columns.push((name, coverage));
        }
        for _ in 0..reader.number()? {
            directory.groups.push((reader.number()?, reader.number()?));
        }
        let mut start = MAGIC.len() as u64;
        for _ in 0..reader.number()? {
            let first = reader.bytes()?.to_vec();
            let length = reader.number32()?;
            let checksum = reader.take(8)?.try_into().expect("eight bytes were taken");
            directory.pages.push(PageEntry {
                first,
                start,
                length,
                checksum,
            });
            start += u64::from(length);
        }
        match directory.block_rows {
            0 => Err(Unusable::Damaged("blocks have no rows")),
            _ => Ok(directory),
        }
    }
}
