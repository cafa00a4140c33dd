//! `ndjson`: an object a line.

use super::cell::{Cells, json_string};
use super::{Sink, Writer};
use datafusion::arrow::record_batch::RecordBatch;
use huntql_kql::types::Column;
use std::io::{self, Write};

/// The names of the columns as JSON strings.
#[derive(Debug, Default)]
pub struct Keys(Vec<Vec<u8>>);

impl Keys {
    pub fn of(columns: &[Column]) -> Keys {
        let key = |column: &Column| {
            let mut key = Vec::new();
            json_string(&column.name, &mut key);
            key
        };
        Keys(columns.iter().map(key).collect())
    }
}

/// Appends a row as an object, its columns in order.
pub fn object(cells: &Cells, row: usize, keys: &Keys, out: &mut Vec<u8>) {
    out.push(b'{');
    for (column, key) in keys.0.iter().enumerate() {
        if column > 0 {
            out.push(b',');
        }
        out.extend_from_slice(key);
        out.push(b':');
        cells.json(row, column, out);
    }
    out.push(b'}');
}

pub struct NdjsonWriter {
    sink: Sink,
    columns: Vec<Column>,
    keys: Keys,
}

impl NdjsonWriter {
    pub fn new(sink: Sink) -> Self {
        Self {
            sink,
            columns: Vec::new(),
            keys: Keys::default(),
        }
    }
}

impl Writer for NdjsonWriter {
    fn begin(&mut self, columns: &[Column]) -> io::Result<()> {
        self.columns = columns.to_vec();
        self.keys = Keys::of(columns);
        Ok(())
    }

    fn batch(&mut self, batch: &RecordBatch) -> io::Result<()> {
        let cells = Cells::of(batch, &self.columns)?;
        let mut line = Vec::new();
        for row in 0..cells.rows {
            line.clear();
            object(&cells, row, &self.keys, &mut line);
            line.push(b'\n');
            self.sink.write_all(&line)?;
        }
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        self.sink.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.sink.flush()
    }
}
