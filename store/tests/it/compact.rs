//! Merging small files: the same rows, fewer files, whatever happens meanwhile.

use super::support::*;
use datafusion::arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use huntql_kql::time::{TICKS_PER_DAY, TICKS_PER_MICROSECOND, TICKS_PER_SECOND};
use huntql_store::schema::{TableSchema, builtin};
use huntql_store::{Crowded, Optimized, Store};
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

const NETWORK: &str = "DeviceNetworkEvents";

fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create_or_open(folder.path().join("store")).unwrap();
    (folder, store)
}

/// The live files of a day, as the log's readers would list them.
fn live(store: &Store, day: &str) -> Vec<PathBuf> {
    let table = store.path().join(NETWORK);
    let mut live = std::collections::BTreeSet::new();
    let mut commits: Vec<PathBuf> = std::fs::read_dir(table.join("_delta_log"))
        .unwrap()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|end| end == "json"))
        .collect();
    commits.sort();
    for commit in commits {
        for line in std::fs::read_to_string(commit).unwrap().lines() {
            let action: serde_json::Value = serde_json::from_str(line).unwrap();
            if let Some(path) = action["remove"]["path"].as_str() {
                live.remove(path);
            }
            if let Some(path) = action["add"]["path"].as_str() {
                live.insert(path.to_owned());
            }
        }
    }
    let of_day = live.iter().filter(|path| path.contains(day));
    of_day.map(|path| table.join(path)).collect()
}

fn optimize(store: &Store) -> Optimized {
    store.optimize(NETWORK, Crowded::Any).unwrap()
}

/// All rows with all columns, the hidden ones too, in one order.
async fn everything(store: &Store) -> String {
    let frame = frame(table(store));
    let all: Vec<_> = frame
        .schema()
        .fields()
        .iter()
        .map(|field| column(field.name()))
        .collect();
    let sorted = frame
        .select(all)
        .unwrap()
        .sort(vec![column("_record_id").sort(true, true)])
        .unwrap();
    show(sorted).await
}

