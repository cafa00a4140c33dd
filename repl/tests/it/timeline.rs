//! `huntql timeline` and `.timeline`: one device's events as lines.

use crate::support::{Place, Ran, text};
use std::path::{Path, PathBuf};

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples")
}

/// The timeline over the samples' logs in this folder.
fn of_samples(logs: &str, arguments: &[&str]) -> Ran {
    let (logs, config) = (
        samples().join("logs").join(logs),
        samples().join("huntql.toml"),
    );
    let mut all = vec!["timeline", "--logs", text(&logs), "--config", text(&config)];
    all.extend(arguments);
    Place::new().run(&all).code(0)
}

#[test]
fn a_block_stands_behind_the_connection_that_succeeded_and_both_name_the_target() {
    let ran = of_samples(
        "defender",
        &[
            "ws-02",
            "--around",
            "2026-03-02T10:15:20Z",
            "--window",
            "10m",
        ],
    );
    assert_eq!(
        ran.stdout,
        "\
2026-03-02
  10:05:29.660  chrome.exe (19624)        connected to https://www.bank.example/ via 10.0.0.6:8080
  10:15:20.508  chrome.exe (19624)        connected to https://phish-login.example/ via 10.0.0.6:8080
  10:15:21.350  chrome.exe (19624)        was kept by network protection from https://phish-login.example/ via 10.0.0.6:8080 [Blocked]
"
    );
}

#[test]
fn processes_and_unnamed_targets_are_told() {
    let ran = of_samples(
        "defender",
        &[
            "ws-03.birchwood.example",
            "--from",
            "2026-03-02T08:56Z",
            "--to",
            "2026-03-02T08:59Z",
        ],
    );
    assert_eq!(
        ran.stdout,
        "\
2026-03-02
  08:56:32.040  explorer.exe              started rundll32.exe c:\\users\\public\\libs\\sync.dll,Start (18712)
  08:56:54.105  rundll32.exe (18712)      connected to https://telemetry.cdn-sync.example/ via 10.0.0.6:8080
  08:58:19.194  ms-teams.exe (14432)      connected to (unknown) via 10.0.0.6:8080
  08:58:19.197  -                         HTTP CONNECT search.example:443 via 10.0.0.6:8080
"
    );
}

#[test]
fn an_address_has_the_rows_of_all_sensors_and_marks_other_names() {
    let ran = of_samples(
        ".",
        &[
            "10.0.1.12",
            "--from",
            "2026-03-02T10:15Z",
            "--to",
            "2026-03-02T10:16Z",
        ],
    );
    assert_eq!(
        ran.stdout,
        "\
2026-03-02
  10:15:20.450  -                         connected to (unknown) via 10.0.0.6:8080
  10:15:20.452  -                         HTTP CONNECT phish-login.example:443 via 10.0.0.6:8080
  10:15:20.453  -                         proxy logged CONNECT phish-login.example:443 via 10.0.0.6:8080
  10:15:20.500  -                         TLS with phish-login.example via 10.0.0.6:8080
  10:15:20.508  chrome.exe (19624)        connected to https://phish-login.example/ via 10.0.0.6:8080 @ws-02.birchwood.example
  10:15:21.350  chrome.exe (19624)        was kept by network protection from https://phish-login.example/ via 10.0.0.6:8080 [Blocked] @ws-02.birchwood.example
"
    );
    ran.says("several devices: 10.0.1.12 and, marked with @, ws-02.birchwood.example");
}

