//! Building the index of a file from its rows, batch by batch as they are written.
//!
//! The same rows give the same bytes, however they are cut into batches. Most values repeat: a column remembers the values that it has
//! seen with their keys, and a value that occurs again in a block costs one look. A value of JSON is taken member by member: most are
//! those of the row before, or repeat. Values that hardly repeat are not remembered.

use super::escapes;
use super::format::{
    Coverage, Directory, MAGIC, PageEntry, PageWriter, VERSION, checksum, compress, write_posting,
};
use super::intern::Interner;
use super::keys::{each_key, fold_into};
use super::repeats::{Looked, members, without_key_of};
use crate::schema::is_hidden;
use datafusion::arrow::array::{Array, AsArray, StringArray};
use datafusion::arrow::datatypes::{DataType, Schema};
use datafusion::arrow::record_batch::RecordBatch;
use std::borrow::Cow;
use std::ops::Range;

/// Columns beyond these are left out: a posting has seven bits for the column.
const COLUMNS_MAX: usize = 120;
/// Values that a column remembers, in bytes; when there are more it begins anew.
const REMEMBERED_BYTES_MAX: usize = 4 << 20;
/// Places of members that are told apart; those behind are taken for one.
const PLACES_MAX: usize = 63;
/// A column with more keys than this is left out of the index, so that memory stays bounded.
const COLUMN_KEYS_MAX: u32 = 3_000_000;

/// The index of a file that is being written.
#[derive(Debug)]
pub(crate) struct Builder {
    names: Vec<String>,
    columns: Vec<Column>,
    keys: Keys,
    rows: u64,
    block_rows: u32,
    scratch: Scratch,
}

/// Memory that is used for one value after the other.
#[derive(Debug, Default)]
struct Scratch {
    /// The keys of a value.
    numbers: Vec<u32>,
    folded: String,
    /// The members of this value and of the one before.
    members: Vec<Range<usize>>,
    before: Vec<Range<usize>>,
}

#[derive(Debug)]
struct Column {
    /// Place in the batches.
    index: usize,
    coverage: Coverage,
    keys: u32,
    values: Interner,
    /// For each remembered value: where its keys end in `numbers`, and the block that it was last seen in.
    seen: Vec<(u32, u32)>,
    numbers: Vec<u32>,
    /// Whether it is worth while to remember what stands at this place of a value.
    looked: Vec<Looked>,
    /// Of a column that comes in codes: what is known of each.
    coded: Vec<OfCode>,
}

/// Where in [`Column::numbers`] the keys of a text stand, and the block that it was last seen in.
#[derive(Debug, Clone, Copy)]
struct OfCode {
    start: u32,
    end: u32,
    block: u32,
}

/// All keys of all columns: a column's number, then the key.
#[derive(Debug, Default)]
struct Keys {
    interner: Interner,
    /// The block that each key was last seen in.
    last_block: Vec<u32>,
    /// Keys in the order of blocks, each once a block.
    marks: Vec<u32>,
    /// Where the marks of each block begin.
    block_starts: Vec<usize>,
    bytes: Vec<u8>,
}

const NEVER: u32 = u32::MAX;

/// The next rows of a column.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Texts<'a> {
    Plain(&'a StringArray),
    /// Each text once, and the number of each row's. The texts are the same ones from call to call.
    Coded(&'a Interner, &'a [u32]),
    /// It has no texts.
    None,
}

/// What the index has to say of the data file.
#[derive(Debug, Clone)]
pub(crate) struct Indexed<'a> {
    /// The file's name, without folders.
    pub file: &'a str,
    pub size_bytes: u64,
    /// Rows of each row group, and where its bytes begin.
    pub groups: Vec<(u64, u64)>,
}

