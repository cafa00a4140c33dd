//! One client's requests against its connections: which tier each request reaches.
//!
//! 1. **exact**: the proxy logged the client's port. The connection is the latest one of that port that was open when the
//!    request was made; a granted CONNECT has its connection for itself, other requests share theirs. Without a known skew
//!    only a port that was used once within reach of every clock is believed.
//! 2. What is left and has no port is [aligned](super::align), one to one and in order.
//! 3. **process**: all connections that come into question belong to one process. Of a CONNECT those count that were
//!    opened within two minutes, and the request must have found one of its own in step 2: where the sensor missed
//!    connections, nothing is certain. Of another request all count that may still be open, which is every one of the
//!    last hours.
//! 4. **aligned**: what step 2 found, with the share of the candidates that agree.
//!
//! A connection whose target a network sensor named is the request's when no other comes into question: **exact** as well.

use super::align::{Waiting, align};
use super::model::{
    BEFORE, Connection, IDLE, Kind, LATE, Listener, Request, SECOND, SKEW_MAX, Skew, Tier, Verdict,
};
use super::skew::Clocks;
use std::collections::HashMap;

/// So many connections are looked at one by one to find out whether they are of one process.
const LOOKED_AT_MAX: usize = 1024;

/// A sensor's report of connections that it does not tell one by one.
#[derive(Debug, Clone, Copy)]
pub struct AggregatedReport {
    pub time: i64,
    pub owner: u64,
}

/// So far around its time an aggregated report may speak of a request's connection.
const REPORTED: i64 = 3600 * SECOND;

/// What stands against the tier `process` at a client's address.
#[derive(Debug, Clone, Default)]
pub struct Doubts {
    /// Several devices use the address.
    pub is_shared: bool,
    /// Connections to proxies that are no rows of their own.
    pub reports: Vec<AggregatedReport>,
}

impl Doubts {
    fn allow(&self, owner: u64, time: i64) -> bool {
        let of_other = |report: &AggregatedReport| {
            report.owner != owner && (report.time - time).abs() <= REPORTED
        };
        !self.is_shared && !self.reports.iter().any(of_other)
    }
}

/// A verdict for each request. Both sides must be sorted by start; the requests are those of one address.
pub fn pair(
    connections: &[Connection],
    requests: &[Request],
    clocks: &Clocks,
    doubts: &Doubts,
) -> Vec<Verdict> {
    let mut pairing = Pairing::new(connections, requests, clocks);
    pairing.by_port();
    pairing.in_order(Kind::is_tunnel);
    pairing.in_order(|kind| !kind.is_tunnel());
    for index in 0..requests.len() {
        pairing.by_process(index, doubts);
    }
    pairing.verdicts
}

struct Pairing<'a> {
    connections: &'a [Connection],
    requests: &'a [Request],
    /// By the sensors' clock; `None` where the skew is not known.
    times: Vec<Option<i64>>,
    /// Requests in the order in which they were made.
    order: Vec<usize>,
    verdicts: Vec<Verdict>,
    /// Connections that a tunnel has for itself.
    tunnelled: Vec<bool>,
    /// Connections that are some request's for certain.
    used: Vec<bool>,
    /// When a connection was last in use, as far as requests tell.
    active: Vec<i64>,
    /// For each connection the first of the unbroken run of its process that it is in.
    run_start: Vec<usize>,
}

impl<'a> Pairing<'a> {
    fn new(connections: &'a [Connection], requests: &'a [Request], clocks: &Clocks) -> Self {
        let times: Vec<Option<i64>> = requests
            .iter()
            .map(|request| match clocks.at(request.proxy, request.start) {
                Skew::Known { ms } => Some(request.start - ms * super::model::MILLISECOND),
                Skew::Refused(_) => None,
            })
            .collect();
        let mut order: Vec<usize> = (0..requests.len()).collect();
        order.sort_by_key(|at| (times[*at].unwrap_or(requests[*at].start), *at));
        let mut run_start: Vec<usize> = Vec::with_capacity(connections.len());
        for (at, connection) in connections.iter().enumerate() {
            let same = at > 0
                && connections[at - 1].owner == connection.owner
                && connections[at - 1].device == connection.device;
            run_start.push(if same { run_start[at - 1] } else { at });
        }
        Self {
            connections,
            requests,
            times,
            order,
            verdicts: vec![Verdict::NOTHING; requests.len()],
            tunnelled: vec![false; connections.len()],
            used: vec![false; connections.len()],
            active: connections.iter().map(|c| c.start).collect(),
            run_start,
        }
    }

