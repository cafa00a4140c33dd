//! Zscaler NSS: web and firewall feeds, as JSON (with or without the `{"sourcetype","event"}` wrapper), key=value or CSV
//! with a header.
//!
//! (spec: <https://help.zscaler.com/zia/nss-feed-output-format-web-logs>,
//! <https://help.zscaler.com/zia/nss-feed-output-format-firewall-logs>)
//!
//! The administrator writes the feed, so names differ: the NSS field (`cip`) and the name of the usual templates
//! (`ClientIP`) are both known. A web record becomes a proxied request; a firewall record (`csip`, `cdip`) a connection that
//! a network device saw. The time is that of the end; without `epochtime` or a `tz` field it has no zone and needs `--tz`.
//! `None` and `NA` stand for nothing. URLs have no scheme; `proto` gives it where it is http or https.

use super::delimited::Header;
use super::fields::Fields;
use super::instants::TimeRule::{Epoch, Zoned};
use super::mapping::{Mapping, Role::*, Stamp};
use super::vendor::{Kind, Vendor};
use super::{json, pairs};
use crate::formats::proxy::ProxyResult::{Allowed, Denied};
use crate::output::Refusal;

pub(in crate::formats) static ZSCALER: Vendor = Vendor {
    name: "zscaler",
    title: "Zscaler NSS web and firewall feeds: JSON, key=value, CSV",
    spec: "https://help.zscaler.com/zia/nss-feed-output-format-web-logs",
    begins: |text| json::is_json(text) || text.split('=').next().is_some_and(pairs::is_key),
    header: |line| {
        let web = Header::with(line, &["action", "reqmethod", "cip"]);
        web.or_else(|| Header::with(line, &["action", "requestmethod", "clientip"]))
            .or_else(|| Header::with(line, &["action", "csip", "cdip"]))
    },
    parse,
    kind,
};

const NULLS: &[&str] = &["None", "NA", "N/A", "-"];

static WEB: Mapping = Mapping {
    time: &[
        Epoch(&["epochtime"]),
        Zoned(&["datetime", "time", "eventtime"], "tz"),
    ],
    stamp: Stamp::End,
    rows: &[
        (
            Client,
            &[
                "ClientIP",
                "cip",
                "clientip",
                "src",
                "cintip",
                "clientpublicIP",
            ],
        ),
        (ClientPort, &["clientsourceport", "csport", "clientport"]),
        (Server, &["serverip", "sip", "dst"]),
        (ServerPort, &["serverport", "dpt"]),
        (Method, &["requestmethod", "reqmethod"]),
        (Url, &["eurl", "url"]),
        (Host, &["hostname", "ehost", "host"]),
        (Scheme, &["protocol", "proto"]),
        (Status, &["status", "respcode"]),
        (Action, &["action"]),
        (User, &["user", "elogin", "login"]),
        (UserAgent, &["useragent", "eua", "ua"]),
        (Referrer, &["refererURL", "ereferer", "referer"]),
        (Sent, &["requestsize", "reqsize"]),
        (Received, &["responsesize", "respsize"]),
        (Mime, &["contenttype", "ctype"]),
        (Category, &["urlcategory", "urlcat"]),
        (Device, &["devicehostname", "edevicehostname"]),
        (DurationMs, &["clienttranstime", "ctime"]),
    ],
    words: &[("allow", Allowed), ("block", Denied), ("drop", Denied)],
    nulls: NULLS,
};

static FIREWALL: Mapping = Mapping {
    rows: &[
        (Client, &["csip"]),
        (ClientPort, &["csport"]),
        (Server, &["cdip"]),
        (ServerPort, &["cdport"]),
        (Protocol, &["proto", "ipproto"]),
        (Host, &["cdfqdn", "edfqdn"]),
        (Action, &["action"]),
        (User, &["user", "elogin", "login"]),
        (Sent, &["outbytes"]),
        (Received, &["inbytes"]),
        (Category, &["ipcat"]),
        (Device, &["devicehostname"]),
        (DurationMs, &["durationms"]),
        (DurationS, &["duration", "dur"]),
    ],
    words: &[
        ("allow", Allowed),
        ("drop", Denied),
        ("block", Denied),
        ("reset", Denied),
    ],
    ..WEB
};

fn parse<'a>(line: &'a str, header: Option<&Header>) -> Result<Fields<'a>, Refusal> {
    match header {
        _ if json::is_json(line) => json::object(line),
        Some(header) => header.fields(line),
        None => pairs::quoted(line),
    }
}

fn kind(fields: &Fields<'_>) -> Kind {
    let has = |names: &[&str]| names.iter().any(|name| fields.has(name));
    let told = fields.is("vendor", "Zscaler")
        || fields
            .get(&["sourcetype"], &[])
            .is_some_and(|text| text.starts_with("zscalernss"));
    let is_web = has(&["urlcategory", "urlcat", "urlsupercategory", "urlsupercat"])
        && has(&["eurl", "url", "ehost", "hostname"])
        && has(&["ClientIP", "cip", "clientip", "cintip"]);
    let is_firewall = has(&["csip"]) && has(&["cdip"]) && has(&["action"]);
    match told {
        _ if is_firewall => Kind::Connection(&FIREWALL),
        _ if is_web => Kind::Proxied(&WEB),
        true => {
            let log = fields
                .get(&["sourcetype", "product"], &[])
                .unwrap_or("another feed");
            Kind::Unmapped(log.to_owned())
        }
        false => Kind::Foreign,
    }
}
