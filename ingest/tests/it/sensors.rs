//! The sensors' formats: what each sample becomes, and what their traps must not make of it.

use crate::support::{Ran, ingest, ingest_text, ingest_text_with, public_data, samples, tally};
use huntql_ingest::{Options, Outcome};

fn sample(name: &str) -> Ran {
    sample_with(name, &Options::default())
}

fn sample_with(name: &str, options: &Options) -> Ran {
    ingest(&[&samples().join("formats").join(name)], options)
}

fn zone(name: &str) -> Options {
    Options {
        time_zone: Some(jiff::tz::TimeZone::get(name).unwrap()),
        ..Options::default()
    }
}

/// The clock of each Timestamp, then the columns, blank where null.
fn events(ran: &Ran, table: &str, columns: &[&str]) -> Vec<String> {
    let clock = |ticks: &String| {
        let text = huntql_kql::time::format_datetime(ticks.parse().unwrap());
        text[11..text.len() - 1].trim_end_matches('0').to_owned()
    };
    let times: Vec<String> = ran.column(table, "Timestamp").iter().map(clock).collect();
    let cells: Vec<Vec<String>> = columns
        .iter()
        .map(|column| ran.column(table, column))
        .collect();
    times
        .iter()
        .enumerate()
        .map(|(row, time)| {
            let cells = cells.iter().map(|cells| cells[row].replace('~', ""));
            std::iter::once(time.clone())
                .chain(cells)
                .collect::<Vec<_>>()
                .join(" ")
        })
        .collect()
}

const ENDS: &[&str] = &[
    "ActionType",
    "LocalIP",
    "LocalPort",
    "RemoteIP",
    "RemotePort",
];

fn network(ran: &Ran) -> Vec<String> {
    events(ran, "DeviceNetworkEvents", ENDS)
}

#[test]
fn sysmon_and_security_become_events_with_the_hosts_own_address_as_the_local_end() {
    let ran = sample("windows/events.evtx");
    assert_eq!(ran.counts(), [11, 8, 0, 3]);
    assert_eq!(
        network(&ran),
        [
            "08:57:00.118 ConnectionSuccess 10.0.1.13 50211 10.0.0.6 8080",
            // `Initiated=false` both: the host is the source of one and the destination of the other.
            "09:14:10.551 InboundConnectionAccepted 10.0.1.13 3389 10.0.1.11 50122",
            "09:20:30.04 InboundConnectionAccepted 10.0.1.13 445 10.0.1.12 51000",
            "08:57:00.119 ConnectionSuccess 10.0.1.13 50211 10.0.0.6 8080",
            "09:14:10.552 InboundConnectionAccepted 10.0.1.13 3389 10.0.1.11 50122",
            "09:30:00. ConnectionFailed 10.0.1.13 5985 10.0.1.16 52777",
            "07:58:00. ListeningConnectionCreated 10.0.1.13 3389  ",
        ]
    );
    let unmapped: Vec<(&str, u64)> = ran
        .file()
        .unmapped
        .iter()
        .map(|(name, count)| (name.as_str(), *count))
        .collect();
    assert_eq!(
        unmapped,
        [
            ("Microsoft-Windows-Sysmon/Operational 1", 1),
            ("Microsoft-Windows-Sysmon/Operational 5", 1),
            ("Security 5158", 1)
        ]
    );
}

