//! Text out of `dynamic` values and `dynamic` values out of text, without a tree in between where that is possible.

use serde_json::Value;

/// The elements of an array as texts; a value that is no array is its own one element. Nulls are left out.
pub fn strings_of(json: &str) -> Vec<String> {
    match serde_json::from_str(json) {
        Ok(Value::Array(elements)) => elements.into_iter().filter_map(text_of).collect(),
        Ok(value) => text_of(value).into_iter().collect(),
        Err(_) => Vec::new(),
    }
}

/// The text of a value as `tostring` gives it; `None` for null.
pub fn text_of(value: Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    }
}

/// Appends `text` as a JSON string.
pub fn push_string(out: &mut String, text: &str) {
    if text
        .bytes()
        .all(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\')
    {
        out.push('"');
        out.push_str(text);
        out.push('"');
        return;
    }
    out.push_str(&Value::from(text).to_string());
}

/// A JSON array of strings.
pub fn array_of<T: AsRef<str>>(elements: impl Iterator<Item = T>) -> String {
    let mut out = String::from("[");
    for element in elements {
        if out.len() > 1 {
            out.push(',');
        }
        push_string(&mut out, element.as_ref());
    }
    out.push(']');
    out
}

/// A JSON object of strings, in the order given.
pub fn object_of<K: AsRef<str>, T: AsRef<str>>(members: impl Iterator<Item = (K, T)>) -> String {
    let mut out = String::from("{");
    for (key, value) in members {
        if out.len() > 1 {
            out.push(',');
        }
        push_string(&mut out, key.as_ref());
        out.push(':');
        push_string(&mut out, value.as_ref());
    }
    out.push('}');
    out
}
