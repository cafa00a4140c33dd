//! Netskope: page and application events as JSON, and as the CEF of its log shipper.
//!
//! (spec: <https://docs.netskope.com/en/dataexport-iterator-endpoints/>,
//! <https://docs.netskope.com/en/syslog-plugin-for-log-shipper/>)
//!
//! `page_starttime` or `conn_starttime` is the start; `timestamp` alone is when the event was made. Events of other types
//! (audit, infrastructure, alert without a URL …) are skipped by name. URLs have no scheme.

use super::delimited::Header;
use super::fields::Fields;
use super::instants::TimeRule::Epoch;
use super::mapping::{Mapping, Role::*, Stamp};
use super::vendor::{Kind, Vendor};
use super::{events, json};
use crate::formats::proxy::ProxyResult::{Allowed, Denied};
use crate::output::Refusal;

pub(in crate::formats) static NETSKOPE: Vendor = Vendor {
    name: "netskope",
    title: "Netskope page and application events: JSON, CEF",
    spec: "https://docs.netskope.com/en/dataexport-iterator-endpoints/",
    begins: |text| json::is_json(text) || events::is_cef(text),
    header: |_| None,
    parse,
    kind,
};

static EVENT: Mapping = Mapping {
    time: &[Epoch(&["page_starttime", "conn_starttime", "timestamp"])],
    stamp: Stamp::Start,
    rows: &[
        (Client, &["srcip", "src", "userip"]),
        (ClientPort, &["src_port", "srcport", "spt"]),
        (Server, &["dstip", "dst"]),
        (ServerPort, &["dst_port", "dstport", "dpt"]),
        (Method, &["http_method", "req_method"]),
        (Url, &["url", "page"]),
        (Host, &["domain", "hostname_target", "dhost"]),
        (Status, &["http_status", "rsp_code"]),
        (Action, &["action", "act"]),
        (User, &["user", "suser", "ur_normalized"]),
        (UserAgent, &["useragent", "user_agent"]),
        (Referrer, &["referer"]),
        (Sent, &["client_bytes", "req_cnt_bytes"]),
        (Received, &["server_bytes"]),
        (Mime, &["resp_content_type", "rsp_content_type"]),
        (Category, &["category", "appcategory"]),
        (Device, &["hostname"]),
        (DurationS, &["page_duration", "conn_duration"]),
    ],
    words: &[
        ("allow", Allowed),
        ("alert", Allowed),
        ("bypass", Allowed),
        ("useralert_proceed", Allowed),
        ("block", Denied),
        ("deny", Denied),
        ("quarantine", Denied),
    ],
    nulls: &["null", "unknown"],
};

fn parse<'a>(line: &'a str, _: Option<&Header>) -> Result<Fields<'a>, Refusal> {
    match json::is_json(line) {
        true => json::object(line),
        false => events::cef(line),
    }
}

fn kind(fields: &Fields<'_>) -> Kind {
    let in_cef = fields.is("header.vendor", "Netskope");
    let own = [
        "ur_normalized",
        "access_method",
        "ccl",
        "traffic_type",
        "appcategory",
    ];
    let in_json = fields.has("_insertion_epoch_timestamp")
        || own.iter().filter(|name| fields.has(name)).count() >= 2 && fields.has("timestamp");
    if !in_cef && !in_json {
        return Kind::Foreign;
    }
    let names_target = fields
        .get(&["url", "domain", "dhost"], EVENT.nulls)
        .is_some();
    let names_client = fields
        .get(&["srcip", "src", "userip"], EVENT.nulls)
        .is_some();
    match names_target && names_client {
        true => Kind::Proxied(&EVENT),
        false => {
            let log = fields.get(&["header.event", "type", "audit_log_event"], &[]);
            Kind::Unmapped(format!("Netskope {}", log.unwrap_or("event")))
        }
    }
}
