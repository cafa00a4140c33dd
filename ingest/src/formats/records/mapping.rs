//! What a format's fields mean: one table a kind of record, and how its rows become a proxied request or a connection.

use super::fields::Fields;
use super::instants::{self, FileClock, TimeRule};
use crate::formats::proxy::{ProxyResult, Target, split_port};
use crate::output::Refusal;
use huntql_kql::time::TICKS_PER_MILLISECOND;
use std::borrow::Cow;

/// What a field is. The comment says where it goes: in a proxied request / in a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// LocalIP / the end that opened the connection.
    Client,
    /// LocalPort / its port.
    ClientPort,
    /// TargetIP / the other end.
    Server,
    /// TargetPort / its port.
    ServerPort,
    /// Protocol, by number or name / the same.
    Protocol,
    Method,
    /// The URL, whole, without its scheme, or a path beside `Host`.
    Url,
    Host,
    Path,
    Scheme,
    Status,
    /// The product's word for what it did; `words` say what that comes to.
    Action,
    User,
    UserAgent,
    Referrer,
    Sent,
    Received,
    /// Packets that came back: none means that nobody answered.
    PacketsBack,
    Mime,
    Category,
    /// The proxy's name, address and port as the record has them.
    ProxyName,
    ProxyIp,
    ProxyPort,
    Process,
    Device,
    DurationMs,
    DurationS,
}

/// Whether the log's time is that of the start or of the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stamp {
    Start,
    /// The start is this minus the duration, where the record has one.
    End,
}

/// One kind of record.
#[derive(Debug)]
pub(super) struct Mapping {
    pub time: &'static [TimeRule],
    pub stamp: Stamp,
    /// Role, and the names of the field that has it; the first that is set counts.
    pub rows: &'static [(Role, &'static [&'static str])],
    /// Beginnings of actions in lower case, and what they come to; the first that fits counts.
    pub words: &'static [(&'static str, ProxyResult)],
    /// Words that stand for nothing.
    pub nulls: &'static [&'static str],
}

/// The fields of one record under its mapping. Ports and numbers that are none are told by name.
pub(super) struct Mapped<'f> {
    fields: &'f Fields<'f>,
    mapping: &'static Mapping,
    values: Vec<Option<&'f str>>,
    /// Column and text of what did not fit.
    pub misfits: Vec<(&'static str, &'f str)>,
}

impl<'f> Mapped<'f> {
    pub fn new(fields: &'f Fields<'f>, mapping: &'static Mapping) -> Self {
        let values = mapping
            .rows
            .iter()
            .map(|(_, names)| fields.take(names, mapping.nulls).map(str::trim))
            .collect();
        Self {
            fields,
            mapping,
            values,
            misfits: Vec::new(),
        }
    }

