//! `kusto`: the JSON document of Kusto's first query interface: `{"Tables":[{"TableName","Columns","Rows"}]}`.

use super::cell::{Cells, json_string};
use super::{Sink, Writer};
use datafusion::arrow::record_batch::RecordBatch;
use huntql_kql::types::{Column, Type};
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

pub struct KustoWriter {
    sink: Sink,
    columns: Vec<Column>,
    results: usize,
    rows: u64,
}

impl KustoWriter {
    pub fn new(sink: Sink) -> Self {
        Self {
            sink,
            columns: Vec::new(),
            results: 0,
            rows: 0,
        }
    }
}

/// `DataType` is the .NET name without its name space.
fn data_type(ty: Type) -> &'static str {
    let name = ty.clr_name();
    name.rsplit_once('.').map_or(name, |(_, short)| short)
}

impl Writer for KustoWriter {
    fn begin(&mut self, columns: &[Column]) -> io::Result<()> {
        let mut head = Vec::new();
        head.extend_from_slice(if self.results == 0 {
            b"{\"Tables\":["
        } else {
            b","
        });
        write!(
            head,
            "{{\"TableName\":\"Table_{}\",\"Columns\":[",
            self.results
        )?;
        for (index, column) in columns.iter().enumerate() {
            head.extend_from_slice(if index == 0 { b"" } else { b"," });
            head.extend_from_slice(b"{\"ColumnName\":");
            json_string(&column.name, &mut head);
            write!(
                head,
                ",\"DataType\":\"{}\",\"ColumnType\":\"{}\"}}",
                data_type(column.ty),
                column.ty
            )?;
        }
        head.extend_from_slice(b"],\"Rows\":[");
        self.columns = columns.to_vec();
        self.results += 1;
        self.rows = 0;
        self.sink.write_all(&head)
    }

    fn batch(&mut self, batch: &RecordBatch) -> io::Result<()> {
        let cells = Cells::of(batch, &self.columns)?;
        let mut line = Vec::new();
        for row in 0..cells.rows {
            line.clear();
            line.extend_from_slice(if self.rows == 0 { b"[" } else { b",[" });
            for column in 0..cells.width() {
                if column > 0 {
                    line.push(b',');
                }
                cells.json(row, column, &mut line);
            }
            line.push(b']');
            self.sink.write_all(&line)?;
            self.rows += 1;
        }
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        self.sink.write_all(b"]}")
    }

    fn finish(&mut self) -> io::Result<()> {
        if self.results == 0 {
            self.sink.write_all(b"{\"Tables\":[")?;
        }
        self.sink.write_all(b"]}\n")?;
        self.sink.flush()
    }
}

/// A document that is kept in memory: up to a number of bytes, then writing fails with [`io::ErrorKind::StorageFull`].
#[derive(Clone)]
pub struct Document {
    bytes: Arc<Mutex<Vec<u8>>>,
    bytes_max: usize,
}

/// An empty document and a writer that fills it.
pub fn document(bytes_max: usize) -> (Document, Box<dyn Writer>) {
    let document = Document {
        bytes: Arc::default(),
        bytes_max,
    };
    let writer = KustoWriter::new(Box::new(document.clone()));
    (document, Box::new(writer))
}

impl Document {
    /// The text so far; the document is empty afterwards.
    pub fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.bytes.lock().expect("no writer panics"))
    }
}

impl Write for Document {
    fn write(&mut self, part: &[u8]) -> io::Result<usize> {
        let mut bytes = self.bytes.lock().expect("no writer panics");
        if bytes.len() + part.len() > self.bytes_max {
            return Err(io::ErrorKind::StorageFull.into());
        }
        bytes.extend_from_slice(part);
        Ok(part.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
