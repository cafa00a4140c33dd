//! The forward proxies that are known: from `huntql.toml` and the command line.
//!
//! They say whose log a file is, which address a proxy's own log leaves out, and they fill the table `Proxies`.
//!
//! Not here: what a query makes of them (`ProxyIPs()`, `WithoutProxyHops()`).

mod config;
mod listener;

pub use config::{ConfigError, parse_config, read_config};
pub use listener::{Address, Listen, Listener, parse_listener};

use datafusion::arrow::record_batch::RecordBatch;
use huntql_store::schema::builtin;

/// One proxy and where it listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxy {
    pub name: String,
    pub listeners: Vec<Listen>,
    /// Patterns of the files that are its own log.
    pub logs: Vec<String>,
    /// What told of it, for instance the configuration file.
    pub source: String,
    /// Ticks; `None` is open.
    pub valid_from: Option<i64>,
    pub valid_to: Option<i64>,
}

impl Proxy {
    /// The one address (and port) that clients of this proxy connect to; `None` when it has several or only networks,
    /// because nothing in its log says which one it was.
    pub fn listener(&self) -> Option<Listener> {
        let mut listeners = self.listeners.iter().map(|listen| match listen.address {
            Address::Ip(address) => Some(Listener {
                address,
                port: listen.port,
            }),
            Address::Net(_) => None,
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

/// All proxies that are known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProxySet {
    proxies: Vec<Proxy>,
}

impl ProxySet {
    pub fn new(proxies: Vec<Proxy>) -> Self {
        Self { proxies }
    }

    pub fn proxies(&self) -> &[Proxy] {
        &self.proxies
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
            logs: Vec::new(),
            source: "command line".to_owned(),
            valid_from: None,
            valid_to: None,
        });
        Ok(())
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

    /// The rows of the table `Proxies`: one a listener, in the order of the configuration.
    pub fn to_batch(&self) -> RecordBatch {
        let mut rows =
            crate::table::TableRows::new(builtin("Proxies").expect("Proxies is built in"));
        let column = |rows: &crate::table::TableRows, name| {
            rows.position(name).expect("Proxies has this column")
        };
        for (proxy, listen) in self
            .proxies
            .iter()
            .flat_map(|proxy| proxy.listeners.iter().map(move |l| (proxy, l)))
        {
            let texts = [
                ("Name", proxy.name.clone()),
                ("Address", listen.address.to_string()),
                ("Source", proxy.source.clone()),
                ("Confidence", "configured".to_owned()),
            ];
            for (name, text) in &texts {
                let at = column(&rows, name);
                rows.cell(at).push_text(text);
            }
            let numbers = [
                ("Port", listen.port.map(i64::from)),
                ("ValidFrom", proxy.valid_from),
                ("ValidTo", proxy.valid_to),
            ];
            for (name, value) in numbers
                .into_iter()
                .filter_map(|(name, value)| Some((name, value?)))
            {
                let at = column(&rows, name);
                rows.cell(at).push_i64(value);
            }
            rows.commit_declared();
        }
        rows.take_declared()
    }
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
