//! Proxies seen at work: what clients say to them and to nobody else.
//!
//! | evidence | what the client sent | what speaks against it |
//! |---|---|---|
//! | Connect | `CONNECT host:port`, answered 2xx or 407 | any other answer: scanners ask web servers to connect, too |
//! | AbsoluteUri | `GET http://host/…`, answered 2xx, 3xx, 407 or 5xx | the host is the responder's own address |
//! | ProxyHeader | Zeek's `proxied` has `PROXY-CONNECTION`, the request is no `/path` | an answer that refuses to be a proxy (400, 404, 405, 421, 501) |
//!
//! `VIA` and `X-FORWARDED-FOR` in `proxied` tell of a proxy on the other side: the request has been through one. Requests
//! that come in from outside (`direction` In) prove nothing. All of it is in `HttpConnectionInspected` rows, whoever wrote them:
//! Defender, Zeek, or a proxy that names its own address.
//!
//! Each ingested file adds one row to the table `ProxySightings` for each endpoint and kind of evidence, in its own transaction.

use super::{Confidence, Listen, Proxy, ProxyKind, ProxySet};
use crate::address;
use crate::identity::RecordIds;
use crate::proxies::Address;
use crate::table::{Origin, TableRows};
use datafusion::arrow::array::{Array, AsArray, Int32Array, Int64Array, RecordBatch, StringArray};
use datafusion::arrow::datatypes::{Int32Type, Int64Type};
use huntql_store::schema::{INGESTION_TIME, TableSchema, builtin};
use std::collections::HashMap;
use std::net::IpAddr;

const TABLE: &str = "ProxySightings";

/// What shows that the responder is a proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Evidence {
    Connect,
    AbsoluteUri,
    ProxyHeader,
}

impl Evidence {
    fn name(self) -> &'static str {
        match self {
            Evidence::Connect => "Connect",
            Evidence::AbsoluteUri => "AbsoluteUri",
            Evidence::ProxyHeader => "ProxyHeader",
        }
    }
}

/// One kind of evidence at one endpoint.
#[derive(Debug, Clone, Copy)]
struct Seen {
    port: Option<i32>,
    evidence: Evidence,
    first: i64,
    last: i64,
    requests: i64,
}

/// What the rows of one file show.
#[derive(Debug, Default)]
pub struct Sightings {
    by_address: HashMap<String, Vec<Seen>>,
    ingested_ticks: i64,
}

impl Sightings {
    /// The table that takes them.
    pub fn table() -> &'static TableSchema {
        builtin(TABLE).expect("ProxySightings is built in")
    }

    /// Looks at rows of `table` on their way to the store.
    pub fn observe(&mut self, table: &str, batch: &RecordBatch) {
        if table != "DeviceNetworkEvents" {
            return;
        }
        let Some(columns) = Columns::of(batch) else {
            return;
        };
        self.ingested_ticks = columns.ingested_ticks;
        for row in 0..batch.num_rows() {
            if let Some((address, seen)) = columns.seen(row) {
                self.add(address, seen);
            }
        }
    }

    fn add(&mut self, address: &str, seen: Seen) {
        if !self.by_address.contains_key(address) {
            self.by_address.insert(address.to_owned(), Vec::new());
        }
        let known = self.by_address.get_mut(address).expect("inserted above");
        let same = known
            .iter_mut()
            .find(|known| known.port == seen.port && known.evidence == seen.evidence);
        match same {
            Some(known) => {
                known.first = known.first.min(seen.first);
                known.last = known.last.max(seen.last);
                known.requests += seen.requests;
            }
            None => known.push(seen),
        }
    }

    /// The rows for the store; `None` when nothing was seen. `file` is the source of the rows that were observed.
    pub fn to_batch(&self, file: &str) -> Option<RecordBatch> {
        let mut all: Vec<(&String, &Seen)> = self
            .by_address
            .iter()
            .flat_map(|(address, seen)| seen.iter().map(move |seen| (address, seen)))
            .collect();
        all.sort_by_key(|(address, seen)| (*address, seen.port, seen.evidence));
        let mut rows = TableRows::new(Self::table());
        let mut ids = RecordIds::default();
        let origin = Origin {
            file,
            ingested_ticks: self.ingested_ticks,
        };
        for (address, seen) in all {
            write(&mut rows, address, seen);
            let raw = format!("{file}\0{address}\0{seen:?}");
            rows.commit(ids.next("proxy-sighting", raw.as_bytes()), &origin, 0);
        }
        (!rows.is_empty()).then(|| rows.take())
    }
}

fn write(rows: &mut TableRows, address: &str, seen: &Seen) {
    let position =
        |rows: &TableRows, name| rows.position(name).expect("ProxySightings has this column");
    for (name, text) in [("RemoteIP", address), ("Evidence", seen.evidence.name())] {
        let at = position(rows, name);
        rows.cell(at).push_text(text);
    }
    for (name, value) in [
        ("Timestamp", Some(seen.first)),
        ("RemotePort", seen.port.map(i64::from)),
        ("FirstSeen", Some(seen.first)),
        ("LastSeen", Some(seen.last)),
        ("Requests", Some(seen.requests)),
    ] {
        if let Some(value) = value {
            let at = position(rows, name);
            rows.cell(at).push_i64(value);
        }
    }
}

