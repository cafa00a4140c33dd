//! Work on property bags, slot by slot as slices of JSON text. What is no bag gives null.

use super::{Args, Json, KernelError, KernelResult, Reader, collect};
use crate::json::{
    Array, Bag, Kind, Step, entries, items, kind, member, parse_path, quote, unquote,
};
use std::borrow::Cow;
use std::collections::HashSet;

/// Keys and values in turn.
pub(crate) fn bag_pack(args: &Args<'_>) -> KernelResult {
    if args.len() % 2 == 1 {
        return Err(KernelError::Argument {
            index: args.len() - 1,
            message: "the last key has no value".into(),
        });
    }
    let inputs: Vec<Reader<'_, Json<'_>>> =
        (0..args.len()).map(|index| args.input(index)).collect();
    collect(args, |row| {
        let mut slots: Vec<(Cow<'_, str>, &str)> = Vec::with_capacity(inputs.len() / 2);
        for pair in inputs.chunks_exact(2) {
            let key = pair[0].get(row)?.0;
            let key = if kind(key) == Kind::Text {
                Cow::Borrowed(key)
            } else {
                Cow::Owned(quote(key))
            };
            let value = pair[1].get(row).map_or("null", |Json(json)| json);
            match slots.iter_mut().find(|(known, _)| *known == key) {
                Some(slot) => slot.1 = value,
                None => slots.push((key, value)),
            }
        }
        Some(bag(slots.iter().map(|(key, value)| (key.as_ref(), *value))))
    })
}

fn bag<'a>(slots: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut bag = Bag::default();
    slots
        .into_iter()
        .for_each(|(key, value)| bag.push_quoted(key, value));
    bag.finish()
}

pub(crate) fn bag_keys(json: &str) -> Option<String> {
    (kind(json) == Kind::Bag).then(|| {
        entries(json)
            .map(|(key, _)| key)
            .collect::<Array>()
            .finish()
    })
}

/// The keys that a key text means: `$.a.b` is a path, all else one key. `None` for a path with indices.
fn key_path(key: &str) -> Option<Vec<String>> {
    if !key.starts_with("$.") && !key.starts_with("$[") {
        return Some(vec![key.to_string()]);
    }
    parse_path(key)?
        .into_iter()
        .map(|step| match step {
            Step::Member(key) => Some(key),
            Step::Element(_) => None,
        })
        .collect()
}

pub(crate) fn has_key(json: &str, key: &str) -> Option<bool> {
    if kind(json) != Kind::Bag {
        return None;
    }
    let mut here = Some(json);
    for key in key_path(key)? {
        here = here.and_then(|json| member(json, &key));
    }
    Some(here.is_some())
}

/// Of a key that several bags have, the leftmost one's value stays. Null when an argument is no bag.
pub(crate) fn bag_merge(args: &Args<'_>) -> KernelResult {
    let inputs: Vec<Reader<'_, Json<'_>>> =
        (0..args.len()).map(|index| args.input(index)).collect();
    collect(args, |row| {
        let mut seen = HashSet::new();
        let mut merged = Bag::default();
        for input in &inputs {
            let json = input.get(row)?.0;
            if kind(json) != Kind::Bag {
                return None;
            }
            for (key, value) in entries(json).filter(|(key, _)| seen.insert(*key)) {
                merged.push_quoted(key, value);
            }
        }
        Some(merged.finish())
    })
}

/// A bag without the keys and paths that an array lists.
pub(crate) fn removed(json: &str, keys: &str) -> Option<String> {
    if kind(json) != Kind::Bag || kind(keys) != Kind::Array {
        return None;
    }
    let paths: Vec<Vec<String>> = items(keys)
        .filter(|key| kind(key) == Kind::Text)
        .filter_map(|key| key_path(&unquote(key)))
        .collect();
    let paths: Vec<&[String]> = paths.iter().map(Vec::as_slice).collect();
    Some(without(json, &paths))
}

