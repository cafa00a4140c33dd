//! Squid's native access log, the format that `access_log` has by default.
//!
//! `%ts.%03tu %6tr %>a %Ss/%03>Hs %<st %rm %ru %[un %Sh/%<a %mt`
//! (spec: <https://wiki.squid-cache.org/Features/LogFormat>, <https://www.squid-cache.org/Doc/config/logformat/>)
//!
//! The columns are those of every proxy's log (`proxy/`). Timestamp is `%ts` minus `%tr`: Squid stamps the end, the row has
//! the start. The client's port is there only where `%>p` follows the address. Squid's own `error:…` names no target.
//! Beside the common keys stand Hierarchy and TargetPeer (a parent that is a name). `response_body_len` is `%<st`, which counts the headers too.

use super::line;
use super::lines::client_end;
use super::network::NetworkTable;
use super::proxy::{ProxyLog, ProxyRecord, ProxyResult, Target};
use super::{Head, LogFormat, Sniff};
use crate::Result;
use crate::address;
use crate::input::{Growth, Input, Line};
use crate::output::{Output, Refusal};
use crate::report::Skip;
use crate::text::{Escape, lossless};
use crate::time;
use huntql_kql::time::TICKS_PER_MILLISECOND;
use std::net::IpAddr;

pub(super) static FORMAT: Squid = Squid;

pub(super) struct Squid;

impl LogFormat for Squid {
    fn name(&self) -> &'static str {
        "squid"
    }

    fn title(&self) -> &'static str {
        "Squid's native access log"
    }

    fn spec(&self) -> &'static str {
        "https://wiki.squid-cache.org/Features/LogFormat"
    }

    fn sniff(&self, head: &Head<'_>) -> Sniff {
        line::sniff(head, |line| Entry::parse(line).is_ok())
    }

    fn growth(&self, _: &Head<'_>) -> Growth {
        Growth::Lines
    }

    fn read(&self, input: Input, output: &mut Output<'_>) -> Result<()> {
        let table = NetworkTable::open(output);
        let log = ProxyLog::of(&input.name, output);
        line::each(input, output, |line, output| {
            read_line(line, &table, &log, output)
        })
    }
}

fn read_line(
    line: &Line<'_>,
    table: &NetworkTable,
    log: &ProxyLog,
    output: &mut Output<'_>,
) -> Result<()> {
    let place = line::place(line);
    let (text, escaped) = lossless(line.bytes, Escape::Plain);
    output.report.escaped_bytes += escaped;
    if text.starts_with('#') {
        output.skip(Skip::Comment);
        return Ok(());
    }
    match Entry::parse(&text) {
        Ok(entry) => {
            let (hierarchy, peer) = entry.hierarchy_and_peer();
            let more = [("Hierarchy", hierarchy), ("TargetPeer", peer)];
            let record = entry.record(&more);
            record.write("squid", log, table, output.rows(table.id));
            output.keep(table.id, "squid", line.bytes, place)
        }
        Err(refusal) => output.reject(refusal, line.bytes, place),
    }
}

/// The fields of one line.
#[derive(Debug, PartialEq)]
pub(super) struct Entry<'a> {
    /// When the request began.
    start: i64,
    elapsed_ms: i64,
    client: &'a str,
    client_port: Option<i64>,
    action: &'a str,
    status: &'a str,
    bytes: &'a str,
    method: Option<&'a str>,
    url: &'a str,
    user: Option<&'a str>,
    hierarchy: &'a str,
    peer: Option<&'a str>,
    /// Of a peer that is no name.
    peer_address: Option<IpAddr>,
    mime: Option<&'a str>,
}

