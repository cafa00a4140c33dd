//! The derived rows: a connection to a proxy with its real target, in the shape of network protection's events.
//!
//! | column | from |
//! |---|---|
//! | Timestamp | the request's start by the sensors' clock, where the skew is known |
//! | ActionType | ConnectionSuccess; ConnectionFailed when the proxy refused or could not; ConnectionAttempt when it does not say |
//! | RemoteIP, RemotePort | the proxy |
//! | RemoteUrl | the target's host, or the whole URL of a plain request |
//! | LocalIP, LocalPort | the client; the port where it is certain |
//! | DeviceId, DeviceName | the device of the connection, else of the address as of then; empty where it is one of several |
//! | InitiatingProcess… | tiers exact and process only; the proxy's user where the sensor has no account |
//! | AdditionalFields | `Surfaced` first, then the evidence, values as text |
//!
//! The record's id is derived from the proxy's record, so that the same record always makes the same row.

use super::device::{Devices, Holder};
use super::fields::Fields;
use super::model::{Connection, Listener, MILLISECOND, Skew, Tier, Verdict};
use super::names::Names;
use super::processes::{self, Processes};
use super::unit::{Client, Lists, Outcome, Record, Witness};
use crate::address;
use crate::identity::RecordId;
use crate::table::{Origin, TableRows};
use crate::text::TextObject;
use huntql_kql::time::format_datetime;
use huntql_store::schema::builtin;
use std::net::IpAddr;

/// Where the columns are.
struct Places {
    timestamp: usize,
    device_id: usize,
    device_name: usize,
    action_type: usize,
    remote_ip: usize,
    remote_port: usize,
    remote_url: usize,
    local_ip: usize,
    local_port: usize,
    protocol: usize,
    local_ip_type: usize,
    remote_ip_type: usize,
    additional_fields: usize,
    account_domain: usize,
    account_name: usize,
    account_upn: usize,
    processes: Vec<usize>,
}

/// Derived rows that wait for the store.
pub struct Emitter {
    pub rows: TableRows,
    places: Places,
    ingested_ticks: i64,
}

/// Whose address it was.
pub struct Whose {
    pub holder: Holder,
    /// Devices that share the address.
    pub sharing: Vec<u32>,
}

/// What a row is made of besides its record.
pub struct Context<'a> {
    pub lists: &'a Lists,
    pub processes: &'a Processes,
    pub connections: &'a [Connection],
    pub whose: Whose,
    /// The one proxy that the client talks to, if it is one.
    pub only_proxy: Option<Listener>,
}

impl Emitter {
    pub fn new(ingested_ticks: i64) -> Self {
        let rows = TableRows::new(
            builtin("DeviceNetworkEvents").expect("DeviceNetworkEvents is built in"),
        );
        let at = |name: &str| rows.position(name).expect("the column is documented");
        let places = Places {
            timestamp: at("Timestamp"),
            device_id: at("DeviceId"),
            device_name: at("DeviceName"),
            action_type: at("ActionType"),
            remote_ip: at("RemoteIP"),
            remote_port: at("RemotePort"),
            remote_url: at("RemoteUrl"),
            local_ip: at("LocalIP"),
            local_port: at("LocalPort"),
            protocol: at("Protocol"),
            local_ip_type: at("LocalIPType"),
            remote_ip_type: at("RemoteIPType"),
            additional_fields: at("AdditionalFields"),
            account_domain: at("InitiatingProcessAccountDomain"),
            account_name: at("InitiatingProcessAccountName"),
            account_upn: at("InitiatingProcessAccountUpn"),
            processes: processes::columns().into_iter().map(at).collect(),
        };
        Self {
            rows,
            places,
            ingested_ticks,
        }
    }

