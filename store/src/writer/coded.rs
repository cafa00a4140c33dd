//! Text columns as codes: each text of a file is kept once, and a row has its number.
//!
//! Most columns of events repeat few texts. Their rows are looked up once, put in order as numbers, and go to the file and to the term
//! index as such: a dictionary page of the texts of the row group, and data pages of numbers (`RLE_DICTIONARY`), as the Parquet format
//! has them (<https://parquet.apache.org/docs/file-format/data-pages/encodings/>). What repeats too little is written as it is.

use super::chunk::{Chunk, Packer, push_plain};
use crate::index::{GLANCED_MAX, Interner};
use datafusion::arrow::array::{Array, AsArray};
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::parquet::basic::Encoding;
use datafusion::parquet::bloom_filter::Sbbf;
use datafusion::parquet::errors::Result;
use datafusion::parquet::file::properties::WriterProperties;
use datafusion::parquet::file::writer::SerializedRowGroupWriter;
use datafusion::parquet::schema::types::{ColumnDescPtr, ColumnPath};
use std::io::Write;

/// Rows after which a column is judged.
const TRIED_ROWS: usize = 4096;

/// A column of a file's rows, in the order in which they came or, after [`Coded::in_order`], in the file's.
pub(super) struct Coded {
    pub values: Interner,
    pub codes: Vec<u32>,
}

impl Coded {
    /// The column at `index` of the batches; `None` for one that is no plain text, that the properties want without a dictionary, or
    /// whose texts repeat too little for one.
    pub(super) fn of(
        batches: &[RecordBatch],
        index: usize,
        properties: &WriterProperties,
    ) -> Option<Coded> {
        let schema = batches[0].schema();
        let field = schema.field(index);
        let path = ColumnPath::from(field.name().as_str());
        let is_text = is_plain_text(field) && properties.dictionary_enabled(&path);
        is_text.then_some(())?;
        let bytes_max = properties.column_dictionary_page_size_limit(&path);
        let rows = batches.iter().map(RecordBatch::num_rows).sum();
        let mut codes = Vec::with_capacity(rows);
        let mut values = Interner::default();
        for batch in batches {
            let texts = batch.column(index).as_string_opt::<i32>()?;
            let (offsets, bytes) = (texts.value_offsets(), texts.value_data());
            let (mut last, mut code): (&[u8], _) = (b"", None);
            let text_of = |row: usize| &bytes[offsets[row] as usize..offsets[row + 1] as usize];
            for start in (0..texts.len()).step_by(GLANCED_MAX) {
                let mut next: [&[u8]; GLANCED_MAX] = [b""; GLANCED_MAX];
                let rows = start..texts.len().min(start + GLANCED_MAX);
                let next = &mut next[..rows.len()];
                for (text, row) in next.iter_mut().zip(rows) {
                    *text = text_of(row);
                }
                values.glance(next);
                for text in next {
                    if code.is_none() || *text != last {
                        code = Some(values.number(text).0);
                        last = text;
                    }
                    codes.extend(code);
                }
            }
            let is_random = codes.len() >= TRIED_ROWS && values.len() * 10 > codes.len() * 9;
            if is_random || values.bytes() + 4 * values.len() >= bytes_max {
                return None;
            }
        }
        Some(Coded { values, codes })
    }

    /// The codes of the rows in this order.
    pub(super) fn in_order(self, order: &[u32]) -> Coded {
        let codes = order.iter().map(|row| self.codes[*row as usize]).collect();
        Coded { codes, ..self }
    }
}

/// A text that is never null.
pub(super) fn is_plain_text(field: &Field) -> bool {
    *field.data_type() == DataType::Utf8 && !field.is_nullable()
}

/// Writes the rows of a row group of a column: `codes` are theirs.
pub(super) fn write<W: Write + Send>(
    values: &Interner,
    codes: &[u32],
    group: &mut SerializedRowGroupWriter<'_, W>,
    column: ColumnDescPtr,
    properties: &WriterProperties,
    packer: &mut Packer,
) -> Result<()> {
    let (dictionary, codes) = dictionary_of(values, codes);
    let bloom_filter = bloom_filter(values, &dictionary, &column, properties)?;
    let mut chunk = Chunk::new(column, properties, packer)?;
    let mut page = Vec::with_capacity(values.bytes() + 4 * dictionary.len());
    for number in &dictionary {
        push_plain(&mut page, values.text(*number));
    }
    chunk.dictionary(&page, dictionary.len())?;
    let width = bits_of(dictionary.len().saturating_sub(1) as u32);
    for codes in codes.chunks(properties.data_page_row_count_limit()) {
        page.clear();
        page.push(width);
        push_hybrid(&mut page, codes, width);
        chunk.page(&page, codes.len(), Encoding::RLE_DICTIONARY)?;
    }
    chunk.close(group, bloom_filter)
}

/// The numbers of the texts that occur, in the order of their first rows, and the rows as places in that list.
fn dictionary_of(values: &Interner, codes: &[u32]) -> (Vec<u32>, Vec<u32>) {
    const UNSEEN: u32 = u32::MAX;
    let mut places = vec![UNSEEN; values.len()];
    let mut dictionary = Vec::new();
    let mut place_of = |code: &u32| {
        let place = &mut places[*code as usize];
        if *place == UNSEEN {
            *place = dictionary.len() as u32;
            dictionary.push(*code);
        }
        *place
    };
    let rows = codes.iter().map(&mut place_of).collect();
    (dictionary, rows)
}

