//! Apache's `LogFormat` (spec: <https://httpd.apache.org/docs/2.4/mod/mod_log_config.html>, `%I %O %S` of mod_logio).
//!
//! `% [!][codes,…] [<|>] [{arg}] letter`. `%t` is the time at which the request came (`%{end:…}t` its end). Quotes and
//! backslashes of what a client sent are escaped. Only a forward proxy's lines are records: CONNECT, or an absolute URI.

use super::clock::{Instant, TimePart, ZoneRule};
use super::slot::{Meaning, Slot, Unit};
use super::squid::request_header;
use super::strftime::{self, time_field};
use super::template::{Escapes, Extent, Field, FormatError, Padding, Piece, Template};
use super::values::OriginForm;
use Meaning::{Duration, More, Text};

/// The nicknames of httpd.conf as it is shipped.
pub(super) const BUILT_IN: &[(&str, &str)] = &[
    ("common", "%h %l %u %t \"%r\" %>s %b"),
    (
        "combined",
        "%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\"",
    ),
    (
        "combinedio",
        "%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\" %I %O",
    ),
    (
        "vhost_combined",
        "%v:%p %h %l %u %t \"%r\" %>s %O \"%{Referer}i\" \"%{User-Agent}i\"",
    ),
];

/// Letter, its argument (`""` none, `*` any), what it means.
const LETTERS: &[(char, &str, Meaning)] = &[
    ('a', "*", Text(Slot::Client)),
    ('A', "", Text(Slot::ProxyIp)),
    ('b', "", Text(Slot::ResponseBytes)),
    ('B', "", Text(Slot::ResponseBytes)),
    ('C', "*", More),
    ('D', "", Duration(Unit::Microseconds)),
    ('e', "*", More),
    ('f', "", More),
    ('h', "*", Text(Slot::Client)),
    ('H', "", More),
    ('i', "*", More),
    ('I', "", Text(Slot::RequestBytes)),
    ('k', "", More),
    ('l', "", More),
    ('L', "*", More),
    ('m', "", Text(Slot::Method)),
    ('n', "*", More),
    ('o', "*", More),
    ('O', "", Text(Slot::ResponseBytes)),
    ('p', "remote", Text(Slot::ClientPort)),
    ('p', "local", Text(Slot::ProxyPort)),
    ('p', "canonical", Text(Slot::ProxyPort)),
    ('p', "", Text(Slot::ProxyPort)),
    ('P', "*", More),
    ('q', "", Text(Slot::Query)),
    ('r', "", Text(Slot::Request)),
    ('R', "", More),
    ('s', "", Text(Slot::Status)),
    ('S', "", More),
    ('T', "ms", Duration(Unit::Milliseconds)),
    ('T', "us", Duration(Unit::Microseconds)),
    ('T', "s", Duration(Unit::Seconds)),
    ('T', "", Duration(Unit::Seconds)),
    ('u', "", Text(Slot::User)),
    ('U', "", Text(Slot::Path)),
    ('v', "", Text(Slot::ProxyName)),
    ('V', "", Text(Slot::ProxyName)),
    ('X', "", More),
];

/// What `%{…}t` counts instead of writing a date, and how many digits it has.
const COUNTED: &[(&str, TimePart, usize)] = &[
    ("sec", TimePart::EpochSeconds, 0),
    ("msec", TimePart::EpochMilliseconds, 0),
    ("usec", TimePart::EpochMicroseconds, 0),
    ("msec_frac", TimePart::Milliseconds, 3),
    ("usec_frac", TimePart::Microseconds, 6),
];

