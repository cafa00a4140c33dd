//! The process columns of sensors' rows, each combination kept once.

use crate::table::TableRows;
use datafusion::arrow::array::{Array, ArrayRef, AsArray, UInt32Array};
use datafusion::arrow::compute::take_record_batch;
use datafusion::arrow::datatypes::{DataType, Int32Type, Int64Type};
use datafusion::arrow::record_batch::RecordBatch;
use huntql_store::schema::builtin;
use std::collections::HashMap;

/// The columns of DeviceNetworkEvents that say which process acted, and for whom.
pub fn columns() -> Vec<&'static str> {
    let table = builtin("DeviceNetworkEvents").expect("DeviceNetworkEvents is built in");
    table
        .columns
        .iter()
        .map(|column| column.name.as_str())
        .filter(|name| {
            name.starts_with("InitiatingProcess")
                || name.starts_with("IsInitiatingProcess")
                || ["AppGuardContainerId", "LogonID"].contains(name)
        })
        .collect()
}

/// Rows of the process columns by number; 0 is none.
#[derive(Debug, Default)]
pub struct Processes {
    known: HashMap<u128, u32>,
    batches: Vec<RecordBatch>,
    rows: Vec<(u32, u32)>,
}

/// The process columns of one batch, on their way in.
pub struct Incoming<'a> {
    processes: &'a mut Processes,
    batch: RecordBatch,
    taken: Vec<u32>,
}

impl Processes {
    pub fn incoming(&mut self, batch: RecordBatch) -> Incoming<'_> {
        Incoming {
            processes: self,
            batch,
            taken: Vec::new(),
        }
    }

    /// A cell of a numbered row as text, and nothing for a null; datetimes are ticks.
    pub fn text(&self, number: u32, column: &str) -> Option<String> {
        let (batch, row) = *self.rows.get((number as usize).checked_sub(1)?)?;
        let array = self.batches[batch as usize].column_by_name(column)?;
        let row = row as usize;
        if array.is_null(row) {
            return None;
        }
        match array.data_type() {
            DataType::Utf8 => Some(array.as_string::<i32>().value(row).to_owned()),
            DataType::Int64 => Some(array.as_primitive::<Int64Type>().value(row).to_string()),
            _ => None,
        }
        .filter(|text| !text.is_empty())
    }

    /// Writes the columns of a numbered row; `positions` are theirs in the table, in the order of [`columns`].
    pub fn write(&self, number: u32, positions: &[usize], rows: &mut TableRows) {
        let Some(at) = (number as usize).checked_sub(1) else {
            return;
        };
        let (batch, row) = self.rows[at];
        let batch = &self.batches[batch as usize];
        for (array, position) in batch.columns().iter().zip(positions) {
            write_cell(array, row as usize, *position, rows);
        }
    }
}

fn write_cell(array: &ArrayRef, row: usize, position: usize, rows: &mut TableRows) {
    if array.is_null(row) {
        return;
    }
    let cell = rows.cell(position);
    match array.data_type() {
        DataType::Utf8 => cell.push_text(array.as_string::<i32>().value(row)),
        DataType::Int64 => {
            cell.push_i64(array.as_primitive::<Int64Type>().value(row));
        }
        DataType::Int32 => {
            cell.push_i64(i64::from(array.as_primitive::<Int32Type>().value(row)));
        }
        DataType::Boolean => cell.push_bool(array.as_boolean().value(row)),
        _ => cell.push_null(),
    }
}

impl Incoming<'_> {
    /// The number of this row's process columns.
    pub fn number(&mut self, row: usize) -> u32 {
        let mut hasher = blake3::Hasher::new();
        for array in self.batch.columns() {
            hash_cell(array, row, &mut hasher);
        }
        let digest: [u8; 16] = hasher.finalize().as_bytes()[..16]
            .try_into()
            .expect("a digest has 32 bytes");
        let processes = &mut *self.processes;
        let next = processes.rows.len() as u32 + 1;
        let number = *processes
            .known
            .entry(u128::from_be_bytes(digest))
            .or_insert(next);
        if number == next {
            let batch = processes.batches.len() as u32;
            processes.rows.push((batch, self.taken.len() as u32));
            self.taken.push(row as u32);
        }
        number
    }
}

impl Drop for Incoming<'_> {
    fn drop(&mut self) {
        if self.taken.is_empty() {
            return;
        }
        let indices = UInt32Array::from(std::mem::take(&mut self.taken));
        let kept = take_record_batch(&self.batch, &indices).expect("the rows are in the batch");
        self.processes.batches.push(kept);
    }
}

fn hash_cell(array: &ArrayRef, row: usize, hasher: &mut blake3::Hasher) {
    if array.is_null(row) {
        hasher.update(&[0]);
        return;
    }
    match array.data_type() {
        DataType::Utf8 => {
            let text = array.as_string::<i32>().value(row);
            hasher.update(&(text.len() as u64 + 1).to_le_bytes());
            hasher.update(text.as_bytes());
        }
        DataType::Int64 => {
            hasher.update(&array.as_primitive::<Int64Type>().value(row).to_le_bytes());
        }
        DataType::Int32 => {
            hasher.update(&array.as_primitive::<Int32Type>().value(row).to_le_bytes());
        }
        DataType::Boolean => {
            hasher.update(&[1 + u8::from(array.as_boolean().value(row))]);
        }
        _ => {}
    }
}