impl<'a> Entry<'a> {
    pub fn parse(line: &'a str) -> std::result::Result<Self, Refusal> {
        let mut rest = without_syslog_prefix(line);
        let mut next = |what: &'static str| {
            let (field, tail) = split_field(rest);
            rest = tail;
            match field.is_empty() {
                true => Err(Refusal::new(
                    "field_count",
                    format!("the line ends before the {what}"),
                )),
                false => Ok(field),
            }
        };
        let stamp = next("time")?;
        let elapsed = next("elapsed time")?;
        let client = next("client")?;
        let result = next("result code")?;
        let bytes = next("size")?;
        let method = next("method")?;
        let end = end_time(stamp)?;
        let Ok(elapsed_ms) = elapsed.parse::<i64>() else {
            return Err(Refusal::new(
                "bad_number",
                format!("`{elapsed}` is no elapsed time in milliseconds"),
            ));
        };
        let (client, client_port) = client_end(client)?;
        let Some((action, status)) = result
            .split_once('/')
            .filter(|(_, s)| s.len() == 3 && is_digits(s))
        else {
            return Err(Refusal::new(
                "bad_result",
                format!("`{result}` is no result code like `TCP_MISS/200`"),
            ));
        };
        if !is_digits(bytes) {
            return Err(Refusal::new("bad_number", format!("`{bytes}` is no size")));
        }
        let tail = Tail::parse(rest)?;
        let start = end - elapsed_ms.max(0).saturating_mul(TICKS_PER_MILLISECOND);
        Ok(Self {
            start,
            elapsed_ms,
            client,
            client_port,
            action,
            status,
            bytes,
            method: set(method),
            url: tail.url,
            user: set(tail.user),
            hierarchy: tail.hierarchy,
            peer: set(tail.peer),
            peer_address: set(tail.peer).and_then(address::parse),
            mime: set(tail.mime),
        })
    }

    pub fn record<'r>(&'r self, more: &'r [(&'r str, &'r str)]) -> ProxyRecord<'r> {
        ProxyRecord {
            start: self.start,
            duration_ms: Some(self.elapsed_ms),
            client: self.client,
            client_port: self.client_port,
            method: self.method,
            uri: Some(self.url),
            target: Target::of(self.method, self.url),
            target_ip: self.peer.filter(|_| self.peer_address.is_some()),
            status: Some(self.status),
            result: self.result(),
            action: Some(self.action),
            user: self.user,
            response_bytes: Some(self.bytes),
            mime: self.mime,
            more,
            ..ProxyRecord::default()
        }
    }

    /// The hierarchy code, and the peer where it is a name; an address is the record's own field.
    pub fn hierarchy_and_peer(&self) -> (&'a str, &'a str) {
        let peer = self.peer.filter(|_| self.peer_address.is_none());
        (self.hierarchy, peer.unwrap_or_default())
    }

    /// `TCP_DENIED` is the proxy's own no; `NONE/…` is a request that never became one.
    fn result(&self) -> ProxyResult {
        if self.status == "407" {
            return ProxyResult::AuthenticationRequired;
        }
        let action = self.action.as_bytes();
        match action.windows(6).any(|word| word == b"DENIED") {
            true => ProxyResult::Denied,
            false => ProxyResult::of_status(self.method, Some(self.status)),
        }
    }
}

/// What follows the method: the URL, which may hold blanks (`uri_whitespace allow`), and three fields that hold none.
struct Tail<'a> {
    url: &'a str,
    user: &'a str,
    hierarchy: &'a str,
    peer: &'a str,
    mime: &'a str,
}

impl<'a> Tail<'a> {
    fn parse(rest: &'a str) -> std::result::Result<Self, Refusal> {
        // `log_mime_hdrs on` appends the headers in brackets; they are no part of the format's fields.
        let headers =
            memchr::memchr_iter(b'[', rest.as_bytes()).find(|at| rest[..*at].ends_with(' '));
        let rest = headers.map_or(rest, |at| &rest[..at]).trim_end();
        let fields = last_field(rest).and_then(|(rest, mime)| {
            let (rest, peer) = last_field(rest)?;
            let (url, user) = last_field(rest)?;
            Some((url, user, peer, mime))
        });
        let Some((url, user, peer, mime)) = fields else {
            return Err(Refusal::new(
                "field_count",
                "the line ends before the type of the answer",
            ));
        };
        let code = peer.split_once('/').filter(|(code, _)| {
            !code.is_empty()
                && code
                    .bytes()
                    .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
        });
        let Some((hierarchy, peer)) = code else {
            return Err(Refusal::new(
                "bad_hierarchy",
                format!("`{peer}` is no hierarchy code like `HIER_DIRECT/192.0.2.1`"),
            ));
        };
        Ok(Self {
            url: url.trim(),
            user,
            hierarchy,
            peer,
            mime,
        })
    }
}

/// The time at which the request ended: epoch seconds with milliseconds.
fn end_time(text: &str) -> std::result::Result<i64, Refusal> {
    let has_point = text.contains('.') && text.len() > 10;
    let tick = time::epoch_seconds(text).filter(|_| has_point);
    match tick {
        Some(tick) if tick >= time::YEAR_1990 => Ok(tick),
        Some(_) => Err(Refusal::new(
            "time_before_1990",
            format!("`{text}` is before 1990"),
        )),
        None => Err(Refusal::new(
            "bad_time",
            format!("`{text}` is no time in seconds since 1970"),
        )),
    }
}

