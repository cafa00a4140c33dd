//! Rows on their way to the store: typed column buffers, one set a table, filled cell by cell and cut into batches.
//!
//! A row is all or nothing: [`TableRows::undo`] takes back whatever a rejected record had already written.

mod column;

pub use column::ColumnBuffer;

use crate::identity::{self, RecordId};
use datafusion::arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::arrow::record_batch::RecordBatch;
use huntql_kql::types::{Column, Type};
use huntql_store::schema::{self, TableSchema};
use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// A batch is cut at this many rows, or at [`BATCH_BYTES`] of text, whichever comes first.
pub const BATCH_ROWS: usize = 16_384;
/// Bytes of text in a batch before it is cut; far from the 2 GiB that a string column can hold.
pub const BATCH_BYTES: usize = 32 << 20;

/// Positions of the columns that ingest itself fills where the source has no such thing.
#[derive(Debug, Clone, Copy)]
struct Identity {
    device_id: Option<usize>,
    device_name: Option<usize>,
    local_ip: Option<usize>,
    report_id: Option<usize>,
}

/// The rows of one table that wait for the store.
#[derive(Debug)]
pub struct TableRows {
    name: String,
    schema: SchemaRef,
    /// A column ends at the last row that has a cell of it: it is made as long as the others when somebody writes to it, or
    /// when the rows are taken.
    columns: Vec<ColumnBuffer>,
    /// Lower-case column name to position.
    by_name: HashMap<String, usize>,
    /// Documented columns whose name differs from an earlier one's in case alone (`LogonID` beside `LogonId`): the store
    /// cannot hold both.
    twins: Vec<String>,
    /// Declared columns; the hidden ones follow.
    declared: usize,
    rows: usize,
    /// Of the last rows, which have no id yet: whether its `ReportId` is to be made of it.
    unidentified: VecDeque<bool>,
    identity: Identity,
    device_ids: identity::DeviceIds,
}

