//! What the store remembers of the sources that rows came from: which text, how far, and in which tables it is.
//!
//! A source is known by its text and not by its name. `head` is only an index: the hash of its first line of data, under
//! which several sources may lie; whether one is the same source is told by `hash`, over everything that was read of it.

use crate::error::{Result, StoreError};
use crate::layout::{self, Layout};
use crate::log::TableLog;
use crate::log::delta::DeltaLog;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::PathBuf;

/// How far a source has been read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SourceNote {
    /// Stays the same while the source grows.
    pub id: String,
    /// What its head hashes to; `None` for one that cannot be found by its head, or must not be gone on with.
    pub head: Option<String>,
    /// Bytes of text that have been read.
    pub offset: u64,
    /// blake3 of those bytes, in hex.
    pub hash: String,
    /// Where the line begins at which reading must go on: `offset`, or before it when the last line had no end yet.
    pub line_start: u64,
    /// The tables that got rows of it, and the transactions which brought them.
    pub tables: BTreeMap<String, Vec<String>>,
}

impl SourceNote {
    /// A source that is wholly in and of which only its name is known.
    pub(crate) fn whole(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            ..Self::default()
        }
    }

    fn to_json(&self) -> String {
        serde_json::json!({
            "fingerprint": self.id,
            "head": self.head,
            "offset": self.offset,
            "hash": self.hash,
            "line_start": self.line_start,
            "tables": self.tables,
        })
        .to_string()
    }

    fn from_json(text: &str) -> Option<Self> {
        let json: serde_json::Value = serde_json::from_str(text).ok()?;
        let offset = json["offset"].as_u64()?;
        Some(Self {
            id: json["fingerprint"].as_str()?.to_owned(),
            head: json["head"].as_str().map(str::to_owned),
            offset,
            hash: json["hash"].as_str()?.to_owned(),
            line_start: json["line_start"].as_u64().unwrap_or(offset),
            tables: serde_json::from_value(json["tables"].clone()).ok()?,
        })
    }
}

/// The note of this source; `None` when there is none, or none that can be understood.
pub(crate) fn read(layout: &Layout, id: &str) -> Result<Option<SourceNote>> {
    let path = layout.ingested(id);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(SourceNote::from_json(&text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreError::io(path, "read")(error)),
    }
}

/// The sources whose head this is, those read farthest first.
pub(crate) fn by_head(layout: &Layout, head: &str) -> Result<Vec<SourceNote>> {
    let folder = layout.heads(head);
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(StoreError::io(folder, "read")(error)),
    };
    let mut notes = Vec::new();
    for entry in entries.flatten() {
        let path = layout.note_named(&entry.file_name().to_string_lossy());
        let Ok(text) = fs::read_to_string(&path) else {
            continue;
        };
        notes
            .extend(SourceNote::from_json(&text).filter(|note| note.head.as_deref() == Some(head)));
    }
    notes.sort_by(|a, b| b.offset.cmp(&a.offset).then_with(|| a.id.cmp(&b.id)));
    Ok(notes)
}

/// All notes with their files, in the order of these; `None` for one that cannot be understood.
pub(crate) fn all(layout: &Layout) -> Result<Vec<(PathBuf, Option<SourceNote>)>> {
    let folder = layout.notes();
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(StoreError::io(folder, "read")(error)),
    };
    let paths = entries.flatten().map(|entry| entry.path());
    let mut paths: Vec<PathBuf> = paths
        .filter(|path| path.extension().is_some_and(|end| end == "json"))
        .collect();
    paths.sort();
    let read = |path: PathBuf| {
        let note = fs::read(&path).map_err(StoreError::io(&path, "read"))?;
        let note = String::from_utf8_lossy(&note);
        Ok((path, SourceNote::from_json(&note)))
    };
    paths.into_iter().map(read).collect()
}

/// Notes how far a source is in. A note of the same source that is farther stays.
pub(crate) fn write(layout: &Layout, note: &SourceNote) -> Result<()> {
    let mut note = note.clone();
    if let Some(before) = read(layout, &note.id)? {
        if before.offset > note.offset {
            return Ok(());
        }
        for (table, transactions) in before.tables {
            let all = note.tables.entry(table).or_default();
            let missing: Vec<String> = transactions
                .into_iter()
                .filter(|transaction| !all.contains(transaction))
                .collect();
            all.extend(missing);
        }
    }
    let path = layout.ingested(&note.id);
    let folder = path.parent().expect("the note lies in a folder");
    layout::create_folder_durably(folder).map_err(StoreError::io(folder, "create"))?;
    if let (Some(head), Some(name)) = (&note.head, path.file_name()) {
        let heads = layout.heads(head);
        layout::create_folder_durably(&heads).map_err(StoreError::io(&heads, "create"))?;
        let pointer = heads.join(name);
        if !pointer.exists() {
            layout::write_durably(&pointer, b"").map_err(StoreError::io(&pointer, "write"))?;
        }
    }
    layout::write_durably(&path, note.to_json().as_bytes()).map_err(StoreError::io(&path, "write"))
}

/// Whether the tables still have what was brought: one that was taken away by hand has to come back.
pub(crate) fn holds(layout: &Layout, note: &SourceNote) -> Result<bool> {
    for (table, transactions) in &note.tables {
        let log = DeltaLog::new(table, layout.table(table));
        for transaction in transactions {
            if !log.knows(transaction, 1)? {
                return Ok(false);
            }
        }
    }
    Ok(true)
}
