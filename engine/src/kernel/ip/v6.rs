//! IPv6 addresses; an IPv4 address is the one in `::ffff:0:0/96`.

use super::{Network, parse_bits};
use std::cmp::Ordering;
use std::net::Ipv6Addr;

/// The IPv6 network in which IPv4 addresses are.
const MAPPED: u128 = 0xffff_0000_0000;
/// Bits of that network.
const MAPPED_BITS: u8 = 96;

/// An IPv6 address with the number of its leading bits that count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network6 {
    pub address: u128,
    /// 0 to 128.
    pub bits: u8,
    /// Written with dots: a prefix up to 32 given for it counts IPv4 bits.
    dotted: bool,
}

impl Network6 {
    /// Reads an IPv6 or IPv4 address, with `/n` or without; `None` when it is neither.
    ///
    /// `::a.b.c.d` is the IPv4 address, too (Kusto docs, "parse_ipv6_mask", the table of examples).
    pub fn parse(text: &str) -> Option<Network6> {
        if let Some(network) = Network::parse(text) {
            return Some(Network6::mapped(network.address, network.bits));
        }
        let (written, bits) = match text.split_once('/') {
            Some((written, bits)) => (written, Some(parse_bits(bits, 128)?)),
            None => (text, None),
        };
        let address = u128::from(written.parse::<Ipv6Addr>().ok()?);
        let dotted = written.contains('.');
        let v4 = u32::try_from(address & !MAPPED).ok().filter(|_| dotted);
        match (v4, bits) {
            (Some(v4), None) => Some(Network6::mapped(v4, 32)),
            (Some(v4), Some(bits)) if bits <= 32 => Some(Network6::mapped(v4, bits)),
            (Some(v4), Some(bits)) => Some(Network6 {
                bits,
                ..Network6::mapped(v4, 32)
            }),
            (None, bits) => Some(Network6 {
                address,
                bits: bits.unwrap_or(128),
                dotted,
            }),
        }
    }

    fn mapped(address: u32, bits: u8) -> Network6 {
        Network6 {
            address: MAPPED | u128::from(address),
            bits: MAPPED_BITS + bits,
            dotted: true,
        }
    }

    pub fn masked(self) -> u128 {
        self.address & mask(self.bits)
    }

    /// The same address with no more than `bits` that count; `None` when `bits` is not 0 to 128.
    pub fn narrowed(self, bits: i64) -> Option<Network6> {
        let bits = u8::try_from(bits).ok().filter(|bits| *bits <= 128)?;
        Some(Network6 {
            bits: self.bits.min(bits),
            ..self
        })
    }

    /// Compares on the bits that count in both, and on `bits` of them when given; `None` when `bits` is not 0 to 128.
    ///
    /// Between two IPv4 addresses, up to 32 bits are IPv4 bits (Kusto docs, "ipv6_compare", the comments in the examples).
    pub fn compare(self, other: Network6, bits: i64) -> Option<Ordering> {
        let bits = u8::try_from(bits).ok().filter(|bits| *bits <= 128)?;
        let bits = if self.dotted && other.dotted && bits <= 32 {
            bits + MAPPED_BITS
        } else {
            bits
        };
        let mask = mask(self.bits.min(other.bits).min(bits));
        Some((self.address & mask).cmp(&(other.address & mask)))
    }

    pub fn is_in(self, range: Network6) -> bool {
        self.masked() & mask(range.bits) == range.masked()
    }

    /// All eight groups with four digits each, of the masked address.
    pub fn canonical(self) -> String {
        let masked = self.masked();
        let group = |index: u32| format!("{:04x}", (masked >> (112 - 16 * index)) & 0xffff);
        (0..8).map(group).collect::<Vec<_>>().join(":")
    }
}

fn mask(bits: u8) -> u128 {
    u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn every_form_of_an_ipv4_address_is_the_mapped_one() {
        for text in [
            "192.168.1.1",
            "::192.168.1.1",
            "::ffff:192.168.1.1",
            "::ffff:c0a8:0101",
        ] {
            assert_eq!(
                Network6::parse(text).unwrap().address,
                0xffff_c0a8_0101,
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in ["", "1.2.3", "fe80::1%eth0", "fe80::1/129", ":::", "g::1"] {
            assert_eq!(Network6::parse(text), None, "{text}");
        }
    }
}
