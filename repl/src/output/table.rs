//! `table`: what people read.
//!
//! On a terminal the table fits its width: long texts are cut in the middle, times lose digits behind the second, numbers stay whole, and a result whose columns cannot fit at all is
//! shown as records. No more rows are shown there than the viewer wants; the rest is counted and announced. Into a file or a
//! pipe nothing is cut; the table comes in blocks of [`BLOCK_ROWS`] rows.

use super::cell::{Cells, escape_controls, is_right_aligned};
use super::records::record;
use super::width::{COLUMN_WIDTH_MIN, Share, cut_middle, fit, width};
use super::{Sink, Viewer, Writer, grouped};
use comfy_table::{Cell, CellAlignment, Table, presets};
use datafusion::arrow::record_batch::RecordBatch;
use huntql_kql::types::{Column, Type};
use std::io::{self, Write};

/// Rows that are held back to know the widths of their columns.
const BLOCK_ROWS: usize = 1_000;

/// How rows are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A table; records where the columns do not fit.
    Fitting,
    Records,
}

/// A time to the second.
const TIME_WIDTH_MIN: usize = 19;

/// A time without as many of its last digits as there is no room for: never less than the second.
fn short_time(text: &str, max: usize) -> String {
    if width(text) <= max {
        return text.to_owned();
    }
    match text.get(..max.max(TIME_WIDTH_MIN)) {
        Some(begin) => begin.trim_end_matches('.').replace('T', " "),
        None => text.to_owned(),
    }
}

/// Columns of a line of records that nobody's terminal cuts.
const RECORD_WIDTH: usize = 100_000;

pub struct TableWriter {
    sink: Sink,
    viewer: Viewer,
    shape: Shape,
    columns: Vec<Column>,
    block: Vec<Vec<String>>,
    results: usize,
    blocks: u64,
    rows: u64,
    cut_cells: bool,
    short_times: bool,
}

impl TableWriter {
    pub fn new(sink: Sink, viewer: Viewer, shape: Shape) -> Self {
        Self {
            sink,
            viewer,
            shape,
            columns: Vec::new(),
            block: Vec::new(),
            results: 0,
            blocks: 0,
            rows: 0,
            cut_cells: false,
            short_times: false,
        }
    }

    fn is_beyond_display(&self) -> bool {
        match self.viewer {
            Viewer::Terminal(terminal) => terminal.rows_max.is_some_and(|max| self.rows >= max),
            Viewer::Machine => false,
        }
    }

    fn shares(&self) -> Vec<Share> {
        let columns = self.columns.iter().enumerate();
        columns
            .map(|(at, column)| {
                let cells = self.block.iter().map(|row| width(&row[at]));
                let cells = cells.max().unwrap_or(0);
                let natural = width(&column.name).max(cells);
                let least = match column.ty {
                    // A part of a number is another number.
                    ty if is_right_aligned(ty) => cells.max(COLUMN_WIDTH_MIN),
                    Type::Datetime => TIME_WIDTH_MIN,
                    _ => COLUMN_WIDTH_MIN,
                };
                Share {
                    natural,
                    least: least.min(natural),
                }
            })
            .collect()
    }

    fn write_block(&mut self) -> io::Result<()> {
        let rows = self.rows - self.block.len() as u64;
        match (self.viewer, self.shape) {
            (Viewer::Machine, Shape::Fitting) => self.write_table(None)?,
            (Viewer::Machine, Shape::Records) => self.write_records(rows, RECORD_WIDTH)?,
            (Viewer::Terminal(terminal), Shape::Records) => {
                self.write_records(rows, terminal.width)?;
            }
            (Viewer::Terminal(terminal), Shape::Fitting) => {
                let line = terminal.width;
                // A border and a space on both sides of each cell, and the last border.
                let available = line.saturating_sub(3 * self.columns.len() + 1);
                match fit(&self.shares(), available) {
                    Some(widths) => self.write_table(Some(widths))?,
                    None => self.write_records(rows, line)?,
                }
            }
        }
        self.block.clear();
        self.blocks += 1;
        Ok(())
    }

