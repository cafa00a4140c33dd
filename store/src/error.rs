//! What can go wrong with events at rest. Each message names the file or table and says what to do.

use datafusion::error::DataFusionError;
use std::fmt;
use std::path::PathBuf;

pub type Result<T, E = StoreError> = std::result::Result<T, E>;

#[derive(Debug)]
pub enum StoreError {
    /// A file of schemas that cannot be understood.
    Schemas { message: String },
    /// The file system refused.
    Io {
        path: PathBuf,
        action: &'static str,
        source: std::io::Error,
    },
    /// The folder is there and is no store.
    NotAStore { path: PathBuf },
    /// The store was written by a later version of the product.
    NewerFormat {
        path: PathBuf,
        found: u64,
        known: u64,
    },
    /// A name that cannot be a table's folder, or that the format keeps for itself.
    Name { name: String, reason: &'static str },
    /// A batch does not fit the table it is appended to.
    Batch { table: String, message: String },
    /// The Delta log of a table cannot be read or written.
    Log { path: PathBuf, message: String },
    /// Other writers were faster each time.
    Contention { table: String, attempts: u32 },
    /// A file with data that cannot be read as what it is said to be.
    DataFile { path: PathBuf, message: String },
    /// A column of a type that has no counterpart in KQL.
    ColumnType {
        path: PathBuf,
        column: String,
        arrow: String,
    },
    /// A table that the store does not have.
    NoTable { table: String, tables: Vec<String> },
    /// A path or glob that names no file.
    NoFiles { pattern: String },
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Schemas { message } => write!(f, "schemas: {message}"),
            Self::Io {
                path,
                action,
                source,
            } => write!(f, "cannot {action} `{}`: {source}", path.display()),
            Self::NotAStore { path } => write!(
                f,
                "`{}` is not a huntql store: it has no huntql-store.json; name another folder, or ingest into a new one",
                path.display()
            ),
            Self::NewerFormat { path, found, known } => write!(
                f,
                "the store `{}` has format version {found}, this program knows up to {known}: use a newer huntql",
                path.display()
            ),
            Self::Name { name, reason } => write!(f, "`{name}` cannot be stored: {reason}"),
            Self::Batch { table, message } => write!(f, "table `{table}`: {message}"),
            Self::Log { path, message } => write!(
                f,
                "the Delta log of `{}` cannot be used: {message}",
                path.display()
            ),
            Self::Contention { table, attempts } => write!(
                f,
                "table `{table}`: other writers committed first {attempts} times in a row; nothing was added, try again"
            ),
            Self::DataFile { path, message } => {
                write!(f, "cannot read `{}`: {message}", path.display())
            }
            Self::ColumnType {
                path,
                column,
                arrow,
            } => write!(
                f,
                "`{}`: column `{column}` has the type {arrow}, which has no counterpart in KQL",
                path.display()
            ),
            Self::NoTable { table, tables } => write!(
                f,
                "the store has no table `{table}`; it has {}",
                match tables.is_empty() {
                    true => "none".to_owned(),
                    false => tables.join(", "),
                }
            ),
            Self::NoFiles { pattern } => write!(f, "no file matches `{pattern}`"),
        }
    }
}

impl std::error::Error for StoreError {}

impl From<StoreError> for DataFusionError {
    fn from(error: StoreError) -> Self {
        DataFusionError::External(Box::new(error))
    }
}

impl StoreError {
    pub(crate) fn io(
        path: impl Into<PathBuf>,
        action: &'static str,
    ) -> impl FnOnce(std::io::Error) -> StoreError {
        let path = path.into();
        move |source| StoreError::Io {
            path,
            action,
            source,
        }
    }
}