impl Builder {
    /// `is_json` tells the columns of JSON text; `block_rows` is more than 0.
    pub(crate) fn new(schema: &Schema, is_json: impl Fn(&str) -> bool, block_rows: u32) -> Builder {
        let fields = schema.fields().iter().take(COLUMNS_MAX).enumerate();
        let columns = fields.map(|(index, field)| Column {
            index,
            coverage: match *field.data_type() == DataType::Utf8 && !is_hidden(field.name()) {
                false => Coverage::Left,
                true if is_json(field.name()) => Coverage::Json,
                true => Coverage::Text,
            },
            keys: 0,
            values: Interner::default(),
            seen: Vec::new(),
            numbers: Vec::new(),
            looked: Vec::new(),
            coded: Vec::new(),
        });
        Builder {
            columns: columns.collect(),
            names: schema
                .fields()
                .iter()
                .map(|field| field.name().clone())
                .collect(),
            keys: Keys::default(),
            rows: 0,
            block_rows,
            scratch: Scratch::default(),
        }
    }

    /// Takes the next rows of the file.
    pub(crate) fn push(&mut self, batch: &RecordBatch) {
        let columns = batch.columns().iter();
        let texts = columns.map(|array| match array.as_string_opt::<i32>() {
            Some(strings) => Texts::Plain(strings),
            None => Texts::None,
        });
        let texts: Vec<Texts<'_>> = texts.collect();
        self.push_columns(batch.num_rows(), &texts);
    }

    /// As [`Builder::push`]: so many rows of all columns.
    pub(crate) fn push_columns(&mut self, count: usize, columns: &[Texts<'_>]) {
        let mut from = 0;
        while from < count {
            let within = (self.rows % u64::from(self.block_rows)) as usize;
            if within == 0 {
                self.keys.block_starts.push(self.keys.marks.len());
            }
            let rows = (self.block_rows as usize - within).min(count - from);
            let range = from..from + rows;
            for column in &mut self.columns {
                if column.coverage == Coverage::Left {
                    continue;
                }
                let (keys, scratch) = (&mut self.keys, &mut self.scratch);
                match columns[column.index] {
                    Texts::Plain(strings) => column.push(strings, range.clone(), keys, scratch),
                    Texts::Coded(values, codes) => {
                        column.push_codes(values, &codes[range.clone()], keys, scratch);
                    }
                    Texts::None => {}
                }
            }
            self.rows += rows as u64;
            from += rows;
        }
    }

    /// The bytes of the index file.
    pub(crate) fn finish(self, of: &Indexed<'_>) -> Vec<u8> {
        let covered = |index: usize| {
            let column = self.columns.get(index);
            column.map_or(Coverage::Left, |column| column.coverage)
        };
        let columns = self.names.iter().enumerate();
        let mut directory = Directory {
            file: of.file.to_owned(),
            size_bytes: of.size_bytes,
            rows: self.rows,
            block_rows: self.block_rows,
            columns: columns
                .map(|(index, name)| (name.clone(), covered(index)))
                .collect(),
            groups: of.groups.clone(),
            pages: Vec::new(),
        };
        let mut out = MAGIC.to_vec();
        self.keys.write(&mut directory, &mut out);
        let start = out.len() as u64;
        let compressed = compress(&directory.to_bytes());
        out.extend_from_slice(&compressed);
        out.extend_from_slice(&start.to_le_bytes());
        out.extend_from_slice(&(compressed.len() as u32).to_le_bytes());
        out.extend_from_slice(&checksum(&compressed));
        out.extend_from_slice(&VERSION.to_le_bytes());
        out.extend_from_slice(MAGIC);
        out
    }
}

impl Column {
    fn push(
        &mut self,
        strings: &StringArray,
        rows: Range<usize>,
        keys: &mut Keys,
        scratch: &mut Scratch,
    ) {
        let offsets = strings.value_offsets();
        if offsets[rows.start] == offsets[rows.end] {
            return;
        }
        match self.coverage {
            Coverage::Json => self.push_json(strings, rows, keys, scratch),
            Coverage::Text | Coverage::Left => self.push_texts(strings, rows, keys, scratch),
        }
        self.give_up_when_too_large();
    }

    fn give_up_when_too_large(&mut self) {
        if self.keys > COLUMN_KEYS_MAX {
            self.coverage = Coverage::Left;
            self.forget();
        }
    }