fn bloom_filter(
    values: &Interner,
    dictionary: &[u32],
    column: &ColumnDescPtr,
    properties: &WriterProperties,
) -> Result<Option<Sbbf>> {
    let Some(wanted) = properties.bloom_filter_properties(column.path()) else {
        return Ok(None);
    };
    let mut filter = Sbbf::new_with_ndv_fpp(dictionary.len().max(1) as u64, wanted.fpp())?;
    for number in dictionary {
        filter.insert(values.text(*number));
    }
    Ok(Some(filter))
}

/// The bits that a number needs.
fn bits_of(number: u32) -> u8 {
    (u32::BITS - number.leading_zeros()) as u8
}

/// Equal codes at least in a run of their own.
const RUN_MIN: usize = 8;

/// Appends codes of `width` bits as Parquet's hybrid of runs: of one code, or of eight or a multiple of it packed bit to bit.
fn push_hybrid(out: &mut Vec<u8>, codes: &[u32], width: u8) {
    let (mut packed, mut at) = (0, 0);
    while at < codes.len() {
        let code = codes[at];
        let run = codes[at..].iter().take_while(|next| **next == code).count();
        // A packed run before it is filled up to eight.
        let lent = (at - packed).next_multiple_of(8) - (at - packed);
        if run >= lent + RUN_MIN {
            push_packed(out, &codes[packed..at + lent], width);
            push_run(out, code, run - lent, width);
            packed = at + run;
        }
        at += run;
    }
    push_packed(out, &codes[packed..], width);
}

fn push_run(out: &mut Vec<u8>, code: u32, length: usize, width: u8) {
    push_number(out, (length as u64) << 1);
    out.extend_from_slice(&code.to_le_bytes()[..usize::from(width.div_ceil(8))]);
}

/// The last eight are filled up with zeros.
fn push_packed(out: &mut Vec<u8>, codes: &[u32], width: u8) {
    if codes.is_empty() {
        return;
    }
    let groups = codes.len().div_ceil(8);
    push_number(out, (groups as u64) << 1 | 1);
    let end = out.len() + groups * usize::from(width);
    let (mut bits, mut held) = (0_u64, 0_u32);
    for code in codes {
        bits |= u64::from(*code) << held;
        held += u32::from(width);
        if held >= 32 {
            out.extend_from_slice(&(bits as u32).to_le_bytes());
            bits >>= 32;
            held -= 32;
        }
    }
    out.extend_from_slice(&bits.to_le_bytes()[..held.div_ceil(8) as usize]);
    out.resize(end, 0);
}

/// LEB128.
fn push_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Reads what [`push_hybrid`] wrote.
    fn read(mut bytes: &[u8], width: u8, count: usize) -> Vec<u32> {
        let mut codes = Vec::new();
        while codes.len() < count {
            let (mut header, mut shift) = (0_u64, 0);
            loop {
                let (byte, rest) = bytes.split_first().unwrap();
                bytes = rest;
                header |= u64::from(byte & 0x7f) << shift;
                shift += 7;
                if *byte < 0x80 {
                    break;
                }
            }
            if header & 1 == 0 {
                let (code, rest) = bytes.split_at(usize::from(width.div_ceil(8)));
                bytes = rest;
                let mut number = [0; 4];
                number[..code.len()].copy_from_slice(code);
                let run = (header >> 1) as usize;
                assert!(run > 0);
                codes.extend(std::iter::repeat_n(u32::from_le_bytes(number), run));
                continue;
            }
            let (packed, rest) = bytes.split_at((header >> 1) as usize * usize::from(width));
            bytes = rest;
            let bit = |at: usize| u32::from((packed[at / 8] >> (at % 8)) & 1);
            let number = |at: usize| {
                let bits = 0..usize::from(width);
                bits.map(|n| bit(at * usize::from(width) + n) << n)
                    .fold(0, |number, bit| number | bit)
            };
            codes.extend((0..(header >> 1) as usize * 8).map(number));
        }
        assert!(bytes.is_empty());
        codes.truncate(count);
        codes
    }

    #[test]
    fn runs_and_packed_codes_are_read_as_they_were() {
        let mut state = 7_u64;
        let mut next = |below: u64| {
            state = state
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            (state >> 33) % below
        };
        for round in 0..2000 {
            let width = (round % 33) as u8;
            let mut codes = Vec::new();
            while codes.len() < round % 300 {
                let code = (next(1 << 31) << 1 | next(2)) & ((1_u64 << width) - 1);
                let run = [1, 1, 2, 7, 8, 9, 17, 100][next(8) as usize];
                codes.extend(std::iter::repeat_n(code as u32, run));
            }
            let mut bytes = Vec::new();
            push_hybrid(&mut bytes, &codes, width);
            assert_eq!(read(&bytes, width, codes.len()), codes, "{width} bits");
        }
    }

    #[test]
    fn numbers_have_the_bits_they_need() {
        assert_eq!(
            [0, 1, 2, 3, 4, 255, 256].map(bits_of),
            [0, 1, 2, 2, 3, 8, 9]
        );
    }
}
