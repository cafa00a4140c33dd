//! Wrong queries and wrong arguments: what is said, and the exit code.

use crate::support::{Place, run};
use serde_json::Value;

#[test]
fn an_unclosed_string_is_shown_where_it_begins() {
    let ran = run(&["query", "print \"abc"]).code(1).says("error[KS001]");
    assert!(ran.stderr.contains("<query>:1:7"), "{ran:#?}");
    assert_eq!(ran.stdout, "");
}

#[test]
fn an_unknown_column_gets_a_caret_and_a_suggestion() {
    let place = Place::new();
    place.write(
        "hunt.kql",
        "DeviceNetworkEvents\n| where RemoteIpp == \"203.0.113.9\"\n",
    );
    let ran = place.run(&["query", "-f", "hunt.kql"]).code(1);
    let wanted = "\
error[KS142]: `RemoteIpp` is not a known column
 --> hunt.kql:2:9
  |
2 | | where RemoteIpp == \"203.0.113.9\"
  |         ^^^^^^^^^ no such column
  |
  = help: did you mean `RemoteIP`?
";
    assert_eq!(ran.stderr, wanted);
}

#[test]
fn all_errors_of_a_query_come_at_once() {
    let ran = run(&[
        "query",
        "DeviceNetworkEvents | where Aaaa == 1 | project Bbbb",
    ]);
    let ran = ran.code(1).says("`Aaaa`").says("`Bbbb`");
    assert_eq!(ran.stderr.matches("error[").count(), 2);
}

#[test]
fn an_unknown_table_is_named() {
    run(&["query", "DeviceNetworkEvent | take 1"])
        .code(1)
        .says("`DeviceNetworkEvent` is not a known table")
        .says("did you mean `DeviceNetworkEvents`?");
}

#[test]
fn a_wrong_type_is_an_error_of_the_query() {
    run(&[
        "query",
        "DeviceNetworkEvents | where RemotePort has \"4\" and Timestamp > 5",
    ])
    .code(1)
    .says("error[");
}

#[test]
fn ten_thousand_brackets_are_a_message_and_no_crash() {
    let text = format!("print {}1{}", "(".repeat(10_000), ")".repeat(10_000));
    let place = Place::new();
    place.write("deep.kql", text);
    let ran = place.run(&["query", "-f", "deep.kql"]).code(1);
    assert!(ran.stderr.contains("error["), "{ran:#?}");
}

#[test]
fn what_is_not_supported_is_refused_by_its_name() {
    run(&["query", "DeviceNetworkEvents | graph-match (a)"])
        .code(1)
        .says("graph-match");
}

#[test]
fn a_query_file_that_is_a_folder_is_the_datas_fault() {
    let place = Place::new();
    std::fs::create_dir(place.path("hunts")).unwrap();
    place
        .run(&["query", "-f", "hunts"])
        .code(3)
        .says("cannot read the query `hunts`");
}

#[test]
fn a_query_that_is_no_text_is_refused() {
    let place = Place::new();
    place.write("bad.kql", b"print \xff\xfe");
    place
        .run(&["query", "-f", "bad.kql"])
        .code(3)
        .says("is not UTF-8");
}

#[test]
fn an_empty_query_is_refused() {
    run(&["query", ""]).code(1).says("no query");
}

#[test]
fn wrong_usage_has_a_code_of_its_own() {
    run(&["query", "print 1", "--format", "xml"]).code(2);
    run(&["query", "print 1", "--now", "yesterday"]).code(2);
    run(&["query", "print 1", "--data", "events.parquet"]).code(2);
    run(&["no-such-command"]).code(2);
    run(&["query", "print 1", "--proxy", "not an address"]).code(2);
}

#[test]
fn check_is_quiet_when_all_is_well() {
    let ran = run(&["check", "DeviceNetworkEvents | where RemotePort == 443"]).code(0);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", ""));
    run(&["check", "DeviceNetworkEvents | where Nope == 443"]).code(1);
}

#[test]
fn explain_shows_plans() {
    let ran = run(&[
        "explain",
        "DeviceNetworkEvents | where RemotePort == 443 | count",
    ])
    .code(0);
    assert!(ran.stdout.contains("physical plan"), "{ran:#?}");
}

#[test]
fn completions_name_the_subcommands() {
    let ran = run(&["completions", "bash"]).code(0);
    assert!(ran.stdout.contains("batch"), "{ran:#?}");
}

#[test]
fn machines_get_one_document_and_nothing_else() {
    let query = "DeviceNetworkEvents | where Aaaa == 1";
    let ran = run(&["query", query, "--error-format", "json"]).code(1);
    let found: Value = serde_json::from_str(&ran.stderr).unwrap();
    assert_eq!(found[0]["code"], "KS142");
    assert_eq!(found[0]["column"], 29);
    let ran = run(&["query", query, "--error-format", "sarif"]).code(1);
    let document: Value = serde_json::from_str(&ran.stderr).unwrap();
    assert_eq!(document["runs"][0]["results"][0]["ruleId"], "KS142");
    let ran = run(&["query", "print 1", "--error-format", "json"]).code(0);
    assert_eq!(ran.stderr, "");
}

#[test]
fn machines_learn_why_a_run_ended() {
    let arguments = [
        "query",
        "print 1",
        "--data",
        "T=nosuch.parquet",
        "--error-format",
    ];
    let ran = run(&[&arguments[..], &["json"]].concat()).code(3);
    let found: Value = serde_json::from_str(&ran.stderr).unwrap();
    assert!(found[0]["message"].as_str().unwrap().contains("nosuch"));
    let ran = run(&[&arguments[..], &["sarif"]].concat()).code(3);
    let document: Value = serde_json::from_str(&ran.stderr).unwrap();
    assert_eq!(
        document["runs"][0]["invocations"][0]["executionSuccessful"],
        false
    );
}

#[test]
fn wrong_values_are_told_in_the_words_of_the_option() {
    run(&["query", "print 1", "--max-rows", "many"])
        .code(2)
        .says("expected a number of rows");
    run(&["query", "print 1", "--timeout", "5x"])
        .code(2)
        .says("expected a length of time such as 30s");
    run(&["query", "print 1", "--timeout", "1m", "--max-rows", "1,000"]).code(0);
    let text = "declare query_parameters(A:long); print A";
    run(&["query", text, "--param", "A=abc"])
        .code(1)
        .says("`abc`, given for the parameter `A`, is no long");
}

#[test]
fn a_query_in_the_place_of_a_command_and_a_file_in_the_place_of_a_query_are_told() {
    run(&["print 1 | take 1"]).code(2).says("huntql query '…'");
    run(&["query", "hunt.kql"]).code(2).says("`-f hunt.kql`");
}

#[test]
fn a_query_over_no_rows_says_where_rows_could_come_from() {
    let place = Place::new();
    place
        .run(&["query", "DeviceNetworkEvents | take 1"])
        .code(0)
        .says("`huntql ingest PATH`");
    place.write("logs/.keep", "");
    let ran = place.run(&["query", "print 1", "--logs", "logs"]).code(3);
    assert!(!ran.stderr.contains("os error"), "{ran:#?}");
    let ran = place
        .run(&["query", "print 1", "--logs", "nowhere"])
        .code(3);
    assert!(!ran.says("nowhere").stderr.contains("os error"));
}
