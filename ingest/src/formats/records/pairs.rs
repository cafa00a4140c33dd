//! `key=value` records: blanks or tabs between, values in quotes where they hold blanks.
//!
//! Two kinds, because products differ: [`quoted`] ends a bare value at the next blank, [`open`] at the next ` key=`, for
//! feeds that do not quote (`category=Business, Software/Hardware`).

use super::fields::Fields;
use crate::output::Refusal;
use std::borrow::Cow;

type Read<'a> = Result<Fields<'a>, Refusal>;

/// Pairs whose values hold blanks only inside quotes; `\"` and `\\` are escapes there. With tabs in the line, tabs alone
/// separate, and bare values may hold blanks.
pub(super) fn quoted(line: &str) -> Read<'_> {
    let tabs = line.contains('\t');
    let is_gap = |c: char| c == '\t' || (c == ' ' && !tabs);
    let mut fields = Fields::default();
    let mut rest = line.trim_matches([' ', '\t', ',']);
    while !rest.is_empty() {
        let Some(equals) = rest.find('=') else {
            return Err(Refusal::new(
                "bad_pair",
                format!("`{}` is no key=value", cut(rest)),
            ));
        };
        let key = rest[..equals].trim();
        if !is_key(key) {
            return Err(Refusal::new(
                "bad_pair",
                format!("`{}` is no key", cut(key)),
            ));
        }
        rest = &rest[equals + 1..];
        match rest.strip_prefix('"') {
            Some(inside) => {
                let Some((value, after)) = quoted_value(inside) else {
                    return Err(Refusal::new(
                        "unclosed_quote",
                        format!("the quotes of `{key}` do not close on the line"),
                    ));
                };
                fields.push(key, value);
                rest = after;
            }
            None => {
                let end = rest.find(is_gap).unwrap_or(rest.len());
                fields.push(key, &rest[..end]);
                rest = &rest[end..];
            }
        }
        rest = rest.trim_start_matches([' ', '\t', ',']);
    }
    Ok(fields)
}

/// The text up to the closing quote, and what follows it.
///
/// `\"` is a quote inside the value. Where no quote would then close it (`path="C:\dir\" n=1`: not all writers escape), the
/// first quote before a gap closes.
fn quoted_value(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let ends = |at: usize| {
        let after = &text[at + 1..];
        after.is_empty() || after.starts_with([' ', '\t', ','])
    };
    let (mut at, mut escaped) = (0, false);
    while let Some(found) = text
        .as_bytes()
        .get(at..)
        .and_then(|rest| memchr::memchr2(b'"', b'\\', rest))
    {
        at += found;
        if text.as_bytes()[at] == b'"' {
            break;
        }
        // Only a quote and a backslash are escaped; `C:\Users` is not.
        let is_escape = matches!(text.as_bytes().get(at + 1), Some(b'"' | b'\\'));
        escaped |= is_escape;
        at += if is_escape { 2 } else { 1 };
    }
    if text.as_bytes().get(at) == Some(&b'"') && ends(at) {
        let value = match escaped {
            true => Cow::Owned(text[..at].replace("\\\"", "\"").replace("\\\\", "\\")),
            false => Cow::Borrowed(&text[..at]),
        };
        return Some((value, &text[at + 1..]));
    }
    let at = memchr::memchr_iter(b'"', text.as_bytes()).find(|at| ends(*at))?;
    Some((Cow::Borrowed(&text[..at]), &text[at + 1..]))
}

/// Pairs whose bare values may hold blanks: a value ends where ` key=` begins. A backslash before `=` keeps it in the value.
pub(super) fn open(line: &str) -> Read<'_> {
    let mut fields = Fields::default();
    let starts = key_starts(line);
    if starts
        .first()
        .is_none_or(|(start, _)| !line[..*start].trim().is_empty())
    {
        return Err(Refusal::new(
            "bad_pair",
            format!("`{}` is no key=value", cut(line)),
        ));
    }
    for (index, (start, equals)) in starts.iter().enumerate() {
        let end = starts.get(index + 1).map_or(line.len(), |(next, _)| *next);
        let value = line[equals + 1..end].trim_matches([' ', '\t', ',']);
        let value = value
            .strip_prefix('"')
            .and_then(|inside| inside.strip_suffix('"'))
            .unwrap_or(value);
        fields.push(&line[*start..*equals], value);
    }
    Ok(fields)
}

/// Where each key begins and its `=` stands: a key is preceded by a blank or the beginning, and its `=` by no backslash.
pub(super) fn key_starts(line: &str) -> Vec<(usize, usize)> {
    let bytes = line.as_bytes();
    memchr::memchr_iter(b'=', bytes)
        .filter_map(|equals| {
            let start = line[..equals].rfind([' ', '\t']).map_or(0, |gap| gap + 1);
            is_key(&line[start..equals]).then_some((start, equals))
        })
        .collect()
}

/// Letters, digits and `_ . -`, beginning with a letter or `_`.
pub(super) fn is_key(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes
        .next()
        .is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        && text.len() <= 64
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
}

/// The beginning of a text, for messages.
pub(super) fn cut(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn pairs<'a>(fields: &'a Fields<'a>) -> Vec<(&'a str, &'a str)> {
        fields.left_over(&[]).collect()
    }

    #[test]
    fn quoted_values_hold_blanks_and_escapes() {
        let fields = quoted(r#"date=2026-03-02 msg="a \"b\" c=d" path="C:\dir\" n=1"#).unwrap();
        assert_eq!(
            pairs(&fields),
            [
                ("date", "2026-03-02"),
                ("msg", "a \"b\" c=d"),
                ("path", "C:\\dir\\"),
                ("n", "1")
            ]
        );
    }

    #[test]
    fn with_tabs_blanks_belong_to_values() {
        let fields = quoted("a=x y\tb=z").unwrap();
        assert_eq!(pairs(&fields), [("a", "x y"), ("b", "z")]);
    }

    #[test]
    fn what_is_no_pair_or_does_not_close_is_refused() {
        assert_eq!(quoted("just words").unwrap_err().code, "bad_pair");
        assert_eq!(quoted("a=\"b c=d").unwrap_err().code, "unclosed_quote");
    }

    #[test]
    fn an_open_value_ends_at_the_next_key() {
        let fields = open("category=Business, Software/Hardware media=a/b q=x=y").unwrap();
        assert_eq!(
            pairs(&fields),
            [
                ("category", "Business, Software/Hardware"),
                ("media", "a/b"),
                ("q", "x=y")
            ]
        );
    }
}
