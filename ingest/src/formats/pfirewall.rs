//! The Windows firewall's own log, `pfirewall.log`.
//!
//! Its times are local (`#Time Format: Local`, there is no other) and say no zone: without `--tz` the file is refused.
//!
//! | column | from |
//! |---|---|
//! | Timestamp | `date`, `time` in the zone of `--tz` |
//! | ActionType | [`ACTIONS`]: ALLOW, DROP and `path`; OPEN and OPEN-INBOUND of Windows XP |
//! | Local*, Remote* | SEND: the source is local; RECEIVE: the destination is |
//! | Protocol | `protocol`: TCP → Tcp, UDP → Udp, ICMP → Icmp, others as they are |
//! | InitiatingProcessId | `pid`, of newer Windows |
//! | AdditionalFields | direction, FirewallAction, FirewallPath, size, `Tcp Flags`, ICMP's type and code, info |
//! | DeviceName | the local address: the log does not name its host |
//!
//! CLOSE (the end of a connection) and FORWARD (a packet between two others) are passed over by name. INFO-EVENTS-LOST says
//! how many events Windows could not write: it is no event, and the report tells the sum.
//!
//! Spec: <https://learn.microsoft.com/en-us/previous-versions/windows/it-pro/windows-server-2003/cc758040(v=ws.10)>.

use super::connection::{
    Connection, End, address_of, direction, port_of, protocol_name, since_1990,
};
use super::line;
use super::local_time::LocalClock;
use super::named_values::NamedValues;
use super::network::NetworkTable;
use super::process::{Process, ProcessColumns};
use super::{Head, LogFormat, Sniff};
use crate::address::Direction;
use crate::input::{Growth, Input, Line};
use crate::output::{Output, Refusal};
use crate::report::Skip;
use crate::text::{Escape, TextObject, lossless};
use crate::time;
use crate::{IngestError, Result};

pub(in crate::formats) struct FirewallLog;
pub(super) static FORMAT: FirewallLog = FirewallLog;

const CLASS: &str = "windows.pfirewall";

/// What the firewall did with a packet on a path, and what Defender calls that.
struct Action {
    name: &'static str,
    /// `None`: whatever the path.
    path: Option<&'static str>,
    side: Direction,
    action_type: &'static str,
}

const fn action(
    name: &'static str,
    path: Option<&'static str>,
    side: Direction,
    action_type: &'static str,
) -> Action {
    Action {
        name,
        path,
        side,
        action_type,
    }
}

const ACTIONS: &[Action] = &[
    action("ALLOW", Some("SEND"), Direction::Out, "ConnectionSuccess"),
    action(
        "ALLOW",
        Some("RECEIVE"),
        Direction::In,
        "InboundConnectionAccepted",
    ),
    action("DROP", Some("SEND"), Direction::Out, "ConnectionFailed"),
    action(
        "DROP",
        Some("RECEIVE"),
        Direction::In,
        "InboundConnectionAttempt",
    ),
    action("OPEN", None, Direction::Out, "ConnectionSuccess"),
    action(
        "OPEN-INBOUND",
        None,
        Direction::In,
        "InboundConnectionAccepted",
    ),
];

/// Actions and paths that are no events of this host.
const UNMAPPED: &[(&str, &str)] = &[
    ("CLOSE", "pfirewall CLOSE"),
    ("FORWARD", "pfirewall FORWARD"),
];
const LOST: &str = "INFO-EVENTS-LOST";

impl LogFormat for FirewallLog {
    fn name(&self) -> &'static str {
        "windows-firewall"
    }

    fn title(&self) -> &'static str {
        "the Windows firewall's pfirewall.log (needs --tz)"
    }

    fn spec(&self) -> &'static str {
        "https://learn.microsoft.com/en-us/previous-versions/windows/it-pro/windows-server-2003/cc758040(v=ws.10)"
    }

    fn sniff(&self, head: &Head<'_>) -> Sniff {
        let mut directives = head.lines().take(10).filter(|line| line.starts_with(b"#"));
        let is_firewall = directives.any(|line| {
            line.starts_with(b"#Software:")
                && memchr::memmem::find(line, b"Windows Firewall").is_some()
        });
        match is_firewall {
            true => Sniff::Certain,
            false => Sniff::No,
        }
    }

    fn growth(&self, _: &Head<'_>) -> Growth {
        Growth::Lines
    }

    fn read(&self, input: Input, output: &mut Output<'_>) -> Result<()> {
        let clock = LocalClock::of(output.options);
        if !clock.has_zone() {
            return Err(IngestError::File(
                "its times are local, and the log does not say of which zone; say it with --tz, for instance \
                 --tz Europe/Berlin"
                    .to_owned(),
            ));
        }
        let table = NetworkTable::open(output);
        let process = ProcessColumns::of(output.rows(table.id));
        let mut file = Reading {
            table,
            process,
            clock,
            fields: Vec::new(),
            lost: 0,
        };
        line::each(input, output, |line, output| file.line(line, output))?;
        file.clock.note(output);
        if file.lost > 0 {
            output.report.notes.push(format!(
                "the firewall says that it could not log {} events",
                file.lost
            ));
        }
        Ok(())
    }
}