/// Rows with all hidden columns filled.
fn with_hidden(first_id: u64, rows: u64, start: i64) -> RecordBatch {
    let plain = events(first_id, rows, start);
    let mut columns: Vec<(String, ArrayRef)> = plain
        .schema()
        .fields()
        .iter()
        .zip(plain.columns())
        .map(|(field, array)| (field.name().clone(), Arc::clone(array)))
        .collect();
    let ids = first_id..first_id + rows;
    let positions: Int64Array = ids.clone().map(|id| id as i64 * 7).collect();
    let ingested: Int64Array = ids.clone().map(|id| Some(start + id as i64)).collect();
    let files: StringArray = ids.map(|id| Some(format!("log {}", id % 3))).collect();
    columns.push(("_source_position".to_owned(), Arc::new(positions)));
    columns.push(("_ingestion_time".to_owned(), Arc::new(ingested)));
    columns.push(("_source_file".to_owned(), Arc::new(files)));
    RecordBatch::try_from_iter(columns).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn small_files_become_one_a_day_and_no_cell_changes() {
    let (_folder, store) = store();
    for file in 0..12_u64 {
        let day = DAY_ONE + (file % 2) as i64 * TICKS_PER_DAY;
        ingest(&store, &format!("{file}"), &with_hidden(file * 40, 40, day));
    }
    let before = everything(&store).await;
    let done = optimize(&store);
    assert_eq!((done.days, done.rows), (2, 480), "{done:?}");
    assert_eq!((done.files_before, done.files_after), (12, 2), "{done:?}");
    assert_eq!(everything(&store).await, before);
    assert_eq!(live(&store, "2026-11-21").len(), 1);
    assert_eq!(optimize(&store).files_before, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commit_says_that_no_row_changed() {
    let (_folder, store) = store();
    ingest(&store, "a", &events(0, 10, DAY_ONE));
    ingest(&store, "b", &events(10, 10, DAY_ONE));
    optimize(&store);
    let log = store.path().join(NETWORK).join("_delta_log");
    let commit = std::fs::read_to_string(log.join(format!("{:020}.json", 2))).unwrap();
    let actions = commit
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    let actions: Vec<serde_json::Value> = actions.collect();
    let of = |kind: &str| {
        let chosen = actions.iter().filter_map(|action| action.get(kind));
        chosen
            .map(|action| action["dataChange"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(of("add"), [false]);
    assert_eq!(of("remove"), [false, false]);
}

#[tokio::test(flavor = "multi_thread")]
async fn more_files_than_may_be_open_are_merged_in_passes() {
    let (_folder, store) = store();
    for file in 0..150_u64 {
        ingest(&store, &format!("{file}"), &events(file * 5, 5, DAY_ONE));
    }
    let before = everything(&store).await;
    let done = optimize(&store);
    assert_eq!((done.files_before, done.files_after), (150, 1), "{done:?}");
    assert_eq!(everything(&store).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_a_merged_file_are_in_the_order_of_time() {
    let (_folder, store) = store();
    // Interleaved: the second file's rows lie between those of the first; its datetimes have no seventh digit.
    ingest(&store, "a", &events(0, 3000, DAY_ONE));
    let even = events(10_000, 3000, DAY_ONE - 9_999 * TICKS_PER_SECOND);
    let times: Int64Array = even
        .column(0)
        .as_any()
        .downcast_ref::<Int64Array>()
        .unwrap()
        .unary(|ticks| ticks - ticks % TICKS_PER_MICROSECOND);
    let mut columns = even.columns().to_vec();
    columns[0] = Arc::new(times);
    ingest(
        &store,
        "b",
        &RecordBatch::try_new(even.schema(), columns).unwrap(),
    );
    let before = everything(&store).await;
    optimize(&store);
    assert_eq!(everything(&store).await, before);
    let rows = frame(table(&store))
        .select(vec![column("Timestamp")])
        .unwrap()
        .collect()
        .await
        .unwrap();
    let mut last = i64::MIN;
    for batch in rows {
        for ticks in batch
            .column(0)
            .as_any()
            .downcast_ref::<Int64Array>()
            .unwrap()
            .values()
        {
            assert!(*ticks >= last, "{ticks} after {last}");
            last = *ticks;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_replace_a_sources_are_still_replaced_after_a_merge() {
    let (_folder, store) = store();
    let replace = |first: u64, rows: u64, batches: u64| {
        let mut ingest = store.replace("unmask");
        for batch in 0..batches {
            let rows = events(first + batch * rows, rows, DAY_ONE);
            ingest.append(network(), &rows).unwrap();
        }
        ingest.commit("unmask").unwrap();
    };
    ingest(&store, "a", &events(0, 10, DAY_ONE));
    ingest(&store, "b", &events(10, 10, DAY_ONE));
    replace(100, 30, 1);
    optimize(&store);
    assert_eq!(count(&store).await, 50);
    let mut again = store.replace("unmask");
    again.append(network(), &events(100, 5, DAY_ONE)).unwrap();
    again.commit("unmask once more").unwrap();
    assert_eq!(count(&store).await, 25);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_was_merged_is_still_known() {
    let (_folder, store) = store();
    // Both look at the table before the merge; the second one has touched the day.
    let (mut early, mut earlier) = (store.ingest(), store.ingest());
    ingest(&store, "a", &events(0, 10, DAY_ONE));
    early.touch(network()).unwrap();
    earlier.append(network(), &events(5, 20, DAY_ONE)).unwrap();
    ingest(&store, "b", &events(10, 10, DAY_ONE));
    optimize(&store);
    // The files that it saw are gone altogether.
    assert_eq!(store.vacuum(Duration::ZERO).unwrap(), 2);
    early.append(network(), &events(0, 22, DAY_ONE)).unwrap();
    assert_eq!(early.commit("c").unwrap().rows, 2);
    assert_eq!(earlier.commit("d").unwrap().rows, 3);
    assert_eq!(count(&store).await, 25);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_file_is_left_out_and_named() {
    let (_folder, store) = store();
    for file in 0..4_u64 {
        ingest(&store, &format!("{file}"), &events(file * 5, 5, DAY_ONE));
    }
    let damaged = live(&store, "2026-11-21").remove(0);
    std::fs::write(&damaged, b"no Parquet").unwrap();
    let done = optimize(&store);
    assert_eq!((done.files_before, done.files_after), (3, 1), "{done:?}");
    assert_eq!(done.left.len(), 1);
    assert!(done.left[0].contains(damaged.to_str().unwrap()), "{done:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_with_other_columns_in_its_files_is_merged() {
    let (_folder, store) = store();
    let narrow = |columns: &[(&str, &str)]| {
        let pairs: Vec<String> = columns
            .iter()
            .map(|(name, ty)| format!("[\"{name}\",\"{ty}\"]"))
            .collect();
        let text = format!("{{\"T\": [{}]}}", pairs.join(","));
        huntql_store::schema::parse_schemas(&text)
            .unwrap()
            .remove(0)
    };
    let add = |schema: &TableSchema, id: u64| {
        let batch = events(id, 3, DAY_ONE);
        let kept: Vec<usize> = (0..batch.num_columns())
            .filter(|at| {
                let name = batch.schema().field(*at).name().clone();
                schema.column(&name).is_some() || name == "_record_id"
            })
            .collect();
        let mut ingest = store.ingest();
        ingest
            .append(schema, &batch.project(&kept).unwrap())
            .unwrap();
        ingest.commit(&format!("{id}")).unwrap();
    };
    add(
        &narrow(&[("Timestamp", "datetime"), ("RemotePort", "int")]),
        0,
    );
    add(
        &narrow(&[("Timestamp", "datetime"), ("RemoteIP", "string")]),
        10,
    );
    let all = |store: &Store| {
        let table = store.snapshot("T").unwrap().unwrap();
        let names = ["Timestamp", "RemotePort", "RemoteIP", "_record_id"]
            .map(column)
            .to_vec();
        let sorted = frame(table).select(names).unwrap();
        show(
            sorted
                .sort(vec![column("_record_id").sort(true, true)])
                .unwrap(),
        )
    };
    let before = all(&store).await;
    let done = store.optimize("T", Crowded::Any).unwrap();
    assert_eq!((done.files_before, done.files_after), (2, 1), "{done:?}");
    assert_eq!(all(&store).await, before);
}

#[test]
fn a_table_that_is_not_there_is_told_with_those_that_are() {
    let (_folder, store) = store();
    ingest(&store, "a", &events(0, 3, DAY_ONE));
    let error = store.optimize("DeviceEvents", Crowded::Any).unwrap_err();
    assert!(
        error.to_string().contains("it has DeviceNetworkEvents"),
        "{error}"
    );
    assert!(builtin("DeviceEvents").is_some());
}

const CHILD: &str = "HUNTQL_STORE_MERGING_CHILD";

/// The body of the child processes: `merge|folder|rounds` merges again and again, `ingest|folder|sources` ingests.
#[test]
fn child() {
    let Ok(task) = std::env::var(CHILD) else {
        return;
    };
    let parts: Vec<&str> = task.split('|').collect();
    let times: u64 = parts[2].parse().unwrap();
    let store = Store::open(parts[1]).unwrap();
    for at in 0..times {
        if parts[0] == "merge" {
            optimize(&store);
        } else {
            ingest(
                &store,
                &format!("more {at}"),
                &events(1_000_000 + at * 10, 10, DAY_ONE),
            );
        }
    }
}

fn spawn(task: &str, folder: &Path, times: u64) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "it::compact::child", "--test-threads=1"])
        .env(CHILD, format!("{task}|{}|{times}", folder.display()))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

async fn distinct(store: &Store) -> usize {
    let ids = frame(table(store))
        .select(vec![column("_record_id")])
        .unwrap();
    let distinct = ids.distinct().unwrap().count().await.unwrap();
    assert_eq!(
        distinct,
        count(store).await,
        "a record is in the store twice"
    );
    distinct
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_at_any_moment_of_a_merge_loses_and_doubles_no_row() {
    let (_folder, store) = store();
    let mut sources = 0_u64;
    for round in 0..8_u64 {
        for _ in 0..12 {
            ingest(
                &store,
                &format!("{sources}"),
                &events(sources * 50, 50, DAY_ONE),
            );
            sources += 1;
        }
        let before = everything(&store).await;
        let mut merging = spawn("merge", store.path(), 1);
        std::thread::sleep(Duration::from_millis(20 + round * 61 % 190));
        merging.kill().unwrap();
        merging.wait().unwrap();
        assert_eq!(everything(&store).await, before);
    }
    assert!(spawn("merge", store.path(), 1).wait().unwrap().success());
    assert_eq!(live(&store, "2026-11-21").len(), 1);
    assert_eq!(distinct(&store).await as u64, sources * 50);
    store.vacuum(Duration::ZERO).unwrap();
    assert_eq!(distinct(&store).await as u64, sources * 50);
    let left = std::fs::read_dir(store.path().join(NETWORK).join("_staging")).unwrap();
    assert_eq!(left.count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_merges_an_ingest_and_a_reader_at_once_agree() {
    let (_folder, store) = store();
    for source in 0..20_u64 {
        ingest(
            &store,
            &format!("{source}"),
            &events(source * 50, 50, DAY_ONE),
        );
    }
    let mut others = [
        spawn("merge", store.path(), 12),
        spawn("merge", store.path(), 12),
        spawn("ingest", store.path(), 30),
    ];
    let mut last = 1000;
    while others[2].try_wait().unwrap().is_none() {
        let seen = distinct_of_one_version(&store).await;
        assert!(
            seen >= last && seen.is_multiple_of(10),
            "{seen} after {last}"
        );
        last = seen;
    }
    for other in &mut others {
        assert!(other.wait().unwrap().success());
    }
    assert_eq!(distinct(&store).await, 1300);
    optimize(&store);
    assert_eq!(live(&store, "2026-11-21").len(), 1);
    assert_eq!(distinct(&store).await, 1300);
}

async fn distinct_of_one_version(store: &Store) -> usize {
    let version = table(store);
    let ids = frame(version).select(vec![column("_record_id")]).unwrap();
    let rows = ids.clone().collect().await.unwrap();
    let rows: usize = rows.iter().map(RecordBatch::num_rows).sum();
    assert_eq!(ids.distinct().unwrap().count().await.unwrap(), rows);
    rows
}

#[test]
fn vacuum_leaves_what_a_version_of_the_grace_time_names() {
    let (_folder, store) = store();
    ingest(&store, "a", &events(0, 10, DAY_ONE));
    ingest(&store, "b", &events(10, 10, DAY_ONE));
    let old = live(&store, "2026-11-21");
    // Written long ago, removed just now: a query may still read them.
    for path in &old {
        let file = OpenOptions::new().append(true).open(path).unwrap();
        let long_ago = std::time::SystemTime::now() - Duration::from_secs(90 * 86_400);
        file.set_modified(long_ago).unwrap();
        (&file).flush().unwrap();
    }
    optimize(&store);
    assert_eq!(store.vacuum(Duration::from_secs(86_400)).unwrap(), 0);
    assert!(old.iter().all(|path| path.exists()));
    assert_eq!(store.vacuum(Duration::ZERO).unwrap(), 2);
    assert!(old.iter().all(|path| !path.exists()));
}
