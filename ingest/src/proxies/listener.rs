//! Where a proxy listens: an address, a network or a name, with or without a port.

use ipnet::IpNet;
use std::fmt;
use std::net::IpAddr;

/// An address of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    Ip(IpAddr),
    Net(IpNet),
    /// A host's name in lower case. Nothing asks DNS what it stands for: the data may tell ([`super::ProxySet::resolve`]).
    Name(String),
}

impl Address {
    pub fn holds(&self, address: IpAddr) -> bool {
        match self {
            Address::Ip(known) => *known == address,
            Address::Net(net) => net.contains(&address),
            Address::Name(_) => false,
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Ip(address) => write!(f, "{address}"),
            Address::Net(net) => write!(f, "{net}"),
            Address::Name(name) => f.write_str(name),
        }
    }
}

/// `10.0.0.6:8080`, `10.1.0.0/24:3128`, `proxy.example:8080`: one entry of `listeners`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listen {
    pub address: Address,
    /// Any port when absent.
    pub port: Option<u16>,
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.address, self.port) {
            (Address::Ip(IpAddr::V6(address)), Some(port)) => write!(f, "[{address}]:{port}"),
            (address, Some(port)) => write!(f, "{address}:{port}"),
            (address, None) => write!(f, "{address}"),
        }
    }
}

/// The end that a client sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listener {
    pub address: IpAddr,
    pub port: Option<u16>,
}

/// Reads `ADDRESS[:PORT]`, `NETWORK[:PORT]` or `NAME[:PORT]`; an IPv6 address with a port stands in brackets. Errors say what
/// was read.
pub fn parse_listener(text: &str) -> Result<Listen, String> {
    let (address, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, rest)) => (
            address,
            rest.strip_prefix(':')
                .or_else(|| rest.is_empty().then_some("")),
        ),
        None => match text.rsplit_once(':') {
            Some((address, port)) if !address.contains(':') => (address, Some(port)),
            _ => (text, Some("")),
        },
    };
    let address = parse_address(address).ok_or_else(|| {
        format!(
            "`{text}` is no address, network or host name with a port, like `10.0.0.6:8080`, `10.1.0.0/24:3128` or `proxy.example:8080`"
        )
    })?;
    let port = match port {
        Some("") => None,
        Some(port) => Some(
            port.parse()
                .ok()
                .filter(|port| *port > 0)
                .ok_or_else(|| format!("`{port}` in `{text}` is no port"))?,
        ),
        None => {
            return Err(format!(
                "`{text}` has something after its address that is no port"
            ));
        }
    };
    Ok(Listen { address, port })
}

fn parse_address(text: &str) -> Option<Address> {
    let address = text.parse().map(Address::Ip);
    address
        .or_else(|_| text.parse().map(Address::Net))
        .ok()
        .or_else(|| is_host_name(text).then(|| Address::Name(text.to_lowercase())))
}

/// Whether a text can be a host's name: labels of letters, digits, `-` and `_`, and a last one that is no number, so that a
/// misspelt address is not taken for a name.
pub(super) fn is_host_name(text: &str) -> bool {
    let text = text.strip_suffix('.').unwrap_or(text);
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .chars()
                .all(|c| c.is_alphanumeric() || c == '-' || c == '_')
    };
    let last = text.rsplit('.').next().unwrap_or_default();
    text.len() <= 253
        && text.split('.').all(is_label)
        && !last.bytes().all(|byte| byte.is_ascii_digit())
}
