//! Proxy logs that follow a format string or a header: the samples' events, the user's own formats, and public logs.

use crate::support::{Ran, ingest, ingest_text_with, public_data, samples, tally};
use huntql_ingest::{IngestError, Options, Outcome, ingest_paths};
use jiff::tz::TimeZone;

fn in_berlin() -> Options {
    Options {
        time_zone: Some(TimeZone::get("Europe/Berlin").unwrap()),
        ..Options::default()
    }
}

fn sample(name: &str, options: &Options) -> Ran {
    ingest(&[&samples().join("formats").join(name)], options)
}

fn with_logformat(text: &str) -> Options {
    Options {
        logformat: Some(text.to_owned()),
        ..in_berlin()
    }
}

/// The values of a key of `AdditionalFields`; `~` where a row has none.
fn field(ran: &Ran, key: &str) -> Vec<String> {
    let rows = ran.column("DeviceNetworkEvents", "AdditionalFields").len();
    (0..rows)
        .map(|row| match &ran.fields(row)[key] {
            serde_json::Value::String(text) => text.clone(),
            _ => "~".to_owned(),
        })
        .collect()
}

fn column(ran: &Ran, name: &str) -> Vec<String> {
    ran.column("DeviceNetworkEvents", name)
}

/// Ticks of a time of day on 2 March 2026, in UTC.
fn clock(text: &str) -> String {
    let midnight = huntql_ingest::time::day_tick(2026, 3, 2).unwrap();
    let (ticks, _) = huntql_ingest::time::clock_ticks(text.as_bytes()).unwrap();
    (midnight + ticks).to_string()
}

/// Sample, format, then read, kept, rejected, skipped.
const SAMPLES: &[(&str, &str, [u64; 4])] = &[
    ("squid-logformat/port.log", "squid-logformat", [6, 6, 0, 0]),
    (
        "squid-logformat/combined.log",
        "squid-logformat",
        [4, 4, 0, 0],
    ),
    ("haproxy/haproxy.log", "haproxy", [7, 5, 0, 2]),
    ("3proxy/3proxy.log", "3proxy", [6, 6, 0, 0]),
    ("apache/access.log", "apache", [4, 4, 0, 0]),
    ("w3c/proxysg.log", "w3c", [18, 8, 0, 10]),
    ("w3c/wsa.log", "w3c", [8, 3, 0, 5]),
    ("w3c/tmg.log", "w3c", [7, 3, 0, 4]),
    ("wsa/aclog.log", "wsa", [3, 3, 0, 0]),
];

