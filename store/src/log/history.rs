//! What the commits of a log's folder tell besides the live files: which files they removed, which applications they name.
//!
//! Read from the commits' own text (Delta protocol, "Actions"). The product never deletes a commit; where another program
//! did, less is known, and whoever asks must be content with that.

use super::delta::percent_decoded;
use crate::error::{Result, StoreError};
use serde_json::Value;
use std::collections::HashSet;
use std::fs::{self, DirEntry};
use std::io::{BufRead, BufReader, ErrorKind};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// Paths of the files, relative to the table's folder, that commits younger than `age` removed.
///
/// A version of the table that was the newest at some time within `age` names no other file that is not live now.
pub(crate) fn removed_within(table: &Path, age: Duration) -> Result<HashSet<String>> {
    let mut removed = HashSet::new();
    let is_young = |entry: &DirEntry| {
        let modified = entry.metadata().and_then(|metadata| metadata.modified());
        // A time that cannot be read, or lies ahead, protects.
        modified.map_or(true, |modified| {
            SystemTime::now()
                .duration_since(modified)
                .map_or(true, |since| since < age)
        })
    };
    each_action(table, is_young, "remove", |action| {
        removed.extend(action["path"].as_str().map(percent_decoded));
    })?;
    Ok(removed)
}

/// The applications of all transactions that the commits name.
pub(crate) fn applications(table: &Path) -> Result<HashSet<String>> {
    let mut applications = HashSet::new();
    each_action(
        table,
        |_| true,
        "txn",
        |action| {
            applications.extend(action["appId"].as_str().map(str::to_owned));
        },
    )?;
    Ok(applications)
}

fn each_action(
    table: &Path,
    wanted: impl Fn(&DirEntry) -> bool,
    kind: &str,
    mut tell: impl FnMut(&Value),
) -> Result<()> {
    let folder = table.join("_delta_log");
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(StoreError::io(folder, "read")(error)),
    };
    let begins = format!("{{\"{kind}\"");
    for entry in entries.flatten() {
        let name = entry.file_name();
        if !name.to_string_lossy().ends_with(".json") || !wanted(&entry) {
            continue;
        }
        let path = entry.path();
        let file = match fs::File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(StoreError::io(path, "open")(error)),
        };
        for line in BufReader::new(file).lines() {
            let line = line.map_err(StoreError::io(&path, "read"))?;
            // Another program's white space would not begin so: then the line is parsed to see.
            if line.starts_with("{\"") && !line.starts_with(&begins) {
                continue;
            }
            if let Ok(action) = serde_json::from_str::<Value>(&line)
                && let Some(action) = action.get(kind)
            {
                tell(action);
            }
        }
    }
    Ok(())
}
