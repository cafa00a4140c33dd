//! `ingest --follow` as a process that is killed, stopped, and fed through a pipe.
#![cfg(unix)]

use crate::support::{Place, text};
use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A line of Squid's log; equal numbers give equal lines.
fn line(n: u32) -> String {
    format!(
        "{}.{:03}    12 192.0.2.{} TCP_MISS/200 5{n} GET http://site{n}.example/ - HIER_DIRECT/198.51.100.9 text/html\n",
        1_772_618_400 + n / 10,
        n % 10,
        n % 50 + 1
    )
}

fn append(place: &Place, name: &str, content: &str) {
    let file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(place.path(name));
    file.unwrap().write_all(content.as_bytes()).unwrap();
}

fn follow(place: &Place, what: &str, stdin: Stdio) -> Child {
    place
        .command()
        .args(["ingest", "--follow", what])
        .args(["--poll-every", "0.02", "--commit-every", "0.05"])
        .stdin(stdin)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Rows and distinct record ids.
fn rows(place: &Place) -> (u64, u64) {
    if !place
        .path("huntql-data/DeviceNetworkEvents/_delta_log")
        .exists()
    {
        return (0, 0);
    }
    let ran = place.run(&[
        "query",
        "DeviceNetworkEvents | summarize count(), count_distinct(ReportId)",
        "--format",
        "csv",
    ]);
    let ran = ran.code(0);
    let cells = ran.stdout.lines().nth(1).unwrap().split(',');
    let cells: Vec<u64> = cells.map(|cell| cell.parse().unwrap()).collect();
    (cells[0], cells[1])
}

fn wait_for(place: &Place, wanted: u64) {
    let started = Instant::now();
    while rows(place).0 < wanted {
        assert!(
            started.elapsed() < Duration::from_secs(60),
            "{:?}",
            rows(place)
        );
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Asks the process to stop as a terminal does; gives what it said.
fn interrupt(mut child: Child) -> String {
    let killed = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(killed.unwrap().success());
    let mut said = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0), "{said}");
    said
}

#[test]
fn killing_it_loses_nothing_and_doubles_nothing() {
    let place = Place::new();
    let mut written = 0;
    append(&place, "access.log", &line(0));
    for round in 0..6_u32 {
        let mut child = follow(&place, "access.log", Stdio::null());
        for part in 0..8 {
            // Equal lines on both sides of every place where it may be killed.
            let lines: String = (0..40)
                .map(|n| line((round * 8 + part) * 20 + n / 2))
                .collect();
            let half = lines.len() / 2;
            append(&place, "access.log", &lines[..half]);
            std::thread::sleep(Duration::from_millis(u64::from(7 + round * 5)));
            append(&place, "access.log", &lines[half..]);
            written += 40;
        }
        if round == 3 {
            std::fs::rename(place.path("access.log"), place.path("access.log.1")).unwrap();
            append(&place, "access.log", &line(900_000));
        }
        std::thread::sleep(Duration::from_millis(u64::from(round * 60)));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    // What the old name had when it was killed is read under the new one.
    place
        .run(&["ingest", text(&place.path("access.log.1"))])
        .code(0);
    let child = follow(&place, "access.log", Stdio::null());
    let wanted = written + 2;
    wait_for(&place, wanted);
    let said = interrupt(child);
    assert!(said.contains("access.log"), "{said}");
    assert_eq!(rows(&place), (wanted, wanted), "{said}");
}

#[test]
fn stopping_it_stores_what_was_read_and_ends_with_a_report() {
    let place = Place::new();
    append(&place, "access.log", &(0..30).map(line).collect::<String>());
    let child = place
        .command()
        .args([
            "ingest",
            "--follow",
            "access.log",
            "--commit-every",
            "3600",
            "--poll-every",
            "0.02",
        ])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(1500));
    let said = interrupt(child);
    assert!(said.contains("30 read = 30 kept"), "{said}");
    assert_eq!(rows(&place), (30, 30));
}

#[test]
fn a_pipe_is_stored_while_it_goes_on() {
    let place = Place::new();
    let mut child = follow(&place, "-", Stdio::piped());
    let mut pipe = child.stdin.take().unwrap();
    pipe.write_all((0..10).map(line).collect::<String>().as_bytes())
        .unwrap();
    pipe.flush().unwrap();
    wait_for(&place, 10);
    pipe.write_all(line(10).trim_end().as_bytes()).unwrap();
    drop(pipe);
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    assert!(said.contains("11 read = 11 kept"), "{said}");
    assert_eq!(rows(&place), (11, 11));
}
