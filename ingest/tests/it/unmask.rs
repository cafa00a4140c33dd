//! Targets surfaced over a store: a made-up company's hour with every tier, and a real capture with a made proxy's log.

use crate::support::{cells, public_data};
use huntql_ingest::proxies::ProxySet;
use huntql_ingest::reject::Reject;
use huntql_ingest::unmask::{Mode, Options as Unmask, SHARD_ROWS, Summary, Tiers, unmask};
use huntql_ingest::{FileReport, Observer, Options, SinkError, StoreSink, ingest_paths};
use huntql_store::{Store, Wanted};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

struct Quiet;

impl Observer for Quiet {
    fn rejected(&mut self, _: &Reject) -> Result<(), SinkError> {
        Ok(())
    }
    fn finished(&mut self, _: &FileReport) {}
}

/// A store with the logs in it, and the proxies that are configured.
struct Place {
    folder: TempDir,
    store: Store,
    proxies: ProxySet,
}

/// A derived row.
#[derive(Debug, Clone, PartialEq)]
struct Derived {
    cells: BTreeMap<&'static str, String>,
    fields: Value,
}

impl Derived {
    fn field(&self, key: &str) -> &str {
        self.fields[key].as_str().unwrap_or("~")
    }
}

const COLUMNS: &[&str] = &[
    "Timestamp",
    "DeviceId",
    "DeviceName",
    "ActionType",
    "RemoteIP",
    "RemotePort",
    "RemoteUrl",
    "LocalIP",
    "LocalPort",
    "InitiatingProcessFileName",
    "InitiatingProcessId",
    "InitiatingProcessAccountName",
    "AdditionalFields",
    "_record_id",
    "_source_position",
];

impl Place {
    fn new(proxy: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::create_or_open(folder.path().join("store")).unwrap();
        let mut proxies = ProxySet::default();
        if !proxy.is_empty() {
            proxies.add_listener(proxy).unwrap();
        }
        Self {
            folder,
            store,
            proxies,
        }
    }

    fn ingest(&self, name: &str, content: &str) {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        self.ingest_file(&path);
    }

    fn ingest_file(&self, path: &Path) {
        let options = Options {
            proxies: self.proxies.clone(),
            from_proxy: self
                .proxies
                .proxies()
                .first()
                .map(|proxy| proxy.name.clone()),
            ..Options::default()
        };
        let mut sink = StoreSink::new(&self.store);
        let paths = [path.display().to_string()];
        let report = ingest_paths(&paths, &options, &mut sink, &mut Quiet).unwrap();
        assert!(!report.has_failures(), "{report}");
    }

    fn unmask(&self, mode: Mode) -> Summary {
        self.unmask_in_shards(mode, SHARD_ROWS)
    }

    fn unmask_in_shards(&self, mode: Mode, shard_rows: u64) -> Summary {
        let options = Unmask {
            proxies: &self.proxies,
            from: None,
            to: None,
            mode,
            shard_rows,
        };
        unmask(&self.store, &options).unwrap()
    }

    /// All rows, the derived ones apart from the others.
    fn rows(&self) -> (Vec<Derived>, Vec<Derived>) {
        let table = self.store.snapshot("DeviceNetworkEvents").unwrap().unwrap();
        let wanted = Wanted {
            columns: COLUMNS,
            ..Wanted::default()
        };
        let mut rows = Vec::new();
        for batch in table.rows_of(&wanted).unwrap() {
            let batch = batch.unwrap();
            let columns: Vec<Vec<String>> =
                COLUMNS.iter().map(|name| cells(&batch, name)).collect();
            for row in 0..batch.num_rows() {
                let cells: BTreeMap<&'static str, String> = COLUMNS
                    .iter()
                    .zip(&columns)
                    .map(|(name, column)| (*name, column[row].clone()))
                    .collect();
                let fields = serde_json::from_str(&cells["AdditionalFields"]).unwrap_or_default();
                rows.push(Derived { cells, fields });
            }
        }
        rows.sort_by_key(|row| {
            (
                row.cells["Timestamp"].clone(),
                row.cells["_record_id"].clone(),
            )
        });
        rows.into_iter()
            .partition(|row| row.cells["AdditionalFields"].starts_with("{\"Surfaced\":"))
    }

