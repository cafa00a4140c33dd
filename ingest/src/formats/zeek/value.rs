//! Values of Zeek as text: the same text from TSV and from JSON.

use super::logs::Kind;
use super::record::{Escapes, Writing};
use super::tsv::Style;
use crate::text::{Escape, lossless, push_compact_json, push_json_escaped};
use std::borrow::Cow;
use std::fmt::Write;

/// A scalar as plain text, escapes resolved.
pub(super) fn plain<'a>(raw: &'a str, writing: Writing<'_>) -> Cow<'a, str> {
    match writing {
        Writing::Tsv(style, escapes) => tsv_text(raw, style, escapes),
        Writing::Json => json_text(raw),
    }
}

/// Appends a value as the inside of a JSON string.
pub(super) fn push(text: &mut String, raw: &str, kind: Kind, writing: Writing<'_>) {
    match (writing, kind) {
        (Writing::Tsv(..), Kind::Flag) => text.push_str(flag(raw)),
        (Writing::Tsv(style, _), Kind::Texts | Kind::SecondsList) => {
            push_tsv_list(text, raw, kind, style)
        }
        (Writing::Tsv(style, Escapes::Absent), Kind::Text | Kind::Seconds) => {
            if raw != style.empty {
                text.push_str(raw);
            }
        }
        (Writing::Tsv(style, escapes), Kind::Text | Kind::Seconds) => {
            push_json_escaped(text, &tsv_text(raw, style, escapes))
        }
        (Writing::Json, Kind::Seconds) => push_seconds(text, raw),
        (Writing::Json, Kind::SecondsList) if raw.starts_with('[') => push_json_seconds(text, raw),
        (Writing::Json, _) => push_json(text, raw),
    }
}

/// A scalar of TSV. The empty string is written as a mark of its own; a text that equals the mark has an escape in it.
fn tsv_text<'a>(raw: &'a str, style: &Style, escapes: Escapes) -> Cow<'a, str> {
    match escapes {
        _ if raw == style.empty => Cow::Borrowed(""),
        Escapes::Absent => Cow::Borrowed(raw),
        Escapes::Possible => unescape_tsv(raw),
    }
}

/// Zeek's `T` and `F` as Defender writes them.
fn flag(raw: &str) -> &str {
    match raw {
        "T" => "true",
        "F" => "false",
        other => other,
    }
}

/// `\xNN` as the byte it stands for; where the bytes are no UTF-8 the escapes stay.
fn unescape_tsv(raw: &str) -> Cow<'_, str> {
    if memchr::memchr(b'\\', raw.as_bytes()).is_none() {
        return Cow::Borrowed(raw);
    }
    let (bytes, mut out, mut index) = (raw.as_bytes(), Vec::with_capacity(raw.len()), 0);
    while index < bytes.len() {
        let escape = bytes[index..]
            .strip_prefix(br"\x")
            .and_then(|rest| rest.get(..2));
        let byte =
            escape.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        match byte {
            Some(byte) => {
                out.push(byte);
                index += 4;
            }
            None => {
                // Zeek doubles a backslash that stands for itself.
                let doubled = bytes[index..].starts_with(br"\\");
                out.push(bytes[index]);
                index += if doubled { 2 } else { 1 };
            }
        }
    }
    Cow::Owned(lossless(&out, Escape::Plain).0.into_owned())
}

/// `a,b` as the JSON text `["a","b"]`, escaped once more for the string that it stands in.
fn push_tsv_list(text: &mut String, raw: &str, kind: Kind, style: &Style) {
    text.push('[');
    if raw != style.empty {
        for (index, element) in raw.split(style.set_separator.as_str()).enumerate() {
            if index > 0 {
                text.push(',');
            }
            match kind {
                Kind::SecondsList => push_json_escaped(text, element),
                _ => push_element(text, &unescape_tsv(element)),
            }
        }
    }
    text.push(']');
}

fn push_element(text: &mut String, element: &str) {
    let plain = element
        .bytes()
        .all(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\');
    text.push_str("\\\"");
    if plain {
        text.push_str(element);
    } else {
        let mut once = String::new();
        push_json_escaped(&mut once, element);
        push_json_escaped(text, &once);
    }
    text.push_str("\\\"");
}

fn push_json(text: &mut String, raw: &str) {
    let Some(inside) = raw
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
    else {
        let mut compact = String::new();
        match raw.starts_with(['[', '{']) {
            true => {
                push_compact_json(&mut compact, raw);
                push_json_escaped(text, &compact);
            }
            false => push_json_escaped(text, raw),
        }
        return;
    };
    match memchr::memchr(b'\\', inside.as_bytes()) {
        None => text.push_str(inside),
        Some(_) => push_json_escaped(text, &json_text(raw)),
    }
}

/// The text of a JSON string, or the JSON of any other value.
fn json_text(raw: &str) -> Cow<'_, str> {
    let Some(inside) = raw
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
    else {
        return Cow::Borrowed(raw);
    };
    if memchr::memchr(b'\\', inside.as_bytes()).is_none() {
        return Cow::Borrowed(inside);
    }
    serde_json::from_str::<String>(raw).map_or(Cow::Borrowed(inside), Cow::Owned)
}

/// Zeek's JSON has all digits of a double, its TSV six after the point.
fn push_seconds(text: &mut String, raw: &str) {
    match raw.parse::<f64>() {
        Ok(seconds) => write!(text, "{seconds:.6}").expect("a String takes everything"),
        Err(_) => push_json(text, raw),
    }
}

fn push_json_seconds(text: &mut String, raw: &str) {
    text.push('[');
    let inside = raw.trim_start_matches('[').trim_end_matches(']');
    for (index, element) in inside
        .split(',')
        .map(str::trim)
        .filter(|element| !element.is_empty())
        .enumerate()
    {
        if index > 0 {
            text.push(',');
        }
        push_seconds(text, element);
    }
    text.push(']');
}
