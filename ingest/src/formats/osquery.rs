//! osquery's results log: rows of `socket_events` and `process_open_sockets`, whatever the query is called.
//!
//! A line is the result of a query: differential (`columns` and `action` added or removed), a snapshot with a list of rows,
//! or a batch (`diffResults`). Which table a row is of is seen by its columns; a query may join others to them.
//!
//! | column | socket_events | process_open_sockets |
//! |---|---|---|
//! | ActionType | connect: ConnectionSuccess, when it failed ConnectionFailed, in progress ConnectionRequest; accept: InboundConnectionAccepted | LISTEN: ListeningConnectionCreated; else ConnectionFound |
//! | Timestamp | `time` | `unixTime`, when the query ran |
//! | DeviceName | `decorations.hostname`, else `hostIdentifier` | = |
//! | Local*, Remote* | `local_*`, `remote_*` | = |
//! | Protocol | `protocol`: 6 → Tcp, 17 → Udp | = |
//! | InitiatingProcess* | `pid`, `path`, `cmdline` where joined | `pid`, and where joined `process_path`, `name`, `cmdline` |
//! | AdditionalFields | query, state or status, uid, fd | = |
//!
//! No event, and passed over by name: a `bind`, a closed socket (`removed`), sockets that are no IP, sockets without a peer
//! that do not listen, and rows of other queries.
//!
//! Spec: <https://osquery.readthedocs.io/en/stable/deployment/logging/>, <https://osquery.io/schema/>.

use super::connection::{Connection, End, address_of, epoch_of, port_of, protocol_name};
use super::json_objects::{JsonRecords, objects_in, text_of};
use super::network::NetworkTable;
use super::process::{Process, ProcessColumns};
use super::{Head, LogFormat, Sniff};
use crate::Result;
use crate::input::Input;
use crate::output::{Output, Place, Refusal};
use crate::table::TableRows;
use crate::text::TextObject;
use serde_json::{Map, Value};

pub(in crate::formats) struct Osquery;
pub(super) static FORMAT: Osquery = Osquery;

const CLASS: &str = "osquery.result";
/// Columns that both tables have; no other table of osquery's has all of them.
const SOCKET_COLUMNS: &[&str] = &["pid", "remote_address", "local_port", "remote_port"];

type Object = Map<String, Value>;

impl LogFormat for Osquery {
    fn name(&self) -> &'static str {
        "osquery"
    }

    fn title(&self) -> &'static str {
        "osquery's results: socket_events, process_open_sockets"
    }

    fn spec(&self) -> &'static str {
        "https://osquery.readthedocs.io/en/stable/deployment/logging/"
    }

    fn sniff(&self, head: &Head<'_>) -> Sniff {
        let objects = objects_in(head, 200);
        let results: Vec<&Object> = objects.iter().filter(|object| is_result(object)).collect();
        if results.is_empty() {
            return Sniff::No;
        }
        let has_sockets =
            |object: &&&Object| rows_of(object).iter().any(|row| is_socket(row.columns));
        let whole = head.bytes.len() < crate::input::HEAD_BYTES;
        match results.iter().find(has_sockets) {
            Some(_) => Sniff::Certain,
            None if !whole => Sniff::Likely,
            None => Sniff::Unmapped(
                "it is osquery's results log, and none of its queries is of socket_events or process_open_sockets"
                    .to_owned(),
            ),
        }
    }

    fn read(&self, input: Input, output: &mut Output<'_>) -> Result<()> {
        let table = NetworkTable::open(output);
        let file = Reading {
            table,
            process: ProcessColumns::of(output.rows(table.id)),
        };
        let mut records = JsonRecords::new(input);
        while let Some(found) = records.next_record()? {
            if !found.vet(output)? {
                continue;
            }
            let (raw, place) = (found.bytes(), found.place());
            match found.object_counted(output) {
                Ok(object) => file.result(&object, raw, place, output)?,
                Err(refusal) => output.reject(refusal, raw, place)?,
            }
        }
        output.report.nul_bytes += records.nul_bytes();
        Ok(())
    }
}