    fn derived(&self) -> Vec<Derived> {
        self.rows().0
    }
}

/// 2026-03-02T09:00:00Z.
const NINE: f64 = 1_772_442_000.0;

fn stamp(seconds: f64) -> String {
    let whole = seconds as i64;
    let minutes = (whole - NINE as i64) / 60;
    format!(
        "2026-03-02T{:02}:{:02}:{:09.6}Z",
        9 + minutes / 60,
        minutes % 60,
        seconds - (NINE as i64 + minutes * 60) as f64
    )
}

/// A connection of a device to the proxy, as Defender's sensor streams it.
fn seen(at: f64, device: &str, address: &str, port: u16, process: (&str, u32)) -> String {
    let row = json!({
        "category": "AdvancedHunting-DeviceNetworkEvents",
        "properties": {
            "Timestamp": stamp(at), "DeviceId": format!("id-of-{device}"), "DeviceName": device,
            "ActionType": "ConnectionSuccess", "RemoteIP": "10.0.0.6", "RemotePort": 8080,
            "LocalIP": address, "LocalPort": port, "Protocol": "Tcp",
            "InitiatingProcessFileName": process.0, "InitiatingProcessId": process.1,
            "InitiatingProcessCreationTime": "2026-03-02T07:00:00Z", "InitiatingProcessAccountName": "anna",
            "ReportId": port,
        }
    });
    format!("{row}\n")
}

/// The proxy's line of it; its clock is 3 s ahead and it stamps the end.
fn logged(at: f64, client: &str, what: &str, target: &str, user: &str) -> String {
    format!(
        "{:.3}    250 {client} {what} {target} {user} HIER_DIRECT/203.0.113.7 -\n",
        at + 3.0 + 0.25
    )
}

const TUNNEL: &str = "TCP_TUNNEL/200 5000 CONNECT";

/// An hour in which each client is a case of its own.
fn company() -> Place {
    let place = Place::new("10.0.0.6:8080");
    let (mut sensor, mut proxy) = (String::new(), String::new());
    for n in 0..30 {
        // No rhythm: one that repeats would fit many skews.
        let at = NINE + 60.0 * f64::from(n) + f64::from(n * n % 37);
        let port = 50_000 + n as u16;
        // exact: the log has the port.
        sensor += &seen(at, "ws-01", "10.0.1.11", port, ("chrome.exe", 11));
        proxy += &logged(
            at + 0.002,
            &format!("10.0.1.11:{port}"),
            TUNNEL,
            "a.example:443",
            "-",
        );
        // process: one process, no port.
        sensor += &seen(at, "ws-02", "10.0.1.12", port, ("edge.exe", 12));
        proxy += &logged(at + 0.002, "10.0.1.12", TUNNEL, "b.example:443", "-");
        // aligned: two processes at once.
        sensor += &seen(at, "ws-03", "10.0.1.13", port, ("chrome.exe", 13));
        sensor += &seen(
            at + 0.1,
            "ws-03",
            "10.0.1.13",
            port + 100,
            ("agent.exe", 14),
        );
        proxy += &logged(at + 0.002, "10.0.1.13", TUNNEL, "c.example:443", "erin");
        proxy += &logged(at + 0.102, "10.0.1.13", TUNNEL, "d.example:443", "erin");
    }
    let at = NINE + 900.0;
    // Requests of one connection; a refusal; a target that was not reached; half of a handshake.
    let client = "10.0.1.11:51000";
    sensor += &seen(at, "ws-01", "10.0.1.11", 51_000, ("curl.exe", 15));
    proxy += &logged(
        at + 0.002,
        client,
        "TCP_MISS/200 100 GET",
        "http://e.example/1",
        "-",
    );
    proxy += &logged(
        at + 5.0,
        client,
        "TCP_MISS/200 100 GET",
        "http://e.example/2",
        "-",
    );
    for (port, what, target) in [
        (51_001, "TCP_DENIED/403 100 CONNECT", "denied.example:443"),
        (51_002, "NONE_NONE/503 100 CONNECT", "down.example:443"),
        (51_003, "TCP_DENIED/407 100 CONNECT", "auth.example:443"),
    ] {
        sensor += &seen(at, "ws-01", "10.0.1.11", port, ("curl.exe", 15));
        proxy += &logged(at + 0.002, &format!("10.0.1.11:{port}"), what, target, "-");
    }
    // device: the sensor missed the connection. none: nobody knows the client. shared: two devices take turns.
    sensor += &seen(at - 500.0, "ws-04", "10.0.1.14", 52_000, ("chrome.exe", 16));
    sensor += &seen(at + 500.0, "ws-04", "10.0.1.14", 52_001, ("chrome.exe", 16));
    proxy += &logged(at, "10.0.1.14", TUNNEL, "f.example:443", "fay");
    proxy += &logged(at, "10.0.9.9", TUNNEL, "g.example:443", "-");
    for turn in 0..4_u16 {
        let device = ["nat-a", "nat-b"][usize::from(turn) % 2];
        let process = ("chrome.exe", 20 + u32::from(turn) % 2);
        sensor += &seen(
            at + 60.0 * f64::from(turn),
            device,
            "10.0.1.20",
            53_000 + turn,
            process,
        );
    }
    proxy += &logged(at + 30.0, "10.0.1.20", TUNNEL, "h.example:443", "-");
    place.ingest("sensor.ndjson", &sensor);
    place.ingest("access.log", &proxy);
    place
}

