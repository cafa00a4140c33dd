//! One record of eve.json as a row.

use super::fields;
use super::flows::Flows;
use crate::address::{self, Direction, Told};
use crate::formats::json_objects::text_of;
use crate::formats::network::NetworkTable;
use crate::options::{Options, UrlFill};
use crate::output::Refusal;
use crate::table::TableRows;
use crate::text::TextObject;
use crate::time;
use serde_json::{Map, Value};
use std::net::IpAddr;

/// What became of a record that is not refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Written {
    /// A row, with the class of its record id.
    Row(&'static str),
    /// Of a type that has no mapping.
    Unmapped(String),
}

/// How the fields of a type are written.
type Fields = fn(&Map<String, Value>, &mut TextObject<'_>);

struct Kind {
    name: &'static str,
    class: &'static str,
    action: &'static str,
    /// Where the target's name stands, for `--fill-url`.
    name_at: Option<&'static str>,
    fields: Fields,
}

const KINDS: &[Kind] = &[
    Kind {
        name: "flow",
        class: "suricata.flow",
        // By packets and flags: see `flow_action`.
        action: "",
        name_at: None,
        fields: fields::flow,
    },
    Kind {
        name: "http",
        class: "suricata.http",
        action: "HttpConnectionInspected",
        name_at: Some("hostname"),
        fields: fields::http,
    },
    Kind {
        name: "tls",
        class: "suricata.tls",
        action: "SslConnectionInspected",
        name_at: Some("sni"),
        fields: fields::tls,
    },
    Kind {
        name: "dns",
        class: "suricata.dns",
        action: "DnsConnectionInspected",
        name_at: None,
        fields: fields::dns,
    },
    Kind {
        name: "alert",
        class: "suricata.alert",
        action: "NetworkSignatureInspected",
        name_at: None,
        fields: fields::alert,
    },
];

/// The two ends of a flow; the source is who opened it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ends {
    source: (IpAddr, Option<i64>),
    destination: (IpAddr, Option<i64>),
}

impl Ends {
    pub fn read(object: &Map<String, Value>) -> Result<Self, Refusal> {
        Ok(Self {
            source: (ip(object, "src_ip")?, port(object, "src_port")?),
            destination: (ip(object, "dest_ip")?, port(object, "dest_port")?),
        })
    }

    fn swapped(self) -> Self {
        Self {
            source: self.destination,
            destination: self.source,
        }
    }
}

fn ip(object: &Map<String, Value>, name: &str) -> Result<IpAddr, Refusal> {
    let text = object.get(name).map(text_of).unwrap_or_default();
    match address::parse(&text) {
        Some(address) => Ok(address),
        None if text.is_empty() => Err(Refusal::new("no_address", format!("`{name}` is not set"))),
        None => Err(Refusal::new(
            "bad_address",
            format!("`{text}` in `{name}` is no address"),
        )),
    }
}

fn port(object: &Map<String, Value>, name: &str) -> Result<Option<i64>, Refusal> {
    let Some(value) = object.get(name).filter(|value| !value.is_null()) else {
        return Ok(None);
    };
    let text = text_of(value);
    match text.parse::<u16>() {
        Ok(port) => Ok(Some(i64::from(port))),
        Err(_) => Err(Refusal::new(
            "bad_port",
            format!("`{text}` in `{name}` is no port"),
        )),
    }
}

/// Where an alert's sides come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SidesFrom {
    Flow,
    Packet,
}

/// Writes one record as a row that is not committed yet.
pub(super) fn write(
    object: &Map<String, Value>,
    flows: &Flows,
    options: &Options,
    table: &NetworkTable,
    rows: &mut TableRows,
) -> Result<Written, Refusal> {
    let Some(event_type) = object.get("event_type").and_then(Value::as_str) else {
        return Err(Refusal::new("no_event_type", "`event_type` is not set"));
    };
    let Some(kind) = KINDS.iter().find(|kind| kind.name == event_type) else {
        let name: String = event_type.chars().take(40).collect();
        return Ok(Written::Unmapped(format!("suricata {name}")));
    };
    let tick = timestamp(object, kind)?;
    let (ends, from) = sides(object, kind, flows)?;
    let direction = address::direction(
        &options.local_nets,
        (Some(ends.source.0), Told::Nothing),
        (Some(ends.destination.0), Told::Nothing),
    );
    let (local, remote) = match direction {
        Direction::Out => (ends.source, ends.destination),
        Direction::In => (ends.destination, ends.source),
    };
    let proto = object.get("proto").map(text_of).unwrap_or_default();
    let protocol = protocol_name(&proto);
    let action = match kind.name {
        "flow" if protocol == "Icmp" => "IcmpConnectionInspected",
        "flow" => flow_action(object, direction),
        _ => kind.action,
    };
    rows.cell(table.timestamp).push_i64(tick);
    rows.cell(table.action_type).push_text(action);
    rows.cell(table.protocol).push_text(&protocol);
    table.local(rows, &local.0.to_string(), Some(local.0), local.1);
    table.remote(rows, &remote.0.to_string(), Some(remote.0), remote.1);
    if let (UrlFill::FromInspection, Some(at)) = (options.url_fill, kind.name_at)
        && let Some(name) = object.get(kind.name).and_then(|part| part.get(at))
    {
        rows.cell(table.remote_url).push_text(&text_of(name));
    }
    rows.cell(table.additional_fields).write_text(|text| {
        let mut fields = TextObject::begin(text);
        // Of an alert whose flow is not known it cannot be said who opened it.
        if from == SidesFrom::Flow {
            fields.field("direction", direction.name());
        }
        if kind.name == "alert" {
            fields.field(
                "SidesFrom",
                match from {
                    SidesFrom::Flow => "flow",
                    SidesFrom::Packet => "packet",
                },
            );
        }
        (kind.fields)(object, &mut fields);
        for key in ["flow_id", "in_iface", "app_proto", "community_id", "tx_id"] {
            if let Some(value) = object.get(key) {
                fields.field(key, &text_of(value));
            }
        }
        fields.end();
    });
    Ok(Written::Row(kind.class))
}

