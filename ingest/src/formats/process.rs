//! The columns `InitiatingProcess…` of any of Defender's tables, filled from what a sensor knows of a process.

use crate::table::TableRows;

/// What is known of the process behind an event. Texts that are absent stay empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Process {
    pub id: Option<i64>,
    /// The path of the executable, as the source writes it.
    pub path: Option<String>,
    pub command_line: Option<String>,
    /// Tick of its start.
    pub created: Option<i64>,
    pub sha1: Option<String>,
    pub sha256: Option<String>,
    pub md5: Option<String>,
    pub company: Option<String>,
    pub product: Option<String>,
    pub original_file_name: Option<String>,
    pub description: Option<String>,
    pub integrity_level: Option<String>,
    pub parent_id: Option<i64>,
    pub parent_path: Option<String>,
    pub account_domain: Option<String>,
    pub account_name: Option<String>,
}

/// A text column of the table, by the end of its name, and where its value comes from.
type TextColumn = (&'static str, fn(&Process) -> Option<&str>);

/// `FolderPath` is in lower case and has the file's name in it, as in Defender's rows.
const TEXTS: &[TextColumn] = &[
    ("CommandLine", |p| p.command_line.as_deref()),
    ("SHA1", |p| p.sha1.as_deref()),
    ("SHA256", |p| p.sha256.as_deref()),
    ("MD5", |p| p.md5.as_deref()),
    ("VersionInfoCompanyName", |p| p.company.as_deref()),
    ("VersionInfoProductName", |p| p.product.as_deref()),
    ("VersionInfoOriginalFileName", |p| {
        p.original_file_name.as_deref()
    }),
    ("VersionInfoFileDescription", |p| p.description.as_deref()),
    ("IntegrityLevel", |p| p.integrity_level.as_deref()),
    ("FileName", |p| p.path.as_deref().map(file_name)),
    ("ParentFileName", |p| {
        p.parent_path.as_deref().map(file_name)
    }),
    ("AccountDomain", |p| p.account_domain.as_deref()),
    ("AccountName", |p| p.account_name.as_deref()),
];

/// One text of a process.
type TextOf = fn(&Process) -> Option<&str>;

/// Positions of the columns in one table's rows.
#[derive(Debug, Clone)]
pub(super) struct ProcessColumns {
    texts: Vec<(usize, TextOf)>,
    folder_path: Option<usize>,
    id: Option<usize>,
    created: Option<usize>,
    parent_id: Option<usize>,
}

impl ProcessColumns {
    /// Finds the columns that the table has; `IntegrityLevel` is not in all of them.
    pub fn of(rows: &TableRows) -> Self {
        let at = |name: &str| rows.position(&format!("InitiatingProcess{name}"));
        Self {
            texts: TEXTS
                .iter()
                .filter_map(|(name, value)| Some((at(name)?, *value)))
                .collect(),
            folder_path: at("FolderPath"),
            id: at("Id"),
            created: at("CreationTime"),
            parent_id: at("ParentId"),
        }
    }

    pub fn write(&self, process: &Process, rows: &mut TableRows) {
        for (column, value) in &self.texts {
            if let Some(text) = value(process) {
                rows.cell(*column).push_text(text);
            }
        }
        if let (Some(column), Some(path)) = (self.folder_path, &process.path) {
            rows.cell(column).push_text(&path.to_lowercase());
        }
        for (column, number) in [
            (self.id, process.id),
            (self.created, process.created),
            (self.parent_id, process.parent_id),
        ] {
            if let (Some(column), Some(number)) = (column, number) {
                rows.cell(column).push_i64(number);
            }
        }
    }
}

/// The last part of a path of Windows or Unix.
pub(super) fn file_name(path: &str) -> &str {
    path.rsplit(['\\', '/']).next().unwrap_or(path)
}

/// `DOMAIN\name` in its parts.
pub(super) fn account(user: &str) -> (Option<String>, Option<String>) {
    match user.split_once('\\') {
        Some((domain, name)) => (Some(domain.to_owned()), Some(name.to_owned())),
        None => (None, Some(user.to_owned())),
    }
}
