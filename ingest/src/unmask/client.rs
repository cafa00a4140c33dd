//! One client's rows made ready: sensors' rows of one connection are one connection, a tunnel's records are one record, and
//! a network sensor's witnesses stand beside their connections.

use super::fields::Fields;
use super::model::{BEFORE, Connection, IDLE, LATE, SECOND, Seen};
use super::unit::{ClientRows, Outcome, Record, Witness};
use std::collections::HashMap;

impl ClientRows {
    /// Sorts everything and joins what belongs together.
    pub fn settle(&mut self) {
        self.sightings.settle();
        self.connections.sort_by_key(|c| (c.start, c.record));
        self.connections = joined(std::mem::take(&mut self.connections));
        self.records
            .sort_by_key(|r| (r.request.start, r.request.record));
        self.records = merged(std::mem::take(&mut self.records));
        self.witnesses.sort_by_key(|w| (w.start, w.record));
        self.attach();
    }

    /// Gives each connection the best witness of its four-tuple: CONNECT before TLS name before Host. A witness of a
    /// connection that no sensor told of becomes a connection itself, without a row of its own.
    fn attach(&mut self) {
        let mut ports: HashMap<u16, Vec<usize>> = HashMap::new();
        for (at, connection) in self.connections.iter().enumerate() {
            if let Some(port) = connection.port {
                ports.entry(port).or_default().push(at);
            }
        }
        for (index, witness) in self.witnesses.iter().enumerate() {
            let of_port = witness.port.and_then(|port| ports.get(&port));
            let known = of_port.and_then(|of_port| carrier(&self.connections, of_port, witness));
            let at = known.unwrap_or_else(|| {
                self.connections.push(told_by(witness));
                let at = self.connections.len() - 1;
                if let Some(port) = witness.port {
                    ports.entry(port).or_default().push(at);
                }
                at
            });
            let connection = &mut self.connections[at];
            let better = connection
                .witness
                .is_none_or(|known| self.witnesses[known as usize].seen < witness.seen);
            if better {
                connection.witness = Some(index as u32);
                connection.host = witness.host;
            }
        }
        self.connections.sort_by_key(|c| (c.start, c.record));
    }
}

/// The connection that a witness alone tells of.
fn told_by(witness: &Witness) -> Connection {
    Connection {
        start: witness.start,
        end: None,
        port: witness.port,
        proxy: witness.proxy,
        device: 0,
        owner: 0,
        process: 0,
        host: witness.host,
        witness: None,
        has_uid: true,
        record: 0,
        further: Vec::new(),
    }
}

/// The latest connection of the witness's four-tuple that was open then.
fn carrier(connections: &[Connection], of_port: &[usize], witness: &Witness) -> Option<usize> {
    let age_max = match witness.seen {
        Seen::Host => BEFORE,
        Seen::Connect | Seen::Sni => IDLE + LATE,
    };
    of_port.iter().rev().copied().find(|at| {
        let connection = &connections[*at];
        let is_open = match connection.end {
            Some(end) => end >= witness.start - LATE,
            None => witness.start - connection.start <= age_max,
        };
        connection.start <= witness.start + LATE && is_open && connection.proxy.fits(witness.proxy)
    })
}

/// Rows of one connection joined: the same ports, opened within two seconds, and nothing against it.
///
/// A device's sensor writes several rows (the request, the success, network protection's), a network sensor one more. Two
/// rows of a network sensor are two connections.
fn joined(connections: Vec<Connection>) -> Vec<Connection> {
    let mut whole: Vec<Connection> = Vec::with_capacity(connections.len());
    let mut latest: HashMap<(u16, std::net::IpAddr), usize> = HashMap::new();
    for connection in connections {
        let Some(port) = connection.port else {
            whole.push(connection);
            continue;
        };
        let key = (port, connection.proxy.address);
        let known = latest
            .get(&key)
            .copied()
            .filter(|at| is_same(&whole[*at], &connection));
        match known {
            Some(at) => join(&mut whole[at], connection),
            None => {
                latest.insert(key, whole.len());
                whole.push(connection);
            }
        }
    }
    whole
}

