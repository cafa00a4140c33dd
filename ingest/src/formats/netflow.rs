//! NetFlow and IPFIX records that a collector wrote as JSON: nProbe, Logstash, Filebeat, GoFlow2, nfdump, pmacct, YAF.
//!
//! Each names the same fields in its own way; names are compared without case and underscores ([`NAMES`]), at the top of the
//! object or under `netflow`, `flow`, `flows`, `json`.
//!
//! | column | from |
//! |---|---|
//! | Timestamp | the flow's start: an absolute time; or `FIRST_SWITCHED`, which counts from the router's start, with the export's time and `sysUpTime` beside it. Without those there is no time, and the record is rejected |
//! | ActionType | TCP with SYN and no ACK in its flags: ConnectionAttempt or InboundConnectionAttempt; icmp → IcmpConnectionInspected; else ConnectionFound: a flow is one direction of a connection, and does not say who asked |
//! | Local*, Remote* | `--local-nets` or RFC 1918; the source when both are ours or neither is |
//! | Protocol | 6 or TCP → Tcp … |
//! | DeviceName | the local address |
//! | AdditionalFields | orig_ip_bytes, orig_pkts, TcpFlags, Exporter, and how the time was found |
//!
//! Spec: <https://www.iana.org/assignments/ipfix/ipfix.xhtml>, <https://www.rfc-editor.org/rfc/rfc3954>.

use super::connection::{
    Connection, End, address_of, direction, port_of, protocol_name, since_1990,
};
use super::json_objects::{self, JsonRecords, objects_in, text_of};
use super::local_time::LocalClock;
use super::network::NetworkTable;
use super::{Head, LogFormat, Sniff};
use crate::Result;
use crate::address::Direction;
use crate::input::{Growth, Input};
use crate::output::{Output, Refusal};
use crate::text::TextObject;
use crate::time;
use huntql_kql::time::{TICKS_PER_SECOND, UNIX_EPOCH};
use serde_json::{Map, Value};

pub(in crate::formats) struct Netflow;
pub(super) static FORMAT: Netflow = Netflow;

const CLASS: &str = "netflow.json";

type Object = Map<String, Value>;

/// What a field is, whatever it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Source,
    Destination,
    SourcePort,
    DestinationPort,
    Protocol,
    Bytes,
    Packets,
    TcpFlags,
    /// An absolute time, counted in this many ticks since 1970, or ISO text.
    Start(i64),
    /// Milliseconds since the router's start.
    FirstSwitched,
    /// When the packet was exported, in seconds since 1970 or ISO text.
    Exported,
    /// Milliseconds from the router's start to the export.
    UpTime,
    Exporter,
}

const MILLISECOND: i64 = TICKS_PER_SECOND / 1000;
const MICROSECOND: i64 = MILLISECOND / 1000;

