//! What the compilers make of format strings, and what the templates make of lines.
#![allow(clippy::unwrap_used)]

use super::source::{Product, Source, compile};
use super::template::{Scanned, Template};
use super::{OriginForm, Slot};

fn template(text: &str) -> Template {
    Source::parse(text, None).unwrap().template().unwrap()
}

fn product(text: &str) -> Product {
    Source::parse(text, None).unwrap().product
}

/// The place and the words of a refusal.
fn refusal(text: &str) -> (usize, String) {
    let error = Source::parse(text, None)
        .and_then(|source| source.template())
        .unwrap_err();
    (error.at, error.message)
}

/// The texts of some slots of a line.
fn slots(template: &Template, line: &str, wanted: &[Slot]) -> Vec<String> {
    let mut scanned = Scanned::default();
    template.scan(line, &mut scanned).unwrap();
    let values = template.values(line, &scanned).unwrap();
    values.vet(OriginForm::Kept).unwrap();
    wanted
        .iter()
        .map(|slot| values.get(*slot).unwrap_or("~").to_owned())
        .collect()
}

#[test]
fn each_products_own_line_is_known_by_its_syntax() {
    for (text, expected) in [
        ("logformat x %ts.%03tu %>a %ru", Product::Squid),
        (
            "%ts.%03tu %6tr %>a:%>p %Ss/%03>Hs %<st %rm %ru",
            Product::Squid,
        ),
        ("squid", Product::Squid),
        (
            "log_format p '$remote_addr [$time_local] ' '\"$request\"';",
            Product::Nginx,
        ),
        ("$remote_addr [$time_local] \"$request\"", Product::Nginx),
        (
            r#"LogFormat "%h %l %u %t \"%r\" %>s %b" common"#,
            Product::Apache,
        ),
        (r#"%h %l %u %t "%r" %>s %b"#, Product::Apache),
        (r#"log-format "%ci:%cp [%tr] %ft %ST""#, Product::HaProxy),
        (r"log-format %ci:%cp\ [%tr]\ %ft", Product::HaProxy),
        ("%ci:%cp [%tr] %ft %ST", Product::HaProxy),
        ("tcplog", Product::HaProxy),
        ("logformat \"L%t.%. %C:%c %T\"", Product::ThreeProxy),
        ("G%t %C:%c %T", Product::ThreeProxy),
        ("#Fields: date time c-ip cs-host", Product::W3c),
    ] {
        assert_eq!(product(text), expected, "{text}");
    }
}

#[test]
fn what_cannot_be_read_is_refused_at_its_place() {
    assert_eq!(refusal("logformat x %ts %>a %zz").0, 20);
    assert!(
        refusal("%ts.%03tu %>a%ru")
            .1
            .contains("nothing stands between")
    );
    assert!(
        refusal("$remote_addr $time_local $http_user_agent $status")
            .1
            .contains("may hold blanks")
    );
    assert!(refusal("%ru %>a %Ss").1.contains("no time"));
    assert!(
        refusal("%ts %ru %Ss")
            .1
            .contains("no address of the client")
    );
    assert!(refusal("nosuchname").1.contains("no format string"));
    assert!(refusal("%ci:%cp [%tr] %hrl x").1.contains("captures"));
    assert!(
        refusal("logformat \"L%t %C:%c %1-2T\"")
            .1
            .contains("3proxy")
    );
}

#[test]
fn all_formats_that_have_names_compile() {
    for name in [
        "squid",
        "common",
        "combined",
        "referrer",
        "useragent",
        "squid-port",
    ] {
        compile(Product::Squid, name);
    }
    for name in ["common", "combined", "combinedio", "vhost_combined"] {
        compile(Product::Apache, name);
    }
    for name in ["httplog", "httpslog", "tcplog"] {
        assert!(compile(Product::HaProxy, name).needs_zone());
    }
    compile(Product::Nginx, "combined");
    assert!(!compile(Product::ThreeProxy, "").needs_zone());
}

#[test]
fn squids_widths_quotes_and_ports_are_read() {
    let own = template(
        r#"logformat huntql %ts.%03tu %6tr %>a:%>p %Ss/%03>Hs %<st %rm %ru %[un %Sh/%<a "%{User-Agent}>h" %ssl::>sni %{%Y-%m-%dT%H:%M:%S%z}tl"#,
    );
    let line = r#"1772438556.956  96831 [2001:db8::7]:50123 TCP_TUNNEL/200 236614 CONNECT www.bank.example:443 carla HIER_DIRECT/192.0.2.80 "Agent \"x\" 1" www.bank.example 2026-03-02T08:02:36+0000"#;
    let found = slots(
        &own,
        line,
        &[
            Slot::Client,
            Slot::ClientPort,
            Slot::UserAgent,
            Slot::ServerName,
            Slot::Peer,
        ],
    );
    assert_eq!(
        found,
        [
            "[2001:db8::7]",
            "50123",
            "Agent \"x\" 1",
            "www.bank.example",
            "192.0.2.80"
        ]
    );
}

#[test]
fn an_address_of_version_6_without_brackets_keeps_its_colons() {
    let log = compile(Product::HaProxy, "tcplog");
    let line =
        "2001:db8::1234:58430 [14/Nov/2015:22:45:11.608] main app/s1 1/0/7 248 -- 0/0/0/0/0 0/0";
    let found = slots(&log, line, &[Slot::Client, Slot::ClientPort]);
    assert_eq!(found, ["2001:db8::1234", "58430"]);
}

#[test]
fn header_lists_of_haproxy_may_be_absent() {
    let log = compile(Product::HaProxy, "httplog");
    for lists in ["", "{agent x} ", "{agent x} {} "] {
        let line = format!(
            "192.0.2.1:58430 [14/Nov/2015:22:45:11.608] main app/s1 0/0/1/2/3 200 +248 - - ---- 0/0/0/0/0 0/0 {lists}\"GET /a b HTTP/1.1\""
        );
        let found = slots(&log, &line, &[Slot::Request, Slot::ResponseBytes]);
        assert_eq!(found, ["GET /a b HTTP/1.1", "+248"], "{lists}");
    }
}

#[test]
fn a_field_that_holds_a_blank_rejects_the_line_and_shifts_nothing() {
    let log = compile(Product::Squid, "squid-port");
    let mut scanned = Scanned::default();
    let line = "1772438556.956 31 10.0.1.13 TCP_MISS/200 614 GET http://a.example/x y carla HIER_DIRECT/192.0.2.80 text/html 50123";
    let refusal = log.scan(line, &mut scanned).unwrap_err();
    assert_eq!(refusal.code, "other_format");
    assert!(refusal.message.contains("blank"), "{}", refusal.message);
}

#[test]
fn json_lines_of_nginx_are_a_format_like_any_other() {
    let log = template(
        r#"log_format j escape=json '{"t":"$time_iso8601","c":"$remote_addr","p":"$remote_port","r":"$request","ua":"$http_user_agent"}';"#,
    );
    let line = r#"{"t":"2026-03-02T08:02:36+01:00","c":"10.0.1.13","p":"50123","r":"CONNECT a.example:443 HTTP/1.1","ua":"x \"y\" \u0041"}"#;
    let found = slots(&log, line, &[Slot::Request, Slot::UserAgent]);
    assert_eq!(found, ["CONNECT a.example:443 HTTP/1.1", "x \"y\" A"]);
}