    /// Writes the row of a proxy's record; gives the tier that it has.
    pub fn record(
        &mut self,
        record: &Record,
        verdict: &Verdict,
        skew: Skew,
        context: &Context<'_>,
    ) -> Tier {
        let fields = Fields::parse(&record.fields);
        let connection = verdict
            .connection
            .map(|at| &context.connections[at as usize]);
        let certain = connection.filter(|_| matches!(verdict.tier, Tier::Exact | Tier::Process));
        let exact = certain.filter(|_| verdict.tier == Tier::Exact);
        let told = told_device(record);
        let holder = match certain.map(|connection| connection.device) {
            Some(device) if device != 0 => Holder::Device(device),
            _ => context.whose.holder.clone(),
        };
        let tier = match (verdict.tier, &holder) {
            (Tier::Device, Holder::Device(_)) => Tier::Device,
            (Tier::Device, Holder::Unknown) if told.is_some() => Tier::Device,
            (Tier::Device, _) => Tier::None,
            (tier, _) => tier,
        };
        let shift = match skew {
            Skew::Known { ms } => ms * MILLISECOND,
            Skew::Refused(_) => 0,
        };
        let proxy = exact
            .map(|connection| connection.proxy)
            .or(record.request.listener)
            .or(verdict.proxy)
            .or(context.only_proxy);
        let request = &record.request;
        self.time_and_action(request.start - shift, record.outcome);
        self.remote(proxy, &record.url);
        if let Client::Address(client) = record.client {
            self.local(client, request.port.or(exact.and_then(|c| c.port)));
        }
        self.device(&holder, told, &record.device_name, &context.lists.devices);
        if let Some(connection) = certain {
            context
                .processes
                .write(connection.process, &self.places.processes, &mut self.rows);
            self.account(fields.text("username"));
        }
        let evidence = Evidence {
            surfaced: "proxy-log",
            tier,
            verdict,
            host: context.lists.names.text(request.host),
            fields: &fields,
            proxy_name: fields.text("ProxyName"),
            skew: Some(skew),
            source: request.record,
            merged: &record.merged,
            context,
        };
        let cell = self.rows.cell(self.places.additional_fields);
        cell.write_text(|text| evidence.write(text));
        self.commit(
            request.record,
            &holder,
            record.source,
            record.position,
            &context.lists.names,
        );
        tier
    }

    /// Writes the row of a connection whose target only a network sensor named.
    pub fn witness(
        &mut self,
        witness: &Witness,
        connection: u32,
        client: IpAddr,
        context: &Context<'_>,
    ) -> Tier {
        let fields = Fields::parse(&witness.fields);
        let carrier = &context.connections[connection as usize];
        let holder = match carrier.device {
            0 => context.whose.holder.clone(),
            device => Holder::Device(device),
        };
        let tier = match (carrier.record, &holder) {
            (0, Holder::Device(_)) => Tier::Device,
            (0, _) => Tier::None,
            _ => Tier::Exact,
        };
        let verdict = Verdict {
            tier,
            candidates: 1,
            connection: Some(connection),
            twin: Some(connection),
            ..Verdict::NOTHING
        };
        let host = context.lists.names.text(witness.host);
        let url = fields.text("uri").filter(|uri| uri.contains("://"));
        self.time_and_action(witness.start, witness.outcome);
        self.remote(Some(witness.proxy), url.unwrap_or(host));
        self.local(client, witness.port);
        self.device(&holder, None, &witness.device_name, &context.lists.devices);
        context
            .processes
            .write(carrier.process, &self.places.processes, &mut self.rows);
        if tier == Tier::Exact {
            self.account(fields.text("username"));
        }
        let evidence = Evidence {
            surfaced: witness.seen.name(),
            tier,
            verdict: &verdict,
            host,
            fields: &fields,
            proxy_name: None,
            skew: None,
            source: witness.record,
            merged: &[],
            context,
        };
        let cell = self.rows.cell(self.places.additional_fields);
        cell.write_text(|text| evidence.write(text));
        self.commit(
            witness.record,
            &holder,
            witness.source,
            witness.position,
            &context.lists.names,
        );
        tier
    }

    fn time_and_action(&mut self, time: i64, outcome: Outcome) {
        self.rows.cell(self.places.timestamp).push_i64(time);
        let action = match outcome {
            Outcome::Allowed => "ConnectionSuccess",
            Outcome::Refused | Outcome::AuthenticationRequired | Outcome::Upstream => {
                "ConnectionFailed"
            }
            Outcome::Unknown => "ConnectionAttempt",
        };
        self.rows.cell(self.places.action_type).push_text(action);
        self.rows.cell(self.places.protocol).push_text("Tcp");
    }

