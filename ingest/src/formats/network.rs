//! The columns of DeviceNetworkEvents that sensors and proxies fill, found once per file.

use crate::address;
use crate::output::{Output, TableId};
use crate::table::TableRows;
use huntql_store::schema::builtin;
use std::net::IpAddr;

/// Positions in the table's rows.
#[derive(Debug, Clone, Copy)]
pub(super) struct NetworkTable {
    pub id: TableId,
    pub timestamp: usize,
    pub device_name: usize,
    pub action_type: usize,
    pub remote_ip: usize,
    pub remote_port: usize,
    pub remote_url: usize,
    pub local_ip: usize,
    pub local_port: usize,
    pub protocol: usize,
    pub local_ip_type: usize,
    pub remote_ip_type: usize,
    pub additional_fields: usize,
}

impl NetworkTable {
    pub fn open(output: &mut Output<'_>) -> Self {
        let id =
            output.table(builtin("DeviceNetworkEvents").expect("DeviceNetworkEvents is built in"));
        let rows = output.rows(id);
        let at = |name: &str| rows.position(name).expect("the column is documented");
        Self {
            id,
            timestamp: at("Timestamp"),
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
        }
    }

    /// The local end; the device is named by its address, for nothing else is known of it.
    pub fn local(
        &self,
        rows: &mut TableRows,
        text: &str,
        address: Option<IpAddr>,
        port: Option<i64>,
    ) {
        rows.cell(self.local_ip).push_text(text);
        rows.cell(self.device_name).push_text(text);
        if let Some(address) = address {
            rows.cell(self.local_ip_type)
                .push_text(address::ip_type(address));
        }
        if let Some(port) = port {
            rows.cell(self.local_port).push_i64(port);
        }
    }

    pub fn remote(
        &self,
        rows: &mut TableRows,
        text: &str,
        address: Option<IpAddr>,
        port: Option<i64>,
    ) {
        rows.cell(self.remote_ip).push_text(text);
        if let Some(address) = address {
            rows.cell(self.remote_ip_type)
                .push_text(address::ip_type(address));
        }
        if let Some(port) = port {
            rows.cell(self.remote_port).push_i64(port);
        }
    }
}
