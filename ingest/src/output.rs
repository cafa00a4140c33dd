//! What a format's reader writes to while it reads one file: rows, rejects, skips, warnings.

use crate::identity::RecordIds;
use crate::options::{Options, Strictness};
use crate::reject::Reject;
use crate::report::{FileReport, Skip};
use crate::sink::{EventSink, Observer};
use crate::table::{Origin, TableRows};
use crate::{IngestError, Result};
use huntql_store::schema::TableSchema;

/// Handle of a table within one [`Output`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableId(usize);

/// The place of a record in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    pub offset: u64,
    pub line: u64,
}

/// Why a record is not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub code: &'static str,
    pub message: String,
}

impl Refusal {
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }
}

/// The way from one file to the sink.
pub struct Output<'a> {
    pub options: &'a Options,
    pub report: FileReport,
    tables: Vec<TableRows>,
    ids: RecordIds,
    /// The tables of the rows whose records wait for their ids.
    waiting: Vec<usize>,
    ingested_ticks: i64,
    sink: &'a mut dyn EventSink,
    observer: &'a mut dyn Observer,
}

impl<'a> Output<'a> {
    pub fn new(
        options: &'a Options,
        report: FileReport,
        ingested_ticks: i64,
        sink: &'a mut dyn EventSink,
        observer: &'a mut dyn Observer,
    ) -> Self {
        Self {
            options,
            report,
            tables: Vec::new(),
            ids: RecordIds::default(),
            waiting: Vec::new(),
            ingested_ticks,
            sink,
            observer,
        }
    }

    /// When this run began, in ticks: the bound for times whose year has to be told from the calendar.
    pub fn now(&self) -> i64 {
        self.ingested_ticks
    }

    /// Goes on with the ids of a file whose part before this one has been read.
    pub fn with_ids(mut self, ids: RecordIds) -> Self {
        self.ids = ids;
        self
    }

    /// What was told, and what the ids of further records depend on.
    pub fn into_parts(mut self) -> (FileReport, RecordIds) {
        self.settle();
        (self.report, self.ids)
    }

    /// The rows of a table.
    pub fn table(&mut self, schema: &TableSchema) -> TableId {
        let found = self
            .tables
            .iter()
            .position(|table| table.name() == schema.name);
        TableId(found.unwrap_or_else(|| {
            self.tables.push(TableRows::new(schema));
            self.tables.len() - 1
        }))
    }

    pub fn rows(&mut self, table: TableId) -> &mut TableRows {
        &mut self.tables[table.0]
    }

    /// Records that the reader has come to.
    pub fn read(&mut self, records: u64) {
        self.report.counts.read += records;
    }

    pub fn skip(&mut self, why: Skip) {
        let counts = &mut self.report.counts;
        match why {
            Skip::Blank => counts.blank += 1,
            Skip::Comment => counts.comment += 1,
            Skip::Unmapped => counts.unmapped += 1,
        }
    }

    /// Passes over a record of another log than those that are mapped.
    pub fn skip_unmapped(&mut self, log: &str) {
        self.skip(Skip::Unmapped);
        count(&mut self.report.unmapped, log);
    }

    /// Completes the row that was written to `table`. `class` and `raw` are what its record id is made of.
    pub fn keep(&mut self, table: TableId, class: &str, raw: &[u8], place: Place) -> Result<()> {
        let is_time = self.ids.take_up(class, raw);
        self.waiting.push(table.0);
        let origin = Origin {
            file: &self.report.file,
            ingested_ticks: self.ingested_ticks,
        };
        let rows = &mut self.tables[table.0];
        rows.commit_unidentified(&origin, place.offset);
        let is_full = rows.is_full();
        if is_time || is_full {
            self.settle();
        }
        match is_full {
            true => self.flush(table.0),
            false => Ok(()),
        }
    }

    /// Gives the rows their ids that have none yet.
    fn settle(&mut self) {
        let (tables, mut waiting) = (&mut self.tables, self.waiting.drain(..));
        self.ids.settle(|id| {
            let table = waiting.next().expect("each waiting record has a row");
            tables[table].identify(id);
        });
    }

    /// Takes back what was written to `table` and tells the record as rejected.
    pub fn discard(
        &mut self,
        table: TableId,
        refusal: Refusal,
        raw: &[u8],
        place: Place,
    ) -> Result<()> {
        self.tables[table.0].undo();
        self.reject(refusal, raw, place)
    }

    pub fn reject(&mut self, refusal: Refusal, raw: &[u8], place: Place) -> Result<()> {
        self.settle();
        self.ids.pass(raw);
        self.report.counts.rejected += 1;
        *self.report.rejects.entry(refusal.code).or_insert(0) += 1;
        let reject = Reject {
            file: self.report.file.clone(),
            fingerprint: self.report.fingerprint.clone(),
            offset: place.offset,
            line: place.line,
            code: refusal.code,
            message: refusal.message,
            raw: Reject::raw_text(raw),
        };
        self.observer.rejected(&reject).map_err(IngestError::Sink)
    }

    /// A cell did not fit its column: a counted warning, or with `--strict` the end of the row.
    pub fn cast_failure(&mut self, column: &str, value: &str) -> std::result::Result<(), Refusal> {
        if self.options.strictness == Strictness::Strict {
            let cut: String = value.chars().take(80).collect();
            return Err(Refusal::new(
                "cast",
                format!("`{cut}` does not fit the column `{column}`"),
            ));
        }
        count(&mut self.report.cast_failures, column);
        Ok(())
    }

    pub fn unknown_column(&mut self, name: &str) {
        count(&mut self.report.unknown_columns, name);
    }

    /// Hands all complete rows to the sink.
    pub fn finish(&mut self) -> Result<()> {
        self.settle();
        (0..self.tables.len()).try_for_each(|index| self.flush(index))
    }

    fn flush(&mut self, index: usize) -> Result<()> {
        let rows = &mut self.tables[index];
        if rows.is_empty() {
            return Ok(());
        }
        let batch = rows.take();
        let appended = self
            .sink
            .append(rows.name(), batch)
            .map_err(IngestError::Sink)?;
        self.report.counts.kept += appended.rows;
        self.report.counts.duplicate += appended.duplicates;
        *self
            .report
            .tables
            .entry(rows.name().to_owned())
            .or_insert(0) += appended.rows;
        Ok(())
    }
}

fn count(counts: &mut std::collections::BTreeMap<String, u64>, name: &str) {
    match counts.get_mut(name) {
        Some(count) => *count += 1,
        None => {
            counts.insert(name.to_owned(), 1);
        }
    }
}
