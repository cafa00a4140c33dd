//! What is read of a rule, and what is said of one that is wrong.

use huntql_jobs::rule::{
    Every, Format, Grouping, Kind, Loaded, Operator, Severity, load, load_text, period,
};
use huntql_kql::diagnostics::Diagnostic;
use std::path::Path;

const RULE: &str = r#"id: 0c6f1a3e-0000-4000-8000-000000000001
name: Rare user agent
description: |
  Finds agents that few devices have
kind: scheduled
severity: medium
requiredDataConnectors:
  - connectorId: MicrosoftThreatProtection
    dataTypes:
      - DeviceNetworkEvents (proxy)
queryFrequency: 1h
queryPeriod: PT4H
triggerOperator: GT
triggerThreshold: 2
tactics: [command and control]
relevantTechniques: [T1071.001]
tags: [proxy]
query: |
  DeviceNetworkEvents
  | project DeviceName, RemoteUrl
eventGroupingSettings: {aggregationKind: alertPerResult}
entityMappings:
  - entityType: Host
    fieldMappings:
      - identifier: FullName
        columnName: DeviceName
customDetails:
  Target: RemoteUrl
alertDetailsOverride:
  alertDisplayNameFormat: "{{RemoteUrl}} on {{DeviceName}}"
suppressionEnabled: true
suppressionDuration: 5h
version: 1.10
huntql:
  delay: 1m
  catchUp: each
  dedup: {by: [DeviceName], for: 2d}
  maxAlerts: 10
  sinks: [file, soc]
  tests:
    - data: a.ndjson
      now: 2026-01-02T00:00:00Z
      expectAlerts: 1
"#;

fn one(text: &str) -> Loaded {
    let mut loaded = load_text(Path::new("rules/r.yaml"), text, Format::Tree);
    assert_eq!(loaded.len(), 1, "{loaded:#?}");
    loaded.remove(0)
}

/// The only diagnostic of a code, and the text at its place.
fn said<'a>(loaded: &'a Loaded, code: &str) -> (&'a Diagnostic, &'a str) {
    let found: Vec<_> = loaded
        .diagnostics
        .iter()
        .filter(|found| found.code == code)
        .collect();
    assert_eq!(found.len(), 1, "{code}: {:#?}", loaded.diagnostics);
    (found[0], found[0].span().text(&loaded.document))
}

#[test]
fn every_field_of_an_analytic_rule_is_kept() {
    let loaded = one(RULE);
    assert_eq!(loaded.diagnostics, []);
    let rule = loaded.rule.unwrap();
    assert_eq!(rule.id, "0c6f1a3e-0000-4000-8000-000000000001");
    assert_eq!(
        (rule.kind, rule.severity),
        (Kind::Scheduled, Some(Severity::Medium))
    );
    assert_eq!(rule.version, "1.10");
    let schedule = rule.schedule.unwrap();
    assert_eq!(schedule.every, Every::Span(period::parse("1h").unwrap()));
    assert_eq!(schedule.period, period::parse("4h").unwrap());
    assert_eq!(
        (rule.trigger.operator, rule.trigger.threshold),
        (Operator::GreaterThan, 2)
    );
    assert_eq!(rule.tactics, ["CommandAndControl"]);
    assert_eq!(rule.techniques, ["T1071.001"]);
    assert_eq!(rule.grouping, Grouping::AlertPerResult);
    assert_eq!(
        rule.entities[0].fields,
        [("FullName".to_owned(), "DeviceName".to_owned())]
    );
    assert_eq!(
        rule.custom_details,
        [("Target".to_owned(), "RemoteUrl".to_owned())]
    );
    assert_eq!(
        rule.overrides.name.as_deref(),
        Some("{{RemoteUrl}} on {{DeviceName}}")
    );
    assert_eq!(rule.suppression, period::parse("5h"));
    assert_eq!(rule.ours.dedup.by, ["DeviceName"]);
    assert_eq!(rule.ours.sinks, ["file", "soc"]);
    assert_eq!(rule.ours.tests.len(), 1);
    assert_eq!(rule.source.query_line, 19);
    assert_eq!(loaded.data_types[0].0, "DeviceNetworkEvents (proxy)");
    let used: Vec<_> = loaded
        .columns
        .iter()
        .map(|used| used.span.text(&loaded.document))
        .collect();
    assert_eq!(
        used,
        [
            "RemoteUrl",
            "DeviceName",
            "RemoteUrl",
            "DeviceName",
            "DeviceName"
        ]
    );
}

