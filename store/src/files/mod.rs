//! Files that others wrote, as tables: Parquet as it lies, CSV and NDJSON by way of a temporary Parquet file.
//!
//! Types: those that the table declares; columns beyond them, or all when nothing is declared, by the file's own types
//! (Parquet) or by what all of the values allow (CSV, NDJSON; see [`infer`]).

mod builders;
mod csv;
mod infer;
mod ndjson;
mod parquet;
mod paths;
mod temporary;

pub use paths::Format;

use crate::error::{Result, StoreError};
use crate::scan::EventTable;
use crate::schema::TableSchema;
use std::sync::Arc;

/// A table `name` over a file, a folder of Parquet files, or a glob.
///
/// `format` is taken from the file's name, else from its first bytes, when it is not given. `declared` wins over the
/// files' types, and what the files lack of it is null or `""`. Errors: no such file, a folder without Parquet files, a
/// file that is not what it is said to be (with the line), a column whose type has no counterpart in KQL or cannot be
/// read as the declared one.
pub fn open(
    name: &str,
    pattern: &str,
    format: Option<Format>,
    declared: Option<&TableSchema>,
) -> Result<Arc<EventTable>> {
    let files = paths::expand(pattern)?;
    let format = match format {
        Some(format) => format,
        None => paths::format_of(&files)?,
    };
    let table = match format {
        Format::Parquet => parquet::open(name, &files, declared),
        Format::Csv => csv::open(name, &files, declared),
        Format::Ndjson => ndjson::open(name, &files, declared),
    }?;
    Ok(Arc::new(table))
}

/// Splits what a file holds into the columns that are declared and further ones; with nothing declared all are visible.
fn visible_and_further(
    name: &str,
    found: Vec<huntql_kql::types::Column>,
    declared: Option<&TableSchema>,
) -> (TableSchema, Vec<huntql_kql::types::Column>) {
    match declared {
        None => (TableSchema::new(name, found), Vec::new()),
        Some(declared) => {
            let further = found
                .into_iter()
                .filter(|column| declared.column(&column.name).is_none())
                .collect();
            (TableSchema::new(name, declared.columns.clone()), further)
        }
    }
}

fn unreadable(path: &std::path::Path, message: impl std::fmt::Display) -> StoreError {
    StoreError::DataFile {
        path: path.to_owned(),
        message: message.to_string(),
    }
}
