//! IPv4 addresses inside longer text, for `has_ipv4` and its kin.
//!
//! An address counts where the characters around it are not alphanumeric (Kusto docs, "has_ipv4").

use super::parse_address;

/// An address to look for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address(String);

impl Address {
    /// `None` when the text is no address.
    pub fn parse(text: &str) -> Option<Address> {
        parse_address(text).map(|_| Address(text.to_owned()))
    }
}

/// A whole address, or the first one to three numbers of one with a dot behind each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prefix(String);

impl Prefix {
    /// `None` when the text is neither.
    pub fn parse(text: &str) -> Option<Prefix> {
        let whole = match text.strip_suffix('.') {
            Some(numbers) => {
                let missing = 4_usize
                    .checked_sub(numbers.split('.').count())
                    .filter(|missing| *missing > 0)?;
                format!("{numbers}{}", ".0".repeat(missing))
            }
            None => text.to_owned(),
        };
        parse_address(&whole).map(|_| Prefix(text.to_owned()))
    }
}

/// Whether the address stands in the text.
pub fn find_address(text: &str, address: &Address) -> bool {
    places(text, &address.0).any(|at| ends_term(text, at + address.0.len()))
}

/// Whether an address that starts so stands in the text.
pub fn find_prefix(text: &str, prefix: &Prefix) -> bool {
    if !prefix.0.ends_with('.') {
        return find_address(text, &Address(prefix.0.clone()));
    }
    places(text, &prefix.0).any(|at| {
        let rest = &text[at..];
        let end = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(rest.len());
        let numbers: Vec<&str> = rest[..end].splitn(5, '.').take(4).collect();
        let written = numbers.join(".");
        parse_address(&written).is_some() && ends_term(text, at + written.len())
    })
}

/// Where `needle` stands with no alphanumeric character before it.
fn places<'a>(text: &'a str, needle: &'a str) -> impl Iterator<Item = usize> + 'a {
    text.match_indices(needle).map(|(at, _)| at).filter(|at| {
        !text[..*at]
            .chars()
            .next_back()
            .is_some_and(char::is_alphanumeric)
    })
}

fn ends_term(text: &str, end: usize) -> bool {
    !text[end..]
        .chars()
        .next()
        .is_some_and(char::is_alphanumeric)
}
