//! `huntql unmask` over the samples: the tour's three questions, and what it says of itself.

use crate::support::{Place, text};
use std::path::{Path, PathBuf};

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples")
}

/// A store `s` with the samples' logs.
fn place(further: &[&str]) -> Place {
    let place = Place::new();
    let logs = samples().join("logs");
    place.write("huntql.toml", CONFIG);
    let parts = ["defender", "squid", "zeek"].map(|part| logs.join(part));
    let mut arguments = vec!["ingest", "--store", "s"];
    arguments.extend(parts.iter().map(|part| text(part)));
    arguments.extend(further);
    place.run(&arguments).code(0);
    place
}

fn count(place: &Place, query: &str) -> u64 {
    let query = format!("{query} | count");
    let ran = place.run(&["query", &query, "--store", "s", "--format", "csv"]);
    let ran = ran.code(0);
    ran.stdout.lines().nth(1).unwrap().parse().unwrap()
}

/// What the samples' configuration says of the proxy, and nothing else.
const CONFIG: &str = "[[proxy]]
name = \"gw-01\"
listeners = [\"10.0.0.6:8080\"]
logs = [\"squid/access.log*\"]
";

fn derived_rows(place: &Place) -> u64 {
    count(place, SURFACED)
}

const SURFACED: &str = "DeviceNetworkEvents | where AdditionalFields startswith '{\"Surfaced\"'";

#[test]
fn a_dry_run_tells_what_a_run_then_writes_and_a_second_run_adds_nothing() {
    let place = place(&[]);
    let dry = place.run(&["unmask", "--store", "s", "--dry-run", "--json"]);
    let dry: serde_json::Value = serde_json::from_str(&dry.code(0).stdout).unwrap();
    let rows = dry["rows"].as_u64().unwrap();
    assert!(rows > 300 && dry["dry_run"] == true, "{dry}");
    assert_eq!(dry["proxies"][0]["proxy"], "gw-01");
    assert!(
        dry["proxies"][0]["tiers"]["exact"].as_u64() > Some(200),
        "{dry}"
    );
    assert_eq!(derived_rows(&place), 0);
    for _ in 0..2 {
        let ran = place.run(&["unmask", "--store", "s"]).code(0);
        assert!(
            ran.stdout.contains(&format!("{rows} rows written")),
            "{ran:#?}"
        );
        assert_eq!(derived_rows(&place), rows);
    }
    let none = place.run(&["unmask", "--store", "s", "--from", "2026-04-01", "--json"]);
    let none: serde_json::Value = serde_json::from_str(&none.code(0).stdout).unwrap();
    assert_eq!((&none["days"], &none["rows"]), (&0.into(), &0.into()));
    assert_eq!(derived_rows(&place), rows);
}

#[test]
fn nothing_is_counted_twice_without_the_twins() {
    let place = place(&["--unmask"]);
    let twins = format!(
        "{SURFACED} | extend F = parse_json(AdditionalFields)
        | mv-expand Id = split(strcat(F.TwinRecord, ',', F.SourceRecord, ',', F.MergedRecords), ',') to typeof(string)
        | where isnotempty(Id) | distinct Id"
    );
    let all = count(&place, "DeviceNetworkEvents");
    let left = count(
        &place,
        "DeviceNetworkEvents | invoke WithoutUnmaskedTwins()",
    );
    assert_eq!(all - left, count(&place, &twins));
    let still = format!("{SURFACED} | invoke WithoutUnmaskedTwins()");
    assert_eq!(count(&place, &still), derived_rows(&place));
    // Both functions together, in this order.
    let both = "DeviceNetworkEvents | where ActionType == 'ConnectionSuccess' | invoke WithoutUnmaskedTwins() | invoke WithoutProxyHops() | where RemoteIP in (ProxyIPs())";
    let derived = format!("{SURFACED} | where ActionType == 'ConnectionSuccess'");
    assert_eq!(count(&place, both), count(&place, &derived));
}

#[test]
fn what_cannot_be_done_says_so() {
    let place = Place::new();
    place
        .run(&["unmask", "--store", "nowhere"])
        .code(3)
        .says("nowhere");
    place
        .run(&["unmask", "--from", "2026-03-02", "--to", "2026-03-01"])
        .code(2)
        .says("--from is not before --to");
    place
        .run(&["unmask", "--from", "yesterday"])
        .code(2)
        .says("2026-03-04T15:00:00Z");
}
