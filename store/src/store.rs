//! The store: a folder of tables.

use crate::compact::{self, Crowded, Optimized};
use crate::error::{Result, StoreError};
use crate::index;
use crate::layout::Layout;
use crate::log::delta::DeltaLog;
use crate::log::{Snapshot, TableLog};
use crate::manifest::{self, SourceNote};
use crate::retain::{self, Retained, Retention};
use crate::scan::EventTable;
use crate::scan::convert::can_convert;
use crate::schema::{TableSchema, builtin, is_hidden};
use crate::verify::{self, Verified};
use crate::writer::disk::disk_type;
use crate::writer::{Indexing, Ingest};
use huntql_kql::types::Column;
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// A day of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayRows {
    /// `YYYY-MM-DD`, UTC.
    pub day: String,
    pub rows: u64,
}

/// A folder of Delta tables. Cheap to clone; holds no lock and nothing open.
#[derive(Debug, Clone)]
pub struct Store {
    layout: Layout,
    indexing: Indexing,
}

impl Store {
    /// Opens the store that is there. Creates and writes nothing.
    ///
    /// Errors: the folder is missing or no store, or a later version of the product made it.
    pub fn open(path: impl AsRef<Path>) -> Result<Store> {
        Ok(Store {
            layout: Layout::open(path.as_ref())?,
            indexing: Indexing::default(),
        })
    }

    /// Opens the store, or makes one where there is no folder or an empty one.
    pub fn create_or_open(path: impl AsRef<Path>) -> Result<Store> {
        Ok(Store {
            layout: Layout::create_or_open(path.as_ref())?,
            indexing: Indexing::default(),
        })
    }

    /// The same store, whose ingests build the term index or leave it out.
    pub fn with_indexing(self, indexing: Indexing) -> Store {
        Store { indexing, ..self }
    }

    pub fn path(&self) -> &Path {
        self.layout.root()
    }

    /// Names of the tables with a log, sorted.
    pub fn tables(&self) -> Result<Vec<String>> {
        self.layout.tables()
    }

    /// The table as it is now, for queries: later commits do not show in it. `None` when nothing was ever stored in it.
    ///
    /// Its visible columns are the built-in ones of that name, else the stored ones.
    pub fn snapshot(&self, table: &str) -> Result<Option<Arc<EventTable>>> {
        let Some(snapshot) = self.read(table)? else {
            return Ok(None);
        };
        let schema = builtin(table)
            .cloned()
            .unwrap_or_else(|| stored_schema(table, &snapshot));
        Ok(Some(Arc::new(EventTable::of_store(
            schema,
            &self.layout.table(table),
            &snapshot,
        ))))
    }

    /// The table as it is now with the columns of `schema`; without rows when nothing was ever stored in it.
    pub fn provider(&self, schema: &TableSchema) -> Result<Arc<EventTable>> {
        let table = match self.read(&schema.name)? {
            Some(snapshot) => {
                check_types(schema, &snapshot)?;
                EventTable::of_store(schema.clone(), &self.layout.table(&schema.name), &snapshot)
            }
            None => EventTable::empty(schema.clone()),
        };
        Ok(Arc::new(table))
    }

    fn read(&self, table: &str) -> Result<Option<Snapshot>> {
        if crate::layout::check_table_name(table).is_err() {
            return Ok(None);
        }
        DeltaLog::new(table, self.layout.table(table)).snapshot()
    }

    /// Begins an ingest. Any number may run at once, in any number of processes.
    pub fn ingest(&self) -> Ingest {
        Ingest::new(self.layout.clone(), self.indexing)
    }

    /// Begins an ingest whose rows take the place of all those that an earlier one of the same `source` stored.
    ///
    /// The old rows go and the new ones come in one commit a table; a table must have been named by
    /// [`Ingest::append`] or [`Ingest::touch`] for its old rows to go. `source` is part of file names: letters, digits, `-`.
    pub fn replace(&self, source: &str) -> Ingest {
        Ingest::replacing(self.layout.clone(), self.indexing, source)
    }

    /// How many rows each day of a table has, in the order of days. Rows without a time are left out.
    pub fn days(&self, table: &str) -> Result<Vec<DayRows>> {
        let mut days: std::collections::BTreeMap<String, u64> = Default::default();
        for file in self
            .read(table)?
            .iter()
            .flat_map(|snapshot| snapshot.files.iter())
        {
            if let Some(day) = &file.day {
                *days.entry(day.clone()).or_default() += file.rows.unwrap_or(0);
            }
        }
        Ok(days
            .into_iter()
            .map(|(day, rows)| DayRows { day, rows })
            .collect())
    }

