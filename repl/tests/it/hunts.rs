//! The two hunts that the project began with, as written, over every format; and the samples' own hunts.
//!
//! A count of 0 is right where a format gives no `ConnectionSuccess` by itself: a proxy's log, and Zeek's http, ssl and dns.

use crate::support::Place;
use std::path::{Path, PathBuf};

/// Logs, the proxy in front of them, and how many connections succeeded: all, those whose peer is not the proxy's address, and
/// those that `WithoutProxyHops()` keeps.
struct Case {
    logs: &'static str,
    proxy: &'static str,
    connections: usize,
    not_to_proxy: usize,
    without_hops: usize,
}

const fn case(logs: &'static str, proxy: &'static str, counts: [usize; 3]) -> Case {
    Case {
        logs,
        proxy,
        connections: counts[0],
        not_to_proxy: counts[1],
        without_hops: counts[2],
    }
}

const SAMPLES: &[Case] = &[
    case("logs/defender", "10.0.0.6:8080", [628, 42, 235]),
    case("logs/zeek/conn.log", "10.0.0.6:8080", [531, 138, 138]),
    case("logs/zeek/http.log", "10.0.0.6:8080", [0, 0, 0]),
    case("logs/zeek/ssl.log", "10.0.0.6:8080", [0, 0, 0]),
    case("logs/zeek/dns.log", "10.0.0.6:8080", [0, 0, 0]),
    case("logs/squid", "10.0.0.6:8080", [0, 0, 0]),
    case("logs", "10.0.0.6:8080", [1159, 180, 373]),
];

const PUBLIC: &[Case] = &[
    case("proxied/zeek/conn.log", "10.136.0.16:3128", [407, 0, 0]),
    case("proxied/zeek/http.log", "10.136.0.16:3128", [0, 0, 0]),
    case("proxied/zeek/ssl.log", "10.136.0.16:3128", [0, 0, 0]),
    case("proxied/zeek/dns.log", "10.136.0.16:3128", [0, 0, 0]),
    case("zeek/lnav/conn.log", "10.0.0.6:8080", [92, 92, 92]),
    case(
        "zeek/otrf-apt29-json/day1_combined_zeek.log",
        "10.0.0.6:8080",
        [551, 551, 551],
    ),
    case(
        "zeek/otrf-apt29-json/day2_combined_zeek.log",
        "10.0.0.6:8080",
        [1167, 1167, 1167],
    ),
    case(
        "zeek/rita-hostile/truncated_conn.log",
        "10.0.0.6:8080",
        [39, 39, 39],
    ),
    case("zeek/wrccdc/ssl.json.gz", "10.0.0.6:8080", [0, 0, 0]),
    case("squid/fail2ban/squid", "10.0.0.6:8080", [0, 0, 0]),
];

/// What the hunts about proxies and sensors find in the samples: rows, and parts of them.
const ANSWERS: &[(&str, usize, &[&str])] = &[
    (
        "unreachable-services.kql",
        14,
        &[
            r#""Reachable":false,"DeviceName":"ws-06.birchwood.example","Url":"https://winatp-gw-weu.microsoft.com/test","Option":"Proxy disabled""#,
            r#""Reachable":true,"DeviceName":"ws-04.birchwood.example","Url":"https://eu-v20.events.data.microsoft.com/test","Option":"Default proxy","Outcome":"Failed: the proxy asks who it is","HttpStatus":407"#,
        ],
    ),
    (
        "sensor-goes-direct.kql",
        4,
        &[
            r#""DeviceName":"ws-04.birchwood.example","Evidence":"connection","Service":"eu-v20.events.data.microsoft.com","Times":3"#,
        ],
    ),
    (
        "decrypted-sensor-traffic.kql",
        1,
        &[
            r#""Device":"ws-06.birchwood.example","LocalIP":"10.0.1.16","Service":"eu-v20.events.data.microsoft.com","Issuer":"CN=Birchwood Inspection CA,O=Birchwood","Connections":3"#,
        ],
    ),
    (
        "monitoring-agents.kql",
        4,
        &[
            r#""Pattern":"*.ods.opinsights.azure.com","NeededPort":443,"State":"reached","Succeeded":3"#,
            r#""Pattern":"*.oms.opinsights.azure.com","NeededPort":443,"State":"not reached""#,
            r#""Pattern":"*.blob.core.windows.net","NeededPort":443,"State":"not seen""#,
        ],
    ),
    (
        "protection-mode.kql",
        8,
        &[
            r#""DeviceName":"ws-02.birchwood.example","Mode":"Block""#,
            r#""DeviceName":"ws-06.birchwood.example","Mode":"Audit""#,
            r#""DeviceName":"ws-01.birchwood.example","Mode":"no evidence""#,
        ],
    ),
    (
        "block-story.kql",
        5,
        &[
            r#""DeviceName":"ws-02.birchwood.example","By":"network protection","Decision":"blocked","Target":"phish-login.example","User":"bjorn","Connections":1"#,
            r#""DeviceName":"ws-01.birchwood.example","By":"proxy gw-01","Decision":"denied","Target":"casino.example","User":"anna","Connections":1"#,
        ],
    ),
    (
        "ways-around-the-proxy.kql",
        7,
        &[
            r#""Way":"QUIC","DeviceName":"ws-02.birchwood.example""#,
            r#""Way":"SOCKS","DeviceName":"ws-05.birchwood.example","InitiatingProcessFileName":"powershell.exe","RemoteIP":"203.0.113.108","RemotePort":1080,"Connections":2"#,
            r#""Way":"direct","DeviceName":"ws-04.birchwood.example","InitiatingProcessFileName":"updater.exe""#,
        ],
    ),
];

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples")
}