/// Names in lower case without underscores. Of two fields of one meaning the first in this table counts.
const NAMES: &[(&str, Field)] = &[
    ("sourceipv4address", Field::Source),
    ("sourceipv6address", Field::Source),
    ("ipv4srcaddr", Field::Source),
    ("ipv6srcaddr", Field::Source),
    ("src4addr", Field::Source),
    ("src6addr", Field::Source),
    ("srcaddr", Field::Source),
    ("ipsrc", Field::Source),
    ("destinationipv4address", Field::Destination),
    ("destinationipv6address", Field::Destination),
    ("ipv4dstaddr", Field::Destination),
    ("ipv6dstaddr", Field::Destination),
    ("dst4addr", Field::Destination),
    ("dst6addr", Field::Destination),
    ("dstaddr", Field::Destination),
    ("ipdst", Field::Destination),
    ("sourcetransportport", Field::SourcePort),
    ("l4srcport", Field::SourcePort),
    ("srcport", Field::SourcePort),
    ("portsrc", Field::SourcePort),
    ("destinationtransportport", Field::DestinationPort),
    ("l4dstport", Field::DestinationPort),
    ("dstport", Field::DestinationPort),
    ("portdst", Field::DestinationPort),
    ("protocolidentifier", Field::Protocol),
    ("protocol", Field::Protocol),
    ("proto", Field::Protocol),
    ("ipproto", Field::Protocol),
    ("octetdeltacount", Field::Bytes),
    ("octettotalcount", Field::Bytes),
    ("inbytes", Field::Bytes),
    ("bytes", Field::Bytes),
    ("packetdeltacount", Field::Packets),
    ("packettotalcount", Field::Packets),
    ("inpkts", Field::Packets),
    ("inpackets", Field::Packets),
    ("packets", Field::Packets),
    ("tcpcontrolbits", Field::TcpFlags),
    ("tcpflags", Field::TcpFlags),
    ("flowstartnanoseconds", Field::Start(0)),
    ("timeflowstartns", Field::Start(0)),
    ("flowstartmicroseconds", Field::Start(MICROSECOND)),
    ("flowstartmilliseconds", Field::Start(MILLISECOND)),
    ("timeflowstartms", Field::Start(MILLISECOND)),
    ("flowstartseconds", Field::Start(TICKS_PER_SECOND)),
    ("timeflowstart", Field::Start(TICKS_PER_SECOND)),
    ("timestampstart", Field::Start(TICKS_PER_SECOND)),
    ("tfirst", Field::Start(TICKS_PER_SECOND)),
    ("first", Field::Start(TICKS_PER_SECOND)),
    ("firstswitched", Field::FirstSwitched),
    ("flowstartsysuptime", Field::FirstSwitched),
    ("unixsecs", Field::Exported),
    ("exporttime", Field::Exported),
    ("exporttimestamp", Field::Exported),
    ("sysuptime", Field::UpTime),
    ("exporteripv4address", Field::Exporter),
    ("exporteripv6address", Field::Exporter),
    ("exporteraddress", Field::Exporter),
    ("sampleraddress", Field::Exporter),
    ("exporter", Field::Exporter),
];

/// Objects in which collectors put the flow's fields.
const INSIDE: &[&str] = &["netflow", "flow", "flows", "json"];

impl LogFormat for Netflow {
    fn name(&self) -> &'static str {
        "netflow-json"
    }

    fn title(&self) -> &'static str {
        "NetFlow and IPFIX records as JSON"
    }

    fn spec(&self) -> &'static str {
        "https://www.iana.org/assignments/ipfix/ipfix.xhtml"
    }

    fn sniff(&self, head: &Head<'_>) -> Sniff {
        let is_flow = |object: &Object| {
            let flow = Flow::of(object);
            let timed = flow
                .fields
                .iter()
                .any(|(field, _)| matches!(field, Field::Start(_) | Field::FirstSwitched));
            timed && flow.get(Field::Source).is_some() && flow.get(Field::Destination).is_some()
        };
        match objects_in(head, 20).iter().any(is_flow) {
            true => Sniff::Likely,
            false => Sniff::No,
        }
    }

    fn growth(&self, head: &Head<'_>) -> Growth {
        json_objects::growth(head)
    }

    fn read(&self, input: Input, output: &mut Output<'_>) -> Result<()> {
        let table = NetworkTable::open(output);
        let mut clock = LocalClock::of(output.options);
        let mut records = JsonRecords::new(input);
        while let Some(found) = records.next_record()? {
            if !found.vet(output)? {
                continue;
            }
            let (raw, place) = (found.bytes(), found.place());
            let written = found
                .object_counted(output)
                .and_then(|object| write(&object, &mut clock, &table, output));
            match written {
                Ok(()) => output.keep(table.id, CLASS, raw, place)?,
                Err(refusal) => output.discard(table.id, refusal, raw, place)?,
            }
        }
        output.report.nul_bytes += records.nul_bytes();
        clock.note(output);
        Ok(())
    }
}

/// The fields of a flow that are known.
struct Flow {
    fields: Vec<(Field, String)>,
}

impl Flow {
    fn of(object: &Object) -> Self {
        let mut found: Vec<(usize, String)> = Vec::new();
        let inside = INSIDE
            .iter()
            .filter_map(|name| object.get(*name)?.as_object());
        for part in std::iter::once(object).chain(inside) {
            for (name, value) in part {
                let plain: String = name
                    .chars()
                    .filter(|c| *c != '_')
                    .map(|c| c.to_ascii_lowercase())
                    .collect();
                let known = NAMES.iter().position(|(known, _)| *known == plain);
                if let Some(index) = known.filter(|_| !value.is_null()) {
                    found.push((index, text_of(value)));
                }
            }
        }
        found.sort_by_key(|(index, _)| *index);
        Self {
            fields: found
                .into_iter()
                .filter(|(_, text)| !is_unset(text))
                .map(|(index, text)| (NAMES[index].1, text))
                .collect(),
        }
    }

