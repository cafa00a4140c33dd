//! HAProxy's `log-format` (spec: <https://docs.haproxy.org/3.0/configuration.html#8.2.6>).
//!
//! `%name`, `%{flags}name`, `%[expression]`. The accept date (`%t`, `%T`, `%Ts`) and the request's (`%tr`) are starts, and
//! the ones without a zone are local: they need `--tz`. A header list that captured nothing is left out with its blank.
//! HAProxy is a reverse proxy most times: a path alone names no target, and Backend and Server say where it went.

use super::clock::{Instant, TimePart, ZoneRule};
use super::slot::{Meaning, Slot, Unit};
use super::template::{Escapes, Extent, Field, FormatError, Padding, Piece, Template};
use super::values::OriginForm;
use Meaning::{Duration, Filler, More, Text, Time};

/// What `option httplog`, `tcplog`, `httpslog` and `httplog clf` write.
pub(super) const BUILT_IN: &[(&str, &str)] = &[
    (
        "httplog",
        "%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %CC %CS %tsc %ac/%fc/%bc/%sc/%rc %sq/%bq %hr %hs %{+Q}r",
    ),
    (
        "httpslog",
        "%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %CC %CS %tsc %ac/%fc/%bc/%sc/%rc %sq/%bq %hr %hs %{+Q}r %[fc_err]/%[ssl_fc_err,hex]/%[ssl_c_err]/%[ssl_c_ca_err]/%[ssl_fc_is_resumed] %[ssl_fc_sni]/%sslv/%sslc",
    ),
    (
        "tcplog",
        "%ci:%cp [%t] %ft %b/%s %Tw/%Tc/%Tt %B %ts %ac/%fc/%bc/%sc/%rc %sq/%bq",
    ),
];

/// Name, key in `AdditionalFields`, meaning.
const NAMES: &[(&str, &str, Meaning)] = &[
    ("B", "", Text(Slot::ResponseBytes)),
    ("CC", "RequestCookie", More),
    ("CS", "ResponseCookie", More),
    ("H", "", Text(Slot::ProxyName)),
    ("HM", "", Text(Slot::Method)),
    ("HP", "", Text(Slot::Path)),
    ("HPO", "", Text(Slot::Path)),
    ("HQ", "", Text(Slot::Query)),
    ("HU", "", Text(Slot::Url)),
    ("HV", "version", More),
    ("ID", "UniqueId", More),
    ("OG", "LogOrigin", More),
    ("ST", "", Text(Slot::Status)),
    ("T", "", Time(TimePart::Clf, Instant::Start)),
    ("Ta", "Ta", Duration(Unit::Milliseconds)),
    ("Tc", "Tc", More),
    ("Td", "Td", More),
    ("Th", "Th", More),
    ("Ti", "Ti", More),
    ("Tl", "", Time(TimePart::Clf, Instant::Start)),
    ("Tq", "Tq", More),
    ("TR", "TR", More),
    ("Tr", "Tr", More),
    ("Ts", "", Time(TimePart::EpochSeconds, Instant::Start)),
    ("Tt", "Tt", Duration(Unit::Milliseconds)),
    ("Tu", "Tu", Duration(Unit::Milliseconds)),
    ("Tw", "Tw", More),
    ("U", "", Text(Slot::RequestBytes)),
    ("ac", "ac", Filler),
    ("b", "Backend", More),
    ("bc", "bc", Filler),
    ("bi", "BackendSourceIP", More),
    ("bp", "BackendSourcePort", More),
    ("bq", "bq", Filler),
    ("ci", "", Text(Slot::Client)),
    ("cp", "", Text(Slot::ClientPort)),
    ("f", "Frontend", More),
    ("fc", "fc", Filler),
    ("fi", "", Text(Slot::ProxyIp)),
    ("fp", "", Text(Slot::ProxyPort)),
    ("ft", "Frontend", More),
    ("hr", "CapturedRequestHeaders", More),
    ("hs", "CapturedResponseHeaders", More),
    ("lc", "LogCounter", More),
    ("ms", "", Time(TimePart::Milliseconds, Instant::Start)),
    ("pid", "Pid", More),
    ("r", "", Text(Slot::Request)),
    ("rc", "Retries", More),
    ("rt", "RequestCounter", More),
    ("s", "Server", More),
    ("sc", "sc", Filler),
    ("si", "", Text(Slot::Peer)),
    ("sp", "ServerPort", More),
    ("sq", "sq", Filler),
    ("sslc", "cipher", More),
    ("sslv", "tls_version", More),
    ("t", "", Time(TimePart::Clf, Instant::Start)),
    ("tr", "", Time(TimePart::Clf, Instant::Start)),
    ("trg", "", Time(TimePart::Clf, Instant::Start)),
    ("trl", "", Time(TimePart::Clf, Instant::Start)),
    ("ts", "", Text(Slot::Termination)),
    ("tsc", "", Text(Slot::Termination)),
];

/// Sample expressions that have a meaning of their own; the others are kept under their text.
const EXPRESSIONS: &[(&str, Meaning)] = &[
    ("src", Text(Slot::Client)),
    ("src_port", Text(Slot::ClientPort)),
    ("dst", Text(Slot::ProxyIp)),
    ("dst_port", Text(Slot::ProxyPort)),
    ("method", Text(Slot::Method)),
    ("capture.req.method", Text(Slot::Method)),
    ("url", Text(Slot::Url)),
    ("capture.req.uri", Text(Slot::Url)),
    ("path", Text(Slot::Path)),
    ("query", Text(Slot::Query)),
    ("status", Text(Slot::Status)),
    ("ssl_fc_sni", Text(Slot::ServerName)),
    ("req.ssl_sni", Text(Slot::ServerName)),
    ("req.hdr(host)", Text(Slot::HostHeader)),
    ("hdr(host)", Text(Slot::HostHeader)),
    ("req.fhdr(host)", Text(Slot::HostHeader)),
    ("req.hdr(user-agent)", Text(Slot::UserAgent)),
    ("req.hdr(referer)", Text(Slot::Referrer)),
];

