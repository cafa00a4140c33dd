//! Headers and lines of W3C extended logs.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::formats::Head;

const SG: &str = "#Software: SGOS 6.7.4.1\n#Fields: date time time-taken c-ip cs-username x-exception-id sc-filter-result sc-status s-action cs-method cs-uri-scheme cs-host cs-uri-port cs-uri-path cs-uri-query cs(User-Agent) s-ip sc-bytes cs-bytes\n";

fn reader(header: &str) -> Reader {
    let mut reader = Reader::default();
    for line in header.lines() {
        reader.header.directive(line);
    }
    reader
}

fn texts(header: &str, line: &str, wanted: &[Slot]) -> Vec<String> {
    let mut reader = reader(header);
    let message = reader.split(line).unwrap();
    let values = reader.values(message).unwrap();
    wanted
        .iter()
        .map(|slot| values.get(*slot).unwrap_or("~").to_owned())
        .collect()
}

#[test]
fn the_three_rows_of_a_tunnel_have_one_key() {
    let mut reader = reader(SG);
    let rows = [
        "2026-03-02 08:00:02 1200 10.0.1.13 carla - OBSERVED 200 TCP_TUNNELED CONNECT tcp www.bank.example 443 / - - 10.0.0.6 39 210",
        "2026-03-02 08:00:02 1100 10.0.1.13 carla - OBSERVED 0 TUNNELED unknown ssl www.bank.example 443 / - - 10.0.0.6 39 210",
        "2026-03-02 08:00:02 90 10.0.1.13 carla - OBSERVED 200 TCP_MISS GET https www.bank.example 443 /a ?b=c \"Agent x\" 10.0.0.6 39 210",
    ];
    let keys = rows.map(|row| {
        let message = reader.split(row).unwrap();
        tunnel(reader.header.product, &reader.values(message).unwrap()).unwrap()
    });
    assert_eq!(
        keys.clone().map(|(part, _)| part),
        ["connect", "tls", "request"]
    );
    assert!(
        keys.iter()
            .all(|(_, key)| key == "10.0.1.13|www.bank.example:443")
    );
}

#[test]
fn an_empty_field_and_padding_are_told_apart_by_the_count() {
    let header = "#Fields: date time c-ip cs-username cs-method cs-uri s-ip\n";
    let empty = "2026-03-02 08:00:02 10.0.1.13  GET http://a.example/ 10.0.0.6";
    let padded = "2026-03-02   08:00:02 10.0.1.13  bob GET http://a.example/   10.0.0.6";
    let wanted = [Slot::User, Slot::Method, Slot::ProxyIp];
    assert_eq!(texts(header, empty, &wanted), ["~", "GET", "10.0.0.6"]);
    assert_eq!(texts(header, padded, &wanted), ["bob", "GET", "10.0.0.6"]);
}

#[test]
fn quotes_hold_blanks_and_doubled_quotes_and_plus_is_a_blank_outside_of_them() {
    let header = "#Software: AsyncOS\n#Fields: timestamp c-ip cs-url cs(User-Agent) cs(Referer)\n";
    let line = r#"1772438556.956 10.0.1.13 http://a.example/ "say ""x"" +1" http://b.example/+"#;
    let wanted = [Slot::UserAgent, Slot::Referrer];
    assert_eq!(
        texts(header, line, &wanted),
        ["say \"x\" +1", "http://b.example/+"]
    );
    let plain = "1772438556.956 10.0.1.13 http://a.example/ Mozilla/5.0+(x;+y) -";
    assert_eq!(
        texts(header, plain, &[Slot::UserAgent]),
        ["Mozilla/5.0 (x; y)"]
    );
}

#[test]
fn a_line_that_is_wider_than_its_header_keeps_what_is_new_and_a_narrower_one_is_refused() {
    let mut reader = reader("#Fields: date time c-ip cs-host\n");
    let message = reader
        .split("2026-03-02 08:00:02 10.0.1.13 a.example new 7")
        .unwrap();
    let values = reader.values(message).unwrap();
    assert_eq!(values.more, [("ExtraField1", "new"), ("ExtraField2", "7")]);
    let narrow = reader.split("2026-03-02 08:00:02 10.0.1.13").unwrap_err();
    assert_eq!(narrow.code, "field_count");
}

#[test]
fn a_clock_far_before_the_headers_is_of_the_next_day() {
    let header =
        reader("#Date: 2026-03-02 18:00:01 // written then\n#Fields: time c-ip cs-host\n").header;
    let at = |hour: i64| {
        header
            .day_of(hour * huntql_kql::time::TICKS_PER_HOUR)
            .unwrap()
    };
    assert_eq!(at(23), at(18));
    assert_eq!(at(1) - at(18), huntql_kql::time::TICKS_PER_DAY);
}

#[test]
fn a_web_servers_log_is_refused_by_name() {
    let iis = b"#Software: Microsoft Internet Information Services 10.0\n#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) sc-status\n2026-03-02 08:00:02 10.0.0.1 GET /index.html - 80 - 10.0.1.13 x 200\n";
    let Sniff::Unmapped(reason) = FORMAT.sniff(&Head::new("u_ex.log", iis)) else {
        panic!("it was not refused")
    };
    assert!(reason.contains("(IIS)"), "{reason}");
}
