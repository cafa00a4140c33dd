//! A list of proxies as Windows writes it: `host:port`, `http=a:80;https=b:443`, `http://1.2.3.4:8080`.
//!
//! `([scheme=][scheme://]server[:port])`, parted by semicolons or blanks
//! (source: <https://learn.microsoft.com/windows/win32/api/winhttp/ns-winhttp-winhttp_proxy_info>).

use crate::proxies::{Confidence, Listen, Proxy, ProxyKind, parse_listener};

/// One entry of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Server {
    pub listen: Listen,
    /// The scheme that it is for, in lower case; `None` for every one.
    pub scheme: Option<String>,
}

impl Server {
    /// The entry of the proxy set; `detail` goes behind what the list itself says.
    pub fn into_proxy(self, source: String, detail: &str) -> Proxy {
        let kind = match &self.scheme {
            Some(scheme) if scheme.starts_with("socks") => ProxyKind::Socks,
            _ => ProxyKind::Explicit,
        };
        let scheme = self.scheme.map(|scheme| format!("for {scheme}"));
        let told = [scheme.as_deref(), Some(detail)];
        let told: Vec<&str> = told
            .into_iter()
            .flatten()
            .filter(|t| !t.is_empty())
            .collect();
        Proxy {
            name: self.listen.to_string(),
            listeners: vec![self.listen],
            kind,
            confidence: Confidence::Configured,
            source,
            detail: told.join("; "),
            ..Proxy::default()
        }
    }
}

/// Reads a list. Errors tell which entry is none.
pub(super) fn parse(text: &str) -> Result<Vec<Server>, String> {
    let entries = text
        .split([';', ' ', '\t'])
        .filter(|entry| !entry.is_empty());
    let servers: Vec<Server> = entries.map(entry).collect::<Result<_, _>>()?;
    if servers.is_empty() {
        return Err("no server is named".to_owned());
    }
    Ok(servers)
}

fn entry(text: &str) -> Result<Server, String> {
    let (scheme, rest) = match text.split_once('=') {
        Some((scheme, rest)) => (Some(scheme.to_ascii_lowercase()), rest),
        None => (None, text),
    };
    let rest = rest.split_once("://").map_or(rest, |(_, rest)| rest);
    let listen = parse_listener(rest.strip_suffix('/').unwrap_or(rest))?;
    Ok(Server { listen, scheme })
}