/// Whether values are written in quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quotes {
    Off,
    On,
}

impl Quotes {
    /// What `+Q,-X` and the like leave of it.
    fn after(self, flags: &str) -> Self {
        flags
            .split(',')
            .fold(self, |known, flag| match flag.trim() {
                "+Q" => Self::On,
                "-Q" => Self::Off,
                _ => known,
            })
    }
}

pub(super) fn compile(format: &str) -> Result<Template, FormatError> {
    let mut pieces = Vec::new();
    let (mut at, mut quotes) = (0, Quotes::Off);
    while let Some(rest) = format.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with("%%") {
            pieces.push(Piece::Literal("%".to_owned()));
            at += 2;
        } else if rest.starts_with('%') {
            at += item(rest, at, &mut quotes, &mut pieces)?;
        } else {
            let end = rest.find('%').unwrap_or(rest.len());
            pieces.push(Piece::Literal(rest[..end].to_owned()));
            at += end;
        }
    }
    pieces = collapse_blanks(pieces);
    let has_own_milliseconds = pieces
        .iter()
        .any(|piece| matches!(piece, Piece::Field(field) if field.extent == Extent::Fixed(24)));
    for piece in &mut pieces {
        if let Piece::Field(field) = piece
            && has_own_milliseconds
            && field.meaning == Time(TimePart::Milliseconds, Instant::Start)
        {
            field.meaning = Filler;
        }
    }
    Template::build("haproxy", OriginForm::Kept, ZoneRule::Told, pieces)
}

/// HAProxy writes one blank where the format has several.
fn collapse_blanks(pieces: Vec<Piece>) -> Vec<Piece> {
    let collapse = |text: String| {
        let mut collapsed = String::new();
        for letter in text.chars() {
            if letter != ' ' || !collapsed.ends_with(' ') {
                collapsed.push(letter);
            }
        }
        collapsed
    };
    pieces
        .into_iter()
        .map(|piece| match piece {
            Piece::Literal(text) => Piece::Literal(collapse(text)),
            field @ Piece::Field(_) => field,
        })
        .collect()
}

/// Reads one `%…`; tells its length.
fn item(
    text: &str,
    at: usize,
    quotes: &mut Quotes,
    pieces: &mut Vec<Piece>,
) -> Result<usize, FormatError> {
    let mut rest = &text[1..];
    if let Some((_, behind)) = rest.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
        rest = behind;
    }
    let (flags, behind) = match rest.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
        Some((flags, behind)) => (flags, behind),
        None => ("", rest),
    };
    rest = behind;
    let own = quotes.after(flags);
    if let Some(inner) = rest.strip_prefix('[') {
        let Some(end) = expression_end(inner) else {
            return Err(FormatError::new(
                at,
                "the bracket of an expression is not closed",
            ));
        };
        let expression = &inner[..end];
        rest = &inner[end + 1..];
        let length = text.len() - rest.len();
        let plain = expression.split(',').next().unwrap_or(expression);
        let known = EXPRESSIONS
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(plain));
        let meaning = known.map_or(More, |(_, meaning)| *meaning);
        pieces.push(field(&text[..length], expression, meaning, own, at));
        return Ok(length);
    }
    let letters = rest.bytes().take_while(u8::is_ascii_alphanumeric).count();
    let name = &rest[..letters];
    let length = text.len() - rest.len() + letters;
    if name == "o" {
        *quotes = own;
        return Ok(length);
    }
    if matches!(name, "hrl" | "hsl") {
        return Err(FormatError::new(
            at,
            format!(
                "`%{name}` writes as many fields as there are captures, which the format does not tell; use `%hr` and `%hs`"
            ),
        ));
    }
    let Some((name, key, meaning)) = NAMES.iter().find(|(known, _, _)| *known == name) else {
        return Err(FormatError::new(
            at,
            format!(
                "`{}` is no variable of HAProxy's log-format",
                &text[..length]
            ),
        ));
    };
    let key = if key.is_empty() { name } else { key };
    let mut piece = field(&text[..length], key, *meaning, own, at);
    if let Piece::Field(field) = &mut piece {
        field.extent = match *name {
            "t" | "tr" => Extent::Fixed(24),
            "T" | "Tl" | "trg" | "trl" => Extent::Clf,
            "hr" | "hs" => Extent::Captured,
            "r" if own == Quotes::Off => Extent::Text,
            _ => field.extent,
        };
    }
    pieces.push(piece);
    Ok(length)
}

fn field(directive: &str, name: &str, meaning: Meaning, quotes: Quotes, at: usize) -> Piece {
    Piece::Field(Field {
        directive: directive.to_owned(),
        name: name.to_owned(),
        meaning,
        extent: match quotes {
            Quotes::On => Extent::MaybeQuoted,
            Quotes::Off => Extent::Word,
        },
        padding: Padding::None,
        escapes: Escapes::None,
        at,
    })
}

/// The bracket that closes an expression; it may hold brackets and texts in quotes itself.
fn expression_end(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, letter) in text.char_indices() {
        match letter {
            '[' => depth += 1,
            ']' if depth == 0 => return Some(at),
            ']' => depth -= 1,
            _ => {}
        }
    }
    None
}
