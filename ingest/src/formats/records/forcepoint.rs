//! Forcepoint (Websense) Web Security: its three predefined formats, CEF, LEEF and key=value.
//!
//! (spec: <https://help.forcepoint.com/websec/en-us/on-prem/85/siem/B180CA52-DB55-4DCD-A393-2F3DE855CFC8.html>,
//! keys: <https://help.forcepoint.com/websec/en-us/on-prem/85/siem/5EA353E4-BD6A-4DB1-9F1A-BB8AFA6A328E.html>)
//!
//! CEF has `rt` in epoch seconds. The predefined LEEF and key=value strings have no time at all: it is the relay's, which has
//! neither year nor zone, so `--tz` is needed and the year is the latest that does not lie ahead. In key=value, blanks in
//! values are written `_`; they are kept so. `duration` is
//! that of the scan. The source and `spt`, `src_port` are the client's; `dst` is the target's address.

use super::delimited::Header;
use super::events;
use super::fields::Fields;
use super::generic::WORDS;
use super::instants::TimeRule::{Epoch, Relay, Text};
use super::mapping::{Mapping, Role::*, Stamp};
use super::pairs;
use super::vendor::{Kind, Vendor};
use crate::output::Refusal;

pub(in crate::formats) static FORCEPOINT: Vendor = Vendor {
    name: "forcepoint",
    title: "Forcepoint (Websense) web security: CEF, LEEF, key=value",
    spec: "https://help.forcepoint.com/websec/en-us/on-prem/85/siem/B180CA52-DB55-4DCD-A393-2F3DE855CFC8.html",
    begins: |text| events::is_cef(text) || events::is_leef(text) || text.starts_with("vendor="),
    header: |_| None,
    parse,
    kind,
};

const NULLS: &[&str] = &["-"];

static WEB: Mapping = Mapping {
    time: &[
        Epoch(&["rt", "devTime", "time"]),
        Text(&["dateTime"]),
        Relay,
    ],
    stamp: Stamp::Start,
    rows: &[
        (Client, &["src", "src_host"]),
        (ClientPort, &["spt", "srcPort", "src_port"]),
        (Server, &["dst", "dst_ip"]),
        (ServerPort, &["dpt", "dstPort", "dst_port"]),
        (Method, &["requestMethod", "method", "http_method"]),
        (Url, &["request", "url"]),
        (Host, &["dhost", "dst_host"]),
        (
            Status,
            &[
                "proxyStatus-code",
                "http_proxy_status_code",
                "http_response",
            ],
        ),
        (Action, &["act", "action", "header.event"]),
        (User, &["loginID", "suser", "usrName", "user"]),
        (
            UserAgent,
            &["requestClientApplication", "userAgent", "http_user_agent"],
        ),
        (Referrer, &["RefererURL", "refererUrl"]),
        (Sent, &["out", "srcBytes", "bytes_out"]),
        (Received, &["in", "dstBytes", "bytes_in"]),
        (Mime, &["ContentType", "contentType", "http_content_type"]),
        (Category, &["cat", "category"]),
        (ProxyIp, &["dvc"]),
    ],
    words: WORDS,
    nulls: NULLS,
};

fn parse<'a>(line: &'a str, _: Option<&Header>) -> Result<Fields<'a>, Refusal> {
    if events::is_cef(line) {
        return events::cef(line);
    }
    match events::is_leef(line) {
        true => events::leef(line),
        false => pairs::open(line),
    }
}

fn kind(fields: &Fields<'_>) -> Kind {
    let vendor = fields
        .get(&["header.vendor", "vendor"], &[])
        .unwrap_or_default();
    if !["forcepoint", "websense"].contains(&vendor.to_ascii_lowercase().as_str()) {
        return Kind::Foreign;
    }
    let product = fields
        .get(&["header.product", "product"], &[])
        .unwrap_or_default();
    let names_target = ["request", "url", "dhost", "dst_host"]
        .iter()
        .any(|name| fields.has(name));
    match product.eq_ignore_ascii_case("Security") && names_target {
        true => Kind::Proxied(&WEB),
        false => Kind::Unmapped(format!("{vendor} {product}")),
    }
}
