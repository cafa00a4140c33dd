//! A Zeek record as a row of DeviceNetworkEvents.
//!
//! | column | conn | http, ssl, dns, ssh, smtp, ftp, ntlm |
//! |---|---|---|
//! | Timestamp | `ts`, the start | `ts` |
//! | ActionType | [`STATES`] and the side; icmp → IcmpConnectionInspected | Http-, Ssl-, Dns-, Ssh-, Smtp-, FtpConnectionInspected, NtlmAuthenticationInspected |
//! | Local*, Remote* | the originator is local when `local_orig`, `--local-nets` or RFC 1918 says so | the same |
//! | RemoteUrl | empty | empty, as Defender's inspected rows; `--fill-url`: `host` (http), `server_name` (ssl) |
//! | Protocol | `proto` | Tcp; dns: `proto` |
//! | DeviceName | the local address | the same |
//! | AdditionalFields | direction, all fields but `ts`, `id.*`, `proto`, `local_*` | direction, all but `id.*`; `ts` as FILETIME, as Defender has it |
//!
//! The `dhcp` log is of DeviceNetworkInfo: [`super::addresses`]. `files` and `weird` have no table of Defender's and are passed
//! over by name.

use super::addresses::AddressTable;
use super::logs::{self, ZeekLog};
use super::record::Record;
use crate::address::{self, Direction, LocalNets, Told};
use crate::formats::network::NetworkTable;
use crate::options::{Options, UrlFill};
use crate::output::Refusal;
use crate::table::TableRows;
use crate::text::TextObject;
use crate::time;

/// What a mapping writes to.
pub(super) struct Target<'a> {
    pub table: &'a NetworkTable,
    pub addresses: &'a AddressTable,
    pub rows: &'a mut TableRows,
    pub options: &'a Options,
}

/// What became of a record that is not refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    Row,
    /// It tells of nothing that a row could hold; what the report calls it.
    Nothing(&'static str),
}

/// Writes one record as a row, or says why not.
pub(super) type Mapping = fn(&Record<'_>, &mut Target<'_>) -> Result<Written, Refusal>;

/// How a connection ended, and what Defender calls that, by the side that opened it.
struct State {
    name: &'static str,
    outgoing: &'static str,
    incoming: &'static str,
}

const fn state(name: &'static str, outgoing: &'static str, incoming: &'static str) -> State {
    State {
        name,
        outgoing,
        incoming,
    }
}

const ACCEPTED: &str = "InboundConnectionAccepted";
const SUCCESS: &str = "ConnectionSuccess";
const FAILED: &str = "ConnectionFailed";

/// Zeek's `conn_state`. `OTH` (midstream, neither SYN nor FIN seen) counts as connected when bytes went through it.
const STATES: &[State] = &[
    state("SF", SUCCESS, ACCEPTED),
    state("S0", "ConnectionAttempt", "InboundConnectionAttempt"),
    state("S1", SUCCESS, ACCEPTED),
    state("S2", SUCCESS, ACCEPTED),
    state("S3", SUCCESS, ACCEPTED),
    state("RSTO", SUCCESS, ACCEPTED),
    state("RSTR", SUCCESS, ACCEPTED),
    state("REJ", FAILED, FAILED),
    state("RSTOS0", FAILED, FAILED),
    state("RSTRH", FAILED, FAILED),
    state("SH", FAILED, FAILED),
    state("SHR", FAILED, FAILED),
];
const MIDSTREAM_WITH_BYTES: State = state("OTH", SUCCESS, ACCEPTED);
/// Traffic of a connection of which neither the opening nor any bytes were seen.
const MIDSTREAM: State = state("OTH", "ConnectionFound", "ConnectionFound");

pub(super) fn conn(record: &Record<'_>, target: &mut Target<'_>) -> Result<Written, Refusal> {
    let proto = record.text(logs::CONN_PROTO).unwrap_or_default();
    let ends = Ends::read(
        record,
        told(record, logs::CONN_LOCAL_ORIG),
        told(record, logs::CONN_LOCAL_RESP),
        target,
    )?;
    let icmp = proto == "icmp";
    let action = if icmp {
        "IcmpConnectionInspected"
    } else {
        action_type(record, ends.direction)
    };
    ends.write(target, !icmp);
    let NetworkTable {
        action_type,
        protocol,
        additional_fields,
        ..
    } = *target.table;
    target.rows.cell(action_type).push_text(action);
    target.rows.cell(protocol).push_text(protocol_name(&proto));
    target.rows.cell(additional_fields).write_text(|text| {
        let mut object = TextObject::begin(text);
        object.known("direction", ends.direction.name());
        if let Some(uid) = record.text(logs::UID) {
            object.known("uid", &uid);
        }
        if icmp {
            // Zeek keeps type and code where the ports are.
            object.known("icmp_type", &record.text(logs::ORIG_P).unwrap_or_default());
            object.known("icmp_code", &record.text(logs::RESP_P).unwrap_or_default());
        }
        let elsewhere = [
            logs::CONN_PROTO,
            logs::CONN_LOCAL_ORIG,
            logs::CONN_LOCAL_RESP,
        ];
        record.write_fields(&mut object, |field| !elsewhere.contains(&field));
        object.end();
    });
    Ok(Written::Row)
}

