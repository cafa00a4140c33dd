//! Rows that are kept in memory beside being shown: for one row in full, for a table of the session.

use super::Writer;
use super::cell::{Cells, escape_controls};
use crate::failure::Failure;
use datafusion::arrow::array::Array;
use datafusion::arrow::datatypes::{Field, Schema};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::datasource::MemTable;
use huntql_engine::Table;
use huntql_kql::types::Column;
use huntql_store::TableSchema;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

/// The rows of the last result that went by. Clones share them.
#[derive(Clone)]
pub struct Collected {
    rows: Arc<Mutex<Rows>>,
    rows_max: u64,
    bytes_max: u64,
}

#[derive(Default)]
struct Rows {
    columns: Vec<Column>,
    batches: Vec<RecordBatch>,
    kept: u64,
    bytes: u64,
    seen: u64,
}

impl Collected {
    pub fn at_most(rows_max: u64) -> Collected {
        Collected {
            rows: Arc::default(),
            rows_max,
            bytes_max: u64::MAX,
        }
    }

    /// All rows, of which there may be so many bytes. A result that has more ends with an error of the kind `OutOfMemory`.
    pub fn within(bytes_max: u64) -> Collected {
        Collected {
            bytes_max,
            ..Collected::at_most(u64::MAX)
        }
    }

    fn lock(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock().expect("no writer panics")
    }

    /// Rows that the result has.
    pub fn rows(&self) -> u64 {
        self.lock().seen
    }

    /// Bytes of the rows that are kept.
    pub fn bytes(&self) -> u64 {
        self.lock().bytes
    }

    /// Rows that are kept of it.
    pub fn kept(&self) -> u64 {
        self.lock().kept
    }

    /// Names and texts of a row, from 0 on.
    pub fn row(&self, mut row: u64) -> Option<Vec<(String, String)>> {
        let rows = self.lock();
        for batch in &rows.batches {
            let count = batch.num_rows() as u64;
            if row >= count {
                row -= count;
                continue;
            }
            let cells = Cells::of(batch, &rows.columns).ok()?;
            let row = usize::try_from(row).ok()?;
            let text = |column: usize| {
                let (mut text, mut safe) = (String::new(), String::new());
                cells.text(row, column, &mut text);
                escape_controls(&text, &mut safe);
                safe
            };
            let named = rows.columns.iter().enumerate();
            return Some(
                named
                    .map(|(at, column)| (column.name.clone(), text(at)))
                    .collect(),
            );
        }
        None
    }

    /// Becomes what another has kept.
    pub fn take(&self, other: &Collected) {
        let (columns, batches) = other.batches();
        *self.lock() = Rows {
            columns,
            batches,
            kept: other.kept(),
            bytes: other.bytes(),
            seen: other.rows(),
        };
    }

    /// All batches with their columns.
    pub fn batches(&self) -> (Vec<Column>, Vec<RecordBatch>) {
        let rows = self.lock();
        (rows.columns.clone(), rows.batches.clone())
    }

    /// The rows as a table.
    ///
    /// # Errors
    /// Rows that are not what their columns say, which is a defect.
    pub fn into_table(self, name: &str) -> Result<Table, Failure> {
        let (columns, batches) = self.batches();
        let field =
            |column: &Column| Field::new(&column.name, huntql_store::arrow_type(column.ty), true);
        let fields: Vec<Field> = columns.iter().map(field).collect();
        let schema = Arc::new(Schema::new(fields));
        let broken = |error: String| Failure::Internal(format!("a result cannot be kept: {error}"));
        let batches = batches
            .into_iter()
            .map(|batch| RecordBatch::try_new(Arc::clone(&schema), batch.columns().to_vec()))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| broken(error.to_string()))?;
        let rows =
            MemTable::try_new(schema, vec![batches]).map_err(|error| broken(error.to_string()))?;
        Ok(Table::with_rows(
            TableSchema::new(name, columns),
            Arc::new(rows),
        ))
    }
}

/// What the rows of a batch take in memory.
fn bytes_of(batch: &RecordBatch) -> u64 {
    let bytes = batch.columns().iter().map(|column| {
        let size = column.to_data().get_slice_memory_size();
        size.unwrap_or_else(|_| column.get_array_memory_size()) as u64
    });
    bytes.sum()
}

/// Keeps what goes through to another writer.
pub struct Remembering {
    pub writer: Box<dyn Writer>,
    pub collected: Collected,
}

impl Writer for Remembering {
    fn begin(&mut self, columns: &[Column]) -> io::Result<()> {
        *self.collected.lock() = Rows {
            columns: columns.to_vec(),
            ..Rows::default()
        };
        self.writer.begin(columns)
    }

    fn batch(&mut self, batch: &RecordBatch) -> io::Result<()> {
        {
            let mut rows = self.collected.lock();
            let count = batch.num_rows() as u64;
            rows.seen += count;
            let room = self.collected.rows_max - rows.kept.min(self.collected.rows_max);
            if room > 0 {
                let take = usize::try_from(count.min(room)).unwrap_or(usize::MAX);
                let slice = batch.slice(0, take);
                rows.bytes += bytes_of(&slice);
                if rows.bytes > self.collected.bytes_max {
                    *rows = Rows::default();
                    return Err(io::ErrorKind::OutOfMemory.into());
                }
                rows.batches.push(slice);
                rows.kept += take as u64;
            }
        }
        self.writer.batch(batch)
    }

    fn end(&mut self) -> io::Result<()> {
        self.writer.end()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.writer.finish()
    }

    fn remark(&self) -> Option<String> {
        self.writer.remark()
    }
}
