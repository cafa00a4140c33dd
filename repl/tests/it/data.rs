//! Data flags, hints, and data that is not what it should be.

use crate::support::{Place, text};

const EVENTS: &str = "\
{\"Timestamp\":\"2026-03-04T10:00:00.1234567Z\",\"RemoteIP\":\"10.0.0.6\",\"RemotePort\":8080,\"ActionType\":\"ConnectionSuccess\"}
{\"Timestamp\":\"2026-03-04T11:00:00.0000000Z\",\"RemoteIP\":\"203.0.113.9\",\"RemotePort\":443,\"ActionType\":\"ConnectionSuccess\"}
{\"Timestamp\":\"2026-03-04T12:00:00.7654321Z\",\"RemoteIP\":\"203.0.113.10\",\"RemotePort\":443,\"ActionType\":\"ConnectionFailed\"}
";

fn with_events() -> Place {
    let place = Place::new();
    place.write("events.ndjson", EVENTS);
    place
}

const DATA: &str = "DeviceNetworkEvents=events.ndjson";

#[test]
fn a_file_given_as_data_is_a_table() {
    let ran = with_events()
        .run(&[
            "query",
            "DeviceNetworkEvents | where ActionType == \"ConnectionSuccess\" | project Timestamp, RemoteIP, RemotePort | sort by Timestamp asc",
            "--data",
            DATA,
            "--format",
            "csv",
        ])
        .code(0);
    assert_eq!(
        ran.stdout,
        "Timestamp,RemoteIP,RemotePort\n\
         2026-03-04T10:00:00.1234567Z,10.0.0.6,8080\n\
         2026-03-04T11:00:00.0000000Z,203.0.113.9,443\n"
    );
}

#[test]
fn the_placeholder_proxy_ip_gets_a_hint_with_the_proxies_known() {
    let hunt = "DeviceNetworkEvents | where ActionType == \"ConnectionSuccess\" and RemoteIP != \"ProxyIP\" | take 10";
    let place = with_events();
    place
        .run(&["query", hunt, "--data", DATA, "--proxy", "10.0.0.6:8080"])
        .code(0)
        .says("proxies known: 10.0.0.6:8080");
    place
        .run(&["query", hunt, "--data", DATA])
        .code(0)
        .says("--proxy HOST:PORT");
    place.write(
        "huntql.toml",
        "[[proxy]]\nname = \"gateway\"\nlisteners = [\"10.0.0.6:8080\"]\n",
    );
    place
        .run(&["query", hunt, "--data", DATA])
        .code(0)
        .says("gateway (10.0.0.6:8080)");
}

#[test]
fn the_proxies_are_a_table() {
    let ran = Place::new()
        .run(&[
            "query",
            "Proxies | project Address, Port",
            "--proxy",
            "10.0.0.6:8080",
            "--proxy",
            "10.0.0.7:3128",
            "--format",
            "csv",
        ])
        .code(0);
    assert_eq!(ran.stdout, "Address,Port\n10.0.0.6,8080\n10.0.0.7,3128\n");
}

#[test]
fn a_window_that_begins_after_the_data_gets_a_hint() {
    let hunt = "DeviceNetworkEvents | where Timestamp > ago(2h)";
    let place = with_events();
    place
        .run(&["query", hunt, "--data", DATA])
        .code(0)
        .says("2026-03-04T12:00:00.7654321Z")
        .says("--now data-end");
    let ran = place
        .run(&[
            "query",
            &format!("{hunt} | count"),
            "--data",
            DATA,
            "--now",
            "data-end",
            "--format",
            "csv",
        ])
        .code(0);
    assert_eq!(
        (ran.stdout.as_str(), ran.stderr.as_str()),
        ("Count\n2\n", "")
    );
}

#[test]
fn parameters_are_values_and_not_text() {
    let query =
        "declare query_parameters(ip: string); DeviceNetworkEvents | where RemoteIP == ip | count";
    let place = with_events();
    let ask = |value: &str| {
        let param = format!("ip={value}");
        let ran = place.run(&[
            "query", query, "--data", DATA, "--param", &param, "--format", "csv",
        ]);
        ran.code(0).stdout
    };
    assert_eq!(ask("10.0.0.6"), "Count\n1\n");
    assert_eq!(ask("x\" or true or \""), "Count\n0\n");
}

#[test]
fn a_missing_file_names_itself() {
    Place::new()
        .run(&["query", "T", "--data", "T=nowhere.parquet"])
        .code(3)
        .says("nowhere.parquet");
}

#[test]
fn a_broken_parquet_file_is_the_datas_fault() {
    let place = Place::new();
    place.write("broken.parquet", b"PAR1 this is no parquet PAR1");
    place
        .run(&["query", "T | count", "--data", "T=broken.parquet"])
        .code(3)
        .says("broken.parquet");
}

#[test]
fn a_folder_instead_of_a_file_is_the_datas_fault() {
    let place = Place::new();
    std::fs::create_dir(place.path("folder")).unwrap();
    place
        .run(&["query", "T | count", "--data", "T=folder"])
        .code(3)
        .says("folder");
}

#[test]
fn a_store_that_is_none_says_so() {
    let place = Place::new();
    place.write("elsewhere/readme.txt", "not a store");
    place
        .run(&["query", "print 1", "--store", "elsewhere"])
        .code(3)
        .says("is not a huntql store");
    place
        .run(&["query", "print 1", "--store", "nowhere"])
        .code(3)
        .says("nowhere");
}

#[test]
fn schemas_that_are_no_json_say_so() {
    let place = Place::new();
    place.write("schemas.json", "{");
    place
        .run(&["query", "print 1", "--schemas", "schemas.json"])
        .code(3)
        .says("schemas.json");
}

#[test]
fn a_schema_adds_an_empty_table() {
    let place = Place::new();
    place.write(
        "schemas.json",
        r#"{"Mine": [["A", "string"], ["B", "long"]]}"#,
    );
    let ran = place
        .run(&[
            "query",
            "Mine",
            "--schemas",
            "schemas.json",
            "--format",
            "csv",
        ])
        .code(0);
    assert_eq!(ran.stdout, "A,B\n");
}

/// Two connections of Zeek's conn log, one of them to the proxy.
const CONN: &str = "\
#separator \\x09
#set_separator\t,
#empty_field\t(empty)
#unset_field\t-
#path\tconn
#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\torig_bytes\tresp_bytes\tconn_state
#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\tinterval\tcount\tcount\tstring
1772618400.000000\tCaaaaaaaaaaaaaaaa1\t10.0.0.21\t50001\t10.0.0.6\t8080\ttcp\thttp\t1.5\t100\t200\tSF
1772622000.000000\tCaaaaaaaaaaaaaaaa2\t10.0.0.21\t50002\t203.0.113.9\t443\ttcp\tssl\t2.5\t100\t200\tSF
";

const HUNT: &str = "DeviceNetworkEvents | where ActionType == \"ConnectionSuccess\" | project RemoteIP, RemotePort | sort by RemotePort asc";

#[test]
fn logs_can_be_queried_without_a_store() {
    let place = Place::new();
    place.write("zeek/conn.log", CONN);
    let ran = place
        .run(&["query", HUNT, "--format", "csv", "--logs", "zeek"])
        .code(0);
    assert_eq!(
        ran.stdout,
        "RemoteIP,RemotePort\n203.0.113.9,443\n10.0.0.6,8080\n"
    );
    assert!(!place.path("huntql-data").exists());
}

#[test]
fn the_rows_of_proxies_are_dropped_by_their_addresses() {
    let place = Place::new();
    place.write("zeek/conn.log", CONN);
    let hunt = "DeviceNetworkEvents | where ActionType == \"ConnectionSuccess\" and RemoteIP !in (ProxyIPs()) | project RemoteIP";
    let arguments = [
        "query",
        hunt,
        "--proxy",
        "10.0.0.6:8080",
        "--format",
        "csv",
        "--logs",
        "zeek",
    ];
    assert_eq!(
        place.run(&arguments).code(0).stdout,
        "RemoteIP\n203.0.113.9\n"
    );
}

#[test]
fn ingest_fills_the_store_once_and_reports_every_record() {
    let place = Place::new();
    let log = place.write("conn.log", CONN);
    place.run(&["ingest", text(&log)]).code(0).says("2 kept");
    place
        .run(&["ingest", text(&log)])
        .code(0)
        .says("already ingested");
    let ran = place.run(&["query", "DeviceNetworkEvents | count", "--format", "csv"]);
    assert_eq!(ran.code(0).stdout, "Count\n2\n");
    let ran = place.run(&["store", "tables"]).code(0);
    assert!(ran.stdout.starts_with("DeviceNetworkEvents\t2"), "{ran:#?}");
}

#[test]
fn rejected_lines_go_to_a_file_with_their_reason() {
    let place = Place::new();
    place.write("conn.log", format!("{CONN}not a line of this log\n"));
    place
        .run(&["ingest", "conn.log", "--rejects", "rejects.ndjson"])
        .code(0)
        .says("1 rejected")
        .says("rejects.ndjson");
    let rejects = std::fs::read_to_string(place.path("rejects.ndjson")).unwrap();
    assert!(rejects.contains("not a line of this log"), "{rejects}");
}

#[test]
fn a_log_that_is_not_there_is_the_datas_fault() {
    let place = Place::new();
    place
        .run(&["ingest", "nowhere.log"])
        .code(3)
        .says("nowhere.log");
    place
        .run(&["query", "print 1", "--logs", "nowhere.log"])
        .code(3)
        .says("nowhere.log");
}
