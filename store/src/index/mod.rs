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
mod format;
mod intern;
mod keys;
mod lookup;
mod pattern;
mod predicate;
mod read;
pub(crate) mod selection;

pub(crate) use blocks::Blocks;
pub(crate) use build::{Builder, Indexed};
pub(crate) use format::Unusable;
pub(crate) use lookup::Ask;
pub(crate) use predicate::ask;
pub(crate) use read::{Described, Index};

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
