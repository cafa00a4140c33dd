//! The shapes in which rows leave: a table of formats, each a writer that takes batches as they come.
//!
//! A writer holds no more than a bounded number of rows. It writes data alone; whatever else is to be said goes to stderr.
//!
//! Not here: diagnostics (`crate::report`), and which rows there are.

mod cell;
mod collected;
mod columnar;
mod csv;
mod html;
mod json;
mod kusto;
mod markdown;
mod ndjson;
mod null;
mod pager;
mod records;
mod table;
mod timeline;
mod width;
mod xlsx;

pub use cell::escape_controls;
pub use collected::{Collected, Remembering};
pub use html::{HEAD as HTML_HEAD, TAIL as HTML_TAIL, escaped as html_escaped};
pub use kusto::document;
pub use pager::Pager;
pub use timeline::TIMELINE;
pub use width::{cut_middle, fitted, width};

use datafusion::arrow::record_batch::RecordBatch;
use huntql_kql::types::Column;
use std::io::{self, Write};

/// Where a format writes to.
pub type Sink = Box<dyn Write + Send>;

/// Writes results one after the other: for each, `begin`, any number of `batch`, `end`; once, at the very end, `finish`.
pub trait Writer: Send {
    /// # Errors
    /// Those of the sink.
    fn begin(&mut self, columns: &[Column]) -> io::Result<()>;

    /// Rows in the engine's Arrow types, one batch column for each of the columns of `begin`.
    ///
    /// # Errors
    /// Those of the sink, and a batch that does not have the columns' types.
    fn batch(&mut self, batch: &RecordBatch) -> io::Result<()>;

    /// # Errors
    /// Those of the sink.
    fn end(&mut self) -> io::Result<()>;

    /// # Errors
    /// Those of the sink.
    fn finish(&mut self) -> io::Result<()>;

    /// What to say on stderr when a result has ended: rows that were not shown. `None` when there is nothing to say.
    fn remark(&self) -> Option<String> {
        None
    }
}

/// Who looks at the rows. Decides widths and display limits, never the data of a machine-readable format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Viewer {
    Terminal(Terminal),
    /// A file, a pipe.
    Machine,
}

/// A terminal and how much of a result it gets to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terminal {
    /// Columns.
    pub width: usize,
    /// Rows of a result that are shown; `None` shows all.
    pub rows_max: Option<u64>,
    /// What shows the others.
    pub all_by: &'static str,
}

/// A number with commas: `1,204`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A size in the unit that suits it: `512 B`, `12.3 MiB`.
pub fn bytes(count: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut size = count as f64;
    let mut unit = 0;
    while size >= 1024.0 && unit + 1 < UNITS.len() {
        size /= 1024.0;
        unit += 1;
    }
    match unit {
        0 => format!("{count} B"),
        _ => format!("{size:.1} {}", UNITS[unit]),
    }
}

/// One value of `--format`.
pub struct Format {
    pub name: &'static str,
    pub doc: &'static str,
    pub open: fn(Sink, Viewer) -> Box<dyn Writer>,
    /// People read it: a line with rows and time follows on stderr.
    pub footer: Footer,
    pub content: Content,
}

/// What a format writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    Text,
    /// Nothing for a terminal.
    Binary,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Footer {
    Shown,
    Silent,
}

pub static FORMATS: &[Format] = &[
    Format {
        name: "table",
        doc: "a table that fits the terminal; records where the columns do not fit",
        open: |sink, viewer| Box::new(table::TableWriter::new(sink, viewer, table::Shape::Fitting)),
        footer: Footer::Shown,
        content: Content::Text,
    },
    Format {
        name: "record",
        doc: "a block of lines for each row, a value a line; empty values are left out",
        open: |sink, viewer| Box::new(table::TableWriter::new(sink, viewer, table::Shape::Records)),
        footer: Footer::Shown,
        content: Content::Text,
    },
    Format {
        name: "json",
        doc: "an array of objects for each result",
        open: |sink, _| Box::new(json::JsonWriter::new(sink)),
        footer: Footer::Silent,
        content: Content::Text,
    },
    Format {
        name: "ndjson",
        doc: "an object a line",
        open: |sink, _| Box::new(ndjson::NdjsonWriter::new(sink)),
        footer: Footer::Silent,
        content: Content::Text,
    },
    Format {
        name: "csv",
        doc: "comma-separated, with a header",
        open: |sink, _| Box::new(csv::CsvWriter::new(sink, b',')),
        footer: Footer::Silent,
        content: Content::Text,
    },
    Format {
        name: "tsv",
        doc: "tab-separated, with a header",
        open: |sink, _| Box::new(csv::CsvWriter::new(sink, b'\t')),
        footer: Footer::Silent,
        content: Content::Text,
    },
    Format {
        name: "markdown",
        doc: "a Markdown table",
        open: |sink, _| Box::new(markdown::MarkdownWriter::new(sink)),
        footer: Footer::Silent,
        content: Content::Text,
    },
    Format {
        name: "html",
        doc: "a page that needs nothing else, with its charts",
        open: |sink, _| Box::new(html::HtmlWriter::new(sink)),
        footer: Footer::Silent,
        content: Content::Text,
    },
    Format {
        name: "parquet",
        doc: "a Parquet file",
        open: |sink, _| Box::new(columnar::ColumnarWriter::parquet(sink)),
        footer: Footer::Silent,
        content: Content::Binary,
    },
    Format {
        name: "arrow",
        doc: "an Arrow IPC file",
        open: |sink, _| Box::new(columnar::ColumnarWriter::arrow(sink)),
        footer: Footer::Silent,
        content: Content::Binary,
    },
    Format {
        name: "xlsx",
        doc: "an Excel workbook, a sheet for each result",
        open: |sink, _| Box::new(xlsx::XlsxWriter::new(sink)),
        footer: Footer::Silent,
        content: Content::Binary,
    },
    Format {
        name: "kusto",
        doc: "one Kusto v1 JSON document",
        open: |sink, _| Box::new(kusto::KustoWriter::new(sink)),
        footer: Footer::Silent,
        content: Content::Text,
    },
    Format {
        name: "null",
        doc: "runs everything, prints nothing",
        open: |_, _| Box::new(null::NullWriter),
        footer: Footer::Shown,
        content: Content::Text,
    },
];

/// The format of this name.
pub fn format(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name)
}