fn without(json: &str, paths: &[&[String]]) -> String {
    let mut kept = Bag::default();
    for (quoted, value) in entries(json) {
        let key = unquote(quoted);
        let below: Vec<&[String]> = paths
            .iter()
            .filter(|path| path.first().is_some_and(|first| *first == key))
            .map(|path| &path[1..])
            .collect();
        if below.iter().any(|path| path.is_empty()) {
            continue;
        }
        if below.is_empty() || kind(value) != Kind::Bag {
            kept.push_quoted(quoted, value);
        } else {
            kept.push_quoted(quoted, &without(value, &below));
        }
    }
    kept.finish()
}

/// A bag with a key or path set to a value; bags on the way are made where they are missing.
pub(crate) fn with_key(json: &str, key: &str, value: &str) -> Option<String> {
    if kind(json) != Kind::Bag {
        return None;
    }
    set(json, &key_path(key)?, value)
}

fn set(json: &str, path: &[String], value: &str) -> Option<String> {
    let (first, rest) = path.split_first()?;
    let inner = |old: &str| {
        if rest.is_empty() {
            return Some(value.to_string());
        }
        set(if kind(old) == Kind::Bag { old } else { "{}" }, rest, value)
    };
    let mut bag = Bag::default();
    let mut found = false;
    for (quoted, old) in entries(json) {
        if unquote(quoted) == *first {
            found = true;
            bag.push_quoted(quoted, &inner(old)?);
        } else {
            bag.push_quoted(quoted, old);
        }
    }
    if !found {
        bag.push_quoted(&quote(first), &inner("{}")?);
    }
    Some(bag.finish())
}

/// Keys that are no strings are left out, missing values are null. `None` when the keys are no array.
pub(crate) fn bag_zip(keys: &str, values: Option<&str>) -> Option<String> {
    if kind(keys) != Kind::Array {
        return None;
    }
    let mut values = values.map(items).into_iter().flatten();
    let mut seen = HashSet::new();
    let mut bag = Bag::default();
    for key in items(keys) {
        let value = values.next().unwrap_or("null");
        if kind(key) == Kind::Text && seen.insert(key) {
            bag.push_quoted(key, value);
        }
    }
    Some(bag.finish())
}

/// JSON text with the slots of every bag sorted by key; a string at the top is given without quotes.
pub(crate) fn canonical(json: &str) -> String {
    match kind(json) {
        Kind::Text => unquote(json).into_owned(),
        _ => sorted(json),
    }
}

fn sorted(json: &str) -> String {
    match kind(json) {
        Kind::Array => {
            let mut array = Array::default();
            items(json).for_each(|item| array.push(Some(&sorted(item))));
            array.finish()
        }
        Kind::Bag => {
            let mut slots: Vec<(&str, &str)> = entries(json).collect();
            slots.sort_by(|(a, _), (b, _)| unquote(a).cmp(&unquote(b)));
            let mut bag = Bag::default();
            slots
                .iter()
                .for_each(|(key, value)| bag.push_quoted(key, &sorted(value)));
            bag.finish()
        }
        Kind::Null | Kind::Bool | Kind::Number | Kind::Text => json.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_reach_inner_slots() {
        let json = r#"{"key1":123,"key2":{"prop1":"abc","prop2":"xyz"},"key3":[100,200]}"#;
        assert_eq!(
            removed(json, r#"["$.key2.prop1","key3"]"#).as_deref(),
            Some(r#"{"key1":123,"key2":{"prop2":"xyz"}}"#)
        );
        assert_eq!(has_key(json, "$.key2.prop1"), Some(true));
        assert_eq!(has_key(json, "prop1"), Some(false));
        assert_eq!(
            with_key(r#"{"a":1}"#, "$.b.c", "2").as_deref(),
            Some(r#"{"a":1,"b":{"c":2}}"#)
        );
        assert_eq!(
            with_key(r#"{"a":1}"#, "a", "2").as_deref(),
            Some(r#"{"a":2}"#)
        );
    }

    #[test]
    fn keys_are_sorted_at_every_level() {
        assert_eq!(
            canonical(r#"{"b":{"y":1,"x":[{"d":1,"c":2}]},"a":0}"#),
            r#"{"a":0,"b":{"x":[{"c":2,"d":1}],"y":1}}"#
        );
    }
}
