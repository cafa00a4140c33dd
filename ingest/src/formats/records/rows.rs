//! The two kinds of rows that these records become: a proxied request, and a connection that a firewall saw.
//!
//! | a connection's column | from |
//! |---|---|
//! | Timestamp | the start |
//! | ActionType | allowed: ConnectionSuccess, or InboundConnectionAccepted when only the other end is ours; denied: ConnectionFailed or InboundConnectionAttempt; allowed and no packet came back: ConnectionAttempt or InboundConnectionAttempt |
//! | LocalIP, LocalPort, RemoteIP, RemotePort | the two ends, the local one by `--local-nets` |
//! | RemoteUrl | the host name that the firewall saw |
//! | Protocol | Tcp, Udp, Icmp, else the number or name as logged |
//! | AdditionalFields | `FirewallLog` (the format; never `ProxyLog`: nothing was proxied), `FirewallAction`, duration, orig_bytes, resp_bytes, username, Category, and all fields that no column took |
//!
//! Fields that no column takes keep their own names in `AdditionalFields`; a name that is taken gets `log_` before it.

use super::fields::Fields;
use super::instants::FileClock;
use super::mapping::{Mapped, Mapping, Role};
use crate::address::{self, Direction, Told};
use crate::formats::network::NetworkTable;
use crate::formats::proxy::{ProxyLog, ProxyRecord, ProxyResult, split_port};
use crate::output::{Output, Refusal};
use crate::text::TextObject;
use std::fmt::Write;

/// Names that the row itself writes.
const TAKEN: &[&str] = &[
    "direction",
    "method",
    "host",
    "uri",
    "status_code",
    "user_agent",
    "referrer",
    "request_body_len",
    "response_body_len",
    "username",
    "duration",
    "resp_mime_types",
    "ProxyLog",
    "ProxyName",
    "ProxyResult",
    "ProxyAction",
    "Category",
    "ProcessName",
    "TargetIP",
    "TargetPort",
    "FirewallLog",
    "FirewallAction",
    "FirewallName",
    "orig_bytes",
    "resp_bytes",
    "resp_pkts",
];

/// What the rows of one file have in common.
pub(super) struct RowContext<'a> {
    pub format: &'static str,
    pub table: &'a NetworkTable,
    pub log: &'a ProxyLog,
    pub clock: &'a FileClock,
}

/// The left-over fields under names that are not taken and occur once.
fn left_over(fields: &Fields<'_>, nulls: &[&str]) -> Vec<(String, String)> {
    let mut more: Vec<(String, String)> = Vec::new();
    for (name, value) in fields.left_over(nulls) {
        let mut name = match TAKEN.contains(&name) {
            true => format!("log_{name}"),
            false => name.to_owned(),
        };
        let twin = more.iter().find(|(known, _)| *known == name);
        match twin {
            Some((_, known)) if known == value => continue,
            Some(_) => {
                let count = more
                    .iter()
                    .filter(|(known, _)| known.starts_with(&name))
                    .count();
                name = format!("{name}_{}", count + 1);
            }
            None => {}
        }
        more.push((name, value.to_owned()));
    }
    more
}

/// What a role took and the row has no place for: it keeps a name of its own.
fn unwritten(mapped: &Mapped<'_>, host: &str, target_ip: Option<&str>) -> Vec<(String, String)> {
    let told = [
        (
            "Scheme",
            mapped
                .get(Role::Scheme)
                .filter(|_| !mapped.has_url_scheme()),
        ),
        (
            "HostName",
            mapped
                .get(Role::Host)
                .filter(|name| !name.eq_ignore_ascii_case(host)),
        ),
        (
            "ServerName",
            mapped.get(Role::Server).filter(|_| target_ip.is_none()),
        ),
        (
            "StatusText",
            mapped
                .get(Role::Status)
                .filter(|text| mapped.status() != Some(*text)),
        ),
    ];
    let set = told
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)));
    set.map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// Tells the cells that did not fit.
fn tell_misfits(mapped: &Mapped<'_>, output: &mut Output<'_>) -> Result<(), Refusal> {
    mapped
        .misfits
        .iter()
        .try_for_each(|(column, text)| output.cast_failure(column, text))
}