pub(super) fn compile(format: &str) -> Result<Template, FormatError> {
    let mut pieces = Vec::new();
    let mut at = 0;
    while let Some(rest) = format.get(at..).filter(|rest| !rest.is_empty()) {
        if let Some(literal) = rest.strip_prefix("%%").map(|_| "%") {
            pieces.push(Piece::Literal(literal.to_owned()));
            at += 2;
        } else if rest.starts_with('%') {
            at += directive(rest, at, &mut pieces)?;
        } else {
            let end = rest.find('%').unwrap_or(rest.len());
            pieces.push(Piece::Literal(rest[..end].to_owned()));
            at += end;
        }
    }
    Template::build("apache", OriginForm::Refused, ZoneRule::Told, pieces)
}

/// Reads one `%…`; tells its length.
fn directive(text: &str, at: usize, pieces: &mut Vec<Piece>) -> Result<usize, FormatError> {
    let rest = text[1..].trim_start_matches(['!', '<', '>', ',']);
    let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit() || "!<>,".contains(c));
    let (argument, rest) = match rest.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
        Some((argument, rest)) => (argument, rest),
        None => ("", rest),
    };
    let rest = rest.trim_start_matches(['<', '>']);
    // `%{…}^ti` and `%{…}^to` are trailers, `%^FB` is a delay.
    let (letter, rest) = match ["^ti", "^to", "^FB"]
        .iter()
        .find_map(|long| rest.strip_prefix(long))
    {
        Some(rest) => ('^', rest),
        None => {
            let mut letters = rest.chars();
            (letters.next().unwrap_or(' '), letters.as_str())
        }
    };
    let length = text.len() - rest.len();
    let directive = &text[..length];
    if letter == 't' {
        pieces.extend(time(directive, argument, at)?);
        return Ok(length);
    }
    let known = LETTERS.iter().find(|(known, wanted, _)| {
        *known == letter && (*wanted == "*" || wanted.eq_ignore_ascii_case(argument))
    });
    let meaning = match (letter, known) {
        ('^', _) => More,
        ('i', _) => request_header(argument),
        ('o', _) if argument.eq_ignore_ascii_case("content-type") => Text(Slot::Mime),
        (_, Some((_, _, meaning))) => *meaning,
        (_, None) => {
            return Err(FormatError::new(
                at,
                format!("`{directive}` is no directive of Apache's LogFormat"),
            ));
        }
    };
    let may_hold_blanks = matches!(letter, 'r' | 'i' | 'o' | 'e' | 'n' | 'C' | '^');
    pieces.push(Piece::Field(Field {
        directive: directive.to_owned(),
        name: match (argument, letter) {
            ("", 'l') => "ident".to_owned(),
            ("", _) => directive[1..].to_owned(),
            (argument, _) => argument.to_owned(),
        },
        meaning,
        extent: if may_hold_blanks {
            Extent::Text
        } else {
            Extent::Word
        },
        padding: Padding::None,
        escapes: Escapes::Backslash,
        at,
    }));
    Ok(length)
}

/// `%t`, `%{format}t`, `%{begin:format}t`, `%{end:format}t`.
fn time(directive: &str, argument: &str, at: usize) -> Result<Vec<Piece>, FormatError> {
    let (instant, format) = match (
        argument.strip_prefix("end:"),
        argument.strip_prefix("begin:"),
    ) {
        (Some(format), _) => (Instant::End, format),
        (_, Some(format)) => (Instant::Start, format),
        (None, None) => (Instant::Start, argument),
    };
    if format.is_empty() {
        return Ok(vec![Piece::Field(Field {
            directive: directive.to_owned(),
            name: "t".to_owned(),
            meaning: Meaning::Time(TimePart::Clf, instant),
            extent: Extent::Clf,
            padding: Padding::None,
            escapes: Escapes::None,
            at,
        })]);
    }
    match COUNTED.iter().find(|(name, _, _)| *name == format) {
        Some((_, part, digits)) => Ok(vec![time_field(
            directive.to_owned(),
            Some(*part),
            instant,
            *digits,
            at,
        )]),
        None => {
            let offset = directive.find(format).unwrap_or(0);
            strftime::pieces(format, instant, at + offset)
        }
    }
}