/// A derived row beside the plain one of its connection; network protection's row; an aggregate; and what is like them and
/// is not one connection with them.
const EVENTS: &str = r#"
{"Timestamp":"2026-03-04T10:00:00.1Z","DeviceId":"d1","DeviceName":"ws-01","ActionType":"ConnectionSuccess","RemoteIP":"10.0.0.6","RemotePort":8080,"LocalIP":"10.0.1.11","LocalPort":50001,"InitiatingProcessFileName":"a.exe","InitiatingProcessId":7}
{"Timestamp":"2026-03-04T10:00:00.2Z","DeviceId":"d1","DeviceName":"ws-01","ActionType":"ConnectionSuccess","RemoteIP":"10.0.0.6","RemotePort":8080,"RemoteUrl":"a.example","LocalIP":"10.0.1.11","LocalPort":50001,"InitiatingProcessFileName":"a.exe","InitiatingProcessId":7,"AdditionalFields":"{\"Surfaced\":\"proxylog\",\"MatchTier\":\"exact\",\"TargetHost\":\"a.example\",\"TargetPort\":\"443\"}"}
{"Timestamp":"2026-03-04T10:20:00Z","DeviceId":"d1","DeviceName":"ws-01","ActionType":"ConnectionSuccess","RemoteIP":"10.0.0.6","RemotePort":8080,"LocalIP":"10.0.1.11","LocalPort":50001,"InitiatingProcessFileName":"b.exe","InitiatingProcessId":8}
{"Timestamp":"2026-03-04T10:21:00Z","DeviceId":"d1","DeviceName":"ws-01","ActionType":"ConnectionFailed","RemoteIP":"10.0.0.6","RemotePort":8080,"RemoteUrl":"b.example","AdditionalFields":"{\"Surfaced\":\"proxylog\",\"MatchTier\":\"device\",\"ProxyResult\":\"Denied\",\"TargetHost\":\"b.example\",\"TargetPort\":\"80\"}"}
{"Timestamp":"2026-03-04T11:00:00Z","DeviceId":"d1","DeviceName":"ws-01","ActionType":"ConnectionSuccessAggregatedReport","RemoteIP":"203.0.113.9","RemotePort":443,"LocalIP":"10.0.1.11","LocalPort":0,"InitiatingProcessFileName":"c.exe","InitiatingProcessId":9,"AdditionalFields":"{\"uniqueEventsAggregated\":12}"}
{"Timestamp":"2026-03-05T09:00:00Z","DeviceId":"d1","DeviceName":"ws-01","ActionType":"ConnectionSuccess","RemoteIP":"2001:db8::9","RemotePort":443,"LocalIP":"10.0.1.11","LocalPort":50002,"InitiatingProcessFileName":"evil\u001b[31m.exe","InitiatingProcessId":10}
{"Timestamp":"2026-03-05T09:00:00Z","DeviceId":"d2","DeviceName":"ws-011","ActionType":"ConnectionSuccess","RemoteIP":"203.0.113.9","RemotePort":443,"LocalIP":"10.0.1.12","LocalPort":50002}
"#;

#[test]
fn a_connection_and_its_derived_row_are_one_line_and_aggregates_are_spelled_out() {
    let place = Place::new();
    place.write("events.ndjson", EVENTS.trim_start());
    let ran = place
        .run(&[
            "timeline",
            "WS-01",
            "--data",
            "DeviceNetworkEvents=events.ndjson",
        ])
        .code(0);
    assert_eq!(
        ran.stdout,
        "\
2026-03-04
  10:00:00.200  a.exe (7)                 connected to a.example:443 via 10.0.0.6:8080 [exact]
  10:20:00.000  b.exe (8)                 connected to 10.0.0.6:8080
  10:21:00.000  -                         failed to connect to b.example:80 via 10.0.0.6:8080 [device] [Denied]
  11:00:00.000  c.exe (9)                 established 12 connections with 203.0.113.9:443

2026-03-05
  09:00:00.000  evil\\u{1b}[31m.exe (10)   connected to [2001:db8::9]:443
"
    );
}

#[test]
fn other_formats_have_the_columns_and_the_shell_goes_on_from_a_timeline() {
    let place = Place::new();
    place.write("events.ndjson", EVENTS.trim_start());
    let data = ["--data", "DeviceNetworkEvents=events.ndjson"];
    let ran = place
        .run(&[
            "timeline",
            "d1",
            data[0],
            data[1],
            "--from",
            "2026-03-05",
            "--format",
            "csv",
        ])
        .code(0);
    assert!(
        ran.stdout
            .starts_with("Timestamp,Source,DeviceId,DeviceName,ActionType,Process,"),
        "{ran:#?}"
    );
    assert_eq!(ran.stdout.lines().count(), 2, "{ran:#?}");
    let ran = place
        .run_with(
            &[data[0], data[1], "--format", "csv"],
            ".timeline ws-01 --to 2026-03-04T10:10\n| summarize Events = count()\n\n.timeline ws-01 --from never\n",
        )
        .code(0);
    assert!(ran.stdout.ends_with("[exact]\nEvents\n1\n"), "{ran:#?}");
    ran.says("expected a datetime");
}

#[test]
fn a_device_that_nothing_tells_of_is_said_to_be_so() {
    of_samples("defender", &["nobody"]).says("no event of this device");
}

#[test]
fn after_unmask_each_connection_is_one_line_that_names_its_target() {
    let place = Place::new();
    let (logs, config) = (samples().join("logs"), samples().join("huntql.toml"));
    let common = ["--store", "store", "--config", text(&config)];
    let run = |first: &[&str]| place.run(&[first, &common[..]].concat()).code(0);
    run(&["ingest", text(&logs)]);
    run(&["unmask"]);
    let window = [
        "--from",
        "2026-03-02T08:56:40Z",
        "--to",
        "2026-03-02T09:08Z",
    ];
    let told = run(&[&["timeline", "ws-03"][..], &window[..]].concat()).stdout;
    let beacon = "rundll32.exe (18712)      connected to telemetry.cdn-sync.example:443 via 10.0.0.6:8080 [exact]";
    assert_eq!(told.matches(beacon).count(), 3, "{told}");
    assert_eq!(told.matches("telemetry").count(), 3, "{told}");
    assert!(!told.contains("(unknown)"), "{told}");
}