    fn remote(&mut self, proxy: Option<Listener>, url: &str) {
        self.rows.cell(self.places.remote_url).push_text(url);
        let Some(proxy) = proxy else { return };
        let text = proxy.address.to_string();
        self.rows.cell(self.places.remote_ip).push_text(&text);
        let kind = address::ip_type(proxy.address);
        self.rows.cell(self.places.remote_ip_type).push_text(kind);
        if let Some(port) = proxy.port {
            let cell = self.rows.cell(self.places.remote_port);
            cell.push_i64(i64::from(port));
        }
    }

    fn local(&mut self, client: IpAddr, port: Option<u16>) {
        let text = client.to_string();
        self.rows.cell(self.places.local_ip).push_text(&text);
        let kind = address::ip_type(client);
        self.rows.cell(self.places.local_ip_type).push_text(kind);
        if let Some(port) = port {
            let cell = self.rows.cell(self.places.local_port);
            cell.push_i64(i64::from(port));
        }
    }

    fn device(&mut self, holder: &Holder, told: Option<&str>, fallback: &str, devices: &Devices) {
        let (id, name) = match holder {
            Holder::Device(device) => devices.name(*device),
            Holder::Unknown => ("", told.unwrap_or(fallback)),
            Holder::OneOf(_) => ("", ""),
        };
        self.rows.cell(self.places.device_id).push_text(id);
        self.rows.cell(self.places.device_name).push_text(name);
    }

    /// The proxy's user, where the sensor does not say whose process it was.
    fn account(&mut self, user: Option<&str>) {
        let Some(user) = user.filter(|_| self.rows.is_blank(self.places.account_name)) else {
            return;
        };
        let (domain, name) = match user.split_once('\\') {
            Some((domain, name)) => (domain, name),
            None => ("", user),
        };
        self.rows.cell(self.places.account_domain).push_text(domain);
        match name.split_once('@') {
            Some((short, _)) => {
                self.rows.cell(self.places.account_upn).push_text(name);
                self.rows.cell(self.places.account_name).push_text(short);
            }
            None => self.rows.cell(self.places.account_name).push_text(name),
        }
    }

    fn commit(&mut self, source: u128, holder: &Holder, file: u32, position: i64, names: &Names) {
        let id = derived_id(source);
        let origin = Origin {
            file: names.text(file),
            ingested_ticks: self.ingested_ticks,
        };
        let position = position.max(0) as u64;
        match holder {
            Holder::OneOf(_) => self.rows.commit_as_written(id, &origin, position),
            Holder::Device(_) | Holder::Unknown => self.rows.commit(id, &origin, position),
        }
    }
}

/// The device as the record itself names it, which its row has in place of the client's address.
fn told_device(record: &Record) -> Option<&str> {
    let Client::Address(client) = record.client else {
        return None;
    };
    let name = &*record.device_name;
    let is_address = address::parse(name).map(|address| address.to_canonical()) == Some(client);
    (!name.is_empty() && !is_address).then_some(name)
}

fn derived_id(source: u128) -> RecordId {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"huntql unmask\0");
    hasher.update(&source.to_be_bytes());
    let half: [u8; 16] = hasher.finalize().as_bytes()[..16]
        .try_into()
        .expect("a digest has 32 bytes");
    RecordId(u128::from_be_bytes(half))
}

/// What AdditionalFields says.
struct Evidence<'a> {
    surfaced: &'a str,
    tier: Tier,
    verdict: &'a Verdict,
    host: &'a str,
    fields: &'a Fields,
    proxy_name: Option<&'a str>,
    skew: Option<Skew>,
    source: u128,
    merged: &'a [u128],
    context: &'a Context<'a>,
}

