//! The samples are what their generator makes, and become the events that they tell of.

use crate::support::{ingest, samples, tally};
use huntql_ingest::Options;
use huntql_ingest::proxies::read_config;
use std::path::Path;
use std::process::Command;

fn with_proxy() -> Options {
    Options {
        proxies: read_config(&samples().join("huntql.toml")).unwrap(),
        ..Options::default()
    }
}

fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for part in ["defender", "health", "squid", "zeek"] {
        for entry in std::fs::read_dir(folder.join(part)).unwrap() {
            let path = entry.unwrap().path();
            let name = format!("{part}/{}", path.file_name().unwrap().to_str().unwrap());
            files.push((name, std::fs::read(path).unwrap()));
        }
    }
    files.sort();
    files
}

#[test]
fn the_generator_makes_the_same_bytes_again() {
    let folder = tempfile::tempdir().unwrap();
    let made = Command::new("python3")
        .arg(samples().join("make.py"))
        .arg(folder.path())
        .status();
    if !made.is_ok_and(|status| status.success()) {
        #[allow(clippy::print_stderr)]
        {
            eprintln!("skipped: no python3");
        }
        return;
    }
    let (made, kept) = (files(folder.path()), files(&samples().join("logs")));
    let names = |files: &[(String, Vec<u8>)]| {
        files
            .iter()
            .map(|(name, _)| name.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&made), names(&kept));
    for ((name, made), (_, kept)) in made.iter().zip(&kept) {
        assert!(
            made == kept,
            "{name} differs from what samples/make.py makes"
        );
    }
    assert!(kept.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() < 2_000_000);
}

#[test]
fn every_line_of_the_samples_is_kept_or_a_header() {
    let ran = ingest(&[&samples().join("logs")], &with_proxy());
    assert!(ran.rejects.is_empty(), "{:?}", ran.rejects);
    for file in &ran.report.files {
        let expected = match file.format {
            Some("connectivity") => 5,
            _ if file.file.contains("zeek") => 9,
            _ => 0,
        };
        assert_eq!(
            (file.counts.skipped(), file.counts.rejected),
            (expected, 0),
            "{file}"
        );
        assert!(
            file.unknown_columns.is_empty() && file.cast_failures.is_empty(),
            "{file}"
        );
    }
    let tables = ran.report.tables();
    let rows: Vec<(&str, u64)> = tables.into_iter().collect();
    assert_eq!(
        rows,
        [
            ("DeviceConnectivityChecks", 45),
            ("DeviceEvents", 2),
            ("DeviceInfo", 16),
            ("DeviceNetworkEvents", 2423),
            ("DeviceNetworkInfo", 16),
            ("DeviceProcessEvents", 22)
        ]
    );
}

#[test]
fn zeeks_connections_become_events_by_state_and_side() {
    let ran = ingest(
        &[&samples().join("logs/zeek/conn.log")],
        &Options::default(),
    );
    let expected = tally(&[
        ("ConnectionAttempt", 2),
        ("ConnectionFailed", 1),
        ("ConnectionSuccess", 531),
        ("IcmpConnectionInspected", 1),
    ]);
    assert_eq!(ran.tally("DeviceNetworkEvents", "ActionType"), expected);
}

#[test]
fn the_proxys_own_log_has_the_listener_only_when_it_is_known_whose_log_it_is() {
    let log = samples().join("logs/squid/access.log");
    let known = ingest(&[&log], &with_proxy());
    assert_eq!(
        known.tally("DeviceNetworkEvents", "RemoteIP"),
        tally(&[("10.0.0.6", 393)])
    );
    assert_eq!(
        known.tally("DeviceNetworkEvents", "RemotePort"),
        tally(&[("8080", 393)])
    );
    assert_eq!(known.fields(0)["ProxyName"], "gw-01");
    let unknown = ingest(&[&log], &Options::default());
    assert_eq!(
        unknown.tally("DeviceNetworkEvents", "RemoteIP"),
        tally(&[("", 393)])
    );
    assert_eq!(
        unknown.tally("DeviceNetworkEvents", "ActionType"),
        tally(&[("HttpConnectionInspected", 393)])
    );
}

#[test]
fn the_beacon_stands_in_each_of_the_three_logs() {
    let ran = ingest(&[&samples().join("logs")], &with_proxy());
    let urls = ran.tally("DeviceNetworkEvents", "RemoteUrl");
    // Squid names the host, network protection the whole URL (of most of them).
    assert_eq!(urls["telemetry.cdn-sync.example"], 108);
    assert!(urls["https://telemetry.cdn-sync.example/"] > 80);
    let fields = ran.column("DeviceNetworkEvents", "AdditionalFields");
    let named = fields
        .iter()
        .filter(|text| text.contains("\"server_name\":\"telemetry.cdn-sync.example\""));
    assert_eq!(named.count(), 108);
}
