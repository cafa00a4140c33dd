//! Building the index of a file from its rows, batch by batch as they are written.
//!
//! The same rows give the same bytes, however they are cut into batches. Most values repeat: a column remembers the values that it has
//! seen with their keys, and a value that occurs again in a block costs one look. A value of JSON is taken member by member: most are
//! those of the row before, or repeat. Values that hardly repeat are not remembered, and keys that hardly repeat are not looked up.

use super::escapes;
use super::filed::{Key, Keys, Known};
use super::flat::BLOCKS_MAX;
use super::format::{Coverage, Directory, MAGIC, VERSION, checksum, compress};
use super::intern::Interner;
use super::keys::{HEX, each_key, fold_into, number_keys};
use super::repeats::{Looked, MEMBERS_MAX, Members};
use crate::members::is_member;
use crate::schema::is_hidden;
use datafusion::arrow::array::{Array, AsArray, StringArray};
use datafusion::arrow::datatypes::{DataType, Schema};
use datafusion::arrow::record_batch::RecordBatch;
use std::borrow::Cow;

/// Columns beyond these are left out: a posting has seven bits for the column.
const COLUMNS_MAX: usize = 120;
/// Values that a column remembers, in bytes; when there are more it begins anew.
const REMEMBERED_BYTES_MAX: usize = 4 << 20;
/// What is told apart of a column's texts: a whole text is of the first place, the members of JSON are of those behind.
const PLACES: usize = 1 + MEMBERS_MAX + 1;
/// A column with more keys than this is left out of the index, so that memory stays bounded.
const COLUMN_KEYS_MAX: u32 = 3_000_000;

/// Begins a text that is likely an object of JSON.
const BAG: &str = "{\"";

/// After so many blocks it is judged again which keys are looked up.
const JUDGED_BLOCKS: u32 = 16;

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
    keys: Vec<Key>,
    folded: String,
}

#[derive(Debug)]
struct Column {
    /// Place in the batches.
    index: usize,
    coverage: Coverage,
    keys: u32,
    values: Interner,
    /// For each remembered value: where its keys end in `of_values`, and the block that it was last seen in.
    seen: Vec<(u32, u32)>,
    of_values: Vec<Key>,
    /// Those of its last values of JSON.
    members: Members,
    /// Whether it is worth while to remember what stands at this place of a value.
    looked: [Looked; PLACES],
    /// Whether it is to look up its keys; else they are taken for new.
    looked_up: [Looked; PLACES],
    /// Of a column that comes in codes: what is known of each.
    coded: Vec<OfCode>,
    /// The block that each was last seen in.
    coded_blocks: Vec<u32>,
}

/// Where in [`Column::of_values`] the keys of a text stand.
#[derive(Debug, Clone, Copy)]
struct OfCode {
    start: u32,
    end: u32,
}

const NEVER: u32 = u32::MAX;