#[test]
fn an_unknown_key_of_our_block_is_an_error_and_one_of_sentinels_a_warning() {
    let loaded = one(&RULE
        .replace("catchUp:", "catchup_:")
        .replace("tags:", "tagz:"));
    let (error, at) = said(&loaded, "HQ032");
    assert_eq!(
        (at, error.help.as_deref()),
        ("catchup_", Some("did you mean `catchUp`?"))
    );
    assert!(error.is_error());
    let (warning, at) = said(&loaded, "HQ033");
    assert_eq!(
        (at, warning.help.as_deref()),
        ("tagz", Some("did you mean `tags`?"))
    );
    assert!(!warning.is_error());
    assert!(loaded.rule.is_none());
}

#[test]
fn a_value_that_cannot_be_is_told_at_its_place() {
    for (good, bad, at) in [
        ("queryFrequency: 1h", "queryFrequency: soon", "soon"),
        ("queryFrequency: 1h", "queryFrequency: 15d", "15d"),
        ("queryFrequency: 1h", "queryFrequency: 5h", "5h"),
        ("triggerThreshold: 2", "triggerThreshold: -2", "-2"),
        ("severity: medium", "severity: mediun", "mediun"),
        ("alertPerResult}", "perhaps}", "perhaps"),
        ("maxAlerts: 10", "maxAlerts: 0", "0"),
        ("delay: 1m", "cron: 61 * * * *", "61 * * * *"),
    ] {
        let loaded = one(&RULE.replace(good, bad));
        assert!(loaded.rule.is_none(), "{bad}");
        let (error, place) = said(&loaded, "HQ030");
        assert_eq!(place, at, "{bad}");
        assert!(error.is_error(), "{bad}");
        assert!(error.help.is_some(), "{error:?}");
    }
}

#[test]
fn a_missing_name_query_or_frequency_is_told() {
    for (line, lacks) in [
        ("name: Rare user agent\n", "`name`"),
        ("queryFrequency: 1h\n", "`queryFrequency`"),
        ("      now: 2026-01-02T00:00:00Z\n", "`now`"),
        ("      expectAlerts: 1\n", "`expectAlerts`"),
        ("suppressionDuration: 5h\n", "`suppressionDuration`"),
    ] {
        let loaded = one(&RULE.replace(line, ""));
        let (error, _) = said(&loaded, "HQ031");
        assert!(
            error.is_error() && error.message.contains(lacks),
            "{error:?}"
        );
    }
    let without_query = RULE.replace(
        "query: |\n  DeviceNetworkEvents\n  | project DeviceName, RemoteUrl\n",
        "",
    );
    assert!(
        said(&one(&without_query), "HQ031")
            .0
            .message
            .contains("`query`")
    );
}

#[test]
fn a_kind_that_holds_no_query_is_refused_by_name() {
    let loaded = one(&RULE.replace("kind: scheduled", "kind: Fusion"));
    let (error, at) = said(&loaded, "HQ036");
    assert_eq!(at, "Fusion");
    assert!(error.is_error());
}

#[test]
fn sentinels_own_limits_are_hints_and_the_rule_loads() {
    let long = "x".repeat(60);
    let loaded = one(&RULE.replace("Rare user agent", &long).replace("5h", "30h"));
    let hints: Vec<_> = loaded.diagnostics.iter().map(|found| found.code).collect();
    assert_eq!(hints, ["HQ034", "HQ034"]);
    assert!(loaded.rule.is_some());
}

