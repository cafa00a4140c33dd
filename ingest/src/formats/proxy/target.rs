//! What a client asked its proxy for.

/// The target of a request as the log names it; empty texts where it names none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::formats) struct Target<'a> {
    /// What `RemoteUrl` shows: the host of a tunnel, else the URL.
    pub url: &'a str,
    pub host: &'a str,
    pub port: Option<u16>,
}

const DEFAULT_PORTS: &[(&str, u16)] = &[
    ("http", 80),
    ("https", 443),
    ("ftp", 21),
    ("ws", 80),
    ("wss", 443),
];

impl<'a> Target<'a> {
    /// From a request's method and URL. A tunnel (CONNECT, or a scheme of a tunnel) is named by its host alone.
    pub fn of(method: Option<&str>, url: &'a str) -> Self {
        if url.starts_with("error:") || url == "-" || url == "NONE://" {
            return Self::default();
        }
        let (scheme, rest) = split_scheme(url);
        let is_tunnel = method.is_some_and(|method| method.eq_ignore_ascii_case("CONNECT"))
            || scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("tunnel"));
        if is_tunnel {
            // Squid has `host:port`; other writers put a scheme before it, and a path behind.
            let (host, port) = split_port(authority_of(rest));
            return Self {
                url: host,
                host,
                port,
            };
        }
        let Some(scheme) = scheme else {
            return Self {
                url,
                host: "",
                port: None,
            };
        };
        let authority = authority_of(rest);
        let authority = authority
            .rsplit_once('@')
            .map_or(authority, |(_, host)| host);
        let (host, port) = split_port(authority);
        let default = DEFAULT_PORTS
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(scheme))
            .map(|(_, port)| *port);
        Self {
            url,
            host,
            port: port.or(default),
        }
    }
}

/// What comes before the first `://`, and what behind it.
fn split_scheme(url: &str) -> (Option<&str>, &str) {
    let mut colons = memchr::memchr_iter(b':', url.as_bytes());
    match colons.find(|colon| url[colon + 1..].starts_with("//")) {
        Some(colon) => (Some(&url[..colon]), &url[colon + 3..]),
        None => (None, url),
    }
}

/// What comes before a path, a query or a fragment.
fn authority_of(rest: &str) -> &str {
    let end = memchr::memchr3(b'/', b'?', b'#', rest.as_bytes());
    &rest[..end.unwrap_or(rest.len())]
}

/// `host:port`, `[::1]:443` or a host alone; the brackets go.
pub(in crate::formats) fn split_port(authority: &str) -> (&str, Option<u16>) {
    if let Some((host, rest)) = authority
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
    {
        return (
            host,
            rest.strip_prefix(':').and_then(|port| port.parse().ok()),
        );
    }
    match authority.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') => match port.parse() {
            Ok(port) => (host, Some(port)),
            Err(_) => (authority, None),
        },
        _ => (authority, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tunnel_is_named_by_its_host_whatever_surrounds_it() {
        let tunnel = Target {
            url: "a.example",
            host: "a.example",
            port: Some(443),
        };
        assert_eq!(Target::of(Some("CONNECT"), "a.example:443"), tunnel);
        assert_eq!(
            Target::of(Some("CONNECT"), "https://a.example:443/"),
            tunnel
        );
        assert_eq!(Target::of(None, "tunnel://a.example:443/"), tunnel);
    }

    #[test]
    fn a_url_keeps_its_text_and_gives_host_and_default_port() {
        let target = Target::of(Some("GET"), "http://bob@a.example/x?y");
        assert_eq!((target.host, target.port), ("a.example", Some(80)));
        assert_eq!(target.url, "http://bob@a.example/x?y");
    }
}
