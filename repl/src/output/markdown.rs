//! `markdown`: a pipe table, numbers to the right.

use super::cell::{Cells, escape_controls, is_right_aligned};
use super::{Sink, Writer};
use datafusion::arrow::record_batch::RecordBatch;
use huntql_kql::types::Column;
use std::io::{self, Write};

pub struct MarkdownWriter {
    sink: Sink,
    columns: Vec<Column>,
    results: usize,
}

impl MarkdownWriter {
    pub fn new(sink: Sink) -> Self {
        Self {
            sink,
            columns: Vec::new(),
            results: 0,
        }
    }
}

/// Appends a cell: bars and angle brackets are text, a line break is `<br>`.
fn cell(text: &str, line: &mut String) {
    line.push(' ');
    for (index, part) in text.split('\n').enumerate() {
        if index > 0 {
            line.push_str("<br>");
        }
        let mut plain = String::new();
        escape_controls(part.trim_end_matches('\r'), &mut plain);
        for character in plain.chars() {
            match character {
                '|' => line.push_str("\\|"),
                '<' => line.push_str("&lt;"),
                '>' => line.push_str("&gt;"),
                other => line.push(other),
            }
        }
    }
    line.push_str(" |");
}

impl Writer for MarkdownWriter {
    fn begin(&mut self, columns: &[Column]) -> io::Result<()> {
        let mut head = String::from(if self.results > 0 { "\n|" } else { "|" });
        for column in columns {
            cell(&column.name, &mut head);
        }
        head.push_str("\n|");
        for column in columns {
            head.push_str(if is_right_aligned(column.ty) {
                " ---: |"
            } else {
                " --- |"
            });
        }
        head.push('\n');
        self.columns = columns.to_vec();
        self.results += 1;
        self.sink.write_all(head.as_bytes())
    }

    fn batch(&mut self, batch: &RecordBatch) -> io::Result<()> {
        let cells = Cells::of(batch, &self.columns)?;
        let (mut line, mut text) = (String::new(), String::new());
        for row in 0..cells.rows {
            line.clear();
            line.push('|');
            for column in 0..cells.width() {
                text.clear();
                cells.text(row, column, &mut text);
                cell(&text, &mut line);
            }
            line.push('\n');
            self.sink.write_all(line.as_bytes())?;
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