fn to(derived: &[Derived], url: &str) -> Vec<Derived> {
    derived
        .iter()
        .filter(|row| row.cells["RemoteUrl"] == url)
        .cloned()
        .collect()
}

#[test]
fn every_tier_says_as_much_as_is_certain() {
    let place = company();
    let summary = place.unmask(Mode::Write);
    assert_eq!(
        summary.proxies[0].tiers,
        Tiers {
            exact: 34,
            process: 30,
            aligned: 60,
            device: 1,
            none: 2
        },
        "{summary}"
    );
    assert_eq!(summary.shared_addresses, ["10.0.1.20"]);
    let [least, _, most] = summary.proxies[0].skew_ms.unwrap();
    assert!(
        (2_990..3_020).contains(&least) && (2_990..3_020).contains(&most),
        "{summary}"
    );
    let derived = place.derived();
    for (url, tier, process, port, device) in [
        ("a.example", "exact", "chrome.exe", "50000", "ws-01"),
        ("b.example", "process", "edge.exe", "~", "ws-02"),
        ("c.example", "aligned", "", "~", "ws-03"),
        ("f.example", "device", "", "~", "ws-04"),
        ("g.example", "none", "", "~", "10.0.9.9"),
        ("h.example", "none", "", "~", ""),
    ] {
        let row = &to(&derived, url)[0];
        let cell = |name: &str| row.cells[name].as_str();
        assert_eq!(row.field("MatchTier"), tier, "{url}");
        assert_eq!(cell("InitiatingProcessFileName"), process, "{url}");
        assert_eq!(cell("LocalPort"), port, "{url}");
        assert_eq!(cell("DeviceName"), device, "{url}");
        assert_eq!(
            (cell("RemoteIP"), cell("RemotePort")),
            ("10.0.0.6", "8080"),
            "{url}"
        );
        assert_eq!(row.field("TargetHost"), url);
    }
    let aligned = &to(&derived, "d.example")[0];
    assert_eq!(aligned.field("LikelyProcessFileName"), "agent.exe");
    assert_eq!(aligned.field("User"), "erin");
    assert_eq!(aligned.cells["InitiatingProcessAccountName"], "");
    let shared = &to(&derived, "h.example")[0];
    assert_eq!(shared.cells["DeviceId"], "");
    assert_eq!(shared.field("DeviceCandidates"), "[\"nat-a\",\"nat-b\"]");
}

