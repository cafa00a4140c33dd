//! Sysmon's events 3 (network connection) and 22 (DNS query) as rows.

use super::event::WindowsEvent;
use super::hosts::{Hosts, LocalEnd, is_true};
use super::reading::{ConnectionTable, DnsTable};
use crate::output::Refusal;
use crate::table::TableRows;
use crate::text::{TextObject, push_json_escaped};
use std::net::IpAddr;

/// The fields of the connection's two ends.
struct End {
    ip: &'static str,
    port: &'static str,
    host_name: &'static str,
}

const SOURCE: End = End {
    ip: "SourceIp",
    port: "SourcePort",
    host_name: "SourceHostname",
};
const DESTINATION: End = End {
    ip: "DestinationIp",
    port: "DestinationPort",
    host_name: "DestinationHostname",
};

/// Fields that are kept in `AdditionalFields` under their own names.
const KEPT: &[&str] = &[
    "RuleName",
    "Initiated",
    "ProcessGuid",
    "SourcePortName",
    "DestinationPortName",
];

pub(super) fn connection(
    event: &WindowsEvent,
    hosts: &Hosts,
    table: &ConnectionTable,
    rows: &mut TableRows,
) -> Result<(), Refusal> {
    let tick = event.utc_time()?;
    let (source, destination) = (event.address(SOURCE.ip)?, event.address(DESTINATION.ip)?);
    if source.is_none() && destination.is_none() {
        return Err(Refusal::new(
            "no_address",
            "neither `SourceIp` nor `DestinationIp` is set",
        ));
    }
    let initiated = is_true(event.get("Initiated"));
    let (local, remote) = match hosts.local_end(&event.computer, source, destination, initiated) {
        LocalEnd::Source => ((&SOURCE, source), (&DESTINATION, destination)),
        LocalEnd::Destination => ((&DESTINATION, destination), (&SOURCE, source)),
    };
    let (local_port, remote_port) = (event.port(local.0.port)?, event.port(remote.0.port)?);
    let network = &table.network;
    rows.cell(network.timestamp).push_i64(tick);
    rows.cell(network.action_type).push_text(match initiated {
        true => "ConnectionSuccess",
        false => "InboundConnectionAccepted",
    });
    if let Some(address) = local.1 {
        network.local(rows, &address.to_string(), Some(address), local_port);
    }
    if let Some(address) = remote.1 {
        network.remote(rows, &address.to_string(), Some(address), remote_port);
    }
    table.write_host(event, &hosts.process(event), rows);
    rows.cell(network.protocol)
        .push_text(protocol(event.get("Protocol").unwrap_or_default()));
    let name = event.get(remote.0.host_name);
    if let Some(name) = name {
        rows.cell(network.remote_url).push_text(name);
    }
    rows.cell(network.additional_fields).write_text(|text| {
        let mut object = TextObject::begin(text);
        for key in KEPT {
            if let Some(value) = event.get(key) {
                object.field(key, value);
            }
        }
        if name.is_some() {
            object.field("RemoteUrlSource", "ReverseDns");
        }
        object.end();
    });
    Ok(())
}

/// `tcp` as Defender spells it; what Defender has no name for stays as it is.
fn protocol(name: &str) -> &str {
    match name {
        "tcp" => "Tcp",
        "udp" => "Udp",
        "icmp" => "Icmp",
        other => other,
    }
}

pub(super) fn dns(
    event: &WindowsEvent,
    hosts: &Hosts,
    table: &DnsTable,
    rows: &mut TableRows,
) -> Result<(), Refusal> {
    let tick = event.utc_time()?;
    let Some(query) = event.get("QueryName") else {
        return Err(Refusal::new("no_query", "`QueryName` is not set"));
    };
    rows.cell(table.timestamp).push_i64(tick);
    rows.cell(table.device_name)
        .push_text(&event.computer.to_ascii_lowercase());
    rows.cell(table.action_type).push_text("DnsQueryResponse");
    if let Some(record) = event.record_id {
        rows.cell(table.report_id).push_i64(record);
    }
    table.process.write(&hosts.process(event), rows);
    rows.cell(table.additional_fields).write_text(|text| {
        let mut object = TextObject::begin(text);
        object.field("DnsQueryString", query);
        let results = event.get("QueryResults").unwrap_or_default();
        object.field("DnsQueryResult", &query_results(results));
        for key in ["QueryStatus", "RuleName", "ProcessGuid"] {
            if let Some(value) = event.get(key) {
                object.field(key, value);
            }
        }
        object.end();
    });
    Ok(())
}

/// Types that Sysmon writes as numbers.
const RECORD_TYPES: &[(&str, &str)] = &[
    ("1", "A"),
    ("2", "NS"),
    ("5", "CNAME"),
    ("6", "SOA"),
    ("12", "PTR"),
    ("15", "MX"),
    ("16", "TXT"),
    ("28", "AAAA"),
    ("33", "SRV"),
    ("64", "SVCB"),
    ("65", "HTTPS"),
];

/// `type:  5 name;::ffff:192.0.2.1;` as `[{"DnsQueryType":"CNAME","Result":"name"},…]`, in the shape of Defender's rows.
fn query_results(results: &str) -> String {
    let mut json = String::from("[");
    for result in results.split(';').map(str::trim).filter(|r| !r.is_empty()) {
        let (kind, value) = match result.strip_prefix("type:") {
            Some(typed) => {
                let typed = typed.trim_start();
                let (number, value) = typed.split_once(' ').unwrap_or((typed, ""));
                let named = RECORD_TYPES.iter().find(|(known, _)| *known == number);
                (
                    named.map_or(number, |(_, name)| name),
                    value.trim().to_owned(),
                )
            }
            None => match crate::address::parse(result).map(|address| address.to_canonical()) {
                Some(address @ IpAddr::V4(_)) => ("A", address.to_string()),
                Some(address @ IpAddr::V6(_)) => ("AAAA", address.to_string()),
                None => ("", result.to_owned()),
            },
        };
        if json.len() > 1 {
            json.push(',');
        }
        json.push_str("{\"DnsQueryType\":\"");
        push_json_escaped(&mut json, kind);
        json.push_str("\",\"Result\":\"");
        push_json_escaped(&mut json, &value);
        json.push_str("\"}");
    }
    json.push(']');
    json
}

#[cfg(test)]
mod tests {
    use super::query_results;

    #[test]
    fn query_results_have_types_and_plain_addresses() {
        assert_eq!(query_results(""), "[]");
        assert_eq!(
            query_results("type:  5 a.example;::ffff:192.0.2.1;type:  99 x;\"odd\";"),
            r#"[{"DnsQueryType":"CNAME","Result":"a.example"},{"DnsQueryType":"A","Result":"192.0.2.1"},{"DnsQueryType":"99","Result":"x"},{"DnsQueryType":"","Result":"\"odd\""}]"#
        );
    }
}
