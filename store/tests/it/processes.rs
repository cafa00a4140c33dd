//! What holds with real processes: kill -9, two writers, a reader beside a writer.

use super::support::*;
use huntql_kql::time::TICKS_PER_DAY;
use huntql_store::Store;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const ROWS: u64 = 200;
const CHILD: &str = "HUNTQL_STORE_TEST_CHILD";

/// The body of the child processes: `folder|first|last` ingests sources of [`ROWS`] rows and notes each that is in.
#[test]
fn child() {
    let Ok(task) = std::env::var(CHILD) else {
        return;
    };
    let parts: Vec<&str> = task.split('|').collect();
    let (folder, first, last) = (
        Path::new(parts[0]),
        parts[1].parse::<u64>().unwrap(),
        parts[2].parse().unwrap(),
    );
    let store = Store::create_or_open(folder.join("store")).unwrap();
    for source in first..last {
        let fingerprint = format!("source {source}");
        if !store.knows(&fingerprint).unwrap() {
            let mut ingest = store.ingest();
            for half in [0, 1] {
                let rows = events(
                    source * ROWS + half * ROWS / 2,
                    ROWS / 2,
                    DAY_ONE + half as i64 * TICKS_PER_DAY,
                );
                ingest.append(network(), &rows).unwrap();
            }
            ingest.commit(&fingerprint).unwrap();
        }
        let mut notes = OpenOptions::new()
            .create(true)
            .append(true)
            .open(folder.join("notes"))
            .unwrap();
        writeln!(notes, "{source}").unwrap();
    }
}

fn spawn(folder: &Path, first: u64, last: u64) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "it::processes::child", "--test-threads=1"])
        .env(CHILD, format!("{}|{first}|{last}", folder.display()))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn noted(folder: &Path) -> usize {
    std::fs::read_to_string(folder.join("notes"))
        .unwrap_or_default()
        .lines()
        .count()
}

async fn rows(folder: &Path) -> u64 {
    match Store::open(folder.join("store")) {
        Ok(store) => {
            // Counted from the files and not from the log, so that a half-written file would show.
            let seen = frame(table(&store))
                .select(vec![column("_record_id")])
                .unwrap()
                .distinct()
                .unwrap();
            let distinct = seen.count().await.unwrap() as u64;
            assert_eq!(
                distinct,
                count(&store).await as u64,
                "a record is in the store twice"
            );
            distinct
        }
        Err(_) => 0,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_at_any_moment_loses_no_committed_row_and_shows_no_half() {
    let folder = tempfile::tempdir().unwrap();
    let total = 16;
    for round in 0..6_u64 {
        let mut ingesting = spawn(folder.path(), 0, total);
        std::thread::sleep(Duration::from_millis(60 + round * 83 % 200));
        ingesting.kill().unwrap();
        ingesting.wait().unwrap();
        let seen = rows(folder.path()).await;
        assert_eq!(seen % ROWS, 0, "half a source is visible");
        let acknowledged = std::fs::read_to_string(folder.path().join("notes")).unwrap_or_default();
        let acknowledged: std::collections::HashSet<&str> = acknowledged.lines().collect();
        assert!(
            seen >= acknowledged.len() as u64 * ROWS,
            "{seen} rows of {} sources",
            acknowledged.len()
        );
    }
    assert!(spawn(folder.path(), 0, total).wait().unwrap().success());
    assert_eq!(rows(folder.path()).await, total * ROWS);
    let store = Store::open(folder.path().join("store")).unwrap();
    store.vacuum(Duration::ZERO).unwrap();
    assert_eq!(rows(folder.path()).await, total * ROWS);
    assert_eq!(store.vacuum(Duration::ZERO).unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_that_ingest_at_once_both_land() {
    let folder = tempfile::tempdir().unwrap();
    let mut writers = [spawn(folder.path(), 0, 12), spawn(folder.path(), 12, 24)];
    for writer in &mut writers {
        assert!(writer.wait().unwrap().success());
    }
    assert_eq!(rows(folder.path()).await, 24 * ROWS);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_with_the_same_source_store_it_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut writers = [spawn(folder.path(), 0, 10), spawn(folder.path(), 0, 10)];
    for writer in &mut writers {
        assert!(writer.wait().unwrap().success());
    }
    assert_eq!(rows(folder.path()).await, 10 * ROWS);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_beside_an_ingest_sees_whole_sources_only() {
    let folder = tempfile::tempdir().unwrap();
    let mut ingesting = spawn(folder.path(), 0, 12);
    let (mut last, started) = (0, Instant::now());
    while noted(folder.path()) < 12 && started.elapsed() < Duration::from_secs(60) {
        let Ok(store) = Store::open(folder.path().join("store")) else {
            continue;
        };
        let seen = frame(table(&store))
            .select(vec![column("RemoteIP")])
            .unwrap()
            .count()
            .await
            .unwrap() as u64;
        assert!(
            seen.is_multiple_of(ROWS) && seen >= last,
            "{seen} after {last}"
        );
        last = seen;
    }
    assert!(ingesting.wait().unwrap().success());
    assert_eq!(rows(folder.path()).await, 12 * ROWS);
}
