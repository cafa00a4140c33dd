//! AWS VPC flow logs, in the plain text of CloudWatch exports and S3 files.
//!
//! The fields are configured per flow log: files in S3 begin with a line of their names, and without one the 14 fields of
//! version 2 are the only ones that can be known. Each record is one direction of a flow in one interval, and `action` is
//! what security groups and network ACLs said, not whether the peer answered:
//!
//! | record | ActionType |
//! |---|---|
//! | ACCEPT, `tcp-flags` has SYN and ACK: the source is the server, and it answered | ConnectionSuccess when the client is ours, InboundConnectionAccepted when the server is |
//! | ACCEPT, `tcp-flags` has SYN alone: the source asked | ConnectionAttempt, InboundConnectionAttempt |
//! | ACCEPT, no flags in the record, or not TCP: who asked is not known | ConnectionFound |
//! | REJECT | ConnectionFailed when the source is ours, else InboundConnectionAttempt |
//! | NODATA, SKIPDATA | no event; SKIPDATA is told in the report: AWS lost records |
//!
//! | column | from |
//! |---|---|
//! | Timestamp | `start` (epoch seconds) |
//! | Local*, Remote* | `flow-direction` (egress: the source is ours), else `--local-nets` or RFC 1918 |
//! | Protocol | `protocol`: 6 → Tcp, 17 → Udp, 1 and 58 → Icmp |
//! | DeviceName | the local address |
//! | AdditionalFields | direction, duration, and all other fields under their own names |
//!
//! Spec: <https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html>.

use super::connection::{Connection, End, address_of, direction, epoch_of, port_of, protocol_name};
use super::line;
use super::named_values::NamedValues;
use super::network::NetworkTable;
use super::{Head, LogFormat, Sniff};
use crate::address::Direction;
use crate::input::{Growth, Input, Line};
use crate::output::{Output, Refusal};
use crate::report::Skip;
use crate::text::{Escape, TextObject, lossless};
use crate::{IngestError, Result};

pub(in crate::formats) struct VpcFlow;
pub(super) static FORMAT: VpcFlow = VpcFlow;

const CLASS: &str = "aws.vpcflow";

/// The fields of version 2, which is the default and the only one without a header.
const VERSION_2: &[&str] = &[
    "version",
    "account-id",
    "interface-id",
    "srcaddr",
    "dstaddr",
    "srcport",
    "dstport",
    "protocol",
    "packets",
    "bytes",
    "start",
    "end",
    "action",
    "log-status",
];
/// Fields without which a record is no connection.
const NEEDED: &[&str] = &["srcaddr", "dstaddr", "start"];
/// Fields that have columns or words of their own.
const ELSEWHERE: &[&str] = &[
    "srcaddr", "dstaddr", "srcport", "dstport", "protocol", "start", "end",
];
const SYN: u8 = 2;
const ACK: u8 = 16;

impl LogFormat for VpcFlow {
    fn name(&self) -> &'static str {
        "aws-vpc-flow"
    }

    fn title(&self) -> &'static str {
        "AWS VPC flow logs (text)"
    }

    fn spec(&self) -> &'static str {
        "https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html"
    }

    fn sniff(&self, head: &Head<'_>) -> Sniff {
        let Some(first) = head.lines().next() else {
            return Sniff::No;
        };
        let first = lossless(first, Escape::Plain).0;
        match is_header(&first) || is_version_2(&first) {
            true => Sniff::Certain,
            false => Sniff::No,
        }
    }

    fn growth(&self, head: &Head<'_>) -> Growth {
        // A header of names does not begin with `#`, and must be read again.
        match head.lines().next() {
            Some(first) if is_version_2(&lossless(first, Escape::Plain).0) => Growth::Lines,
            _ => Growth::Whole,
        }
    }

    fn read(&self, input: Input, output: &mut Output<'_>) -> Result<()> {
        let mut file = Reading {
            table: NetworkTable::open(output),
            fields: Vec::new(),
            skipped: 0,
        };
        line::each(input, output, |line, output| file.line(line, output))?;
        if file.skipped > 0 {
            output.report.notes.push(format!(
                "{} records say SKIPDATA: AWS lost flows in those intervals",
                file.skipped
            ));
        }
        Ok(())
    }
}

/// A line of names, two of which no other log has side by side.
fn is_header(line: &str) -> bool {
    let names: Vec<&str> = line.split_whitespace().collect();
    let has = |name: &str| names.contains(&name);
    (has("srcaddr") && has("dstaddr")) || (has("pkt-srcaddr") && has("pkt-dstaddr"))
}

fn is_version_2(line: &str) -> bool {
    let values: Vec<&str> = line.split(' ').collect();
    let is_account = |text: &str| {
        text == "unknown" || (text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()))
    };
    values.len() == VERSION_2.len()
        && values[0] == "2"
        && is_account(values[1])
        && values[2].starts_with("eni-")
        && matches!(values[13].trim_end(), "OK" | "NODATA" | "SKIPDATA")
}

