//! One day's rows on their way from the store into what is correlated.
//!
//! | row of DeviceNetworkEvents | becomes |
//! |---|---|
//! | `ProxyLog` in AdditionalFields | a [`Record`] |
//! | a connection's ActionType, the peer a proxy | a [`Connection`] |
//! | Http- or SslConnectionInspected, the peer a proxy | a [`Witness`] |
//! | any row of a sensor that knows its device | a sighting of the device at its address |
//!
//! Rows that this correlation wrote itself (`Surfaced`) are passed over.

use super::device::{Devices, Sightings};
use super::fields::Fields;
use super::model::{Connection, Kind, Listener, Request, SECOND, Seen};
use super::names::{Names, host_of};
use super::pairing::AggregatedReport;
use super::processes::{self, Incoming, Processes};
use crate::address;
use crate::proxies::ProxySet;
use datafusion::arrow::array::{Array, AsArray, Int32Array, Int64Array, StringArray};
use datafusion::arrow::datatypes::{Int32Type, Int64Type};
use datafusion::arrow::record_batch::RecordBatch;
use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::IpAddr;

/// The key that begins the AdditionalFields of a derived row.
pub const SURFACED: &str = "{\"Surfaced\":";
const OWN: [&str; 13] = [
    "Timestamp",
    "DeviceId",
    "DeviceName",
    "ActionType",
    "RemoteIP",
    "RemotePort",
    "RemoteUrl",
    "LocalIP",
    "LocalPort",
    "AdditionalFields",
    "_record_id",
    "_source_file",
    "_source_position",
];
/// What a sensor calls a connection that its device opens.
const OPENING: &[&str] = &[
    "ConnectionSuccess",
    "ConnectionFailed",
    "ConnectionRequest",
    "ConnectionFound",
    "ConnectionAttempt",
    "ConnectionAcknowledged",
];

/// What a sensor calls many connections told at once.
const AGGREGATED: &[&str] = &[
    "ConnectionSuccessAggregatedReport",
    "ConnectionFailedAggregatedReport",
];

/// The columns that are read, the process columns last.
pub fn columns() -> Vec<&'static str> {
    OWN.into_iter().chain(processes::columns()).collect()
}

/// What became of a request (`ProxyResult`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Allowed,
    Refused,
    /// 407: half a handshake, no connection to any target.
    AuthenticationRequired,
    /// The client is a proxy itself: the first hop's record tells of the device.
    Upstream,
    Unknown,
}

impl Outcome {
    /// Whether the record becomes a row.
    pub fn has_row(self) -> bool {
        !matches!(self, Outcome::AuthenticationRequired | Outcome::Upstream)
    }
}

/// A proxy's record.
#[derive(Debug, Clone)]
pub struct Record {
    pub request: Request,
    pub client: Client,
    pub outcome: Outcome,
    pub fields: Box<str>,
    /// RemoteUrl, RemoteIP and DeviceName of the record's row.
    pub url: Box<str>,
    pub device_name: Box<str>,
    pub source: u32,
    pub position: i64,
    /// Records of the same tunnel that are told in this one.
    pub merged: Vec<u128>,
}

/// Who asked, as the record says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Client {
    Address(IpAddr),
    Nobody,
}

/// A network sensor's row that names a target.
#[derive(Debug, Clone)]
pub struct Witness {
    pub start: i64,
    pub port: Option<u16>,
    pub proxy: Listener,
    pub seen: Seen,
    pub host: u32,
    pub outcome: Outcome,
    pub record: u128,
    pub fields: Box<str>,
    pub device_name: Box<str>,
    pub source: u32,
    pub position: i64,
}

/// Everything of one client address.
#[derive(Debug, Default)]
pub struct ClientRows {
    pub connections: Vec<Connection>,
    pub records: Vec<Record>,
    pub witnesses: Vec<Witness>,
    pub sightings: Sightings,
    pub reports: Vec<AggregatedReport>,
}

/// What is read: which share of the clients.
#[derive(Debug, Clone, Copy)]
pub struct Shard {
    pub index: u64,
    pub of: u64,
}

impl Shard {
    fn has(self, client: &str) -> bool {
        if self.of == 1 {
            return true;
        }
        let mut hasher = DefaultHasher::new();
        client.hash(&mut hasher);
        hasher.finish() % self.of == self.index
    }
}

/// The proxies that are known: configured ones, and those that the data prove.
pub struct Known<'a> {
    pub configured: &'a ProxySet,
    pub proven: &'a HashSet<Listener>,
}

