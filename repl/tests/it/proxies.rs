//! The proxies that are known: told, found in settings, seen at work, suggested; and the lists that go with them.

use crate::support::{Place, text};
use std::path::{Path, PathBuf};

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples")
}

fn shared() -> Option<PathBuf> {
    let shared = std::env::var_os("HUNTQL_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared"),
        PathBuf::from,
    );
    let data = shared.join("data");
    if !data.is_dir() {
        eprintln!("skipped: there is no {}", data.display());
        return None;
    }
    Some(data)
}

/// Names, confidence and counts of what `huntql proxies` finds after an ingest of these logs.
fn found(logs: &Path) -> Vec<String> {
    let place = Place::new();
    place.run(&["ingest", "--store", "s", text(logs)]).code(0);
    let ran = place
        .run(&["proxies", "--store", "s", "--format", "csv"])
        .code(0);
    let rows = ran.stdout.lines().skip(1);
    rows.map(|row| {
        let cells: Vec<&str> = row.split(',').collect();
        format!("{} {}", cells[0], cells[4])
    })
    .collect()
}

#[test]
fn traffic_shows_exactly_the_proxy_of_the_samples() {
    assert_eq!(
        found(&samples().join("logs/zeek")),
        ["10.0.0.6:8080 certain"]
    );
    assert_eq!(
        found(&samples().join("logs/defender")),
        ["10.0.0.6:8080 certain"]
    );
    // A proxy's log that does not name its own address shows nothing of where it listens.
    assert!(found(&samples().join("logs/squid")).is_empty());
}

#[test]
fn traffic_shows_exactly_the_proxies_of_public_captures() {
    let Some(data) = shared() else { return };
    assert_eq!(
        found(&data.join("proxied/zeek")),
        ["10.136.0.16:3128 certain"]
    );
    let place = Place::new();
    for (folder, expected) in [
        (
            "scripts.base.protocols.http.http-connect",
            "254.228.86.79:8240 certain",
        ),
        (
            "scripts.base.protocols.http.http-connect-with-header",
            "[::1]:80 certain",
        ),
    ] {
        for log in ["conn", "http"] {
            let path = data
                .join("zeek/btest")
                .join(folder)
                .join(format!("{log}.log"));
            let Ok(log_text) = std::fs::read_to_string(path) else {
                continue;
            };
            // The times are blotted out in these files.
            let log_text = log_text.replace("XXXXXXXXXX.XXXXXX", "1700000000.000000");
            place.write(&format!("{folder}/{log}.log"), log_text);
        }
        assert_eq!(found(&place.path(folder)), [expected], "{folder}");
    }
}

