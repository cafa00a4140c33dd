//! CEF and LEEF: a header of fields between bars, then an extension of pairs.
//!
//! (spec: <https://www.microfocus.com/documentation/arcsight/arcsight-smartconnectors-8.4/cef-implementation-standard/>,
//! <https://www.ibm.com/docs/en/dsm?topic=leef-overview>)
//!
//! - CEF: `CEF:0|vendor|product|version|class|name|severity|extension`. In the header `\|` and `\\` are escapes, in the
//!   extension `\=`, `\\`, `\n`, `\r`. A value runs to the next ` key=`. `cs1Label=Policy cs1=x` is the field `Policy`.
//! - LEEF 1.0: five header fields, pairs between tabs. LEEF 2.0: a sixth names the delimiter: one character, or its code
//!   as `x09`, `0x09`.
//!
//! The header's fields are `vendor`, `product`, `event` (class) and `name`, each behind `header.`.

use super::fields::Fields;
use super::pairs;
use crate::output::Refusal;
use std::borrow::Cow;

type Read<'a> = Result<Fields<'a>, Refusal>;

pub(super) fn is_cef(text: &str) -> bool {
    text.starts_with("CEF:")
}

pub(super) fn is_leef(text: &str) -> bool {
    text.starts_with("LEEF:")
}

pub(super) fn cef(line: &str) -> Read<'_> {
    let (header, extension) = header(line, 7)?;
    let mut fields = Fields::default();
    for (name, at) in [
        ("header.vendor", 1),
        ("header.product", 2),
        ("header.event", 4),
        ("header.name", 5),
    ] {
        fields.push(name, header[at].clone());
    }
    let starts: Vec<(usize, usize)> = pairs::key_starts(extension);
    let mut found = Vec::new();
    for (index, (start, equals)) in starts.iter().enumerate() {
        let end = starts
            .get(index + 1)
            .map_or(extension.len(), |(next, _)| *next);
        let value = unescaped(extension[equals + 1..end].trim_end_matches(' '));
        found.push((&extension[*start..*equals], value));
    }
    let first = starts.first().map_or(extension.len(), |(start, _)| *start);
    if !extension[..first].trim().is_empty() {
        let message = format!(
            "`{}` in the extension is no key=value",
            pairs::cut(extension)
        );
        return Err(Refusal::new("bad_pair", message));
    }
    labelled(&mut fields, found);
    Ok(fields)
}

/// Fields with a label are named by it (`cs1Label`, `cn2Label`, `deviceCustomDate1Label` …).
fn labelled<'a>(fields: &mut Fields<'a>, found: Vec<(&'a str, Cow<'a, str>)>) {
    let labels: Vec<(String, String)> = found
        .iter()
        .filter_map(|(key, value)| Some((key.strip_suffix("Label")?.to_owned(), value.to_string())))
        .collect();
    for (key, value) in found {
        if key
            .strip_suffix("Label")
            .is_some_and(|short| labels.iter().any(|(name, _)| name == short))
        {
            continue;
        }
        match labels
            .iter()
            .find(|(name, label)| name == key && !label.is_empty())
        {
            Some((_, label)) => fields.push(label.clone(), value),
            None => fields.push(key, value),
        }
    }
}

pub(super) fn leef(line: &str) -> Read<'_> {
    let is_second = line.starts_with("LEEF:2");
    let (header, rest) = header(line, if is_second { 6 } else { 5 }).or_else(|refusal| {
        if is_second {
            header(line, 5)
        } else {
            Err(refusal)
        }
    })?;
    let delimiter = header.get(5).map_or(Ok('\t'), |text| delimiter(text))?;
    let mut fields = Fields::default();
    for (name, at) in [
        ("header.vendor", 1),
        ("header.product", 2),
        ("header.event", 4),
    ] {
        fields.push(name, header[at].clone());
    }
    // Some senders write blanks although tabs are the default.
    let blank = delimiter == '\t' && !rest.contains('\t');
    if blank {
        let starts = pairs::key_starts(rest);
        for (index, (start, equals)) in starts.iter().enumerate() {
            let end = starts.get(index + 1).map_or(rest.len(), |(next, _)| *next);
            fields.push(
                &rest[*start..*equals],
                unescaped(rest[equals + 1..end].trim_end()),
            );
        }
        return Ok(fields);
    }
    for pair in rest.split(delimiter).filter(|pair| !pair.trim().is_empty()) {
        let Some((key, value)) = pair
            .split_once('=')
            .filter(|(key, _)| pairs::is_key(key.trim()))
        else {
            let message = format!("`{}` is no key=value", pairs::cut(pair));
            return Err(Refusal::new("bad_pair", message));
        };
        fields.push(key.trim(), unescaped(value));
    }
    Ok(fields)
}

