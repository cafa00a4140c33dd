//! The record formats of proxies and firewalls: each sample and the events it becomes.

use crate::support::{Ran, ingest, ingest_text, ingest_text_with, samples};
use huntql_ingest::{Options, Outcome};

fn zone(name: &str) -> Options {
    Options {
        time_zone: Some(jiff::tz::TimeZone::get(name).unwrap()),
        ..Options::default()
    }
}

/// A row as one line: seconds since 09:15 UTC of the samples' day, action, protocol, ends, URL, and the named fields.
fn rows(ran: &Ran) -> Vec<String> {
    const DAY_TICK: i64 = 639_080_397_000_000_000;
    let column = |name: &str| ran.column("DeviceNetworkEvents", name);
    let (times, actions, protocols) = (
        column("Timestamp"),
        column("ActionType"),
        column("Protocol"),
    );
    let (devices, locals, local_ports) =
        (column("DeviceName"), column("LocalIP"), column("LocalPort"));
    let (remotes, remote_ports, urls) = (
        column("RemoteIP"),
        column("RemotePort"),
        column("RemoteUrl"),
    );
    let shown = [
        "ProxyResult",
        "ProxyAction",
        "FirewallAction",
        "method",
        "status_code",
        "username",
        "TargetIP",
        "TargetPort",
        "duration",
        "Category",
        "ProcessName",
        "request_body_len",
        "response_body_len",
        "orig_bytes",
        "resp_bytes",
    ];
    (0..times.len())
        .map(|row| {
            let fields = ran.fields(row);
            let seconds = (times[row].parse::<i64>().unwrap() - DAY_TICK) as f64 / 1e7;
            let named: Vec<String> = shown
                .iter()
                .filter_map(|key| Some(format!("{key}={}", fields[key].as_str()?)))
                .collect();
            format!(
                "{seconds} {} {} {} {}:{} {}:{} {} {}",
                actions[row],
                protocols[row],
                devices[row],
                locals[row],
                local_ports[row],
                remotes[row],
                remote_ports[row],
                urls[row],
                named.join(" ")
            )
        })
        .collect()
}

fn sample(name: &str, format: &str, options: &Options) -> (Ran, [u64; 4]) {
    let ran = ingest(&[&samples().join("formats").join(name)], options);
    assert_eq!(ran.file().format, Some(format), "{}", ran.report);
    assert_eq!(ran.file().outcome, Outcome::Read, "{}", ran.report);
    let counts = ran.counts();
    assert_eq!(counts[2], 0, "{:?}", ran.rejects);
    (ran, counts)
}

const ALL: &[(&str, &str, &str)] = &[
    ("fortinet/fortigate.log", "fortinet", ""),
    ("zscaler/web.ndjson", "zscaler", ""),
    ("zscaler/web.kv", "zscaler", ""),
    ("zscaler/web.csv", "zscaler", ""),
    ("paloalto/pan.csv", "paloalto", "Europe/Berlin"),
    ("skyhigh/feed.log", "skyhigh", ""),
    ("skyhigh/feed.csv", "skyhigh", ""),
    ("mcafee/access.log", "mcafee", ""),
    ("umbrella/proxy.csv", "umbrella", ""),
    ("forcepoint/cef.log", "forcepoint", ""),
    ("forcepoint/leef.log", "forcepoint", "UTC"),
    ("forcepoint/pairs.log", "forcepoint", "UTC"),
    ("netskope/events.ndjson", "netskope", ""),
    ("netskope/cef.log", "netskope", ""),
    ("cef/events.log", "cef", ""),
    ("leef/events.log", "leef", ""),
];

/// All samples as [`rows`], with their counts, read, kept, rejected and skipped.
#[test]
fn each_sample_becomes_the_events_that_were_checked_by_hand() {
    let mut told = String::new();
    for (file, format, tz) in ALL {
        let options = if tz.is_empty() {
            Options::default()
        } else {
            zone(tz)
        };
        let (ran, counts) = sample(file, format, &options);
        told.push_str(&format!("== {file} {counts:?}\n"));
        rows(&ran)
            .iter()
            .for_each(|row| told.push_str(&format!("{row}\n")));
    }
    let expected = include_str!("records.expected");
    let different = told
        .lines()
        .zip(expected.lines())
        .find(|(told, expected)| told != expected);
    assert!(
        told == expected,
        "first difference: {different:#?}\nall:\n{told}"
    );
}