#[test]
fn a_rule_without_times_is_a_hunt_and_an_nrt_rule_runs_every_minute() {
    let hunt = one("name: x\nquery: T\n").rule.unwrap();
    assert_eq!((hunt.kind, hunt.schedule), (Kind::Hunting, None));
    let near = one("name: x\nkind: nrt\nseverity: Low\nquery: T\n")
        .rule
        .unwrap();
    assert_eq!(
        near.schedule.unwrap().every,
        Every::Span(period::parse("1m").unwrap())
    );
    let off = one(&format!("enabled: false\n{RULE}")).rule.unwrap();
    assert_eq!((off.kind, off.schedule), (Kind::Scheduled, None));
}

#[test]
fn cron_stands_in_for_a_frequency() {
    let text = RULE
        .replace("queryFrequency: 1h\n", "")
        .replace("delay: 1m", "cron: 30 6 * * 1-5");
    let rule = one(&text).rule.unwrap();
    assert_eq!(
        rule.schedule.unwrap().every,
        Every::Cron("30 6 * * 1-5".to_owned())
    );
}

#[test]
fn one_bad_file_never_stops_the_others() {
    let folder = tempfile::TempDir::new().unwrap();
    let write = |name: &str, text: &[u8]| std::fs::write(folder.path().join(name), text).unwrap();
    write("a.yaml", b"name: [1, 2\nb: }");
    write("b.yaml", RULE.as_bytes());
    write("c.yml", b"\xff\xfe");
    write("d.yaml", b"some: settings\n");
    write("e.kql", b"// name: From a query\nT | count\n");
    write("f.yaml", RULE.as_bytes());
    write("g.json", b"{\t\"a\": [1, 2.5, null, true]\n}");
    let loaded = load(folder.path());
    let names: Vec<_> = loaded
        .iter()
        .map(|one| {
            let code = one.diagnostics.first().map_or("", |found| found.code);
            (one.file.file_name().unwrap().to_str().unwrap(), code)
        })
        .collect();
    assert_eq!(
        names,
        [
            ("a.yaml", "HQ020"),
            ("b.yaml", ""),
            ("c.yml", "HQ020"),
            ("e.kql", ""),
            ("f.yaml", "HQ038")
        ]
    );
    assert_eq!(loaded.iter().filter(|one| one.rule.is_some()).count(), 2);
    assert!(load(&folder.path().join("d.yaml"))[0].has_errors());
    assert!(load(&folder.path().join("none.yaml"))[0].has_errors());
}

#[test]
fn an_id_made_of_a_path_outlives_edits() {
    let id = |text: &str| one(text).rule.unwrap().id;
    assert_eq!(id("name: x\nquery: T\n"), id("name: y\nquery: U\n"));
    assert_eq!(id("name: x\nquery: T\n").len(), 36);
}

/// Every sample cut short at many places, and with a hostile character at each: no text ends the process.
#[test]
fn no_text_ends_the_process() {
    const HOSTILE: &[&str] = &[
        "\"", "'", "{{", "\u{feff}", "é", "\t", ":", "\n- ", "0", "|",
    ];
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples/rules");
    let mut texts = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let format = Format::of(&path).unwrap();
        for at in (0..text.len())
            .step_by(37)
            .filter(|at| text.is_char_boundary(*at))
        {
            let hostile = HOSTILE[at % HOSTILE.len()];
            load_text(&path, &text[..at], format);
            load_text(
                &path,
                &format!("{}{hostile}{}", &text[..at], &text[at..]),
                format,
            );
            load_text(&path, &text[at..], Format::Markdown);
            texts += 3;
        }
    }
    assert!(texts > 500, "{texts}");
}
