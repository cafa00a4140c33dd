//! `huntql hunt list`, `import` and `test`.

use crate::support::{Place, text};
use serde_json::Value;
use std::path::{Path, PathBuf};

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../samples")
        .canonicalize()
        .unwrap()
}

const RULE: &str = "id: 0c6f1a3e-0000-4000-8000-000000000001
name: Connections to a port
severity: Low
tags: [ports]
relevantTechniques: [T1071.001]
query: |
  DeviceNetworkEvents
  | where RemotePort == 4444
  | project Timestamp, DeviceName, RemoteIP
eventGroupingSettings: {aggregationKind: AlertPerResult}
huntql:
  tests:
    - data: events.ndjson
      now: 2026-03-02T12:00:00Z
      expectAlerts: 1
      expect:
        - row: {DeviceName: ws-01.birchwood.example}
";

const EVENT: &str = r#"{"Timestamp":"2026-03-02T10:00:00Z","DeviceId":"1","DeviceName":"ws-01.birchwood.example","ActionType":"ConnectionSuccess","RemoteIP":"203.0.113.9","RemotePort":4444,"ReportId":1}"#;

fn folder() -> Place {
    let place = Place::new();
    place.write("rules/port.yaml", RULE);
    place.write("rules/broken.yaml", "name: [1\nb: }");
    let lines =
        format!(r#"{{"category":"AdvancedHunting-DeviceNetworkEvents","properties":{EVENT}}}"#);
    place.write("rules/events.ndjson", lines + "\n");
    place
}

#[test]
fn the_tests_of_the_samples_rules_hold() {
    let place = Place::new();
    let ran = place
        .run(&["hunt", "test", text(&samples().join("rules"))])
        .code(0);
    assert!(!ran.stdout.contains("FAILED"), "{ran:#?}");
    assert!(
        ran.stdout
            .contains("ok      Beacon behind the proxy: the beacon of ws-03\n"),
        "{ran:#?}"
    );
}

#[test]
fn a_list_names_what_loads_and_tells_what_does_not() {
    let place = folder();
    let ran = place
        .run(&["hunt", "list", "rules", "--format", "ndjson"])
        .code(1);
    let ran = ran.says("error[HQ020]").says("rules/broken.yaml:");
    let ran = ran.says("1 rule, 0 run by themselves, 1 cannot be read");
    let rule: Value = serde_json::from_str(ran.stdout.trim()).unwrap();
    assert_eq!(rule["Name"], "Connections to a port");
    assert_eq!(rule["Techniques"], serde_json::json!(["T1071.001"]));
}

#[test]
fn a_list_is_chosen_from_by_tag_severity_and_technique() {
    let place = Place::new();
    place.write("r.yaml", RULE);
    for (option, value, rows) in [
        ("--tag", "PORTS", 1),
        ("--tag", "other", 0),
        ("--min-severity", "low", 1),
        ("--min-severity", "medium", 0),
        ("--technique", "t1071", 1),
        ("--technique", "T107", 0),
        ("--technique", "T1071.002", 0),
    ] {
        let ran = place.run(&[
            "hunt", "list", "r.yaml", option, value, "--format", "ndjson",
        ]);
        assert_eq!(ran.code(0).stdout.lines().count(), rows, "{option} {value}");
    }
}

#[test]
fn a_test_that_fails_shows_how_alerts_differ() {
    let place = folder();
    place
        .run(&["hunt", "test", "rules/port.yaml"])
        .code(0)
        .says("1 passed");
    place.write("rules/port.yaml", RULE.replace("ws-01", "ws-02"));
    let ran = place
        .run(&["hunt", "test", "rules/port.yaml"])
        .code(1)
        .says("1 failed");
    for line in [
        "FAILED  Connections to a port",
        "-  DeviceName: ws-02.birchwood.example",
        "+  DeviceName: ws-01.birchwood.example",
    ] {
        assert!(
            ran.stdout.lines().any(|shown| shown == line),
            "{line}: {ran:#?}"
        );
    }
    place.write(
        "rules/port.yaml",
        RULE.replace("events.ndjson", "none.ndjson"),
    );
    let ran = place.run(&["hunt", "test", "rules/port.yaml"]).code(1);
    assert!(ran.stdout.starts_with("FAILED"), "{ran:#?}");
}

#[test]
fn an_imported_rule_is_yaml_that_loads_as_the_same_rule() {
    let place = Place::new();
    let rules = samples().join("rules");
    let sources = [
        rules.join("denied-by-proxy.kql"),
        rules.join("blocked-and-connected.json"),
    ];
    let paths: Vec<&str> = sources.iter().map(|path| text(path)).collect();
    place
        .run(&[&["hunt", "import"], &paths[..], &["--out", "y"]].concat())
        .code(0);
    let listed = |paths: &[&str]| {
        let ran = place.run(&[&["hunt", "list"], paths, &["--format", "ndjson"]].concat());
        let rows = ran.code(0).stdout;
        let mut rules: Vec<String> = rows
            .lines()
            .map(|row| {
                let mut rule: Value = serde_json::from_str(row).unwrap();
                rule["File"].take();
                rule.to_string()
            })
            .collect();
        rules.sort();
        rules
    };
    assert_eq!(listed(&paths), listed(&["y"]));
    place
        .run(&[&["hunt", "import"], &paths[..], &["--out", "y"]].concat())
        .code(3)
        .says("--force");
    place
        .run(&[&["hunt", "import"], &paths[..], &["--out", "y", "--force"]].concat())
        .code(0);
    let printed = place.run(&["hunt", "import", paths[0]]).code(0).stdout;
    assert!(printed.starts_with("id: \"5b0f6c1e-"), "{printed}");
}

#[test]
fn check_tells_of_columns_that_a_rule_names_and_its_query_lacks() {
    let place = Place::new();
    let rule = RULE.replace(
        "huntql:\n",
        "customDetails: {Ip: RemoteIp}\nhuntql:\n  delai: 5m\n",
    );
    place.write("r.yaml", rule);
    let ran = place.run(&["check", "r.yaml"]).code(1);
    let ran = ran
        .says("error[HQ032]")
        .says("did you mean `delay`?")
        .says("r.yaml:13:3");
    ran.says("warning[HQ035]").says("did you mean `RemoteIP`?");
}