    fn get(&self, wanted: Field) -> Option<&str> {
        let found = self.fields.iter().find(|(field, _)| *field == wanted);
        found.map(|(_, text)| text.as_str())
    }
}

/// Exporters fill the addresses of the other family with zeros.
fn is_unset(text: &str) -> bool {
    matches!(text, "" | "0.0.0.0" | "::")
}

fn write(
    object: &Object,
    clock: &mut LocalClock,
    table: &NetworkTable,
    output: &mut Output<'_>,
) -> std::result::Result<(), Refusal> {
    let flow = Flow::of(object);
    let text = |field| flow.get(field).unwrap_or_default();
    let source = End {
        address: address_of(text(Field::Source), "the source's address")?,
        port: port_of(text(Field::SourcePort), "the source's port")?,
    };
    let destination = End {
        address: address_of(text(Field::Destination), "the destination's address")?,
        port: port_of(text(Field::DestinationPort), "the destination's port")?,
    };
    let (tick, how) = start(&flow, clock)?;
    let side = direction(&output.options.local_nets, source, destination);
    let (local, remote) = match side {
        Direction::Out => (source, destination),
        Direction::In => (destination, source),
    };
    let protocol = protocol_name(text(Field::Protocol));
    let asks = protocol == "Tcp" && flow.get(Field::TcpFlags).is_some_and(is_syn_alone);
    let connection = Connection {
        tick,
        action: match (protocol, asks, side) {
            ("Icmp", ..) => "IcmpConnectionInspected",
            (_, true, Direction::Out) => "ConnectionAttempt",
            (_, true, Direction::In) => "InboundConnectionAttempt",
            _ => "ConnectionFound",
        },
        protocol,
        local,
        remote: Some(remote),
    };
    let rows = output.rows(table.id);
    connection.write(table, rows);
    rows.cell(table.additional_fields).write_text(|out| {
        let mut fields = TextObject::begin(out);
        if asks {
            fields.field("direction", side.name());
        }
        for (key, field) in [
            ("orig_ip_bytes", Field::Bytes),
            ("orig_pkts", Field::Packets),
            ("TcpFlags", Field::TcpFlags),
            ("Exporter", Field::Exporter),
        ] {
            if let Some(value) = flow.get(field) {
                fields.field(key, value);
            }
        }
        fields.field(
            "FlowSource",
            match local == source {
                true => "Local",
                false => "Remote",
            },
        );
        fields.field("TimeFrom", how);
        fields.end();
    });
    Ok(())
}

/// Flags as a number, as `0x02`, or as letters (`....S.`): whether there is a SYN and no ACK.
fn is_syn_alone(text: &str) -> bool {
    let number = match text.strip_prefix("0x") {
        Some(hex) => u16::from_str_radix(hex, 16).ok(),
        None => text.parse::<u16>().ok(),
    };
    match number {
        Some(flags) => flags & 0x12 == 0x02,
        None => text.contains('S') && !text.contains('A'),
    }
}

/// The start of the flow and the kind of field that it comes from.
fn start(flow: &Flow, clock: &mut LocalClock) -> std::result::Result<(i64, &'static str), Refusal> {
    for (field, text) in &flow.fields {
        if let Field::Start(unit) = field {
            return Ok((absolute(text, *unit, clock)?, "start"));
        }
    }
    let Some(first) = flow.get(Field::FirstSwitched) else {
        return Err(Refusal::new("no_time", "no start of the flow is set"));
    };
    // Logstash has made it a time already.
    if let Some(tick) = time::iso_instant(first) {
        return Ok((since_1990(Some(tick), first, "FIRST_SWITCHED")?, "start"));
    }
    let bad = || {
        Refusal::new(
            "bad_time",
            format!("`{first}` in `FIRST_SWITCHED` is no count of milliseconds"),
        )
    };
    let first_ms: i64 = first.parse().map_err(|_| bad())?;
    let (Some(exported), Some(up_time)) = (flow.get(Field::Exported), flow.get(Field::UpTime))
    else {
        let message = "`FIRST_SWITCHED` counts from the router's start, and the record has no export time with \
                       `sysUpTime` to turn it into a time";
        return Err(Refusal::new("no_export_time", message));
    };
    let exported_tick = match time::iso_instant(exported) {
        Some(tick) => Some(tick),
        None => time::epoch_seconds(exported),
    };
    let exported_tick = since_1990(exported_tick, exported, "the export time")?;
    let up_ms: i64 = up_time.parse().map_err(|_| bad())?;
    let tick = up_ms
        .checked_sub(first_ms)
        .and_then(|ago| ago.checked_mul(MILLISECOND))
        .and_then(|ago| exported_tick.checked_sub(ago));
    Ok((since_1990(tick, first, "FIRST_SWITCHED")?, "export time"))
}