struct Reading {
    table: NetworkTable,
    fields: Vec<String>,
    skipped: u64,
}

impl Reading {
    fn line(&mut self, line: &Line<'_>, output: &mut Output<'_>) -> Result<()> {
        let place = line::place(line);
        let (text, escaped) = lossless(line.bytes, Escape::Plain);
        output.report.escaped_bytes += escaped;
        if is_header(&text) {
            let fields: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
            if let Some(missing) = NEEDED
                .iter()
                .find(|needed| !fields.iter().any(|field| field == **needed))
            {
                return Err(IngestError::File(format!(
                    "its header does not name `{missing}`, without which a record is no connection"
                )));
            }
            self.fields = fields;
            output.skip(Skip::Comment);
            return Ok(());
        }
        if self.fields.is_empty() && is_version_2(&text) {
            self.fields = VERSION_2.iter().map(|name| (*name).to_owned()).collect();
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
            let message = "no header names the fields, and they are not those of version 2";
            return Err(Refusal::new("no_header", message));
        }
        let (found, expected) = (record.values.len(), record.names.len());
        if found != expected {
            return Err(Refusal::new(
                "field_count",
                format!("{found} fields, and the header names {expected}"),
            ));
        }
        match record.get("log-status") {
            "NODATA" => return Ok(Some("vpc-flow NODATA")),
            "SKIPDATA" => {
                self.skipped += 1;
                return Ok(Some("vpc-flow SKIPDATA"));
            }
            _ => {}
        }
        let tick = epoch_of(record.get("start"), "start")?;
        let source = End {
            address: address_of(record.get("srcaddr"), "srcaddr")?,
            port: port_of(record.get("srcport"), "srcport")?,
        };
        let destination = End {
            address: address_of(record.get("dstaddr"), "dstaddr")?,
            port: port_of(record.get("dstport"), "dstport")?,
        };
        let side = match record.get("flow-direction") {
            "egress" => Direction::Out,
            "ingress" => Direction::In,
            _ => direction(&output.options.local_nets, source, destination),
        };
        let (local, remote) = match side {
            Direction::Out => (source, destination),
            Direction::In => (destination, source),
        };
        let (action, asked) = action(record, side)?;
        let connection = Connection {
            tick,
            action,
            protocol: protocol_name(record.get("protocol")),
            local,
            remote: Some(remote),
        };
        let rows = output.rows(self.table.id);
        connection.write(&self.table, rows);
        rows.cell(self.table.additional_fields)
            .write_text(|text| write_fields(text, record, asked));
        Ok(None)
    }
}

/// The ActionType, and which side asked, where that is known: see the module's table.
fn action(
    record: &NamedValues<'_>,
    side: Direction,
) -> std::result::Result<(&'static str, Option<Direction>), Refusal> {
    let flags = record.get("tcp-flags").parse::<u8>().unwrap_or(0);
    let is_tcp = record.get("protocol") == "6";
    let other = match side {
        Direction::Out => Direction::In,
        Direction::In => Direction::Out,
    };
    Ok(match (record.get("action"), side) {
        ("REJECT", Direction::Out) => ("ConnectionFailed", Some(side)),
        ("REJECT", Direction::In) => ("InboundConnectionAttempt", Some(side)),
        ("ACCEPT", _) if is_tcp && flags & (SYN | ACK) == SYN | ACK => match other {
            Direction::Out => ("ConnectionSuccess", Some(other)),
            Direction::In => ("InboundConnectionAccepted", Some(other)),
        },
        ("ACCEPT", _) if is_tcp && flags & SYN == SYN => match side {
            Direction::Out => ("ConnectionAttempt", Some(side)),
            Direction::In => ("InboundConnectionAttempt", Some(side)),
        },
        // A log may be configured without its action.
        ("ACCEPT" | "", _) => ("ConnectionFound", None),
        (unknown, _) => {
            return Err(Refusal::new(
                "bad_action",
                format!("`{unknown}` in `action` is neither ACCEPT nor REJECT"),
            ));
        }
    })
}

fn write_fields(text: &mut String, record: &NamedValues<'_>, asked: Option<Direction>) {
    let mut object = TextObject::begin(text);
    if let Some(asked) = asked {
        object.field("direction", asked.name());
    }
    let seconds = |name: &str| record.get(name).parse::<i64>().ok();
    if let (Some(start), Some(end)) = (seconds("start"), seconds("end")) {
        object.field("duration", &end.saturating_sub(start).to_string());
    }
    for field in record.names {
        let value = record.get(field);
        if !value.is_empty() && !ELSEWHERE.contains(&field.as_str()) {
            object.field(field, value);
        }
    }
    object.end();
}