#[test]
fn fields_that_no_column_has_keep_their_names_in_additional_fields() {
    let (ran, _) = sample("fortinet/fortigate.log", "fortinet", &Options::default());
    let fields = ran.fields(0);
    assert_eq!(fields["ProxyLog"], "fortinet");
    assert_eq!(
        (&fields["policyid"], &fields["log_method"]),
        (&"2".into(), &"domain".into())
    );
    let traffic = ran.fields(2);
    assert_eq!(
        (&traffic["FirewallLog"], traffic.get("ProxyLog")),
        (&"fortinet".into(), None)
    );
}

#[test]
fn local_times_without_a_zone_fail_the_file_and_name_the_option() {
    for file in [
        "paloalto/pan.csv",
        "forcepoint/leef.log",
        "forcepoint/pairs.log",
    ] {
        let ran = ingest(
            &[&samples().join("formats").join(file)],
            &Options::default(),
        );
        let Outcome::Failed(message) = &ran.file().outcome else {
            panic!("{file}: {}", ran.report)
        };
        assert!(message.contains("--tz"), "{file}: {message}");
        assert!(ran.batches.is_empty());
    }
}

#[test]
fn a_year_that_the_log_leaves_out_is_told_as_such() {
    let (ran, _) = sample("forcepoint/leef.log", "forcepoint", &zone("UTC"));
    assert!(
        ran.file().notes.iter().any(|note| note.contains("no year")),
        "{}",
        ran.report
    );
}

const LEEF: &str = "LEEF:1.0|V|P|1|allow|devTime=TIME\tsrc=10.0.0.1\turl=http://a.example/\n";

#[test]
fn a_numeric_date_goes_the_way_of_the_whole_file_or_needs_date_order() {
    let file = |times: &[&str]| -> String {
        times
            .iter()
            .map(|time| LEEF.replace("TIME", time))
            .collect()
    };
    let decided = file(&["06/04/2025 14:08:00", "15/04/2025 14:08:00"]);
    let ran = ingest_text_with("a.log", decided, &zone("UTC"));
    assert_eq!(ran.counts(), [2, 2, 0, 0], "{}", ran.report);
    let days: Vec<i64> = ran
        .column("DeviceNetworkEvents", "Timestamp")
        .iter()
        .map(|tick| tick.parse::<i64>().unwrap() / 864_000_000_000)
        .collect();
    assert_eq!(days[1] - days[0], 9);
    let ran = ingest_text_with("a.log", file(&["06/04/2025 14:08:00"]), &zone("UTC"));
    let Outcome::Failed(message) = &ran.file().outcome else {
        panic!("{}", ran.report)
    };
    assert!(message.contains("--date-order"), "{message}");
}

#[test]
fn what_is_wrong_with_a_record_is_its_reject() {
    let good = "date=2026-03-02 time=10:15:40 tz=\"+0100\" devid=\"F\" type=\"traffic\" subtype=\"forward\" srcip=10.0.1.12 srcport=5 dstip=192.0.2.33 dstport=80 proto=6 action=\"accept\"";
    let lines = [
        good.to_owned(),
        good.replace("srcip=10.0.1.12", "srcip=10.0.1.300"),
        good.replace("accept", "acxept"),
        good.replace("10:15:40", "10:75:40"),
        good.replace("\"accept\"", "\"accept"),
        good.replace("date=2026-03-02 ", "date="),
        good.replace("devid=\"F\"", "x=1"),
    ];
    let ran = ingest_text("a.log", lines.join("\n"));
    assert_eq!(ran.counts(), [7, 1, 6, 0], "{:?}", ran.rejects);
    let expected = [
        "bad_address",
        "unknown_action",
        "bad_time",
        "unclosed_quote",
        "bad_pair",
        "other_format",
    ];
    let codes = ran.reject_codes();
    assert_eq!((&codes[..4], codes[5]), (&expected[..4], expected[5]));
}

#[test]
fn other_logs_of_a_product_are_told_by_name() {
    let ran = ingest(
        &[&samples().join("formats/umbrella/dns.csv")],
        &Options::default(),
    );
    let (Outcome::Failed(message) | Outcome::Skipped(message)) = &ran.file().outcome else {
        panic!("{}", ran.report)
    };
    assert!(message.contains("Umbrella dns"), "{message}");
}
