//! The term index: beside each data file, which terms stand in which of its rows.
//!
//! `<table>/_index/<name>.hqi` belongs to the data file `<name>.parquet`. It has the terms of the text columns ([`keys`]) in their order,
//! each with the row blocks that hold it, column by column ([`format`](mod@format)). It is found by name and nothing else knows of it: where it is
//! missing, belongs to another file or is damaged, the whole file is read. It never leaves out a block that holds an answer.
//!
//! | stage | function |
//! |---|---|
//! | rows → index file | [`Builder`], as the rows are written |
//! | filters → what is asked | [`ask`] |
//! | asked → row blocks of a file | [`Ask::blocks`](lookup::Ask::blocks) over an [`Index`] |
//! | row blocks → byte range and rows | [`selection::of`] |

mod blocks;
mod build;
mod escapes;
mod filed;
mod flat;
mod format;
pub(crate) mod intern;
mod keys;
mod lookup;
mod pattern;
mod predicate;
mod read;
mod rebuild;
mod repeats;
pub(crate) mod selection;

use blocks::Blocks;
pub(crate) use build::{Builder, Indexed, Texts};
pub(crate) use format::Unusable;
pub(crate) use intern::{GLANCED_MAX, Interner};
pub(crate) use lookup::Ask;
pub(crate) use predicate::ask;
pub(crate) use read::{Described, Index};
pub(crate) use rebuild::{block_rows, check, rebuild};

use crate::error::{Result, StoreError};
use crate::log::StoredColumn;
use datafusion::parquet::file::metadata::RowGroupMetaData;
use huntql_kql::types::Type;
use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

/// Rows of a block: what a page of the data file has, so that a block is read by itself.
pub(crate) const BLOCK_ROWS: u32 = 8192;

/// The folder of a table's index files.
pub(crate) const FOLDER: &str = "_index";
/// The end of an index file's name.
pub(crate) const EXTENSION: &str = "hqi";

/// The index file of a data file `<table>/<day>/<name>.parquet`.
pub(crate) fn path_of(data: &Path) -> Option<PathBuf> {
    let table = data.parent()?.parent()?;
    Some(table.join(FOLDER).join(name_of(data)?))
}

/// The name of a data file's index file.
pub(crate) fn name_of(data: &Path) -> Option<PathBuf> {
    Some(Path::new(data.file_stem()?).with_extension(EXTENSION))
}

/// The names of the columns of JSON text.
pub(crate) fn json_columns(columns: &[StoredColumn]) -> HashSet<String> {
    let json = columns
        .iter()
        .filter(|column| column.ty == Some(Type::Dynamic));
    json.map(|column| column.name.clone()).collect()
}

/// Where the index file of a file in staging waits: beside it.
fn staged(data: &Path) -> PathBuf {
    data.with_extension(EXTENSION)
}

/// Writes the index of a file that has just been closed in staging.
///
/// It is not synced: after a power cut it may be damaged, which is seen, and then its data file is read as a whole.
pub(crate) fn stage(builder: Builder, data: &Path, groups: &[RowGroupMetaData]) -> Result<()> {
    let size_bytes = fs::metadata(data)
        .map_err(StoreError::io(data, "read"))?
        .len();
    let name = data.file_name().and_then(OsStr::to_str).unwrap_or_default();
    let bytes = builder.finish(&Indexed {
        file: name,
        size_bytes,
        groups: groups_of(groups),
    });
    let path = staged(data);
    fs::write(&path, bytes).map_err(StoreError::io(&path, "write"))
}

/// Rows of each row group, and the place that a byte range tells it by: its first page.
pub(crate) fn groups_of(groups: &[RowGroupMetaData]) -> Vec<(u64, u64)> {
    let start = |group: &RowGroupMetaData| {
        let first = group.columns().first();
        let page = first.map(|column| {
            let dictionary = column.dictionary_page_offset();
            dictionary.unwrap_or_else(|| column.data_page_offset())
        });
        page.unwrap_or(0).max(0) as u64
    };
    groups
        .iter()
        .map(|group| (group.num_rows().max(0) as u64, start(group)))
        .collect()
}

/// Whether the file has an index that says it is its own. Its pages are not read.
pub(crate) fn is_there(data: &Path, file: &Described<'_>) -> bool {
    path_of(data)
        .is_some_and(|path| Index::open(&path).is_ok_and(|index| index.belongs_to(file).is_ok()))
}

/// Moves the index of a staged file to its place beside the file `target`, which is about to be moved too.
pub(crate) fn place(data: &Path, target: &Path) -> Result<()> {
    let from = staged(data);
    let Some(to) = path_of(target).filter(|_| from.exists()) else {
        return Ok(());
    };
    let folder = to.parent().expect("an index file lies in a folder");
    fs::create_dir_all(folder).map_err(StoreError::io(folder, "create"))?;
    fs::rename(&from, &to).map_err(StoreError::io(&to, "write"))
}

/// Removes the index of a file that goes, in staging or in its place.
pub(crate) fn remove(data: &Path) {
    let _ = fs::remove_file(staged(data));
    if let Some(path) = path_of(data) {
        let _ = fs::remove_file(path);
    }
}