#[test]
fn a_certain_proxy_fills_the_table_and_a_suggestion_does_not() {
    let place = Place::new();
    let mut log = String::from(
        "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tssl\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tversion\tserver_name\n#types\ttime\tstring\taddr\tport\taddr\tport\tstring\tstring\n",
    );
    for at in 0..40 {
        let (client, name) = (at % 4, at % 20);
        log.push_str(&format!("1772400000.{at:06}\tC{at}\t10.0.1.{client}\t{}\t10.0.0.9\t3128\tTLSv13\tsite{name}.example\n", 50_000 + at));
    }
    place.write("zeek/ssl.log", &log);
    place.run(&["ingest", "--store", "s", "zeek"]).code(0);
    let ran = place.run(&["proxies", "--store", "s", "--json"]).code(0);
    assert!(
        ran.stdout.contains(r#""Name":"10.0.0.9:3128""#)
            && ran.stdout.contains(r#""Confidence":"suggested""#),
        "{ran:#?}"
    );
    assert!(ran.stdout.contains("20 targets, 4 devices"), "{ran:#?}");
    let ran = place.run(&[
        "query",
        "Proxies | count",
        "--store",
        "s",
        "--format",
        "csv",
    ]);
    assert_eq!(ran.code(0).stdout, "Count\n0\n");
    let logs = samples().join("logs/zeek");
    place.run(&["ingest", "--store", "s", text(&logs)]).code(0);
    let ran = place.run(&["query", "ProxyIPs()", "--store", "s", "--format", "csv"]);
    assert_eq!(ran.code(0).stdout, "Address\n10.0.0.6\n");
    let ran = place
        .run_with(&["--store", "s", "--format", "csv"], ".proxies\n")
        .code(0);
    assert!(
        ran.stdout.contains("10.0.0.6:8080") && !ran.stdout.contains("10.0.0.9"),
        "{ran:#?}"
    );
}

const NETSH: &str = "Current WinHTTP proxy settings:\n\n    Proxy Server(s) :  gw.birchwood.example:8080\n    Bypass List     :  (none)\n";

#[test]
fn settings_of_devices_name_proxies_and_bad_ones_are_refused() {
    let place = Place::new();
    place.write("netsh.txt", NETSH);
    place.write("gw.pac", "function FindProxyForURL(u, h) {\n  if (h == \"a\") return \"PROXY \" + h;\n  return \"SOCKS5 10.0.0.8:1080; DIRECT\";\n}\n");
    let ran = place
        .run(&[
            "proxies",
            "--from",
            "netsh.txt",
            "gw.pac",
            "--format",
            "csv",
        ])
        .code(0)
        .says("gw.pac:2: `PROXY`")
        .says("`gw.birchwood.example` is a name");
    assert!(ran.stdout.contains("gw.birchwood.example:8080,gw.birchwood.example,8080,netsh winhttp (netsh.txt:3),configured"), "{ran:#?}");
    assert!(
        ran.stdout
            .contains("10.0.0.8:1080,10.0.0.8,1080,PAC (gw.pac:3),configured,,,socks"),
        "{ran:#?}"
    );
    place.write("x.txt", "nothing of the kind\n");
    place
        .run(&["proxies", "--from", "x.txt"])
        .code(3)
        .says("netsh winhttp show proxy");
    place.write("huntql.toml", "[sources]\nproxies = [\"netsh.txt\"]\n");
    let ran = place
        .run(&["query", "Proxies | project Name", "--format", "csv"])
        .code(0);
    assert_eq!(ran.stdout, "Name\ngw.birchwood.example:8080\n");
}

const CONN: &str = "#separator \\x09\n#unset_field\t-\n#path\tconn\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tconn_state\n#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\n1772400000.000000\tC1\t10.0.1.1\t50001\t10.0.0.6\t8080\ttcp\tSF\n1772400000.000000\tC2\t10.0.1.1\t50002\t203.0.113.9\t443\ttcp\tSF\n";
const DNS: &str = "#separator \\x09\n#set_separator\t,\n#unset_field\t-\n#path\tdns\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tquery\tanswers\n#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\tvector[string]\n1772399000.000000\tC3\t10.0.1.1\t50003\t10.0.2.2\t53\tudp\tGW.birchwood.example\tgw-1.birchwood.example,10.0.0.6\n";

#[test]
fn the_data_tell_which_address_a_configured_name_stands_for() {
    let place = Place::new();
    place.write("zeek/conn.log", CONN);
    place.write("zeek/dns.log", DNS);
    place.write("netsh.txt", NETSH);
    place.write("huntql.toml", "[sources]\nproxies = [\"netsh.txt\"]\n");
    place.run(&["ingest", "--store", "s", "zeek"]).code(0);
    let hunt = "DeviceNetworkEvents | where ActionType == \"ConnectionSuccess\" | invoke WithoutProxyHops() | project RemoteIP";
    let ran = place
        .run(&["query", hunt, "--store", "s", "--format", "csv"])
        .code(0);
    assert_eq!(ran.stdout, "RemoteIP\n203.0.113.9\n");
    let ran = place
        .run(&["query", "ProxyIPs()", "--store", "s", "--format", "csv"])
        .code(0);
    assert_eq!(ran.stdout, "Address\n10.0.0.6\n");
}

#[test]
fn an_address_that_was_a_proxy_for_a_time_only_is_one_for_that_time() {
    let place = Place::new();
    place.write("zeek/conn.log", CONN);
    place.run(&["ingest", "--store", "s", "zeek"]).code(0);
    for (valid, expected) in [
        ("valid_from = 2026-03-01T00:00:00Z", 1),
        ("valid_to = 2026-03-01T00:00:00Z", 2),
        (
            "valid_from = 2026-03-01T00:00:00Z\nvalid_to = 2026-03-01T21:20:00Z",
            2,
        ),
    ] {
        let config =
            format!("[[proxy]]\nname = \"gw\"\nlisteners = [\"10.0.0.6:8080\"]\n{valid}\n");
        place.write("huntql.toml", config);
        let hunt = "DeviceNetworkEvents | where ActionType == \"ConnectionSuccess\" | invoke WithoutProxyHops() | count";
        let ran = place
            .run(&["query", hunt, "--store", "s", "--format", "csv"])
            .code(0);
        assert_eq!(ran.stdout, format!("Count\n{expected}\n"), "{valid}");
    }
}

#[test]
fn a_watchlist_has_the_columns_of_its_file_and_a_search_key() {
    let place = Place::new();
    place.write("lists/a.csv", "Host,Port\na.example,443\n");
    place.write("lists/b.json", "[{\"Host\": \"b.example\"}]");
    place.write(
        "huntql.toml",
        "[watchlists]\na = { file = \"lists/a.csv\", search_key = \"Host\" }\nb = \"lists/b.json\"\n",
    );
    let ran = place
        .run(&[
            "query",
            "_GetWatchlist('a') | union _GetWatchlist('b') | sort by Host asc",
            "--format",
            "ndjson",
        ])
        .code(0);
    assert_eq!(
        ran.stdout,
        "{\"Host\":\"a.example\",\"Port\":443,\"SearchKey\":\"a.example\"}\n{\"Host\":\"b.example\",\"Port\":null,\"SearchKey\":\"\"}\n"
    );
    place.write(
        "huntql.toml",
        "[watchlists]\na = { file = \"lists/a.csv\", search_key = \"Port\" }\n",
    );
    place
        .run(&["query", "print 1"])
        .code(2)
        .says("`Port` in `search_key` is no column of text");
    place.write(
        "huntql.toml",
        "[watchlists]\na = { file = \"lists/a.csv\", serach_key = \"Port\" }\n",
    );
    place
        .run(&["query", "print 1"])
        .code(2)
        .says("did you mean `search_key`?");
}

#[test]
fn patterns_of_service_urls_match_hosts_and_paths() {
    for (url, pattern, expected) in [
        (
            "https://x.ods.opinsights.azure.com/a",
            "*.ods.opinsights.azure.com",
            "true",
        ),
        (
            "ods.opinsights.azure.com",
            "*.ods.opinsights.azure.com",
            "false",
        ),
        (
            "eu-v20.events.data.microsoft.com:443",
            "*v20.events.data.microsoft.com",
            "true",
        ),
        (
            "HTTP://WWW.Microsoft.com/pki/x",
            "www.microsoft.com/pki/*",
            "true",
        ),
        ("www.microsoft.com", "www.microsoft.com/pki/*", "false"),
        (
            "https://evil.example/a.blob.core.windows.net/t/x",
            "*.blob.core.windows.net/t/*",
            "false",
        ),
        ("", "*", "false"),
        ("a.b.c.example", "a*b*c.example", "\"\""),
    ] {
        let query = format!("print M = MatchesServiceUrl('{url}', '{pattern}')");
        let ran = Place::new()
            .run(&["query", &query, "--format", "csv"])
            .code(0);
        assert_eq!(ran.stdout, format!("M\n{expected}\n"), "{url} {pattern}");
    }
}
