//! `json`: for each result an array of objects, a row a line.

use super::cell::Cells;
use super::ndjson::{Keys, object};
use super::{Sink, Writer};
use datafusion::arrow::record_batch::RecordBatch;
use huntql_kql::types::Column;
use std::io::{self, Write};

pub struct JsonWriter {
    sink: Sink,
    columns: Vec<Column>,
    keys: Keys,
    rows: u64,
}

impl JsonWriter {
    pub fn new(sink: Sink) -> Self {
        Self {
            sink,
            columns: Vec::new(),
            keys: Keys::default(),
            rows: 0,
        }
    }
}

impl Writer for JsonWriter {
    fn begin(&mut self, columns: &[Column]) -> io::Result<()> {
        self.columns = columns.to_vec();
        self.keys = Keys::of(columns);
        self.rows = 0;
        self.sink.write_all(b"[")
    }

    fn batch(&mut self, batch: &RecordBatch) -> io::Result<()> {
        let cells = Cells::of(batch, &self.columns)?;
        let mut line = Vec::new();
        for row in 0..cells.rows {
            line.clear();
            line.extend_from_slice(if self.rows == 0 { b"\n" } else { b",\n" });
            object(&cells, row, &self.keys, &mut line);
            self.sink.write_all(&line)?;
            self.rows += 1;
        }
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        self.sink
            .write_all(if self.rows == 0 { b"]\n" } else { b"\n]\n" })?;
        self.sink.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.sink.flush()
    }
}
