//! The fields of one line, and the record that they make.
//!
//! | of the record | from |
//! |---|---|
//! | start | the start where the line has it, else the end less the duration, else the end |
//! | client, client_port | `Client` (`192.0.2.1`, `192.0.2.1:50123`, a name), `ClientPort` |
//! | method, uri | `Method` and `Url`, else the two in `Request` |
//! | target | CONNECT and `host:port`; an absolute URL; else `Scheme`, `Host` (or `HostHeader`, `ServerName`), `Port`, `Path`, `Query` |
//! | result | `ErrorCode`, `Exception`, `Verdict`, `Termination`, the word `DENIED` or `BLOCK` in `Action`, 407, else the status |
//! | status, bytes | digits; `-` and nothing are nothing; anything else says that the format is another one, and rejects the line |
//! | target_ip, `TargetPeer` | `Peer`, as it is an address or a name |
//! | AdditionalFields | the rest, each under the product's own name |

use super::clock::{Instant, Moment, ZoneRule};
use super::slot::{Meaning, SLOTS, Slot, Unit};
use super::verdict::{of_error_code, of_termination, of_word};
use crate::address;
use crate::formats::network::NetworkTable;
use crate::formats::proxy::{ProxyLog, ProxyRecord, ProxyResult, Target, split_port};
use crate::output::Refusal;
use crate::table::TableRows;
use huntql_kql::time::TICKS_PER_MILLISECOND;
use jiff::tz::TimeZone;

/// What becomes of a request for a path alone (`GET /index.html`), as web servers get them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::formats) enum OriginForm {
    /// The product is a web server as well: such a line is none of its proxy's.
    Refused,
    /// The product is a proxy and nothing else.
    Kept,
}

/// What holds for all lines of a file.
#[derive(Debug)]
pub(in crate::formats) struct Writing<'a> {
    /// The name of the format, as `ProxyLog` has it.
    pub format: &'a str,
    pub origin_form: OriginForm,
    pub zone_rule: ZoneRule,
    pub zone: Option<&'a TimeZone>,
    pub log: &'a ProxyLog,
    pub table: &'a NetworkTable,
}

/// The fields of one line.
#[derive(Debug)]
pub(in crate::formats) struct Values<'a> {
    slots: [Option<&'a str>; SLOTS],
    pub start: Moment,
    pub end: Moment,
    duration_ms: Option<i64>,
    pub more: Vec<(&'a str, &'a str)>,
}

impl Default for Values<'_> {
    fn default() -> Self {
        Self {
            slots: [None; SLOTS],
            start: Moment::default(),
            end: Moment::default(),
            duration_ms: None,
            more: Vec::new(),
        }
    }
}

/// A field that has no value: empty, or a dash.
fn is_nothing(text: &str) -> bool {
    matches!(text, "" | "-" | "\"-\"")
}

