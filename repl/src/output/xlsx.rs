//! `xlsx`: an Excel workbook, a sheet for each result, its rows in a temporary file until the end.
//!
//! | KQL | cell |
//! |---|---|
//! | int, long | a number; beyond 2^53, where Excel's numbers have gaps, the digits as text |
//! | real | a number; NaN and the infinities as text |
//! | datetime | a date, shown to the millisecond; before 1900-03-01 as text |
//! | timespan | a length `[h]:mm:ss.000`; a negative one as text |
//! | bool | a boolean |
//! | decimal, guid, dynamic, string | text, never a formula; at most 32,767 characters, which is said |
//!
//! A sheet has 1,048,576 rows: a larger result is an error.

use super::cell::{Cells, Raw};
use super::{Sink, Writer, grouped};
use datafusion::arrow::record_batch::RecordBatch;
use huntql_kql::types::{Column, Type};
use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};
use std::io;

const ROWS_MAX: u32 = 1_048_576;

/// Characters of a cell.
const TEXT_MAX: usize = 32_767;

/// Whole numbers beyond it are not all there.
const WHOLE_MAX: i64 = 1 << 53;

const TICKS_PER_DAY: i64 = 864_000_000_000;
const TICKS_PER_MILLISECOND: i64 = 10_000;

/// Excel counts days from 1899-12-30.
const DAY_ZERO: i64 = 693_593 * TICKS_PER_DAY;

/// 1900-03-01. Before, Excel has a day that never was.
const FIRST_DAY: i64 = DAY_ZERO + 61 * TICKS_PER_DAY;

/// Columns of a sheet are no wider at first.
const WIDTH_MAX: usize = 60;

pub struct XlsxWriter {
    sink: Sink,
    workbook: Workbook,
    columns: Vec<Column>,
    sheets: usize,
    row: u32,
    date: Format,
    length: Format,
    cut_texts: u64,
    finer_times: u64,
}

impl XlsxWriter {
    pub fn new(sink: Sink) -> Self {
        Self {
            sink,
            workbook: Workbook::new(),
            columns: Vec::new(),
            sheets: 0,
            row: 0,
            date: Format::new().set_num_format("yyyy-mm-dd hh:mm:ss.000"),
            length: Format::new().set_num_format("[h]:mm:ss.000"),
            cut_texts: 0,
            finer_times: 0,
        }
    }
}

fn failed(error: XlsxError) -> io::Error {
    match error {
        XlsxError::IoError(error) => error,
        other => io::Error::other(other.to_string()),
    }
}

/// The number of the column; Excel has 16,384 of them.
fn number(column: usize) -> io::Result<u16> {
    u16::try_from(column)
        .ok()
        .filter(|column| *column < 16_384)
        .ok_or_else(|| refused("a sheet of Excel has 16,384 columns, and the result has more"))
}

fn refused(message: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}

/// A text of no more characters than a cell takes; Excel counts them in UTF-16.
fn shortened(text: &str) -> Option<&str> {
    let mut units = 0;
    for (at, character) in text.char_indices() {
        units += character.len_utf16();
        if units > TEXT_MAX {
            return Some(&text[..at]);
        }
    }
    None
}

impl Writer for XlsxWriter {
    fn begin(&mut self, columns: &[Column]) -> io::Result<()> {
        self.columns = columns.to_vec();
        self.sheets += 1;
        self.row = 1;
        (self.cut_texts, self.finer_times) = (0, 0);
        let bold = Format::new().set_bold();
        let sheet = self.workbook.add_worksheet_with_constant_memory();
        let sheet = sheet.map_err(failed)?;
        sheet
            .set_name(format!("Result{}", self.sheets))
            .map_err(failed)?;
        sheet.set_freeze_panes(1, 0).map_err(failed)?;
        for (at, column) in columns.iter().enumerate() {
            let wide = match column.ty {
                Type::Datetime => 24,
                Type::Guid => 38,
                Type::String | Type::Dynamic => 30,
                _ => 14,
            };
            let wide = wide.max(column.name.chars().count() + 4).min(WIDTH_MAX);
            let at = number(at)?;
            sheet.set_column_width(at, wide as f64).map_err(failed)?;
            sheet
                .write_string_with_format(0, at, &column.name, &bold)
                .map_err(failed)?;
        }
        Ok(())
    }

