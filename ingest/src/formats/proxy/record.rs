//! One record of a proxy's log, and the row it becomes.

use super::Target;
use crate::address;
use crate::formats::network::NetworkTable;
use crate::output::Output;
use crate::proxies::Listener;
use crate::table::TableRows;
use crate::text::{TextObject, push_json_escaped, push_number};
use std::fmt::Write;

/// Whose log a file is.
#[derive(Debug, Default)]
pub(in crate::formats) struct ProxyLog {
    pub name: Option<String>,
    pub listener: Option<Listener>,
}

impl ProxyLog {
    /// What `--from-proxy` or the configuration's `logs` say of this file; nothing where they are silent.
    pub fn of(file: &str, output: &Output<'_>) -> Self {
        let options = output.options;
        let owner = options
            .proxies
            .owner_of(file, options.from_proxy.as_deref());
        Self {
            name: owner.map(|proxy| proxy.name.clone()),
            listener: owner.and_then(|proxy| proxy.listener()),
        }
    }
}

/// What the proxy did with the request: the one word that all formats' actions come down to (`ProxyResult`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::formats) enum ProxyResult {
    /// It was sent on, or answered from the cache.
    #[default]
    Allowed,
    /// Policy said no; the target was not contacted.
    Denied,
    /// 407: half of an authentication handshake; the target was not contacted.
    AuthenticationRequired,
    /// It was let through, and the target could not be reached (502, 503, 504, a refused tunnel).
    Failed,
    /// The record does not say.
    Unknown,
}

impl ProxyResult {
    pub fn name(self) -> &'static str {
        match self {
            Self::Allowed => "Allowed",
            Self::Denied => "Denied",
            Self::AuthenticationRequired => "AuthenticationRequired",
            Self::Failed => "Failed",
            Self::Unknown => "Unknown",
        }
    }

    /// From the HTTP status that the client was answered with, for formats whose action says nothing.
    ///
    /// 403 is the proxy's own word for CONNECT only; a GET's 403 may come from the origin, so those formats decide by action.
    pub fn of_status(method: Option<&str>, status: Option<&str>) -> Self {
        let is_connect = method.is_some_and(|method| method.eq_ignore_ascii_case("CONNECT"));
        match status.and_then(|status| status.parse::<u16>().ok()) {
            None | Some(0) => Self::Unknown,
            Some(407) => Self::AuthenticationRequired,
            Some(403) if is_connect => Self::Denied,
            Some(502..=504) => Self::Failed,
            Some(400..) if is_connect => Self::Failed,
            Some(_) => Self::Allowed,
        }
    }
}

/// One record. Empty and absent fields are left out of `AdditionalFields`.
#[derive(Debug, Clone, Default)]
pub(in crate::formats) struct ProxyRecord<'a> {
    /// When the request began, in ticks.
    pub start: i64,
    pub duration_ms: Option<i64>,
    /// An address, or a name where the log has names.
    pub client: &'a str,
    pub client_port: Option<i64>,
    pub method: Option<&'a str>,
    /// The URL as logged.
    pub uri: Option<&'a str>,
    pub target: Target<'a>,
    /// The address of the origin, where the proxy tells it.
    pub target_ip: Option<&'a str>,
    pub status: Option<&'a str>,
    pub result: ProxyResult,
    /// The format's own word for what was done (`TCP_TUNNEL`, `OBSERVED`, `block-url` …).
    pub action: Option<&'a str>,
    pub user: Option<&'a str>,
    pub user_agent: Option<&'a str>,
    pub referrer: Option<&'a str>,
    /// Bytes from the client and to the client, as digits.
    pub request_bytes: Option<&'a str>,
    pub response_bytes: Option<&'a str>,
    pub mime: Option<&'a str>,
    pub category: Option<&'a str>,
    /// The proxy as the record itself names it; it goes before what the configuration says.
    pub proxy_ip: Option<&'a str>,
    pub proxy_port: Option<i64>,
    pub proxy_name: Option<&'a str>,
    /// Process and device, where an agent on the client told the proxy.
    pub process: Option<&'a str>,
    pub device: Option<&'a str>,
    /// Further keys of `AdditionalFields`.
    pub more: &'a [(&'a str, &'a str)],
}

impl ProxyRecord<'_> {
    /// Writes the row; `format` is the name of the log's format.
    pub fn write(&self, format: &str, log: &ProxyLog, table: &NetworkTable, rows: &mut TableRows) {
        rows.cell(table.timestamp).push_i64(self.start);
        rows.cell(table.action_type)
            .push_text("HttpConnectionInspected");
        rows.cell(table.protocol).push_text("Tcp");
        match address::parse(self.client) {
            client @ Some(_) => table.local(rows, self.client, client, self.client_port),
            None => rows.cell(table.device_name).push_text(self.client),
        }
        if let Some(device) = self.device {
            rows.cell(table.device_name).push_text(device);
        }
        self.write_listener(log, table, rows);
        rows.cell(table.remote_url).push_text(self.target.url);
        rows.cell(table.additional_fields)
            .write_text(|text| self.write_fields(text, format, log));
    }

    fn write_listener(&self, log: &ProxyLog, table: &NetworkTable, rows: &mut TableRows) {
        let told = self.proxy_ip.and_then(address::parse);
        if let (Some(text), Some(_)) = (self.proxy_ip, told) {
            let configured = log
                .listener
                .filter(|listener| Some(listener.address) == told)
                .and_then(|listener| listener.port)
                .map(i64::from);
            table.remote(rows, text, told, self.proxy_port.or(configured));
        } else if let Some(listener) = &log.listener {
            table.remote(
                rows,
                &listener.address.to_string(),
                Some(listener.address),
                listener.port.map(i64::from),
            );
        }
    }

    fn write_fields(&self, text: &mut String, format: &str, log: &ProxyLog) {
        let mut object = TextObject::begin(text);
        object.known("direction", "Out");
        let name = self.proxy_name.or(log.name.as_deref());
        for (key, value) in [
            ("method", self.method),
            ("host", Some(self.target.host)),
            ("uri", self.uri),
            ("status_code", self.status),
            ("user_agent", self.user_agent),
            ("referrer", self.referrer),
            ("request_body_len", self.request_bytes),
            ("response_body_len", self.response_bytes),
            ("username", self.user),
            ("ProxyLog", Some(format)),
            ("ProxyName", name),
            ("ProxyResult", Some(self.result.name())),
            ("ProxyAction", self.action),
            ("Category", self.category),
            ("ProcessName", self.process),
            ("TargetIP", self.target_ip),
        ] {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                object.known(key, value);
            }
        }
        for (key, value) in self.more.iter().filter(|(_, value)| !value.is_empty()) {
            object.field(key, value);
        }
        if let Some(milliseconds) = self.duration_ms {
            object.known_with("duration", |text| {
                let (seconds, rest) = (milliseconds / 1000, (milliseconds % 1000).abs());
                push_number(text, seconds);
                write!(text, ".{rest:03}000").expect("a String takes everything");
            });
        }
        if let Some(port) = self.target.port {
            object.known_with("TargetPort", |text| push_number(text, i64::from(port)));
        }
        if let Some(mime) = self.mime.filter(|mime| !mime.is_empty()) {
            object.known_with("resp_mime_types", |text| {
                text.push_str("[\\\"");
                push_json_escaped(text, mime);
                text.push_str("\\\"]");
            });
        }
        object.end();
    }
}
