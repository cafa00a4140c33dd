//! One connection as a row of DeviceNetworkEvents, for formats whose records have two ends and little else.

use super::network::NetworkTable;
use crate::address::{self, Direction, LocalNets, Told};
use crate::output::Refusal;
use crate::table::TableRows;
use crate::time;
use std::net::IpAddr;

/// An end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct End {
    pub address: IpAddr,
    pub port: Option<i64>,
}

/// The columns that a connection fills; `AdditionalFields` is the format's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Connection<'a> {
    pub tick: i64,
    pub action: &'a str,
    pub protocol: &'a str,
    pub local: End,
    pub remote: Option<End>,
}

impl Connection<'_> {
    pub fn write(&self, table: &NetworkTable, rows: &mut TableRows) {
        rows.cell(table.timestamp).push_i64(self.tick);
        rows.cell(table.action_type).push_text(self.action);
        rows.cell(table.protocol).push_text(self.protocol);
        let (local, text) = (self.local, self.local.address.to_string());
        // ICMP's type and code may stand where the ports are.
        let port = |end: End| end.port.filter(|_| self.protocol != "Icmp");
        table.local(rows, &text, Some(local.address), port(local));
        if let Some(remote) = self.remote {
            let text = remote.address.to_string();
            table.remote(rows, &text, Some(remote.address), port(remote));
        }
    }
}

/// Which of two ends is ours, by the networks alone.
pub(super) fn direction(nets: &LocalNets, source: End, destination: End) -> Direction {
    address::direction(
        nets,
        (Some(source.address), Told::Nothing),
        (Some(destination.address), Told::Nothing),
    )
}

/// The address in a field; `field` is the name for the reject.
pub(super) fn address_of(text: &str, field: &str) -> Result<IpAddr, Refusal> {
    match address::parse(text) {
        Some(address) => Ok(address),
        None if text.is_empty() || text == "-" => {
            Err(Refusal::new("no_address", format!("`{field}` is not set")))
        }
        None => Err(Refusal::new(
            "bad_address",
            format!("`{text}` in `{field}` is no address"),
        )),
    }
}

/// The port in a field; empty and `-` are none.
pub(super) fn port_of(text: &str, field: &str) -> Result<Option<i64>, Refusal> {
    if text.is_empty() || text == "-" {
        return Ok(None);
    }
    match text.parse::<u16>() {
        Ok(port) => Ok(Some(i64::from(port))),
        Err(_) => Err(Refusal::new(
            "bad_port",
            format!("`{text}` in `{field}` is no port"),
        )),
    }
}

/// Seconds since 1970 in a field, as a tick.
pub(super) fn epoch_of(text: &str, field: &str) -> Result<i64, Refusal> {
    since_1990(time::epoch_seconds(text), text, field)
}

/// The tick, unless it is none or of before 1990.
pub(super) fn since_1990(tick: Option<i64>, text: &str, field: &str) -> Result<i64, Refusal> {
    match tick {
        Some(tick) if tick >= time::YEAR_1990 => Ok(tick),
        Some(_) => Err(Refusal::new(
            "time_before_1990",
            format!("`{text}` in `{field}` is before 1990"),
        )),
        None if text.is_empty() || text == "-" => {
            Err(Refusal::new("no_time", format!("`{field}` is not set")))
        }
        None => Err(Refusal::new(
            "bad_time",
            format!("`{text}` in `{field}` is no time"),
        )),
    }
}

/// A protocol's name or number in Defender's words; what Defender has no word for stays as it is.
pub(super) fn protocol_name(text: &str) -> &str {
    const NAMES: &[(&str, &str)] = &[
        ("6", "Tcp"),
        ("17", "Udp"),
        ("1", "Icmp"),
        ("58", "Icmp"),
        ("tcp", "Tcp"),
        ("udp", "Udp"),
        ("icmp", "Icmp"),
        ("icmp6", "Icmp"),
        ("icmpv6", "Icmp"),
        ("ipv6-icmp", "Icmp"),
    ];
    NAMES
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(text))
        .map_or(text, |(_, word)| word)
}