impl<'a> Values<'a> {
    pub fn get(&self, slot: Slot) -> Option<&'a str> {
        self.slots[slot as usize]
    }

    /// Takes a field. What says the same as an earlier field is kept under its own name.
    pub fn set(&mut self, name: &'a str, meaning: Meaning, text: &'a str) -> Result<(), Refusal> {
        if is_nothing(text) {
            return Ok(());
        }
        match meaning {
            Meaning::Filler => {}
            Meaning::More => self.more.push((name, text)),
            Meaning::Text(slot) => match self.slots[slot as usize] {
                None => self.slots[slot as usize] = Some(text),
                Some(known) if known == text => {}
                Some(_) => self.more.push((name, text)),
            },
            Meaning::Time(part, instant) => {
                let moment = match instant {
                    Instant::Start => &mut self.start,
                    Instant::End => &mut self.end,
                };
                moment.set(part, text).ok_or_else(|| bad_time(name, text))?;
            }
            Meaning::Duration(unit) => {
                // HAProxy marks with `+` what was logged before the end, and says -1 of what did not happen.
                let text = text.trim_start_matches('+');
                if text.starts_with('-') {
                    return Ok(());
                }
                let milliseconds = duration(text, unit).ok_or_else(|| {
                    Refusal::new("bad_number", format!("`{text}` is no duration (`{name}`)"))
                })?;
                match self.duration_ms {
                    None => self.duration_ms = Some(milliseconds),
                    Some(_) => self.more.push((name, text)),
                }
            }
        }
        Ok(())
    }

    /// Fills the row. Refuses what cannot be a record of a proxy; nothing has been written then.
    pub fn write(&self, how: &Writing<'_>, rows: &mut TableRows) -> Result<(), Refusal> {
        let start = self.start_tick(how)?;
        let (client, port) = self.client()?;
        let (method, uri) = match self.request() {
            Ok(request) => request,
            Err(refusal) if how.origin_form == OriginForm::Refused => return Err(refusal),
            // What a proxy for other protocols writes there is kept as it is.
            Err(_) => (self.get(Slot::Method), self.get(Slot::Url)),
        };
        let built = self.built_url(method, uri);
        let target = self.target(method, uri, how.origin_form, &built)?;
        let peer = self.get(Slot::Peer).or_else(|| self.hierarchy_peer().1);
        let peer = peer.filter(|peer| !matches!(*peer, "0.0.0.0" | "::"));
        let target_ip = peer.filter(|peer| address::parse(peer).is_some());
        let (action, status) = self.action_and_status()?;
        let mut more = Vec::with_capacity(self.more.len() + 3);
        more.extend_from_slice(&self.more);
        let hierarchy = self
            .get(Slot::Hierarchy)
            .or_else(|| self.hierarchy_peer().0);
        more.extend(hierarchy.map(|hierarchy| ("Hierarchy", hierarchy)));
        more.extend(
            peer.filter(|_| target_ip.is_none())
                .map(|peer| ("TargetPeer", peer)),
        );
        more.extend(self.get(Slot::ServerName).map(|name| ("server_name", name)));
        if method.is_none() && uri.is_none() {
            more.extend(self.get(Slot::Request).map(|text| ("request", text)));
        }
        let record = ProxyRecord {
            start,
            duration_ms: self.duration_ms,
            client,
            client_port: port,
            method,
            uri: uri
                .or(Some(built.as_str()).filter(|built| !built.is_empty()))
                .or(self.get(Slot::Path)),
            target,
            target_ip,
            status,
            result: self.result(method, action, status),
            action: action.or_else(|| self.get(Slot::Verdict)),
            user: self.get(Slot::User),
            user_agent: self.get(Slot::UserAgent),
            referrer: self.get(Slot::Referrer),
            request_bytes: self.count(Slot::RequestBytes)?,
            response_bytes: self.count(Slot::ResponseBytes)?,
            mime: self.get(Slot::Mime),
            category: self.get(Slot::Category),
            proxy_ip: self.get(Slot::ProxyIp),
            proxy_port: self.get(Slot::ProxyPort).and_then(port_number),
            proxy_name: self.get(Slot::ProxyName),
            process: self.get(Slot::Process),
            device: self.get(Slot::Device),
            more: &more,
        };
        record.write(how.format, how.log, how.table, rows);
        Ok(())
    }

    /// Whether it is a record, but for what the file's options decide.
    pub fn vet(&self, origin_form: OriginForm) -> Result<(), Refusal> {
        self.client()?;
        let (method, uri) = self.request()?;
        self.target(method, uri, origin_form, "")?;
        self.action_and_status()?;
        self.count(Slot::ResponseBytes)?;
        Ok(())
    }

    fn start_tick(&self, how: &Writing<'_>) -> Result<i64, Refusal> {
        if self.start.is_told() {
            return self.start.ticks(how.zone_rule, how.zone);
        }
        if !self.end.is_told() {
            return Err(Refusal::new("no_time", "the line has no time"));
        }
        let end = self.end.ticks(how.zone_rule, how.zone)?;
        let taken = self.duration_ms.unwrap_or(0).max(0);
        Ok(end.saturating_sub(taken.saturating_mul(TICKS_PER_MILLISECOND)))
    }

    fn client(&self) -> Result<(&'a str, Option<i64>), Refusal> {
        let text = self
            .get(Slot::Client)
            .ok_or_else(|| Refusal::new("no_client", "the line names no client"))?;
        let (client, joined) = client_end(text)?;
        let port = match self.get(Slot::ClientPort) {
            None => joined,
            Some(text) => match text.parse::<u16>() {
                Ok(0) => joined,
                Ok(port) => Some(i64::from(port)),
                Err(_) => {
                    return Err(Refusal::new(
                        "bad_port",
                        format!("`{text}` is no port of a client"),
                    ));
                }
            },
        };
        Ok((client, port))
    }

    /// Method and URL, each by itself or from the request line.
    fn request(&self) -> Result<(Option<&'a str>, Option<&'a str>), Refusal> {
        let (method, url) = (self.get(Slot::Method), self.get(Slot::Url));
        let Some(line) = self
            .get(Slot::Request)
            .filter(|_| method.is_none() || url.is_none())
        else {
            return Ok((method, url));
        };
        // HAProxy's word for what was no request at all.
        if matches!(line, "<BADREQ>" | "BADREQ") {
            return Ok((method, url));
        }
        let is_method = |method: &str| {
            !method.is_empty()
                && method.len() <= 32
                && method
                    .bytes()
                    .all(|b| b.is_ascii_alphabetic() || b"-_".contains(&b))
        };
        let parts = line
            .split_once(' ')
            .filter(|(method, url)| is_method(method) && !url.trim().is_empty());
        let Some((first, rest)) = parts else {
            return Err(Refusal::new(
                "bad_request",
                format!("`{}` is no request line", cut(line)),
            ));
        };
        let rest = rest.trim();
        let target = match rest.rsplit_once(' ') {
            Some((target, version)) if version.starts_with("HTTP/") => target.trim_end(),
            _ => rest,
        };
        Ok((method.or(Some(first)), url.or(Some(target))))
    }

    fn target<'b>(
        &self,
        method: Option<&str>,
        uri: Option<&'b str>,
        origin_form: OriginForm,
        built: &'b str,
    ) -> Result<Target<'b>, Refusal>
    where
        'a: 'b,
    {
        let is_connect = method.is_some_and(|method| method.eq_ignore_ascii_case("CONNECT"));
        if let Some(uri) = uri {
            let is_path = uri.starts_with('/') || uri == "*";
            if !is_path && (is_connect || uri.contains("://") || uri.starts_with("error:")) {
                return Ok(self.with_port(Target::of(method, uri)));
            }
            if origin_form == OriginForm::Refused && (is_path || self.get(Slot::Host).is_none()) {
                return Err(Refusal::new(
                    "origin_form",
                    "the request is for a path of the server itself, not for another host",
                ));
            }
        }
        let Some(named) = self.named_host() else {
            // A path says nothing of the host: the row names no target, and keeps the path as `uri`.
            return Ok(Target::default());
        };
        if built.is_empty() {
            let (host, port) = split_port(named);
            return Ok(Target {
                url: host,
                host,
                port: self.port().or(port),
            });
        }
        Ok(self.with_port(Target::of(None, built)))
    }

    fn named_host(&self) -> Option<&'a str> {
        [Slot::Host, Slot::HostHeader, Slot::ServerName]
            .into_iter()
            .find_map(|slot| self.get(slot))
    }

    /// The URL of a request whose log has it in parts; empty for a tunnel, and where there is nothing to build it from.
    fn built_url(&self, method: Option<&str>, uri: Option<&str>) -> String {
        let mut built = String::new();
        let is_connect = method.is_some_and(|method| method.eq_ignore_ascii_case("CONNECT"));
        let scheme = self.get(Slot::Scheme).unwrap_or_default();
        let is_tunnel = ["tcp", "ssl", "tunnel", "ssl-tunnel", ""]
            .iter()
            .any(|name| scheme.eq_ignore_ascii_case(name));
        let is_whole = uri.is_some_and(|uri| uri.contains("://"));
        let Some(named) = self
            .named_host()
            .filter(|_| !is_connect && !is_tunnel && !is_whole)
        else {
            return built;
        };
        let (host, port) = split_port(named);
        let bracket = host.contains(':');
        built.push_str(scheme);
        built.push_str(if bracket { "://[" } else { "://" });
        built.push_str(host);
        built.push_str(if bracket { "]" } else { "" });
        let port = self.port().or(port);
        if let Some(port) = port.filter(|port| !is_default(scheme, *port)) {
            built.push(':');
            built.push_str(&port.to_string());
        }
        let path = self.get(Slot::Path).or(uri).unwrap_or("/");
        built.push_str(if path.starts_with('/') { "" } else { "/" });
        built.push_str(path);
        if let Some(query) = self.get(Slot::Query) {
            built.push_str(if query.starts_with('?') { "" } else { "?" });
            built.push_str(query);
        }
        built
    }

    /// The port that the log tells goes before the scheme's own.
    fn with_port<'b>(&self, target: Target<'b>) -> Target<'b> {
        let told = self.port().filter(|_| !target.host.is_empty());
        Target {
            port: told.or(target.port),
            ..target
        }
    }

    fn port(&self) -> Option<u16> {
        self.get(Slot::Port)?.parse().ok().filter(|port| *port > 0)
    }

    fn action_and_status(&self) -> Result<(Option<&'a str>, Option<&'a str>), Refusal> {
        let joined = self
            .get(Slot::ActionStatus)
            .and_then(|text| text.split_once('/'));
        let action = self.get(Slot::Action).or(joined.map(|(action, _)| action));
        let status = self.get(Slot::Status).or(joined.map(|(_, status)| status));
        // HAProxy and 3proxy have -1 and 0 for no answer at all.
        let status = status.filter(|status| !matches!(*status, "-1" | "0" | "000"));
        match status {
            Some(text) if text.len() > 3 || !is_digits(text) => Err(Refusal::new(
                "bad_status",
                format!("`{}` is no HTTP status", cut(text)),
            )),
            status => Ok((action, status)),
        }
    }

    fn count(&self, slot: Slot) -> Result<Option<&'a str>, Refusal> {
        match self.get(slot).map(|text| text.trim_start_matches('+')) {
            Some(text) if !is_digits(text) => Err(Refusal::new(
                "bad_number",
                format!("`{}` is no count of bytes", cut(text)),
            )),
            count => Ok(count),
        }
    }

    fn hierarchy_peer(&self) -> (Option<&'a str>, Option<&'a str>) {
        match self
            .get(Slot::HierarchyPeer)
            .map(|text| text.split_once('/'))
        {
            None => (None, None),
            Some(None) => (self.get(Slot::HierarchyPeer), None),
            Some(Some((code, peer))) => (Some(code), Some(peer).filter(|p| !is_nothing(p))),
        }
    }

    fn result(
        &self,
        method: Option<&str>,
        action: Option<&str>,
        status: Option<&str>,
    ) -> ProxyResult {
        if status == Some("407") {
            return ProxyResult::AuthenticationRequired;
        }
        if let Some(code) = self.get(Slot::ErrorCode) {
            return of_error_code(code);
        }
        let by_word = [Slot::Exception, Slot::Verdict]
            .into_iter()
            .find_map(|slot| of_word(self.get(slot)?));
        if let Some(result) = by_word.or_else(|| of_word(action?)) {
            return result;
        }
        let by_end = self.get(Slot::Termination).and_then(of_termination);
        by_end.unwrap_or_else(|| ProxyResult::of_status(method, status))
    }
}

