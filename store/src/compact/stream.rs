//! One file of a merge as batches of the merged files' schema, with the time of each row.

use super::merge::Tally;
use super::output::is_datetime;
use crate::log::{DAY, StoredColumn, TICK_PREFIX};
use crate::members::is_member;
use crate::schema::{RECORD_ID, is_hidden};
use crate::writer::dedupe::id_of;
use crate::writer::disk::{disk_type, tick_name, without_nulls};
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, Int8Array, RecordBatchOptions, StringArray, new_null_array,
};
use datafusion::arrow::buffer::{Buffer, OffsetBuffer};
use datafusion::arrow::datatypes::{
    DataType, Field, Int8Type, Schema, SchemaRef, TimestampMicrosecondType,
};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::parquet::arrow::arrow_reader::{
    ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use huntql_kql::types::Type;
use std::collections::HashSet;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

/// Rows that a file keeps decoded: small, as many files are open at once.
const BATCH_ROWS: usize = 512;

/// Microseconds and seventh digit.
pub(super) type Cursor = (i64, i8);

/// The schema of merged files: the log's columns that `present` names, the hidden ones and the seventh digits last.
pub(super) fn target_schema(columns: &[StoredColumn], present: &HashSet<String>) -> SchemaRef {
    let rank = |column: &StoredColumn| match column.ty {
        Some(_) => u8::from(is_hidden(&column.name)),
        None => 2,
    };
    let is_there =
        |column: &&StoredColumn| column.name != DAY && present.contains(column.name.as_str());
    let mut columns: Vec<&StoredColumn> = columns.iter().filter(is_there).collect();
    columns.sort_by_key(|column| rank(column));
    let field = |column: &StoredColumn| match column.ty {
        Some(ty) => Field::new(&column.name, disk_type(ty), ty != Type::String),
        None => Field::new(&column.name, DataType::Int8, true),
    };
    Arc::new(Schema::new(
        columns.into_iter().map(field).collect::<Vec<_>>(),
    ))
}

/// Where the columns of a merged file come from in one file.
#[derive(Debug)]
pub(super) struct Shape {
    target: SchemaRef,
    cells: Vec<Cell>,
}

#[derive(Debug)]
enum Cell {
    Column(usize),
    EmptyText,
    Null,
    /// Seventh digits that the file has none of: 0 where the datetime at this place of the file is one.
    Zero(usize),
}

impl Shape {
    /// The columns of a file. Errors say why it cannot be read.
    pub(super) fn schema_of(path: &Path) -> Result<SchemaRef, String> {
        Ok(reader(path)?.schema().clone())
    }

    fn new(file: &Schema, target: &SchemaRef) -> Result<Self, String> {
        let fields = file.fields().iter();
        for field in fields.filter(|field| !is_member(field.name())) {
            let declared = target.field_with_name(field.name());
            let declared = declared
                .map_err(|_| format!("the log does not declare its column `{}`", field.name()))?;
            if declared.data_type() != field.data_type() {
                return Err(format!(
                    "its column `{}` is {} and not {}",
                    field.name(),
                    field.data_type(),
                    declared.data_type()
                ));
            }
        }
        let cell = |field: &Arc<Field>| {
            let name = field.name();
            let of_ticks = name.strip_prefix(TICK_PREFIX);
            match (file.index_of(name), field.data_type()) {
                (Ok(index), _) => Cell::Column(index),
                (Err(_), DataType::Utf8) if !field.is_nullable() => Cell::EmptyText,
                (Err(_), DataType::Int8) => of_ticks
                    .and_then(|column| file.index_of(column).ok())
                    .map_or(Cell::Null, Cell::Zero),
                (Err(_), _) => Cell::Null,
            }
        };
        Ok(Self {
            target: target.clone(),
            cells: target.fields().iter().map(cell).collect(),
        })
    }

    fn fit(&self, batch: &RecordBatch) -> Result<RecordBatch, String> {
        let rows = batch.num_rows();
        let arrays = self.cells.iter().zip(self.target.fields());
        let arrays = arrays.map(|(cell, field)| -> ArrayRef {
            match cell {
                Cell::Column(index) if field.is_nullable() => batch.column(*index).clone(),
                Cell::Column(index) => without_nulls(batch.column(*index)),
                Cell::EmptyText => Arc::new(empty_texts(rows)),
                Cell::Null => new_null_array(field.data_type(), rows),
                Cell::Zero(index) => {
                    let there = batch.column(*index);
                    let digits = (0..rows).map(|row| there.is_valid(row).then_some(0));
                    Arc::new(digits.collect::<Int8Array>())
                }
            }
        });
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(self.target.clone(), arrays.collect(), &options)
            .map_err(|error| error.to_string())
    }
}

fn empty_texts(rows: usize) -> StringArray {
    StringArray::new(
        OffsetBuffer::new_zeroed(rows),
        Buffer::from(Vec::<u8>::new()),
        None,
    )
}

fn reader(path: &Path) -> Result<ParquetRecordBatchReaderBuilder<File>, String> {
    let file = File::open(path).map_err(|error| format!("cannot open: {error}"))?;
    ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| format!("cannot read: {error}"))
}