pub(super) fn http(record: &Record<'_>, target: &mut Target<'_>) -> Result<Written, Refusal> {
    inspected(
        record,
        target,
        &Inspected {
            action: "HttpConnectionInspected",
            proto: None,
            name: Some(logs::HTTP_HOST),
        },
    )
}

pub(super) fn ssl(record: &Record<'_>, target: &mut Target<'_>) -> Result<Written, Refusal> {
    let name = Some(logs::SSL_SERVER_NAME);
    inspected(
        record,
        target,
        &Inspected {
            action: "SslConnectionInspected",
            proto: None,
            name,
        },
    )
}

pub(super) fn dns(record: &Record<'_>, target: &mut Target<'_>) -> Result<Written, Refusal> {
    let proto = Some(logs::DNS_PROTO);
    inspected(
        record,
        target,
        &Inspected {
            action: "DnsConnectionInspected",
            proto,
            name: None,
        },
    )
}

pub(super) fn ssh(record: &Record<'_>, target: &mut Target<'_>) -> Result<Written, Refusal> {
    inspected(record, target, &Inspected::tcp("SshConnectionInspected"))
}

pub(super) fn smtp(record: &Record<'_>, target: &mut Target<'_>) -> Result<Written, Refusal> {
    inspected(record, target, &Inspected::tcp("SmtpConnectionInspected"))
}

pub(super) fn ftp(record: &Record<'_>, target: &mut Target<'_>) -> Result<Written, Refusal> {
    inspected(record, target, &Inspected::tcp("FtpConnectionInspected"))
}

pub(super) fn ntlm(record: &Record<'_>, target: &mut Target<'_>) -> Result<Written, Refusal> {
    let log = Inspected::tcp("NtlmAuthenticationInspected");
    inspected(record, target, &log)
}

/// What tells one inspected log from another.
struct Inspected {
    action: &'static str,
    /// The field of the transport; TCP when the log has none.
    proto: Option<usize>,
    /// The field that names the target, for `--fill-url`.
    name: Option<usize>,
}

impl Inspected {
    fn tcp(action: &'static str) -> Self {
        Self {
            action,
            proto: None,
            name: None,
        }
    }
}

fn inspected(
    record: &Record<'_>,
    target: &mut Target<'_>,
    log: &Inspected,
) -> Result<Written, Refusal> {
    let ends = Ends::read(record, Told::Nothing, Told::Nothing, target)?;
    ends.write(target, true);
    let table = *target.table;
    target.rows.cell(table.action_type).push_text(log.action);
    let proto = log.proto.and_then(|field| record.text(field));
    target
        .rows
        .cell(table.protocol)
        .push_text(proto.as_deref().map_or("Tcp", protocol_name));
    if let (UrlFill::FromInspection, Some(name)) = (target.options.url_fill, log.name)
        && let Some(name) = record.text(name)
    {
        target.rows.cell(table.remote_url).push_text(&name);
    }
    target
        .rows
        .cell(table.additional_fields)
        .write_text(|text| {
            let mut object = TextObject::begin(text);
            object.known("direction", ends.direction.name());
            object.known_with("ts", |text| {
                use std::fmt::Write;
                write!(text, "{}", ends.tick - time::FILETIME_EPOCH)
                    .expect("a String takes everything");
            });
            if let Some(uid) = record.text(logs::UID) {
                object.known("uid", &uid);
            }
            // Zeek's ssh log has a `direction` too, which the row has already.
            let twice = (record.log.name == "ssh").then_some(logs::SSH_DIRECTION);
            record.write_fields(&mut object, |field| {
                Some(field) != log.proto && Some(field) != twice
            });
            object.end();
        });
    Ok(Written::Row)
}

