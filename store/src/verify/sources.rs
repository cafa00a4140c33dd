//! The notes of the sources against the logs of the tables.

use super::{Fault, Verified};
use crate::error::Result;
use crate::layout::Layout;
use crate::log::delta::DeltaLog;
use crate::log::{TableLog, history};
use crate::manifest::{self, SourceNote};
use std::collections::{HashMap, HashSet};
use std::path::Path;

const DELETE: &str =
    "delete the note: the source is then read once more, and rows that are in count as duplicates";
const INGEST: &str =
    "ingest the source again: it is read anew, and rows that are in count as duplicates";

/// `table`: that one's commits only.
pub(super) fn check(layout: &Layout, table: Option<&str>) -> Result<Verified> {
    let mut verified = Verified::default();
    let mut tables: HashMap<String, HashSet<String>> = HashMap::new();
    for (path, note) in manifest::all(layout)? {
        verified.files += 1;
        let mut fault = |what, remedy| {
            verified.faults.push(Fault {
                path: path.clone(),
                what,
                remedy,
            });
        };
        let Some(note) = note else {
            fault("the note cannot be understood".to_owned(), DELETE);
            continue;
        };
        if layout.ingested(&note.id) != path || !has_head(layout, &path, &note) {
            fault(
                "the source will not be found again by its text".to_owned(),
                DELETE,
            );
        }
        let of_table = note.tables.iter();
        for (name, transactions) in of_table.filter(|(name, _)| table.is_none_or(|t| t == *name)) {
            if !tables.contains_key(name) {
                tables.insert(name.clone(), history::applications(&layout.table(name))?);
            }
            let log = DeltaLog::new(name, layout.table(name));
            for transaction in transactions {
                // A checkpoint knows of commits that another program has cleaned away.
                let is_there = tables[name].contains(transaction)
                    || log.knows(transaction, 1).unwrap_or(false);
                if !is_there {
                    let what = format!("the source is noted as stored; {name} lacks its commit");
                    fault(what, INGEST);
                }
            }
        }
    }
    Ok(verified)
}

fn has_head(layout: &Layout, path: &Path, note: &SourceNote) -> bool {
    let (Some(head), Some(name)) = (&note.head, path.file_name()) else {
        return true;
    };
    layout.heads(head).join(name).exists()
}
