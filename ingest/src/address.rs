//! Addresses and sides: which end of a connection is ours, and how Defender classes an address.

use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr};

/// Which end opened the connection, seen from the local device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Out,
    In,
}

impl Direction {
    /// As Defender writes it in `AdditionalFields.direction`.
    pub fn name(self) -> &'static str {
        match self {
            Direction::Out => "Out",
            Direction::In => "In",
        }
    }
}

/// An address with brackets or a zone taken off.
pub fn parse(text: &str) -> Option<IpAddr> {
    if let Some(address) = dotted(text.as_bytes()) {
        return Some(IpAddr::V4(address));
    }
    let text = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(text);
    text.split('%').next()?.parse().ok()
}

/// Four decimal numbers below 256 between dots, without leading zeros: what nearly all addresses of logs are.
fn dotted(text: &[u8]) -> Option<Ipv4Addr> {
    let mut octets = [0_u8; 4];
    let (mut index, mut value, mut digits) = (0, 0_u16, 0);
    for byte in text {
        match byte {
            b'0'..=b'9' if digits == 0 || (value > 0 && digits < 3) => {
                value = value * 10 + u16::from(byte - b'0');
                digits += 1;
            }
            b'.' if digits > 0 && index < 3 => {
                octets[index] = u8::try_from(value).ok()?;
                (index, value, digits) = (index + 1, 0, 0);
            }
            _ => return None,
        }
    }
    (digits > 0 && index == 3).then_some(())?;
    octets[3] = u8::try_from(value).ok()?;
    Some(Ipv4Addr::from(octets))
}

/// Defender's `LocalIPType` and `RemoteIPType`: `Loopback`, `Private`, `Public`, and the rarer ones of its reference page.
pub fn ip_type(address: IpAddr) -> &'static str {
    match address {
        IpAddr::V4(v4) => match v4.octets() {
            [127, ..] => "Loopback",
            [10, ..] | [192, 168, ..] | [169, 254, ..] => "Private",
            [172, b, ..] if (16..32).contains(&b) => "Private",
            [224..=239, ..] => "Multicast",
            [255, 255, 255, 255] => "Broadcast",
            [0, ..] | [240..=255, ..] => "Reserved",
            _ => "Public",
        },
        IpAddr::V6(v6) => {
            if let Some(v4) = v6.to_ipv4_mapped() {
                let _ = v4;
                return "FourToSixMapping";
            }
            let segments = v6.segments();
            match segments[0] {
                _ if v6.is_loopback() => "Loopback",
                _ if v6.is_unspecified() => "Reserved",
                0x2001 if segments[1] == 0 => "Teredo",
                0xfc00..=0xfdff => "Private",
                0xfe80..=0xfebf => "LinkLocal",
                0xff00..=0xffff => "Multicast",
                _ => "Public",
            }
        }
    }
}

/// The networks that count as ours: `--local-nets`, else RFC 1918 with its relatives for IPv6, loopback and link-local.
#[derive(Debug, Clone, Default)]
pub struct LocalNets(Vec<IpNet>);

impl LocalNets {
    pub fn new(nets: Vec<IpNet>) -> Self {
        Self(nets)
    }

    pub fn contains(&self, address: IpAddr) -> bool {
        if !self.0.is_empty() {
            return self.0.iter().any(|net| net.contains(&address));
        }
        match address {
            IpAddr::V4(v4) => v4.is_private() || v4.is_loopback() || v4.is_link_local(),
            IpAddr::V6(v6) => {
                v6.is_loopback()
                    || (v6.segments()[0] & 0xfe00) == 0xfc00
                    || (v6.segments()[0] & 0xffc0) == 0xfe80
            }
        }
    }
}

/// What a sensor itself says of an end: Zeek's `local_orig` and `local_resp`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    Local,
    Remote,
    Nothing,
}

/// The direction of a connection. The originator is the local side when the sensor or the networks say so; the responder
/// when only it is; the originator when nobody is.
pub fn direction(
    nets: &LocalNets,
    originator: (Option<IpAddr>, Told),
    responder: (Option<IpAddr>, Told),
) -> Direction {
    let local = |(address, told): (Option<IpAddr>, Told)| {
        told == Told::Local || address.is_some_and(|address| nets.contains(address))
    };
    match (local(originator), local(responder)) {
        (false, true) => Direction::In,
        _ => Direction::Out,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_at_a_glance_is_what_the_standard_library_reads() {
        for text in [
            "0.0.0.0",
            "10.0.0.6",
            "255.255.255.255",
            "256.0.0.1",
            "01.2.3.4",
            "1.2.3",
            "1.2.3.4.5",
            "1.2.3.4 ",
            "1..3.4",
            ".1.2.3.4",
            "1.2.3.4444",
            "1.2.3.",
            "1.2.3.256",
            "1.0.0.00",
            "999.1.1.1",
            "",
            "2001:db8::1",
            "a.b.c.d",
        ] {
            assert_eq!(dotted(text.as_bytes()), text.parse().ok(), "{text}");
        }
    }
}