    /// Whether the source of this fingerprint is wholly in the store.
    pub fn knows(&self, fingerprint: &str) -> Result<bool> {
        match manifest::read(&self.layout, fingerprint)? {
            Some(note) => manifest::holds(&self.layout, &note),
            None => Ok(false),
        }
    }

    /// The sources whose head this is, those read farthest first. Each is to be compared by its hash.
    pub fn sources(&self, head: &str) -> Result<Vec<SourceNote>> {
        manifest::by_head(&self.layout, head)
    }

    /// Whether the tables still have all that the note tells of.
    pub fn holds(&self, note: &SourceNote) -> Result<bool> {
        manifest::holds(&self.layout, note)
    }

    /// Merges small files of the table's days into well-sized ones. The rows stay the same.
    ///
    /// Safe beside ingests, readers and other such merges; a crash leaves the table as it was before or after.
    pub fn optimize(&self, table: &str, crowded: Crowded) -> Result<Optimized> {
        self.check_table(table)?;
        compact::optimize(&self.layout, table, crowded)
    }

    /// Removes the days of the table that end at `limit_ticks` or before, in one commit.
    ///
    /// The files themselves stay until [`Store::vacuum`]. The notes of the sources stay: what is in them is not read again.
    pub fn retain(&self, table: &str, limit_ticks: i64, retention: Retention) -> Result<Retained> {
        self.check_table(table)?;
        retain::retain(&self.layout, table, limit_ticks, retention)
    }

    /// Builds the term index of every file of the table anew, in blocks of so many rows; tells of how many files.
    ///
    /// An ingest and [`Store::optimize`] build it by themselves. Smaller blocks are more exact and take more room.
    pub fn reindex(&self, table: &str, block_rows: NonZeroU32) -> Result<u64> {
        let Some(snapshot) = self.read(table)? else {
            return Ok(0);
        };
        let json = index::json_columns(&snapshot.columns);
        for file in snapshot.files.iter() {
            let path = self.layout.table(table).join(&file.path);
            index::rebuild(&path, &json, block_rows.get())?;
        }
        Ok(snapshot.files.len() as u64)
    }

    /// Checks the table's log and files. A fault is no error.
    pub fn verify(&self, table: &str) -> Result<Verified> {
        self.check_table(table)?;
        Ok(verify::table(&self.layout, table))
    }

    /// Checks that the tables, or one of them, have what the notes of the sources tell of. `rows` is 0, `files` are the notes.
    pub fn verify_sources(&self, table: Option<&str>) -> Result<Verified> {
        verify::sources(&self.layout, table)
    }

    fn check_table(&self, table: &str) -> Result<()> {
        let tables = self.tables()?;
        if tables.iter().any(|name| name == table) {
            return Ok(());
        }
        Err(StoreError::NoTable {
            table: table.to_owned(),
            tables,
        })
    }

    /// Removes files that no version of the last `grace` names and that have not changed for as long, and their term indexes;
    /// tells how many data files.
    ///
    /// The grace time must be longer than any ingest and any query: the files of an ingest under way are not in the log
    /// yet, and a query goes on reading the version that it began with.
    pub fn vacuum(&self, grace: Duration) -> Result<u64> {
        crate::vacuum::vacuum(&self.layout, grace)
    }
}

/// Whether each stored column can be read as the declared type.
fn check_types(schema: &TableSchema, snapshot: &Snapshot) -> Result<()> {
    for stored in &snapshot.columns {
        let (Some(ty), Some(declared)) = (stored.ty, schema.column(&stored.name)) else {
            continue;
        };
        if ty != declared.ty && !can_convert(&disk_type(ty), declared.ty) {
            return Err(StoreError::Batch {
                table: schema.name.clone(),
                message: format!(
                    "column `{}` is stored as {ty} and declared as {}",
                    stored.name, declared.ty
                ),
            });
        }
    }
    Ok(())
}

/// The visible columns of a stored table as its log declares them.
pub(crate) fn stored_schema(table: &str, snapshot: &Snapshot) -> TableSchema {
    let columns = snapshot
        .columns
        .iter()
        .filter(|column| !is_hidden(&column.name));
    TableSchema::new(
        table,
        columns
            .filter_map(|column| Some(Column::new(&column.name, column.ty?)))
            .collect(),
    )
}