    fn by_port(&mut self) {
        let mut ports: HashMap<u16, Vec<usize>> = HashMap::new();
        for (at, connection) in self.connections.iter().enumerate() {
            if let Some(port) = connection.port {
                ports.entry(port).or_default().push(at);
            }
        }
        for index in self.order.clone() {
            let Some(port) = self.requests[index].port else {
                continue;
            };
            let of_port = ports.get(&port).map_or(&[][..], Vec::as_slice);
            let found = match self.times[index] {
                Some(time) => self.of_port(index, time, of_port),
                None => self.of_port_without_clock(index, of_port),
            };
            match found {
                Found::One(at, candidates) => self.settle(index, at, candidates),
                Found::Several(candidates) => {
                    self.verdicts[index].candidates = candidates;
                    self.verdicts[index].ambiguous = true;
                }
                Found::Nothing => {}
            }
        }
    }

    /// The latest connection of the port that the request can have gone through.
    fn of_port(&self, index: usize, time: i64, of_port: &[usize]) -> Found {
        let request = &self.requests[index];
        let (mut before, mut after) = (None, None);
        for at in of_port.iter().copied() {
            let connection = &self.connections[at];
            if connection.start > time + LATE {
                break;
            }
            if !fits(request, connection) || !self.is_open(request.kind, at, time) {
                continue;
            }
            if connection.start <= time {
                before = Some(at);
            } else if after.is_none() {
                after = Some(at);
            }
        }
        let gap = |at: usize| (time - self.connections[at].start).abs();
        match (before, after) {
            (None, None) => Found::Nothing,
            (Some(one), None) | (None, Some(one)) => Found::One(one, 1),
            // The port was used anew right after: the nearer one when it is by far the nearer, or when it is all one.
            (Some(old), Some(new)) if gap(old) > 4 * gap(new) => Found::One(new, 2),
            (Some(old), Some(new)) if gap(new) > 4 * gap(old) => Found::One(old, 2),
            (Some(_), Some(_)) => Found::Several(2),
        }
    }

    /// Whether a request of this kind can have been made at `time` on a connection that had been opened by then.
    fn is_open(&self, kind: Kind, at: usize, time: i64) -> bool {
        let connection = &self.connections[at];
        let is_over = connection.end.is_some_and(|end| end < time - LATE);
        if self.tunnelled[at] || is_over || connection.start < time - BEFORE {
            return false;
        }
        match kind {
            Kind::Tunnel | Kind::RefusedTunnel => connection.start >= time - IDLE - LATE,
            Kind::Plain => connection.end.is_some() || self.active[at] >= time - IDLE - LATE,
        }
    }

    /// The one connection of the port within reach of every clock.
    fn of_port_without_clock(&self, index: usize, of_port: &[usize]) -> Found {
        let request = &self.requests[index];
        let reach = request.start - IDLE - SKEW_MAX..=request.start + LATE + SKEW_MAX;
        let mut within = of_port.iter().copied().filter(|at| {
            let connection = &self.connections[*at];
            reach.contains(&connection.start) && fits(request, connection)
        });
        match (within.next(), within.count() as u32) {
            (None, _) => Found::Nothing,
            (Some(at), 0) if !self.tunnelled[at] => Found::One(at, 1),
            (Some(_), more) => Found::Several(1 + more),
        }
    }

    fn settle(&mut self, index: usize, at: usize, candidates: u32) {
        let request = &self.requests[index];
        let shift = self.times[index].unwrap_or(request.start) - request.start;
        self.used[at] = true;
        self.tunnelled[at] |= request.kind == Kind::Tunnel;
        self.active[at] = self.active[at].max(request.end + shift);
        self.verdicts[index] = Verdict {
            tier: Tier::Exact,
            candidates,
            connection: Some(at as u32),
            twin: Some(at as u32),
            ..Verdict::NOTHING
        };
    }

    /// Aligns the requests of a kind that have no port with the connections that are nobody's yet.
    fn in_order(&mut self, wanted: impl Fn(Kind) -> bool) {
        let waiting: Vec<Waiting> = self
            .order
            .iter()
            .filter(|index| self.requests[**index].port.is_none())
            .filter(|index| wanted(self.requests[**index].kind))
            .filter_map(|index| {
                Some(Waiting {
                    request: *index,
                    time: self.times[*index]?,
                })
            })
            .collect();
        let free: Vec<bool> = self.used.iter().map(|used| !used).collect();
        let aligned = align(&waiting, self.requests, self.connections, &free);
        for (waiting, twin) in waiting.iter().zip(aligned) {
            self.verdicts[waiting.request].twin = twin;
            if let Some(twin) = twin {
                self.used[twin as usize] = true;
            }
        }
    }

