//! `huntql check` and `huntql fmt` over repositories of queries.

use crate::support::{Place, run};
use serde_json::Value;

const RULE: &str = "id: 0c6f1a3e-0000-4000-8000-000000000001
name: Rare ports
query: |
  DeviceNetworkEvents
  | where RemoteIpp == \"203.0.113.9\"
kind: Scheduled
severity: Low
queryFrequency: 1h
queryPeriod: 1h
";

const PAGE: &str = "# Hunts

```kql
DeviceNetworkEvents | where RemotePort == 443
```

- in a list:
  ```kusto
  DeviceNetworkEvents
  | where Nope == 443
  ```

```sql
SELECT 1
```
";

fn repository() -> Place {
    let place = Place::new();
    place.write(
        "hunts/good.kql",
        "DeviceNetworkEvents\n| where RemotePort == 443\n",
    );
    place.write("hunts/rule.yaml", RULE);
    place.write("hunts/page.md", PAGE);
    place.write("hunts/.github/workflow.yml", "query: nothing\n");
    place.write("hunts/settings.json", "{\"query\": \"not a rule\"}");
    place
}

#[test]
fn a_folder_is_checked_and_lines_are_those_of_the_files() {
    let place = repository();
    let ran = place.run(&["check", "hunts"]).code(1);
    let ran = ran
        .says(" --> hunts/rule.yaml:5:11")
        .says(" --> hunts/page.md:10:11");
    let ran = ran.says("4 queries in 4 files, 2 with errors");
    assert_eq!(ran.stderr.matches("error[").count(), 2, "{ran:#?}");
}

#[test]
fn a_pattern_names_files() {
    let place = repository();
    place.run(&["check", "hunts/*.kql"]).code(0);
    place
        .run(&["check", "hunts/*.md"])
        .code(1)
        .says("hunts/page.md:10:11");
    place
        .run(&["check", "hunts/*.csl"])
        .code(3)
        .says("no file fits");
    place
        .run(&["check", "hunts/typo.kql"])
        .code(3)
        .says("there is no file");
}

#[test]
fn a_dash_reads_stdin() {
    let place = Place::new();
    place
        .run_with(&["check", "-"], "DeviceNetworkEvents | count")
        .code(0);
    place
        .run_with(&["check", "-"], "DeviceNetworkEvents | where Nope == 1")
        .code(1)
        .says("<stdin>:1:29");
}

#[test]
fn findings_as_json_have_lines_and_columns() {
    let place = repository();
    let ran = place
        .run(&["check", "--error-format", "json", "hunts/rule.yaml"])
        .code(1);
    let findings: Value = serde_json::from_str(&ran.stdout).unwrap();
    let first = &findings[0];
    assert_eq!(first["file"], "hunts/rule.yaml");
    assert_eq!(
        (&first["line"], &first["column"], &first["end_column"]),
        (&5.into(), &11.into(), &20.into())
    );
    assert_eq!(first["code"], "KS142");
    assert_eq!(first["help"], "did you mean `RemoteIP`?");
}

#[test]
fn findings_as_sarif_name_rules_and_regions() {
    let place = repository();
    place.write(
        "hunts/with space.kql",
        "let Unused = 1;\nDeviceNetworkEvents | count",
    );
    let ran = place
        .run(&["check", "--error-format", "sarif", "hunts"])
        .code(1);
    let sarif: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    let run = &sarif["runs"][0];
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 3);
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(
            run["tool"]["driver"]["rules"][index]["id"],
            result["ruleId"]
        );
    }
    let lint = results
        .iter()
        .find(|result| result["ruleId"] == "HQ113")
        .unwrap();
    let place = &lint["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "hunts/with%20space.kql");
    assert_eq!(
        (
            &place["region"]["startLine"],
            &place["region"]["startColumn"]
        ),
        (&1.into(), &5.into())
    );
    assert_eq!(lint["level"], "warning");
}

#[test]
fn lints_fail_only_when_they_are_denied() {
    let text = "DeviceNetworkEvents | join DeviceEvents on DeviceId";
    run(&["check", text]).code(0).says("warning[HQ104]");
    run(&["check", "--deny-lints", text]).code(1);
    run(&[
        "check",
        "--deny-lints",
        "--allow",
        "join-without-kind",
        text,
    ])
    .code(0);
    let ran = run(&["check", "--no-lints", text]).code(0);
    assert_eq!(ran.stderr, "");
}

#[test]
fn a_lint_that_is_not_there_is_told() {
    run(&["check", "--allow", "nope", "print 1"])
        .code(2)
        .says("late-filter");
}

#[test]
fn a_rule_file_that_is_no_yaml_is_an_error() {
    let place = Place::new();
    place.write("bad.yaml", "name: [1, 2\nquery: }\n");
    place
        .run(&["check", "bad.yaml"])
        .code(1)
        .says("error[HQ020]")
        .says("bad.yaml:");
}

