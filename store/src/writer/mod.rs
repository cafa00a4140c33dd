//! Appending: rows are buffered, written to staged files as memory fills, and become visible together.
//!
//! Memory: at most about [`BUFFERED_BYTES_MAX`] of rows wait, and as many are being written meanwhile. The ids of the rows
//! of each touched day are held too, some 30 bytes a row.

mod beside;
mod chunk;
mod coded;
mod columns;
pub(crate) mod dedupe;
pub(crate) mod disk;
pub(crate) mod parquet;
pub(crate) mod table;
mod texts;

use crate::error::Result;
use crate::layout::Layout;
use crate::log::{Change, Commit, CommitOutcome, TableLog, Transaction};
use crate::manifest::{self, SourceNote};
use crate::schema::TableSchema;
use beside::Slots;
use datafusion::arrow::record_batch::RecordBatch;
use indexmap::IndexMap;
pub use parquet::Indexing;
use table::TableWriter;

/// When so much is buffered over all tables, the largest day goes to a file.
const BUFFERED_BYTES_MAX: usize = 128 << 20;

/// Rows under way into a store. Dropping it without [`Ingest::commit`] adds nothing.
pub struct Ingest {
    layout: Layout,
    /// The source whose earlier rows these replace.
    replaces: Option<String>,
    tables: IndexMap<String, TableWriter>,
    slots: Slots,
    indexing: Indexing,
    rows: u64,
    duplicates: u64,
}

/// What became of an appended batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Appended {
    /// Rows that were new.
    pub rows: u64,
    /// Rows whose record is in the store, or came earlier in this ingest.
    pub duplicates: u64,
}

/// What became of an ingest.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Committed {
    /// Tables that got rows, with how many.
    pub tables: Vec<(String, u64)>,
    pub rows: u64,
    pub duplicates: u64,
    /// Tables in which a commit of the same fingerprint was there first: their rows were dropped.
    pub known_already: Vec<String>,
}

impl Ingest {
    pub(crate) fn new(layout: Layout, indexing: Indexing) -> Self {
        beside::keep_memory();
        Self {
            layout,
            indexing,
            replaces: None,
            tables: IndexMap::new(),
            slots: Slots::default(),
            rows: 0,
            duplicates: 0,
        }
    }

    pub(crate) fn replacing(layout: Layout, indexing: Indexing, source: &str) -> Self {
        let mut ingest = Self::new(layout, indexing);
        ingest.replaces = Some(source.to_owned());
        ingest
    }

    /// Names a table: a replacement takes its old rows away even when no new ones come.
    pub fn touch(&mut self, table: &TableSchema) -> Result<()> {
        if !self.tables.contains_key(&table.name) {
            let source = self.replaces.as_deref();
            let slots = self.slots.clone();
            let writer = TableWriter::open(&self.layout, table, source, slots, self.indexing)?;
            self.tables.insert(table.name.clone(), writer);
        }
        Ok(())
    }

    /// Appends rows of engine types (see [`crate::arrow_type`]).
    ///
    /// Columns are found by name: those of the table that the batch lacks become null or `""`, the hidden ones and the
    /// portal's are taken, any other column is an error. A row whose `_record_id` is in its day already is a duplicate;
    /// a row without one never is.
    pub fn append(&mut self, table: &TableSchema, batch: &RecordBatch) -> Result<Appended> {
        self.touch(table)?;
        let writer = self
            .tables
            .get_mut(&table.name)
            .expect("it was inserted above");
        let duplicates = writer.append(batch)?;
        let rows = batch.num_rows() as u64 - duplicates;
        self.rows += rows;
        self.duplicates += duplicates;
        self.spill()?;
        Ok(Appended { rows, duplicates })
    }