impl Evidence<'_> {
    fn write(&self, text: &mut String) {
        let mut object = TextObject::begin(text);
        object.field("Surfaced", self.surfaced);
        object.field("MatchTier", self.tier.name());
        object.field("Candidates", &self.verdict.candidates.to_string());
        if self.verdict.ambiguous {
            object.field("Ambiguous", "port");
        }
        for (key, value) in [
            ("TargetHost", Some(self.host)),
            ("TargetPort", self.target_port()),
            ("TargetIP", self.fields.text("TargetIP")),
            ("Method", self.fields.text("method")),
            ("Status", self.fields.text("status_code")),
            ("ProxyResult", self.fields.text("ProxyResult")),
            ("BytesIn", self.fields.text("response_body_len")),
            ("BytesOut", self.fields.text("request_body_len")),
            ("Duration", self.fields.text("duration")),
            ("User", self.fields.text("username")),
            ("UserAgent", self.fields.text("user_agent")),
            ("ProxyName", self.proxy_name),
        ] {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                object.field(key, value);
            }
        }
        match self.skew {
            Some(Skew::Known { ms }) => object.field("SkewMs", &ms.to_string()),
            Some(Skew::Refused(reason)) => object.field("SkewRefused", reason.name()),
            None => {}
        }
        object.field("SourceRecord", &format!("{:032x}", self.source));
        if !self.merged.is_empty() {
            object.field("MergedRecords", &ids(self.merged.iter().copied()));
        }
        self.write_twin(&mut object);
        self.write_devices(&mut object);
        if self.tier == Tier::Aligned {
            self.write_likely_process(&mut object);
        }
        object.end();
    }

    fn target_port(&self) -> Option<&str> {
        self.fields.text("TargetPort").or_else(|| {
            let uri = self.fields.text("uri").filter(|uri| !uri.contains('/'))?;
            let (_, port) = uri.rsplit_once(':')?;
            port.bytes()
                .all(|byte| byte.is_ascii_digit())
                .then_some(port)
        })
    }

    /// The plain rows of the same connection.
    fn write_twin(&self, object: &mut TextObject<'_>) {
        let Some(twin) = self.verdict.twin else {
            return;
        };
        let twin = &self.context.connections[twin as usize];
        if twin.record != 0 {
            let all = std::iter::once(twin.record).chain(twin.further.iter().copied());
            object.field("TwinRecord", &ids(all));
        }
    }

    fn write_devices(&self, object: &mut TextObject<'_>) {
        let whose = &self.context.whose;
        let candidates: &[u32] = match &whose.holder {
            Holder::OneOf(devices) => devices,
            Holder::Device(_) | Holder::Unknown => &[],
        };
        if !whose.sharing.is_empty() {
            object.field("SharedAddress", "true");
        }
        if !candidates.is_empty() && !matches!(self.tier, Tier::Exact | Tier::Process) {
            let names: Vec<&str> = candidates
                .iter()
                .map(|device| self.context.lists.devices.name(*device).1)
                .collect();
            let list = serde_json::Value::from(names).to_string();
            object.field("DeviceCandidates", &list);
        }
    }

    /// Of an aligned connection: what would be in the columns if it were certain.
    fn write_likely_process(&self, object: &mut TextObject<'_>) {
        let Some(at) = self.verdict.connection else {
            return;
        };
        let connection = &self.context.connections[at as usize];
        object.field("Score", &format!("{:.2}", self.verdict.score));
        if let Some(port) = connection.port {
            object.field("LikelyLocalPort", &port.to_string());
        }
        for (key, column) in [
            ("LikelyProcessFileName", "InitiatingProcessFileName"),
            ("LikelyProcessId", "InitiatingProcessId"),
            ("LikelyAccountName", "InitiatingProcessAccountName"),
        ] {
            if let Some(value) = self.context.processes.text(connection.process, column) {
                object.field(key, &value);
            }
        }
        let created = self
            .context
            .processes
            .text(connection.process, "InitiatingProcessCreationTime");
        if let Some(ticks) = created.and_then(|ticks| ticks.parse().ok()) {
            object.field("LikelyProcessCreationTime", &format_datetime(ticks));
        }
    }
}

fn ids(ids: impl Iterator<Item = u128>) -> String {
    ids.map(|id| format!("{id:032x}"))
        .collect::<Vec<_>>()
        .join(",")
}
