//! `hunt run`, `simulate`, `once`, `status`, `backfill` over a small store.

use crate::support::Place;
use serde_json::Value;

/// 2026-03-04T10:00:00Z
const TEN: u64 = 1_772_618_400;

fn line(seconds: u64, client: u64) -> String {
    format!(
        "{seconds}.000    12 192.0.2.{client} TCP_MISS/200 512 GET http://site{client}.example/ - HIER_DIRECT/198.51.100.9 text/html\n"
    )
}

fn rule(query: &str, more: &str) -> String {
    format!(
        "id: 00000000-0000-4000-8000-000000000001
name: Many sites
description: What it finds.
kind: Scheduled
severity: Low
queryFrequency: 1h
queryPeriod: 1h
triggerOperator: gt
triggerThreshold: 0
tactics: [CommandAndControl]
relevantTechniques: [T1071.001]
query: {query}
eventGroupingSettings: {{aggregationKind: AlertPerResult}}
alertDetailsOverride: {{alertDisplayNameFormat: \"{{{{LocalIP}}}} was there\"}}
version: 1.0.0
huntql: {{delay: 5m{more}}}
"
    )
}

/// Three events before ten o'clock, one behind it.
fn place() -> Place {
    let place = Place::new();
    let log: String = [
        (TEN - 1_800, 1),
        (TEN - 1_200, 2),
        (TEN - 600, 3),
        (TEN + 600, 4),
    ]
    .map(|(seconds, client)| line(seconds, client))
    .concat();
    place.write("access.log", log);
    place.run(&["ingest", "access.log"]).code(0);
    place.write("rules/many.yaml", rule("DeviceNetworkEvents", ""));
    place
}

fn alerts(stdout: &str) -> Vec<Value> {
    stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

const AT_TEN: [&str; 5] = [
    "hunt",
    "run",
    "rules/many.yaml",
    "--at",
    "2026-03-04T10:00:00Z",
];

#[test]
fn a_run_looks_at_its_window_and_its_replay_gives_the_same_alerts() {
    let place = place();
    let ran = place.run(&AT_TEN).code(0);
    let first = alerts(&ran.stdout);
    assert_eq!(first.len(), 3, "{ran:#?}");
    assert_eq!(first[0]["title"], "192.0.2.1 was there");
    assert_eq!(first[0]["window"]["to"], "2026-03-04T09:55:00.0000000Z");
    let ids = |alerts: &[Value]| -> Vec<Value> {
        alerts.iter().map(|alert| alert["id"].clone()).collect()
    };
    let file = std::fs::read_to_string(place.path("huntql-data/_hunts/alerts.ndjson")).unwrap();
    assert_eq!(ids(&alerts(&file)), ids(&first));
    let replay = first[0]["replay"].as_str().unwrap().to_owned();
    let words: Vec<&str> = replay.split(' ').skip(1).collect();
    let again = alerts(&place.run(&words).code(0).stdout);
    assert_eq!(ids(&again), ids(&first));
    let file = std::fs::read_to_string(place.path("huntql-data/_hunts/alerts.ndjson")).unwrap();
    assert_eq!(alerts(&file).len(), 3, "a replay delivers nothing");
}

#[test]
fn what_was_found_is_not_delivered_again() {
    let place = place();
    place.run(&AT_TEN).code(0);
    let again = place.run(&AT_TEN).code(0);
    assert_eq!(alerts(&again.stdout).len(), 3);
    let file = std::fs::read_to_string(place.path("huntql-data/_hunts/alerts.ndjson")).unwrap();
    assert_eq!(alerts(&file).len(), 3);
}

#[test]
fn now_is_the_end_of_the_window() {
    let place = place();
    place.write(
        "rules/many.yaml",
        rule("\"print Now = now(), Ago = ago(1h)\"", ""),
    );
    let ran = place.run(&AT_TEN).code(0);
    let row = &alerts(&ran.stdout)[0]["rows"][0];
    assert_eq!(row["Now"], "2026-03-04T09:55:00.0000000Z");
    assert_eq!(row["Ago"], "2026-03-04T08:55:00.0000000Z");
}

#[test]
fn the_state_can_be_asked_in_kql() {
    let place = place();
    place.run(&AT_TEN).code(0);
    let text = "HuntRuns | join kind=inner HuntAlerts on RuleId | project Cause, Status, ResultRows, Title, tostring(Deliveries[0].State) | sort by Title asc";
    let ran = place.run(&["query", text, "--format", "csv"]).code(0);
    assert_eq!(
        ran.stdout.lines().nth(1),
        Some("Asked,Succeeded,3,192.0.2.1 was there,delivered"),
        "{ran:#?}"
    );
    let ran = place
        .run(&["query", "HuntErrors | count", "--format", "csv"])
        .code(0);
    assert_eq!(ran.stdout.lines().nth(1), Some("0"));
}

#[test]
fn a_backfill_finds_each_event_once() {
    let place = place();
    let words = [
        "hunt",
        "backfill",
        "rules/many.yaml",
        "--from",
        "2026-03-04T08:00:00Z",
        "--to",
        "2026-03-04T12:00:00Z",
    ];
    place
        .run(&words)
        .code(0)
        .says("4 new alerts, 0 known already");
    place
        .run(&words)
        .code(0)
        .says("0 new alerts, 4 known already");
}

#[test]
fn a_simulation_draws_what_would_have_been_found() {
    let place = place();
    let words = [
        "hunt",
        "simulate",
        "rules/many.yaml",
        "--runs",
        "4",
        "--at",
        "2026-03-04T12:00:00Z",
    ];
    let ran = place.run(&words).code(0);
    assert!(
        ran.stdout
            .contains("4 runs, 2 with rows, 2 (┴) with new alerts, 4 alerts in all"),
        "{ran:#?}"
    );
    assert!(ran.stdout.contains("3 │ █"), "{ran:#?}");
    assert!(!place.path("huntql-data/_hunts/alerts.ndjson").exists());
}

#[test]
fn once_runs_what_is_due_and_status_tells_of_it() {
    let place = place();
    place.write(
        "rules/broken.yaml",
        rule("NoSuchTable", "")
            .replace("000000000001", "000000000002")
            .replace("Many sites", "Broken"),
    );
    place.write("rules/unreadable.yaml", "id: [");
    for _ in 0..2 {
        place
            .run(&["hunt", "once", "rules"])
            .code(1)
            .says("NoSuchTable");
    }
    let ran = place.run(&["hunt", "status", "--format", "csv"]).code(0);
    let line = |name: &str| {
        ran.stdout
            .lines()
            .find(|line| line.starts_with(name))
            .unwrap()
    };
    assert!(
        line("Many sites").starts_with("Many sites,Succeeded,"),
        "{ran:#?}"
    );
    assert!(line("Broken").starts_with("Broken,Failed,"), "{ran:#?}");
    for _ in 0..3 {
        place.run(&["hunt", "once", "rules"]).code(1);
    }
    let disabled = place.run(&["hunt", "status", "--format", "csv"]).code(0);
    assert!(
        disabled.stdout.contains("Broken,Disabled,"),
        "{disabled:#?}"
    );
    // It rests until its file changes.
    place.run(&["hunt", "once", "rules"]).code(0);
    place.write(
        "rules/broken.yaml",
        rule("NoSuchTable2", "").replace("000000000001", "000000000002"),
    );
    place
        .run(&["hunt", "once", "rules"])
        .code(1)
        .says("NoSuchTable2");
}

#[test]
fn a_sink_that_does_not_exist_is_refused_and_the_others_run() {
    let place = place();
    place.write(
        "rules/lost.yaml",
        rule("DeviceNetworkEvents", ", sinks: [filee]").replace("000000000001", "000000000002"),
    );
    let ran = place.run(&["hunt", "once", "rules"]).code(0);
    let ran = ran.says("did you mean `file`");
    assert!(ran.stderr.contains("1 rule, 1 run"), "{ran:#?}");
}

#[cfg(unix)]
#[test]
fn a_command_gets_the_alert_on_its_stdin() {
    let place = place();
    place.write("huntql.toml", "[sinks.mine]\ntype = \"command\"\ncommand = [\"sh\", \"-c\", \"cat >> taken.ndjson\"]\ndefault = true\nshape = \"ecs\"\n");
    place.run(&AT_TEN).code(0);
    let taken = alerts(&std::fs::read_to_string(place.path("taken.ndjson")).unwrap());
    assert_eq!(taken.len(), 3);
    assert_eq!(taken[0]["event"]["kind"], "alert");
    assert_eq!(taken[0]["rule"]["version"], "1.0.0");
}

#[cfg(unix)]
#[test]
fn a_second_scheduler_is_told_of_the_first() {
    let place = place();
    let mut first = place
        .command()
        .args(["hunt", "schedule", "rules"])
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let lock = place.path("huntql-data/_hunts/lock");
    let started = std::time::Instant::now();
    while std::fs::read_to_string(&lock)
        .unwrap_or_default()
        .is_empty()
    {
        assert!(started.elapsed().as_secs() < 60);
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let pid = format!("process {}", first.id());
    place.run(&["hunt", "once", "rules"]).code(2).says(&pid);
    first.kill().unwrap();
    first.wait().unwrap();
    // The lock goes with its process.
    place.run(&["hunt", "once", "rules"]).code(0);
}

#[test]
fn no_hunt_over_all_tables_finds_its_own_alerts() {
    let place = place();
    place.write(
        "rules/many.yaml",
        rule("search 'site1.example' | project $table", ""),
    );
    for _ in 0..2 {
        let ran = place.run(&AT_TEN).code(0);
        let rows = &alerts(&ran.stdout)[0]["rows"];
        assert_eq!(rows.as_array().unwrap().len(), 1, "{ran:#?}");
    }
}
