//! Public logs of the formats on the list: what is read, kept, rejected and skipped, pinned file by file.

use crate::support::{ingest, public_data, tally};
use huntql_ingest::{Options, Outcome};

/// File, then read, kept, rejected, skipped.
const READ: &[(&str, [u64; 4])] = &[
    ("proxied/zeek/conn.log", [472, 463, 0, 9]),
    ("proxied/zeek/dns.log", [951, 942, 0, 9]),
    ("proxied/zeek/http.log", [416, 407, 0, 9]),
    ("proxied/zeek/ssl.log", [416, 407, 0, 9]),
    ("squid/fail2ban/squid", [13, 4, 0, 9]),
    // Their times have been made unreadable by Zeek's own test harness.
    (
        "zeek/btest/scripts.base.protocols.http.http-connect/conn.log",
        [11, 0, 1, 10],
    ),
    (
        "zeek/btest/scripts.base.protocols.http.http-connect/http.log",
        [11, 0, 1, 10],
    ),
    (
        "zeek/btest/scripts.base.protocols.http.http-connect-with-header/conn.log",
        [11, 0, 1, 10],
    ),
    (
        "zeek/btest/scripts.base.protocols.http.http-connect-with-header/http.log",
        [11, 0, 1, 10],
    ),
    ("zeek/lnav/conn.log", [101, 92, 0, 9]),
    ("zeek/lnav/http.log", [206, 197, 0, 9]),
    (
        "zeek/otrf-apt29-json/day1_combined_zeek.log",
        [2140, 1106, 0, 1034],
    ),
    (
        "zeek/otrf-apt29-json/day2_combined_zeek.log",
        [5664, 2109, 0, 3555],
    ),
    (
        "zeek/rita-hostile/has_unknown_field_http.log",
        [13, 4, 1, 8],
    ),
    (
        "zeek/rita-hostile/json_with_all_fields_conn.log",
        [29, 29, 0, 0],
    ),
    (
        "zeek/rita-hostile/json_with_all_fields_dns.log",
        [34, 34, 0, 0],
    ),
    (
        "zeek/rita-hostile/json_with_all_fields_http.log",
        [10, 10, 0, 0],
    ),
    (
        "zeek/rita-hostile/json_with_all_fields_ssl.log",
        [10, 10, 0, 0],
    ),
    ("zeek/rita-hostile/truncated_conn.log", [67, 58, 1, 8]),
    ("zeek/rita-hostile/truncated_conn_json.log", [4, 3, 1, 0]),
    ("zeek/wrccdc/dns.json.gz", [53615, 53615, 0, 0]),
    ("zeek/wrccdc/dns.log.gz", [53624, 53615, 0, 9]),
    ("zeek/wrccdc/ssl.json.gz", [49474, 49474, 0, 0]),
    ("zeek/wrccdc/ssl.log.gz", [49483, 49474, 0, 9]),
];

/// Files of which nothing is read, and a word of the reason.
const SKIPPED: &[(&str, &str)] = &[
    (
        "zeek/rita-hostile/text_file_conn.log",
        "not a network or proxy log",
    ),
    ("zeek/rita-hostile/truncated_conn_top.log", "`#fields`"),
    ("zeek/wrccdc/x509.log.gz", "`x509`"),
    ("proxied/zeek/weird.log", "`weird`"),
    (
        "squid/azure-sentinel/SquidProxy_WebSession_excerpt.csv",
        "Log Analytics",
    ),
    ("auditd/plaso/audit_enriched.log", "auditd's log"),
    ("aws_elb/plaso/aws_elb_access.log", "AWS load balancer"),
    ("compression/plaso/syslog.gz", "looks like syslog"),
    ("hostile/lnav/logfile_cloudflare.json", "Cloudflare"),
    ("windows_firewall/plaso/windows_firewall.log", "--tz"),
];

#[test]
fn each_file_of_the_formats_on_the_list_is_conserved() {
    let Some(data) = public_data() else { return };
    let found: Vec<(&str, [u64; 4])> = READ
        .iter()
        .map(|(file, _)| {
            (
                *file,
                ingest(&[&data.join(file)], &Options::default()).counts(),
            )
        })
        .collect();
    assert_eq!(found, READ);
}

#[test]
fn what_is_no_log_of_the_list_is_refused_by_name_and_not_half_read() {
    let Some(data) = public_data() else { return };
    for (file, word) in SKIPPED {
        let ran = ingest(&[&data.join(file)], &Options::default());
        let (Outcome::Skipped(reason) | Outcome::Failed(reason)) = &ran.file().outcome else {
            panic!("{file} was read: {}", ran.report)
        };
        assert!(reason.contains(word), "{file}: {reason}");
        assert_eq!(
            (ran.file().counts.read, ran.batches.len()),
            (0, 0),
            "{file}"
        );
    }
}

#[test]
fn a_folder_of_anything_is_read_without_failing() {
    let Some(data) = public_data() else { return };
    let ran = ingest(
        &[
            &data.join("rules"),
            &data.join("hostile"),
            &data.join("zeek/lnav"),
        ],
        &Options::default(),
    );
    assert!(!ran.report.has_failures(), "{}", ran.report);
    assert_eq!(ran.report.counts().kept, 92 + 197);
}

