//! Retention: whole days that are older than a limit leave the table in one commit.

use crate::error::Result;
use crate::layout::{self, Layout};
use crate::log::delta::DeltaLog;
use crate::log::{Change, Commit, DataFile, TableLog};
use crate::store::DayRows;
use huntql_kql::time::{TICKS_PER_DAY, UNIX_EPOCH};
use std::collections::BTreeMap;

/// Whether days are taken away or only told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retention {
    Apply,
    DryRun,
}

/// What became of one table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Retained {
    pub table: String,
    /// The days that went, or would, in their order.
    pub removed: Vec<DayRows>,
    pub files: u64,
    pub bytes: u64,
    /// The day that the limit lies in: it stays as a whole.
    pub partly: Option<DayRows>,
    /// Rows without a time: they stay.
    pub undated: u64,
}

/// Removes the days that end at `limit_ticks` or before.
pub(crate) fn retain(
    layout: &Layout,
    table: &str,
    limit_ticks: i64,
    retention: Retention,
) -> Result<Retained> {
    let mut retained = Retained {
        table: table.to_owned(),
        ..Retained::default()
    };
    let folder = layout.table(table);
    let log = DeltaLog::new(table, &folder);
    let _lock = match retention {
        Retention::Apply if folder.is_dir() => Some(layout::lock(&layout.commit_lock(table))?),
        Retention::Apply | Retention::DryRun => None,
    };
    let Some(snapshot) = log.snapshot()? else {
        return Ok(retained);
    };
    let since_epoch = limit_ticks - UNIX_EPOCH;
    let first_kept = layout::day_name(since_epoch.div_euclid(TICKS_PER_DAY));
    let is_cut = since_epoch.rem_euclid(TICKS_PER_DAY) != 0;
    let (mut removed, mut days) = (Vec::new(), BTreeMap::new());
    for file in snapshot.files.iter() {
        let rows = file.rows.unwrap_or(0);
        match &file.day {
            None => retained.undated += rows,
            Some(day) if *day < first_kept => {
                *days.entry(day.clone()).or_default() += rows;
                removed.push(file);
            }
            Some(day) if *day == first_kept && is_cut => {
                let partly = retained.partly.get_or_insert_with(|| DayRows {
                    day: day.clone(),
                    rows: 0,
                });
                partly.rows += rows;
            }
            Some(_) => {}
        }
    }
    retained.removed = days
        .into_iter()
        .map(|(day, rows)| DayRows { day, rows })
        .collect();
    retained.files = removed.len() as u64;
    retained.bytes = removed.iter().map(|file| file.size_bytes).sum();
    if retention == Retention::Apply && !removed.is_empty() {
        log.commit(&removal(&removed))?;
    }
    Ok(retained)
}

fn removal(files: &[&DataFile]) -> Commit {
    Commit {
        change: Change::Delete,
        columns: Vec::new(),
        add: Vec::new(),
        remove: files.iter().map(|file| file.path.clone()).collect(),
        transaction: None,
    }
}
