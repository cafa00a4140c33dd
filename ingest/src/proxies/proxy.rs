//! One forward proxy: where it listens, since when, and who says so.

use super::{Address, Listen, Listener};
use std::net::IpAddr;

/// How clients come to use it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ProxyKind {
    /// They are told of it and speak HTTP to it (CONNECT, absolute URIs).
    #[default]
    Explicit,
    /// The network leads them to it; they do not know.
    Transparent,
    /// They are told of it and speak SOCKS.
    Socks,
}

/// Names of the kinds, as the configuration and the table `Proxies` write them.
pub const KINDS: &[(&str, ProxyKind)] = &[
    ("explicit", ProxyKind::Explicit),
    ("transparent", ProxyKind::Transparent),
    ("socks", ProxyKind::Socks),
];

impl ProxyKind {
    pub fn name(self) -> &'static str {
        KINDS
            .iter()
            .find(|(_, kind)| *kind == self)
            .map_or("", |(name, _)| name)
    }
}

/// How sure it is that this is a proxy. The order is that of trust.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Confidence {
    /// Many targets behind one address: a content network looks the same. Never used to filter.
    Suggested,
    /// Its clients were seen to speak to it as one speaks to a proxy only.
    Certain,
    /// The user, or a device's own settings, name it.
    #[default]
    Configured,
}

impl Confidence {
    pub fn name(self) -> &'static str {
        match self {
            Confidence::Suggested => "suggested",
            Confidence::Certain => "certain",
            Confidence::Configured => "configured",
        }
    }
}

/// One proxy, by one source.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proxy {
    pub name: String,
    pub listeners: Vec<Listen>,
    pub kind: ProxyKind,
    pub confidence: Confidence,
    /// Patterns of the files that are its own log.
    pub logs: Vec<String>,
    /// The format of these, in the product's own words.
    pub logformat: Option<String>,
    /// What told of it, for instance the configuration file.
    pub source: String,
    /// Ticks; `None` is open. `valid_to` is the first tick at which it is one no more.
    pub valid_from: Option<i64>,
    pub valid_to: Option<i64>,
    /// Ticks of the first and the last event that shows it at work; `None` where only a setting names it.
    pub first_seen: Option<i64>,
    pub last_seen: Option<i64>,
    /// What else the source says, in its own words.
    pub detail: String,
}

impl Proxy {
    /// Whether it is one at this time.
    pub fn is_valid_at(&self, ticks: i64) -> bool {
        self.valid_from.is_none_or(|from| from <= ticks)
            && self.valid_to.is_none_or(|to| ticks < to)
    }

    /// Whether clients reach it at this address and port. A port that one side leaves open fits every port.
    pub fn listens_at(&self, address: IpAddr, port: Option<u16>) -> bool {
        self.listeners.iter().any(|listen| {
            let port_fits = match (listen.port, port) {
                (Some(known), Some(port)) => known == port,
                (None, _) | (_, None) => true,
            };
            port_fits && listen.address.holds(address)
        })
    }

    /// The one address (and port) that clients of this proxy connect to; `None` when it has several or only networks or
    /// names, because nothing in its log says which one it was.
    pub fn listener(&self) -> Option<Listener> {
        let mut listeners = self.listeners.iter().map(|listen| match listen.address {
            Address::Ip(address) => Some(Listener {
                address,
                port: listen.port,
            }),
            Address::Net(_) | Address::Name(_) => None,
        });
        let first = listeners.next()??;
        listeners.try_fold(first, |known, next| {
            let next = next.filter(|next| next.address == known.address)?;
            Some(Listener {
                address: known.address,
                port: known.port.filter(|port| next.port == Some(*port)),
            })
        })
    }
}