impl TableRows {
    pub fn new(table: &TableSchema) -> Self {
        let (mut declared, mut twins) = (Vec::new(), Vec::new());
        let mut by_name = HashMap::new();
        for column in &table.columns {
            match by_name.entry(column.name.to_ascii_lowercase()) {
                Entry::Vacant(entry) => {
                    entry.insert(declared.len());
                    declared.push(column);
                }
                Entry::Occupied(_) => twins.push(column.name.clone()),
            }
        }
        let position = |name: &str| by_name.get(&name.to_ascii_lowercase()).copied();
        let identity = Identity {
            device_id: position("DeviceId"),
            device_name: position("DeviceName"),
            local_ip: position("LocalIP"),
            report_id: position("ReportId"),
        };
        let all: Vec<_> = declared
            .iter()
            .copied()
            .chain(schema::HIDDEN.iter())
            .collect();
        Self {
            name: table.name.clone(),
            schema: Arc::new(Schema::new(
                all.iter().copied().map(field).collect::<Vec<_>>(),
            )),
            columns: all
                .iter()
                .map(|column| ColumnBuffer::new(column.ty))
                .collect(),
            by_name,
            twins,
            declared: declared.len(),
            rows: 0,
            unidentified: VecDeque::new(),
            identity,
            device_ids: identity::DeviceIds::default(),
        }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Rows that are complete.
    pub fn len(&self) -> usize {
        self.rows
    }

    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The position of a column; case does not matter.
    pub fn position(&self, name: &str) -> Option<usize> {
        let is_twin = self.twins.iter().any(|twin| twin == name);
        self.by_name
            .get(&name.to_ascii_lowercase())
            .copied()
            .filter(|_| !is_twin)
    }

    /// Adds a column that is no part of the table's own, after the hidden ones; rows before this one have a null in it.
    pub fn add_column(&mut self, column: &Column) -> usize {
        let mut fields: Vec<_> = self.schema.fields().iter().cloned().collect();
        fields.push(Arc::new(field(column)));
        self.schema = Arc::new(Schema::new(fields));
        self.by_name
            .insert(column.name.to_ascii_lowercase(), self.columns.len());
        self.columns.push(ColumnBuffer::new(column.ty));
        self.columns.len() - 1
    }

    /// The name of a column.
    pub fn column_name(&self, position: usize) -> &str {
        self.schema.field(position).name()
    }

    /// How many columns the table declares (the hidden ones not counted).
    pub fn declared(&self) -> usize {
        self.declared
    }

    /// The cell of the row that is being written. A second write to the same cell replaces the first.
    pub fn cell(&mut self, position: usize) -> &mut ColumnBuffer {
        let rows = self.rows;
        let column = &mut self.columns[position];
        column.fit(rows);
        column
    }

    /// Whether the row that is being written has this cell already.
    pub fn has(&self, position: usize) -> bool {
        self.columns[position].len() > self.rows
    }

    /// Whether the row that is being written has nothing here: no cell, a null or an empty text.
    pub fn is_blank(&self, position: usize) -> bool {
        self.columns[position].is_blank(self.rows)
    }

    /// Takes back the row that is being written.
    pub fn undo(&mut self) {
        for column in &mut self.columns {
            column.truncate(self.rows);
        }
    }

    /// Completes the row: cells that nobody wrote are null (`""` for strings), `DeviceId` and `ReportId` are derived
    /// where the source had none, and the hidden columns are filled.
    pub fn commit(&mut self, id: RecordId, origin: &Origin<'_>, position: u64) {
        self.fill_device();
        self.commit_as_written(id, origin, position);
    }

    /// Completes the row as [`TableRows::commit`] does, but leaves a `DeviceId` empty that nobody wrote: it is not known
    /// whose row it is.
    pub fn commit_as_written(&mut self, id: RecordId, origin: &Origin<'_>, position: u64) {
        self.commit_origin(origin, position);
        self.identify(id);
    }

    /// Completes the row as [`TableRows::commit`] does but for what its id says, which [`TableRows::identify`] fills in.
    pub fn commit_unidentified(&mut self, origin: &Origin<'_>, position: u64) {
        self.fill_device();
        self.commit_origin(origin, position);
    }

    fn commit_origin(&mut self, origin: &Origin<'_>, position: u64) {
        let report = self.identity.report_id;
        let report = report.filter(|report| self.columns[*report].is_blank(self.rows));
        if let Some(report) = report {
            self.cell(report).push_i64(0);
        }
        self.unidentified.push_back(report.is_some());
        let hidden = self.declared;
        self.commit_declared();
        self.columns[hidden].push_i64(origin.ingested_ticks);
        self.columns[hidden + 2].push_text(origin.file);
        self.columns[hidden + 3].push_i64(position as i64);
    }

    /// Gives the first row that has no id its own.
    pub fn identify(&mut self, id: RecordId) {
        let row = self.rows - self.unidentified.len();
        let takes_report = self.unidentified.pop_front().expect("a row waits for it");
        if let (true, Some(report)) = (takes_report, self.identity.report_id) {
            self.columns[report].put_i64(row, id.report_id());
        }
        self.columns[self.declared + 1].push_hex(id.0);
    }

    /// Completes a row of a table that comes from no file: the hidden columns are left out.
    pub fn commit_declared(&mut self) {
        self.rows += 1;
    }

    fn fill_device(&mut self) {
        let Some(device) = self
            .identity
            .device_id
            .filter(|device| self.is_blank(*device))
        else {
            return;
        };
        let sources = [self.identity.device_name, self.identity.local_ip]
            .into_iter()
            .flatten();
        let text = sources
            .filter_map(|at| self.columns[at].last_text(self.rows))
            .find(|text| !text.is_empty());
        let Some(text) = text else { return };
        let device_id = self.device_ids.of(text);
        self.columns[device].fit(self.rows);
        self.columns[device].push_text(device_id);
    }

    /// Whether it is time to cut a batch.
    pub fn is_full(&self) -> bool {
        self.rows >= BATCH_ROWS
            || (self.rows.is_multiple_of(256) && self.text_bytes() >= BATCH_BYTES)
    }

    fn text_bytes(&self) -> usize {
        self.columns.iter().map(ColumnBuffer::text_bytes).sum()
    }

    /// The complete rows as one batch; the buffers are empty afterwards.
    pub fn take(&mut self) -> RecordBatch {
        debug_assert!(self.unidentified.is_empty());
        let rows = std::mem::take(&mut self.rows);
        self.columns.iter_mut().for_each(|column| column.fit(rows));
        let arrays = self.columns.iter_mut().map(ColumnBuffer::finish).collect();
        RecordBatch::try_new(Arc::clone(&self.schema), arrays)
            .expect("buffers are made from the schema")
    }
}

fn field(column: &Column) -> Field {
    Field::new(
        &column.name,
        schema::arrow_type(column.ty),
        column.ty != Type::String,
    )
}

impl TableRows {
    /// The complete rows without the hidden columns.
    pub fn take_declared(&mut self) -> RecordBatch {
        self.columns.truncate(self.declared);
        self.schema = Arc::new(Schema::new(self.schema.fields()[..self.declared].to_vec()));
        self.take()
    }
}

/// Where a row came from, for its hidden columns.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    pub file: &'a str,
    /// When this ingest began, in ticks.
    pub ingested_ticks: i64,
}
