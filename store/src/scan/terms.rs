//! Which parts of a table's files a query reads, by the term index.

use super::ScanFile;
use crate::index::{self, Ask, Described, Index, Unusable};
use datafusion::logical_expr::Expr;
use huntql_kql::types::Type;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;

/// The files that can hold an answer, each with the part that can.
pub(super) struct Narrowed<'a> {
    pub files: Vec<(&'a ScanFile, Option<index::selection::Part>)>,
    /// Whether the index of each file told what is in it.
    pub is_told: bool,
    /// For `explain`; `None` when the filters ask the index nothing.
    pub note: Option<String>,
}

/// What was found, for the note.
#[derive(Default)]
struct Tally {
    files: usize,
    files_read: usize,
    blocks: u64,
    blocks_read: u64,
    /// Why files are read as a whole, how many, and the first of them.
    whole: BTreeMap<String, (usize, String)>,
}

/// Leaves out what cannot hold an answer. A file without an index that can be used is read as a whole.
pub(super) fn narrow<'a>(
    files: Vec<&'a ScanFile>,
    filters: &[Expr],
    types: &HashMap<String, Type>,
) -> Narrowed<'a> {
    let ask = index::ask(filters, types);
    if ask == Ask::Anything {
        return Narrowed {
            files: files.into_iter().map(|file| (file, None)).collect(),
            is_told: false,
            note: None,
        };
    }
    let mut tally = Tally::default();
    let mut kept = Vec::new();
    for file in files {
        tally.files += 1;
        match part_of(file, &ask, &mut tally) {
            Ok(None) => {}
            Ok(Some(part)) => kept.push((file, part)),
            Err(reason) => {
                let name = file.path.file_name().unwrap_or_default();
                let entry = tally.whole.entry(reason.to_string());
                let (count, _) = entry.or_insert((0, name.to_string_lossy().into_owned()));
                *count += 1;
                kept.push((file, None));
            }
        }
    }
    tally.files_read = kept.len();
    Narrowed {
        files: kept,
        is_told: tally.whole.is_empty(),
        note: Some(tally.note()),
    }
}

/// `None` when the file holds no answer; a part of `None` is all of it.
fn part_of(
    file: &ScanFile,
    ask: &Ask,
    tally: &mut Tally,
) -> Result<Option<Option<index::selection::Part>>, Unusable> {
    let path = index::path_of(&file.path).ok_or(Unusable::Missing)?;
    let name = file.path.file_name().unwrap_or_default().to_string_lossy();
    let described = Described {
        name: &name,
        size_bytes: file.size_bytes,
        rows: file.rows,
    };
    let index = Index::of(&path, &described)?;
    let blocks = ask.blocks(&index)?;
    tally.blocks += u64::from(index.blocks());
    tally.blocks_read += u64::from(blocks.size());
    Ok((!blocks.is_empty()).then(|| index::selection::of(&index, &blocks)))
}

impl Tally {
    /// `3 of 30 files, 5 of 1221 blocks; 2 read as a whole: index missing (first a.parquet)`.
    fn note(&self) -> String {
        let mut note = format!(
            "{} of {} files, {} of {} blocks",
            self.files_read, self.files, self.blocks_read, self.blocks
        );
        for (reason, (count, first)) in &self.whole {
            let _ = write!(
                note,
                "; {count} read as a whole: index {reason}, first {first}"
            );
        }
        note
    }
}
