//! `csv` and `tsv`: a header, then a record a row. Several results are set apart by an empty line.
//!
//! A null and an empty string are both an empty field, as in Kusto's own exports.

use super::cell::Cells;
use super::{Sink, Writer};
use datafusion::arrow::record_batch::RecordBatch;
use huntql_kql::types::Column;
use std::io::{self, Write};

pub struct CsvWriter {
    sink: Sink,
    delimiter: u8,
    columns: Vec<Column>,
    results: usize,
}

impl CsvWriter {
    pub fn new(sink: Sink, delimiter: u8) -> Self {
        Self {
            sink,
            delimiter,
            columns: Vec::new(),
            results: 0,
        }
    }

    fn records(&mut self) -> csv::Writer<&mut Sink> {
        csv::WriterBuilder::new()
            .delimiter(self.delimiter)
            .from_writer(&mut self.sink)
    }
}

impl Writer for CsvWriter {
    fn begin(&mut self, columns: &[Column]) -> io::Result<()> {
        if self.results > 0 {
            self.sink.write_all(b"\n")?;
        }
        self.results += 1;
        self.columns = columns.to_vec();
        let mut records = self.records();
        records.write_record(columns.iter().map(|column| &column.name))?;
        records.flush()
    }

    fn batch(&mut self, batch: &RecordBatch) -> io::Result<()> {
        let cells = Cells::of(batch, &self.columns)?;
        let mut records = self.records();
        let mut field = String::new();
        for row in 0..cells.rows {
            for column in 0..cells.width() {
                field.clear();
                cells.text(row, column, &mut field);
                records.write_field(&field)?;
            }
            records.write_record(None::<&[u8]>)?;
        }
        records.flush()
    }

    fn end(&mut self) -> io::Result<()> {
        self.sink.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.sink.flush()
    }
}