#[test]
fn connections_of_the_real_proxied_capture_are_counted_with_and_without_the_proxy() {
    let Some(data) = public_data() else { return };
    let ran = ingest(&[&data.join("proxied/zeek/conn.log")], &Options::default());
    let actions = ran.column("DeviceNetworkEvents", "ActionType");
    let remote = ran.column("DeviceNetworkEvents", "RemoteIP");
    let success: Vec<&String> = remote
        .iter()
        .zip(&actions)
        .filter(|(_, action)| *action == "ConnectionSuccess")
        .map(|(ip, _)| ip)
        .collect();
    let direct = success
        .iter()
        .filter(|ip| ip.as_str() != "10.136.0.16")
        .count();
    assert_eq!((success.len(), direct), (407, 0));
    assert_eq!(
        ran.tally("DeviceNetworkEvents", "ActionType"),
        tally(&[("ConnectionSuccess", 407), ("IcmpConnectionInspected", 56)])
    );
}

/// A folder of the public data, the formats by which its files may be read, and words of the refusals of the others. Every
/// file is one or the other.
const VERDICTS: &[(&str, &[&str], &[&str])] = &[
    ("3proxy", &["3proxy"], &[]),
    ("SOURCES.md", &[], &["not a network or proxy log"]),
    ("apache", &[], &["a web server's access log"]),
    ("auditd", &[], &["auditd's log"]),
    ("aws_elb", &[], &["an access log of an AWS load balancer"]),
    (
        "compression",
        &[],
        &["syslog", "a bzip2 stream", "an xz stream"],
    ),
    (
        "evtx",
        &["windows-evtx"],
        &["(EVTX)", "no records", "mapped"],
    ),
    ("haproxy", &["haproxy"], &[]),
    (
        "hostile",
        &[],
        &[
            "a web server's access log",
            "syslog",
            "Cloudflare",
            "JSON of some other kind",
            "not a network or proxy log",
        ],
    ),
    (
        "proxied/make_proxy_log.py",
        &[],
        &["not a network or proxy log"],
    ),
    ("proxied/zeek", &["zeek-tsv"], &["it is Zeek's"]),
    (
        "proxy_config",
        &["connectivity"],
        &["netsh winhttp show proxy", "not a network or proxy log"],
    ),
    ("rules", &[], &["YAML", "not a network or proxy log"]),
    ("squid/azure-sentinel", &[], &["Log Analytics"]),
    ("squid/fail2ban", &["squid"], &[]),
    ("suricata", &[], &["fast.log"]),
    (
        "sysmon_json",
        &["windows-json"],
        &["JSON of some other kind"],
    ),
    ("w3c", &[], &["W3C's extended format"]),
    ("watchlists.json", &[], &["JSON of some other kind"]),
    (
        "windows_firewall",
        &["windows-firewall"],
        &["W3C's extended format"],
    ),
    (
        "zeek",
        &["zeek-tsv", "zeek-json"],
        &[
            "packet capture",
            "it is Zeek's",
            "#fields",
            "not a network or proxy log",
        ],
    ),
];

/// Files with rejects, and how many: they have been read, and are as bad as that.
const REJECTS: &[(&str, u64)] = &[
    // Damaged chunks cost themselves, and are told.
    ("evtx/omerbenamram/sample-with-zero-data-size-event.evtx", 1),
    ("evtx/omerbenamram/sample_with_a_bad_chunk_magic.evtx", 3),
    ("evtx/omerbenamram/sysmon.evtx", 8),
    // Times that Zeek's own test harness has made unreadable.
    (
        "zeek/btest/scripts.base.protocols.http.http-connect/smtp.log",
        1,
    ),
    (
        "zeek/btest/scripts.base.protocols.http.http-connect/conn.log",
        1,
    ),
    (
        "zeek/btest/scripts.base.protocols.http.http-connect/http.log",
        1,
    ),
    (
        "zeek/btest/scripts.base.protocols.http.http-connect-with-header/conn.log",
        1,
    ),
    (
        "zeek/btest/scripts.base.protocols.http.http-connect-with-header/http.log",
        1,
    ),
    ("zeek/rita-hostile/has_unknown_field_http.log", 1),
    ("zeek/rita-hostile/truncated_conn.log", 1),
    ("zeek/rita-hostile/truncated_conn_json.log", 1),
];

#[test]
fn every_public_file_is_read_by_its_format_or_refused_by_name() {
    let Some(data) = public_data() else { return };
    let options = Options {
        time_zone: Some(jiff::tz::TimeZone::UTC),
        ..Options::default()
    };
    let ran = ingest(&[&data], &options);
    let mut wrong = Vec::new();
    for file in &ran.report.files {
        let name = file
            .file
            .strip_prefix(&format!("{}/", data.display()))
            .unwrap();
        let Some((_, formats, refusals)) = VERDICTS
            .iter()
            .find(|(folder, _, _)| name.starts_with(folder))
        else {
            wrong.push(format!("{name}: no verdict is pinned for its folder"));
            continue;
        };
        let rejects = REJECTS
            .iter()
            .find(|(known, _)| *known == name)
            .map_or(0, |(_, count)| *count);
        let is_right = match &file.outcome {
            Outcome::Read => {
                formats.contains(&file.format.unwrap_or_default())
                    && file.counts.is_conserved()
                    && file.counts.rejected == rejects
            }
            Outcome::Skipped(reason) => refusals.iter().any(|word| reason.contains(word)),
            Outcome::Failed(_) | Outcome::AlreadyKnown => false,
        };
        if !is_right {
            wrong.push(file.to_string());
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(ran.report.files.len() > 300);
}
