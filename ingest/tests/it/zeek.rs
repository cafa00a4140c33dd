//! Zeek's two writings, its headers, and what is not mapped.

use crate::support::{ingest_text, ingest_text_with, public_data, tally};
use huntql_ingest::Options;
use huntql_ingest::address::LocalNets;
use huntql_ingest::options::UrlFill;

const CONN: &str = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n\
    #fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tconn_state\torig_bytes\tresp_bytes\n\
    #types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\tcount\tcount\n";

fn conn(rows: &[&str]) -> String {
    let rows: Vec<String> = rows
        .iter()
        .map(|row| row.replace(' ', "\t") + "\n")
        .collect();
    format!("{CONN}{}", rows.concat())
}

#[test]
fn the_state_and_the_side_decide_the_action() {
    let ran = ingest_text(
        "conn.log",
        conn(&[
            "1772438558.1 C1 10.0.1.1 50000 192.0.2.1 443 tcp SF 1 1",
            "1772438558.2 C2 192.0.2.1 50000 10.0.1.1 443 tcp SF 1 1",
            "1772438558.3 C3 10.0.1.1 50000 192.0.2.1 443 tcp REJ 0 0",
            "1772438558.4 C4 192.0.2.1 50000 10.0.1.1 443 tcp S0 0 0",
            "1772438558.5 C5 10.0.1.1 8 192.0.2.1 0 icmp OTH 1 1",
            "1772438558.6 C6 10.0.1.1 50000 192.0.2.1 443 tcp OTH 0 9",
            "1772438558.7 C7 10.0.1.1 50000 192.0.2.1 443 udp OTH 0 0",
        ]),
    );
    assert_eq!(
        ran.column("DeviceNetworkEvents", "ActionType"),
        [
            "ConnectionSuccess",
            "InboundConnectionAccepted",
            "ConnectionFailed",
            "InboundConnectionAttempt",
            "IcmpConnectionInspected",
            "ConnectionSuccess",
            "ConnectionFound"
        ]
    );
    assert_eq!(
        ran.tally("DeviceNetworkEvents", "LocalIP"),
        tally(&[("10.0.1.1", 7)])
    );
    assert_eq!(ran.column("DeviceNetworkEvents", "RemotePort")[1], "50000");
    assert_eq!(ran.column("DeviceNetworkEvents", "RemotePort")[4], "~");
    assert_eq!(
        ran.column("DeviceNetworkEvents", "Protocol")[4..],
        ["Icmp", "Tcp", "Udp"]
    );
    assert_eq!(
        ran.column("DeviceNetworkEvents", "RemoteIPType")[0],
        "Public"
    );
}

#[test]
fn local_networks_that_are_told_replace_the_private_ones() {
    let options = Options {
        local_nets: LocalNets::new(vec!["192.0.2.0/24".parse().unwrap()]),
        ..Options::default()
    };
    let ran = ingest_text_with(
        "conn.log",
        conn(&["1772438558.1 C1 10.0.1.1 50000 192.0.2.1 443 tcp SF 1 1"]),
        &options,
    );
    assert_eq!(ran.column("DeviceNetworkEvents", "LocalIP"), ["192.0.2.1"]);
    assert_eq!(ran.fields(0)["direction"], "In");
}

#[test]
fn headers_repeat_change_and_may_lack_their_close() {
    let first = conn(&["1772438558.1 C1 10.0.1.1 50000 192.0.2.1 443 tcp SF 1 1"]);
    let dns = "#separator \\x09\n#path\tdns\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tquery\n\
        1772438559\tC2\t10.0.1.1\t50001\t10.0.2.2\t53\tudp\ta\\x09b.example\n";
    let x509 = "#separator \\x09\n#path\tx509\n#fields\tts\tfingerprint\n1772438560\tabc\n";
    let ran = ingest_text("all.log", format!("{first}{dns}{x509}{first}"));
    assert_eq!(ran.counts(), [24, 3, 0, 21]);
    assert_eq!(ran.file().unmapped.get("x509"), Some(&1));
    assert_eq!(ran.fields(1)["query"], "a\tb.example");
    // The same line twice in one file is two records.
    let ids = ran.tally("DeviceNetworkEvents", "_record_id");
    assert_eq!(ids.len(), 3);
}

#[test]
fn a_time_that_counts_from_another_zero_is_rejected() {
    let ran = ingest_text(
        "conn.log",
        conn(&["22.335172 C1 10.0.1.1 50000 192.0.2.1 443 tcp SF 1 1"]),
    );
    assert_eq!(ran.reject_codes(), ["time_before_1990"]);
}