fn is_same(one: &Connection, other: &Connection) -> bool {
    let agree = |a: u64, b: u64| a == 0 || b == 0 || a == b;
    other.start - one.start <= LATE
        && one.proxy.fits(other.proxy)
        && !(one.has_uid && other.has_uid)
        && agree(one.owner, other.owner)
        && agree(u64::from(one.device), u64::from(other.device))
        && agree(u64::from(one.host), u64::from(other.host))
}

fn join(one: &mut Connection, other: Connection) {
    one.further.push(other.record);
    one.end = one.end.or(other.end);
    one.has_uid |= other.has_uid;
    if one.host == 0 {
        one.host = other.host;
    }
    if one.device == 0 {
        one.device = other.device;
    }
    if one.owner == 0 {
        (one.owner, one.process) = (other.owner, other.process);
    }
}

/// ProxySG writes up to three kinds of rows for one tunnel: its CONNECT, the TLS inside, and the requests inside that.
///
/// Their format gives them a `TunnelKey` in common and a `TunnelPart`. Each CONNECT is a tunnel of its own; a row of another
/// part belongs to the tunnel of its key that was open then, give or take a second, and began nearest.
fn merged(records: Vec<Record>) -> Vec<Record> {
    let mut whole: Vec<Record> = Vec::with_capacity(records.len());
    let mut tunnels: HashMap<String, Vec<usize>> = HashMap::new();
    let mut parts = Vec::new();
    for record in records {
        if !record.fields.contains("\"TunnelKey\"") {
            whole.push(record);
            continue;
        }
        let fields = Fields::parse(&record.fields);
        let key = fields.text("TunnelKey").unwrap_or_default().to_owned();
        if fields.text("TunnelPart") == Some("connect") {
            tunnels.entry(key).or_default().push(whole.len());
            whole.push(record);
        } else {
            parts.push((key, record));
        }
    }
    for (key, record) in parts {
        let tunnels = tunnels.entry(key).or_default();
        let (start, end) = (record.request.start, record.request.end);
        let overlapping = tunnels.iter().copied().filter(|at| {
            let tunnel = &whole[*at].request;
            let ports = (tunnel.port, record.request.port);
            let same_port = !matches!(ports, (Some(one), Some(other)) if one != other);
            same_port && tunnel.start <= end + SECOND && tunnel.end >= start - SECOND
        });
        let same = overlapping.min_by_key(|at| (whole[*at].request.start - start).abs());
        match same {
            Some(at) => merge(&mut whole[at], &record),
            None => {
                tunnels.push(whole.len());
                whole.push(record);
            }
        }
    }
    whole.sort_by_key(|record| (record.request.start, record.request.record));
    whole
}

/// The first record stays; a refusal of any is the tunnel's, and it lasts as long as the longest.
fn merge(whole: &mut Record, record: &Record) {
    whole.merged.push(record.request.record);
    whole.request.end = whole.request.end.max(record.request.end);
    if record.outcome == Outcome::Refused && whole.outcome != Outcome::Refused {
        whole.outcome = Outcome::Refused;
    } else if whole.outcome == Outcome::Unknown {
        whole.outcome = record.outcome;
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::request;
    use super::super::unit::Client;
    use super::*;

    fn part(part: &str, from: i64, to: i64) -> Record {
        let mut request = request(from * SECOND);
        request.end = to * SECOND;
        request.record = (from * 10) as u128 + part.len() as u128;
        Record {
            request,
            client: Client::Nobody,
            outcome: Outcome::Allowed,
            fields: format!(r#"{{"TunnelKey":"k","TunnelPart":"{part}"}}"#).into(),
            url: "".into(),
            device_name: "".into(),
            source: 0,
            position: 0,
            merged: Vec::new(),
        }
    }

    #[test]
    fn the_rows_of_one_tunnel_are_one_and_two_tunnels_stay_two() {
        let rows = vec![
            part("connect", 100, 130),
            part("tls", 101, 130),
            part("request", 102, 103),
            part("connect", 125, 160),
            part("tls", 900, 901),
        ];
        let whole = merged(rows);
        let told: Vec<usize> = whole.iter().map(|record| record.merged.len()).collect();
        assert_eq!(told, [2, 0, 0]);
    }
}