/// The client as an address with an optional port, or as a name.
pub(in crate::formats) fn client_end(text: &str) -> Result<(&str, Option<i64>), Refusal> {
    if address::parse(text).is_some() {
        return Ok((text, None));
    }
    // `2001:db8::1:58430`: the port follows an address without brackets.
    let bare = text
        .rsplit_once(':')
        .filter(|(host, _)| host.contains(':') && address::parse(host).is_some());
    let (host, port) = match bare {
        Some((host, port)) => (host, port.parse().ok()),
        None => split_port(text),
    };
    let is_name = |host: &str| {
        host.bytes().any(|b| b.is_ascii_alphabetic())
            && host
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
    };
    match address::parse(host).is_some() || is_name(host) {
        true => Ok((host, port.map(i64::from))),
        false => Err(Refusal::new(
            "bad_address",
            format!("`{}` is no client address", cut(text)),
        )),
    }
}

fn is_default(scheme: &str, port: u16) -> bool {
    let default = match scheme.to_ascii_lowercase().as_str() {
        "http" | "ws" => 80,
        "https" | "wss" => 443,
        "ftp" => 21,
        _ => 0,
    };
    port == default
}

fn duration(text: &str, unit: Unit) -> Option<i64> {
    let ticks = crate::time::decimal_seconds(text.as_bytes())?;
    let per_millisecond = match unit {
        Unit::Seconds => TICKS_PER_MILLISECOND,
        Unit::Milliseconds => TICKS_PER_MILLISECOND * 1_000,
        Unit::Microseconds => TICKS_PER_MILLISECOND * 1_000_000,
    };
    Some(ticks / per_millisecond)
}

fn port_number(text: &str) -> Option<i64> {
    text.parse::<u16>().ok().map(i64::from)
}

fn bad_time(name: &str, text: &str) -> Refusal {
    Refusal::new("bad_time", format!("`{}` is no time (`{name}`)", cut(text)))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The start of a text, for a message.
fn cut(text: &str) -> String {
    text.chars().take(80).collect()
}