#[test]
fn json_says_its_log_by_path_stream_name_or_fields() {
    let fields = r#""ts":1772438558.25,"uid":"C1","id_orig_h":"10.0.1.1","id_orig_p":50000,"id_resp_h":"10.0.2.2","id_resp_p":53"#;
    let dns = r#""proto":"udp","query":"a.example","trans_id":7,"qtype_name":"A","rtt":0.0008699893951416016,"TTLs":[2230.0,41830.0],"answers":["192.0.2.1"],"AA":false"#;
    let text = format!(
        "{{\"_path\":\"dns\",{fields},{dns}}}\n{{\"@stream\":\"dns\",{fields},{dns}}}\n{{{fields},{dns}}}\n{{\"_path\":\"weird\",{fields}}}\n"
    );
    let ran = ingest_text("some.json", text);
    assert_eq!(ran.counts(), [4, 3, 0, 1]);
    assert_eq!(
        ran.tally("DeviceNetworkEvents", "ActionType"),
        tally(&[("DnsConnectionInspected", 3)])
    );
    let fields = ran.fields(0);
    assert_eq!(fields["rtt"], "0.000870");
    assert_eq!(fields["TTLs"], "[2230.000000,41830.000000]");
    assert_eq!(fields["answers"], "[\"192.0.2.1\"]");
    assert_eq!(fields["AA"], "false");
    assert_eq!(fields["ts"], "134169121582500000");
}

#[test]
fn the_url_is_filled_from_inspection_only_when_asked() {
    let line = r#"{"_path":"http","ts":1772438558.25,"uid":"C1","id.orig_h":"10.0.1.1","id.orig_p":50000,"id.resp_h":"192.0.2.1","id.resp_p":80,"method":"GET","host":"a.example","uri":"/"}"#;
    assert_eq!(
        ingest_text("x.json", line).column("DeviceNetworkEvents", "RemoteUrl"),
        [""]
    );
    let options = Options {
        url_fill: UrlFill::FromInspection,
        ..Options::default()
    };
    assert_eq!(
        ingest_text_with("x.json", line, &options).column("DeviceNetworkEvents", "RemoteUrl"),
        ["a.example"]
    );
}

#[test]
fn a_log_that_is_not_mapped_is_skipped_whole_and_by_name() {
    let irc =
        "#separator \\x09\n#path\tirc\n#fields\tts\tuid\tid.orig_h\n1772438558\tC1\t10.0.1.1\n";
    let ran = ingest_text("irc.log", irc);
    assert_eq!(ran.report.files[0].counts.read, 0);
    assert!(ran.report.to_string().contains("Zeek's `irc` log"));
}

#[test]
fn json_of_a_log_that_is_not_mapped_is_never_taken_for_another() {
    let ids = r#""ts":1772438558.25,"uid":"C1","id.orig_h":"10.0.1.1","id.orig_p":50000,"id.resp_h":"10.0.2.2","id.resp_p":25"#;
    let irc = format!("{{{ids},\"nick\":\"x\",\"command\":\"USER\"}}\n");
    let sip = format!(
        "{{{ids},\"trans_depth\":1,\"method\":\"INVITE\",\"uri\":\"sip:x\",\"call_id\":\"1\"}}\n"
    );
    for (name, text) in [
        ("irc.log", &irc),
        ("sip.log", &sip),
        ("some.json", &irc),
        ("some.json", &sip),
    ] {
        assert!(ingest_text(name, text).batches.is_empty(), "{name}");
    }
    assert!(
        ingest_text("irc.log", &irc)
            .report
            .to_string()
            .contains("Zeek's `irc` log")
    );
}

#[test]
fn tsv_and_json_of_one_capture_give_equal_events() {
    let Some(data) = public_data() else { return };
    for log in ["dns", "ssl"] {
        let columns = [
            "Timestamp",
            "ActionType",
            "LocalIP",
            "LocalPort",
            "RemoteIP",
            "RemotePort",
            "Protocol",
            "AdditionalFields",
        ];
        let rows = |name: String| {
            let ran = crate::support::ingest(
                &[&data.join("zeek/wrccdc").join(name)],
                &Options::default(),
            );
            let mut rows = vec![String::new(); ran.file().counts.kept as usize];
            for column in columns {
                for (row, cell) in rows
                    .iter_mut()
                    .zip(ran.column("DeviceNetworkEvents", column))
                {
                    row.push_str(&cell);
                    row.push('|');
                }
            }
            rows.sort();
            rows
        };
        let (tsv, json) = (
            rows(format!("{log}.log.gz")),
            rows(format!("{log}.json.gz")),
        );
        let differing: Vec<_> = tsv
            .iter()
            .zip(&json)
            .filter(|(a, b)| a != b)
            .take(2)
            .collect();
        assert!(differing.is_empty(), "{log}: {differing:#?}");
    }
}
