//! What lies where in a store's folder, and how a write to it is made durable.
//!
//! ```text
//! <store>/huntql-store.json                      {"format":1}
//! <store>/_ingested/<source>.json                how far a source is in
//! <store>/_ingested/heads/<head>/<source>.json   an empty file: the source has this head
//! <store>/<Table>/_delta_log/                    the Delta log
//! <store>/<Table>/day=YYYY-MM-DD/<uuid>.parquet  events of that day (UTC)
//! <store>/<Table>/_staging/<uuid>.parquet        files of an ingest under way
//! <store>/<Table>/_commit.lock                   locked while one of them is committed
//! ```

use crate::error::{Result, StoreError};
use huntql_kql::time::{TICKS_PER_DAY, UNIX_EPOCH, civil};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The newest format that this program reads and the one it writes.
pub const FORMAT_VERSION: u64 = 1;
const MARKER: &str = "huntql-store.json";
const INGESTED: &str = "_ingested";
const STAGING: &str = "_staging";
const COMMIT_LOCK: &str = "_commit.lock";

/// The folder of rows without a time, as Hive and Delta name it.
const NO_DAY: &str = "__HIVE_DEFAULT_PARTITION__";

/// The paths of one store.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    root: PathBuf,
}

impl Layout {
    /// The store at `root`, which must be there and be of a known version. Writes nothing.
    pub(crate) fn open(root: &Path) -> Result<Layout> {
        let root = fs::canonicalize(root).map_err(StoreError::io(root, "open the store"))?;
        let marker = root.join(MARKER);
        let text = match fs::read_to_string(&marker) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(StoreError::NotAStore { path: root });
            }
            Err(error) => return Err(StoreError::io(marker, "read")(error)),
        };
        let found = serde_json::from_str::<serde_json::Value>(&text)
            .ok()
            .and_then(|json| json["format"].as_u64());
        match found {
            None => Err(StoreError::NotAStore { path: root }),
            Some(found) if found > FORMAT_VERSION => Err(StoreError::NewerFormat {
                path: root,
                found,
                known: FORMAT_VERSION,
            }),
            Some(_) => Ok(Layout { root }),
        }
    }

    /// The store at `root`, made there when the folder is missing or empty.
    pub(crate) fn create_or_open(root: &Path) -> Result<Layout> {
        create_folder_durably(root).map_err(StoreError::io(root, "create the store's folder"))?;
        let marker = root.join(MARKER);
        let occupied = fs::read_dir(root)
            .map_err(StoreError::io(root, "read"))?
            .flatten()
            .any(|entry| {
                let name = entry.file_name();
                !name.to_string_lossy().starts_with(MARKER)
            });
        if !marker.exists() && !occupied {
            let text = format!("{{\"format\":{FORMAT_VERSION}}}\n");
            write_durably(&marker, text.as_bytes()).map_err(StoreError::io(&marker, "write"))?;
        }
        Layout::open(root)
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn table(&self, table: &str) -> PathBuf {
        self.root.join(table)
    }

    pub(crate) fn staging(&self, table: &str) -> PathBuf {
        self.table(table).join(STAGING)
    }

    /// The file that is locked while a commit to the table is made.
    pub(crate) fn commit_lock(&self, table: &str) -> PathBuf {
        self.table(table).join(COMMIT_LOCK)
    }

    pub(crate) fn ingested(&self, fingerprint: &str) -> PathBuf {
        // A fingerprint is any text; the file's name is a hash of it.
        self.root.join(INGESTED).join(format!(
            "{}.json",
            blake3::hash(fingerprint.as_bytes()).to_hex()
        ))
    }

    /// The folder of the notes.
    pub(crate) fn notes(&self) -> PathBuf {
        self.root.join(INGESTED)
    }

    /// The note of this file name.
    pub(crate) fn note_named(&self, name: &str) -> PathBuf {
        self.root.join(INGESTED).join(name)
    }

    /// The folder that names the sources of one head.
    pub(crate) fn heads(&self, head: &str) -> PathBuf {
        let name = blake3::hash(head.as_bytes()).to_hex();
        self.root.join(INGESTED).join("heads").join(name.as_str())
    }

    /// The names of the tables that have a log, sorted.
    pub(crate) fn tables(&self) -> Result<Vec<String>> {
        let entries = fs::read_dir(&self.root).map_err(StoreError::io(&self.root, "read"))?;
        let mut tables: Vec<String> = entries
            .flatten()
            .filter(|entry| entry.path().join("_delta_log").is_dir())
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect();
        tables.sort();
        Ok(tables)
    }
}

/// The folder of a day's files, relative to the table's.
pub(crate) fn day_folder(day: Option<&str>) -> String {
    format!("{}={}", crate::log::DAY, day.unwrap_or(NO_DAY))
}

/// A table's name must be fit for a folder.
pub(crate) fn check_table_name(name: &str) -> Result<()> {
    let fit = !name.is_empty()
        && name.len() <= 200
        && !name.starts_with(['_', '.'])
        && !name
            .chars()
            .any(|c| c.is_control() || "/\\:*?\"<>|#%".contains(c));
    if fit {
        return Ok(());
    }
    Err(StoreError::Name {
        name: name.to_owned(),
        reason: "a table's name must not begin with `_` or `.` nor hold any of / \\ : * ? \" < > | # %",
    })
}

/// `YYYY-MM-DD` of a day counted from 1970-01-01.
pub(crate) fn day_name(days: i64) -> String {
    let day = civil(UNIX_EPOCH + days * TICKS_PER_DAY);
    format!("{:04}-{:02}-{:02}", day.year, day.month, day.day)
}

/// Writes a whole file so that after a crash it is there as a whole or not at all.
pub(crate) fn write_durably(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let staged = PathBuf::from(format!(
        "{}#{}",
        path.display(),
        uuid::Uuid::new_v4().as_u64_pair().0
    ));
    let mut file = File::create_new(&staged)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&staged, path)?;
    sync_folder(folder)
}

/// Waits until nobody else holds the lock; it goes with the file, also when the process is killed.
pub(crate) fn lock(path: &Path) -> Result<File> {
    let open = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path);
    let file = open.map_err(StoreError::io(path, "open"))?;
    file.lock().map_err(StoreError::io(path, "lock"))?;
    Ok(file)
}

/// Creates a folder and those above it, and syncs each folder that got a new entry.
pub(crate) fn create_folder_durably(folder: &Path) -> io::Result<()> {
    if folder.as_os_str().is_empty() || folder.is_dir() {
        return Ok(());
    }
    if let Some(above) = folder.parent() {
        create_folder_durably(above)?;
    }
    match fs::create_dir(folder) {
        Ok(()) => {}
        // Another ingest was faster.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => {}
        Err(error) => return Err(error),
    }
    match folder.parent() {
        Some(above) if !above.as_os_str().is_empty() => sync_folder(above),
        _ => sync_folder(Path::new(".")),
    }
}

/// Makes the entries of a folder durable.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    #[test]
    fn days_have_their_calendar_names() {
        assert_eq!(super::day_name(0), "1970-01-01");
        assert_eq!(super::day_name(20_778), "2026-11-21");
        assert_eq!(super::day_name(-719_162), "0001-01-01");
        assert_eq!(super::day_name(11_016), "2000-02-29");
    }
}
