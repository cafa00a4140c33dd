//! The filtering platform's events 5154 to 5157 as rows.
//!
//! 5154 and 5155: a process may, or may not, listen on a port. 5156 and 5157: a connection was permitted, or blocked.

use super::event::WindowsEvent;
use super::hosts::{Hosts, INBOUND, LocalEnd, OUTBOUND};
use super::reading::ConnectionTable;
use crate::formats::process::Process;
use crate::output::Refusal;
use crate::table::TableRows;
use crate::text::TextObject;
use std::net::IpAddr;

/// Fields that are kept in `AdditionalFields` under their own names.
const KEPT: &[&str] = &[
    "FilterRTID",
    "LayerName",
    "LayerRTID",
    "FilterOrigin",
    "OriginalProfile",
    "CurrentProfile",
    "RemoteUserID",
    "RemoteMachineID",
];

/// Windows' codes in the words of its own rendering.
const WORDS: &[(&str, &str)] = &[
    (INBOUND, "Inbound"),
    (OUTBOUND, "Outbound"),
    ("%%14608", "Resource Assignment"),
    ("%%14609", "Listen"),
    ("%%14610", "Receive/Accept"),
    ("%%14611", "Connect"),
];

fn words(code: &str) -> &str {
    let found = WORDS.iter().find(|(known, _)| *known == code);
    found.map_or(code, |(_, words)| words)
}

/// One end: address and port.
type End = (Option<IpAddr>, Option<i64>);

pub(super) fn event(
    id: u32,
    event: &WindowsEvent,
    hosts: &Hosts,
    table: &ConnectionTable,
    rows: &mut TableRows,
) -> Result<(), Refusal> {
    let tick = event.created()?;
    let source: End = (event.address("SourceAddress")?, event.port("SourcePort")?);
    let destination: End = (event.address("DestAddress")?, event.port("DestPort")?);
    let is_listener = matches!(id, 5154 | 5155);
    if source.0.is_none() && (is_listener || destination.0.is_none()) {
        return Err(Refusal::new("no_address", "`SourceAddress` is not set"));
    }
    let outbound = match event.get("Direction") {
        Some(OUTBOUND) => true,
        Some(INBOUND) => false,
        None if is_listener => false,
        other => {
            let told = other.unwrap_or_default();
            return Err(Refusal::new(
                "bad_direction",
                format!("`{told}` in `Direction` is neither {INBOUND} (in) nor {OUTBOUND} (out)"),
            ));
        }
    };
    let protocol = event.get("Protocol").unwrap_or_default();
    let network = &table.network;
    let (local, remote) = match hosts.local_end(&event.computer, source.0, destination.0, outbound)
    {
        _ if is_listener => (source, (None, None)),
        LocalEnd::Source => (source, destination),
        LocalEnd::Destination => (destination, source),
    };
    rows.cell(network.timestamp).push_i64(tick);
    rows.cell(network.action_type).push_text(match id {
        5154 => "ListeningConnectionCreated",
        5156 if outbound => "ConnectionSuccess",
        5156 => "InboundConnectionAccepted",
        _ => "ConnectionFailed",
    });
    // ICMP's type and code stand where the ports are.
    let is_icmp = protocol_name(protocol) == "Icmp";
    let port = |end: End| end.1.filter(|_| !is_icmp);
    if let Some(address) = local.0 {
        network.local(rows, &address.to_string(), local.0, port(local));
    }
    if let Some(address) = remote.0 {
        network.remote(rows, &address.to_string(), remote.0, port(remote));
    }
    table.write_host(event, &process(event), rows);
    rows.cell(network.protocol)
        .push_text(protocol_name(protocol));
    rows.cell(network.additional_fields).write_text(|text| {
        let mut object = TextObject::begin(text);
        if !is_listener {
            object.field("direction", if outbound { "Out" } else { "In" });
        }
        if matches!(id, 5155 | 5157) {
            object.field("Blocked", "true");
            object.field("BlockedBy", "Windows Filtering Platform");
            object.field(
                "BlockedOperation",
                if id == 5155 { "Listen" } else { "Connection" },
            );
        }
        for key in KEPT {
            if let Some(value) = event.get(key) {
                object.field(key, words(value));
            }
        }
        object.end();
    });
    Ok(())
}

/// The field is `ProcessID` in 5156 and `ProcessId` in 5158; a shipper may have made them one.
fn process(event: &WindowsEvent) -> Process {
    Process {
        id: event
            .number("ProcessId")
            .or_else(|| event.number("ProcessID")),
        path: event.owned("Application"),
        ..Process::default()
    }
}

/// The protocol's number in Defender's words; other numbers stay numbers.
fn protocol_name(number: &str) -> &str {
    match number {
        "6" => "Tcp",
        "17" => "Udp",
        "1" | "58" => "Icmp",
        other => other,
    }
}
