//! Record ids last for ever: what is in a store is known by them when its log is read again.

use crate::support::ingest_text;

fn ids(name: &str, content: &str) -> Vec<String> {
    ingest_text(name, content).column("DeviceNetworkEvents", "_record_id")
}

#[test]
fn equal_lines_of_a_log_keep_the_ids_that_they_were_first_given() {
    let line = "1772442000.250    250 10.0.1.12 TCP_TUNNEL/200 5000 CONNECT b.example:443 - HIER_DIRECT/203.0.113.7 -\n";
    assert_eq!(
        ids("access.log", &line.repeat(2)),
        [
            "d6d8ed591201399f879befe6608b0bff",
            "0992ebaa8fdb2f9e8357624c6f373ead"
        ]
    );
}

#[test]
fn a_sensors_records_keep_the_ids_that_they_were_first_given() {
    let header = "#separator \\x09\n#path\tconn\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tconn_state\n";
    let line = "1772442000.5\tCx1\t10.0.1.11\t50000\t203.0.113.7\t443\ttcp\tSF\n";
    assert_eq!(
        ids("conn.log", &format!("{header}{line}{line}")),
        [
            "a07b9aecba27f8ccad1eaf7d14ce5af4",
            "1bf877f7826a343ceadc7316ea2f77cd"
        ]
    );
}

#[test]
fn an_event_of_several_kibibytes_keeps_the_id_that_it_was_first_given() {
    let long = "x".repeat(3000);
    let event = format!(
        "{{\"category\":\"AdvancedHunting-DeviceNetworkEvents\",\"properties\":{{\"Timestamp\":\"2026-03-02T09:00:00.1234567Z\",\"DeviceName\":\"ws-01\",\"RemoteUrl\":\"a.example\",\"AdditionalFields\":\"{long}\"}}}}\n"
    );
    assert_eq!(
        ids("events.json", &event),
        ["26bee3716c2c62d0481bf47ad6d35b48"]
    );
}
