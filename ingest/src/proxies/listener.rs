//! Where a proxy listens: an address or a network, with or without a port.

use ipnet::IpNet;
use std::fmt;
use std::net::IpAddr;

/// An address of the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Address {
    Ip(IpAddr),
    Net(IpNet),
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Ip(address) => write!(f, "{address}"),
            Address::Net(net) => write!(f, "{net}"),
        }
    }
}

/// `10.0.0.6:8080`, `10.1.0.0/24:3128`: one entry of `listeners`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listen {
    pub address: Address,
    /// Any port when absent.
    pub port: Option<u16>,
}

/// The end that a client sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listener {
    pub address: IpAddr,
    pub port: Option<u16>,
}

/// Reads `ADDRESS[:PORT]` or `NETWORK[:PORT]`; an IPv6 address with a port stands in brackets. Errors say what was read.
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
    let address = parse_address(address)
        .ok_or_else(|| format!("`{text}` is no address or network with a port, like `10.0.0.6:8080` or `10.1.0.0/24:3128`"))?;
    let port = match port {
        Some("") => None,
        Some(port) => Some(
            port.parse()
                .map_err(|_| format!("`{port}` in `{text}` is no port"))?,
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
    address.or_else(|_| text.parse().map(Address::Net)).ok()
}
