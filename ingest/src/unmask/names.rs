//! Texts as numbers, and the host in what names a target.

use std::collections::HashMap;

/// Texts that occur often, by number; 0 is the empty text.
#[derive(Debug)]
pub struct Names {
    numbers: HashMap<Box<str>, u32>,
    texts: Vec<Box<str>>,
}

impl Default for Names {
    fn default() -> Self {
        Self {
            numbers: HashMap::from([("".into(), 0)]),
            texts: vec!["".into()],
        }
    }
}

impl Names {
    pub fn number(&mut self, text: &str) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = self.texts.len() as u32;
        self.numbers.insert(text.into(), number);
        self.texts.push(text.into());
        number
    }

    pub fn text(&self, number: u32) -> &str {
        &self.texts[number as usize]
    }
}

/// The host of a URL, of `host:port` or of a host alone, in lower case and without brackets and a last dot; `None` for nothing.
pub fn host_of(text: &str) -> Option<String> {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#', ' ']).next().unwrap_or(rest);
    let authority = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    let host = match authority
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
    {
        Some((host, _)) => host,
        None => match authority.split_once(':') {
            // More than one colon is an IPv6 address.
            Some((host, port)) if !port.contains(':') => host,
            _ => authority,
        },
    };
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    (!host.is_empty() && host != "-").then_some(host)
}

#[cfg(test)]
mod tests {
    use super::host_of;

    #[test]
    fn a_host_is_found_in_whatever_names_it() {
        for (text, host) in [
            ("A.example", "a.example"),
            ("https://a.example/x:y", "a.example"),
            ("a.example:443", "a.example"),
            ("http://bob@a.example.:8080/?q", "a.example"),
            ("[2001:db8::1]:443", "2001:db8::1"),
            ("2001:db8::1", "2001:db8::1"),
        ] {
            assert_eq!(host_of(text).as_deref(), Some(host), "{text}");
        }
        assert_eq!(host_of("-"), None);
        assert_eq!(host_of(""), None);
    }
}