impl Known<'_> {
    fn is_proxy(&self, listener: Listener, ticks: i64) -> bool {
        let proven = self.proven.contains(&listener)
            || self.proven.contains(&Listener {
                port: None,
                ..listener
            });
        let known = self
            .configured
            .listener_at(listener.address, listener.port, ticks);
        proven || known.is_some()
    }

    fn is_proxy_address(&self, address: IpAddr, ticks: i64) -> bool {
        let known = self.configured.listener_at(address, None, ticks);
        known.is_some() || self.proven.iter().any(|proven| proven.address == address)
    }

    /// Whether a name is the proxy's own.
    fn is_own_name(&self, host: &str, listener: Listener) -> bool {
        let same = host
            .parse::<IpAddr>()
            .is_ok_and(|address| address == listener.address);
        same || self
            .configured
            .proxies()
            .iter()
            .any(|proxy| proxy.name.eq_ignore_ascii_case(host))
            || self.configured.names().contains(&host)
    }
}

/// The rows of one shard of a day.
#[derive(Default)]
pub struct Unit {
    pub clients: HashMap<IpAddr, ClientRows>,
    /// Records whose client is no address.
    pub strangers: Vec<Record>,
    pub processes: Processes,
    addresses: HashMap<String, Option<IpAddr>>,
}

/// What all shards and days of a run share.
#[derive(Debug, Default)]
pub struct Lists {
    pub names: Names,
    pub devices: Devices,
    /// Proxies as records tell them apart: name, listener or file.
    pub proxies: Names,
}

/// The cells of one batch.
struct Cells<'a> {
    time: &'a Int64Array,
    device_id: &'a StringArray,
    device_name: &'a StringArray,
    action: &'a StringArray,
    remote_ip: &'a StringArray,
    remote_port: &'a Int32Array,
    remote_url: &'a StringArray,
    local_ip: &'a StringArray,
    local_port: &'a Int32Array,
    fields: &'a StringArray,
    record: &'a StringArray,
    source: &'a StringArray,
    position: &'a Int64Array,
}

impl<'a> Cells<'a> {
    fn of(batch: &'a RecordBatch) -> Self {
        let text = |at: usize| batch.column(at).as_string::<i32>();
        let int = |at: usize| batch.column(at).as_primitive::<Int32Type>();
        let long = |at: usize| batch.column(at).as_primitive::<Int64Type>();
        Self {
            time: long(0),
            device_id: text(1),
            device_name: text(2),
            action: text(3),
            remote_ip: text(4),
            remote_port: int(5),
            remote_url: text(6),
            local_ip: text(7),
            local_port: int(8),
            fields: text(9),
            record: text(10),
            source: text(11),
            position: long(12),
        }
    }

    fn record_id(&self, row: usize) -> u128 {
        u128::from_str_radix(self.record.value(row), 16).unwrap_or_default()
    }
}

fn port(array: &Int32Array, row: usize) -> Option<u16> {
    array
        .is_valid(row)
        .then(|| array.value(row))
        .and_then(|port| u16::try_from(port).ok())
        .filter(|port| *port != 0)
}

fn text(array: &StringArray, row: usize) -> &str {
    match array.is_valid(row) {
        true => array.value(row),
        false => "",
    }
}

impl Unit {
    /// Takes in a batch of [`columns`].
    pub fn add(&mut self, batch: &RecordBatch, shard: Shard, known: &Known<'_>, lists: &mut Lists) {
        let cells = Cells::of(batch);
        let own = OWN.len();
        let wide = (own..batch.num_columns()).collect::<Vec<_>>();
        let wide = batch.project(&wide).expect("the columns are there");
        let ids = OwnerColumns::of(&wide);
        let mut processes = std::mem::take(&mut self.processes);
        let mut incoming = processes.incoming(wide.clone());
        for row in 0..batch.num_rows() {
            let client = text(cells.local_ip, row);
            if cells.time.is_null(row) || !shard.has(client) {
                continue;
            }
            self.add_row(&cells, row, known, lists, &ids, &mut incoming);
        }
        drop(incoming);
        self.processes = processes;
    }