    fn push_codes(
        &mut self,
        values: &Interner,
        codes: &[u32],
        keys: &mut Keys,
        scratch: &mut Scratch,
    ) {
        const UNKNOWN: OfCode = OfCode {
            start: NEVER,
            end: NEVER,
            block: NEVER,
        };
        let block = keys.block();
        self.coded.resize(values.len(), UNKNOWN);
        let mut last = None;
        for code in codes {
            if last == Some(code) {
                continue;
            }
            last = Some(code);
            let at = *code as usize;
            if self.coded[at].block == block {
                continue;
            }
            if self.coded[at].start == NEVER {
                let text = std::str::from_utf8(values.text(*code));
                self.learn(text.expect("texts are UTF-8"), keys, scratch);
                self.coded[at].start = self.numbers.len() as u32;
                self.numbers.extend_from_slice(&scratch.numbers);
                self.coded[at].end = self.numbers.len() as u32;
            }
            self.coded[at].block = block;
            let OfCode { start, end, .. } = self.coded[at];
            for key in &self.numbers[start as usize..end as usize] {
                keys.mark(*key, block);
            }
        }
        self.give_up_when_too_large();
    }

    fn push_texts(
        &mut self,
        strings: &StringArray,
        rows: Range<usize>,
        keys: &mut Keys,
        scratch: &mut Scratch,
    ) {
        let offsets = strings.value_offsets();
        let bytes = strings.value_data();
        let mut last: &[u8] = &[];
        for row in rows {
            let value = &bytes[offsets[row] as usize..offsets[row + 1] as usize];
            if value == last || strings.is_null(row) {
                continue;
            }
            last = value;
            self.file(0, strings.value(row), keys, scratch);
        }
    }

    fn push_json(
        &mut self,
        strings: &StringArray,
        rows: Range<usize>,
        keys: &mut Keys,
        scratch: &mut Scratch,
    ) {
        scratch.before.clear();
        let mut last = "";
        for row in rows.filter(|row| strings.is_valid(*row)) {
            let value = strings.value(row);
            let mut found = std::mem::take(&mut scratch.members);
            members(value, &mut found);
            for (place, member) in found.iter().enumerate() {
                let text = &value[member.clone()];
                let before = scratch.before.get(place);
                let before = before.map_or("", |before| &last[before.clone()]);
                if before != text {
                    self.file(place, without_key_of(before, text), keys, scratch);
                }
            }
            last = value;
            scratch.members = std::mem::replace(&mut scratch.before, found);
        }
    }

    /// Files a text under its keys in this block; `place` tells what it is in a value.
    fn file(&mut self, place: usize, text: &str, keys: &mut Keys, scratch: &mut Scratch) {
        let block = keys.block();
        let place = place.min(PLACES_MAX);
        if self.looked.len() <= place {
            self.looked.resize(place + 1, Looked::default());
        }
        if !self.looked[place].repeats() {
            self.learn(text, keys, scratch);
            for key in &scratch.numbers {
                keys.mark(*key, block);
            }
            return;
        }
        let (number, is_new) = self.values.number(text.as_bytes());
        self.looked[place].count(!is_new);
        if is_new {
            self.learn(text, keys, scratch);
            self.numbers.extend_from_slice(&scratch.numbers);
            self.seen.push((self.numbers.len() as u32, NEVER));
        }
        let seen = &mut self.seen[number as usize];
        if seen.1 == block {
            return;
        }
        seen.1 = block;
        let end = seen.0 as usize;
        let start = match number {
            0 => 0,
            _ => self.seen[number as usize - 1].0 as usize,
        };
        for key in &self.numbers[start..end] {
            keys.mark(*key, block);
        }
        if self.values.bytes() > REMEMBERED_BYTES_MAX {
            self.forget();
        }
    }

    fn forget(&mut self) {
        self.values.clear();
        self.seen.clear();
        self.numbers.clear();
    }