    fn batch(&mut self, batch: &RecordBatch) -> io::Result<()> {
        let cells = Cells::of(batch, &self.columns)?;
        let index = self.sheets - 1;
        let sheet = self.workbook.worksheet_from_index(index).map_err(failed)?;
        let mut text = String::new();
        for row in 0..cells.rows {
            if self.row == ROWS_MAX {
                return Err(refused(
                    "a sheet of Excel has 1,048,576 rows, and the result has more; csv and parquet have no such limit",
                ));
            }
            for column in 0..cells.width() {
                let place = (self.row, number(column)?);
                match cells.raw(row, column) {
                    Raw::Null => {}
                    Raw::Bool(value) => {
                        sheet
                            .write_boolean(place.0, place.1, value)
                            .map_err(failed)?;
                    }
                    Raw::Long(value) if value.abs() <= WHOLE_MAX => {
                        write(sheet, place, value as f64, None)?;
                    }
                    Raw::Real(value) if value.is_finite() => write(sheet, place, value, None)?,
                    Raw::Datetime(ticks) if ticks >= FIRST_DAY => {
                        self.finer_times += u64::from(ticks % TICKS_PER_MILLISECOND != 0);
                        let days = (ticks - DAY_ZERO) as f64 / TICKS_PER_DAY as f64;
                        write(sheet, place, days, Some(&self.date))?;
                    }
                    Raw::Timespan(ticks) if ticks >= 0 => {
                        self.finer_times += u64::from(ticks % TICKS_PER_MILLISECOND != 0);
                        let days = ticks as f64 / TICKS_PER_DAY as f64;
                        write(sheet, place, days, Some(&self.length))?;
                    }
                    Raw::Long(_)
                    | Raw::Real(_)
                    | Raw::Datetime(_)
                    | Raw::Timespan(_)
                    | Raw::Text => {
                        text.clear();
                        cells.text(row, column, &mut text);
                        let short = shortened(&text);
                        self.cut_texts += u64::from(short.is_some());
                        if !text.is_empty() {
                            sheet
                                .write_string(place.0, place.1, short.unwrap_or(&text))
                                .map_err(failed)?;
                        }
                    }
                }
            }
            self.row += 1;
        }
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        let index = self.sheets - 1;
        let sheet = self.workbook.worksheet_from_index(index).map_err(failed)?;
        let Some(last) = self.columns.len().checked_sub(1) else {
            return Ok(());
        };
        sheet
            .autofilter(0, 0, self.row - 1, number(last)?)
            .map_err(failed)?;
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        // Zipped as a whole: a workbook is not written piece by piece.
        self.workbook
            .save_to_writer(&mut self.sink)
            .map_err(failed)?;
        self.sink.flush()
    }

    fn remark(&self) -> Option<String> {
        let mut remarks = Vec::new();
        if self.cut_texts > 0 {
            remarks.push(format!(
                "{} texts are longer than a cell of Excel takes, and are cut at {} characters",
                grouped(self.cut_texts),
                grouped(TEXT_MAX as u64)
            ));
        }
        if self.finer_times > 0 {
            remarks.push(format!(
                "Excel's times are exact to about a microsecond and shown to the millisecond; {} are finer",
                grouped(self.finer_times)
            ));
        }
        (!remarks.is_empty()).then(|| remarks.join("\n"))
    }
}

fn write(
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
    value: f64,
    format: Option<&Format>,
) -> io::Result<()> {
    let written = match format {
        Some(format) => sheet.write_number_with_format(row, column, value, format),
        None => sheet.write_number(row, column, value),
    };
    written.map(drop).map_err(failed)
}