    fn write_records(&mut self, rows_before: u64, line: usize) -> io::Result<()> {
        let longest = self.columns.iter().map(|column| width(&column.name)).max();
        let room = line.saturating_sub(longest.unwrap_or(0) + 2);
        self.cut_cells |= self.block.iter().flatten().any(|cell| width(cell) > room);
        for (number, row) in (rows_before + 1..).zip(&self.block) {
            self.sink
                .write_all(record(number, &self.columns, row, line).as_bytes())?;
        }
        Ok(())
    }

    fn aligned(&self, text: String, column: usize) -> Cell {
        let cell = Cell::new_owned(text);
        if is_right_aligned(self.columns[column].ty) {
            cell.set_alignment(CellAlignment::Right)
        } else {
            cell
        }
    }

    fn write_table(&mut self, widths: Option<Vec<usize>>) -> io::Result<()> {
        let is_time = |column: usize| self.columns[column].ty == Type::Datetime;
        let fitted = |text: &str, column: usize| match &widths {
            Some(widths) if is_time(column) => short_time(text, widths[column]),
            Some(widths) => cut_middle(text, widths[column]),
            None => text.to_owned(),
        };
        let mut table = Table::new();
        table.load_style(presets::UTF8_FULL_CONDENSED);
        table.set_header(self.columns.iter().enumerate().map(|(index, column)| {
            let name = match &widths {
                Some(widths) => cut_middle(&column.name, widths[index]),
                None => column.name.clone(),
            };
            self.aligned(name, index)
        }));
        for row in &self.block {
            table.add_row(
                row.iter()
                    .enumerate()
                    .map(|(index, text)| self.aligned(fitted(text, index), index)),
            );
        }
        if let Some(widths) = &widths {
            for (at, max) in widths.iter().enumerate() {
                let is_cut = self.block.iter().any(|row| width(&row[at]) > *max);
                match is_time(at) {
                    true => self.short_times |= is_cut,
                    false => self.cut_cells |= is_cut,
                }
            }
        }
        for line in table.lines() {
            writeln!(self.sink, "{line}")?;
        }
        Ok(())
    }
}

impl Writer for TableWriter {
    fn begin(&mut self, columns: &[Column]) -> io::Result<()> {
        if self.results > 0 {
            self.sink.write_all(b"\n")?;
        }
        self.results += 1;
        self.columns = columns.to_vec();
        self.rows = 0;
        self.blocks = 0;
        self.cut_cells = false;
        self.short_times = false;
        Ok(())
    }

    fn batch(&mut self, batch: &RecordBatch) -> io::Result<()> {
        let cells = Cells::of(batch, &self.columns)?;
        let mut text = String::new();
        for row in 0..cells.rows {
            if self.is_beyond_display() {
                self.rows += 1;
                continue;
            }
            let mut shown = Vec::with_capacity(cells.width());
            for column in 0..cells.width() {
                text.clear();
                cells.text(row, column, &mut text);
                let mut cell = String::with_capacity(text.len());
                escape_controls(&text, &mut cell);
                shown.push(cell);
            }
            self.block.push(shown);
            self.rows += 1;
            if self.block.len() >= BLOCK_ROWS {
                self.write_block()?;
            }
        }
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        if !self.block.is_empty() || self.blocks == 0 {
            self.write_block()?;
        }
        self.sink.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.sink.flush()
    }

    fn remark(&self) -> Option<String> {
        let Viewer::Terminal(terminal) = self.viewer else {
            return None;
        };
        let mut remarks = Vec::new();
        if let Some(shown) = terminal.rows_max.filter(|max| self.rows > *max) {
            remarks.push(format!(
                "{} of {} rows; {}",
                grouped(shown),
                grouped(self.rows),
                terminal.all_by
            ));
        }
        if self.cut_cells {
            remarks.push(
                "long cells are cut at `…`; `.expand N`, or output into a file, has them whole"
                    .to_owned(),
            );
        }
        if self.short_times {
            remarks.push("times are shown without their last digits".to_owned());
        }
        (!remarks.is_empty()).then(|| remarks.join("\n"))
    }
}
