//! What the three readers share: an event goes to its mapping, or is passed over by name.

use super::event::{Channel, WindowsEvent};
use super::hosts::Hosts;
use super::{security, sysmon};
use crate::Result;
use crate::formats::network::NetworkTable;
use crate::formats::process::ProcessColumns;
use crate::output::{Output, Place, Refusal, TableId};
use crate::table::TableRows;
use huntql_store::schema::builtin;

/// The class of the record ids.
const CLASS: &str = "windows.event";

/// The columns of DeviceEvents that DNS answers fill.
#[derive(Debug)]
pub(super) struct DnsTable {
    pub id: TableId,
    pub timestamp: usize,
    pub device_name: usize,
    pub action_type: usize,
    pub report_id: usize,
    pub additional_fields: usize,
    pub process: ProcessColumns,
}

impl DnsTable {
    fn open(output: &mut Output<'_>) -> Self {
        let id = output.table(builtin("DeviceEvents").expect("DeviceEvents is built in"));
        let rows = output.rows(id);
        let at = |name: &str| rows.position(name).expect("the column is documented");
        Self {
            id,
            timestamp: at("Timestamp"),
            device_name: at("DeviceName"),
            action_type: at("ActionType"),
            report_id: at("ReportId"),
            additional_fields: at("AdditionalFields"),
            process: ProcessColumns::of(rows),
        }
    }
}

/// The columns of DeviceNetworkEvents, the process's and the record's number among them.
#[derive(Debug)]
pub(super) struct ConnectionTable {
    pub network: NetworkTable,
    pub process: ProcessColumns,
    pub report_id: usize,
}

impl ConnectionTable {
    /// What all rows have: the host, the record's number, the process.
    pub fn write_host(
        &self,
        event: &WindowsEvent,
        process: &crate::formats::process::Process,
        rows: &mut TableRows,
    ) {
        rows.cell(self.network.device_name)
            .push_text(&event.computer.to_ascii_lowercase());
        if let Some(record) = event.record_id {
            rows.cell(self.report_id).push_i64(record);
        }
        self.process.write(process, rows);
    }
}

/// The state of reading one file.
pub(super) struct Reading {
    pub hosts: Hosts,
    connections: ConnectionTable,
    dns: DnsTable,
}

impl Reading {
    /// `hosts` is what a first pass has learned.
    pub fn new(hosts: Hosts, output: &mut Output<'_>) -> Self {
        let network = NetworkTable::open(output);
        let rows = output.rows(network.id);
        let connections = ConnectionTable {
            network,
            process: ProcessColumns::of(rows),
            report_id: rows.position("ReportId").expect("the column is documented"),
        };
        Self {
            hosts,
            connections,
            dns: DnsTable::open(output),
        }
    }

    /// One event, which `output` has counted as read; `raw` is what its id is made of.
    pub fn event(
        &mut self,
        event: &WindowsEvent,
        raw: &[u8],
        place: Place,
        output: &mut Output<'_>,
    ) -> Result<()> {
        self.hosts.learn(event);
        let table = self.connections.network.id;
        let (table, written) = match (event.channel(), event.id) {
            (Channel::Sysmon, Some(3)) => {
                let rows = output.rows(table);
                let written = sysmon::connection(event, &self.hosts, &self.connections, rows);
                (table, written)
            }
            (Channel::Security, Some(id @ 5154..=5157)) => {
                let rows = output.rows(table);
                let written = security::event(id, event, &self.hosts, &self.connections, rows);
                (table, written)
            }
            (Channel::Sysmon, Some(22)) => {
                let rows = output.rows(self.dns.id);
                (
                    self.dns.id,
                    sysmon::dns(event, &self.hosts, &self.dns, rows),
                )
            }
            _ => {
                output.skip_unmapped(&event.name());
                return Ok(());
            }
        };
        match written {
            Ok(()) => output.keep(table, CLASS, raw, place),
            Err(refusal) => output.discard(table, refusal, raw, place),
        }
    }
}

/// Said when a source cannot be read twice.
pub(super) fn note_single_pass(output: &mut Output<'_>) {
    const NOTE: &str = "the source can be read only once: addresses and processes of the hosts are known from earlier \
                        events alone";
    let notes = &mut output.report.notes;
    if !notes.iter().any(|note| note == NOTE) {
        notes.push(NOTE.to_owned());
    }
}

/// A record that is no event.
pub(super) fn no_event(message: impl Into<String>) -> Refusal {
    Refusal::new("no_event", message)
}
