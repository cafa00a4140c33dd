//! Each record id is in its day once.

use super::Fault;
use crate::layout::day_folder;
use crate::log::DataFile;
use crate::writer::dedupe::{Ids, each_id};
use std::path::Path;

/// Ids that are held at once; of a day with more the ids are read several times, a part of them each time.
const IDS_MAX: u64 = 4_000_000;

const TWICE: &str = "queries count these rows twice: put the table back from a backup, or ingest the logs of the day into a new store";

/// `files` are readable.
pub(super) fn check(folder: &Path, day: &Option<String>, files: &[&DataFile]) -> Option<Fault> {
    let rows: u64 = files.iter().filter_map(|file| file.rows).sum();
    let parts = u128::from(rows / IDS_MAX + 1);
    let (mut twice, mut example) = (0_u64, None);
    for part in 0..parts {
        let mut seen = Ids::default();
        for file in files {
            let read = each_id(&folder.join(&file.path), |id| {
                if id % parts == part && !seen.insert(id) {
                    twice += 1;
                    example.get_or_insert((id, file.path.clone()));
                }
            });
            if let Err(error) = read {
                return Some(Fault {
                    path: folder.join(&file.path),
                    what: error.to_string(),
                    remedy: TWICE,
                });
            }
        }
    }
    let (id, path) = example?;
    Some(Fault {
        path: folder.join(path),
        what: format!(
            "record ids are twice in {}: {twice}, one of them {id:032x}",
            day_folder(day.as_deref())
        ),
        remedy: TWICE,
    })
}