/// A time in `unit` ticks since 1970 (0: nanoseconds), or ISO text; local text needs --tz.
fn absolute(text: &str, unit: i64, clock: &mut LocalClock) -> std::result::Result<i64, Refusal> {
    let name = "the flow's start";
    if let Some(tick) = time::iso_instant(text) {
        return since_1990(Some(tick), text, name);
    }
    if let Some((local, _)) = time::iso_local(text.as_bytes()).filter(|(_, zone)| zone.is_empty()) {
        return match clock.utc(local) {
            Some(tick) => since_1990(Some(tick), text, name),
            None => Err(Refusal::new(
                "local_time",
                format!("`{text}` is local time and does not say of which zone; say it with --tz"),
            )),
        };
    }
    let tick = match unit {
        TICKS_PER_SECOND => time::epoch_seconds(text),
        unit => {
            let whole = text.split('.').next().unwrap_or_default();
            let count: Option<i64> = whole.parse().ok();
            let ticks = count.and_then(|count| match unit {
                0 => Some(count / 100),
                unit => count.checked_mul(unit),
            });
            ticks.and_then(|ticks| ticks.checked_add(UNIX_EPOCH))
        }
    };
    since_1990(tick, text, name)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::options::Options;

    fn start_of(text: &str, zone: Option<&str>) -> std::result::Result<i64, &'static str> {
        let Value::Object(object) = serde_json::from_str(text).unwrap() else {
            panic!("{text}")
        };
        let options = Options {
            time_zone: zone.map(|zone| jiff::tz::TimeZone::get(zone).unwrap()),
            ..Options::default()
        };
        start(&Flow::of(&object), &mut LocalClock::of(&options))
            .map(|(tick, _)| tick)
            .map_err(|refusal| refusal.code)
    }

    #[test]
    fn each_unit_of_a_start_is_read_as_its_name_says() {
        let expected = time::iso_instant("2026-03-02T09:12:44.9Z").unwrap();
        for text in [
            r#"{"flowStartMilliseconds":1772442764900}"#,
            r#"{"flowStartMicroseconds":1772442764900000}"#,
            r#"{"time_flow_start_ns":1772442764900000000}"#,
            r#"{"timestamp_start":"1772442764.900000"}"#,
            r#"{"netflow":{"flow_start_milliseconds":"2026-03-02T09:12:44.900Z"}}"#,
            r#"{"FIRST_SWITCHED":900,"sysUpTime":100900,"unix_secs":1772442864.9}"#,
        ] {
            assert_eq!(start_of(text, None), Ok(expected), "{text}");
        }
    }

    #[test]
    fn a_time_that_cannot_be_known_is_refused_by_its_reason() {
        let local = r#"{"first":"2026-03-02T10:12:44.900"}"#;
        assert_eq!(start_of(local, None), Err("local_time"));
        assert!(start_of(local, Some("Europe/Berlin")).is_ok());
        for (text, code) in [
            (r#"{"first_switched":900}"#, "no_export_time"),
            (r#"{"first_switched":900,"unix_secs":1}"#, "no_export_time"),
            (r#"{"flowStartMilliseconds":12}"#, "time_before_1990"),
            (
                r#"{"flowStartMilliseconds":9223372036854775807}"#,
                "bad_time",
            ),
            (r#"{"bytes":1}"#, "no_time"),
        ] {
            assert_eq!(start_of(text, None), Err(code), "{text}");
        }
    }

    #[test]
    fn a_syn_alone_is_seen_in_every_spelling() {
        assert!(is_syn_alone("2") && is_syn_alone("0x02") && is_syn_alone("....S."));
        assert!(!is_syn_alone("18") && !is_syn_alone("0x1b") && !is_syn_alone(".AP.SF"));
    }
}