    /// Finds the keys of a text, into `scratch.numbers`.
    fn learn(&mut self, text: &str, keys: &mut Keys, scratch: &mut Scratch) {
        let Scratch {
            numbers, folded, ..
        } = scratch;
        numbers.clear();
        let column = self.index as u8;
        let mut new = 0;
        let mut file = |text: &str| {
            fold_into(folded, text);
            each_key(folded, |class, bytes| {
                let (number, is_new) = keys.number(column, class, bytes);
                new += u32::from(is_new);
                numbers.push(number);
            });
        };
        file(text);
        if self.coverage == Coverage::Json
            && let Cow::Owned(plain) = escapes::without(text)
        {
            file(&plain);
        }
        self.keys += new;
    }
}

impl Keys {
    fn block(&self) -> u32 {
        self.block_starts.len() as u32 - 1
    }

    fn number(&mut self, column: u8, class: u8, bytes: &[u8]) -> (u32, bool) {
        self.bytes.clear();
        self.bytes.extend_from_slice(&[column, class]);
        self.bytes.extend_from_slice(bytes);
        let (number, is_new) = self.interner.number(&self.bytes);
        if is_new {
            self.last_block.push(NEVER);
        }
        (number, is_new)
    }

    #[inline]
    fn mark(&mut self, key: u32, block: u32) {
        let last = &mut self.last_block[key as usize];
        if *last != block {
            *last = block;
            self.marks.push(key);
        }
    }

    /// The blocks of each key: ends in the second list, by key.
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

    /// The keys in their order: by class and bytes, then by column.
    fn sorted(&self, directory: &Directory) -> Vec<u32> {
        let kept = |key: &u32| {
            let column = usize::from(self.interner.text(*key)[0]);
            directory.columns[column].1 != Coverage::Left
        };
        let head = |text: &[u8]| {
            let mut head = [0; 8];
            let length = text.len().min(8);
            head[..length].copy_from_slice(&text[..length]);
            u64::from_be_bytes(head)
        };
        let numbers = (0..self.interner.len() as u32).filter(kept);
        let mut order: Vec<(u64, u32)> = numbers
            .map(|key| (head(&self.interner.text(key)[1..]), key))
            .collect();
        order.sort_unstable_by(|(left_head, left), (right_head, right)| {
            left_head.cmp(right_head).then_with(|| {
                let (left, right) = (self.interner.text(*left), self.interner.text(*right));
                left[1..].cmp(&right[1..]).then(left[0].cmp(&right[0]))
            })
        });
        order.into_iter().map(|(_, key)| key).collect()
    }

    fn write(&self, directory: &mut Directory, out: &mut Vec<u8>) {
        let count = directory.blocks();
        let (blocks, ends) = self.by_key();
        let order = self.sorted(directory);
        let mut page = PageWriter::default();
        let mut first: Vec<u8> = Vec::new();
        let mut posting = Vec::new();
        let mut close = |page: &mut PageWriter, first: &[u8]| {
            let compressed = page.close();
            directory.pages.push(PageEntry {
                first: first.to_vec(),
                start: out.len() as u64,
                length: compressed.len() as u32,
                checksum: checksum(&compressed),
            });
            out.extend_from_slice(&compressed);
        };
        let same = |left: &u32, right: &u32| {
            self.interner.text(*left)[1..] == self.interner.text(*right)[1..]
        };
        for columns in order.chunk_by(same) {
            let key = &self.interner.text(columns[0])[1..];
            if !page.is_empty() && (page.is_full() || first[0] != key[0]) {
                close(&mut page, &first);
            }
            if page.is_empty() {
                first = key.to_vec();
            }
            posting.clear();
            for (at, number) in columns.iter().enumerate() {
                let column = self.interner.text(*number)[0];
                let of_key = &blocks[ends[*number as usize]..ends[*number as usize + 1]];
                write_posting(&mut posting, column, at + 1 < columns.len(), of_key, count);
            }
            page.push(key, &posting);
        }
        if !page.is_empty() {
            close(&mut page, &first);
        }
    }
}
