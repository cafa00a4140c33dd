//! Compaction: the small files of a day become few well-sized ones, with the same rows.
//!
//! Files of a day are read together, row by row in the order of time, and written anew; then one commit a table takes the
//! old files away and brings the new ones (Delta's `dataChange` = false). Nothing is locked while that is read and written:
//! under the commit lock it is looked whether all merged files are still live. A day whose files are not is merged again.
//!
//! | what | bound |
//! |---|---|
//! | a small file | less than [`SMALL_BYTES`] and less than [`SMALL_ROWS`] |
//! | a merged file | [`output::FILE_BYTES`] or [`output::FILE_ROWS`], whichever comes first |
//! | rows merged at once | [`plan::GROUP_ROWS`]: a record id twice among them stops the merge of these files |
//! | files open at once | [`merge::OPEN_FILES`], fewer of large ones; more are merged in several passes |
//!
//! Rows that replace those of their source (see [`crate::Store::replace`]) are merged among themselves: their files go on
//! bearing the source's name.

mod merge;
mod output;
mod plan;
mod stream;

use crate::error::{Result, StoreError};
use crate::index;
use crate::layout::{self, Layout};
use crate::log::delta::DeltaLog;
use crate::log::{Change, Commit, CommitOutcome, DataFile, Snapshot, TableLog};
use merge::MergeError;
use output::Merged;
use plan::Group;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::path::Path;

/// A file of so many bytes is left as it is.
pub(crate) const SMALL_BYTES: u64 = output::FILE_BYTES / 2;
/// A file of so many rows is left as it is.
pub(crate) const SMALL_ROWS: u64 = output::FILE_ROWS / 2;

/// How often a table's days are merged anew because others changed them under the merge.
const ATTEMPTS_MAX: u32 = 8;

/// Which days are merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Crowded {
    /// Those with two small files or more.
    Any,
    /// Those with more small files than this.
    MoreThan(usize),
}

/// What became of one table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Optimized {
    pub table: String,
    /// Days that were merged; rows without a time count as one.
    pub days: u64,
    pub rows: u64,
    /// Files that are no longer live, and those that took their place.
    pub files_before: u64,
    pub files_after: u64,
    pub bytes_before: u64,
    pub bytes_after: u64,
    /// Files that were left as they are and got a term index.
    pub indexed: u64,
    /// What was left as it is although it is small, and why.
    pub left: Vec<String>,
}

/// Merges the small files of the table's days.
pub(crate) fn optimize(layout: &Layout, table: &str, crowded: Crowded) -> Result<Optimized> {
    let mut work = Work {
        layout,
        table,
        log: DeltaLog::new(table, layout.table(table)),
        left_out: BTreeMap::new(),
        days: BTreeSet::new(),
        done: Optimized {
            table: table.to_owned(),
            ..Optimized::default()
        },
    };
    for _ in 0..ATTEMPTS_MAX {
        if let Round::Settled = work.round(crowded)? {
            if crowded == Crowded::Any {
                work.index()?;
            }
            return Ok(work.told());
        }
    }
    work.done
        .left
        .push("days that others changed each time while they were merged; try again".to_owned());
    Ok(work.told())
}

struct Work<'a> {
    layout: &'a Layout,
    table: &'a str,
    log: DeltaLog,
    /// Paths of files that cannot be merged, and why.
    left_out: BTreeMap<String, String>,
    days: BTreeSet<Option<String>>,
    done: Optimized,
}

enum Round {
    Settled,
    /// Something was left out, or was no longer live when it came to the commit.
    Again,
}

