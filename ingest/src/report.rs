//! What became of each file: counts that add up, rejects with reasons, warnings by column.

use std::collections::BTreeMap;
use std::fmt;

/// Records of one file or of all. A record is a line, or for JSON and CSV an object or row.
///
/// `read = kept + rejected + skipped()` holds once a file has been read; [`Counts::is_conserved`] says so.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub read: u64,
    pub kept: u64,
    pub rejected: u64,
    pub blank: u64,
    /// Header directives and comments.
    pub comment: u64,
    /// Records that the store has already.
    pub duplicate: u64,
    /// Records of a kind that is recognised and not mapped (another Zeek log in the same file).
    pub unmapped: u64,
}

impl Counts {
    pub fn skipped(&self) -> u64 {
        self.blank + self.comment + self.duplicate + self.unmapped
    }

    pub fn is_conserved(&self) -> bool {
        self.read == self.kept + self.rejected + self.skipped()
    }

    /// Header lines were read again: they were counted when they were read first.
    pub(crate) fn forget_header(&mut self, lines: u64) {
        let lines = lines.min(self.comment).min(self.read);
        self.read -= lines;
        self.comment -= lines;
    }

    fn add(&mut self, other: &Counts) {
        self.read += other.read;
        self.kept += other.kept;
        self.rejected += other.rejected;
        self.blank += other.blank;
        self.comment += other.comment;
        self.duplicate += other.duplicate;
        self.unmapped += other.unmapped;
    }
}

/// Why a line is neither kept nor rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Skip {
    Blank,
    Comment,
    Unmapped,
}

/// What happened to a file as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Outcome {
    #[default]
    Read,
    /// All of its text has been ingested before: nothing was read again.
    AlreadyKnown,
    /// It is no log that huntql reads; why.
    Skipped(String),
    /// It could not be read, or not to its end; why. Nothing of it has been kept.
    Failed(String),
}

/// The story of one file.
#[derive(Debug, Clone, Default)]
pub struct FileReport {
    pub file: String,
    pub format: Option<&'static str>,
    /// Of its head: the first line of data, or all of its first bytes where it has no lines. An index, no identity.
    pub fingerprint: Option<String>,
    pub outcome: Outcome,
    pub counts: Counts,
    /// Rows kept by table.
    pub tables: BTreeMap<String, u64>,
    /// Rejects by code.
    pub rejects: BTreeMap<&'static str, u64>,
    /// Cells that did not fit their column and became null, by column.
    pub cast_failures: BTreeMap<String, u64>,
    /// Columns of the source that the table does not have, with how many rows had them.
    pub unknown_columns: BTreeMap<String, u64>,
    /// Records passed over by the name of their log.
    pub unmapped: BTreeMap<String, u64>,
    /// Bytes that were no UTF-8 and are kept as `\xNN`.
    pub escaped_bytes: u64,
    pub nul_bytes: u64,
    /// What is wrong with the compressed stream.
    pub damage: Option<String>,
    /// Further things to know, for instance an assumption that was made.
    pub notes: Vec<String>,
}

impl fmt::Display for FileReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.file)?;
        match &self.outcome {
            Outcome::AlreadyKnown => return write!(f, "already ingested, nothing read"),
            Outcome::Skipped(reason) => return write!(f, "skipped: {reason}"),
            Outcome::Failed(reason) if self.counts.read == 0 => {
                return write!(f, "failed: {reason}");
            }
            Outcome::Failed(reason) => write!(f, "failed: {reason}; ")?,
            Outcome::Read => {}
        }
        write!(f, "{}, {}", self.format.unwrap_or("unknown"), self.counts)?;
        self.details(f)
    }
}

impl FileReport {
    /// Rows for these tables were dropped, because another run had added the same file: they are duplicates.
    pub(crate) fn set_known(&mut self, tables: &[String]) {
        for table in tables {
            let rows = self.tables.remove(table).unwrap_or(0);
            self.counts.kept -= rows;
            self.counts.duplicate += rows;
        }
    }

    /// The file was abandoned: nothing of it is in the store.
    pub(crate) fn forget_rows(&mut self) {
        self.tables.clear();
        self.counts = Counts::default();
    }

