//! Squid's `logformat` codes (spec: <https://www.squid-cache.org/Doc/config/logformat/>).
//!
//! `% [encoding] [-] [[0]width[.max]] [{arg}] code [{arg}]`. Squid stamps the end of the transaction (`%tS` its start).
//! A field in quotes of the format, or with the encoding `"`, has its quotes and backslashes escaped; `/` brings quotes
//! where they are needed; `'` writes as it is; in brackets, with `[` or `#`, blanks or what ends it are percent-encoded.

use super::clock::{Instant, TimePart, ZoneRule};
use super::slot::{Meaning, Slot, Unit};
use super::strftime;
use super::template::{Escapes, Extent, Field, FormatError, Padding, Piece, Template};
use super::values::OriginForm;

/// The formats that are built in, and Squid's own with the client's port behind it, which huntql asks for.
pub(super) const BUILT_IN: &[(&str, &str)] = &[
    (
        "squid",
        "%ts.%03tu %6tr %>a %Ss/%03>Hs %<st %rm %ru %[un %Sh/%<a %mt",
    ),
    (
        "common",
        "%>a %[ui %[un [%tl] \"%rm %ru HTTP/%rv\" %>Hs %<st %Ss:%Sh",
    ),
    (
        "combined",
        "%>a %[ui %[un [%tl] \"%rm %ru HTTP/%rv\" %>Hs %<st \"%{Referer}>h\" \"%{User-Agent}>h\" %Ss:%Sh",
    ),
    ("referrer", "%ts.%03tu %>a %{Referer}>h %ru"),
    ("useragent", "%>a [%tl] \"%{User-Agent}>h\""),
    (
        "squid-port",
        "%ts.%03tu %6tr %>a %Ss/%03>Hs %<st %rm %ru %[un %Sh/%<a %mt %>p",
    ),
];

const END: Instant = Instant::End;
use Meaning::{Duration, More, Text, Time};

