//! From what the user names to files, and what kind they are.

use super::unreadable;
use crate::error::{Result, StoreError};
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

/// The formats that `--data` reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Parquet,
    /// With a header; `.tsv` is split at tabs.
    Csv,
    /// One JSON object a line.
    Ndjson,
}

const BY_EXTENSION: [(&str, Format); 7] = [
    ("parquet", Format::Parquet),
    ("pq", Format::Parquet),
    ("csv", Format::Csv),
    ("tsv", Format::Csv),
    ("ndjson", Format::Ndjson),
    ("jsonl", Format::Ndjson),
    ("json", Format::Ndjson),
];

/// The files of a path, a folder or a glob, sorted and absolute.
pub(super) fn expand(pattern: &str) -> Result<Vec<PathBuf>> {
    let path = Path::new(pattern);
    let mut files = match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => folder(path)?,
        Ok(_) => vec![path.to_owned()],
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(StoreError::io(path, "open")(error));
        }
        Err(_) => globbed(pattern)?,
    };
    files.sort();
    let absolute = |file: PathBuf| fs::canonicalize(&file).map_err(StoreError::io(file, "open"));
    files.into_iter().map(absolute).collect()
}

fn globbed(pattern: &str) -> Result<Vec<PathBuf>> {
    let found = glob::glob(pattern).map_err(|error| unreadable(Path::new(pattern), error))?;
    let mut files = Vec::new();
    for path in found {
        let path =
            path.map_err(|error| StoreError::io(error.path().to_owned(), "open")(error.into()))?;
        if path.is_file() {
            files.push(path);
        }
    }
    match files.is_empty() {
        true => Err(StoreError::NoFiles {
            pattern: pattern.to_owned(),
        }),
        false => Ok(files),
    }
}

/// The Parquet files under a folder; names that begin with `_` or `.` are not data (Hive's custom).
fn folder(path: &Path) -> Result<Vec<PathBuf>> {
    if path.join("_delta_log").is_dir() || path.join("huntql-store.json").exists() {
        let message =
            "it is a Delta table or a store, whose log says which files count: use --store";
        return Err(unreadable(path, message));
    }
    let mut files = Vec::new();
    parquet_files(path, &mut files)?;
    match files.is_empty() {
        true => Err(unreadable(
            path,
            "it is a folder without Parquet files; name a file, or a glob such as `folder/*.csv`",
        )),
        false => Ok(files),
    }
}

fn parquet_files(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let entries = fs::read_dir(folder).map_err(StoreError::io(folder, "read"))?;
    for entry in entries {
        let path = entry.map_err(StoreError::io(folder, "read"))?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if name.starts_with(['_', '.']) {
            continue;
        }
        if path.is_dir() {
            parquet_files(&path, files)?;
        } else if by_extension(&path) == Some(Format::Parquet) {
            files.push(path);
        }
    }
    Ok(())
}

fn by_extension(path: &Path) -> Option<Format> {
    let extension = path.extension()?.to_string_lossy().to_lowercase();
    BY_EXTENSION
        .iter()
        .find(|(name, _)| *name == extension)
        .map(|(_, format)| *format)
}

/// The one format of the files.
pub(super) fn format_of(files: &[PathBuf]) -> Result<Format> {
    let mut format = None;
    for file in files {
        let found = match by_extension(file) {
            Some(found) => found,
            None => by_first_bytes(file)?,
        };
        if *format.get_or_insert(found) != found {
            return Err(unreadable(
                file,
                "the files of one table must have one format",
            ));
        }
    }
    Ok(format.expect("an expansion has a file"))
}

fn by_first_bytes(path: &Path) -> Result<Format> {
    let mut start = Vec::new();
    let file = File::open(path).map_err(StoreError::io(path, "open"))?;
    file.take(4096)
        .read_to_end(&mut start)
        .map_err(StoreError::io(path, "read"))?;
    if start.starts_with(b"PAR1") {
        return Ok(Format::Parquet);
    }
    if start.starts_with(&[0x1F, 0x8B]) || start.starts_with(&[0x28, 0xB5, 0x2F, 0xFD]) {
        return Err(unreadable(
            path,
            "it is compressed; unpack it, or give it to `ingest`, which reads gz and zstd",
        ));
    }
    let first = start
        .iter()
        .find(|byte| !byte.is_ascii_whitespace() && !matches!(byte, 0xEF | 0xBB | 0xBF));
    match first {
        Some(b'{') => Ok(Format::Ndjson),
        _ => Err(unreadable(
            path,
            "its format cannot be told; name it .csv, .tsv, .ndjson or .parquet, or, for a log, give it to `ingest`",
        )),
    }
}
