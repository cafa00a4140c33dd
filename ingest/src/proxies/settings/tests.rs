#![allow(clippy::unwrap_used, clippy::print_stderr)]
use super::*;
use encoding_rs::SHIFT_JIS;

const ENGLISH: &str = "\r\nCurrent WinHTTP proxy settings:\r\n\r\n    Proxy Server(s) :  proxy.birchwood.example:8080\r\n    Bypass List     :  *.birchwood.example;<local>\r\n\r\n";
const JAPANESE: &str = "\n現在の WinHTTP プロキシ設定:\n\n    プロキシ サーバー:  192.0.2.4:5678\n    バイパス一覧     : (なし)\n";
const DIRECT: &str = "Current WinHTTP proxy settings:\n\n    Direct access (no proxy server).\n";
const REG: &str = "Windows Registry Editor Version 5.00\r\n\r\n; the sensor\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\Microsoft\\Windows\\DataCollection]\r\n\"TelemetryProxyServer\"=\"192.0.2.6:8080\"\r\n\"DisableEnterpriseAuthProxy\"=dword:00000001\r\n\r\n[HKEY_CURRENT_USER\\Software\\Microsoft\\Windows\\CurrentVersion\\Internet Settings]\r\n\"ProxyEnable\"=dword:00000001\r\n\"ProxyServer\"=\"http=web.example:80;https=web.example:443;socks=socks.example:1080\"\r\n\"AutoConfigURL\"=\"http://wpad.example/\\\"a\\\\b.pac\"\r\n";

fn listens(settings: &Settings) -> Vec<String> {
    let all = settings.proxies.iter();
    all.map(|proxy| format!("{} {}", proxy.kind.name(), proxy.name))
        .collect()
}

fn read(bytes: &[u8]) -> Settings {
    parse_settings(bytes, "f").unwrap()
}

fn utf16(text: &str, mark: &[u8]) -> Vec<u8> {
    let units = text.encode_utf16().flat_map(u16::to_le_bytes);
    mark.iter().copied().chain(units).collect()
}

#[test]
fn netsh_is_read_in_every_language_and_encoding() {
    let cp932 = SHIFT_JIS.encode(JAPANESE).0.into_owned();
    for bytes in [
        JAPANESE.as_bytes().to_vec(),
        cp932,
        utf16(JAPANESE, &[0xff, 0xfe]),
        utf16(JAPANESE, &[]),
    ] {
        assert_eq!(listens(&read(&bytes)), ["explicit 192.0.2.4:5678"]);
    }
    let english = read(ENGLISH.as_bytes());
    assert_eq!(listens(&english), ["explicit proxy.birchwood.example:8080"]);
    assert_eq!(
        english.proxies[0].detail,
        "bypass: *.birchwood.example;<local>"
    );
    assert_eq!(english.proxies[0].source, "netsh winhttp (f:4)");
}

#[test]
fn a_language_that_nobody_listed_is_read_by_its_shape() {
    let text = "Aktuelle WinHTTP-Proxyeinstellungen:\n\n    Proxyserver :  http=a.example:80;https=[2001:db8::1]:443\n    Umgehungsliste: (Kein)\n";
    assert_eq!(
        listens(&read(text.as_bytes())),
        ["explicit a.example:80", "explicit [2001:db8::1]:443"]
    );
}

#[test]
fn several_outputs_and_what_stands_between_them_are_one_file() {
    let text = format!(
        "C:\\>netsh winhttp show proxy\n{ENGLISH}C:\\>rem ws-02\n{DIRECT}== ws-03 ==\n{JAPANESE}"
    );
    let settings = read(text.as_bytes());
    assert_eq!(settings.proxies.len(), 2);
    assert_eq!(settings.remarks.len(), 1);
    assert!(settings.remarks[0].contains("Direct access (no proxy server)."));
}

#[test]
fn a_text_that_is_no_setting_is_refused_with_its_line() {
    let error = |text: &str| {
        parse_settings(text.as_bytes(), "f")
            .unwrap_err()
            .to_string()
    };
    assert!(error("GET / HTTP/1.1\n").contains("netsh winhttp show proxy"));
    assert!(error("Current WinHTTP proxy settings:\n").starts_with("f:1: "));
    assert!(
        error(&ENGLISH.replace("example:8080", "example:80800"))
            .starts_with("f:4: no proxy server: `80800`")
    );
    assert!(error(&REG.replace("dword:00000001", "dword:1g")).starts_with("f:6: `dword:1g`"));
    assert!(
        error(&REG.replace("192.0.2.6:8080", "192.0.2.600:8080"))
            .starts_with("f:5: `TelemetryProxyServer`")
    );
    assert!(error("REGEDIT4\n[HKEY_USERS\n").starts_with("f:2: "));
}