    fn add_row(
        &mut self,
        cells: &Cells<'_>,
        row: usize,
        known: &Known<'_>,
        lists: &mut Lists,
        ids: &OwnerColumns<'_>,
        incoming: &mut Incoming<'_>,
    ) {
        let fields = text(cells.fields, row);
        let action = text(cells.action, row);
        if fields.starts_with(SURFACED) {
            return;
        }
        let client_text = text(cells.local_ip, row);
        let client = self.address(client_text);
        if action == "HttpConnectionInspected" && fields.contains("\"ProxyLog\":") {
            let mut record = self.record(cells, row, client, lists);
            let time = cells.time.value(row);
            if client.is_some_and(|client| known.is_proxy_address(client, time)) {
                record.outcome = Outcome::Upstream;
            }
            match client {
                Some(address) => self
                    .clients
                    .entry(address)
                    .or_default()
                    .records
                    .push(record),
                None => self.strangers.push(record),
            }
            return;
        }
        let Some(client) = client.filter(|client| !client.is_loopback()) else {
            return;
        };
        let time = cells.time.value(row);
        let name = text(cells.device_name, row);
        let device = match name.is_empty() || name == client_text {
            true => 0,
            false => lists.devices.number(text(cells.device_id, row), name),
        };
        if device != 0 {
            let rows = self.clients.entry(client).or_default();
            rows.sightings.add(time, device);
        }
        let opens = OPENING.contains(&action);
        let seen = match action {
            "HttpConnectionInspected" => Some(Seen::Host),
            "SslConnectionInspected" => Some(Seen::Sni),
            _ => None,
        };
        let reports = AGGREGATED.contains(&action);
        if !opens && !reports && seen.is_none() {
            return;
        }
        let Some(address) = self.address(text(cells.remote_ip, row)) else {
            return;
        };
        let proxy = Listener {
            address,
            port: port(cells.remote_port, row),
        };
        if !known.is_proxy(proxy, time) {
            return;
        }
        if let Some(seen) = seen {
            let witness = witness(cells, row, proxy, seen, known, lists);
            let rows = self.clients.entry(client).or_default();
            rows.witnesses.extend(witness);
            return;
        }
        let owner = ids.owner(row, text(cells.device_id, row));
        if reports {
            let rows = self.clients.entry(client).or_default();
            rows.reports.push(AggregatedReport { time, owner });
            return;
        }
        let fields = Fields::parse(fields);
        let length = fields
            .number("duration")
            .filter(|_| fields.text("uid").is_some());
        let end = length.map(|seconds| time.saturating_add((seconds * SECOND as f64) as i64));
        let host = host_of(text(cells.remote_url, row))
            .filter(|host| !known.is_own_name(host, proxy))
            .map_or(0, |host| lists.names.number(&host));
        let connection = Connection {
            start: time,
            end,
            port: port(cells.local_port, row),
            proxy,
            device,
            owner,
            process: if owner == 0 { 0 } else { incoming.number(row) },
            host,
            witness: None,
            has_uid: fields.text("uid").is_some(),
            record: cells.record_id(row),
            further: Vec::new(),
        };
        let rows = self.clients.entry(client).or_default();
        rows.connections.push(connection);
    }

    fn address(&mut self, text: &str) -> Option<IpAddr> {
        if let Some(known) = self.addresses.get(text) {
            return *known;
        }
        // A mapped address is the IPv4 one that the other logs have.
        let address = address::parse(text).map(|address| address.to_canonical());
        self.addresses.insert(text.to_owned(), address);
        address
    }

    fn record(
        &mut self,
        cells: &Cells<'_>,
        row: usize,
        client: Option<IpAddr>,
        lists: &mut Lists,
    ) -> Record {
        let raw = text(cells.fields, row);
        let fields = Fields::parse(raw);
        let listener = self
            .address(text(cells.remote_ip, row))
            .map(|address| Listener {
                address,
                port: port(cells.remote_port, row),
            });
        let source = text(cells.source, row);
        let proxy = match (fields.text("ProxyName"), listener) {
            (Some(name), _) => lists.proxies.number(name),
            (None, Some(listener)) => lists.proxies.number(&shown(listener)),
            (None, None) => lists.proxies.number(source),
        };
        let outcome = match fields.text("ProxyResult") {
            Some("Allowed") => Outcome::Allowed,
            Some("Denied" | "Failed") => Outcome::Refused,
            Some("AuthenticationRequired") => Outcome::AuthenticationRequired,
            _ => Outcome::Unknown,
        };
        let method = fields.text("method").unwrap_or_default();
        let uri = fields.text("uri").unwrap_or_default();
        let tunnels = method.eq_ignore_ascii_case("CONNECT")
            || ["tunnel://", "ssl://", "tcp://"]
                .iter()
                .any(|scheme| uri.starts_with(scheme));
        let kind = match (tunnels, outcome) {
            (true, Outcome::Allowed | Outcome::Unknown) => Kind::Tunnel,
            (true, _) => Kind::RefusedTunnel,
            (false, _) => Kind::Plain,
        };
        let start = cells.time.value(row);
        let length = fields.number("duration").unwrap_or(0.0).max(0.0);
        let host = fields
            .text("host")
            .and_then(host_of)
            .or_else(|| host_of(text(cells.remote_url, row)));
        Record {
            request: Request {
                start,
                end: start.saturating_add((length * SECOND as f64) as i64),
                port: port(cells.local_port, row),
                listener,
                proxy,
                kind,
                host: host.map_or(0, |host| lists.names.number(&host)),
                record: cells.record_id(row),
            },
            client: client.map_or(Client::Nobody, Client::Address),
            outcome,
            fields: raw.into(),
            url: text(cells.remote_url, row).into(),
            device_name: text(cells.device_name, row).into(),
            source: lists.names.number(source),
            position: cells.position.value(row),
            merged: Vec::new(),
        }
    }
}

