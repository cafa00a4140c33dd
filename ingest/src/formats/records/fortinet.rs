//! Fortinet: FortiGate's web filter and traffic logs, FortiProxy's transactions, as key=value.
//!
//! (spec: <https://docs.fortinet.com/document/fortigate/7.6.0/fortios-log-message-reference/>,
//! <https://docs.fortinet.com/document/fortiproxy/7.4.0/fortiproxy-log-reference/>)
//!
//! | type, subtype | becomes |
//! |---|---|
//! | utm webfilter; traffic http-transaction (FortiProxy); traffic with `policytype="proxy-policy"` | a proxied request |
//! | traffic forward, local, sniffer, multicast, ztna | a connection that a network device saw: no proxied request |
//! | all others (event, app-ctrl, ips, dns, virus …) | skipped by name |
//!
//! `eventtime` (epoch seconds to nanoseconds, by version) goes before `date` and `time` with `tz`; without either zone,
//! `--tz`. A traffic record is written at the end: its start is the time minus `duration`. `rawdata="Method=CONNECT|…"` is
//! taken apart. `method="domain"` in a web filter's record is how the URL was rated and no HTTP method.

use super::fields::Fields;
use super::instants::TimeRule;
use super::instants::TimeRule::{Epoch, Parts};
use super::mapping::{Mapping, Role::*, Stamp};
use super::pairs;
use super::vendor::{Kind, Vendor};
use crate::formats::proxy::ProxyResult::{self, Allowed, Denied, Failed};

pub(in crate::formats) static FORTINET: Vendor = Vendor {
    name: "fortinet",
    title: "Fortinet FortiGate web filter and traffic logs, FortiProxy transactions",
    spec: "https://docs.fortinet.com/document/fortigate/7.6.0/fortios-log-message-reference/",
    begins: |text| {
        ["date=", "logver=", "timestamp=", "itime="]
            .iter()
            .any(|key| text.starts_with(key))
    },
    header: |_| None,
    parse: |line, _| with_rawdata(pairs::quoted(line)?),
    kind,
};

const TIME: &[TimeRule] = &[
    Epoch(&["eventtime"]),
    Parts {
        date: "date",
        time: "time",
        zone: "tz",
    },
];
const NULLS: &[&str] = &["N/A", "undefined"];

const WORDS: &[(&str, ProxyResult)] = &[
    ("passthrough", Allowed),
    ("allow", Allowed),
    ("accept", Allowed),
    ("pass", Allowed),
    ("monitor", Allowed),
    ("exempt", Allowed),
    ("close", Allowed),
    ("timeout", Allowed),
    ("start", Allowed),
    ("client-rst", Allowed),
    ("server-rst", Allowed),
    ("block", Denied),
    ("deny", Denied),
    ("denied", Denied),
    ("filtered", Denied),
    ("ip-conn", Failed),
    ("dns", Failed),
];

static WEB: Mapping = Mapping {
    time: TIME,
    stamp: Stamp::Start,
    rows: &[
        (Client, &["srcip", "clientip"]),
        (ClientPort, &["srcport"]),
        (Server, &["dstip"]),
        (ServerPort, &["dstport"]),
        (Method, &["httpmethod", "reqmethod", "rawdata.Method"]),
        (Url, &["url"]),
        (Host, &["hostname"]),
        (Scheme, &["scheme", "service"]),
        (Status, &["statuscode", "respcode"]),
        (Action, &["action"]),
        (User, &["user", "unauthuser"]),
        (UserAgent, &["agent", "rawdata.User-Agent"]),
        (Referrer, &["referralurl"]),
        (Sent, &["sentbyte", "reqlength"]),
        (Received, &["rcvdbyte", "resplength"]),
        (Mime, &["contenttype", "rawdata.Response-Content-Type"]),
        (Category, &["catdesc"]),
        (ProxyName, &["devname"]),
        (Device, &["srcname"]),
    ],
    words: WORDS,
    nulls: NULLS,
};

static TRANSACTION: Mapping = Mapping {
    stamp: Stamp::End,
    rows: &[
        (Client, &["srcip", "clientip"]),
        (ClientPort, &["srcport"]),
        (Server, &["dstip"]),
        (ServerPort, &["dstport"]),
        (Method, &["httpmethod", "reqmethod"]),
        (Url, &["url"]),
        (Host, &["hostname", "dstname"]),
        (Scheme, &["scheme"]),
        (Status, &["statuscode", "respcode"]),
        (Action, &["utmaction", "action"]),
        (User, &["user", "unauthuser"]),
        (UserAgent, &["agent", "useragent"]),
        (Referrer, &["referralurl"]),
        (Sent, &["sentbyte", "reqlength"]),
        (Received, &["rcvdbyte", "resplength"]),
        (Mime, &["contenttype", "resptype"]),
        (Category, &["catdesc"]),
        (ProxyName, &["devname"]),
        (Device, &["srcname"]),
        (DurationS, &["duration"]),
    ],
    ..WEB
};

static TRAFFIC: Mapping = Mapping {
    stamp: Stamp::End,
    rows: &[
        (Client, &["srcip"]),
        (ClientPort, &["srcport"]),
        (Server, &["dstip"]),
        (ServerPort, &["dstport"]),
        (Protocol, &["proto"]),
        (Host, &["hostname"]),
        (Action, &["action"]),
        (User, &["user", "unauthuser"]),
        (Sent, &["sentbyte"]),
        (Received, &["rcvdbyte"]),
        (PacketsBack, &["rcvdpkt"]),
        (Category, &["catdesc"]),
        (ProxyName, &["devname"]),
        (Device, &["srcname"]),
        (DurationS, &["duration"]),
    ],
    ..WEB
};

fn kind(fields: &Fields<'_>) -> Kind {
    let text = |name: &str| fields.get(&[name], &[]).unwrap_or_default();
    let is_fortinet = ["devid", "logid", "logver", "devname"]
        .iter()
        .any(|name| fields.has(name));
    let (log, subtype) = (text("type"), text("subtype"));
    if !is_fortinet || log.is_empty() {
        return Kind::Foreign;
    }
    match (log, subtype) {
        ("utm", "webfilter") | ("webfilter", _) => Kind::Proxied(&WEB),
        ("traffic", "http-transaction") => Kind::Proxied(&TRANSACTION),
        ("traffic", _) if text("policytype") == "proxy-policy" => Kind::Proxied(&TRANSACTION),
        ("traffic", "forward" | "local" | "sniffer" | "multicast" | "ztna") => {
            Kind::Connection(&TRAFFIC)
        }
        _ => Kind::Unmapped(format!("{log} {subtype}")),
    }
}

type Read<'a> = Result<Fields<'a>, crate::output::Refusal>;

/// Adds the members of `rawdata`, which stand between bars, under its name.
fn with_rawdata(mut fields: Fields<'_>) -> Read<'_> {
    let Some(rawdata) = fields.take(&["rawdata"], NULLS).map(str::to_owned) else {
        return Ok(fields);
    };
    for part in rawdata.split('|') {
        match part.split_once('=') {
            Some((name, value)) => fields.push(format!("rawdata.{name}"), value.to_owned()),
            None => fields.push("rawdata", part.to_owned()),
        }
    }
    Ok(fields)
}