/// An address, or a name that could be one of a host.
fn client<'f>(mapped: &Mapped<'f>) -> Result<(&'f str, Option<i64>), Refusal> {
    let Some(text) = mapped.get(Role::Client) else {
        return Err(Refusal::new("no_client", "the record names no client"));
    };
    if address::parse(text).is_some() {
        return Ok((text, None));
    }
    let (host, port) = split_port(text);
    let is_name = host.bytes().any(|byte| byte.is_ascii_alphabetic())
        && host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
    match address::parse(host).is_some() || is_name {
        true => Ok((host, port.map(i64::from))),
        false => Err(Refusal::new(
            "bad_address",
            format!("`{}` is no client address", super::pairs::cut(text)),
        )),
    }
}

/// Writes the row of a proxied request.
pub(super) fn proxied(
    fields: &Fields<'_>,
    mapping: &'static Mapping,
    relay: &str,
    context: &RowContext<'_>,
    output: &mut Output<'_>,
) -> Result<(), Refusal> {
    let mut mapped = Mapped::new(fields, mapping);
    let (client, own_port) = client(&mapped)?;
    let duration_ms = mapped.duration_ms();
    let start = mapped.start(duration_ms, relay, context.clock)?;
    let client_port = mapped.port(Role::ClientPort, "LocalPort").or(own_port);
    let server_port = mapped.port(Role::ServerPort, "TargetPort");
    let proxy_port = mapped.port(Role::ProxyPort, "RemotePort");
    let method = mapped.get(Role::Method);
    let url = mapped.url(server_port);
    let Some(url) = url.as_deref() else {
        return Err(Refusal::new(
            "no_target",
            "the record names neither a URL nor a host",
        ));
    };
    let request_bytes = mapped.digits(Role::Sent, "request_body_len");
    let response_bytes = mapped.digits(Role::Received, "response_body_len");
    let target_ip = mapped
        .get(Role::Server)
        .filter(|text| address::parse(text).is_some());
    let mut target = mapped.target(method, url, server_port);
    if target.host.is_empty() {
        target.host = mapped.get(Role::Host).unwrap_or_default();
    }
    tell_misfits(&mapped, output)?;
    let mut more = left_over(fields, mapping.nulls);
    more.extend(unwritten(&mapped, target.host, target_ip));
    let more: Vec<(&str, &str)> = more
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let record = ProxyRecord {
        start,
        duration_ms,
        client,
        client_port,
        method,
        uri: Some(url),
        target,
        target_ip,
        status: mapped.status(),
        result: mapped.result(method),
        action: mapped.get(Role::Action),
        user: mapped.get(Role::User),
        user_agent: mapped.get(Role::UserAgent),
        referrer: mapped.get(Role::Referrer),
        request_bytes,
        response_bytes,
        mime: mapped.get(Role::Mime),
        category: mapped.get(Role::Category),
        proxy_ip: mapped.get(Role::ProxyIp),
        proxy_port,
        proxy_name: mapped.get(Role::ProxyName),
        process: mapped.get(Role::Process),
        device: mapped.get(Role::Device),
        more: &more,
    };
    record.write(
        context.format,
        context.log,
        context.table,
        output.rows(context.table.id),
    );
    Ok(())
}