#[test]
fn each_sample_is_recognised_and_every_record_of_it_is_kept() {
    let found: Vec<(&str, String, [u64; 4])> = SAMPLES
        .iter()
        .map(|(name, _, _)| {
            let ran = sample(name, &in_berlin());
            let format = ran.file().format.unwrap_or_default().to_owned();
            (*name, format, ran.counts())
        })
        .collect();
    let expected: Vec<(&str, String, [u64; 4])> = SAMPLES
        .iter()
        .map(|(name, format, counts)| (*name, (*format).to_owned(), *counts))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn squids_port_behind_the_line_is_the_clients_and_its_time_is_the_end() {
    let ran = sample("squid-logformat/port.log", &Options::default());
    assert_eq!(column(&ran, "LocalPort")[..2], ["50123", "50733"]);
    assert_eq!(column(&ran, "RemoteUrl")[0], "www.bank.example");
    assert_eq!(column(&ran, "Timestamp")[0], clock("08:01:00.125"));
    assert_eq!(
        field(&ran, "ProxyResult"),
        [
            "Allowed",
            "Allowed",
            "Denied",
            "AuthenticationRequired",
            "Failed",
            "Allowed"
        ]
    );
    assert_eq!(field(&ran, "TargetPort")[4], "8443");
}

#[test]
fn haproxys_local_times_need_a_zone_and_are_starts() {
    let without = sample("haproxy/haproxy.log", &Options::default());
    let Outcome::Failed(reason) = &without.file().outcome else {
        panic!("{}", without.report)
    };
    assert!(reason.contains("--tz"), "{reason}");
    let ran = sample("haproxy/haproxy.log", &in_berlin());
    assert_eq!(column(&ran, "Timestamp")[0], clock("08:02:35.439"));
    assert_eq!(
        column(&ran, "RemoteUrl"),
        ["casino.example", "http://news.example/today", "", "", ""]
    );
    assert_eq!(
        field(&ran, "ProxyResult"),
        ["Denied", "Allowed", "Allowed", "Unknown", "Denied"]
    );
    assert_eq!(column(&ran, "LocalIP")[2], "2001:db8::11");
    assert_eq!(ran.file().unmapped.len(), 2);
}

#[test]
fn three_proxies_errors_become_results() {
    let ran = sample("3proxy/3proxy.log", &Options::default());
    assert_eq!(
        field(&ran, "ProxyResult"),
        [
            "Allowed",
            "Allowed",
            "Denied",
            "AuthenticationRequired",
            "Failed",
            "Unknown"
        ]
    );
    assert_eq!(field(&ran, "host")[0], "www.bank.example");
    assert_eq!(column(&ran, "Timestamp")[0], clock("08:02:36"));
}

#[test]
fn apaches_forward_proxy_names_targets_and_escapes_are_undone() {
    let ran = sample("apache/access.log", &Options::default());
    assert_eq!(column(&ran, "Timestamp")[0], clock("08:02:36"));
    assert_eq!(column(&ran, "RemoteUrl")[3], "http://dead.example:8080/");
    assert_eq!(
        field(&ran, "referrer")[1],
        "http://search.example/?q=\"news\""
    );
    assert_eq!(
        field(&ran, "ProxyResult"),
        ["Allowed", "Allowed", "Denied", "Failed"]
    );
}

#[test]
fn nginx_writes_at_the_end_and_its_own_line_of_configuration_is_the_format() {
    let text = std::fs::read_to_string(samples().join("formats/nginx/log_format.txt")).unwrap();
    let ran = sample("nginx/access.log", &with_logformat(&text));
    assert_eq!(ran.counts(), [3, 3, 0, 0]);
    assert_eq!(column(&ran, "Timestamp")[1], clock("08:07:09.070"));
    assert_eq!(column(&ran, "LocalPort"), ["50123", "50733", "61002"]);
    assert_eq!(field(&ran, "user_agent")[1], "say \"hello\"");
}

#[test]
fn proxysgs_header_changes_in_mid_file_and_parts_of_a_tunnel_share_a_key() {
    let ran = sample("w3c/proxysg.log", &Options::default());
    let keys = field(&ran, "TunnelKey");
    assert_eq!(keys[0], "10.0.1.13|www.bank.example:443");
    assert!(keys[..3].iter().all(|key| *key == keys[0]));
    assert_eq!(
        field(&ran, "TunnelPart")[..3],
        ["connect", "tls", "request"]
    );
    assert_eq!(
        column(&ran, "RemoteUrl")[2..6],
        [
            "https://www.bank.example/start?lang=sv",
            "casino.example",
            "mail.example",
            "http://dead.example:8080/x"
        ]
    );
    assert_eq!(
        field(&ran, "ProxyResult")[3..6],
        ["Denied", "AuthenticationRequired", "Failed"]
    );
    assert_eq!(field(&ran, "user_agent")[5], "say \"hello\"");
    assert_eq!(column(&ran, "Timestamp")[0], clock("08:00:00.200"));
    assert_eq!(column(&ran, "RemoteIP")[0], "10.0.0.7");
    // The two lines behind the second header: a client's port, an empty field, a line wider than its header.
    assert_eq!(column(&ran, "LocalPort")[6..], ["50733", "50734"]);
    assert_eq!(field(&ran, "username")[6..], ["farid", "farid"]);
}

#[test]
fn wsa_names_the_origin_by_s_ip_and_a_policys_name_is_no_verdict() {
    let ran = sample("w3c/wsa.log", &Options::default());
    assert_eq!(column(&ran, "RemoteIP"), ["", "", ""]);
    assert_eq!(field(&ran, "TargetIP")[0], "192.0.2.80");
    assert_eq!(field(&ran, "ProxyResult"), ["Allowed", "Allowed", "Denied"]);
    assert_eq!(column(&ran, "RemoteUrl")[0], "www.bank.example");
    let native = sample("wsa/aclog.log", &Options::default());
    assert_eq!(
        field(&native, "ProxyResult"),
        ["Allowed", "Allowed", "Denied"]
    );
    assert_eq!(
        field(&native, "Category"),
        ["IW_fnnc", "IW_news", "IW_gamb"]
    );
    assert_eq!(column(&native, "RemoteUrl")[0], "www.bank.example");
}

#[test]
fn tmgs_fields_are_parted_by_tabs_and_its_own_codes_are_no_status() {
    let ran = sample("w3c/tmg.log", &Options::default());
    assert_eq!(
        column(&ran, "RemoteUrl"),
        [
            "www.bank.example",
            "http://news.example/today",
            "http://casino.example/"
        ]
    );
    assert_eq!(field(&ran, "TargetPort"), ["443", "80", "80"]);
    assert_eq!(field(&ran, "ResultCode")[2], "12202");
    assert_eq!(field(&ran, "ProxyResult")[2], "Denied");
    assert_eq!(
        field(&ran, "user_agent")[1],
        "Mozilla/5.0 (X11; Linux x86_64)"
    );
}

#[test]
fn a_header_that_is_missing_can_be_told_and_is_asked_for() {
    let line = "Mar  2 09:00:00 gw ProxySG: 2026-03-02 08:00:12 10.0.1.13 200 CONNECT tcp www.bank.example 443\n";
    let mut options = in_berlin();
    options.format = Some("w3c".to_owned());
    let without = ingest_text_with("sg.log", line, &options);
    assert_eq!(without.reject_codes(), ["no_fields"]);
    let told = with_logformat(
        "#Fields: date time c-ip sc-status cs-method cs-uri-scheme cs-host cs-uri-port",
    );
    let ran = ingest_text_with("sg.log", line, &told);
    assert_eq!(ran.counts(), [1, 1, 0, 0]);
    assert_eq!(column(&ran, "RemoteUrl"), ["www.bank.example"]);
}

#[test]
fn lines_of_another_format_are_rejected_with_their_place() {
    let text = "10.0.1.13 a\n1772438556.956 10.0.1.13:50123 http://a.example/\n";
    let ran = ingest_text_with("x.log", text, &with_logformat("%ts.%03tu %>a:%>p %ru"));
    assert_eq!(ran.counts(), [2, 1, 1, 0]);
    assert_eq!(ran.reject_codes(), ["other_format"]);
    assert!(
        ran.rejects[0].message.contains("column"),
        "{:?}",
        ran.rejects
    );
}

#[test]
fn a_format_that_cannot_be_read_ends_the_run_before_any_file() {
    let refused = |options: &Options| {
        let mut sink = huntql_ingest::sink::MemorySink::default();
        struct Deaf;
        impl huntql_ingest::Observer for Deaf {
            fn rejected(
                &mut self,
                _: &huntql_ingest::reject::Reject,
            ) -> Result<(), huntql_ingest::SinkError> {
                Ok(())
            }
            fn finished(&mut self, _: &huntql_ingest::FileReport) {}
        }
        match ingest_paths(&[], options, &mut sink, &mut Deaf) {
            Err(IngestError::Options(message)) => message,
            other => panic!("{other:?}"),
        }
    };
    let message = refused(&with_logformat("logformat x %ts.%03tu %>a %zz"));
    assert!(
        message.contains("character 27") && message.contains("`%zz`"),
        "{message}"
    );
    let mut options = with_logformat("%ts %>a");
    options.format = Some("zeek".to_owned());
    assert!(refused(&options).contains("zeek"));
}

#[test]
fn a_proxys_table_in_the_configuration_has_the_format_of_its_logs() {
    let config = "[[proxy]]\nname = \"gw\"\nlisteners = [\"10.0.0.6:8080\"]\nlogs = [\"own.log\"]\n\
                  logformat = \"%ts.%03tu %>a:%>p %rm %ru\"\n";
    let options = Options {
        proxies: huntql_ingest::proxies::parse_config(config, "huntql.toml").unwrap(),
        ..Options::default()
    };
    let text = "1772438556.956 10.0.1.13:50123 CONNECT a.example:443\n";
    let ran = ingest_text_with("own.log", text, &options);
    assert_eq!(ran.counts(), [1, 1, 0, 0]);
    assert_eq!(column(&ran, "RemotePort"), ["8080"]);
}

#[test]
fn rotated_logs_with_one_header_are_two_files() {
    let header = "#Software: SGOS 7.3\n#Fields: date time c-ip cs-method cs-host\n";
    let day = |day: u8| format!("{header}2026-03-0{day} 08:00:12 10.0.1.13 CONNECT a.example\n");
    let prints = [day(1), day(2), day(1)]
        .map(|text| ingest_text_with("sg.log", text, &Options::default()))
        .map(|ran| ran.file().fingerprint.clone().unwrap());
    assert_ne!(prints[0], prints[1]);
    assert_eq!(prints[0], prints[2]);
}

#[test]
fn a_web_servers_log_is_no_proxys_and_a_stray_line_of_one_is_rejected() {
    let own = "10.0.1.13 - - [02/Mar/2026:09:02:36 +0100] \"GET /index.html HTTP/1.1\" 200 23\n";
    let proxied = own.replace("/index", "http://a.example/index");
    let server = ingest_text_with("access.log", own.repeat(9) + &proxied, &Options::default());
    let Outcome::Skipped(reason) = &server.file().outcome else {
        panic!("{}", server.report)
    };
    assert!(reason.contains("1 of its first 10"), "{reason}");
    let proxy = ingest_text_with("access.log", proxied.repeat(9) + own, &Options::default());
    assert_eq!(proxy.counts(), [10, 9, 1, 0]);
    assert_eq!(proxy.reject_codes(), ["origin_form"]);
}

/// File, then read, kept, rejected, skipped.
const PUBLIC: &[(&str, [u64; 4])] = &[
    ("3proxy/fail2ban/3proxy", [6, 3, 0, 3]),
    ("haproxy/fail2ban/haproxy-http-auth", [8, 4, 0, 4]),
    ("haproxy/lnav/logfile_haproxy.0", [17, 13, 0, 4]),
];

/// Files of which nothing is read, and a word of the reason.
const REFUSED: &[(&str, &str)] = &[
    ("apache/apache_access.log", "web server"),
    ("w3c/plaso/iis10.log", "(IIS)"),
    ("w3c/plaso/iis10_cookies.log", "(IIS)"),
    ("w3c/plaso/iis10_edge_cases.log", "(IIS)"),
    ("w3c/plaso/iis6.log", "(IIS)"),
    ("w3c/plaso/iis7_owa.log", "(IIS)"),
    ("w3c/plaso/iis7_sqli.log", "(IIS)"),
    ("w3c/plaso/iis_without_date.log", "(IIS)"),
    ("w3c/lnav/logfile_w3c.0", "(IIS)"),
    ("w3c/lnav/logfile_w3c.1", "web server"),
    ("w3c/lnav/logfile_w3c.2", "(IIS)"),
    ("w3c/lnav/logfile_w3c.3", "(IIS)"),
    ("w3c/lnav/logfile_w3c.4", "web server"),
    ("w3c/lnav/logfile_w3c.5", "name no client"),
    ("w3c/lnav/logfile_w3c.6", "(IIS)"),
    ("w3c/lnav/logfile_w3c_big.0", "(IIS)"),
    ("aws_elb/plaso/aws_elb_access.log", "load balancer"),
];

#[test]
fn public_logs_of_these_products_are_conserved_or_refused_by_name() {
    let Some(data) = public_data() else { return };
    let found: Vec<(&str, [u64; 4])> = PUBLIC
        .iter()
        .map(|(file, _)| (*file, ingest(&[&data.join(file)], &in_berlin()).counts()))
        .collect();
    assert_eq!(found, PUBLIC);
    for (file, word) in REFUSED {
        let ran = ingest(&[&data.join(file)], &in_berlin());
        let (Outcome::Skipped(reason) | Outcome::Failed(reason)) = &ran.file().outcome else {
            panic!("{file} was read: {}", ran.report)
        };
        assert!(reason.contains(word), "{file}: {reason}");
    }
}

#[test]
fn results_are_counted_over_the_samples_of_squid() {
    let ran = sample("squid-logformat/combined.log", &Options::default());
    assert_eq!(
        ran.tally("DeviceNetworkEvents", "LocalIP"),
        tally(&[
            ("10.0.1.11", 1),
            ("10.0.1.13", 1),
            ("10.0.1.15", 1),
            ("10.0.1.16", 1)
        ])
    );
}