#[test]
fn the_process_columns_come_from_event_1_wherever_in_the_file_it_stands() {
    let ran = sample("windows/events.evtx");
    let first = |column: &str| ran.column("DeviceNetworkEvents", column)[0].clone();
    assert_eq!(
        first("InitiatingProcessSHA1"),
        "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567"
    );
    assert_eq!(
        first("InitiatingProcessCommandLine"),
        r#"rundll32.exe "C:\Users\c.meyer\AppData\Roaming\sync.dll",Start & <run>"#
    );
    assert_eq!(first("InitiatingProcessParentFileName"), "explorer.exe");
    assert_eq!(first("InitiatingProcessParentId"), "4312");
    assert_eq!(
        first("InitiatingProcessFolderPath"),
        r"c:\windows\system32\rundll32.exe"
    );
    assert_eq!(first("InitiatingProcessAccountName"), "c.meyer");
    assert_eq!(first("ReportId"), "1001");
    assert_eq!(first("DeviceName"), "ws-03.birchwood.example");
    assert_eq!(ran.fields(0)["RemoteUrlSource"], "ReverseDns");
    let dns = &ran.column("DeviceEvents", "AdditionalFields")[0];
    let dns: serde_json::Value = serde_json::from_str(dns).unwrap();
    assert_eq!(dns["DnsQueryString"], "wpad.birchwood.example");
    assert_eq!(
        dns["DnsQueryResult"],
        r#"[{"DnsQueryType":"CNAME","Result":"proxy.birchwood.example"},{"DnsQueryType":"A","Result":"10.0.0.6"},{"DnsQueryType":"AAAA","Result":"2001:db8::6"}]"#
    );
    assert_eq!(
        ran.tally("DeviceEvents", "InitiatingProcessParentFileName"),
        tally(&[("explorer.exe", 1)])
    );
}

#[test]
fn the_sample_of_evtx_is_what_its_generator_makes() {
    let folder = tempfile::tempdir().unwrap();
    let made = std::process::Command::new("python3")
        .arg(samples().join("formats/make_evtx.py"))
        .arg(folder.path())
        .status();
    if !made.is_ok_and(|status| status.success()) {
        #[allow(clippy::print_stderr)]
        {
            eprintln!("skipped: no python3");
        }
        return;
    }
    let made = std::fs::read(folder.path().join("windows/events.evtx")).unwrap();
    let kept = std::fs::read(samples().join("formats/windows/events.evtx")).unwrap();
    assert!(made == kept);
}

#[test]
fn a_damaged_chunk_costs_itself_and_is_told() {
    const CHUNK: usize = 65_536;
    let good = std::fs::read(samples().join("formats/windows/events.evtx")).unwrap();
    let (header, chunk) = good.split_at(4096);
    let mut bad = chunk.to_vec();
    bad[..8].copy_from_slice(b"garbage!");
    let three = [header, chunk, &bad, chunk].concat();
    let ran = ingest_text("three.evtx", &three);
    assert_eq!(ran.counts(), [23, 16, 1, 6]);
    assert_eq!(ran.reject_codes(), ["bad_chunk"]);
    assert_eq!(ran.rejects[0].offset, 4096 + CHUNK as u64);
    let cut = ingest_text("cut.evtx", &three[..4096 + CHUNK + 5000]);
    assert_eq!(cut.counts(), [12, 8, 1, 3]);
    assert_eq!(cut.reject_codes(), ["cut_off"]);
}