    /// The tier of a request without a port.
    fn by_process(&mut self, index: usize, doubts: &Doubts) {
        let (request, Some(time)) = (&self.requests[index], self.times[index]) else {
            return;
        };
        if request.port.is_some() {
            return;
        }
        let twin = self.verdicts[index].twin;
        let lowest = match request.kind {
            Kind::Tunnel | Kind::RefusedTunnel => time - IDLE - LATE,
            Kind::Plain => time - BEFORE,
        };
        let low = self.connections.partition_point(|c| c.start < lowest);
        let high = self.connections.partition_point(|c| c.start <= time + LATE);
        let in_question = InQuestion::of(self, request, low, high);
        let mut verdict = Verdict {
            candidates: in_question.candidates,
            proxy: in_question.proxy,
            twin,
            ..Verdict::NOTHING
        };
        let named = twin.filter(|at| {
            let connection = &self.connections[*at as usize];
            connection.witness.is_some() && connection.host == request.host && request.host != 0
        });
        let certain = in_question
            .owner
            .is_some_and(|at| doubts.allow(self.connections[at as usize].owner, time));
        if named.is_some() && in_question.candidates == 1 && request.kind.is_tunnel() {
            verdict.tier = Tier::Exact;
            verdict.connection = named;
        } else if certain && (twin.is_some() || request.kind == Kind::Plain) {
            verdict.tier = Tier::Process;
            verdict.connection = in_question.owner;
        } else if let Some(at) = twin {
            let connection = &self.connections[at as usize];
            let alike = |other: &Connection| {
                fits(request, other)
                    && other.owner == connection.owner
                    && other.device == connection.device
            };
            let from = low.max(high.saturating_sub(LOOKED_AT_MAX));
            let agreeing = self.connections[from..high]
                .iter()
                .filter(|c| alike(c))
                .count();
            verdict.tier = Tier::Aligned;
            verdict.connection = Some(at);
            verdict.score =
                (agreeing as f64 / f64::from(verdict.candidates.max(1))).clamp(0.0, 1.0);
        }
        self.verdicts[index] = verdict;
    }
}

enum Found {
    Nothing,
    /// The connection, and how many came into question.
    One(usize, u32),
    Several(u32),
}

/// The connections that may be a request's.
struct InQuestion {
    candidates: u32,
    /// One of them, when all are of one process that is known.
    owner: Option<u32>,
    proxy: Option<Listener>,
}

impl InQuestion {
    fn of(pairing: &Pairing<'_>, request: &Request, low: usize, high: usize) -> Self {
        let connections = pairing.connections;
        let is_known = |at: usize| connections[at].owner != 0;
        if low >= high {
            return Self {
                candidates: 0,
                owner: None,
                proxy: None,
            };
        }
        let whole_run = pairing.run_start[high - 1] <= low;
        if high - low > LOOKED_AT_MAX {
            let owner = (whole_run && is_known(high - 1)).then_some(high as u32 - 1);
            return Self {
                candidates: (high - low) as u32,
                owner,
                proxy: None,
            };
        }
        let (mut candidates, mut first, mut one, mut one_proxy) = (0, None, true, true);
        for at in low..high {
            let connection = &connections[at];
            // A connection that another tunnel certainly has is out of the question.
            if pairing.tunnelled[at] || !fits(request, connection) {
                continue;
            }
            candidates += 1;
            let first = &connections[*first.get_or_insert(at)];
            one &= first.owner == connection.owner && first.device == connection.device;
            one_proxy &= first.proxy == connection.proxy;
        }
        let owner = first.filter(|at| one && is_known(*at)).map(|at| at as u32);
        let proxy = first.filter(|_| one_proxy).map(|at| connections[at].proxy);
        Self {
            candidates,
            owner,
            proxy,
        }
    }
}

/// Whether a connection can be the request's by what is known of both: the proxy, the port and the target.
fn fits(request: &Request, connection: &Connection) -> bool {
    let proxy = request
        .listener
        .is_none_or(|listener| listener.fits(connection.proxy));
    let port = match (request.port, connection.port) {
        (Some(logged), Some(seen)) => logged == seen,
        _ => true,
    };
    // A port is better evidence than a name: names may lie (domain fronting).
    let host = request.port.is_some()
        || request.host == 0
        || connection.host == 0
        || request.host == connection.host;
    proxy && port && host
}
