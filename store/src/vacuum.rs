//! Removing what crashes, merges and retention leave behind.
//!
//! A file goes when no version of the last `grace` names it: it is not live, no commit of that time removed it, and it was
//! written before. Its term index goes with it.

use crate::error::{Result, StoreError};
use crate::index;
use crate::layout::Layout;
use crate::log::delta::DeltaLog;
use crate::log::{TableLog, history};
use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

pub(crate) fn vacuum(layout: &Layout, grace: Duration) -> Result<u64> {
    let mut removed = 0;
    for entry in fs::read_dir(layout.root())
        .map_err(StoreError::io(layout.root(), "read"))?
        .flatten()
    {
        let folder = entry.path();
        let Some(table) = entry.file_name().to_str().map(str::to_owned) else {
            continue;
        };
        if !folder.is_dir() || table.starts_with('_') {
            continue;
        }
        // Candidates first, the live files second, the removed ones last: a file that is committed in between is then
        // seen to be live, and one that is removed in between to be removed.
        let candidates = old_files(&folder, grace);
        let snapshot = DeltaLog::new(&table, &folder).snapshot()?;
        let live = snapshot.iter().flat_map(|snapshot| snapshot.files.iter());
        let mut needed: HashSet<PathBuf> = live.map(|file| folder.join(&file.path)).collect();
        let removed_lately = history::removed_within(&folder, grace)?;
        needed.extend(removed_lately.iter().map(|path| folder.join(path)));
        let indexes: Vec<PathBuf> = needed
            .iter()
            .filter_map(|path| index::path_of(path))
            .collect();
        needed.extend(indexes);
        for path in candidates.into_iter().filter(|path| !needed.contains(path)) {
            fs::remove_file(&path).map_err(StoreError::io(&path, "remove"))?;
            removed += u64::from(path.extension().is_some_and(|end| end == "parquet"));
        }
    }
    Ok(removed)
}

/// Parquet files of the days and of staging, term indexes, and half-written log entries, that are older than `grace`.
fn old_files(table: &Path, grace: Duration) -> Vec<PathBuf> {
    let folders = fs::read_dir(table)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path());
    let mut old = Vec::new();
    for folder in folders.filter(|folder| folder.is_dir()) {
        let of_log = folder.ends_with("_delta_log");
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let ours = if of_log {
                name.contains('#')
            } else {
                name.ends_with(".parquet") || name.contains(".hqi")
            };
            if ours && is_older(&entry, grace) {
                old.push(entry.path());
            }
        }
    }
    old
}

fn is_older(entry: &fs::DirEntry, grace: Duration) -> bool {
    let modified = entry.metadata().and_then(|metadata| metadata.modified());
    modified.is_ok_and(|modified| {
        SystemTime::now()
            .duration_since(modified)
            .is_ok_and(|age| age >= grace)
    })
}