/// A relay may have put `Mar  1 10:00:00 gw (squid-1): ` or `… squid[812]: ` before the line.
fn without_syslog_prefix(line: &str) -> &str {
    let line = line.trim_start();
    if line.starts_with(|c: char| c.is_ascii_digit())
        && line
            .bytes()
            .take_while(|byte| *byte != b' ')
            .any(|byte| byte == b'.')
    {
        return line;
    }
    let Some(name) = line.find("squid") else {
        return line;
    };
    line[name..]
        .find(": ")
        .map_or(line, |colon| &line[name + colon + 2..])
}

/// The first field and what follows the blanks after it.
fn split_field(text: &str) -> (&str, &str) {
    let text = text.trim_start_matches(' ');
    match memchr::memchr(b' ', text.as_bytes()) {
        Some(end) => (&text[..end], text[end..].trim_start_matches(' ')),
        None => (text, ""),
    }
}

/// What comes before the last blank, and the field behind it.
fn last_field(text: &str) -> Option<(&str, &str)> {
    let blank = memchr::memrchr(b' ', text.as_bytes())?;
    Some((&text[..blank], &text[blank + 1..]))
}

fn set(field: &str) -> Option<&str> {
    (field != "-").then_some(field)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn entry(line: &str) -> Entry<'_> {
        Entry::parse(line).unwrap()
    }

    #[test]
    fn the_time_is_the_end_and_the_row_has_the_start() {
        let parsed = entry(
            "1386543323.500   1500 10.0.0.9 TCP_TUNNEL/200 4099 CONNECT example.org:443 - HIER_DIRECT/192.0.2.7 -",
        );
        assert_eq!(parsed.start, time::epoch_seconds("1386543322.000").unwrap());
        assert_eq!(
            Target::of(parsed.method, parsed.url),
            Target {
                url: "example.org",
                host: "example.org",
                port: Some(443)
            }
        );
        assert_eq!((parsed.mime, parsed.peer), (None, Some("192.0.2.7")));
    }

    #[test]
    fn squids_own_errors_name_no_target() {
        let parsed = entry(
            "1386543500.000      5 10.0.0.9 NONE/000 0 - error:transaction-end-before-headers - HIER_NONE/- -",
        );
        assert_eq!(
            Target::of(parsed.method, parsed.url),
            Target {
                url: "",
                host: "",
                port: None
            }
        );
    }

    #[test]
    fn old_hierarchy_codes_blanks_in_urls_and_syslog_prefixes_are_read() {
        let old = entry(
            "1066036250.129 1036 10.0.0.9 TCP_MISS/200 753 GET http://a.example/x y bob DIRECT/a.example text/html",
        );
        assert_eq!(
            (old.url, old.user, old.hierarchy),
            ("http://a.example/x y", Some("bob"), "DIRECT")
        );
        let relayed = entry(
            "Mar  1 10:00:00 gw (squid-1): 1386543323.000 4 10.0.0.9 TCP_MISS/200 9 GET http://b.example/ - HIER_NONE/- -",
        );
        assert_eq!(relayed.url, "http://b.example/");
    }

    #[test]
    fn a_client_may_have_a_port_and_an_ipv6_target_brackets() {
        let parsed = entry(
            "1386543323.000 4 10.0.0.9:50123 TCP_TUNNEL/200 9 CONNECT [2001:db8::1]:443 - HIER_NONE/- -",
        );
        assert_eq!(
            (parsed.client, parsed.client_port),
            ("10.0.0.9", Some(50123))
        );
        assert_eq!(Target::of(parsed.method, parsed.url).host, "2001:db8::1");
    }

    #[test]
    fn what_is_cut_is_refused_with_its_reason() {
        let cut = Entry::parse(
            "1386543323.000      4 91.188.124.227 TCP_DENIED/403 4099 GET http://www.proxy",
        );
        assert_eq!(cut.unwrap_err().code, "field_count");
        let relative =
            Entry::parse("22.335 4 10.0.0.9 TCP_MISS/200 9 GET http://b.example/ - HIER_NONE/- -");
        assert_eq!(relative.unwrap_err().code, "bad_time");
    }
}
