//! `huntql store`: merging, retention, checks.

use crate::support::Place;
use std::path::PathBuf;

/// A line of Squid's log in 2026-03-04, or so many days later.
fn line(n: u32, days: u32) -> String {
    format!(
        "{}.{:03}    12 192.0.2.{} TCP_MISS/200 5{n} GET http://site{n}.example/ - HIER_DIRECT/198.51.100.9 text/html\n",
        1_772_618_400 + n + days * 86_400,
        n % 1000,
        n % 50 + 1
    )
}

/// A store into which so many logs were read, one command each.
fn ingested(logs: u32) -> Place {
    let place = Place::new();
    for log in 0..logs {
        let text: String = (0..5).map(|n| line(log * 10 + n, 0)).collect();
        place.write(&format!("logs/{log}.log"), text);
        place.run(&["ingest", &format!("logs/{log}.log")]).code(0);
    }
    place
}

fn rows(place: &Place) -> String {
    let ran = place.run(&[
        "query",
        "DeviceNetworkEvents | summarize count(), dcount(ReportId)",
        "--format",
        "csv",
    ]);
    ran.code(0).stdout.lines().nth(1).unwrap().to_owned()
}

fn data_files(place: &Place) -> Vec<PathBuf> {
    let table = place.path("huntql-data/DeviceNetworkEvents");
    let folders = std::fs::read_dir(table).unwrap().flatten();
    let days = folders.filter(|entry| entry.file_name().to_string_lossy().starts_with("day="));
    let files = days.flat_map(|day| std::fs::read_dir(day.path()).unwrap().flatten());
    files.map(|file| file.path()).collect()
}

#[test]
fn optimize_merges_and_vacuum_deletes_what_was_merged() {
    let place = ingested(3);
    let before = rows(&place);
    let ran = place.run(&["store", "optimize", "--table", "DeviceNetworkEvents"]);
    ran.code(0).says("3 small files of 1 day became 1 (15 rows");
    assert_eq!(rows(&place), before);
    place
        .run(&["store", "vacuum"])
        .code(0)
        .says("0 files removed");
    let ran = place.run(&["store", "vacuum", "--grace-hours", "0"]);
    ran.code(0).says("3 files removed");
    assert_eq!(rows(&place), before);
    let ran = place.run(&["store", "optimize", "--table", "DeviceNetworkEvents"]);
    ran.code(0).says("nothing to merge");
    // What is in is known still.
    let ran = place.run(&["ingest", "logs/0.log", "logs/2.log"]);
    ran.code(0);
    assert_eq!(rows(&place), before);
}

#[test]
fn an_ingest_merges_a_day_that_it_leaves_with_many_small_files() {
    let place = ingested(0);
    for log in 0..40 {
        place.write(&format!("logs/{log}.log"), line(log, 0));
    }
    place
        .run(&["ingest", "logs"])
        .code(0)
        .says("DeviceNetworkEvents: 40 small files of 1 day became 1");
    assert_eq!(rows(&place), "40,40");
    place
        .run(&["store", "verify"])
        .code(0)
        .says("no fault found");
}

#[test]
fn retain_removes_whole_days_and_says_which() {
    let place = ingested(1);
    let table = ["--table", "DeviceNetworkEvents"];
    let all = |arguments: &[&'static str]| [&["store", "retain"], arguments, &table[..]].concat();
    let told = place
        .run(&all(&["1d", "--dry-run"]))
        .code(0)
        .says("1 day (5 rows, 1 file");
    assert_eq!(told.stdout, "DeviceNetworkEvents\t2026-03-04\t5\n");
    assert_eq!(rows(&place), "5,5");
    let ran = place
        .run(&all(&["9999d"]))
        .code(0)
        .says("no day is wholly beyond the limit");
    assert_eq!(ran.stdout, "");
    let done = place
        .run(&all(&["1d"]))
        .code(0)
        .says("removed; `huntql store vacuum` deletes their files");
    assert_eq!(done.stdout, told.stdout);
    assert_eq!(rows(&place), "0,0");
    // The log was read once, and is not read again.
    place.run(&["ingest", "logs/0.log"]).code(0);
    assert_eq!(rows(&place), "0,0");
    place
        .run(&["store", "verify"])
        .code(0)
        .says("no fault found");
}

#[test]
fn ages_that_are_none_are_refused() {
    for age in ["90", "d", "-3d", "1.5d", "3m"] {
        let ran = Place::new().run(&["store", "retain", "--", age]);
        ran.code(2)
            .says("expected days or weeks, for instance 90d or 13w");
    }
}

#[test]
fn verify_names_the_damaged_file_and_what_to_do() {
    let place = ingested(2);
    let damaged = data_files(&place).remove(0);
    let bytes = std::fs::read(&damaged).unwrap();
    std::fs::write(&damaged, &bytes[..bytes.len() - 9]).unwrap();
    let ran = place
        .run(&["store", "verify"])
        .code(3)
        .says("2 faults found");
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines.len(), 2, "{lines:#?}");
    for line in lines {
        let cells: Vec<&str> = line.split('\t').collect();
        assert_eq!(cells.len(), 3, "{line}");
        assert!(
            damaged.ends_with(cells[0].rsplit('/').next().unwrap()),
            "{line}"
        );
        assert!(cells[2].contains("back from a backup"), "{line}");
    }
    // The other files can be merged without it; here there is only one.
    let ran = place.run(&["store", "optimize", "--table", "DeviceNetworkEvents"]);
    ran.code(0).says("not merged");
}

#[test]
fn a_table_that_is_not_there_is_told_with_those_that_are() {
    let place = ingested(1);
    for command in [
        &["store", "optimize"][..],
        &["store", "verify"],
        &["store", "retain", "90d"],
    ] {
        let ran = place.run(&[command, &["--table", "Nope"]].concat());
        ran.code(3)
            .says("the store has no table `Nope`; it has DeviceNetworkEvents");
    }
}
