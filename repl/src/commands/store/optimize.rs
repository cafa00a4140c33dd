//! `huntql store optimize`, and the same at the end of an ingest.

use super::{OfTable, counted, size};
use crate::failure::Failure;
use crate::report;
use crate::session::logs::store_failure;
use huntql_store::{Crowded, Optimized, Store};

/// An ingest merges the days that it leaves with more small files than this.
const SMALL_FILES_MAX: usize = 32;

pub fn run(args: &OfTable) -> Result<(), Failure> {
    let (store, tables) = args.open()?;
    let mut files = 0;
    for table in tables {
        let done = store
            .optimize(&table, Crowded::Any)
            .map_err(store_failure)?;
        files += done.files_before;
        tell(&done);
    }
    if files == 0 {
        report::say("nothing to merge");
    }
    Ok(())
}

/// Merges the days with many small files. The rows are stored already: what goes wrong here is said and fails nothing.
pub fn after_ingest(store: &Store) {
    let crowded = Crowded::MoreThan(SMALL_FILES_MAX);
    for table in store.tables().unwrap_or_default() {
        match store.optimize(&table, crowded) {
            Ok(done) => tell(&done),
            Err(error) => report::hint(&format!(
                "the small files of {table} were not merged: {error}"
            )),
        }
    }
}

fn tell(done: &Optimized) {
    let table = &done.table;
    if done.files_before > 0 {
        report::say(&format!(
            "{table}: {} of {} became {} ({}, {} before, {} now)",
            counted(done.files_before, "small file"),
            counted(done.days, "day"),
            done.files_after,
            counted(done.rows, "row"),
            size(done.bytes_before),
            size(done.bytes_after),
        ));
    }
    if done.indexed > 0 {
        let files = counted(done.indexed, "file");
        report::say(&format!("{table}: term index built for {files}"));
    }
    for left in &done.left {
        report::hint(&format!("{table}: not merged: {left}"));
    }
}
