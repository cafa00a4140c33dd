//! The schemas of tables: the built-in ones, those of `--schemas`, and how KQL types are held in Arrow.
//!
//! The built-in tables are Microsoft's table reference as data (`defender.txt`): what its page documents is what `*`
//! means. Columns that only the unified portal adds (`TenantId`, `_BilledSize` …) can be named but are no part of `*`;
//! [`portal_columns`] lists them. Where the page and the portal disagree on a type, the page has been followed.

mod arrow;
mod builtin;
mod file;

pub(crate) use arrow::arrow_field;
pub use arrow::{DECIMAL_PRECISION, DECIMAL_SCALE, arrow_schema, arrow_type};
pub use builtin::{builtin, builtin_tables, portal_columns};
pub use file::parse_schemas;

use huntql_kql::types::{Column, Type};
use std::sync::LazyLock;

/// A table's name and its columns in order. Column names are case-exact and unique.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableSchema {
    pub name: String,
    pub columns: Vec<Column>,
}

impl TableSchema {
    pub fn new(name: impl Into<String>, columns: Vec<Column>) -> Self {
        Self {
            name: name.into(),
            columns,
        }
    }

    /// The column of exactly this name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// When the row was written to the store.
pub const INGESTION_TIME: &str = "_ingestion_time";
/// 32 hex digits that tell one source record from another.
pub const RECORD_ID: &str = "_record_id";
/// The file that the record came from.
pub const SOURCE_FILE: &str = "_source_file";
/// Byte offset of the record in the decompressed file.
pub const SOURCE_POSITION: &str = "_source_position";

/// Columns that every stored row has and that neither `*` nor `getschema` shows.
pub static HIDDEN: LazyLock<[Column; 4]> = LazyLock::new(|| {
    [
        Column::new(INGESTION_TIME, Type::Datetime),
        Column::new(RECORD_ID, Type::String),
        Column::new(SOURCE_FILE, Type::String),
        Column::new(SOURCE_POSITION, Type::Long),
    ]
});

/// Whether `name` is one of the [`HIDDEN`] columns.
pub fn is_hidden(name: &str) -> bool {
    HIDDEN.iter().any(|column| column.name == name)
}

/// The column that `name` stands for where the table does not declare it itself.
///
/// `TimeGenerated` is `Timestamp` for each table that has a `Timestamp`: the portals name the same column both ways.
pub fn alias(table: &TableSchema, name: &str) -> Option<&'static str> {
    let wanted = name == "TimeGenerated" && table.column(name).is_none();
    (wanted && table.column("Timestamp").is_some()).then_some("Timestamp")
}

#[cfg(test)]
mod tests;