fn sides(
    object: &Map<String, Value>,
    kind: &Kind,
    flows: &Flows,
) -> Result<(Ends, SidesFrom), Refusal> {
    if kind.name == "alert" {
        return Ok(match flows.of(object) {
            Some(ends) => (ends, SidesFrom::Flow),
            None => (Ends::read(object)?, SidesFrom::Packet),
        });
    }
    let ends = Ends::read(object)?;
    // Before Suricata 5 the record of an answer has the server as its source.
    let is_answer = kind.name == "dns"
        && ends.source.1 == Some(53)
        && ends.destination.1.is_some_and(|port| port != 53);
    let ends = if is_answer { ends.swapped() } else { ends };
    Ok((ends, SidesFrom::Flow))
}

fn timestamp(object: &Map<String, Value>, kind: &Kind) -> Result<i64, Refusal> {
    let start = object
        .get("flow")
        .and_then(|flow| flow.get("start"))
        .filter(|_| kind.name == "flow");
    let (name, value) = match start {
        Some(start) => ("flow.start", Some(start)),
        None if kind.name == "flow" => {
            let message = "`flow.start` is not set, and `timestamp` is the end";
            return Err(Refusal::new("no_time", message));
        }
        None => ("timestamp", object.get("timestamp")),
    };
    let Some(text) = value.map(text_of) else {
        return Err(Refusal::new("no_time", format!("`{name}` is not set")));
    };
    match time::iso_instant(&text) {
        Some(tick) if tick >= time::YEAR_1990 => Ok(tick),
        Some(_) => Err(Refusal::new(
            "time_before_1990",
            format!("`{text}` in `{name}` is before 1990"),
        )),
        None => Err(Refusal::new(
            "bad_time",
            format!("`{text}` in `{name}` is no time with its zone"),
        )),
    }
}

/// TCP's SYN and ACK, as they stand together in a server's first answer.
const SYN: u8 = 0x02;

/// What a flow's packets say of the connection: packets both ways, and for TCP a SYN of the server's, are a connection; a
/// server that only answered with a reset refused it.
fn flow_action(object: &Map<String, Value>, direction: Direction) -> &'static str {
    let number = |part: &str, name: &str| object.get(part)?.get(name)?.as_u64();
    let flags = |name: &str| {
        let text = object.get("tcp")?.get(name)?.as_str()?;
        u8::from_str_radix(text, 16).ok()
    };
    let answered = number("flow", "pkts_toclient").unwrap_or(0) > 0;
    // A flow that was picked up in its middle has no SYN of the client's either.
    let opened = flags("tcp_flags_ts").is_some_and(|flags| flags & SYN != 0);
    let refused = opened && flags("tcp_flags_tc").is_some_and(|flags| flags & SYN == 0);
    match (answered, refused, direction) {
        (false, _, Direction::Out) => "ConnectionAttempt",
        (false, _, Direction::In) => "InboundConnectionAttempt",
        (true, true, _) => "ConnectionFailed",
        (true, false, Direction::Out) => "ConnectionSuccess",
        (true, false, Direction::In) => "InboundConnectionAccepted",
    }
}

/// The transport as Defender spells it; what Defender has no name for stays as it is.
fn protocol_name(proto: &str) -> String {
    match proto.to_ascii_uppercase().as_str() {
        "TCP" | "6" => "Tcp".to_owned(),
        "UDP" | "17" => "Udp".to_owned(),
        "ICMP" | "IPV6-ICMP" | "ICMPV6" | "1" | "58" => "Icmp".to_owned(),
        _ => proto.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn action(tcp: &str, answered: u64, direction: Direction) -> &'static str {
        let text = format!(r#"{{"flow":{{"pkts_toclient":{answered}}},"tcp":{tcp}}}"#);
        let Value::Object(object) = serde_json::from_str(&text).unwrap() else {
            panic!("{text}")
        };
        flow_action(&object, direction)
    }

    #[test]
    fn a_reset_without_a_syn_of_the_servers_is_a_refusal() {
        let refused = r#"{"tcp_flags_ts":"02","tcp_flags_tc":"14"}"#;
        let reset_later = r#"{"tcp_flags_ts":"1a","tcp_flags_tc":"16"}"#;
        let midstream = r#"{"tcp_flags_ts":"18","tcp_flags_tc":"18"}"#;
        assert_eq!(action(refused, 1, Direction::Out), "ConnectionFailed");
        assert_eq!(action(reset_later, 4, Direction::Out), "ConnectionSuccess");
        assert_eq!(
            action(midstream, 4, Direction::In),
            "InboundConnectionAccepted"
        );
        assert_eq!(action("{}", 0, Direction::In), "InboundConnectionAttempt");
    }
}