#[test]
fn events_in_xml_are_read_with_and_without_a_root_and_in_utf_16() {
    let text = std::fs::read_to_string(samples().join("formats/windows/events.xml")).unwrap();
    let bare = ingest_text("bare.xml", &text);
    assert_eq!(bare.counts(), [6, 5, 0, 1]);
    assert_eq!(
        network(&bare),
        [
            "09:12:44.901 ConnectionSuccess 10.0.1.14 50311 203.0.113.77 443",
            // A UDP server is the source, whatever `Initiated` says.
            "09:13:30.25 InboundConnectionAccepted 10.0.1.14 53 10.0.1.11 55012",
            "09:12:50.1234567 ConnectionFailed 0.0.0.0 8443  ",
            "09:12:51. ConnectionFailed 10.0.1.14 50312 203.0.113.77 8443",
        ]
    );
    assert_eq!(bare.fields(2)["BlockedOperation"], "Listen");
    let rooted = format!("<?xml version=\"1.0\"?>\r\n<Events>\r\n{text}</Events>\r\n");
    let rooted = ingest_text("rooted.xml", rooted);
    assert_eq!(rooted.counts(), [6, 5, 0, 1]);
    assert_eq!(network(&rooted), network(&bare));
    let wide: Vec<u8> = std::iter::once(0xfeff)
        .chain(text.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    assert_eq!(network(&ingest_text("wide.xml", wide)), network(&bare));
}

#[test]
fn a_cut_event_of_xml_costs_itself() {
    let text = std::fs::read_to_string(samples().join("formats/windows/events.xml")).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let cut = format!("{}\n{}\nstray\n{}", &lines[0][..300], lines[1], lines[2]);
    let ran = ingest_text("cut.xml", cut);
    assert_eq!(ran.counts(), [4, 2, 2, 0]);
    assert_eq!(ran.reject_codes(), ["no_event", "no_event"]);
}

#[test]
fn each_shippers_json_gives_the_events() {
    let beat = sample("windows/winlogbeat.ndjson");
    assert_eq!(beat.counts(), [5, 3, 0, 2]);
    let columns = [ENDS, &["InitiatingProcessSHA256", "Protocol"]].concat();
    let hash = "ab".repeat(32);
    assert_eq!(
        events(&beat, "DeviceNetworkEvents", &columns),
        [
            format!("10:15:20.45 ConnectionSuccess 10.0.1.12 50411 10.0.0.6 8080 {hash} Tcp"),
            format!("10:16:00.125 ConnectionSuccess 10.0.1.12 50412 198.51.100.20 443 {hash} Tcp"),
        ]
    );
    let cmd = sample("windows/evtxecmd.json");
    assert_eq!(
        network(&cmd),
        [
            "14:22:37.12 ConnectionSuccess 10.0.1.15 50611 10.0.0.6 8080",
            "14:22:37.13 ConnectionSuccess 10.0.1.16 50512 10.0.0.6 8080",
        ]
    );
}

#[test]
fn nxlogs_local_time_is_never_guessed() {
    let unzoned = sample("windows/nxlog.ndjson");
    assert_eq!(unzoned.counts(), [4, 2, 1, 1]);
    assert_eq!(unzoned.reject_codes(), ["local_time"]);
    assert!(unzoned.rejects[0].message.contains("--tz"));
    let zoned = sample_with("windows/nxlog.ndjson", &zone("Europe/Berlin"));
    assert_eq!(
        network(&zoned),
        [
            "10:48:03.73 ConnectionSuccess ::1 50511 ::1 8080",
            "10:48:03. ConnectionSuccess 10.0.1.16 50512 10.0.0.6 8080",
            "10:48:04.25 ConnectionSuccess 10.0.1.16 50513 10.0.0.6 8080",
        ]
    );
}

#[test]
fn zeeks_inspected_logs_have_their_action_types_and_one_direction() {
    let logs = ["ssh", "smtp", "ftp", "ntlm"];
    let actions: Vec<_> = logs
        .iter()
        .flat_map(|log| network(&sample(&format!("zeek/{log}.log"))))
        .collect();
    assert_eq!(
        actions,
        [
            "09:00:00.1 SshConnectionInspected 10.0.1.14 50701 203.0.113.80 22",
            "09:01:40.2 SshConnectionInspected 10.0.2.5 22 198.51.100.99 41000",
            "09:03:20.3 SmtpConnectionInspected 10.0.2.5 50801 192.0.2.25 25",
            "09:03:21.3 SmtpConnectionInspected 10.0.2.5 50802 192.0.2.25 587",
            "09:05:00.4 FtpConnectionInspected 10.0.1.14 50901 203.0.113.81 21",
            "09:06:40.5 NtlmAuthenticationInspected 10.0.1.12 51001 10.0.2.5 445",
        ]
    );
    let ssh = sample("zeek/ssh.log");
    let text = &ssh.column("DeviceNetworkEvents", "AdditionalFields")[0];
    assert_eq!(text.matches("\"direction\"").count(), 1);
    assert_eq!(ssh.fields(0)["auth_success"], "true");
    assert_eq!(
        sample("zeek/smtp.log").fields(0)["rcptto"],
        r#"["it@partner.example","ops@partner.example"]"#
    );
}

#[test]
fn a_lease_says_who_has_an_address_and_a_mere_discovery_does_not() {
    let ran = sample("zeek/dhcp.log");
    assert_eq!(ran.counts(), [13, 3, 0, 10]);
    assert_eq!(
        events(
            &ran,
            "DeviceNetworkInfo",
            &["DeviceName", "MacAddress", "IPAddresses"]
        ),
        [
            r#"07:05:00. ws-03.birchwood.example 02-00-00-00-01-13 [{"IPAddress":"10.0.1.13","SubnetPrefix":null,"AddressType":"Private"}]"#,
            r#"07:06:40. guest-7.visitors.example 02-00-00-00-01-77 [{"IPAddress":"10.0.1.77","SubnetPrefix":null,"AddressType":"Private"}]"#,
            r#"07:10:00. 10.0.1.79 02-00-00-00-01-79 [{"IPAddress":"10.0.1.79","SubnetPrefix":null,"AddressType":"Private"}]"#,
        ]
    );
}

#[test]
fn zeeks_files_and_weird_are_passed_over_with_the_reason() {
    for (log, word) in [("files", "seen on the wire"), ("weird", "no table")] {
        let ran = sample(&format!("zeek/{log}.log"));
        let (Outcome::Failed(reason) | Outcome::Skipped(reason)) = &ran.file().outcome else {
            panic!("{}", ran.report)
        };
        assert!(reason.contains(word), "{reason}");
    }
}

#[test]
fn suricatas_alerts_have_the_flows_sides_and_not_the_packets() {
    let ran = sample("suricata-eve/eve.json");
    assert_eq!(ran.counts(), [16, 14, 0, 2]);
    assert_eq!(
        network(&ran),
        [
            "09:15:20.61 HttpConnectionInspected 10.0.1.12 50411 10.0.0.6 8080",
            "09:15:20.7 SslConnectionInspected 10.0.1.12 50411 10.0.0.6 8080",
            "09:15:20.91 NetworkSignatureInspected 10.0.1.12 50411 10.0.0.6 8080",
            "09:16:00. NetworkSignatureInspected 10.0.1.14 50311 203.0.113.77 443",
            "09:17:00. NetworkSignatureInspected 10.0.1.11 50999 198.51.100.44 80",
            "09:17:10. DnsConnectionInspected 10.0.1.11 53001 10.0.2.2 53",
            "09:17:10.012 DnsConnectionInspected 10.0.1.11 53001 10.0.2.2 53",
            "09:17:11. DnsConnectionInspected 10.0.1.11 53002 10.0.2.2 53",
            "09:17:12. DnsConnectionInspected 10.0.1.11 53003 10.0.2.2 53",
            // The start of the flow, not the moment at which it was given up.
            "09:15:20.45012 ConnectionSuccess 10.0.1.12 50411 10.0.0.6 8080",
            "09:13:30. ConnectionFailed 10.0.1.14 50320 203.0.113.77 8443",
            "12:20:10. ConnectionAttempt 10.0.1.12 50330 192.0.2.31 443",
            "08:00:00. InboundConnectionAccepted 10.0.2.5 22 198.51.100.7 40000",
            "07:05:00. IcmpConnectionInspected 10.0.1.11  10.0.0.6 ",
        ]
    );
    let (known, lone) = (ran.fields(2), ran.fields(4));
    assert_eq!(known["SignatureName"], "HUNTQL TEST phishing kit");
    assert_eq!(
        (&known["SidesFrom"], &known["direction"]),
        (&"flow".into(), &"Out".into())
    );
    assert_eq!(lone["SidesFrom"], "packet");
    assert!(lone.get("direction").is_none());
    assert_eq!(
        ran.fields(6)["answers"],
        r#"["cdn.supplier.example","192.0.2.40"]"#
    );
    assert_eq!(ran.fields(7)["answers"], r#"["10.0.2.5"]"#);
    assert_eq!(ran.fields(8)["query"], "news.example");
    assert_eq!(ran.fields(1)["version"], "TLSv13");
}

#[test]
fn suricatas_inspected_rows_name_their_target_when_that_is_asked_for() {
    let options = Options {
        url_fill: huntql_ingest::options::UrlFill::FromInspection,
        ..Options::default()
    };
    let ran = sample_with("suricata-eve/eve.json", &options);
    assert_eq!(
        ran.tally("DeviceNetworkEvents", "RemoteUrl"),
        tally(&[("", 12), ("phish-login.example", 2)])
    );
}

#[test]
fn the_firewalls_log_is_refused_without_its_zone() {
    let ran = sample("windows-firewall/pfirewall.log");
    let Outcome::Failed(reason) = &ran.file().outcome else {
        panic!("{}", ran.report)
    };
    assert!(reason.contains("--tz"), "{reason}");
    assert!(ran.batches.is_empty());
}

#[test]
fn the_firewalls_log_tells_allowed_dropped_and_lost() {
    let ran = sample_with("windows-firewall/pfirewall.log", &zone("Europe/Berlin"));
    assert_eq!(ran.counts(), [13, 6, 0, 7]);
    assert_eq!(
        network(&ran),
        [
            "09:12:44. ConnectionSuccess 10.0.1.14 50311 203.0.113.77 443",
            "09:13:01. InboundConnectionAccepted 10.0.1.14 445 10.0.1.11 50122",
            "09:13:30. ConnectionFailed 10.0.1.14 50320 203.0.113.77 8443",
            "09:14:00. InboundConnectionAttempt 10.0.1.255 137 10.0.1.12 137",
            "09:14:10. InboundConnectionAttempt 10.0.1.14  198.51.100.9 ",
            "09:14:20. ConnectionSuccess 10.0.1.14 50322 10.0.0.6 8080",
        ]
    );
    assert_eq!(
        ran.tally("DeviceNetworkEvents", "InitiatingProcessId"),
        tally(&[("0", 1), ("4", 2), ("7788", 2), ("~", 1)])
    );
    assert_eq!(ran.file().unmapped["pfirewall INFO-EVENTS-LOST"], 1);
    assert!(
        ran.file()
            .notes
            .iter()
            .any(|note| note.contains("59 events"))
    );
}

#[test]
fn a_vpc_flow_is_a_connection_only_where_its_flags_say_who_asked_and_who_answered() {
    let ran = sample("aws-vpc-flow/header.log");
    assert_eq!(ran.counts(), [7, 4, 0, 3]);
    assert_eq!(
        network(&ran),
        [
            "09:00:00. ConnectionAttempt 10.0.3.10 40001 203.0.113.90 443",
            "09:00:00. ConnectionSuccess 10.0.3.10 40001 203.0.113.90 443",
            "09:01:00. InboundConnectionAttempt 10.0.3.10 22 198.51.100.50 55000",
            "09:01:00. ConnectionFound 10.0.3.10 53111 10.0.3.2 53",
        ]
    );
    assert!(ran.file().notes[0].contains("SKIPDATA"));
    let old = sample("aws-vpc-flow/version2.log");
    assert_eq!(
        network(&old),
        [
            "09:00:00. ConnectionFound 10.0.3.10 40001 203.0.113.90 443",
            "09:00:00. ConnectionFailed 10.0.3.10 40002 198.51.100.51 25",
        ]
    );
}

#[test]
fn osquerys_sockets_are_events_whatever_the_result_is_wrapped_in() {
    let ran = sample("osquery/osqueryd.results.log");
    // Seven lines, of which a snapshot has three rows and a batch two.
    assert_eq!(ran.counts(), [10, 6, 0, 4]);
    let columns = [ENDS, &["InitiatingProcessFileName"]].concat();
    assert_eq!(
        events(&ran, "DeviceNetworkEvents", &columns),
        [
            "09:29:50. ConnectionSuccess 10.0.1.31 42001 10.0.0.6 8080 curl",
            "09:29:51. ConnectionFailed 10.0.1.31 42001 203.0.113.77 8443 curl",
            "09:29:52. InboundConnectionAccepted 10.0.1.31 22 10.0.1.11 50001 sshd",
            "09:30:00. ListeningConnectionCreated 0.0.0.0 22   sshd",
            "09:30:00. ConnectionFound 10.0.1.31 22 10.0.1.11 50001 sshd",
            "09:30:00. ConnectionFound 10.0.1.31 42002 10.0.0.6 8080 curl",
        ]
    );
    let ids: std::collections::HashSet<String> = ran
        .column("DeviceNetworkEvents", "_record_id")
        .into_iter()
        .collect();
    assert_eq!(ids.len(), 6);
}

#[test]
fn a_flow_whose_time_counts_from_the_routers_start_needs_the_exports_time() {
    let ran = sample("netflow-json/flows.ndjson");
    assert_eq!(ran.counts(), [5, 4, 1, 0]);
    assert_eq!(ran.reject_codes(), ["no_export_time"]);
    assert_eq!(
        network(&ran),
        [
            "09:12:44.901 ConnectionFound 10.0.1.14 50311 203.0.113.77 443",
            "09:13:30.25 ConnectionAttempt 10.0.1.14 50320 203.0.113.77 8443",
            "09:12:44.95 ConnectionFound 10.0.1.14 50311 203.0.113.77 443",
            "09:14:00. ConnectionFound 10.0.1.12 53001 10.0.2.2 53",
        ]
    );
}

#[test]
fn hostile_values_are_rejects() {
    let eve = |ip: &str, time: &str| {
        format!(
            r#"{{"timestamp":"{time}","flow_id":1,"event_type":"http","src_ip":"{ip}","src_port":1,"dest_ip":"192.0.2.1","dest_port":99999999999,"proto":"TCP","http":{{}}}}"#
        )
    };
    let good = eve("10.0.0.1", "2026-03-02T10:00:00+0000").replace("99999999999", "80");
    let lines = [
        good.clone(),
        eve("10.0.0.1", "2026-03-02T10:00:00+0000"),
        eve("10.0.0.999", "2026-03-02T10:00:00+0000"),
        eve("10.0.0.1", "2026-03-02T10:00:00"),
        r#"{"timestamp":1,"event_type":["http"],"flow_id":1}"#.to_owned(),
        "{\"event_type\":\"http\"".to_owned(),
    ];
    let ran = ingest_text("eve.json", lines.join("\n"));
    assert_eq!(ran.counts(), [6, 1, 5, 0]);
    assert_eq!(
        ran.reject_codes(),
        [
            "bad_port",
            "bad_address",
            "bad_time",
            "no_event_type",
            "bad_json"
        ]
    );
    let vpc = "version srcaddr dstaddr start action protocol\n2 x 10.0.0.1 1772442000 ACCEPT 6\n2 10.0.0.1 192.0.2.1 99999999999999999999 ACCEPT 6\n2 10.0.0.1 192.0.2.1 1772442000 MAYBE 6\n2 10.0.0.1\n";
    let ran = ingest_text("flow.log", vpc);
    assert_eq!(
        ran.reject_codes(),
        ["bad_address", "bad_time", "bad_action", "field_count"]
    );
}

#[test]
fn a_header_that_repeats_with_other_fields_holds_for_the_lines_after_it() {
    let text = "srcaddr dstaddr start action protocol\n10.0.0.1 192.0.2.1 1772442000 REJECT 6\n\
                dstaddr srcaddr start action protocol\n192.0.2.1 10.0.0.1 1772442000 REJECT 6\n";
    let ran = ingest_text_with("flow.log", text, &Options::default());
    assert_eq!(
        network(&ran),
        [
            "09:00:00. ConnectionFailed 10.0.0.1  192.0.2.1 ",
            "09:00:00. ConnectionFailed 10.0.0.1  192.0.2.1 ",
        ]
    );
}

/// Public files of the sensors' formats: read, kept, rejected, skipped.
const PUBLIC: &[(&str, [u64; 4])] = &[
    (
        "evtx/omerbenamram/Application_no_crc32.evtx",
        [17, 0, 0, 17],
    ),
    (
        "evtx/omerbenamram/Security_short_selected.evtx",
        [7, 1, 0, 6],
    ),
    (
        "evtx/omerbenamram/sample-with-zero-data-size-event.evtx",
        [450, 0, 1, 449],
    ),
    (
        "evtx/omerbenamram/sample_with_a_bad_chunk_magic.evtx",
        [304, 0, 3, 301],
    ),
    ("evtx/omerbenamram/sysmon.evtx", [366, 2, 8, 356]),
    (
        "sysmon_json/cmd_bitsadmin_download_psh_script.zip",
        [424, 23, 0, 401],
    ),
    (
        "sysmon_json/covenant_psremoting_command.zip",
        [4284, 57, 112, 4115],
    ),
    (
        "sysmon_json/empire_launcher_sct_regsvr32.zip",
        [2390, 27, 216, 2147],
    ),
    ("sysmon_json/empire_launcher_vbs.zip", [2067, 12, 40, 2015]),
    ("proxied/zeek/dhcp.log", [66, 57, 0, 9]),
    ("zeek/wrccdc/smtp.log.gz", [1197, 1188, 0, 9]),
    (
        "zeek/btest/scripts.base.protocols.http.http-connect/smtp.log",
        [11, 0, 1, 10],
    ),
];

#[test]
fn each_public_file_of_the_sensors_formats_is_conserved() {
    let Some(data) = public_data() else { return };
    let found: Vec<(&str, [u64; 4])> = PUBLIC
        .iter()
        .map(|(file, _)| {
            (
                *file,
                ingest(&[&data.join(file)], &Options::default()).counts(),
            )
        })
        .collect();
    assert_eq!(found, PUBLIC);
}

#[test]
fn with_their_zone_nxlogs_security_events_lose_nothing() {
    let Some(data) = public_data() else { return };
    let file = data.join("sysmon_json/covenant_psremoting_command.zip");
    let ran = ingest(&[&file], &zone("America/New_York"));
    assert_eq!(ran.counts(), [4284, 169, 0, 4115]);
    // Every row's local end is one of the three hosts' own addresses, a loopback, or a link-local one.
    let own = ["172.18.3", "127.0.0.1", "::1", "fe80::", "0.0.0.0", "::"];
    for local in ran.column("DeviceNetworkEvents", "LocalIP") {
        assert!(own.iter().any(|own| local.starts_with(own)), "{local}");
    }
}

#[test]
fn the_public_firewall_log_is_read_in_its_zone() {
    let Some(data) = public_data() else { return };
    let file = data.join("windows_firewall/plaso/windows_firewall.log");
    let ran = ingest(&[&file], &zone("UTC"));
    assert_eq!(ran.counts(), [19, 11, 0, 8]);
    assert_eq!(
        ran.tally("DeviceNetworkEvents", "ActionType"),
        tally(&[("ConnectionSuccess", 2), ("InboundConnectionAttempt", 9)])
    );
}

/// splitmix64, so that a failure can be repeated.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % n as u64) as usize
    }
}