/// A file that is being merged.
pub(super) struct Stream {
    reader: ParquetRecordBatchReader,
    shape: Shape,
    time: Option<String>,
    batch: RecordBatch,
    keys: Vec<Cursor>,
    at: usize,
    last: Option<Cursor>,
    /// Where the batch lies among those that are to be written.
    place: usize,
}

impl Stream {
    pub(super) fn open(
        path: &Path,
        target: &SchemaRef,
        time: Option<&str>,
    ) -> Result<Self, String> {
        let builder = reader(path)?;
        let shape = Shape::new(builder.schema(), target)?;
        let reader = builder.with_batch_size(BATCH_ROWS).build();
        Ok(Self {
            reader: reader.map_err(|error| format!("cannot read: {error}"))?,
            batch: RecordBatch::new_empty(target.clone()),
            shape,
            time: time.map(str::to_owned),
            keys: Vec::new(),
            at: 0,
            last: None,
            place: 0,
        })
    }

    /// Reads the next batch; tells whether there is one. Call it when the last one is spent.
    pub(super) fn load(&mut self, tally: Option<&mut Tally>) -> Result<bool, String> {
        self.at = 0;
        self.keys.clear();
        let batch = loop {
            match self.reader.next() {
                None => {
                    self.batch = RecordBatch::new_empty(self.shape.target.clone());
                    return Ok(false);
                }
                Some(Err(error)) => return Err(format!("cannot read: {error}")),
                Some(Ok(batch)) if batch.num_rows() == 0 => {}
                Some(Ok(batch)) => break batch,
            }
        };
        self.batch = self.shape.fit(&batch)?;
        self.read_keys()?;
        if let Some(tally) = tally {
            tally.count(self.batch.num_rows());
            let ids = self.batch.column_by_name(RECORD_ID);
            if let Some(ids) = ids.and_then(|ids| ids.as_string_opt::<i32>()) {
                (0..ids.len())
                    .filter_map(|row| id_of(ids, row))
                    .for_each(|id| tally.id(id));
            }
        }
        Ok(true)
    }

    fn read_keys(&mut self) -> Result<(), String> {
        let rows = self.batch.num_rows();
        let Some(time) = &self.time else {
            self.keys.resize(rows, (0, 0));
            return Ok(());
        };
        let micros = self.batch.column_by_name(time);
        let micros = micros.filter(|array| is_datetime(array.data_type()));
        let micros = micros.ok_or_else(|| format!("it has no column `{time}`"))?;
        let micros = micros.as_primitive::<TimestampMicrosecondType>();
        if micros.null_count() > 0 {
            return Err(format!("a row of a day has no `{time}`"));
        }
        let digits = self.batch.column_by_name(&tick_name(time));
        let digits = digits.map(|array| array.as_primitive::<Int8Type>());
        for row in 0..rows {
            let digit = digits.map_or(0, |digits| digits.value(row));
            let key = (micros.value(row), digit);
            if self.last.is_some_and(|last| last > key) {
                return Err(format!("its rows are not in the order of `{time}`"));
            }
            self.last = Some(key);
            self.keys.push(key);
        }
        Ok(())
    }

    pub(super) fn batch(&self) -> RecordBatch {
        self.batch.clone()
    }

    pub(super) fn place(&mut self, place: usize) {
        self.place = place;
    }

    pub(super) fn is_spent(&self) -> bool {
        self.at >= self.keys.len()
    }

    pub(super) fn key(&self) -> Cursor {
        self.keys[self.at]
    }

    /// Batch and row of the next row, which is behind then.
    pub(super) fn take(&mut self) -> (usize, usize) {
        let row = self.at;
        self.at += 1;
        (self.place, row)
    }
}
