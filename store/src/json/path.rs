//! Constant paths into dynamic values: `a.b`, `a["b"]`, `a[0]`, and the JSONPath subset of Kusto (`$.a[0]['b c']`).
//!
//! Source: Kusto docs, "JSONPath syntax".

use super::{Array, Number, element, items, member, non_null, number, quote, unquote};

/// One step down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    Member(String),
    /// Negative counts from the end.
    Element(i64),
}

/// What the steps lead to; `None` when something on the way is missing, or the value is `null`.
pub fn follow<'a>(json: &'a str, steps: &[Step]) -> Option<&'a str> {
    let mut here = json;
    for step in steps {
        here = match step {
            Step::Member(key) => member(here, key)?,
            Step::Element(index) => element(here, *index)?,
        };
    }
    non_null(here)
}

/// The steps as a JSON array of keys and indices: how a path travels in a plan.
pub fn path_text(steps: &[Step]) -> String {
    let mut array = Array::default();
    for step in steps {
        array.push(Some(&match step {
            Step::Member(key) => quote(key),
            Step::Element(index) => index.to_string(),
        }));
    }
    array.finish()
}

/// The inverse of [`path_text`].
pub fn steps_of(text: &str) -> Option<Vec<Step>> {
    items(text)
        .map(|item| match number(item) {
            Some(Number::Long(index)) => Some(Step::Element(index)),
            Some(Number::Real(_)) => None,
            None => Some(Step::Member(unquote(item).into_owned())),
        })
        .collect()
}

/// Reads `$`, `$.a.b`, `$['a'][0]["c"]`; the leading `$` may be missing. `None` for wildcards and what else is no plain path.
pub fn parse_path(text: &str) -> Option<Vec<Step>> {
    let mut rest = text.trim();
    match rest.strip_prefix('$') {
        Some(behind) => rest = behind,
        None if !rest.starts_with('[') && !rest.starts_with('.') => {
            return dotted(rest).and_then(|(step, rest)| steps(vec![step], rest));
        }
        None => {}
    }
    steps(Vec::new(), rest)
}

fn steps(mut steps: Vec<Step>, mut rest: &str) -> Option<Vec<Step>> {
    while !rest.is_empty() {
        let (step, behind) = match rest.strip_prefix('.') {
            Some(name) if name.starts_with('[') => bracketed(name)?,
            Some(name) => dotted(name)?,
            None => bracketed(rest)?,
        };
        steps.push(step);
        rest = behind;
    }
    Some(steps)
}

/// `name` up to the next `.` or `[`.
fn dotted(text: &str) -> Option<(Step, &str)> {
    let end = text.find(['.', '[']).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    (!name.is_empty() && name != "*").then(|| (Step::Member(name.to_string()), rest))
}

/// `['name']`, `["name"]`, `[0]`
fn bracketed(text: &str) -> Option<(Step, &str)> {
    let inner = text.strip_prefix('[')?;
    for quote in ['\'', '"'] {
        if let Some(name) = inner.strip_prefix(quote) {
            let end = name.find(quote)?;
            let rest = name[end + 1..].strip_prefix(']')?;
            return Some((Step::Member(name[..end].to_string()), rest));
        }
    }
    let (index, rest) = inner.split_once(']')?;
    Some((Step::Element(index.trim().parse().ok()?), rest))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_path_leads_to_a_value() {
        let json = r#"{"a":{"b c":[10,{"d":"x"}]},"n":null}"#;
        for path in [
            r#"$.a["b c"][1].d"#,
            "$['a']['b c'][-1].d",
            "a['b c'][1]['d']",
        ] {
            assert_eq!(
                follow(json, &parse_path(path).unwrap()),
                Some(r#""x""#),
                "{path}"
            );
        }
        assert_eq!(follow(json, &parse_path("$.n").unwrap()), None);
        assert_eq!(follow(json, &parse_path("$.a.z.q").unwrap()), None);
        assert_eq!(follow(json, &[]), Some(json));
    }

    #[test]
    fn a_path_survives_as_text() {
        let steps = parse_path(r#"$.a["b c"][-1]"#).unwrap();
        assert_eq!(path_text(&steps), r#"["a","b c",-1]"#);
        assert_eq!(steps_of(&path_text(&steps)), Some(steps));
    }

    #[test]
    fn wildcards_are_no_plain_path() {
        for path in ["$.*", "$[*]", "$..a", "$[", "$['a'"] {
            assert_eq!(parse_path(path), None, "{path}");
        }
    }
}