fn is_result(object: &Object) -> bool {
    object.contains_key("hostIdentifier")
        && object.contains_key("name")
        && ["columns", "snapshot", "diffResults"]
            .iter()
            .any(|key| object.contains_key(*key))
}

fn is_socket(columns: &Object) -> bool {
    SOCKET_COLUMNS
        .iter()
        .all(|column| columns.contains_key(*column))
}

/// What a result says of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    /// It is there, or came.
    There,
    Gone,
}

struct Row<'a> {
    columns: &'a Object,
    change: Change,
}

/// The rows of a result of any kind.
fn rows_of(object: &Object) -> Vec<Row<'_>> {
    let mut rows = Vec::new();
    let removed = object.get("action").and_then(Value::as_str) == Some("removed");
    let change = if removed { Change::Gone } else { Change::There };
    let diff = object.get("diffResults");
    let parts = [
        (object.get("columns"), change),
        (object.get("snapshot"), Change::There),
        (diff.and_then(|diff| diff.get("added")), Change::There),
        (diff.and_then(|diff| diff.get("removed")), Change::Gone),
    ];
    for (part, change) in parts {
        let columns = objects(part).into_iter();
        rows.extend(columns.map(|columns| Row { columns, change }));
    }
    rows
}

/// The object, or the objects of the list.
fn objects(value: Option<&Value>) -> Vec<&Object> {
    match value {
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_object).collect(),
        Some(Value::Object(one)) => vec![one],
        _ => Vec::new(),
    }
}

struct Reading {
    table: NetworkTable,
    process: ProcessColumns,
}

impl Reading {
    /// A result stands for as many records as it has rows; one without any is one record.
    fn result(
        &self,
        object: &Object,
        raw: &[u8],
        place: Place,
        output: &mut Output<'_>,
    ) -> Result<()> {
        if !is_result(object) {
            let message = "neither `columns`, `snapshot` nor `diffResults` of a query is there";
            return output.reject(Refusal::new("no_result", message), raw, place);
        }
        let rows = rows_of(object);
        if rows.is_empty() {
            output.skip_unmapped("osquery result without rows");
            return Ok(());
        }
        output.read(rows.len() as u64 - 1);
        for row in rows {
            match self.row(object, &row, output.rows(self.table.id)) {
                Ok(None) => output.keep(self.table.id, CLASS, raw, place)?,
                Ok(Some(unmapped)) => output.skip_unmapped(unmapped),
                Err(refusal) => output.discard(self.table.id, refusal, raw, place)?,
            }
        }
        Ok(())
    }