fn action_type(record: &Record<'_>, direction: Direction) -> &'static str {
    let name = record.text(logs::CONN_STATE).unwrap_or_default();
    let bytes = |field| record.text(field).is_some_and(|text| text != "0");
    let state = STATES
        .iter()
        .find(|state| state.name == name)
        .unwrap_or_else(
            || match bytes(logs::CONN_ORIG_BYTES) || bytes(logs::CONN_RESP_BYTES) {
                true => &MIDSTREAM_WITH_BYTES,
                false => &MIDSTREAM,
            },
        );
    match direction {
        Direction::Out => state.outgoing,
        Direction::In => state.incoming,
    }
}

fn told(record: &Record<'_>, field: usize) -> Told {
    match record.text(field).as_deref() {
        Some("T" | "true") => Told::Local,
        Some("F" | "false") => Told::Remote,
        _ => Told::Nothing,
    }
}

/// Zeek's transport as Defender spells it; what Defender has no name for stays as it is.
fn protocol_name(proto: &str) -> &str {
    const NAMES: &[(&str, &str)] = &[("tcp", "Tcp"), ("udp", "Udp"), ("icmp", "Icmp")];
    NAMES
        .iter()
        .find(|(zeek, _)| *zeek == proto)
        .map_or(proto, |(_, defender)| defender)
}

/// Time, addresses, ports and sides: the part that all logs share.
struct Ends<'a> {
    tick: i64,
    direction: Direction,
    originator: End<'a>,
    responder: End<'a>,
}

struct End<'a> {
    text: std::borrow::Cow<'a, str>,
    address: Option<std::net::IpAddr>,
    port: Option<i64>,
}

impl<'a> Ends<'a> {
    fn read(
        record: &Record<'a>,
        orig: Told,
        resp: Told,
        target: &Target<'_>,
    ) -> Result<Self, Refusal> {
        let tick = timestamp(record)?;
        let originator = End::read(record, logs::ORIG_H, logs::ORIG_P)?;
        let responder = End::read(record, logs::RESP_H, logs::RESP_P)?;
        let nets: &LocalNets = &target.options.local_nets;
        let direction =
            address::direction(nets, (originator.address, orig), (responder.address, resp));
        Ok(Self {
            tick,
            direction,
            originator,
            responder,
        })
    }

    fn write(&self, target: &mut Target<'_>, has_ports: bool) {
        let (local, remote) = match self.direction {
            Direction::Out => (&self.originator, &self.responder),
            Direction::In => (&self.responder, &self.originator),
        };
        let port = |end: &End<'_>| end.port.filter(|_| has_ports);
        target.rows.cell(target.table.timestamp).push_i64(self.tick);
        target
            .table
            .local(target.rows, &local.text, local.address, port(local));
        target
            .table
            .remote(target.rows, &remote.text, remote.address, port(remote));
    }
}

impl<'a> End<'a> {
    fn read(record: &Record<'a>, host: usize, port: usize) -> Result<Self, Refusal> {
        let field = logs::COMMON[host];
        let Some(text) = record.text(host) else {
            return Err(Refusal::new("no_address", format!("`{field}` is not set")));
        };
        let Some(address) = address::parse(&text) else {
            return Err(Refusal::new(
                "bad_address",
                format!("`{text}` in `{field}` is no address"),
            ));
        };
        let port = match record.text(port) {
            None => None,
            Some(digits) => match digits.parse::<u32>() {
                Ok(port) => Some(i64::from(port)),
                Err(_) => {
                    return Err(Refusal::new(
                        "bad_port",
                        format!("`{digits}` in `{}` is no port", logs::COMMON[port]),
                    ));
                }
            },
        };
        Ok(Self {
            text,
            address: Some(address),
            port,
        })
    }
}

/// `ts` as epoch seconds or as ISO text. What lies before 1990 counts from some other zero and is refused.
pub(super) fn timestamp(record: &Record<'_>) -> Result<i64, Refusal> {
    let Some(text) = record.text(logs::TS) else {
        return Err(Refusal::new("no_time", "`ts` is not set"));
    };
    match time::epoch_seconds(&text).or_else(|| time::iso_instant(&text)) {
        Some(tick) if tick >= time::YEAR_1990 => Ok(tick),
        Some(_) => Err(Refusal::new(
            "time_before_1990",
            format!("`{text}` in `ts` is before 1990: seconds since a start?"),
        )),
        None => Err(Refusal::new(
            "bad_time",
            format!("`{text}` in `ts` is no time"),
        )),
    }
}

impl std::fmt::Debug for ZeekLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ZeekLog")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
