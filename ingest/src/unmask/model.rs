//! What is correlated: connections that sensors saw, requests that proxies logged, and what is said of each request.
//!
//! Times are ticks. Texts are numbers of [`super::names::Names`]; 0 is the empty text.

use std::net::IpAddr;

/// Ticks of a second.
pub const SECOND: i64 = 10_000_000;
/// Ticks of a millisecond.
pub const MILLISECOND: i64 = 10_000;
/// A connection counts as opened before a request even when the sensor says so much later: clocks and buffers.
pub const LATE: i64 = 2 * SECOND;
/// A connection that was opened, or used, longer ago than this and whose end is not known is not the one of a request:
/// proxies close what is idle (Squid's `client_idle_pconn_timeout` is two minutes).
pub const IDLE: i64 = 120 * SECOND;
/// Requests are looked at in units of a day; so much before it is read too, for connections that stay open.
pub const BEFORE: i64 = 6 * 3600 * SECOND;
/// So far may a proxy's clock be off.
pub const SKEW_MAX: i64 = 60 * SECOND;

/// Where a proxy listens, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Listener {
    pub address: IpAddr,
    pub port: Option<u16>,
}

impl Listener {
    /// Whether both may be the same end.
    pub fn fits(self, other: Listener) -> bool {
        self.address == other.address
            && (self.port.is_none() || other.port.is_none() || self.port == other.port)
    }
}

/// How a network sensor learned a target's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Seen {
    /// `Host` of a request.
    Host,
    /// The TLS name inside the tunnel.
    Sni,
    /// The tunnel's own request.
    Connect,
}

impl Seen {
    /// The value of `Surfaced`.
    pub fn name(self) -> &'static str {
        match self {
            Seen::Host => "host",
            Seen::Sni => "sni",
            Seen::Connect => "connect",
        }
    }
}

/// A connection of one client to a proxy, as sensors saw it.
#[derive(Debug, Clone)]
pub struct Connection {
    pub start: i64,
    /// Network sensors alone know it.
    pub end: Option<i64>,
    pub port: Option<u16>,
    pub proxy: Listener,
    /// A device of [`super::device::Devices`]; 0 when the sensor knows the address alone.
    pub device: u32,
    /// Who opened it: the same number for the same process of the same device; 0 when the sensor does not say.
    pub owner: u64,
    /// The row of the process columns.
    pub process: u32,
    /// The target's host where a sensor named it; 0 otherwise.
    pub host: u32,
    /// The witness that named it (see [`super::unit`]).
    pub witness: Option<u32>,
    /// Seen by a network sensor that tells connections apart by an id of its own.
    pub has_uid: bool,
    /// The record id of the sensor's row, 0 when there is none, and those of further rows of the same connection.
    pub record: u128,
    pub further: Vec<u128>,
}

/// A request as the proxy logged it, by its own clock.
#[derive(Debug, Clone)]
pub struct Request {
    pub start: i64,
    pub end: i64,
    pub port: Option<u16>,
    pub listener: Option<Listener>,
    /// The proxy whose clock it is: a number of the unit's proxies.
    pub proxy: u32,
    pub kind: Kind,
    pub host: u32,
    pub record: u128,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A CONNECT that was granted: it has its connection for itself.
    Tunnel,
    /// A CONNECT that was not: the connection may carry the next one.
    RefusedTunnel,
    /// Any other request: many on one connection.
    Plain,
}

impl Kind {
    pub fn is_tunnel(self) -> bool {
        matches!(self, Kind::Tunnel | Kind::RefusedTunnel)
    }
}

/// How much is known of who asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    /// The connection is known.
    Exact,
    /// The process is known, the connection is not.
    Process,
    /// A likely connection; nothing of it goes into the columns.
    Aligned,
    /// The device is known.
    Device,
    /// Not even that.
    None,
}

impl Tier {
    pub const ALL: [Tier; 5] = [
        Tier::Exact,
        Tier::Process,
        Tier::Aligned,
        Tier::Device,
        Tier::None,
    ];

    /// The value of `MatchTier`.
    pub fn name(self) -> &'static str {
        match self {
            Tier::Exact => "exact",
            Tier::Process => "process",
            Tier::Aligned => "aligned",
            Tier::Device => "device",
            Tier::None => "none",
        }
    }
}

/// What the clock of a request's proxy is known to be off by, proxy minus sensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Skew {
    Known { ms: i64 },
    Refused(Refused),
}

/// Why a skew is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// Hardly any request has a connection within reach.
    TooFew,
    /// No difference of times stands out.
    Flat,
}

impl Refused {
    pub fn name(self) -> &'static str {
        match self {
            Refused::TooFew => "too few",
            Refused::Flat => "flat",
        }
    }
}

/// What is said of one request. Indices are of the client's connections.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Verdict {
    /// Exact, Process or Aligned; Device stands for "look at the address".
    pub tier: Tier,
    /// Connections that came into question.
    pub candidates: u32,
    /// Exact: the connection. Process: one of the process. Aligned: the likely one.
    pub connection: Option<u32>,
    /// The connection whose plain row counts the same event: of the exact tier, else the one aligned with.
    pub twin: Option<u32>,
    /// The one proxy of all the connections that came into question.
    pub proxy: Option<Listener>,
    /// Aligned: the share of the candidates that belong to the aligned connection's process.
    pub score: f64,
    /// Several connections of the port came into question and nothing told them apart.
    pub ambiguous: bool,
}

impl Verdict {
    pub const NOTHING: Verdict = Verdict {
        tier: Tier::Device,
        candidates: 0,
        connection: None,
        twin: None,
        proxy: None,
        score: 0.0,
        ambiguous: false,
    };
}