    /// Writes a row, or says as what it is passed over.
    fn row(
        &self,
        object: &Object,
        row: &Row<'_>,
        rows: &mut TableRows,
    ) -> std::result::Result<Option<&'static str>, Refusal> {
        let get = |name: &str| row.columns.get(name).map(text_of).unwrap_or_default();
        if !is_socket(row.columns) {
            return Ok(Some("osquery rows of other queries"));
        }
        if row.change == Change::Gone {
            return Ok(Some("osquery sockets removed"));
        }
        if !matches!(get("family").as_str(), "2" | "10" | "30" | "") {
            return Ok(Some("osquery sockets that are no IP"));
        }
        let unix_time = object.get("unixTime").map(text_of).unwrap_or_default();
        let is_event = row.columns.contains_key("action");
        let tick = match get("time").as_str() {
            time if is_event && !time.is_empty() => epoch_of(time, "time")?,
            _ => epoch_of(&unix_time, "unixTime")?,
        };
        let action = match is_event {
            true => event_action(&get("action"), &get("success"), &get("status"))?,
            false => socket_action(&get("state")),
        };
        let Some(action) = action else {
            return Ok(Some("osquery binds"));
        };
        let remote = remote(&get("remote_address"), &get("remote_port"))?;
        let listens = action == "ListeningConnectionCreated";
        if remote.is_none() && !listens {
            return Ok(Some("osquery sockets without a peer"));
        }
        let local_address = match get("local_address").as_str() {
            // An event of connect may come before the kernel has chosen an address.
            "" if remote.is_some_and(|end| end.address.is_ipv6()) => "::".to_owned(),
            "" => "0.0.0.0".to_owned(),
            text => text.to_owned(),
        };
        let protocol = get("protocol");
        let connection = Connection {
            tick,
            action,
            protocol: match protocol_name(&protocol) {
                // socket_events of older versions does not know the protocol.
                "0" => "",
                name => name,
            },
            local: End {
                address: address_of(&local_address, "local_address")?,
                port: port_of(&get("local_port"), "local_port")?
                    .filter(|port| *port != 0 || listens),
            },
            remote: remote.filter(|_| !listens),
        };
        connection.write(&self.table, rows);
        rows.cell(self.table.device_name)
            .push_text(&device_name(object));
        self.process.write(&process(row.columns, is_event), rows);
        rows.cell(self.table.additional_fields).write_text(|text| {
            let mut fields = TextObject::begin(text);
            fields.field(
                "Query",
                &object.get("name").map(text_of).unwrap_or_default(),
            );
            for key in [
                "action", "status", "success", "state", "auid", "uid", "fd", "socket",
            ] {
                let value = get(key);
                if !value.is_empty() {
                    fields.field(key, &value);
                }
            }
            fields.end();
        });
        Ok(None)
    }
}

/// What a call of `socket_events` is; `None` for a bind, which is no event.
fn event_action(
    action: &str,
    success: &str,
    status: &str,
) -> std::result::Result<Option<&'static str>, Refusal> {
    let failed = success == "0" || status == "failed";
    Ok(match (action, status) {
        ("connect", "in_progress") => Some("ConnectionRequest"),
        ("connect", _) if failed => Some("ConnectionFailed"),
        ("connect", _) => Some("ConnectionSuccess"),
        ("accept" | "accept4", _) if failed => Some("ConnectionFailed"),
        ("accept" | "accept4", _) => Some("InboundConnectionAccepted"),
        ("bind", _) => None,
        (unknown, _) => {
            return Err(Refusal::new(
                "bad_action",
                format!("`{unknown}` in `action` is neither connect, accept nor bind"),
            ));
        }
    })
}

/// What a socket of `process_open_sockets` is: it was found, and when it was opened is not told.
fn socket_action(state: &str) -> Option<&'static str> {
    Some(match state {
        "LISTEN" => "ListeningConnectionCreated",
        _ => "ConnectionFound",
    })
}

/// The peer; an unset address is none.
fn remote(address: &str, port: &str) -> std::result::Result<Option<End>, Refusal> {
    if matches!(address, "" | "*" | "0.0.0.0" | "::") {
        return Ok(None);
    }
    Ok(Some(End {
        address: address_of(address, "remote_address")?,
        port: port_of(port, "remote_port")?,
    }))
}

fn device_name(object: &Object) -> String {
    let decorated = object
        .get("decorations")
        .and_then(|decorations| decorations.get("hostname"));
    let name = decorated.or_else(|| object.get("hostIdentifier"));
    name.map(text_of).unwrap_or_default().to_ascii_lowercase()
}

/// In `process_open_sockets` the column `path` is that of a Unix socket and no program's.
fn process(columns: &Object, is_event: bool) -> Process {
    let get = |name: &str| {
        columns
            .get(name)
            .map(text_of)
            .filter(|text| !text.is_empty())
    };
    let path = match is_event {
        true => get("path"),
        false => get("process_path").or_else(|| get("name")),
    };
    Process {
        id: get("pid")
            .and_then(|pid| pid.parse().ok())
            .filter(|pid| *pid >= 0),
        path,
        command_line: get("cmdline").or_else(|| get("cmd_line")),
        ..Process::default()
    }
}