    /// Adds what a later reading of the same file told.
    pub(crate) fn absorb(&mut self, later: FileReport) {
        self.outcome = later.outcome;
        self.counts.add(&later.counts);
        for (table, rows) in later.tables {
            *self.tables.entry(table).or_insert(0) += rows;
        }
        for (code, count) in later.rejects {
            *self.rejects.entry(code).or_insert(0) += count;
        }
        for (mine, theirs) in [
            (&mut self.cast_failures, later.cast_failures),
            (&mut self.unknown_columns, later.unknown_columns),
            (&mut self.unmapped, later.unmapped),
        ] {
            for (name, count) in theirs {
                *mine.entry(name).or_insert(0) += count;
            }
        }
        self.escaped_bytes += later.escaped_bytes;
        self.nul_bytes += later.nul_bytes;
        self.damage = later.damage;
        self.notes = later.notes;
    }

    fn details(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        list(f, "rejected for", self.rejects.iter())?;
        list(f, "cells that became null", self.cast_failures.iter())?;
        list(f, "unknown columns", self.unknown_columns.iter())?;
        list(f, "logs not mapped yet", self.unmapped.iter())?;
        if self.escaped_bytes > 0 {
            write!(
                f,
                "\n  {} bytes are no UTF-8 and are kept as \\xNN",
                self.escaped_bytes
            )?;
        }
        if self.nul_bytes > 0 {
            write!(f, "\n  {} NUL bytes passed over", self.nul_bytes)?;
        }
        for note in self.damage.iter().chain(&self.notes) {
            write!(f, "\n  {note}")?;
        }
        Ok(())
    }
}

fn list<K: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    title: &str,
    counts: impl ExactSizeIterator<Item = (K, impl fmt::Display)>,
) -> fmt::Result {
    if counts.len() == 0 {
        return Ok(());
    }
    write!(f, "\n  {title}:")?;
    for (index, (name, count)) in counts.enumerate() {
        write!(f, "{} {name} {count}", if index == 0 { "" } else { "," })?;
    }
    Ok(())
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} read = {} kept + {} rejected + {} skipped",
            self.read,
            self.kept,
            self.rejected,
            self.skipped()
        )?;
        let kinds = [
            ("blank", self.blank),
            ("comment", self.comment),
            ("duplicate", self.duplicate),
            ("not mapped", self.unmapped),
        ];
        let told: Vec<String> = kinds
            .iter()
            .filter(|(_, count)| *count > 0)
            .map(|(kind, count)| format!("{count} {kind}"))
            .collect();
        if !told.is_empty() {
            write!(f, " ({})", told.join(", "))?;
        }
        Ok(())
    }
}

/// The story of a run.
#[derive(Debug, Clone, Default)]
pub struct Report {
    pub files: Vec<FileReport>,
    /// Arguments that stand for no file, and why.
    pub missing: Vec<String>,
}

impl Report {
    pub fn counts(&self) -> Counts {
        let mut total = Counts::default();
        self.files.iter().for_each(|file| total.add(&file.counts));
        total
    }

    /// Rows kept by table.
    pub fn tables(&self) -> BTreeMap<&str, u64> {
        let mut tables = BTreeMap::new();
        for (table, rows) in self.files.iter().flat_map(|file| &file.tables) {
            *tables.entry(table.as_str()).or_insert(0) += rows;
        }
        tables
    }

    /// Whether something could not be read at all: a missing or unreadable file, or a named one that is no log.
    pub fn has_failures(&self) -> bool {
        !self.missing.is_empty()
            || self
                .files
                .iter()
                .any(|file| matches!(file.outcome, Outcome::Failed(_)))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for message in &self.missing {
            writeln!(f, "{message}")?;
        }
        for file in &self.files {
            writeln!(f, "{file}")?;
        }
        let files = match self.files.len() {
            1 => "1 file".to_owned(),
            count => format!("{count} files"),
        };
        write!(f, "{files}, {}", self.counts())?;
        list(f, "rows", self.tables().iter())
    }
}