/// The next rows of a column.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Texts<'a> {
    Plain(&'a StringArray),
    /// Those at these places, pairs of array and row.
    Ordered(&'a [StringArray], &'a [(usize, usize)]),
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
            coverage: match *field.data_type() == DataType::Utf8
                && !is_hidden(field.name())
                && !is_member(field.name())
            {
                false => Coverage::Left,
                true if is_json(field.name()) => Coverage::Json,
                true => Coverage::Text,
            },
            keys: 0,
            values: Interner::default(),
            seen: Vec::new(),
            of_values: Vec::new(),
            members: Members::default(),
            looked: [Looked::default(); PLACES],
            looked_up: [Looked::default(); PLACES],
            coded: Vec::new(),
            coded_blocks: Vec::new(),
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
                self.begin_block();
            }
            let rows = (self.block_rows as usize - within).min(count - from);
            let range = from..from + rows;
            for column in &mut self.columns {
                if column.coverage == Coverage::Left {
                    continue;
                }
                let (keys, scratch) = (&mut self.keys, &mut self.scratch);
                match columns[column.index] {
                    Texts::Plain(strings) => {
                        let offsets = strings.value_offsets();
                        if offsets[range.start] != offsets[range.end] {
                            let texts = range.clone().filter(|row| strings.is_valid(*row));
                            let texts = texts.map(|row| strings.value(row));
                            column.push(texts, keys, scratch);
                        }
                    }
                    Texts::Ordered(arrays, places) => {
                        let texts = places[range.clone()].iter();
                        let texts = texts.map(|(array, row)| arrays[*array].value(*row));
                        column.push(texts, keys, scratch);
                    }
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

    fn begin_block(&mut self) {
        let crowded = self.keys.begin_block();
        let is_last = self.keys.block() + 1 == BLOCKS_MAX;
        let is_to_judge = self.keys.block().is_multiple_of(JUDGED_BLOCKS);
        for (column, number) in self.columns.iter_mut().zip(0_u8..) {
            if is_last || crowded.contains(&number) {
                column.give_up();
            }
            if is_to_judge {
                column.looked_up.fill(Looked::default());
            }
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
    /// Values of JSON are taken member by member, and so are texts that look like it: no term reaches over a cut.
    fn push<'t>(
        &mut self,
        texts: impl Iterator<Item = &'t str>,
        keys: &mut Keys,
        scratch: &mut Scratch,
    ) {
        let mut last = "";
        for value in texts {
            if value == last {
                continue;
            }
            if self.coverage == Coverage::Json || value.starts_with(BAG) {
                let mut members = std::mem::take(&mut self.members);
                members.each(value, keys.block(), |place, text| {
                    self.file(place + 1, text, keys, scratch);
                });
                self.members = members;
            } else {
                self.file(0, value, keys, scratch);
            }
            last = value;
        }
        self.give_up_when_too_large();
    }

    fn give_up_when_too_large(&mut self) {
        if self.keys > COLUMN_KEYS_MAX {
            self.give_up();
        }
    }

    fn give_up(&mut self) {
        self.coverage = Coverage::Left;
        self.forget();
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
        };
        let block = keys.block();
        self.coded.resize(values.len(), UNKNOWN);
        self.coded_blocks.resize(values.len(), NEVER);
        for code in codes {
            let at = *code as usize;
            if std::mem::replace(&mut self.coded_blocks[at], block) == block {
                continue;
            }
            if self.coded[at].start == NEVER {
                let text = std::str::from_utf8(values.text(*code));
                self.learn(0, text.expect("texts are UTF-8"), keys, scratch);
                self.coded[at].start = self.of_values.len() as u32;
                self.of_values.extend_from_slice(&scratch.keys);
                self.coded[at].end = self.of_values.len() as u32;
            }
            let OfCode { start, end } = self.coded[at];
            for key in &self.of_values[start as usize..end as usize] {
                keys.mark(*key, block);
            }
        }
        self.give_up_when_too_large();
    }

    /// Files a text under its keys in this block; `place` tells what it is in a value.
    fn file(&mut self, place: usize, text: &str, keys: &mut Keys, scratch: &mut Scratch) {
        let block = keys.block();
        if let Some(numbers) = number_keys(text) {
            for digits in numbers {
                keys.mark_hex(self.index as u8, digits, block);
            }
            return;
        }
        if !self.looked[place].repeats() {
            if !self.looked_up[place].repeats() {
                return self.file_loose(text, keys, scratch);
            }
            self.learn(place, text, keys, scratch);
            for key in &scratch.keys {
                keys.mark(*key, block);
            }
            return;
        }
        let (number, is_new) = self.values.number(text.as_bytes());
        self.looked[place].count(!is_new);
        if is_new {
            self.learn(place, text, keys, scratch);
            self.of_values.extend_from_slice(&scratch.keys);
            self.seen.push((self.of_values.len() as u32, NEVER));
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
        for key in &self.of_values[start..end] {
            keys.mark(*key, block);
        }
        if self.values.bytes() > REMEMBERED_BYTES_MAX {
            self.forget();
        }
    }

    fn forget(&mut self) {
        self.values.clear();
        self.seen.clear();
        self.of_values.clear();
    }

    /// Finds the keys of a text, into `scratch.keys`.
    fn learn(&mut self, place: usize, text: &str, keys: &mut Keys, scratch: &mut Scratch) {
        scratch.keys.clear();
        let column = self.index as u8;
        let (mut new, mut before) = (0, 0);
        let found = &mut scratch.keys;
        let is_looked_up = self.looked_up[place].repeats();
        self.each_key(text, &mut scratch.folded, |class, bytes| {
            let (key, known) = match is_looked_up {
                true => keys.key(column, class, bytes),
                false => keys.new_key(column, class, bytes),
            };
            new += u32::from(known == Known::New);
            before += u32::from(known == Known::Before);
            found.push(key);
        });
        self.keys += new;
        if is_looked_up {
            self.looked_up[place].count_all(new + before, before);
        }
    }

    /// Files a text whose keys are most likely new.
    fn file_loose(&mut self, text: &str, keys: &mut Keys, scratch: &mut Scratch) {
        let (column, block) = (self.index as u8, keys.block());
        let mut new = 0;
        self.each_key(text, &mut scratch.folded, |class, bytes| {
            new += u32::from(class != HEX);
            keys.mark_loose(column, class, bytes, block);
        });
        self.keys += new;
    }

    fn each_key(&self, text: &str, folded: &mut String, mut tell: impl FnMut(u8, &[u8])) {
        fold_into(folded, text);
        each_key(folded, &mut tell);
        if self.coverage == Coverage::Json
            && let Cow::Owned(plain) = escapes::without(text)
        {
            fold_into(folded, &plain);
            each_key(folded, &mut tell);
        }
    }
}
