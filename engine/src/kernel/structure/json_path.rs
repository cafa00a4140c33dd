//! One value out of JSON text by a path such as `$.a['b c'][0]`.

use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::HashMap;

/// A step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    Key(String),
    Index(usize),
}

/// Reads a path.
///
/// # Errors
/// A sentence about what is not understood: a path that does not start with `$`, and wildcards.
pub fn parse(path: &str) -> Result<Vec<Step>, String> {
    let refuse = || format!("`{path}` is not a path of the form `$.name[0]['name']`");
    let mut rest = path.strip_prefix('$').ok_or_else(refuse)?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        let (step, after) = match rest.strip_prefix('.') {
            Some(named) => named_step(named),
            None => rest.strip_prefix('[').and_then(bracket_step),
        }
        .ok_or_else(refuse)?;
        steps.push(step);
        rest = after;
    }
    Ok(steps)
}

fn named_step(text: &str) -> Option<(Step, &str)> {
    let (name, rest) = text.split_at(text.find(['.', '[']).unwrap_or(text.len()));
    (!name.is_empty() && name != "*").then(|| (Step::Key(name.to_owned()), rest))
}

fn bracket_step(text: &str) -> Option<(Step, &str)> {
    for quote in ['\'', '"'] {
        if let Some(quoted) = text.strip_prefix(quote) {
            let (name, rest) = quoted.split_once(quote)?;
            return Some((Step::Key(name.to_owned()), rest.strip_prefix(']')?));
        }
    }
    let (index, rest) = text.split_once(']')?;
    Some((Step::Index(index.trim().parse().ok()?), rest))
}

/// The text of the value at the path: of a string what it says, of other values their JSON. `None` when the text is no JSON, or
/// there is nothing at the path, or null.
pub fn text_at(json: &str, steps: &[Step]) -> Option<String> {
    let mut value: &RawValue = serde_json::from_str(json).ok()?;
    for step in steps {
        value = match step {
            Step::Key(key) => {
                let members: HashMap<Cow<'_, str>, &RawValue> =
                    serde_json::from_str(value.get()).ok()?;
                members.get(key.as_str()).copied()?
            }
            Step::Index(index) => {
                let elements: Vec<&RawValue> = serde_json::from_str(value.get()).ok()?;
                elements.get(*index).copied()?
            }
        };
    }
    let text = value.get();
    match text.as_bytes().first()? {
        b'"' => serde_json::from_str(text).ok(),
        b'n' => None,
        b'{' | b'[' => serde_json::from_str::<serde_json::Value>(text)
            .ok()
            .map(|value| value.to_string()),
        _ => Some(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_is_none_is_refused() {
        for path in ["", "a", "$.", "$..a", "$.*", "$[", "$[x]", "$['a'"] {
            assert!(parse(path).is_err(), "{path}");
        }
    }

    #[test]
    fn the_root_is_a_value_too() {
        assert_eq!(text_at(r#"{"a": 1}"#, &[]).as_deref(), Some(r#"{"a":1}"#));
        assert_eq!(text_at("no json", &[]), None);
    }
}
