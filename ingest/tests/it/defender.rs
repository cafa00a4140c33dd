//! Defender's envelopes, results and CSV.

use crate::support::{ingest_text, ingest_text_with, tally};
use huntql_ingest::options::{DateOrder, Strictness};
use huntql_ingest::{Options, Outcome};
use jiff::tz::TimeZone;

const ROW: &str = r#""Timestamp":"2026-03-02T12:00:00.1234567Z","DeviceId":"d1","DeviceName":"ws-01","ActionType":"ConnectionSuccess","RemoteIP":"10.0.0.6","RemotePort":8080,"RemoteUrl":null,"ReportId":7"#;
const TICK: &str = "639080496001234567";

fn network() -> String {
    format!("\"category\":\"AdvancedHunting-DeviceNetworkEvents\",\"properties\":{{{ROW}}}")
}

#[test]
fn an_event_is_the_same_in_every_envelope() {
    let event = network();
    let swapped =
        format!("\"properties\":{{{ROW}}},\"category\":\"AdvancedHunting-DeviceNetworkEvents\"");
    let as_text = serde_json::to_string(&format!("{{{event}}}")).unwrap();
    let envelopes = [
        format!("{{\"time\":\"x\",{event},\"Tenant\":\"t\"}}"),
        format!("{{{swapped}}}"),
        format!("{{\"records\":[{{{event}}}]}}"),
        format!("{{\"body\":{{{event}}},\"x-opt-sequence-number\":1}}"),
        format!("{{\"body\":{{\"records\":[{{{event}}}]}}}}"),
        format!("{{\"body\":{as_text}}}"),
        format!("[\n{{{event}}}\n]"),
        format!("{{\n  \"records\": [\n    {{{event}}}\n  ]\n}}"),
    ];
    for envelope in envelopes {
        let ran = ingest_text("events.json", &envelope);
        assert_eq!(ran.counts(), [1, 1, 0, 0], "{envelope}");
        assert_eq!(
            ran.column("DeviceNetworkEvents", "Timestamp"),
            [TICK],
            "{envelope}"
        );
        assert_eq!(ran.column("DeviceNetworkEvents", "RemoteUrl"), [""]);
        assert_eq!(ran.column("DeviceNetworkEvents", "ReportId"), ["7"]);
        assert_eq!(ran.tally("DeviceNetworkEvents", "_record_id").len(), 1);
    }
    let flat = format!("{{\"category\":\"AdvancedHunting-DeviceNetworkEvents\",{ROW}}}");
    assert_eq!(
        ingest_text("events.json", flat).column("DeviceNetworkEvents", "Timestamp"),
        [TICK]
    );
    let sentinel = format!(
        "{{\"TimeGenerated\":\"2026-03-02T12:00:00Z\",\"Type\":\"DeviceNetworkEvents\",{ROW}}}"
    );
    assert_eq!(
        ingest_text("events.json", sentinel).column("DeviceNetworkEvents", "Timestamp"),
        [TICK]
    );
}

#[test]
fn records_without_commas_are_read_and_tables_are_kept_apart() {
    let info = ROW.replace("ActionType", "OSPlatform");
    let text = format!(
        "{{\"records\":[{{{}}} {{\"category\":\"AdvancedHunting-DeviceInfo\",\"properties\":{{{info}}}}} {{\"category\":\"AdvancedHunting-Nope\",\"properties\":{{}}}}]}}\n",
        network()
    );
    let ran = ingest_text("events.json", text);
    assert_eq!(ran.counts(), [3, 2, 1, 0]);
    assert_eq!(ran.reject_codes(), ["unknown_table"]);
    assert!(ran.rejects[0].message.contains("`Nope`"));
    assert_eq!(ran.column("DeviceInfo", "DeviceName"), ["ws-01"]);
}

#[test]
fn a_bad_line_costs_itself() {
    let good = format!("{{{}}}\n", network());
    let text = format!(
        "{good}{{\"category\":\"AdvancedHunting-DeviceNetworkEvents\",\"properties\":{{\"Timestamp\":\"2026-\n{good}not json\n{good}"
    );
    let ran = ingest_text("events.json", text);
    assert_eq!(ran.counts(), [5, 3, 2, 0]);
}

#[test]
fn cells_that_do_not_fit_become_null_and_are_counted() {
    let row = ROW.replace("8080", "\"many\"")
        + ",\"InitiatingProcessSessionId\":\"abc\",\"Novel\":1,\"MachineGroup\":\"g\"";
    let text = format!(
        "{{\"category\":\"AdvancedHunting-DeviceNetworkEvents\",\"properties\":{{{row}}}}}"
    );
    let ran = ingest_text("events.json", &text);
    assert_eq!(ran.column("DeviceNetworkEvents", "RemotePort"), ["~"]);
    assert_eq!(
        ran.file().cast_failures.keys().collect::<Vec<_>>(),
        ["InitiatingProcessSessionId", "RemotePort"]
    );
    assert_eq!(
        ran.file().unknown_columns.keys().collect::<Vec<_>>(),
        ["Novel"]
    );
    assert_eq!(ran.column("DeviceNetworkEvents", "MachineGroup"), ["g"]);
    let strict = Options {
        strictness: Strictness::Strict,
        ..Options::default()
    };
    assert_eq!(
        ingest_text_with("events.json", text, &strict).reject_codes(),
        ["cast"]
    );
}