impl Work<'_> {
    fn round(&mut self, crowded: Crowded) -> Result<Round> {
        let Some(snapshot) = self.log.snapshot()? else {
            return Ok(Round::Settled);
        };
        let left_out = |file: &DataFile| self.left_out.contains_key(&file.path);
        let groups = plan::groups(&snapshot.files, crowded, left_out);
        if groups.is_empty() {
            return Ok(Round::Settled);
        }
        let mut round = Round::Settled;
        let mut merged = Vec::new();
        for group in groups {
            match self.merge(&snapshot, &group) {
                Ok(outputs) => merged.push((group, outputs)),
                Err(MergeError::Inputs { paths, reason }) => {
                    let reasons = paths.into_iter().map(|path| (path, reason.clone()));
                    self.left_out.extend(reasons);
                    round = Round::Again;
                }
                Err(MergeError::Store(error)) => return Err(error),
            }
        }
        match self.commit(merged)? {
            Round::Settled => Ok(round),
            Round::Again => Ok(Round::Again),
        }
    }

    fn merge(&self, snapshot: &Snapshot, group: &Group) -> Result<Vec<Merged>, MergeError> {
        let staging = self.layout.staging(self.table);
        layout::create_folder_durably(&staging).map_err(StoreError::io(&staging, "create"))?;
        merge::merge(
            &self.layout.table(self.table),
            &staging,
            &snapshot.columns,
            group,
        )
    }

    /// Puts the merged files in the place of theirs, as far as these are all live still.
    fn commit(&mut self, merged: Vec<(Group, Vec<Merged>)>) -> Result<Round> {
        if merged.is_empty() {
            return Ok(Round::Again);
        }
        let folder = self.layout.table(self.table);
        let _lock = layout::lock(&self.layout.commit_lock(self.table))?;
        let snapshot = self.log.snapshot()?;
        let files = snapshot.iter().flat_map(|snapshot| snapshot.files.iter());
        let live: HashSet<&str> = files.map(|file| file.path.as_str()).collect();
        let all = merged.len();
        let merged: Vec<(Group, Vec<Merged>)> = merged
            .into_iter()
            .filter(|(group, _)| {
                let mut paths = group.files.iter().map(|file| file.path.as_str());
                paths.all(|path| live.contains(path))
            })
            .collect();
        if merged.is_empty() {
            return Ok(Round::Again);
        }
        let round = match merged.len() == all {
            true => Round::Settled,
            false => Round::Again,
        };
        let removed = merged.iter().flat_map(|(group, _)| group.files.iter());
        let mut commit = Commit {
            change: Change::Rearrange,
            columns: Vec::new(),
            add: Vec::new(),
            remove: removed.map(|file| file.path.clone()).collect(),
            transaction: None,
        };
        let (groups, mut outputs): (Vec<Group>, Vec<Vec<Merged>>) = merged.into_iter().unzip();
        for output in outputs.iter_mut().flatten() {
            output.place(&folder)?;
            commit.add.push(output.file.clone());
        }
        sync_folders(&folder, &commit.add)?;
        let outcome = self.log.commit(&commit);
        if !matches!(outcome, Ok(CommitOutcome::Stale)) {
            // Live now; or the commit failed at a point where the log may name them, so that only vacuum can tell.
            outputs.iter_mut().flatten().for_each(Merged::keep);
        }
        if outcome? == CommitOutcome::Stale {
            return Ok(Round::Again);
        }
        self.count(&groups, &commit.add);
        Ok(round)
    }

    fn count(&mut self, groups: &[Group], added: &[DataFile]) {
        let done = &mut self.done;
        for group in groups {
            self.days.insert(group.day.clone());
            done.files_before += group.files.len() as u64;
            done.bytes_before += group.files.iter().map(|file| file.size_bytes).sum::<u64>();
        }
        done.files_after += added.len() as u64;
        done.bytes_after += added.iter().map(|file| file.size_bytes).sum::<u64>();
        done.rows += added.iter().filter_map(|file| file.rows).sum::<u64>();
    }

    /// Builds the term indexes that are missing or not their files' own.
    fn index(&mut self) -> Result<()> {
        let Some(snapshot) = self.log.snapshot()? else {
            return Ok(());
        };
        let json = index::json_columns(&snapshot.columns);
        for file in snapshot.files.iter() {
            let path = self.layout.table(self.table).join(&file.path);
            let described = index::Described {
                name: file.path.rsplit('/').next().unwrap_or_default(),
                size_bytes: file.size_bytes,
                rows: file.rows,
            };
            if index::is_there(&path, &described) {
                continue;
            }
            match index::rebuild(&path, &json, index::BLOCK_ROWS) {
                Ok(()) => self.done.indexed += 1,
                Err(error) => self.done.left.push(format!("no term index: {error}")),
            }
        }
        Ok(())
    }

    fn told(mut self) -> Optimized {
        self.done.days = self.days.len() as u64;
        let table = self.layout.table(self.table);
        let reasons = self.left_out.iter();
        let reasons = reasons.map(|(path, why)| format!("{}: {why}", table.join(path).display()));
        self.done.left.extend(reasons);
        self.done
    }
}

fn sync_folders(table: &Path, files: &[DataFile]) -> Result<()> {
    let folders: BTreeSet<_> = files
        .iter()
        .filter_map(|file| Some(table.join(&file.path).parent()?.to_owned()))
        .collect();
    folders
        .iter()
        .try_for_each(|folder| layout::sync_folder(folder).map_err(StoreError::io(folder, "sync")))
}

impl Merged {
    /// Moves the file to its day's folder. It is not live yet.
    fn place(&mut self, table: &Path) -> Result<()> {
        let target = table.join(&self.file.path);
        let folder = target.parent().expect("a file lies in its day's folder");
        layout::create_folder_durably(folder).map_err(StoreError::io(folder, "create"))?;
        index::place(self.staged.path(), &target)?;
        fs::rename(self.staged.path(), &target).map_err(StoreError::io(&target, "write"))?;
        self.staged.moved(target);
        Ok(())
    }

    fn keep(&mut self) {
        self.staged.keep();
    }
}
