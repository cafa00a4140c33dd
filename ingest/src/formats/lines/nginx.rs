//! nginx's `log_format` (spec: <https://nginx.org/en/docs/http/ngx_http_log_module.html>, variables:
//! <https://nginx.org/en/docs/varindex.html>).
//!
//! `$name` or `${name}`. nginx writes at the end of a request, and `$time_local`, `$time_iso8601` and `$msec` are that moment;
//! `$request_time` takes it back to the start. Any other variable is kept under its own name: modules, `set` and `map` add
//! to them freely, so none can be said not to exist. `$connect_host` and `$connect_port` are of the module that makes nginx
//! a forward proxy. Only a forward proxy's lines are records: CONNECT, or an absolute URI.

use super::clock::{Instant, TimePart, ZoneRule};
use super::slot::{Meaning, Slot, Unit};
use super::template::{Escapes, Extent, Field, FormatError, Padding, Piece, Template};
use super::values::OriginForm;
use Meaning::{Duration, Text, Time};

/// The format that nginx has without any.
pub(super) const BUILT_IN: &[(&str, &str)] = &[(
    "combined",
    "$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent \"$http_referer\" \"$http_user_agent\"",
)];

const VARIABLES: &[(&str, Meaning)] = &[
    ("remote_addr", Text(Slot::Client)),
    ("realip_remote_addr", Text(Slot::Client)),
    ("remote_port", Text(Slot::ClientPort)),
    ("realip_remote_port", Text(Slot::ClientPort)),
    ("remote_user", Text(Slot::User)),
    ("time_local", Time(TimePart::Clf, Instant::End)),
    ("time_iso8601", Time(TimePart::Iso, Instant::End)),
    ("msec", Time(TimePart::EpochSeconds, Instant::End)),
    ("request", Text(Slot::Request)),
    ("request_method", Text(Slot::Method)),
    ("request_uri", Text(Slot::Url)),
    ("uri", Text(Slot::Path)),
    ("document_uri", Text(Slot::Path)),
    ("args", Text(Slot::Query)),
    ("query_string", Text(Slot::Query)),
    ("scheme", Text(Slot::Scheme)),
    ("host", Text(Slot::HostHeader)),
    ("http_host", Text(Slot::HostHeader)),
    ("connect_host", Text(Slot::Host)),
    ("connect_port", Text(Slot::Port)),
    ("connect_addr", Meaning::More),
    ("ssl_server_name", Text(Slot::ServerName)),
    ("ssl_preread_server_name", Text(Slot::ServerName)),
    ("hostname", Text(Slot::ProxyName)),
    ("server_addr", Text(Slot::ProxyIp)),
    ("server_port", Text(Slot::ProxyPort)),
    ("status", Text(Slot::Status)),
    ("body_bytes_sent", Text(Slot::ResponseBytes)),
    ("bytes_sent", Text(Slot::ResponseBytes)),
    ("request_length", Text(Slot::RequestBytes)),
    ("bytes_received", Text(Slot::RequestBytes)),
    ("request_time", Duration(Unit::Seconds)),
    ("session_time", Duration(Unit::Seconds)),
    ("http_referer", Text(Slot::Referrer)),
    ("http_user_agent", Text(Slot::UserAgent)),
    ("sent_http_content_type", Text(Slot::Mime)),
];

/// Compiles a format; `escape` is what `escape=` says.
pub(super) fn compile(format: &str, escapes: Escapes) -> Result<Template, FormatError> {
    let mut pieces = Vec::new();
    let mut at = 0;
    while let Some(rest) = format.get(at..).filter(|rest| !rest.is_empty()) {
        let Some(variable) = rest.strip_prefix('$') else {
            let end = rest.find('$').unwrap_or(rest.len());
            pieces.push(Piece::Literal(rest[..end].to_owned()));
            at += end;
            continue;
        };
        let braced = variable
            .strip_prefix('{')
            .and_then(|rest| rest.split_once('}'));
        let plain = variable
            .bytes()
            .take_while(|b| b.is_ascii_alphanumeric() || *b == b'_')
            .count();
        let (name, length) = match braced {
            Some((name, _)) => (name, name.len() + 3),
            None => (&variable[..plain], plain + 1),
        };
        if name.is_empty() {
            return Err(FormatError::new(
                at,
                "a `$` without the name of a variable behind it",
            ));
        }
        pieces.push(Piece::Field(field(name, escapes, at)));
        at += length;
    }
    Template::build("nginx", OriginForm::Refused, ZoneRule::Told, pieces)
}

fn field(name: &str, escapes: Escapes, at: usize) -> Field {
    let known = VARIABLES.iter().find(|(known, _)| *known == name);
    let meaning = known.map_or(Meaning::More, |(_, meaning)| *meaning);
    let may_hold_blanks = name == "request"
        || (name.starts_with("http_") && name != "http_host")
        || name.starts_with("sent_http_")
        || name.starts_with("cookie_");
    Field {
        directive: format!("${name}"),
        name: name.to_owned(),
        meaning,
        extent: match meaning {
            Time(TimePart::Clf, _) => Extent::Clf,
            _ if may_hold_blanks => Extent::Text,
            _ => Extent::Word,
        },
        padding: Padding::None,
        escapes,
        at,
    }
}
