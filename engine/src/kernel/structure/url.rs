//! URLs as `parse_url` takes them apart, which is not as browsers do: nothing is checked, decoded or put in lower case.

use crate::kernel::dynamic_text::object_of;
use crate::kernel::dynamic_text::push_string;

#[derive(Debug, Default)]
struct Parts<'a> {
    scheme: &'a str,
    host: &'a str,
    port: &'a str,
    path: &'a str,
    username: &'a str,
    password: &'a str,
    query: &'a str,
    fragment: &'a str,
}

/// The parts of an absolute URL as a JSON object; all are empty when there is no `://`.
///
/// A user without a password stays in the host, and a path that is `/` alone is empty: so the service does it.
pub fn parse(url: &str) -> String {
    let parts = split(url).unwrap_or_default();
    let mut out = String::from("{");
    let members = [
        ("Scheme", parts.scheme),
        ("Host", parts.host),
        ("Port", parts.port),
        ("Path", parts.path),
        ("Username", parts.username),
        ("Password", parts.password),
    ];
    for (key, value) in members {
        push_string(&mut out, key);
        out.push(':');
        push_string(&mut out, value);
        out.push(',');
    }
    out.push_str("\"Query Parameters\":");
    out.push_str(&parameters(parts.query));
    out.push_str(",\"Fragment\":");
    push_string(&mut out, parts.fragment);
    out.push('}');
    out
}

/// The parameters of a query as a JSON object.
pub fn parse_query(query: &str) -> String {
    format!("{{\"Query Parameters\":{}}}", parameters(query))
}

fn split(url: &str) -> Option<Parts<'_>> {
    let (scheme, rest) = url.split_once("://")?;
    let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let user = authority
        .rsplit_once('@')
        .and_then(|(user, host)| Some((user.split_once(':')?, host)));
    let ((username, password), address) = user.unwrap_or((("", ""), authority));
    let (host, port) = address.rsplit_once(':').unwrap_or((address, ""));
    let path = if path == "/" { "" } else { path };
    Some(Parts {
        scheme,
        host,
        port,
        path,
        username,
        password,
        query,
        fragment,
    })
}

/// `a=1&b=2`; what has no `=` is passed over, and the last of several with one name counts.
fn parameters(query: &str) -> String {
    let mut pairs: Vec<(&str, &str)> = Vec::new();
    for (key, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        match pairs.iter_mut().find(|(known, _)| *known == key) {
            Some(known) => known.1 = value,
            None => pairs.push((key, value)),
        }
    }
    object_of(pairs.into_iter())
}
