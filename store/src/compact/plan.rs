//! Which files are merged with which: those of one day and one source, and never more rows than fit at once.

use super::{Crowded, SMALL_BYTES, SMALL_ROWS};
use crate::log::DataFile;
use crate::writer::table::UUID_LENGTH;
use std::collections::BTreeMap;

/// Rows of the files that are merged together; a file more is always taken.
pub(super) const GROUP_ROWS: u64 = 4_000_000;

/// Files that become one, or a few.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Group {
    pub day: Option<String>,
    /// What stands before the UUID in the names of the files.
    pub prefix: String,
    /// In the order of their first rows; at least two.
    pub files: Vec<DataFile>,
}

/// The groups of a table's small files, without those that are left out.
pub(super) fn groups(
    files: &[DataFile],
    crowded: Crowded,
    left_out: impl Fn(&DataFile) -> bool,
) -> Vec<Group> {
    let mut days: BTreeMap<Option<String>, BTreeMap<&str, Vec<&DataFile>>> = BTreeMap::new();
    let small = files.iter().filter(|file| is_small(file));
    for file in small.filter(|file| !left_out(file)) {
        if let Some(prefix) = prefix(file) {
            let of_day = days.entry(file.day.clone()).or_default();
            of_day.entry(prefix).or_default().push(file);
        }
    }
    let fewest = match crowded {
        Crowded::Any => 2,
        Crowded::MoreThan(files) => (files + 1).max(2),
    };
    let mut groups = Vec::new();
    for (day, sources) in days {
        if sources.values().map(Vec::len).sum::<usize>() < fewest {
            continue;
        }
        for (prefix, files) in sources {
            groups.extend(split(&day, prefix, files));
        }
    }
    groups
}

fn split(day: &Option<String>, prefix: &str, mut files: Vec<&DataFile>) -> Vec<Group> {
    let first = |file: &DataFile| file.bounds.values().map(|bounds| bounds.min_us).min();
    files.sort_by_key(|file| (first(file), file.modified_ms, file.path.clone()));
    let mut parts: Vec<Vec<DataFile>> = Vec::new();
    let mut rows = GROUP_ROWS;
    for file in files {
        let more = file.rows.unwrap_or(0);
        if rows + more > GROUP_ROWS {
            parts.push(Vec::new());
            rows = 0;
        }
        rows += more;
        let part = parts.last_mut().expect("the first file opens a part");
        part.push(file.clone());
    }
    let parts = parts.into_iter().filter(|part| part.len() > 1);
    let group = |files| Group {
        day: day.clone(),
        prefix: prefix.to_owned(),
        files,
    };
    parts.map(group).collect()
}

fn is_small(file: &DataFile) -> bool {
    file.size_bytes < SMALL_BYTES && file.rows.is_some_and(|rows| rows < SMALL_ROWS)
}

/// `unmask-` of `day=…/unmask-<uuid>.parquet`; `None` for a name that another program gave.
fn prefix(file: &DataFile) -> Option<&str> {
    let name = file.path.rsplit('/').next()?;
    let stem = name.strip_suffix(".parquet")?;
    let at = stem.len().checked_sub(UUID_LENGTH)?;
    let (prefix, id) = (stem.get(..at)?, stem.get(at..)?);
    uuid::Uuid::try_parse(id).ok()?;
    (prefix.is_empty() || prefix.ends_with('-')).then_some(prefix)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn file(day: &str, prefix: &str, rows: u64) -> DataFile {
        DataFile {
            path: format!("day={day}/{prefix}{}.parquet", uuid::Uuid::new_v4()),
            size_bytes: rows * 100,
            modified_ms: 0,
            rows: Some(rows),
            day: Some(day.to_owned()),
            bounds: BTreeMap::new(),
        }
    }

    fn sizes(files: &[DataFile], crowded: Crowded) -> Vec<usize> {
        let groups = groups(files, crowded, |_| false);
        groups.iter().map(|group| group.files.len()).collect()
    }

    #[test]
    fn days_and_sources_stay_apart() {
        let names = [
            ("1", ""),
            ("1", ""),
            ("1", "unmask-"),
            ("1", "unmask-"),
            ("2", ""),
        ];
        let files: Vec<DataFile> = names.map(|(day, prefix)| file(day, prefix, 10)).into();
        assert_eq!(sizes(&files, Crowded::Any), [2, 2]);
    }

    #[test]
    fn a_day_with_few_files_is_left_alone_when_only_crowded_ones_are_asked_for() {
        let files: Vec<DataFile> = (0..4).map(|_| file("1", "", 10)).collect();
        assert_eq!(sizes(&files, Crowded::MoreThan(4)), [0; 0]);
        assert_eq!(sizes(&files, Crowded::MoreThan(3)), [4]);
    }

    #[test]
    fn large_files_and_files_of_other_programs_are_left_alone() {
        let mut files = vec![file("1", "", 10), file("1", "", SMALL_ROWS)];
        files.push(DataFile {
            path: "day=1/part-00000.snappy.parquet".to_owned(),
            ..file("1", "", 10)
        });
        assert_eq!(sizes(&files, Crowded::Any), [0; 0]);
    }

    #[test]
    fn no_more_rows_are_merged_at_once_than_the_bound() {
        let files: Vec<DataFile> = (0..10).map(|_| file("1", "", 900_000)).collect();
        assert_eq!(sizes(&files, Crowded::Any), [4, 4, 2]);
    }
}