/// `^`, `x09`, `0x7c`; empty is a tab.
fn delimiter(text: &str) -> Result<char, Refusal> {
    let refuse = || {
        Refusal::new(
            "bad_delimiter",
            format!("`{}` is no delimiter", pairs::cut(text)),
        )
    };
    let hex = text
        .strip_prefix("0x")
        .or_else(|| text.strip_prefix('x'))
        .filter(|hex| !hex.is_empty());
    match hex {
        Some(hex) => u32::from_str_radix(hex, 16)
            .ok()
            .and_then(char::from_u32)
            .ok_or_else(refuse),
        None => {
            let mut chars = text.chars();
            match (chars.next(), chars.next()) {
                (None, _) => Ok('\t'),
                (Some(one), None) => Ok(one),
                _ => Err(refuse()),
            }
        }
    }
}

/// The first `count` fields between bars, unescaped, and what follows the last bar.
fn header(line: &str, count: usize) -> Result<(Vec<Cow<'_, str>>, &str), Refusal> {
    let mut fields = Vec::with_capacity(count);
    let (mut start, mut at) = (0, 0);
    let bytes = line.as_bytes();
    while fields.len() < count {
        let Some(found) = bytes
            .get(at..)
            .and_then(|rest| memchr::memchr2(b'|', b'\\', rest))
        else {
            let message = format!("the header has {} fields, not {count}", fields.len());
            return Err(Refusal::new("field_count", message));
        };
        at += found;
        if bytes[at] == b'\\' {
            at += 2;
            continue;
        }
        fields.push(unescaped(&line[start..at]));
        at += 1;
        start = at;
    }
    Ok((fields, &line[start..]))
}

/// Text without its escapes; a backslash before anything else is itself.
fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let escaped = match (c, chars.peek()) {
            ('\\', Some(next @ ('|' | '=' | '\\'))) => Some(*next),
            ('\\', Some('n')) => Some('\n'),
            ('\\', Some('r')) => Some('\r'),
            _ => None,
        };
        match escaped {
            Some(escaped) => {
                chars.next();
                out.push(escaped);
            }
            None => out.push(c),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn get<'a>(fields: &'a Fields<'_>, name: &str) -> &'a str {
        fields.get(&[name], &[]).unwrap_or_default()
    }

    #[test]
    fn a_cef_value_runs_to_the_next_key_and_escapes_are_undone() {
        let fields = cef(
            r"CEF:0|Ven\|dor|Prod|1|100|A name|3|src=10.0.0.1 msg=two words\=three c:\\x cs1Label=Policy cs1=Super Admin**Default request=http://a.example/?q\=1",
        )
        .unwrap();
        assert_eq!(get(&fields, "header.vendor"), "Ven|dor");
        assert_eq!(get(&fields, "msg"), r"two words=three c:\x");
        assert_eq!(get(&fields, "Policy"), "Super Admin**Default");
        assert!(!fields.has("cs1Label") && !fields.has("cs1"));
        assert_eq!(get(&fields, "request"), "http://a.example/?q=1");
        assert_eq!(cef("CEF:0|a|b").unwrap_err().code, "field_count");
    }

    #[test]
    fn leef_names_its_delimiter() {
        for line in [
            "LEEF:1.0|V|P|1|web|src=10.0.0.1\turl=http://a.example/x y",
            "LEEF:2.0|V|P|1|web|^|src=10.0.0.1^url=http://a.example/x y",
            "LEEF:2.0|V|P|1|web|x09|src=10.0.0.1\turl=http://a.example/x y",
            "LEEF:2.0|V|P|1|web|0x5e|src=10.0.0.1^url=http://a.example/x y",
        ] {
            let fields = leef(line).unwrap();
            assert_eq!(
                (get(&fields, "src"), get(&fields, "url")),
                ("10.0.0.1", "http://a.example/x y"),
                "{line}"
            );
        }
    }
}