fn rows(place: &Place, store: &str, query: &str) -> usize {
    let ran = place
        .run(&["query", "--store", store, "--format", "ndjson", query])
        .code(0);
    ran.stdout.lines().count()
}

fn count(place: &Place, store: &str, query: &str) -> usize {
    let ran = place
        .run(&[
            "query",
            "--store",
            store,
            "--proxy",
            "10.0.0.6:8080",
            "--format",
            "csv",
            query,
        ])
        .code(0);
    ran.stdout.lines().last().unwrap().parse().unwrap()
}

fn assert_hunts(folder: &Path, case: &Case) {
    let place = Place::new();
    let logs = folder.join(case.logs);
    place
        .run(&[
            "ingest",
            "--store",
            "s",
            "--proxy",
            case.proxy,
            logs.to_str().unwrap(),
        ])
        .code(0);
    let address = case.proxy.split(':').next().unwrap();
    let all = "DeviceNetworkEvents\n| where ActionType == \"ConnectionSuccess\"";
    let others = format!("{all} and RemoteIP != \"{address}\"");

    let verbatim = [
        rows(&place, "s", &format!("{all}\n| take 10")),
        rows(&place, "s", &format!("{others}\n| take 10")),
    ];
    assert_eq!(
        verbatim,
        [case.connections.min(10), case.not_to_proxy.min(10)],
        "{}",
        case.logs
    );

    let hops = format!("{all} | invoke WithoutProxyHops() | count");
    let counted = [
        count(&place, "s", &format!("{all} | count")),
        count(&place, "s", &format!("{others} | count")),
    ];
    assert_eq!(
        counted,
        [case.connections, case.not_to_proxy],
        "{}",
        case.logs
    );
    if case.proxy.starts_with("10.0.0.6") {
        assert_eq!(
            count(&place, "s", &hops),
            case.without_hops,
            "{}",
            case.logs
        );
    }
}

#[test]
fn the_two_hunts_count_right_over_the_samples() {
    for case in SAMPLES {
        assert_hunts(&samples(), case);
    }
}

#[test]
fn the_two_hunts_count_right_over_public_logs() {
    let shared = std::env::var_os("HUNTQL_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared"),
        PathBuf::from,
    );
    if !shared.join("data").is_dir() {
        eprintln!("skipped: there is no {}", shared.join("data").display());
        return;
    }
    for case in PUBLIC {
        assert_hunts(&shared.join("data"), case);
    }
}

#[test]
fn every_hunt_of_the_samples_finds_something() {
    let place = Place::new();
    let samples = samples();
    let config = samples.join("huntql.toml");
    let logs = samples.join("logs");
    place
        .run(&[
            "ingest",
            "--store",
            "s",
            "--config",
            config.to_str().unwrap(),
            logs.to_str().unwrap(),
        ])
        .code(0);
    let mut hunts: Vec<PathBuf> = std::fs::read_dir(samples.join("hunts"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    hunts.sort();
    assert!(hunts.len() >= 10, "{hunts:?}");
    for hunt in hunts {
        let file = hunt.to_str().unwrap();
        let config = config.to_str().unwrap();
        let ran = place
            .run(&[
                "query", "--store", "s", "--config", config, "--format", "ndjson", "-f", file,
            ])
            .code(0);
        assert!(!ran.stdout.is_empty(), "{file} finds nothing: {ran:#?}");
        let name = hunt.file_name().unwrap().to_str().unwrap();
        if let Some((_, rows, parts)) = ANSWERS.iter().find(|(known, ..)| *known == name) {
            assert_eq!(ran.stdout.lines().count(), *rows, "{file}: {ran:#?}");
            for part in *parts {
                assert!(ran.stdout.contains(part), "{file} lacks {part}: {ran:#?}");
            }
        }
    }
}