    fn spill(&mut self) -> Result<()> {
        while self
            .tables
            .values()
            .map(TableWriter::buffered_bytes)
            .sum::<usize>()
            > BUFFERED_BYTES_MAX
        {
            let largest = self
                .tables
                .values_mut()
                .max_by_key(|writer| writer.buffered_bytes());
            largest.expect("something is buffered").flush_largest()?;
        }
        Ok(())
    }

    /// Makes all rows visible: one commit per table, each with the fingerprint as its application transaction.
    ///
    /// After a crash between two tables' commits the same ingest can be done again: what is in is not added twice.
    pub fn commit(mut self, fingerprint: &str) -> Result<Committed> {
        let transaction = Transaction::once(fingerprint);
        let committed = self.commit_rows(&transaction)?;
        if self.replaces.is_none() {
            self.note(&[SourceNote::whole(fingerprint)], &transaction, &committed)?;
        }
        Ok(committed)
    }

    /// Makes the rows so far visible; further ones may follow. [`Ingest::note`] is to come after it.
    pub fn commit_rows(&mut self, transaction: &Transaction) -> Result<Committed> {
        let mut committed = Committed {
            duplicates: std::mem::take(&mut self.duplicates),
            ..Committed::default()
        };
        self.rows = 0;
        for writer in self.tables.values_mut() {
            writer.flush_all()?;
        }
        for writer in self.tables.values_mut() {
            writer.finish()?;
        }
        let replaces = self.replaces.is_some();
        let touched = self
            .tables
            .values_mut()
            .filter(|writer| replaces || !writer.staged.is_empty());
        for writer in touched {
            commit_table(writer, transaction, &mut committed)?;
        }
        for writer in self.tables.values_mut() {
            writer.forget_quiet_days();
        }
        Ok(committed)
    }

    /// Notes how far the sources are in, so that they need not be read again up to there.
    ///
    /// A crash before it costs nothing but time: what is read again is known by its record ids.
    pub fn note(
        &self,
        sources: &[SourceNote],
        transaction: &Transaction,
        committed: &Committed,
    ) -> Result<()> {
        let tables = committed.tables.iter().map(|(name, _)| name);
        let tables: Vec<&String> = tables.chain(&committed.known_already).collect();
        for source in sources {
            let mut note = source.clone();
            for table in &tables {
                note.tables
                    .insert((*table).clone(), vec![transaction.application.clone()]);
            }
            manifest::write(&self.layout, &note)?;
        }
        Ok(())
    }
}

fn commit_table(
    writer: &mut TableWriter,
    transaction: &Transaction,
    committed: &mut Committed,
) -> Result<()> {
    let _lock = writer.lock()?;
    let log = writer.log();
    if log.knows(&transaction.application, transaction.version)? {
        writer.discard();
        committed.known_already.push(writer.name.clone());
        return Ok(());
    }
    committed.duplicates += writer.settle()?;
    let remove = writer.superseded()?;
    if writer.staged.is_empty() && remove.is_empty() {
        return Ok(());
    }
    let add = writer.place()?;
    let rows = add.iter().filter_map(|file| file.rows).sum();
    let commit = Commit {
        change: Change::Write,
        columns: writer.stored_columns(),
        add,
        remove,
        transaction: Some(transaction.clone()),
    };
    let outcome = log.commit(&commit);
    if !matches!(outcome, Ok(CommitOutcome::KnownAlready)) {
        // Live now; or the commit failed at a point where the log may name them, so that only vacuum can tell.
        writer.staged.clear();
    }
    match outcome? {
        CommitOutcome::Committed { .. } => {
            writer.stored.extend(commit.add);
            committed.tables.push((writer.name.clone(), rows));
            committed.rows += rows;
        }
        CommitOutcome::KnownAlready | CommitOutcome::Stale => {
            writer.discard();
            committed.known_already.push(writer.name.clone());
        }
    }
    Ok(())
}

impl Drop for Ingest {
    fn drop(&mut self) {
        for writer in self.tables.values_mut() {
            writer.discard();
        }
    }
}