#[test]
fn a_day_in_shares_of_its_clients_gives_the_rows_of_the_whole_day() {
    let whole = company();
    let summary = whole.unmask(Mode::Write);
    for shard_rows in [80, 25] {
        let shared = company();
        let in_shards = shared.unmask_in_shards(Mode::Write, shard_rows);
        assert_eq!(shared.rows(), whole.rows(), "shares of {shard_rows} rows");
        assert_eq!(in_shards.to_string(), summary.to_string());
    }
}

#[test]
fn what_was_refused_is_no_success_and_half_a_handshake_is_nothing() {
    let place = company();
    place.unmask(Mode::Write);
    let derived = place.derived();
    let action = |url: &str| to(&derived, url)[0].cells["ActionType"].clone();
    assert_eq!(action("denied.example"), "ConnectionFailed");
    assert_eq!(action("down.example"), "ConnectionFailed");
    assert!(to(&derived, "auth.example").is_empty());
    // Two requests of one connection: both are its.
    for url in ["http://e.example/1", "http://e.example/2"] {
        let row = &to(&derived, url)[0];
        assert_eq!(row.field("MatchTier"), "exact");
        assert_eq!(row.cells["LocalPort"], "51000");
        assert_eq!(row.cells["ActionType"], "ConnectionSuccess");
    }
}

#[test]
fn a_second_run_replaces_its_rows_and_sensors_rows_stay_as_they_are() {
    let place = company();
    let before = place.rows().1;
    let dry = place.unmask(Mode::DryRun);
    assert_eq!((dry.rows, place.derived().len()), (127, 0));
    place.unmask(Mode::Write);
    let (first, plain) = place.rows();
    assert_eq!(plain, before);
    place.unmask(Mode::Write);
    let (second, plain) = place.rows();
    assert_eq!((second.len(), &second, &plain), (127, &first, &before));

    // More of the proxy's log comes: what was none of anybody's business stays, the new record joins.
    let late = logged(NINE + 1830.0, "10.0.1.12", TUNNEL, "late.example:443", "-");
    place.ingest("access.log.1", &late);
    place.unmask(Mode::Write);
    let third = place.derived();
    assert_eq!(third.len(), 128);
    assert_eq!(to(&third, "late.example")[0].field("MatchTier"), "device");
    let same = |rows: &[Derived]| to(rows, "a.example");
    assert_eq!(same(&third), same(&first));
}

/// The proxied capture beside a proxy's log made from it.
struct Capture {
    place: Place,
    made: PathBuf,
}

fn capture(arguments: &[&str], log: &str, logs: &[&str]) -> Option<Capture> {
    let data = public_data()?.join("proxied");
    let place = Place::new("10.136.0.16:3128");
    let made = place.folder.path().join("made");
    let ran = Command::new("python3")
        .arg(data.join("make_proxy_log.py"))
        .args([&data.join("zeek"), &made])
        .args(arguments)
        .output();
    if !ran.is_ok_and(|output| output.status.success()) {
        #[allow(clippy::print_stderr)]
        {
            eprintln!("skipped: no python3");
        }
        return None;
    }
    place.ingest_file(&made.join("conn.log"));
    for log in logs {
        place.ingest_file(&data.join("zeek").join(log));
    }
    if !log.is_empty() {
        place.ingest_file(&made.join(log));
    }
    Some(Capture { place, made })
}