/// The columns of a batch that matter here.
struct Columns<'a> {
    time: &'a Int64Array,
    action: &'a StringArray,
    address: &'a StringArray,
    port: &'a Int32Array,
    fields: &'a StringArray,
    ingested_ticks: i64,
}

impl<'a> Columns<'a> {
    fn of(batch: &'a RecordBatch) -> Option<Self> {
        let text = |name| batch.column_by_name(name)?.as_string_opt::<i32>();
        let ticks = |name| batch.column_by_name(name)?.as_primitive_opt::<Int64Type>();
        Some(Self {
            time: ticks("Timestamp")?,
            action: text("ActionType")?,
            address: text("RemoteIP")?,
            port: batch
                .column_by_name("RemotePort")?
                .as_primitive_opt::<Int32Type>()?,
            fields: text("AdditionalFields")?,
            ingested_ticks: ticks(INGESTION_TIME)
                .filter(|ticks| !ticks.is_empty())
                .map_or(0, |ticks| ticks.value(0)),
        })
    }

    fn seen(&self, row: usize) -> Option<(&'a str, Seen)> {
        let is_evident = self.action.value(row) == "HttpConnectionInspected"
            && !self.address.is_null(row)
            && !self.fields.is_null(row)
            && self.time.is_valid(row);
        if !is_evident {
            return None;
        }
        let address = self.address.value(row);
        (!address.is_empty()).then_some(())?;
        let peer = address::parse(address)?;
        let evidence = evidence(self.fields.value(row), peer)?;
        let time = self.time.value(row);
        let seen = Seen {
            port: self.port.is_valid(row).then(|| self.port.value(row)),
            evidence,
            first: time,
            last: time,
            requests: 1,
        };
        Some((address, seen))
    }
}

/// What the fields of an inspected request prove of its responder.
fn evidence(fields: &str, peer: IpAddr) -> Option<Evidence> {
    let method = field(fields, "method")?;
    let uri = field(fields, "uri").unwrap_or_default();
    if field(fields, "direction") == Some("In") {
        return None;
    }
    let status = field(fields, "status_code").and_then(|status| status.parse::<u16>().ok());
    if matches!(status, Some(400 | 404 | 405 | 421 | 501)) {
        return None;
    }
    let has_header = || {
        let proxied = field(fields, "proxied").unwrap_or_default();
        proxied.to_ascii_uppercase().contains("PROXY-CONNECTION")
    };
    if method.eq_ignore_ascii_case("CONNECT") {
        return match status {
            Some(200..=299 | 407) => Some(Evidence::Connect),
            _ => has_header().then_some(Evidence::ProxyHeader),
        };
    }
    match uri.split_once("://") {
        Some((scheme, rest)) if scheme.bytes().all(|byte| byte.is_ascii_alphabetic()) => {
            let is_own = host_of(rest).parse() == Ok(peer);
            let is_served = matches!(status, Some(200..=399 | 407 | 500..=599));
            (is_served && !is_own).then_some(Evidence::AbsoluteUri)
        }
        _ if uri.starts_with('/') => None,
        _ => has_header().then_some(Evidence::ProxyHeader),
    }
}

/// The host in what follows a URL's `://`.
fn host_of(rest: &str) -> &str {
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let authority = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    match authority
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
    {
        Some((host, _)) => host,
        None => authority.split(':').next().unwrap_or(authority),
    }
}

/// The text of a key of a JSON object, escapes left as they are. A key inside a text has its quotes escaped and does not match.
fn field<'a>(object: &'a str, key: &str) -> Option<&'a str> {
    let mut from = 0;
    loop {
        let at = from + object[from..].find(key)?;
        from = at + key.len();
        let is_key = object[..at].ends_with('"') && !object[..at].ends_with("\\\"");
        let Some(rest) = object[from..].strip_prefix('"').filter(|_| is_key) else {
            continue;
        };
        let Some(value) = rest.trim_start().strip_prefix(':') else {
            continue;
        };
        let value = value.trim_start();
        let Some(text) = value.strip_prefix('"') else {
            return value.split([',', '}']).next().map(str::trim);
        };
        let mut is_escaped = false;
        let end = text.bytes().position(|byte| {
            let ends = byte == b'"' && !is_escaped;
            is_escaped = byte == b'\\' && !is_escaped;
            ends
        })?;
        return Some(&text[..end]);
    }
}

/// A row of `ProxySightings`, or several of one endpoint taken together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxySighting {
    pub address: IpAddr,
    pub port: Option<u16>,
    /// Kinds of evidence, for people.
    pub evidence: String,
    /// Ticks.
    pub first_seen: i64,
    pub last_seen: i64,
    pub requests: i64,
}

