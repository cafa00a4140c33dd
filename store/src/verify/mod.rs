//! Checking a table: the log, every live file with its term index, the record ids of each day, and the notes of the sources.
//!
//! Every file is read to its end. What cannot be noticed: a cell that was changed so that the file can still be read, as
//! Parquet pages are written without checksums. The log's counts and bounds catch some of those.

mod file;
mod ids;
mod sources;

use crate::error::Result;
use crate::layout::Layout;
use crate::log::delta::DeltaLog;
use crate::log::{DataFile, Snapshot, TableLog};
use crate::writer::table::time_column;
use huntql_kql::types::Column;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The file, or the folder when it is no single file's.
    pub path: PathBuf,
    pub what: String,
    /// What to do about it.
    pub remedy: &'static str,
}

/// What was checked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verified {
    pub files: u64,
    /// Rows that were read.
    pub rows: u64,
    pub faults: Vec<Fault>,
}

const RESTORE_LOG: &str = "put the folder `_delta_log` back from a backup; until then `--data NAME=PATH` queries the files";

/// Checks the log and the files of a table.
pub(crate) fn table(layout: &Layout, table: &str) -> Verified {
    let folder = layout.table(table);
    let mut verified = Verified::default();
    match DeltaLog::new(table, &folder).snapshot() {
        Ok(None) => {}
        Ok(Some(snapshot)) => files(&folder, &snapshot, &mut verified),
        Err(error) => verified.faults.push(Fault {
            path: folder.join("_delta_log"),
            what: error.to_string(),
            remedy: RESTORE_LOG,
        }),
    }
    verified
}

fn files(folder: &Path, snapshot: &Snapshot, verified: &mut Verified) {
    let columns: Vec<Column> = snapshot
        .columns
        .iter()
        .filter_map(|column| Some(Column::new(&column.name, column.ty?)))
        .collect();
    let time = time_column(&columns);
    let mut days: BTreeMap<&Option<String>, Vec<&DataFile>> = BTreeMap::new();
    for file in snapshot.files.iter() {
        let path = folder.join(&file.path);
        let checked = file::check(&path, file, &snapshot.columns, time.as_deref());
        verified.files += 1;
        verified.rows += checked.rows;
        verified.faults.extend(checked.faults);
        if checked.is_readable {
            days.entry(&file.day).or_default().push(file);
        }
    }
    for (day, files) in days {
        verified.faults.extend(ids::check(folder, day, &files));
    }
}

/// Checks the notes of the sources against the tables, or against one of them.
pub(crate) fn sources(layout: &Layout, table: Option<&str>) -> Result<Verified> {
    sources::check(layout, table)
}
