//! The forward proxies that are known: from `huntql.toml`, the command line, settings of devices, and the traffic itself.
//!
//! They say whose log a file is, which address a proxy's own log leaves out, which peer of a connection is no target
//! ([`ProxySet::listener_at`]), and they fill the table `Proxies`.
//!
//! | source | file | confidence |
//! |---|---|---|
//! | `huntql.toml`, `--proxy` | `config.rs` | configured |
//! | `netsh`, registry, PAC | `settings/` | configured |
//! | requests that only a proxy gets | `sightings.rs` | certain |
//! | many targets behind one address | the saved function `ProxySuggestions()` | suggested |
//!
//! Not here: what a query makes of them (`ProxyIPs()`, `WithoutProxyHops()`).

mod config;
mod listener;
mod proxy;
mod rows;
mod settings;
mod sightings;

pub use config::{
    ConfigError, WatchlistFile, parse_config, read_address_database, read_agent_patterns,
    read_config, read_watchlists,
};
pub use listener::{Address, Listen, Listener, parse_listener};
pub use proxy::{Confidence, KINDS, Proxy, ProxyKind};
pub use settings::{Settings, parse_settings, read_settings};
pub use sightings::{ProxySighting, Sightings};

use std::net::IpAddr;

/// The end of the source of an address that stands for a name.
const RESOLVED: &str = "seen at this address";

/// All proxies that are known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProxySet {
    proxies: Vec<Proxy>,
    /// What is to be said of where they come from.
    remarks: Vec<String>,
}

/// A name that stood for an address, as an event of the data tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameSighting {
    /// In lower case.
    pub name: String,
    pub address: IpAddr,
    /// Ticks.
    pub first_seen: i64,
    pub last_seen: i64,
}

impl ProxySet {
    pub fn new(proxies: Vec<Proxy>) -> Self {
        Self {
            proxies,
            remarks: Vec::new(),
        }
    }

    pub fn proxies(&self) -> &[Proxy] {
        &self.proxies
    }

    fn proxies_mut(&mut self) -> &mut [Proxy] {
        &mut self.proxies
    }

    pub fn remarks(&self) -> &[String] {
        &self.remarks
    }

    pub fn is_empty(&self) -> bool {
        self.proxies.is_empty()
    }

    /// Adds what a `--proxy HOST:PORT` says. Errors tell what is wrong with the text.
    pub fn add_listener(&mut self, text: &str) -> Result<(), String> {
        let listen = parse_listener(text)?;
        self.proxies.push(Proxy {
            name: text.to_owned(),
            listeners: vec![listen],
            source: "command line".to_owned(),
            ..Proxy::default()
        });
        Ok(())
    }

    pub fn add(&mut self, proxy: Proxy) {
        self.proxies.push(proxy);
    }

    /// Adds what a file of settings says.
    pub fn add_settings(&mut self, settings: Settings) {
        self.proxies.extend(settings.proxies);
        self.remarks.extend(settings.remarks);
    }

    /// The proxy of this name. Errors name the ones that are known.
    pub fn require(&self, name: &str) -> Result<&Proxy, String> {
        self.proxies.iter().find(|proxy| proxy.name == name).ok_or_else(|| {
            let names: Vec<String> = self.proxies.iter().map(|proxy| format!("`{}`", proxy.name)).collect();
            match names.is_empty() {
                true => format!("`{name}` is not a known proxy; none is configured (huntql.toml, or --proxy HOST:PORT)"),
                false => format!("`{name}` is not a known proxy; known: {}", names.join(", ")),
            }
        })
    }

    /// Whose log a file is: the proxy that the user named, else the only one whose patterns match the file.
    pub fn owner_of(&self, file: &str, named: Option<&str>) -> Option<&Proxy> {
        if let Some(name) = named {
            return self.proxies.iter().find(|proxy| proxy.name == name);
        }
        let mut owners = self
            .proxies
            .iter()
            .filter(|proxy| proxy.logs.iter().any(|pattern| matches(pattern, file)));
        let owner = owners.next();
        owner.filter(|_| owners.next().is_none())
    }