    pub fn get(&self, role: Role) -> Option<&'f str> {
        let at = self
            .mapping
            .rows
            .iter()
            .position(|(known, _)| *known == role)?;
        self.values[at]
    }

    /// A port: 0 to 65535. Zero is what products write where there is none.
    pub fn port(&mut self, role: Role, column: &'static str) -> Option<i64> {
        let text = self.get(role)?;
        match text.parse::<u16>() {
            Ok(0) => None,
            Ok(port) => Some(i64::from(port)),
            Err(_) => {
                self.misfits.push((column, text));
                None
            }
        }
    }

    /// A number of bytes as digits.
    pub fn digits(&mut self, role: Role, column: &'static str) -> Option<&'f str> {
        let text = self.get(role)?;
        match text.bytes().all(|byte| byte.is_ascii_digit()) {
            true => Some(text),
            false => {
                self.misfits.push((column, text));
                None
            }
        }
    }

    pub fn duration_ms(&mut self) -> Option<i64> {
        let (text, read) = match (self.get(Role::DurationMs), self.get(Role::DurationS)) {
            (Some(text), _) => (text, text.parse::<f64>().ok()),
            (None, Some(text)) => (
                text,
                text.parse::<f64>().ok().map(|seconds| seconds * 1000.0),
            ),
            (None, None) => return None,
        };
        // A year is longer than any connection.
        match read.filter(|ms| (0.0..31_536_000_000.0).contains(ms)) {
            Some(ms) => Some(ms.round() as i64),
            None => {
                self.misfits.push(("duration", text));
                None
            }
        }
    }

    /// The start of the record, in ticks.
    pub fn start(
        &self,
        duration_ms: Option<i64>,
        relay: &str,
        clock: &FileClock,
    ) -> Result<i64, Refusal> {
        let mapping = self.mapping;
        let told = instants::instant(mapping.time, self.fields, mapping.nulls, relay, clock)?;
        Ok(match mapping.stamp {
            Stamp::Start => told,
            Stamp::End => told - duration_ms.unwrap_or(0) * TICKS_PER_MILLISECOND,
        })
    }

    /// What the action comes to; `None` for a word that the format does not document, and where there is none.
    pub fn verdict(&self) -> Option<ProxyResult> {
        let action = self.get(Role::Action)?.to_ascii_lowercase();
        let words = self.mapping.words.iter();
        words
            .clone()
            .find(|(word, _)| action.starts_with(word))
            .map(|(_, result)| *result)
    }

    /// The digits of the status: `200`, also out of `200 - OK`.
    pub fn status(&self) -> Option<&'f str> {
        let text = self.get(Role::Status)?;
        let digits = text.get(..3)?;
        let is_status = digits.bytes().all(|byte| byte.is_ascii_digit())
            && text[3..]
                .bytes()
                .next()
                .is_none_or(|byte| !byte.is_ascii_digit());
        is_status.then_some(digits)
    }

    pub fn result(&self, method: Option<&str>) -> ProxyResult {
        let status = self.status();
        match self.verdict() {
            _ if status == Some("407") => ProxyResult::AuthenticationRequired,
            Some(ProxyResult::Allowed) => match ProxyResult::of_status(method, status) {
                failed @ ProxyResult::Failed => failed,
                _ => ProxyResult::Allowed,
            },
            Some(result) => result,
            None => ProxyResult::of_status(method, status),
        }
    }

    /// The URL as one text, put together where the record has it in pieces.
    pub fn url(&self, port: Option<i64>) -> Option<Cow<'f, str>> {
        let (url, host, path) = (
            self.get(Role::Url),
            self.get(Role::Host),
            self.get(Role::Path),
        );
        let scheme = self.get(Role::Scheme).map(str::to_ascii_lowercase);
        let scheme = scheme.as_deref().filter(|scheme| SCHEMES.contains(scheme));
        match (url, host) {
            (Some(url), _) if url.contains("://") => Some(Cow::Borrowed(url)),
            (Some(url), Some(host)) if url.starts_with('/') => Some(join(scheme, host, port, url)),
            (Some(url), _) => match scheme {
                Some(scheme) if !is_tunnel(url) => Some(Cow::Owned(format!("{scheme}://{url}"))),
                _ => Some(Cow::Borrowed(url)),
            },
            (None, Some(host)) if path.is_some() || scheme.is_some() => {
                Some(join(scheme, host, port, path.unwrap_or("/")))
            }
            (None, host) => host.map(Cow::Borrowed),
        }
    }

    /// Whether the scheme's field is one that a URL can have.
    pub fn has_url_scheme(&self) -> bool {
        let scheme = self
            .get(Role::Scheme)
            .unwrap_or_default()
            .to_ascii_lowercase();
        SCHEMES.contains(&scheme.as_str())
    }

    /// What was asked for. A URL without a scheme keeps its text; its host is told.
    pub fn target<'t>(&self, method: Option<&str>, url: &'t str, port: Option<i64>) -> Target<'t> {
        let told = port.and_then(|port| u16::try_from(port).ok());
        let connects = method.is_some_and(|method| method.eq_ignore_ascii_case("CONNECT"));
        if connects || url.contains("://") || is_tunnel(url) {
            let method = if is_tunnel(url) {
                Some("CONNECT")
            } else {
                method
            };
            let target = Target::of(method, url);
            let has_own = url.contains("://") && !connects && authority_has_port(url);
            let port = if has_own {
                target.port
            } else {
                told.or(target.port)
            };
            return Target { port, ..target };
        }
        let authority = url.split(['/', '?', '#']).next().unwrap_or(url);
        let (host, port) = split_port(authority);
        Target {
            url,
            host,
            port: port.or(told),
        }
    }
}

const SCHEMES: &[&str] = &["http", "https", "ftp", "ws", "wss"];

/// `host:443`, with nothing behind it: what a tunnel is logged as.
fn is_tunnel(url: &str) -> bool {
    let url = url.strip_suffix('/').unwrap_or(url);
    !url.contains(['/', '?']) && split_port(url).1.is_some()
}

fn authority_has_port(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    split_port(authority).1.is_some()
}

/// `scheme://host[:port]path`; the port only where it is not the scheme's own. Without a scheme, as it would be typed.
fn join<'a>(scheme: Option<&str>, host: &str, port: Option<i64>, path: &str) -> Cow<'a, str> {
    let slash = if path.starts_with('/') { "" } else { "/" };
    let default = match (scheme, port) {
        (Some("http" | "ws"), Some(80)) | (Some("https" | "wss"), Some(443)) => true,
        _ => host.contains(':') && !host.starts_with('['),
    };
    let scheme = scheme.map_or(String::new(), |scheme| format!("{scheme}://"));
    Cow::Owned(match port.filter(|_| !default) {
        Some(port) => format!("{scheme}{host}:{port}{slash}{path}"),
        None => format!("{scheme}{host}{slash}{path}"),
    })
}