/// A listener as people write it.
pub fn shown(listener: Listener) -> String {
    match (listener.address, listener.port) {
        (address, None) => address.to_string(),
        (IpAddr::V4(address), Some(port)) => format!("{address}:{port}"),
        (IpAddr::V6(address), Some(port)) => format!("[{address}]:{port}"),
    }
}

/// A network sensor's row as a witness, when it names a target that is not the proxy itself.
fn witness(
    cells: &Cells<'_>,
    row: usize,
    proxy: Listener,
    seen: Seen,
    known: &Known<'_>,
    lists: &mut Lists,
) -> Option<Witness> {
    let raw = text(cells.fields, row);
    let fields = Fields::parse(raw);
    let connects = fields
        .text("method")
        .is_some_and(|method| method.eq_ignore_ascii_case("CONNECT"));
    let (seen, host) = match seen {
        Seen::Sni => (seen, fields.text("server_name")),
        _ if connects => (Seen::Connect, fields.text("uri").or(fields.text("host"))),
        _ => {
            let uri = fields.text("uri").filter(|uri| uri.contains("://"));
            (seen, uri.or(fields.text("host")))
        }
    };
    let host = host_of(host?).filter(|host| !known.is_own_name(host, proxy))?;
    let status = fields
        .text("status_code")
        .and_then(|s| s.parse::<u16>().ok());
    let outcome = match (seen, status) {
        (_, Some(407)) => Outcome::AuthenticationRequired,
        (Seen::Connect, Some(400..)) | (Seen::Host, Some(502..=504)) => Outcome::Refused,
        (Seen::Connect, None) => Outcome::Unknown,
        _ => Outcome::Allowed,
    };
    Some(Witness {
        start: cells.time.value(row),
        port: port(cells.local_port, row),
        proxy,
        seen,
        host: lists.names.number(&host),
        outcome,
        record: cells.record_id(row),
        fields: raw.into(),
        device_name: text(cells.device_name, row).into(),
        source: lists.names.number(text(cells.source, row)),
        position: cells.position.value(row),
    })
}

/// The columns that tell one process from another.
struct OwnerColumns<'a> {
    id: &'a Int64Array,
    created: &'a Int64Array,
    file: &'a StringArray,
}

impl<'a> OwnerColumns<'a> {
    fn of(wide: &'a RecordBatch) -> Self {
        let column = |name: &str| wide.column_by_name(name).expect("it is a process column");
        Self {
            id: column("InitiatingProcessId").as_primitive::<Int64Type>(),
            created: column("InitiatingProcessCreationTime").as_primitive::<Int64Type>(),
            file: column("InitiatingProcessFileName").as_string::<i32>(),
        }
    }

    /// A number for the process; 0 when the row names none (Defender writes 0 for the id then).
    fn owner(&self, row: usize, device: &str) -> u64 {
        let id = match self.id.is_valid(row) {
            true => self.id.value(row),
            false => 0,
        };
        let file = text(self.file, row);
        if id == 0 && file.is_empty() {
            return 0;
        }
        let created = self.created.is_valid(row).then(|| self.created.value(row));
        let mut hasher = DefaultHasher::new();
        (device, id, created, file.to_ascii_lowercase()).hash(&mut hasher);
        hasher.finish().max(1)
    }
}