impl Capture {
    /// Derived rows by tier whose connection, target and proxy are right, and the others.
    fn judge(&self, log: &str) -> BTreeMap<(String, bool), usize> {
        let (derived, plain) = self.place.rows();
        let plain: HashMap<&str, &Derived> = plain
            .iter()
            .map(|row| (row.cells["_record_id"].as_str(), row))
            .collect();
        let text = std::fs::read_to_string(self.made.join("truth.tsv")).unwrap();
        let truth: Vec<Vec<&str>> = text
            .lines()
            .skip(1)
            .map(|l| l.split('\t').collect())
            .collect();
        let mut lines = HashMap::new();
        let mut offset = 0;
        for (number, line) in std::fs::read_to_string(self.made.join(log))
            .unwrap()
            .lines()
            .enumerate()
        {
            lines.insert(offset.to_string(), number);
            offset += line.len() + 1;
        }
        let mut judged = BTreeMap::new();
        for row in &derived {
            let truth = &truth[lines[&row.cells["_source_position"]]];
            let connection = plain.get(row.field("TwinRecord"));
            let is_right = row.cells["RemoteUrl"] == truth[6]
                && row.cells["RemoteIP"] == truth[3]
                && connection.is_some_and(|connection| {
                    let ticks: i64 = connection.cells["Timestamp"].parse().unwrap();
                    let start: f64 = truth[5].parse().unwrap();
                    let seconds = (ticks - 621_355_968_000_000_000) as f64 / 1e7;
                    connection.cells["LocalPort"] == truth[2] && (seconds - start).abs() < 0.001
                });
            let tier = row.field("MatchTier").to_owned();
            *judged.entry((tier, is_right)).or_default() += 1;
        }
        judged
    }
}

#[test]
fn with_the_port_every_tunnel_of_a_real_capture_finds_its_connection_at_any_skew() {
    for squeeze in ["1", "2000"] {
        for skew in ["0", "5", "30"] {
            let log = "squid.port.log";
            let Some(capture) = capture(&["--squeeze", squeeze, "--skew", skew], log, &[]) else {
                return;
            };
            capture.place.unmask(Mode::Write);
            let judged = capture.judge(log);
            let right = judged
                .get(&("exact".to_owned(), true))
                .copied()
                .unwrap_or(0);
            assert!(
                right >= 405 && !judged.keys().any(|(_, right)| !right),
                "{squeeze} {skew} {judged:?}"
            );
        }
    }
}

#[test]
fn without_the_port_nothing_of_a_real_capture_is_said_with_certainty_that_is_not() {
    for (squeeze, skew) in [("1", "5"), ("2000", "0")] {
        let log = "squid.native.log";
        let arguments = ["--squeeze", squeeze, "--skew", skew, "--jitter", "0.02"];
        let Some(capture) = capture(&arguments, log, &[]) else {
            return;
        };
        capture.place.unmask(Mode::Write);
        let judged = capture.judge(log);
        // The sensor is on the network and knows no process.
        assert!(
            judged
                .keys()
                .all(|(tier, _)| tier != "exact" && tier != "process"),
            "{judged:?}"
        );
    }
}

#[test]
fn a_network_sensors_own_witness_names_the_target_and_a_proxys_log_does_not_add_to_it() {
    let Some(alone) = capture(&[], "", &["http.log", "ssl.log"]) else {
        return;
    };
    let summary = alone.place.unmask(Mode::Write);
    assert_eq!(
        (summary.witnessed.connect, summary.rows),
        (407, 407),
        "{summary}"
    );
    let derived = alone.place.derived();
    assert!(
        derived
            .iter()
            .all(|row| row.field("Surfaced") == "connect" && row.field("MatchTier") == "exact")
    );

    let both = capture(&[], "squid.port.log", &["http.log", "ssl.log"]).unwrap();
    let summary = both.place.unmask(Mode::Write);
    assert_eq!(
        (summary.witnessed.connect, summary.rows),
        (0, 407),
        "{summary}"
    );

    // Without the port the witness of the same target tells which connection it was.
    let both = capture(&[], "squid.native.log", &["http.log", "ssl.log"]).unwrap();
    let summary = both.place.unmask(Mode::Write);
    assert_eq!(summary.rows, 407, "{summary}");
    let judged = both.judge("squid.native.log");
    assert!(
        !judged.contains_key(&("exact".to_owned(), false)),
        "{judged:?}"
    );
    assert!(judged[&("exact".to_owned(), true)] > 350, "{judged:?}");
}