struct Reading {
    table: NetworkTable,
    process: ProcessColumns,
    clock: LocalClock,
    /// Of the last `#Fields` line.
    fields: Vec<String>,
    lost: u64,
}

impl Reading {
    fn line(&mut self, line: &Line<'_>, output: &mut Output<'_>) -> Result<()> {
        let place = line::place(line);
        let (text, escaped) = lossless(line.bytes, Escape::Plain);
        output.report.escaped_bytes += escaped;
        if let Some(directive) = text.strip_prefix('#') {
            if let Some(names) = directive.strip_prefix("Fields:") {
                self.fields = names.split_whitespace().map(str::to_owned).collect();
            }
            output.skip(Skip::Comment);
            return Ok(());
        }
        let fields = std::mem::take(&mut self.fields);
        let record = NamedValues::of(&fields, &text);
        let written = self.record(&record, output);
        self.fields = fields;
        match written {
            Ok(None) => output.keep(self.table.id, CLASS, line.bytes, place),
            Ok(Some(unmapped)) => {
                output.skip_unmapped(unmapped);
                Ok(())
            }
            Err(refusal) => output.discard(self.table.id, refusal, line.bytes, place),
        }
    }

    /// Writes a row, or says as what the record is passed over.
    fn record(
        &mut self,
        record: &NamedValues<'_>,
        output: &mut Output<'_>,
    ) -> std::result::Result<Option<&'static str>, Refusal> {
        if record.names.is_empty() {
            let message = "no `#Fields` line has been read before this one";
            return Err(Refusal::new("no_header", message));
        }
        let (found, expected) = (record.values.len(), record.names.len());
        // Windows XP leaves the last column out of some lines.
        if found > expected || found + 1 < expected {
            return Err(Refusal::new(
                "field_count",
                format!("{found} fields, and the header names {expected}"),
            ));
        }
        let (name, path) = (record.get("action"), record.get("path"));
        if name == LOST {
            self.lost += record.get("info").parse::<u64>().unwrap_or(0);
            return Ok(Some("pfirewall INFO-EVENTS-LOST"));
        }
        if let Some((_, unmapped)) = UNMAPPED
            .iter()
            .find(|(known, _)| *known == name || *known == path)
        {
            return Ok(Some(unmapped));
        }
        let tick = self.instant(record)?;
        let source = End {
            address: address_of(record.get("src-ip"), "src-ip")?,
            port: port_of(record.get("src-port"), "src-port")?,
        };
        let destination = End {
            address: address_of(record.get("dst-ip"), "dst-ip")?,
            port: port_of(record.get("dst-port"), "dst-port")?,
        };
        // A DROP of which the path is not told: the networks say whose it was.
        let path = match (path, name) {
            ("", "ALLOW" | "DROP") => {
                match direction(&output.options.local_nets, source, destination) {
                    Direction::Out => "SEND",
                    Direction::In => "RECEIVE",
                }
            }
            (path, _) => path,
        };
        let action = ACTIONS
            .iter()
            .find(|action| action.name == name && action.path.is_none_or(|wanted| wanted == path));
        let Some(action) = action else {
            let message = format!("`{name}` on the path `{path}` is no action that is known");
            return Err(Refusal::new("bad_action", message));
        };
        let (local, remote) = match action.side {
            Direction::Out => (source, destination),
            Direction::In => (destination, source),
        };
        let connection = Connection {
            tick,
            action: action.action_type,
            protocol: protocol_name(record.get("protocol")),
            local,
            remote: Some(remote),
        };
        let rows = output.rows(self.table.id);
        connection.write(&self.table, rows);
        let process = Process {
            id: record.get("pid").parse().ok(),
            ..Process::default()
        };
        self.process.write(&process, rows);
        rows.cell(self.table.additional_fields).write_text(|text| {
            let mut object = TextObject::begin(text);
            object.field("direction", action.side.name());
            for (key, name) in [
                ("FirewallAction", "action"),
                ("FirewallPath", "path"),
                ("Packet Size", "size"),
                ("Tcp Flags", "tcpflags"),
                ("icmp_type", "icmptype"),
                ("icmp_code", "icmpcode"),
                ("Info", "info"),
            ] {
                let value = record.get(name);
                if !value.is_empty() {
                    object.field(key, value);
                }
            }
            object.end();
        });
        Ok(None)
    }

    fn instant(&mut self, record: &NamedValues<'_>) -> std::result::Result<i64, Refusal> {
        let text = format!("{} {}", record.get("date"), record.get("time"));
        let local = time::iso_local(text.as_bytes()).filter(|(_, rest)| rest.is_empty());
        let tick = local.and_then(|(local, _)| self.clock.utc(local));
        since_1990(tick, text.trim(), "date and time")
    }
}
