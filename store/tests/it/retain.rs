//! Retention: whole days go, and nothing else does.

use super::support::*;
use huntql_kql::time::TICKS_PER_DAY;
use huntql_store::{Crowded, DayRows, Retention, Store};
use std::time::Duration;

const NETWORK: &str = "DeviceNetworkEvents";

fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create_or_open(folder.path().join("store")).unwrap();
    for day in 0..4_u64 {
        for file in 0..2_u64 {
            let id = day * 100 + file * 10;
            let rows = events(id, 10, DAY_ONE + day as i64 * TICKS_PER_DAY);
            ingest(&store, &format!("{id}"), &rows);
        }
    }
    (folder, store)
}

fn day(name: &str) -> DayRows {
    DayRows {
        day: name.to_owned(),
        rows: 20,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whole_days_beyond_the_limit_go_and_the_day_of_the_limit_stays() {
    let (_folder, store) = store();
    let limit = DAY_ONE + 2 * TICKS_PER_DAY + TICKS_PER_DAY / 2;
    let told = store.retain(NETWORK, limit, Retention::DryRun).unwrap();
    assert_eq!(count(&store).await, 80);
    let done = store.retain(NETWORK, limit, Retention::Apply).unwrap();
    assert_eq!(told, done);
    assert_eq!(done.removed, [day("2026-11-21"), day("2026-11-22")]);
    assert_eq!((done.files, done.partly), (4, Some(day("2026-11-23"))));
    assert_eq!(count(&store).await, 40);
    let again = store.retain(NETWORK, limit, Retention::Apply).unwrap();
    assert_eq!((again.files, again.removed.len()), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_at_midnight_leaves_no_day_in_two() {
    let (_folder, store) = store();
    let limit = DAY_ONE + TICKS_PER_DAY;
    let done = store.retain(NETWORK, limit, Retention::Apply).unwrap();
    assert_eq!(done.removed, [day("2026-11-21")]);
    assert_eq!(done.partly, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_whose_days_went_is_still_known() {
    let (_folder, store) = store();
    let limit = DAY_ONE + 9 * TICKS_PER_DAY;
    store.retain(NETWORK, limit, Retention::Apply).unwrap();
    assert_eq!(count(&store).await, 0);
    assert!(store.knows("100").unwrap());
    assert_eq!(store.vacuum(Duration::from_secs(3600)).unwrap(), 0);
    assert_eq!(store.vacuum(Duration::ZERO).unwrap(), 8);
    // The table is there still, and takes rows again.
    ingest(&store, "new", &events(0, 5, DAY_ONE));
    assert_eq!(count(&store).await, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn days_that_went_under_a_merge_do_not_come_back() {
    let (_folder, store) = store();
    let beside = store.clone();
    let merging = std::thread::spawn(move || beside.optimize(NETWORK, Crowded::Any).unwrap());
    let limit = DAY_ONE + 2 * TICKS_PER_DAY;
    store.retain(NETWORK, limit, Retention::Apply).unwrap();
    merging.join().unwrap();
    assert_eq!(count(&store).await, 40);
}
