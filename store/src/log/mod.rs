//! The log of one table: which files are live, and how more of them become live at once.
//!
//! [`TableLog`] is all that the rest of the store knows of the table format; [`delta`] is Delta Lake by its own kernel.

pub(crate) mod delta;
mod durable;
pub(crate) mod history;
mod stats;

use crate::error::Result;
use huntql_kql::types::Type;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A column as the log declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredColumn {
    pub name: String,
    /// The KQL type; `None` for the columns of the format itself (the seventh digits, the partition's day).
    pub ty: Option<Type>,
}

/// The prefix of the column that holds the seventh digit of a datetime column.
pub const TICK_PREFIX: &str = "_tick_";
/// The partition column: the day of the row's time, UTC.
pub const DAY: &str = "day";

/// One live Parquet file.
#[derive(Debug, Clone, PartialEq)]
pub struct DataFile {
    /// Relative to the table's folder, with `/`.
    pub path: String,
    pub size_bytes: u64,
    pub modified_ms: i64,
    /// `None` when the writer of the file did not say.
    pub rows: Option<u64>,
    /// `YYYY-MM-DD`; `None` for rows without a time.
    pub day: Option<String>,
    /// Bounds of datetime columns.
    pub bounds: BTreeMap<String, Bounds>,
}

/// The least and greatest value of a datetime column, in microseconds since 1970, and how many rows have none.
///
/// The values may be cut to milliseconds by the log: `max_us` is already widened by one, so both are true bounds and
/// need not occur.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    pub min_us: i64,
    pub max_us: i64,
    pub nulls: u64,
}

/// The table at one version.
#[derive(Debug, Clone)]
pub struct Snapshot {
    pub version: u64,
    /// In the log's order; the partition column and the tick columns are among them.
    pub columns: Vec<StoredColumn>,
    pub files: Arc<[DataFile]>,
}

/// What a commit is, for whoever reads the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Rows come, and may take the place of others. What is to be removed and is not live is passed over.
    Write,
    /// Rows go. What is to be removed and is not live is passed over.
    Delete,
    /// The same rows in other files (Delta's `dataChange` = false). All that is to be removed must be live.
    Rearrange,
}

/// What one commit does.
#[derive(Debug, Clone)]
pub struct Commit {
    pub change: Change,
    /// The columns that the files have; the ones the table lacks are added to it.
    pub columns: Vec<StoredColumn>,
    pub add: Vec<DataFile>,
    /// Paths of live files that the commit takes away.
    pub remove: Vec<String>,
    pub transaction: Option<Transaction>,
}

/// Delta's application transaction: a commit whose version is not above the last one of the same `application` adds nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    pub application: String,
    /// From 1.
    pub version: i64,
}

impl Transaction {
    /// One that happens once.
    pub fn once(application: impl Into<String>) -> Self {
        Self {
            application: application.into(),
            version: 1,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommitOutcome {
    Committed {
        version: u64,
    },
    /// The same application transaction is in the log already; the files were not added.
    KnownAlready,
    /// A file that was to be rearranged is no longer live; nothing was changed.
    Stale,
}

/// The log of one table. All methods block and may be called from any thread, inside a runtime or not.
pub trait TableLog: std::fmt::Debug + Send + Sync {
    /// The newest version; `None` when there is no table. Creates nothing.
    fn snapshot(&self) -> Result<Option<Snapshot>>;

    /// Whether a commit carried this version of the application, or a later one.
    fn knows(&self, application: &str, version: i64) -> Result<bool>;

    /// Makes the files live, all at once, and creates the table when it is not there.
    ///
    /// The files must be durable already. When another writer was first, it is tried again over the newer version.
    fn commit(&self, commit: &Commit) -> Result<CommitOutcome>;
}
