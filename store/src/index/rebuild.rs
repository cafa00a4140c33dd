//! The index of a data file that is there already: for files that lack one, and to check those that have one.

use super::build::{Builder, Indexed};
use super::format::{
    Directory, MAGIC, Page, TAIL_BYTES, Tail, Unusable, checksum, expand, read_posting,
};
use super::{Blocks, groups_of, path_of};
use crate::error::{Result, StoreError};
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// Reads a data file and writes its index to its place, for other processes all at once.
pub(crate) fn rebuild(data: &Path, json: &HashSet<String>, block_rows: u32) -> Result<()> {
    let failed = |message: String| StoreError::DataFile {
        path: data.to_owned(),
        message,
    };
    let file = File::open(data).map_err(StoreError::io(data, "open"))?;
    let size_bytes = file.metadata().map_err(StoreError::io(data, "read"))?.len();
    let reader = ParquetRecordBatchReaderBuilder::try_new(file)
        .map_err(|error| failed(error.to_string()))?;
    let groups = groups_of(reader.metadata().row_groups());
    let mut builder = Builder::new(reader.schema(), |name| json.contains(name), block_rows);
    for batch in reader.build().map_err(|error| failed(error.to_string()))? {
        builder.push(&batch.map_err(|error| failed(error.to_string()))?);
    }
    let bytes = builder.finish(&Indexed {
        file: data.file_name().and_then(OsStr::to_str).unwrap_or_default(),
        size_bytes,
        groups,
    });
    let Some(path) = path_of(data) else {
        return Ok(());
    };
    let folder = path.parent().expect("an index file lies in a folder");
    fs::create_dir_all(folder).map_err(StoreError::io(folder, "create"))?;
    let staged = PathBuf::from(format!("{}#{}", path.display(), uuid::Uuid::new_v4()));
    fs::write(&staged, bytes).map_err(StoreError::io(&staged, "write"))?;
    fs::rename(&staged, &path).map_err(StoreError::io(&path, "write"))
}

/// Whether the index file at `path` says what one made of the same rows does.
///
/// What is compared is the content, not the bytes: another version of the compression may write other bytes.
pub(crate) fn check(path: &Path, rebuilt: &[u8]) -> std::result::Result<(), Unusable> {
    let stored = fs::read(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Unusable::Missing,
        _ => Unusable::Damaged("it cannot be read"),
    })?;
    let (stored, stored_pages) = content(&stored)?;
    let (rows, rows_pages) = content(rebuilt)?;
    let of_file = |directory: &Directory| Directory {
        pages: Vec::new(),
        ..directory.clone()
    };
    match of_file(&stored) == of_file(&rows) && stored_pages == rows_pages {
        true => Ok(()),
        false => Err(Unusable::Damaged("it does not say what the rows do")),
    }
}

/// The rows of the blocks of an index file.
pub(crate) fn block_rows(path: &Path) -> std::result::Result<u32, Unusable> {
    let index = super::Index::open(path)?;
    Ok(index.directory.block_rows)
}

/// Directory and pages of an index file as a whole, each checked.
fn content(bytes: &[u8]) -> std::result::Result<(Directory, Vec<Page>), Unusable> {
    if !bytes.starts_with(MAGIC) {
        return Err(Unusable::Damaged("its beginning"));
    }
    let directory = directory(bytes)?;
    let mut found = vec![Blocks::none(directory.blocks())];
    let mut pages = Vec::with_capacity(directory.pages.len());
    for entry in &directory.pages {
        let start = entry.start as usize;
        let page = bytes.get(start..start + entry.length as usize);
        let page = page.ok_or(Unusable::Damaged("it ends too early"))?;
        if checksum(page) != entry.checksum {
            return Err(Unusable::Damaged("a page"));
        }
        let page = Page::read(page)?;
        for at in 0..page.len() {
            read_posting(page.posting(at), &[0; 128], &mut found)?;
        }
        pages.push(page);
    }
    Ok((directory, pages))
}

fn directory(bytes: &[u8]) -> std::result::Result<Directory, Unusable> {
    let short = Unusable::Damaged("it ends too early");
    let (rest, tail) = bytes
        .split_last_chunk::<TAIL_BYTES>()
        .ok_or(short.clone())?;
    let tail = Tail::of(tail)?;
    let start = rest.len().checked_sub(tail.length).ok_or(short)?;
    let compressed = &rest[start..];
    if checksum(compressed) != tail.checksum {
        return Err(Unusable::Damaged("its directory"));
    }
    Directory::from_bytes(&expand(compressed)?)
}
