//! A Parquet file in a temporary folder, in the store's own form, that holds what was read from text.

use super::builders::Builder;
use super::unreadable;
use crate::error::{Result, StoreError};
use crate::scan::{EventTable, ScanFile};
use crate::schema::TableSchema;
use crate::writer::disk::{disk_schema, to_disk};
use datafusion::arrow::array::{RecordBatch, RecordBatchOptions};
use datafusion::arrow::datatypes::{Schema, SchemaRef};
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::basic::Compression;
use datafusion::parquet::file::properties::WriterProperties;
use huntql_kql::types::Column;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

const CHUNK_ROWS: usize = 8192;

/// Rows on their way into the temporary file.
pub(super) struct Temporary {
    table: TableSchema,
    further: Vec<Column>,
    columns: Vec<Column>,
    engine: SchemaRef,
    disk: SchemaRef,
    builders: Vec<Builder>,
    waiting_rows: usize,
    rows: u64,
    folder: tempfile::TempDir,
    path: PathBuf,
    writer: ArrowWriter<File>,
}

impl Temporary {
    /// `columns` are those that rows are pushed for; the rest of `table` is null.
    pub(super) fn create(
        table: TableSchema,
        further: Vec<Column>,
        columns: Vec<Column>,
    ) -> Result<Temporary> {
        let folder = tempfile::tempdir().map_err(StoreError::io(
            std::env::temp_dir(),
            "make a temporary folder in",
        ))?;
        let path = folder.path().join("rows.parquet");
        let file = File::create(&path).map_err(StoreError::io(&path, "create"))?;
        let disk = disk_schema(&columns);
        let properties = WriterProperties::builder()
            .set_compression(Compression::LZ4_RAW)
            .build();
        let writer = ArrowWriter::try_new(file, Arc::clone(&disk), Some(properties))
            .map_err(|error| unreadable(&path, error))?;
        let engine = Arc::new(Schema::new(
            columns
                .iter()
                .map(crate::schema::arrow_field)
                .collect::<Vec<_>>(),
        ));
        let builders = columns
            .iter()
            .map(|column| Builder::new(column.ty))
            .collect();
        Ok(Temporary {
            table,
            further,
            columns,
            engine,
            disk,
            builders,
            waiting_rows: 0,
            rows: 0,
            folder,
            path,
            writer,
        })
    }

    /// The columns under construction, in the order of `columns`; the caller pushes one value to each.
    pub(super) fn builders(&mut self) -> &mut [Builder] {
        &mut self.builders
    }

    /// Ends a row.
    pub(super) fn end_row(&mut self) -> Result<()> {
        self.waiting_rows += 1;
        match self.waiting_rows >= CHUNK_ROWS {
            true => self.flush(),
            false => Ok(()),
        }
    }

    fn flush(&mut self) -> Result<()> {
        let arrays = self.builders.iter_mut().map(Builder::finish).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(self.waiting_rows));
        let failed = |error: &dyn std::fmt::Display| unreadable(&self.path, error);
        let batch = RecordBatch::try_new_with_options(Arc::clone(&self.engine), arrays, &options)
            .map_err(|error| failed(&error))?;
        let disk = to_disk(&self.table.name, &batch, &self.columns, &self.disk)?;
        self.writer.write(&disk).map_err(|error| failed(&error))?;
        self.rows += self.waiting_rows as u64;
        self.waiting_rows = 0;
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<EventTable> {
        self.flush()?;
        self.writer
            .finish()
            .map_err(|error| unreadable(&self.path, error))?;
        let size_bytes = std::fs::metadata(&self.path)
            .map_err(StoreError::io(&self.path, "read"))?
            .len();
        let file = ScanFile {
            path: self.path,
            size_bytes,
            rows: Some(self.rows),
            bounds: BTreeMap::new(),
        };
        Ok(EventTable::of_temporary(
            self.table,
            self.further,
            file,
            self.folder,
        ))
    }
}
