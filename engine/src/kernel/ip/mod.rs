//! IP addresses as the `ipv4_…` and `ipv6_…` functions read and compare them.
//!
//! Not here: addresses inside longer text (see [`scan`]).

mod scan;
mod v6;

pub use scan::{Address, Prefix, find_address, find_prefix};
pub use v6::Network6;

/// An IPv4 address with the number of its leading bits that count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    pub address: u32,
    /// 0 to 32.
    pub bits: u8,
}

impl Network {
    /// Reads `a.b.c.d` or `a.b.c.d/n`; `None` when it is neither.
    pub fn parse(text: &str) -> Option<Network> {
        let (address, bits) = match memchr::memchr(b'/', text.as_bytes()) {
            Some(at) => (&text[..at], parse_bits(&text[at + 1..], 32)?),
            None => (text, 32),
        };
        Some(Network {
            address: parse_address(address)?,
            bits,
        })
    }

    /// The address with the bits that do not count set to zero.
    pub fn masked(self) -> u32 {
        self.address & mask(self.bits)
    }

    /// The same address with no more than `bits` that count; `None` when `bits` is not 0 to 32.
    pub fn narrowed(self, bits: i64) -> Option<Network> {
        let bits = u8::try_from(bits).ok().filter(|bits| *bits <= 32)?;
        Some(Network {
            bits: self.bits.min(bits),
            ..self
        })
    }

    /// Whether all addresses of this network are in `range`.
    pub fn is_in(self, range: Network) -> bool {
        self.masked() & mask(range.bits) == range.masked()
    }

    /// Compares on the bits that count in both.
    pub fn compare(self, other: Network) -> std::cmp::Ordering {
        let mask = mask(self.bits.min(other.bits));
        (self.address & mask).cmp(&(other.address & mask))
    }

    /// 10.0.0.0/8, 172.16.0.0/12 and 192.168.0.0/16.
    pub fn is_private(self) -> bool {
        const PRIVATE: [Network; 3] = [
            Network {
                address: 0x0a00_0000,
                bits: 8,
            },
            Network {
                address: 0xac10_0000,
                bits: 12,
            },
            Network {
                address: 0xc0a8_0000,
                bits: 16,
            },
        ];
        PRIVATE.iter().any(|range| self.is_in(*range))
    }
}

/// `a.b.c.d`, four decimal numbers up to 255 without leading zeros.
pub fn parse_address(text: &str) -> Option<u32> {
    let bytes = text.as_bytes();
    let (mut address, mut at) = (0_u32, 0);
    for number in 0..4 {
        if number > 0 {
            if bytes.get(at) != Some(&b'.') {
                return None;
            }
            at += 1;
        }
        let (start, mut value) = (at, 0_u32);
        while let Some(digit) = bytes.get(at).filter(|byte| byte.is_ascii_digit()) {
            if at - start == 3 {
                return None;
            }
            value = value * 10 + u32::from(digit - b'0');
            at += 1;
        }
        let has_zero_before = at - start > 1 && bytes[start] == b'0';
        if at == start || value > 255 || has_zero_before {
            return None;
        }
        address = address << 8 | value;
    }
    (at == bytes.len()).then_some(address)
}

/// One to three digits with a value of at most `most`.
fn parse_bits(text: &str, most: u8) -> Option<u8> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse::<u8>().ok().filter(|bits| *bits <= most)
}

fn mask(bits: u8) -> u32 {
    u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0)
}

/// `a.b.c.d`
pub fn format_address(address: u32) -> String {
    std::net::Ipv4Addr::from(address).to_string()
}

/// The fewest networks that hold all addresses from `start` to `end` and no other, in order.
pub fn cover(start: u32, end: u32) -> Vec<Network> {
    let (mut next, end) = (u64::from(start), u64::from(end));
    let mut networks = Vec::new();
    while next <= end {
        let aligned = if next == 0 {
            32
        } else {
            next.trailing_zeros().min(32)
        };
        let fitting = (end - next + 1).ilog2();
        let host_bits = aligned.min(fitting);
        networks.push(Network {
            address: u32::try_from(next).expect("no more than the end"),
            bits: u8::try_from(32 - host_bits).expect("0 to 32"),
        });
        next += 1 << host_bits;
    }
    networks
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn addresses_are_read_as_the_standard_library_does(text in "([0-9]{0,4}\\.?){3,5}[0-9]{0,3}|[0-9.]{0,12}|\\PC{0,6}") {
            let wanted = text.parse::<std::net::Ipv4Addr>().ok().map(u32::from);
            prop_assert_eq!(parse_address(&text), wanted);
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "1.2.3",
            "1.2.3.4.5",
            "1.2.3.256",
            "1.2.3.4/33",
            "1.2.3.4/",
            "1.2.3.4/-1",
            "::1",
            " 1.2.3.4",
        ] {
            assert_eq!(Network::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_mask_of_no_bits_holds_everything() {
        let everything = Network::parse("1.2.3.4/0").unwrap();
        assert!(Network::parse("9.9.9.9").unwrap().is_in(everything));
    }

    #[test]
    fn a_cover_holds_the_range_and_no_more() {
        for (start, end) in [
            (0, u32::MAX),
            (5, 5),
            (1, 10),
            (u32::MAX - 3, u32::MAX),
            (0x0101_8000, 0x0101_8cff),
        ] {
            let networks = cover(start, end);
            let mut next = u64::from(start);
            for network in networks {
                assert_eq!(u64::from(network.masked()), next);
                next += 1 << (32 - network.bits);
            }
            assert_eq!(next, u64::from(end) + 1);
        }
    }
}