impl ProxySet {
    /// Adds proxies that were seen at work. One that is configured at that address and time learns when it was seen instead.
    pub fn add_sightings(&mut self, sightings: &[ProxySighting]) {
        for sighting in sightings {
            let (first, last) = (sighting.first_seen, sighting.last_seen);
            let mut is_known = false;
            for known in self.proxies_mut() {
                let is_meant = known.confidence == Confidence::Configured
                    && known.listens_at(sighting.address, sighting.port)
                    && (known.is_valid_at(first) || known.is_valid_at(last));
                if is_meant {
                    known.first_seen = Some(known.first_seen.map_or(first, |seen| seen.min(first)));
                    known.last_seen = known.last_seen.max(Some(last));
                    is_known = true;
                }
            }
            if !is_known {
                self.add(sighting.to_proxy(Confidence::Certain, "traffic"));
            }
        }
    }

    /// Adds what may be proxies, where nothing better is known of the endpoint.
    pub fn add_suggestions(&mut self, sightings: &[ProxySighting]) {
        for sighting in sightings {
            let is_known = self
                .proxies()
                .iter()
                .any(|known| known.listens_at(sighting.address, sighting.port));
            if !is_known {
                self.add(sighting.to_proxy(
                    Confidence::Suggested,
                    "traffic: many targets behind one address",
                ));
            }
        }
    }
}

impl ProxySighting {
    fn to_proxy(&self, confidence: Confidence, source: &str) -> Proxy {
        let listen = Listen {
            address: Address::Ip(self.address),
            port: self.port,
        };
        Proxy {
            name: listen.to_string(),
            listeners: vec![listen],
            kind: ProxyKind::Explicit,
            confidence,
            source: source.to_owned(),
            first_seen: Some(self.first_seen),
            last_seen: Some(self.last_seen),
            detail: format!("{}; {} requests", self.evidence, self.requests),
            ..Proxy::default()
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn of(fields: &str) -> Option<Evidence> {
        evidence(fields, "192.0.2.6".parse().unwrap())
    }

    #[test]
    fn what_is_said_to_proxies_alone_is_evidence() {
        assert_eq!(
            of(
                r#"{"direction":"Out","method":"CONNECT","uri":"a.example:443","status_code":"200"}"#
            ),
            Some(Evidence::Connect)
        );
        assert_eq!(
            of(r#"{"method": "CONNECT", "uri": "a.example:443", "status_code": 407}"#),
            Some(Evidence::Connect)
        );
        assert_eq!(
            of(r#"{"method":"GET","uri":"http://a.example/x","status_code":"304"}"#),
            Some(Evidence::AbsoluteUri)
        );
        let denied = r#"{"method":"CONNECT","uri":"a.example:443","status_code":"403","proxied":"[\"PROXY-CONNECTION -> keep-alive\"]"}"#;
        assert_eq!(of(denied), Some(Evidence::ProxyHeader));
    }

    #[test]
    fn what_web_servers_get_is_no_evidence() {
        for fields in [
            r#"{"method":"CONNECT","uri":"a.example:443","status_code":"405","proxied":"[\"PROXY-CONNECTION -> x\"]"}"#,
            r#"{"method":"CONNECT","uri":"a.example:443"}"#,
            r#"{"direction":"In","method":"GET","uri":"http://a.example/","status_code":"200"}"#,
            r#"{"method":"GET","uri":"http://192.0.2.6:8080/","status_code":"200"}"#,
            r#"{"method":"GET","uri":"/","status_code":"200","proxied":"[\"PROXY-CONNECTION -> x\"]"}"#,
            r#"{"method":"GET","uri":"/","status_code":"200","proxied":"[\"VIA -> 1.1 gw\",\"X-FORWARDED-FOR -> 10.0.0.1\"]"}"#,
            r#"{"method":"GET","uri":"/?u=http://a.example","referrer":"http://b.example/","status_code":"200"}"#,
            r#"{"method":"GET","uri":"/","user_agent":"\"method\":\"CONNECT\"","status_code":"200"}"#,
            "",
            "[]",
        ] {
            assert_eq!(of(fields), None, "{fields}");
        }
    }

    #[test]
    fn a_configured_proxy_learns_when_it_was_seen_and_another_becomes_certain() {
        let mut set = ProxySet::default();
        set.add_listener("192.0.2.6:8080").unwrap();
        let sighting = |address: &str, first_seen| ProxySighting {
            address: address.parse().unwrap(),
            port: Some(8080),
            evidence: "Connect".to_owned(),
            first_seen,
            last_seen: first_seen + 5,
            requests: 2,
        };
        set.add_sightings(&[
            sighting("192.0.2.6", 10),
            sighting("192.0.2.6", 1),
            sighting("192.0.2.7", 3),
        ]);
        set.add_suggestions(&[sighting("192.0.2.7", 0), sighting("192.0.2.8", 0)]);
        let told: Vec<_> = set
            .proxies()
            .iter()
            .map(|p| {
                (
                    p.name.as_str(),
                    p.confidence.name(),
                    p.first_seen,
                    p.last_seen,
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                ("192.0.2.6:8080", "configured", Some(1), Some(15)),
                ("192.0.2.7:8080", "certain", Some(3), Some(8)),
                ("192.0.2.8:8080", "suggested", Some(0), Some(5)),
            ]
        );
    }
}