#[test]
fn a_registry_export_tells_the_sensors_proxy_and_the_users() {
    for bytes in [REG.as_bytes().to_vec(), utf16(REG, &[0xff, 0xfe])] {
        let settings = read(&bytes);
        assert_eq!(
            listens(&settings),
            [
                "explicit 192.0.2.6:8080",
                "explicit web.example:80",
                "explicit web.example:443",
                "socks socks.example:1080"
            ]
        );
        assert_eq!(settings.proxies[0].detail, "DisableEnterpriseAuthProxy=1");
        assert_eq!(settings.proxies[0].source, "TelemetryProxyServer (f:5)");
        assert!(
            settings.remarks[0].contains("`http://wpad.example/\"a\\b.pac`"),
            "{:?}",
            settings.remarks
        );
    }
}

#[test]
fn hex_lines_go_on_deleted_values_are_gone_and_ansi_files_are_read() {
    let text = "REGEDIT4\n\n[HKEY_LOCAL_MACHINE\\Software\\POLICIES\\Microsoft\\Windows Defender]\n\"ProxyServer\"=hex(2):31,39,32,2e,30,2e,32,2e,39,3a,\\\n  38,30,38,30,00\n\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\Microsoft\\Windows\\DataCollection]\n\"telemetryproxyserver\"=-\n\n[-HKEY_LOCAL_MACHINE\\SOFTWARE\\Gone\\Microsoft\\Windows Defender]\n\"ProxyServer\"=\"192.0.2.1:1\"\n";
    let settings = read(text.as_bytes());
    assert_eq!(listens(&settings), ["explicit 192.0.2.9:8080"]);
    assert_eq!(settings.remarks, ["f:8: `TelemetryProxyServer` is deleted"]);
    let off = REG.replace(
        "\"ProxyEnable\"=dword:00000001",
        "\"ProxyEnable\"=dword:00000000",
    );
    assert_eq!(read(off.as_bytes()).proxies.len(), 1);
}

#[test]
fn a_script_gives_its_literals_and_tells_what_it_builds() {
    let script = r#"
// return "PROXY old.example:1";
function FindProxyForURL(url, host) {
  /* return "PROXY older.example:1" */
  if (url.substring(0, 5) == "http" || shExpMatch(host, "PROXY.example")) return 'DIRECT';
  var second = "SOCKS5 192.0.2.8:1080";
  if (isInNet(host, "10.0.0.0", "255.0.0.0")) return "PROXY " + second + ":8080";
  return "PROXY gw.example:8080; HTTPS gw.example:8443; DIRECT";
}"#;
    let settings = read(script.as_bytes());
    assert_eq!(
        listens(&settings),
        [
            "socks 192.0.2.8:1080",
            "explicit gw.example:8080",
            "explicit gw.example:8443"
        ]
    );
    assert_eq!(settings.remarks.len(), 1, "{:?}", settings.remarks);
    assert!(
        settings.remarks[0].starts_with("f:7: `PROXY`"),
        "{:?}",
        settings.remarks
    );
}

#[test]
fn the_published_examples_are_read() {
    let shared = std::env::var_os("HUNTQL_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared"),
        std::path::PathBuf::from,
    );
    let folder = shared.join("data/proxy_config");
    if !folder.is_dir() {
        eprintln!("skipped: there is no {}", folder.display());
        return;
    }
    for (file, expected) in [
        ("netsh_winhttp_show_proxy.en.txt", "explicit testproxy:8999"),
        (
            "netsh_winhttp_show_proxy.ja.utf8.txt",
            "explicit 1.2.3.4:5678",
        ),
        (
            "netsh_winhttp_show_proxy.ja.cp932.txt",
            "explicit 1.2.3.4:5678",
        ),
        ("netsh_winhttp_direct.en.txt", ""),
    ] {
        let settings = read_settings(&folder.join(file)).unwrap();
        assert_eq!(listens(&settings).join(","), expected, "{file}");
        assert_eq!(
            settings.remarks.len(),
            usize::from(expected.is_empty()),
            "{file}"
        );
    }
}
