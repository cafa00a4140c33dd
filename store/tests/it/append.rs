use super::support::*;
use datafusion::arrow::array::AsArray;
use datafusion::arrow::datatypes::Int64Type;
use datafusion::prelude::lit;
use huntql_kql::time::{TICKS_PER_DAY, TICKS_PER_SECOND};
use huntql_store::{Store, StoreError};

#[tokio::test]
async fn rows_come_back_with_their_seventh_digit() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create_or_open(folder.path()).unwrap();
    let committed = ingest(&store, "a", &events(0, 25, DAY_ONE));
    assert_eq!((committed.rows, committed.duplicates), (25, 0));
    let frame = frame(table(&store))
        .select(vec![column("Timestamp"), column("RemoteUrl")])
        .unwrap();
    let batches = frame
        .sort_by(vec![column("Timestamp")])
        .unwrap()
        .collect()
        .await
        .unwrap();
    let ticks = batches[0].column(0).as_primitive::<Int64Type>();
    assert_eq!(ticks.value(17), DAY_ONE + 17 * TICKS_PER_SECOND + 7);
    assert_eq!(batches[0].column(1).null_count(), 0);
}

#[tokio::test]
async fn a_time_predicate_is_exact_to_the_tick() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create_or_open(folder.path()).unwrap();
    ingest(&store, "a", &events(0, 100, DAY_ONE));
    let instant = DAY_ONE + 17 * TICKS_PER_SECOND + 7;
    let counted = |filter| async {
        frame(table(&store))
            .filter(filter)
            .unwrap()
            .count()
            .await
            .unwrap()
    };
    assert_eq!(counted(column("Timestamp").eq(at(instant))).await, 1);
    assert_eq!(counted(column("Timestamp").eq(at(instant + 1))).await, 0);
    assert_eq!(counted(column("Timestamp").gt(at(instant))).await, 82);
    assert_eq!(counted(column("Timestamp").gt_eq(at(instant))).await, 83);
    assert_eq!(counted(column("Timestamp").lt(at(instant))).await, 17);
    assert_eq!(counted(column("Timestamp").lt_eq(at(instant))).await, 18);
    assert_eq!(counted(column("Timestamp").not_eq(at(instant))).await, 99);
    assert_eq!(
        counted(column("Timestamp").in_list(vec![at(instant), at(instant + 3)], false)).await,
        1
    );
    assert_eq!(
        counted(column("Timestamp").between(at(instant), at(instant + TICKS_PER_SECOND + 1))).await,
        2
    );
    assert_eq!(
        counted(lit(true).and(column("Timestamp").is_null())).await,
        0
    );
}

#[tokio::test]
async fn a_time_predicate_skips_the_files_of_other_days() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create_or_open(folder.path()).unwrap();
    for day in 0..3 {
        ingest(
            &store,
            &format!("{day}"),
            &events(day * 100, 50, DAY_ONE + day as i64 * TICKS_PER_DAY),
        );
    }
    let later = column("Timestamp").gt_eq(at(DAY_ONE + 2 * TICKS_PER_DAY));
    let plan = physical(frame(table(&store)).filter(later).unwrap()).await;
    assert_eq!(plan.matches(".parquet").count(), 1, "{plan}");
    assert!(plan.contains("day=2026-11-23"), "{plan}");
}

#[tokio::test]
async fn a_count_is_answered_from_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create_or_open(folder.path()).unwrap();
    ingest(&store, "a", &events(0, 70, DAY_ONE));
    let counted = frame(table(&store))
        .aggregate(
            vec![],
            vec![datafusion::functions_aggregate::count::count_all()],
        )
        .unwrap();
    let plan = physical(counted).await;
    assert!(!plan.contains("DataSourceExec: file"), "{plan}");
}

#[tokio::test]
async fn the_same_records_again_add_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create_or_open(folder.path()).unwrap();
    ingest(&store, "a", &events(0, 40, DAY_ONE));
    assert!(store.knows("a").unwrap());
    assert!(!store.knows("b").unwrap());
    let again = ingest(&store, "b", &events(0, 40, DAY_ONE));
    assert_eq!((again.rows, again.duplicates), (0, 40));
    assert_eq!(count(&store).await, 40);
}

#[tokio::test]
async fn a_file_that_grew_adds_its_new_rows_only() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create_or_open(folder.path()).unwrap();
    ingest(&store, "a", &events(0, 40, DAY_ONE));
    let grown = ingest(&store, "a longer", &events(0, 55, DAY_ONE));
    assert_eq!((grown.rows, grown.duplicates), (15, 40));
    assert_eq!(count(&store).await, 55);
}

#[tokio::test]
async fn ingests_that_overlap_in_time_and_rows_store_each_row_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create_or_open(folder.path()).unwrap();
    let (mut one, mut other, mut third) = (store.ingest(), store.ingest(), store.ingest());
    one.append(network(), &events(0, 40, DAY_ONE)).unwrap();
    other.append(network(), &events(20, 40, DAY_ONE)).unwrap();
    third.append(network(), &events(10, 20, DAY_ONE)).unwrap();
    assert_eq!(one.commit("one").unwrap().rows, 40);
    let other = other.commit("other").unwrap();
    assert_eq!((other.rows, other.duplicates), (20, 20));
    let third = third.commit("third").unwrap();
    assert_eq!((third.rows, third.duplicates), (0, 20));
    assert_eq!(count(&store).await, 60);
    let late = column("Timestamp").eq(at(DAY_ONE + 57 * TICKS_PER_SECOND + 7));
    assert_eq!(
        frame(table(&store))
            .filter(late)
            .unwrap()
            .count()
            .await
            .unwrap(),
        1
    );
}

#[tokio::test]
async fn an_ingest_that_is_dropped_adds_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create_or_open(folder.path()).unwrap();
    store
        .ingest()
        .append(network(), &events(0, 40, DAY_ONE))
        .unwrap();
    assert_eq!(count(&store).await, 0);
    assert_eq!(store.tables().unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn a_snapshot_does_not_see_later_commits() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create_or_open(folder.path()).unwrap();
    ingest(&store, "a", &events(0, 40, DAY_ONE));
    let before = store.snapshot("DeviceNetworkEvents").unwrap().unwrap();
    ingest(&store, "b", &events(100, 40, DAY_ONE));
    assert_eq!(frame(before).count().await.unwrap(), 40);
    assert_eq!(count(&store).await, 80);
}

#[test]
fn a_newer_store_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("huntql-store.json"), r#"{"format":2}"#).unwrap();
    let error = Store::open(folder.path()).unwrap_err();
    assert!(
        matches!(
            error,
            StoreError::NewerFormat {
                found: 2,
                known: 1,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn a_folder_of_other_things_is_no_store_and_stays_untouched() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("notes.txt"), "mine").unwrap();
    assert!(matches!(
        Store::open(folder.path()),
        Err(StoreError::NotAStore { .. })
    ));
    assert!(matches!(
        Store::create_or_open(folder.path()),
        Err(StoreError::NotAStore { .. })
    ));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}
