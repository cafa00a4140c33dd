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
        let (scheme, rest) = match url.split_once("://") {
            Some((scheme, rest)) => (Some(scheme), rest),
            None => (None, url),
        };
        let is_tunnel = method.is_some_and(|method| method.eq_ignore_ascii_case("CONNECT"))
            || scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("tunnel"));
        if is_tunnel {
            // Squid has `host:port`; other writers put a scheme before it, and a path behind.
            let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
            let (host, port) = split_port(authority);
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
        let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
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