#[test]
fn good_queries_that_do_not_run_are_warnings() {
    let text = "DeviceNetworkEvents | evaluate autocluster()";
    run(&["check", text]).code(0).says("warning[HQ001]");
    run(&["check", "--deny-unsupported", text])
        .code(1)
        .says("error[HQ001]");
}

const UGLY: &str =
    "DeviceNetworkEvents|where RemotePort==443 // web\n|summarize count()by RemoteIP";
const NEAT: &str =
    "DeviceNetworkEvents\n| where RemotePort == 443 // web\n| summarize count() by RemoteIP\n";

#[test]
fn fmt_prints_and_keeps_comments() {
    let place = Place::new();
    assert_eq!(place.run_with(&["fmt", "-"], UGLY).code(0).stdout, NEAT);
    assert_eq!(place.run_with(&["fmt"], NEAT).code(0).stdout, NEAT);
}

#[test]
fn fmt_writes_in_place_and_then_has_nothing_to_do() {
    let place = Place::new();
    let path = place.write("hunts/a.kql", UGLY);
    place.write("hunts/b.kql", NEAT);
    place.run(&["fmt", "hunts"]).code(2).says("-w");
    place
        .run(&["fmt", "--check", "hunts"])
        .code(1)
        .says("hunts/a.kql");
    let ran = place.run(&["fmt", "--diff", "hunts"]).code(0);
    assert!(
        ran.stdout
            .starts_with("--- hunts/a.kql\n+++ hunts/a.kql\n@@ -1,2 +1,3 @@\n"),
        "{ran:#?}"
    );
    place.run(&["fmt", "-w", "hunts"]).code(0);
    assert_eq!(std::fs::read_to_string(path).unwrap(), NEAT);
    let ran = place.run(&["fmt", "--check", "hunts"]).code(0);
    assert_eq!(ran.stderr, "");
}

#[test]
fn fmt_keeps_the_line_ends_of_windows() {
    let place = Place::new();
    let path = place.write("a.kql", UGLY.replace('\n', "\r\n"));
    place.run(&["fmt", "-w", "a.kql"]).code(0);
    assert_eq!(
        std::fs::read_to_string(path).unwrap(),
        NEAT.replace('\n', "\r\n")
    );
}

#[test]
fn fmt_leaves_a_wrong_query_alone() {
    let place = Place::new();
    let path = place.write("a.kql", "DeviceNetworkEvents | where (");
    place.run(&["fmt", "-w", "a.kql"]).code(1).says("a.kql:1:");
    assert_eq!(
        std::fs::read_to_string(path).unwrap(),
        "DeviceNetworkEvents | where ("
    );
}

/// A table as one workspace has it: a text of JSON, and one of the two times.
const TABLES: &str = r#"{"DeviceEvents": [["Timestamp", "datetime"], ["AdditionalFields", "string"]],
"Logs": [["TimeGenerated", "datetime"], ["Extra", "dynamic"]]}"#;

#[test]
fn a_file_of_schemas_is_taken_at_its_word() {
    let place = Place::new();
    place.write("schemas.json", TABLES);
    let check = |query: &str| place.run(&["check", query, "--schemas", "schemas.json"]);
    check("DeviceEvents | where AdditionalFields.User == \"x\"")
        .code(1)
        .says("error[HQ005]")
        .says("parse_json(AdditionalFields)");
    check("DeviceEvents | where AdditionalFields[\"User\"] == \"x\"")
        .code(1)
        .says("error[HQ005]");
    check("DeviceEvents | where TimeGenerated > ago(1d)")
        .code(1)
        .says("the time of these rows is `Timestamp`");
    check("Logs | where Timestamp > ago(1d)")
        .code(1)
        .says("the time of these rows is `TimeGenerated`");
    check("DeviceEvents | project TenantId")
        .code(1)
        .says("KS142");
    check("Logs | summarize count(Extra)")
        .code(1)
        .says("countif(isnotempty(Extra))");
    check(
        "DeviceEvents | where parse_json(AdditionalFields).User == \"x\" and Timestamp > ago(1d)",
    )
    .code(0);
    check("Logs | where Extra.User == \"x\" and TimeGenerated > ago(1d)").code(0);
}

#[test]
fn built_in_tables_are_read_as_either_portal_has_them() {
    let place = Place::new();
    place
        .run(&[
            "check",
            "DeviceEvents | where TimeGenerated > ago(1d) and AdditionalFields.User == \"x\" and isnotempty(TenantId)",
        ])
        .code(0);
}

#[test]
fn only_the_check_is_strict_about_schemas() {
    let place = Place::new();
    place.write("schemas.json", TABLES);
    place
        .run(&[
            "query",
            "DeviceEvents | where TimeGenerated > ago(1d) | project U = tostring(AdditionalFields.User)",
            "--schemas",
            "schemas.json",
            "--format",
            "csv",
        ])
        .code(0);
}