#[test]
fn event_log_files_of_any_damage_are_conserved() {
    let good = std::fs::read(samples().join("formats/windows/events.evtx")).unwrap();
    // Behind the records there is nothing but zeros.
    let used = good.len() - good.iter().rev().take_while(|byte| **byte == 0).count();
    let mut dice = Dice(11);
    for variant in 0..300 {
        let mut bytes = good.clone();
        match variant % 4 {
            0 => (0..8).for_each(|_| bytes[4096 + dice.below(used - 4096)] ^= 1 << dice.below(8)),
            1 => bytes.truncate(4096 + dice.below(bytes.len() - 4096)),
            2 => {
                let at = 4096 + dice.below(used - 4096 - 600);
                bytes[at..at + dice.below(600)].fill(dice.below(256) as u8);
            }
            _ => {
                let (from, to) = (
                    512 + dice.below(used - 1024),
                    4608 + dice.below(used - 6000),
                );
                let length = dice.below(500);
                let piece = bytes[from..from + length].to_vec();
                bytes[to..to + length].copy_from_slice(&piece);
            }
        }
        let ran = ingest_text("events.evtx", &bytes);
        let counts = ran.file().counts;
        assert!(counts.is_conserved(), "variant {variant}: {}", ran.report);
        assert!(counts.kept <= 8 + 8, "variant {variant}: {}", ran.report);
    }
}

#[test]
fn xml_of_any_damage_is_conserved() {
    let good = std::fs::read(samples().join("formats/windows/events.xml")).unwrap();
    let mut dice = Dice(13);
    for variant in 0..600 {
        let mut bytes = good.clone();
        let at = 400 + dice.below(bytes.len() - 400);
        match variant % 4 {
            0 => bytes[at] ^= 1 << dice.below(8),
            1 => bytes.truncate(at),
            2 => drop(bytes.splice(at..at, *b"<Event ><![CDATA[&#0;\xff")),
            _ => drop(bytes.splice(at..at, vec![b'<'; 3000])),
        }
        let ran = ingest_text("events.xml", &bytes);
        let [_, kept, _, _] = ran.counts();
        // All but the event that was hit, and with a cut those behind it.
        assert!(
            variant % 4 == 1 || kept >= 4,
            "variant {variant}: {}",
            ran.report
        );
    }
}