/// Codes and what they mean. A longer code stands before its own beginning.
const CODES: &[(&str, Meaning)] = &[
    (">handshake", More),
    (">nfmark", More),
    ("<nfmark", More),
    (">eui", More),
    (">qos", More),
    ("<qos", More),
    ("err_code", More),
    ("err_detail", More),
    ("credentials", More),
    ("note", More),
    ("master_xaction", More),
    ("request_attempts", More),
    ("busy_time", More),
    ("transport::>connection_id", More),
    ("proxy_protocol::>h", More),
    ("icap::tt", More),
    ("icap::tr", More),
    ("icap::tio", More),
    ("icap::to", More),
    ("icap::Hs", More),
    ("icap::<last_h", More),
    ("icap::<service_name", More),
    ("icap::<A", More),
    ("icap::ru", More),
    ("icap::rm", More),
    ("icap::>st", More),
    ("icap::<st", More),
    ("icap::<bs", More),
    ("icap::>h", More),
    ("icap::<h", More),
    ("adapt::all_trs", More),
    ("adapt::sum_trs", More),
    ("adapt::<last_h", More),
    ("ssl::bump_mode", More),
    ("ssl::>cert_subject", More),
    ("ssl::>cert_issuer", More),
    ("ssl::>sni", Text(Slot::ServerName)),
    ("ssl::<cert_subject", More),
    ("ssl::<cert_issuer", More),
    ("ssl::<cert_errors", More),
    ("ssl::<cert", More),
    ("ssl::>negotiated_version", More),
    ("ssl::<negotiated_version", More),
    ("ssl::>negotiated_cipher", More),
    ("ssl::<negotiated_cipher", More),
    ("ssl::>received_hello_version", More),
    ("ssl::<received_hello_version", More),
    ("ssl::>received_supported_version", More),
    ("ssl::<received_supported_version", More),
    (">la", Text(Slot::ProxyIp)),
    (">lp", Text(Slot::ProxyPort)),
    ("<la", More),
    ("<lp", More),
    (">ha", More),
    (">Hs", Text(Slot::Status)),
    ("<Hs", More),
    (">rm", Text(Slot::Method)),
    (">ru", Text(Slot::Url)),
    (">rs", Text(Slot::Scheme)),
    (">rd", Text(Slot::Host)),
    (">rP", Text(Slot::Port)),
    (">rp", Text(Slot::Path)),
    (">rv", More),
    ("<rm", More),
    ("<ru", More),
    ("<rs", More),
    ("<rd", More),
    ("<rP", More),
    ("<rp", More),
    ("<rv", More),
    (">st", Text(Slot::RequestBytes)),
    (">sh", More),
    ("<st", Text(Slot::ResponseBytes)),
    ("<sH", More),
    ("<sS", More),
    ("<sh", More),
    ("<bs", More),
    ("<pt", More),
    ("<tt", More),
    ("la", Text(Slot::ProxyIp)),
    ("lp", Text(Slot::ProxyPort)),
    ("oa", More),
    ("ts", Time(TimePart::EpochSeconds, END)),
    ("tu", Time(TimePart::Milliseconds, END)),
    ("tl", Time(TimePart::Clf, END)),
    ("tg", Time(TimePart::Clf, END)),
    ("tS", Time(TimePart::EpochSeconds, Instant::Start)),
    ("tr", Duration(Unit::Milliseconds)),
    ("dt", More),
    ("un", Text(Slot::User)),
    ("ul", Text(Slot::User)),
    ("ui", More),
    ("ue", Text(Slot::User)),
    ("us", Text(Slot::User)),
    ("Hs", Text(Slot::Status)),
    ("Ss", Text(Slot::Action)),
    ("Sh", Text(Slot::Hierarchy)),
    ("mt", Text(Slot::Mime)),
    ("rm", Text(Slot::Method)),
    ("ru", Text(Slot::Url)),
    ("rp", Text(Slot::Path)),
    ("rv", More),
    ("rG", More),
    ("st", More),
    ("et", More),
    ("ea", More),
    ("sn", More),
    (">a", Text(Slot::Client)),
    (">A", Text(Slot::Device)),
    (">p", Text(Slot::ClientPort)),
    ("<a", Text(Slot::Peer)),
    ("<A", Text(Slot::Peer)),
    ("<p", More),
    (">h", More),
    ("<h", More),
    (">v", More),
];

/// Headers that have a meaning of their own; the others are kept under their names.
pub(super) fn request_header(name: &str) -> Meaning {
    const HEADERS: &[(&str, Slot)] = &[
        ("user-agent", Slot::UserAgent),
        ("referer", Slot::Referrer),
        ("host", Slot::HostHeader),
    ];
    let known = HEADERS
        .iter()
        .find(|(header, _)| header.eq_ignore_ascii_case(name));
    known.map_or(More, |(_, slot)| Text(*slot))
}

pub(super) fn compile(format: &str) -> Result<Template, FormatError> {
    let mut pieces = Vec::new();
    let (mut at, mut quoting) = (0, None);
    while let Some(rest) = format.get(at..).filter(|rest| !rest.is_empty()) {
        if !rest.starts_with('%') {
            let end = rest.find('%').unwrap_or(rest.len());
            quoting = rest[..end].chars().fold(quoting, within);
            pieces.push(Piece::Literal(rest[..end].to_owned()));
            at += end;
        } else if rest.starts_with("%%") {
            pieces.push(Piece::Literal("%".to_owned()));
            at += 2;
        } else {
            at += code(rest, at, quoting, &mut pieces)?;
        }
    }
    Template::build("squid-logformat", OriginForm::Kept, ZoneRule::Told, pieces)
}

/// In which quotes of the format the next field stands, as Squid itself keeps count.
fn within(open: Option<char>, letter: char) -> Option<char> {
    match (open, letter) {
        (None, '"') => Some('"'),
        (None, '[') => Some('['),
        (Some('"'), '"') | (Some('['), ']') => None,
        (open, _) => open,
    }
}

