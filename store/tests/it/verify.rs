//! What `verify` finds in damaged stores.

use super::support::*;
use huntql_kql::time::TICKS_PER_DAY;
use huntql_store::{Crowded, Fault, Store};
use std::path::{Path, PathBuf};

const NETWORK: &str = "DeviceNetworkEvents";

/// Three files: two of one day, one of the next.
fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create_or_open(folder.path().join("store")).unwrap();
    ingest(&store, "a", &events(0, 300, DAY_ONE));
    ingest(&store, "b", &events(300, 300, DAY_ONE));
    ingest(&store, "c", &events(600, 300, DAY_ONE + TICKS_PER_DAY));
    (folder, store)
}

fn files(store: &Store, day: &str) -> Vec<PathBuf> {
    let folder = store.path().join(NETWORK).join(format!("day={day}"));
    let entries = std::fs::read_dir(folder).unwrap().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    files.sort();
    files
}

fn faults(store: &Store) -> Vec<Fault> {
    store.verify(NETWORK).unwrap().faults
}

#[track_caller]
fn only(faults: &[Fault], path: &Path, part: &str) {
    assert!(!faults.is_empty(), "nothing found");
    assert!(faults.iter().all(|fault| fault.path == path), "{faults:#?}");
    assert!(
        faults.iter().any(|fault| fault.what.contains(part)),
        "{faults:#?}"
    );
}

/// The text of a commit with one thing put for another.
fn edit_log(store: &Store, version: u64, change: impl Fn(&str) -> String) {
    let log = store.path().join(NETWORK).join("_delta_log");
    let commit = log.join(format!("{version:020}.json"));
    let text = std::fs::read_to_string(&commit).unwrap();
    let changed = change(&text);
    assert_ne!(text, changed);
    std::fs::write(commit, changed).unwrap();
}

#[test]
fn a_sound_store_has_no_fault_before_and_after_a_merge() {
    let (_folder, store) = store();
    let before = store.verify(NETWORK).unwrap();
    assert_eq!((before.files, before.rows), (3, 900));
    assert_eq!(before.faults, []);
    store.optimize(NETWORK, Crowded::Any).unwrap();
    let after = store.verify(NETWORK).unwrap();
    assert_eq!((after.files, after.rows), (2, 900));
    assert_eq!(after.faults, []);
    let sources = store.verify_sources(None).unwrap();
    assert_eq!((sources.files, sources.faults), (3, vec![]));
}

#[test]
fn a_missing_file_is_found() {
    let (_folder, store) = store();
    let gone = files(&store, "2026-11-22").remove(0);
    std::fs::remove_file(&gone).unwrap();
    only(&faults(&store), &gone, "missing");
}

#[test]
fn a_cut_file_is_found() {
    let (_folder, store) = store();
    let cut = files(&store, "2026-11-21").remove(0);
    let bytes = std::fs::read(&cut).unwrap();
    std::fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
    only(&faults(&store), &cut, "footer cannot be read");
    only(&faults(&store), &cut, "the log says");
}

#[test]
fn pages_overwritten_with_zeros_are_found() {
    let (_folder, store) = store();
    let damaged = files(&store, "2026-11-21").remove(1);
    let mut bytes = std::fs::read(&damaged).unwrap();
    bytes[4..2000].fill(0);
    std::fs::write(&damaged, &bytes).unwrap();
    let found = faults(&store);
    assert!(!found.is_empty());
    assert!(
        found.iter().all(|fault| fault.path == damaged),
        "{found:#?}"
    );
}

#[test]
fn another_files_content_is_found() {
    let (_folder, store) = store();
    let [first, second] = &files(&store, "2026-11-21")[..] else {
        panic!("two files");
    };
    std::fs::copy(first, second).unwrap();
    let found = faults(&store);
    let all: Vec<&str> = found.iter().map(|fault| fault.what.as_str()).collect();
    assert!(
        all.iter().any(|what| what.contains("bounds in the log")),
        "{all:?}"
    );
    assert!(
        all.iter()
            .any(|what| what.contains("twice in day=2026-11-21: 300")),
        "{all:?}"
    );
}

#[test]
fn rows_of_another_day_are_found() {
    let (_folder, store) = store();
    let (first, other) = (
        files(&store, "2026-11-21").remove(0),
        files(&store, "2026-11-22").remove(0),
    );
    std::fs::copy(&first, &other).unwrap();
    only(&faults(&store), &other, "is not of 2026-11-22");
}

#[test]
fn counts_that_the_log_has_wrong_are_found() {
    let (_folder, store) = store();
    edit_log(&store, 2, |text| {
        text.replace("\\\"numRecords\\\":300", "\\\"numRecords\\\":299")
    });
    let of_day = files(&store, "2026-11-22").remove(0);
    only(&faults(&store), &of_day, "has 300 rows, the log says 299");
}

#[test]
fn a_log_that_cannot_be_read_is_found() {
    let (_folder, store) = store();
    edit_log(&store, 1, |_| "no log".to_owned());
    let log = store.path().join(NETWORK).join("_delta_log");
    only(&faults(&store), &log, "cannot be used");
}

#[test]
fn a_commit_that_was_taken_away_is_missed_by_its_source() {
    let (_folder, store) = store();
    let log = store.path().join(NETWORK).join("_delta_log");
    std::fs::remove_file(log.join(format!("{:020}.json", 2))).unwrap();
    let found = store.verify_sources(None).unwrap().faults;
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].what.contains("lacks its commit"), "{found:#?}");
}

#[test]
fn a_note_that_is_no_note_is_found() {
    let (_folder, store) = store();
    let notes = store.path().join("_ingested");
    let note = std::fs::read_dir(&notes)
        .unwrap()
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.is_file())
        .unwrap();
    std::fs::write(&note, b"{\"finger").unwrap();
    let found = store.verify_sources(None).unwrap().faults;
    only(&found, &note, "cannot be understood");
}