    /// The proxy that a connection to this address and port at this time (ticks) is a connection to.
    ///
    /// Suggestions never answer. Of several the most trusted one does, of equals the first. A port that is not given fits
    /// every port of the address.
    pub fn listener_at(&self, address: IpAddr, port: Option<u16>, ticks: i64) -> Option<&Proxy> {
        let mut best: Option<&Proxy> = None;
        for proxy in self.used() {
            if best.is_none_or(|best| best.confidence < proxy.confidence)
                && proxy.is_valid_at(ticks)
                && proxy.listens_at(address, port)
            {
                best = Some(proxy);
            }
        }
        best
    }

    /// The proxies that may decide anything: all but suggestions.
    pub fn used(&self) -> impl Iterator<Item = &Proxy> {
        self.proxies
            .iter()
            .filter(|proxy| proxy.confidence > Confidence::Suggested)
    }

    /// Names among the listeners, which only the data can turn into addresses.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self
            .proxies
            .iter()
            .flat_map(|proxy| &proxy.listeners)
            .filter_map(|listen| match &listen.address {
                Address::Name(name) => Some(name.as_str()),
                Address::Ip(_) | Address::Net(_) => None,
            })
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Names for which nothing in the data has told an address.
    pub fn unresolved(&self) -> Vec<&str> {
        let mut names = self.names();
        names.retain(|name| {
            let end = format!("`{name}` {RESOLVED}");
            !self
                .proxies
                .iter()
                .any(|proxy| proxy.source.ends_with(&end))
        });
        names
    }

    /// Adds, for each listener that is a name, the addresses that the data show behind it.
    ///
    /// One address holds for as long as its proxy does. Where a name moved from one address to another, each holds from its
    /// first sighting to the first of the next; addresses that were seen side by side hold side by side.
    pub fn resolve(&mut self, sightings: &[NameSighting]) {
        let mut found = Vec::new();
        for proxy in &self.proxies {
            for listen in &proxy.listeners {
                if let Address::Name(name) = &listen.address {
                    found.extend(resolved(proxy, listen, name, sightings));
                }
            }
        }
        self.proxies.extend(found);
    }
}

/// The entries that a name's sightings make of one listener.
fn resolved(proxy: &Proxy, listen: &Listen, name: &str, sightings: &[NameSighting]) -> Vec<Proxy> {
    let mut known: Vec<&NameSighting> = sightings
        .iter()
        .filter(|sighting| sighting.name == name)
        .collect();
    known.sort_by_key(|sighting| (sighting.first_seen, sighting.address));
    let moved = known
        .windows(2)
        .all(|pair| pair[0].last_seen < pair[1].first_seen);
    let entry = |at: usize| {
        let sighting = known[at];
        let from = (moved && at > 0).then_some(sighting.first_seen);
        let next = known.get(at + 1).filter(|_| moved);
        let to = next.map(|next| next.first_seen);
        Proxy {
            listeners: vec![Listen {
                address: Address::Ip(sighting.address),
                port: listen.port,
            }],
            logs: Vec::new(),
            source: format!("{}; `{name}` {RESOLVED}", proxy.source),
            valid_from: proxy.valid_from.max(from),
            valid_to: [proxy.valid_to, to].into_iter().flatten().min(),
            first_seen: Some(sighting.first_seen),
            last_seen: Some(sighting.last_seen),
            ..proxy.clone()
        }
    };
    (0..known.len()).map(entry).collect()
}

/// Whether a file is meant by a pattern. A pattern without a folder means the file's name; one with folders means the end
/// of the path.
fn matches(pattern: &str, file: &str) -> bool {
    let (pattern, file) = (pattern.replace('\\', "/"), file.replace('\\', "/"));
    let pattern = pattern.trim_start_matches("./");
    let Ok(compiled) = glob::Pattern::new(pattern) else {
        return false;
    };
    let mut rest = file.as_str();
    loop {
        if compiled.matches(rest) {
            return true;
        }
        match rest.split_once('/') {
            Some((_, tail)) if !pattern.starts_with('/') => rest = tail,
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests;