/// Writes the row of a connection.
pub(super) fn connection(
    fields: &Fields<'_>,
    mapping: &'static Mapping,
    relay: &str,
    context: &RowContext<'_>,
    output: &mut Output<'_>,
) -> Result<(), Refusal> {
    let mut mapped = Mapped::new(fields, mapping);
    let end = |role: Role, what: &str| {
        let text = mapped.get(role).unwrap_or_default();
        match address::parse(text) {
            Some(address) => Ok((text, address)),
            None => Err(Refusal::new(
                "bad_address",
                format!("`{}` is no {what} address", super::pairs::cut(text)),
            )),
        }
    };
    let (from, to) = (
        end(Role::Client, "source")?,
        end(Role::Server, "destination")?,
    );
    let duration_ms = mapped.duration_ms();
    let start = mapped.start(duration_ms, relay, context.clock)?;
    let Some(verdict) = mapped.verdict() else {
        let action = mapped.get(Role::Action).unwrap_or_default();
        let message = format!(
            "`{}` is no action that this format documents",
            super::pairs::cut(action)
        );
        return Err(Refusal::new("unknown_action", message));
    };
    let nets = &output.options.local_nets;
    let direction = address::direction(
        nets,
        (Some(from.1), Told::Nothing),
        (Some(to.1), Told::Nothing),
    );
    let answered = mapped.get(Role::PacketsBack) != Some("0");
    let action_type = action_type(verdict, answered, direction);
    let from_port = mapped.port(Role::ClientPort, "LocalPort");
    let to_port = mapped.port(Role::ServerPort, "RemotePort");
    let sent = mapped.digits(Role::Sent, "orig_bytes");
    let received = mapped.digits(Role::Received, "resp_bytes");
    tell_misfits(&mapped, output)?;
    let protocol = protocol(mapped.get(Role::Protocol).unwrap_or_default());
    let ports = |port: Option<i64>| port.filter(|_| protocol != "Icmp");
    let (local, remote) = match direction {
        Direction::Out => ((from, ports(from_port)), (to, ports(to_port))),
        Direction::In => ((to, ports(to_port)), (from, ports(from_port))),
    };
    let (table, rows) = (context.table, output.rows(context.table.id));
    rows.cell(table.timestamp).push_i64(start);
    rows.cell(table.action_type).push_text(action_type);
    rows.cell(table.protocol).push_text(protocol);
    table.local(rows, local.0.0, Some(local.0.1), local.1);
    table.remote(rows, remote.0.0, Some(remote.0.1), remote.1);
    if let Some(device) = mapped
        .get(Role::Device)
        .filter(|_| direction == Direction::Out)
    {
        rows.cell(table.device_name).push_text(device);
    }
    if let Some(host) = mapped
        .get(Role::Host)
        .filter(|_| direction == Direction::Out)
    {
        rows.cell(table.remote_url).push_text(host);
    }
    let named = [
        ("direction", Some(direction.name())),
        ("FirewallLog", Some(context.format)),
        ("FirewallAction", mapped.get(Role::Action)),
        ("FirewallName", mapped.get(Role::ProxyName)),
        ("orig_bytes", sent),
        ("resp_bytes", received),
        ("resp_pkts", mapped.get(Role::PacketsBack)),
        ("username", mapped.get(Role::User)),
        ("Category", mapped.get(Role::Category)),
    ];
    let more = left_over(fields, mapping.nulls);
    rows.cell(table.additional_fields).write_text(|text| {
        let mut object = TextObject::begin(text);
        for (key, value) in named {
            if let Some(value) = value {
                object.field(key, value);
            }
        }
        if let Some(ms) = duration_ms {
            object.field_with("duration", |text| {
                write!(text, "{}.{:03}000", ms / 1000, ms % 1000)
                    .expect("a String takes everything");
            });
        }
        for (name, value) in &more {
            object.field(name, value);
        }
        object.end();
    });
    Ok(())
}

fn action_type(verdict: ProxyResult, answered: bool, direction: Direction) -> &'static str {
    match (verdict, answered, direction) {
        (ProxyResult::Allowed | ProxyResult::Unknown, true, Direction::Out) => "ConnectionSuccess",
        (ProxyResult::Allowed | ProxyResult::Unknown, true, Direction::In) => {
            "InboundConnectionAccepted"
        }
        (ProxyResult::Allowed | ProxyResult::Unknown, false, Direction::Out) => "ConnectionAttempt",
        (
            ProxyResult::Denied | ProxyResult::AuthenticationRequired | ProxyResult::Failed,
            _,
            Direction::Out,
        ) => "ConnectionFailed",
        (_, _, Direction::In) => "InboundConnectionAttempt",
    }
}

fn protocol(text: &str) -> &str {
    const NAMES: &[(&[&str], &str)] = &[
        (&["6", "tcp"], "Tcp"),
        (&["17", "udp"], "Udp"),
        (&["1", "58", "icmp", "icmpv6", "ipv6-icmp"], "Icmp"),
    ];
    let lower = text.to_ascii_lowercase();
    NAMES
        .iter()
        .find(|(names, _)| names.contains(&lower.as_str()))
        .map_or(text, |(_, name)| name)
}
