//! Zeek's `dhcp` log as rows of DeviceNetworkInfo: who was given which address, as of a time.
//!
//! | column | from |
//! |---|---|
//! | Timestamp | `ts` |
//! | DeviceName | `client_fqdn`, else `host_name` (with `domain` where it has no dots), else the address |
//! | MacAddress | `mac`, as Defender writes it: `02-00-5E-00-53-01` |
//! | IPAddresses | `assigned_addr` (`assigned_ip` before Zeek 3), for an INFORM the `client_addr`; as Defender's JSON text |
//! | IPv4Dhcp, IPv6Dhcp | `server_addr` (the responder before Zeek 3) |
//! | NetworkAdapterDnsSuffix | `domain` |
//! | NetworkAdapterStatus | `Up` |
//!
//! Only an acknowledged lease says that a device has an address: discoveries, offers, releases and refusals alone are passed
//! over by name.

use super::logs;
use super::map::{self, Target, Written};
use super::record::Record;
use crate::address;
use crate::output::{Output, Refusal, TableId};
use huntql_store::schema::builtin;
use std::net::IpAddr;

/// Positions in the rows of DeviceNetworkInfo.
#[derive(Debug, Clone, Copy)]
pub(super) struct AddressTable {
    pub id: TableId,
    timestamp: usize,
    device_name: usize,
    mac_address: usize,
    status: usize,
    dns_suffix: usize,
    ipv4_dhcp: usize,
    ipv6_dhcp: usize,
    ip_addresses: usize,
}

impl AddressTable {
    pub fn open(output: &mut Output<'_>) -> Self {
        let id = output.table(builtin("DeviceNetworkInfo").expect("DeviceNetworkInfo is built in"));
        let rows = output.rows(id);
        let at = |name: &str| rows.position(name).expect("the column is documented");
        Self {
            id,
            timestamp: at("Timestamp"),
            device_name: at("DeviceName"),
            mac_address: at("MacAddress"),
            status: at("NetworkAdapterStatus"),
            dns_suffix: at("NetworkAdapterDnsSuffix"),
            ipv4_dhcp: at("IPv4Dhcp"),
            ipv6_dhcp: at("IPv6Dhcp"),
            ip_addresses: at("IPAddresses"),
        }
    }
}

/// The message that makes a lease; a log of before Zeek 3 has a row for each of these and for nothing else.
const ACKNOWLEDGED: &str = "ACK";

pub(super) fn dhcp(record: &Record<'_>, target: &mut Target<'_>) -> Result<Written, Refusal> {
    let tick = map::timestamp(record)?;
    let acknowledged = record.text(logs::DHCP_MSG_TYPES).is_none_or(|types| {
        types
            .split(|c: char| !c.is_ascii_alphabetic())
            .any(|part| part == ACKNOWLEDGED)
    });
    let fields = [
        logs::DHCP_ASSIGNED_ADDR,
        logs::DHCP_ASSIGNED_IP,
        logs::DHCP_CLIENT_ADDR,
    ];
    let text = fields.iter().find_map(|field| record.text(*field));
    let (true, Some(text)) = (acknowledged, text) else {
        return Ok(Written::Nothing("dhcp without an address given"));
    };
    let Some(given) = address::parse(&text) else {
        return Err(Refusal::new(
            "bad_address",
            format!("`{text}`, the address given, is no address"),
        ));
    };
    let (table, rows) = (target.addresses, &mut *target.rows);
    rows.cell(table.timestamp).push_i64(tick);
    rows.cell(table.device_name)
        .push_text(&device_name(record).unwrap_or_else(|| given.to_string()));
    if let Some(mac) = record.text(logs::DHCP_MAC) {
        let mac = mac.replace(':', "-").to_ascii_uppercase();
        rows.cell(table.mac_address).push_text(&mac);
    }
    rows.cell(table.status).push_text("Up");
    if let Some(domain) = record.text(logs::DHCP_DOMAIN) {
        rows.cell(table.dns_suffix).push_text(&domain);
    }
    let server = record
        .text(logs::DHCP_SERVER_ADDR)
        .or_else(|| record.text(logs::RESP_H));
    if let Some(server) = server {
        let column = match given {
            IpAddr::V4(_) => table.ipv4_dhcp,
            IpAddr::V6(_) => table.ipv6_dhcp,
        };
        rows.cell(column).push_text(&server);
    }
    rows.cell(table.ip_addresses).write_text(|text| {
        use std::fmt::Write;
        let kind = address::ip_type(given);
        write!(
            text,
            "[{{\"IPAddress\":\"{given}\",\"SubnetPrefix\":null,\"AddressType\":\"{kind}\"}}]"
        )
        .expect("a String takes everything");
    });
    Ok(Written::Row)
}

/// The client's name, in lower case as Defender has it.
fn device_name(record: &Record<'_>) -> Option<String> {
    if let Some(name) = record.text(logs::DHCP_CLIENT_FQDN) {
        return Some(name.trim_end_matches('.').to_ascii_lowercase());
    }
    let name = record.text(logs::DHCP_HOST_NAME)?;
    let domain = record
        .text(logs::DHCP_DOMAIN)
        .filter(|_| !name.contains('.'));
    let full = match domain {
        Some(domain) => format!("{name}.{domain}"),
        None => name.into_owned(),
    };
    Some(full.to_ascii_lowercase())
}