#[test]
fn additional_fields_are_kept_as_text_and_objects_become_text() {
    let cases = [
        ("null", ""),
        ("\"{}\"", "{}"),
        ("{\"a\": [1, \"x y\"]}", "{\"a\":[1,\"x y\"]}"),
        ("\"{\\\"a\\\": 1}\"", "{\"a\": 1}"),
    ];
    for (json, text) in cases {
        let row = format!("{ROW},\"AdditionalFields\":{json}");
        let ran = ingest_text(
            "e.json",
            format!(
                "{{\"category\":\"AdvancedHunting-DeviceNetworkEvents\",\"properties\":{{{row}}}}}"
            ),
        );
        assert_eq!(
            ran.column("DeviceNetworkEvents", "AdditionalFields"),
            [text]
        );
    }
}

#[test]
fn the_schema_of_2018_is_understood() {
    let row = r#"{"category":"AdvancedHunting-NetworkCommunicationEvents","properties":{"EventTime":"2018-06-01T00:00:00Z","MachineId":"m","ComputerName":"ws-01"}}"#;
    assert_eq!(
        ingest_text("e.json", row).column("DeviceNetworkEvents", "DeviceName"),
        ["ws-01"]
    );
}

#[test]
fn api_results_of_either_case_are_read_and_their_table_found() {
    let rows = format!("[{{{ROW},\"LocalIPType\":\"Private\"}},{{{ROW}}}]");
    for text in [
        format!(
            "{{\"Stats\":{{}},\"Schema\":[{{\"Name\":\"Timestamp\",\"Type\":\"DateTime\"}},{{\"Name\":\"LocalIPType\"}}],\"Results\":{rows}}}"
        ),
        format!(
            "{{\"@odata.context\":\"x\",\"schema\":[{{\"name\":\"LocalIPType\"}}],\"results\":{rows}}}"
        ),
    ] {
        let ran = ingest_text("answer.json", text);
        assert_eq!(ran.counts(), [2, 2, 0, 0]);
        assert_eq!(
            ran.tally("DeviceNetworkEvents", "Timestamp"),
            tally(&[(TICK, 2)])
        );
    }
}

#[test]
fn a_projection_that_fits_two_tables_is_refused_unless_the_table_is_told() {
    let text = "{\"Schema\":[],\"Results\":[{\"Timestamp\":\"2026-03-02T12:00:00Z\",\"RemoteUrl\":\"a\"}]}";
    let ran = ingest_text("answer.json", text);
    assert!(
        matches!(&ran.file().outcome, Outcome::Failed(reason) if reason.contains("--table") && reason.contains("`DeviceEvents`"))
    );
    let told = Options {
        table: Some("DeviceEvents".to_owned()),
        ..Options::default()
    };
    assert_eq!(
        ingest_text_with("answer.json", text, &told).column("DeviceEvents", "RemoteUrl"),
        ["a"]
    );
    assert_eq!(
        ingest_text("DeviceEvents.json", text).column("DeviceEvents", "RemoteUrl"),
        ["a"]
    );
}

#[test]
fn csv_columns_are_found_by_name_in_any_order() {
    let text = "\u{feff}ActionType,\"Timestamp\",RemoteIP,LocalIPType,AdditionalFields\r\n\
        ConnectionSuccess,2026-03-02T12:00:00.1234567Z,10.0.0.6,Private,\"{\"\"a\"\":\"\"b, c\"\"}\"\r\n\
        ConnectionFailed,2026-03-02T12:00:00Z,,,\"two\r\nlines\"\r\nshort,row\r\n";
    let ran = ingest_text("export.csv", text);
    assert_eq!(ran.counts(), [4, 2, 1, 1]);
    assert_eq!(
        ran.column("DeviceNetworkEvents", "AdditionalFields"),
        ["{\"a\":\"b, c\"}", "two\nlines"]
    );
    assert_eq!(ran.column("DeviceNetworkEvents", "Timestamp")[0], TICK);
}

#[test]
fn a_quote_that_never_closes_costs_one_line() {
    let good = "2026-03-02T12:00:00Z,ConnectionSuccess,10.0.0.6,Private\n";
    let text = format!(
        "Timestamp,ActionType,RemoteIP,LocalIPType\n{good}2026-03-02T12:00:00Z,ConnectionSuccess,\"10.0.0.6,Private\n{good}{good}"
    );
    assert_eq!(ingest_text("export.csv", text).counts(), [5, 3, 1, 1]);
}

#[test]
fn dates_of_a_locale_need_an_order_and_a_zone() {
    let text = |day: &str| {
        format!(
            "Timestamp,ActionType,RemoteIP,LocalIPType\n\"6/12/2025, 11:22:11.000 AM\",ConnectionSuccess,10.0.0.6,Private\n\"6/{day}/2025, 1:22:11.000 PM\",ConnectionSuccess,10.0.0.6,Private\n"
        )
    };
    let failed = |options: &Options, day: &str, word: &str| {
        let ran = ingest_text_with("export.csv", text(day), options);
        matches!(&ran.file().outcome, Outcome::Failed(reason) if reason.contains(word))
    };
    let utc = Options {
        time_zone: Some(TimeZone::UTC),
        ..Options::default()
    };
    assert!(failed(&Options::default(), "13", "--tz"));
    assert!(failed(&utc, "11", "--date-order"));
    let ran = ingest_text_with("export.csv", text("13"), &utc);
    assert_eq!(
        ran.column("DeviceNetworkEvents", "Timestamp")[1],
        "638854177310000000"
    );
    let told = Options {
        date_order: Some(DateOrder::DayFirst),
        ..utc
    };
    assert_eq!(
        ingest_text_with("export.csv", text("11"), &told).counts(),
        [3, 2, 0, 1]
    );
    let named = text("13").replace("Timestamp,", "Timestamp [UTC],");
    assert_eq!(ingest_text("export.csv", named).counts(), [3, 2, 0, 1]);
}
