//! The record ids that are in a table's day already, so that a record is stored once.

use crate::error::{Result, StoreError};
use crate::log::DataFile;
use crate::schema::RECORD_ID;
use datafusion::arrow::array::{Array, AsArray, BooleanArray, StringArray};
use datafusion::arrow::compute::filter_record_batch;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::parquet::arrow::ProjectionMask;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::collections::HashSet;
use std::fs::File;
use std::hash::{BuildHasherDefault, Hasher};
use std::path::Path;

/// Record ids as numbers of 128 bits.
pub(crate) type Ids = HashSet<u128, BuildHasherDefault<Folded>>;

/// The ids are hashes already; those of other programs may be no good ones, so the bits are mixed once.
#[derive(Debug, Default)]
pub(crate) struct Folded(u64);

impl Hasher for Folded {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }
    fn write_u128(&mut self, value: u128) {
        const FACTOR: u128 = 0x9E37_79B9_7F4A_7C15;
        let mixed = u128::from((value ^ (value >> 64)) as u64) * FACTOR;
        self.0 = (mixed ^ (mixed >> 64)) as u64;
    }
}

/// Reads the ids of the files; nothing but that column is decoded.
pub(super) fn stored_ids<'a>(
    folder: &Path,
    files: impl Iterator<Item = &'a DataFile>,
) -> Result<Ids> {
    let mut ids = Ids::default();
    for file in files {
        each_id(&folder.join(&file.path), |id| {
            ids.insert(id);
        })?;
    }
    Ok(ids)
}

/// Tells the id of each row that has one, in the order of the file.
pub(crate) fn each_id(path: &Path, mut tell: impl FnMut(u128)) -> Result<()> {
    let failed = |message: String| StoreError::DataFile {
        path: path.to_owned(),
        message,
    };
    let file = File::open(path).map_err(StoreError::io(path, "open"))?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file)
        .map_err(|error| failed(error.to_string()))?;
    if builder.schema().index_of(RECORD_ID).is_err() {
        return Ok(());
    }
    let mask = ProjectionMask::columns(builder.parquet_schema(), [RECORD_ID]);
    for batch in builder
        .with_projection(mask)
        .build()
        .map_err(|error| failed(error.to_string()))?
    {
        let batch = batch.map_err(|error| failed(error.to_string()))?;
        if let Some(strings) = batch.column(0).as_string_opt::<i32>() {
            (0..strings.len())
                .filter_map(|row| id_of(strings, row))
                .for_each(&mut tell);
        }
    }
    Ok(())
}

/// The rows of a file whose ids are not among `ids`; empty batches are left out.
pub(super) fn rows_without(path: &Path, ids: &Ids) -> Result<Vec<RecordBatch>> {
    let failed = |message: String| StoreError::DataFile {
        path: path.to_owned(),
        message,
    };
    let file = File::open(path).map_err(StoreError::io(path, "open"))?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file)
        .map_err(|error| failed(error.to_string()))?;
    let mut rest = Vec::new();
    for batch in builder.build().map_err(|error| failed(error.to_string()))? {
        let batch = batch.map_err(|error| failed(error.to_string()))?;
        let strings = batch
            .column_by_name(RECORD_ID)
            .and_then(|array| array.as_string_opt::<i32>());
        let new = |row| {
            let id = strings.and_then(|strings| id_of(strings, row));
            Some(id.is_none_or(|id| !ids.contains(&id)))
        };
        let mask: BooleanArray = (0..batch.num_rows()).map(new).collect();
        let kept = filter_record_batch(&batch, &mask).map_err(|error| failed(error.to_string()))?;
        if kept.num_rows() > 0 {
            rest.push(kept);
        }
    }
    Ok(rest)
}

/// The id of a row as a number; `None` for a row without one. Text that is not 32 hex digits is hashed.
pub(crate) fn id_of(ids: &StringArray, row: usize) -> Option<u128> {
    let text = if ids.is_valid(row) {
        ids.value(row)
    } else {
        ""
    };
    if text.is_empty() {
        return None;
    }
    let hex = of_hex(text.as_bytes());
    Some(hex.unwrap_or_else(|| {
        let digest = blake3::hash(text.as_bytes());
        let half: [u8; 16] = digest.as_bytes()[..16]
            .try_into()
            .expect("a digest has 32 bytes");
        u128::from_be_bytes(half)
    }))
}

/// The number that 32 hex digits stand for.
fn of_hex(text: &[u8]) -> Option<u128> {
    let digits: &[u8; 32] = text.try_into().ok()?;
    let (mut value, mut wrong) = (0, 0);
    // Four chains that do not wait for each other.
    for part in digits.as_chunks::<8>().0 {
        let mut word = 0_u32;
        for digit in part {
            let digit = DIGITS[usize::from(*digit)];
            wrong |= digit;
            word = word << 4 | u32::from(digit & 15);
        }
        value = value << 32 | u128::from(word);
    }
    (wrong < 16).then_some(value)
}

/// What each byte is as a hex digit; 255 when it is none.
const DIGITS: [u8; 256] = {
    let mut digits = [u8::MAX; 256];
    let mut digit = 0;
    while digit < 16 {
        let lower = b"0123456789abcdef"[digit];
        digits[lower as usize] = digit as u8;
        digits[lower.to_ascii_uppercase() as usize] = digit as u8;
        digit += 1;
    }
    digits
};
