//! The term index as a part of the store: it comes with files, is checked, mended, and goes with them.

use super::support::{DAY_ONE, events, frame, ingest, network};
use datafusion::logical_expr::ident;
use datafusion::prelude::lit;
use huntql_store::{Crowded, Store};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

const TABLE: &str = "DeviceNetworkEvents";

fn indexes(store: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(store.join(TABLE).join("_index"));
    let entries = entries.into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}

fn made() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create_or_open(folder.path()).unwrap();
    ingest(&store, "one", &events(0, 300, DAY_ONE));
    ingest(&store, "two", &events(300, 300, DAY_ONE));
    (folder, store)
}

fn faults(store: &Store) -> Vec<String> {
    let verified = store.verify(TABLE).unwrap();
    verified
        .faults
        .into_iter()
        .map(|fault| fault.what)
        .collect()
}

async fn rows(store: &Store, address: &str) -> usize {
    let table = store.provider(network()).unwrap();
    let found = frame(table).filter(ident("RemoteIP").eq(lit(address)));
    found.unwrap().count().await.unwrap()
}

#[tokio::test]
async fn files_come_with_an_index_and_merged_files_too() {
    let (folder, store) = made();
    assert_eq!(indexes(folder.path()).len(), 2);
    assert_eq!(rows(&store, "10.0.1.7").await, 1);
    assert_eq!(rows(&store, "192.0.2.1").await, 0);
    let done = store.optimize(TABLE, Crowded::Any).unwrap();
    assert_eq!((done.files_after, done.indexed), (1, 0));
    assert_eq!(indexes(folder.path()).len(), 3);
    assert_eq!(rows(&store, "10.0.1.7").await, 1);
    assert_eq!(faults(&store), [""; 0]);
    // The index files of what was merged go with them.
    assert_eq!(store.vacuum(Duration::ZERO).unwrap(), 2);
    assert_eq!(indexes(folder.path()).len(), 1);
    assert_eq!(rows(&store, "10.0.1.7").await, 1);
}

#[tokio::test]
async fn damage_is_told_and_changes_no_answer() {
    let (folder, store) = made();
    let path = &indexes(folder.path())[0];
    let whole = fs::read(path).unwrap();
    for at in [0, 9, whole.len() / 2, whole.len() - 40, whole.len() - 3] {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x55;
        fs::write(path, &bytes).unwrap();
        let told = faults(&store);
        assert!(told.len() == 1, "byte {at}: {told:?}");
        assert_eq!(rows(&store, "10.0.0.7").await, 1, "byte {at}");
        assert_eq!(rows(&store, "10.0.2.7").await, 1, "byte {at}");
    }
    fs::write(path, &whole[..whole.len() / 3]).unwrap();
    assert_eq!(
        faults(&store),
        ["its term index is damaged (its end is not that of an index)"]
    );
}

#[tokio::test]
async fn an_index_of_other_rows_is_stale() {
    let (folder, store) = made();
    let paths = indexes(folder.path());
    fs::copy(&paths[0], &paths[1]).unwrap();
    let told = faults(&store);
    assert_eq!(
        told,
        ["its term index is damaged (it does not say what the rows do)"]
    );
    assert_eq!(rows(&store, "10.0.0.7").await, 1);
    assert_eq!(rows(&store, "10.0.2.7").await, 1);
}

#[tokio::test]
async fn files_without_an_index_get_one() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create_or_open(folder.path()).unwrap();
    ingest(&store, "one", &events(0, 300, DAY_ONE));
    fs::remove_dir_all(folder.path().join(TABLE).join("_index")).unwrap();
    assert_eq!(rows(&store, "10.0.0.7").await, 1);
    // No index is no fault.
    assert_eq!(faults(&store), [""; 0]);
    assert_eq!(store.optimize(TABLE, Crowded::Any).unwrap().indexed, 1);
    assert_eq!(indexes(folder.path()).len(), 1);
    assert_eq!(faults(&store), [""; 0]);
    assert_eq!(rows(&store, "10.0.0.7").await, 1);
}