/// Reads one `%…`; tells its length.
fn code(
    text: &str,
    at: usize,
    quoting: Option<char>,
    pieces: &mut Vec<Piece>,
) -> Result<usize, FormatError> {
    let mut rest = &text[1..];
    let encoding = rest.chars().next().filter(|c| "\"'[#/".contains(*c));
    rest = &rest[usize::from(encoding.is_some())..];
    let is_left = rest.starts_with('-');
    rest = &rest[usize::from(is_left)..];
    let digits = |rest: &str| rest.bytes().take_while(u8::is_ascii_digit).count();
    let has_width = digits(rest) > 0 && !rest.starts_with('0');
    rest = &rest[digits(rest)..];
    if rest.starts_with('.') && digits(&rest[1..]) > 0 {
        rest = &rest[1 + digits(&rest[1..])..];
    }
    let mut argument = braces(&mut rest);
    let wanted = rest.strip_prefix("http::").unwrap_or(rest);
    let wanted_tls = wanted.strip_prefix("tls::");
    let found = CODES.iter().find(|(code, _)| match wanted_tls {
        Some(tls) => code
            .strip_prefix("ssl::")
            .is_some_and(|code| tls.starts_with(code)),
        None => wanted.starts_with(code),
    });
    let Some((code, meaning)) = found else {
        let shown: String = text
            .chars()
            .take_while(|c| !c.is_whitespace() && *c != ']')
            .take(20)
            .collect();
        return Err(FormatError::new(
            at,
            format!("`{shown}` is no code of Squid's logformat"),
        ));
    };
    rest = match wanted_tls {
        Some(tls) => &tls[code.len() - "ssl::".len()..],
        None => &wanted[code.len()..],
    };
    if argument.is_none() {
        argument = braces(&mut rest);
    }
    let length = text.len() - rest.len();
    let directive = &text[..length];
    if let (Time(TimePart::Clf, instant), Some(date)) = (*meaning, argument) {
        let place = at + (date.as_ptr() as usize - text.as_ptr() as usize);
        pieces.extend(strftime::pieces(date, instant, place)?);
        return Ok(length);
    }
    let (meaning, name) = named(code, *meaning, argument);
    let quotes = encoding.or(quoting);
    pieces.push(Piece::Field(Field {
        directive: directive.to_owned(),
        name,
        meaning,
        extent: match (quotes, meaning) {
            (_, Time(TimePart::Clf, _)) => Extent::Clf,
            (Some('\''), More | Text(Slot::UserAgent | Slot::Referrer)) => Extent::Text,
            (Some('/'), _) => Extent::MaybeQuoted,
            _ => Extent::Word,
        },
        padding: match (has_width, is_left) {
            (true, false) => Padding::Before,
            (true, true) => Padding::Behind,
            (false, _) => Padding::None,
        },
        escapes: match quotes {
            Some('"' | '/') => Escapes::Backslash,
            _ => Escapes::None,
        },
        at,
    }));
    Ok(length)
}

/// A header is what its name says; other codes with an argument are told apart by it.
fn named(code: &str, meaning: Meaning, argument: Option<&str>) -> (Meaning, String) {
    let Some(argument) = argument else {
        return (meaning, code.to_owned());
    };
    // `{Header:element}` and `{Header:;element}` are parts of a header.
    let header = argument.split(':').next().unwrap_or(argument);
    match code {
        ">h" if header == argument => (request_header(header), argument.to_owned()),
        "<h" if header.eq_ignore_ascii_case("content-type") => {
            (Text(Slot::Mime), argument.to_owned())
        }
        ">h" | "<h" | ">ha" => (More, argument.to_owned()),
        _ => (meaning, format!("{code}{{{argument}}}")),
    }
}

fn braces<'a>(rest: &mut &'a str) -> Option<&'a str> {
    let inner = rest.strip_prefix('{')?;
    let end = inner.find('}')?;
    *rest = &inner[end + 1..];
    Some(&inner[..end])
}
