//! CEF and LEEF of any vendor: events that name a client and what it asked for.
//!
//! (spec: <https://www.microfocus.com/documentation/arcsight/arcsight-smartconnectors-8.4/cef-implementation-standard/>,
//! <https://www.ibm.com/docs/en/dsm?topic=overview-predefined-leef-event-attributes>)
//!
//! | CEF | LEEF | is |
//! |---|---|---|
//! | src, spt | src, srcPort | the client |
//! | request, else dhost, dpt | url, else domain | the target |
//! | dst | dst | the target's address |
//! | rt, else start, end (epoch ms or text with a zone) | devTime | the time |
//! | act | action, else the event's name | the action; permitted, allowed … are told apart from blocked, denied … |
//!
//! Events without a target (a login, a virus, a firewall's connection) are skipped by the names of vendor and product.

use super::events;
use super::fields::Fields;
use super::instants::TimeRule::Epoch;
use super::mapping::{Mapping, Role::*, Stamp};
use super::vendor::{Kind, Vendor};
use crate::formats::proxy::ProxyResult::{self, Allowed, AuthenticationRequired, Denied, Failed};

pub(in crate::formats) static CEF: Vendor = Vendor {
    name: "cef",
    title: "CEF events of a proxied request, of any vendor",
    spec: "https://www.microfocus.com/documentation/arcsight/arcsight-smartconnectors-8.4/cef-implementation-standard/",
    begins: events::is_cef,
    header: |_| None,
    parse: |line, _| events::cef(line),
    kind: |fields| kind(fields, &CEF_EVENT),
};

pub(in crate::formats) static LEEF: Vendor = Vendor {
    name: "leef",
    title: "LEEF events of a proxied request, of any vendor",
    spec: "https://www.ibm.com/docs/en/dsm?topic=leef-overview",
    begins: events::is_leef,
    header: |_| None,
    parse: |line, _| events::leef(line),
    kind: |fields| kind(fields, &LEEF_EVENT),
};

/// Words for what a proxy did, as the products that write these formats have them.
pub(super) const WORDS: &[(&str, ProxyResult)] = &[
    ("permit", Allowed),
    ("allow", Allowed),
    ("accept", Allowed),
    ("pass", Allowed),
    ("observed", Allowed),
    ("alert", Allowed),
    ("monitor", Allowed),
    ("continue", Allowed),
    ("transaction:permitted", Allowed),
    ("transaction permitted", Allowed),
    ("transaction:blocked", Denied),
    ("transaction blocked", Denied),
    ("block", Denied),
    ("den", Denied),
    ("drop", Denied),
    ("reject", Denied),
    ("reset", Denied),
    ("quarantine", Denied),
    ("auth", AuthenticationRequired),
    ("fail", Failed),
];

static CEF_EVENT: Mapping = Mapping {
    time: &[Epoch(&["start", "rt", "end", "deviceReceiptTime"])],
    stamp: Stamp::Start,
    rows: &[
        (Client, &["src", "sourceAddress", "c6a2", "shost"]),
        (ClientPort, &["spt"]),
        (Server, &["dst"]),
        (ServerPort, &["dpt"]),
        (Method, &["requestMethod"]),
        (Url, &["request", "requestUrl"]),
        (Host, &["dhost", "destinationDnsDomain"]),
        (Status, &["HttpStatus", "Response Code", "outcome"]),
        (Action, &["act"]),
        (User, &["suser", "duser"]),
        (UserAgent, &["requestClientApplication"]),
        (Referrer, &["requestContext"]),
        (Sent, &["out"]),
        (Received, &["in"]),
        (Mime, &["ContentType", "Content Type"]),
        (Category, &["cat", "URL Category"]),
        (ProxyName, &["dvchost"]),
        (ProxyIp, &["dvc"]),
        (Process, &["sproc"]),
    ],
    words: WORDS,
    nulls: &["-", "N/A", "NA", "None"],
};

static LEEF_EVENT: Mapping = Mapping {
    time: &[Epoch(&["devTime", "startTime", "endTime"])],
    rows: &[
        (Client, &["src"]),
        (ClientPort, &["srcPort"]),
        (Server, &["dst"]),
        (ServerPort, &["dstPort"]),
        (Method, &["method", "requestMethod"]),
        (Url, &["url", "request"]),
        (Host, &["domain", "host", "dhost"]),
        (Status, &["statusCode", "status", "responseCode"]),
        (Action, &["action", "act", "header.event"]),
        (User, &["usrName"]),
        (UserAgent, &["userAgent"]),
        (Referrer, &["referrer", "refererURL"]),
        (Sent, &["srcBytes"]),
        (Received, &["dstBytes"]),
        (Mime, &["contentType"]),
        (Category, &["urlCategory", "cat"]),
        (ProxyName, &["dvchost", "identHostName"]),
    ],
    ..CEF_EVENT
};

fn kind(fields: &Fields<'_>, mapping: &'static Mapping) -> Kind {
    let set = |role: super::mapping::Role| {
        let names = mapping.rows.iter().filter(|(known, _)| *known == role);
        names
            .clone()
            .any(|(_, names)| fields.get(names, mapping.nulls).is_some())
    };
    let text = |name: &str| fields.get(&[name], &[]).unwrap_or_default();
    match (set(Url) || set(Host)) && set(Client) {
        true => Kind::Proxied(mapping),
        false => Kind::Unmapped(format!(
            "{} {}",
            text("header.vendor"),
            text("header.product")
        )),
    }
}
