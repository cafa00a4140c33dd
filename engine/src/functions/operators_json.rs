//! Ways into JSON text that was not made a dynamic before: `parse_json(Text).a.b` where nothing else reads the dynamic.
//!
//! The plan's own rule ([`crate::into_text`]) puts these in the place of two calls. A text that cannot lead anywhere, because
//! the key or the value asked for occurs nowhere in it, is not parsed.
//!
//! | call | stands for |
//! |---|---|
//! | `json_path(text, path)` | `parse_json(text).path` |
//! | `json_path_text(text, path)` | `tostring(parse_json(text).path)` |
//! | `json_path_is(text, path, value)` | `tostring(parse_json(text).path) == value`, for a value that is not empty |

use super::operators_dynamic::path_of;
use super::row::{Overload, Param, ResultName, ScalarFunction, example, overload};
use crate::json::{self, Step, led, text_led};
use crate::kernel::{Args, KernelError, KernelResult, collect};
use huntql_kql::types::Type;
use memchr::memmem::Finder;
use std::borrow::Cow;

const PATH: &[Overload] = &[overload(
    &[Param::Text, Param::Constant],
    Type::Dynamic,
    json_path,
)];
const PATH_TEXT: &[Overload] = &[overload(
    &[Param::Text, Param::Constant],
    Type::String,
    json_path_text,
)];
const PATH_IS: &[Overload] = &[overload(
    &[Param::Text, Param::Constant, Param::Constant],
    Type::Bool,
    json_path_is,
)];

pub const OPERATORS: &[ScalarFunction] = &[
    ScalarFunction {
        name: "json_path",
        aliases: &[],
        overloads: PATH,
        result_name: ResultName::Default,
        doc: "Follows a constant path into JSON text.",
        source: "kusto/query/parse-json-function",
        examples: &[
            example(r#"parse_json('{"a":{"b":[7]}}').a.b[0]"#, "dynamic(7)"),
            example(r#"parse_json('no JSON').a"#, "dynamic(null)"),
        ],
    },
    ScalarFunction {
        name: "json_path_text",
        aliases: &[],
        overloads: PATH_TEXT,
        result_name: ResultName::Default,
        doc: "Follows a constant path into JSON text and gives what it leads to as `tostring` does.",
        source: "kusto/query/parse-json-function",
        examples: &[
            example(r#"tostring(parse_json('{"a":"x"}').a)"#, r#""x""#),
            example(r#"tostring(parse_json('{"a":"x"}').b)"#, r#""""#),
        ],
    },
    ScalarFunction {
        name: "json_path_is",
        aliases: &[],
        overloads: PATH_IS,
        result_name: ResultName::Default,
        doc: "Tells whether what a constant path into JSON text leads to has this text.",
        source: "kusto/query/parse-json-function",
        examples: &[
            example(r#"tostring(parse_json('{"a":"x"}').a) == "x""#, "true"),
            example(r#"tostring(parse_json('{"b":"x"}').a) == "x""#, "false"),
        ],
    },
];

fn json_path(args: &Args<'_>) -> KernelResult {
    let steps = path_of(args)?;
    let key = Trace::of_path(&steps);
    let texts = args.input::<&str>(0);
    collect(args, |row| {
        let text = texts.get(row).unwrap_or_default();
        key.may_be_in(text).then(|| led(text, &steps))?
    })
}

fn json_path_text(args: &Args<'_>) -> KernelResult {
    let steps = path_of(args)?;
    let key = Trace::of_path(&steps);
    let texts = args.input::<&str>(0);
    collect(args, |row| {
        let text = texts.get(row).unwrap_or_default();
        Some(match key.may_be_in(text) {
            true => text_led(text, &steps),
            false => Cow::Borrowed(""),
        })
    })
}

fn json_path_is(args: &Args<'_>) -> KernelResult {
    let steps = path_of(args)?;
    let value = args.constant_text(2).ok_or_else(|| KernelError::Argument {
        index: 2,
        message: "what a path leads to is compared with a constant".into(),
    })?;
    let (key, trace) = (Trace::of_path(&steps), Trace::of_value(value));
    let texts = args.input::<&str>(0);
    collect(args, |row| {
        let text = texts.get(row).unwrap_or_default();
        let may = trace.may_be_in(text) && key.may_be_in(text);
        Some(may && text_led(text, &steps) == value)
    })
}

/// Bytes that JSON text has when a string occurs in it: those of the string, unless it is written with `\u`.
struct Trace<'s> {
    /// `None` where nothing is known.
    finders: Option<(Finder<'s>, Finder<'static>)>,
}

impl<'s> Trace<'s> {
    fn of(string: Option<&'s str>) -> Self {
        // The other escapes stand for these alone.
        let may_be_escaped = |byte: u8| matches!(byte, b'"' | b'\\' | b'/' | 0..=0x1f);
        let plain =
            string.filter(|string| !string.is_empty() && !string.bytes().any(may_be_escaped));
        Self {
            finders: plain.map(|plain| (Finder::new(plain), Finder::new("\\u"))),
        }
    }

    /// A key on the way.
    fn of_path(steps: &'s [Step]) -> Self {
        Self::of(steps.iter().find_map(|step| match step {
            Step::Member(key) => Some(key.as_str()),
            Step::Element(_) => None,
        }))
    }

    /// The text of a value; that of a number may be written in other ways.
    fn of_value(value: &'s str) -> Self {
        Self::of(Some(value).filter(|value| json::parse(value).is_none()))
    }

    fn may_be_in(&self, text: &str) -> bool {
        self.finders.as_ref().is_none_or(|(plain, escaped)| {
            let text = text.as_bytes();
            plain.find(text).is_some() || escaped.find(text).is_some()
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use crate::functions::call;
    use crate::json::{Step, path_text};
    use huntql_kql::types::Value;
    use proptest::prelude::*;

    /// JSON in many spellings, and what is none.
    fn texts() -> impl Strategy<Value = String> {
        let word = || {
            prop_oneof![
                Just("a".to_owned()),
                Just("bc".to_owned()),
                Just("\\u0061".to_owned()),
                Just("b\\u0063".to_owned()),
                Just("c\\/".to_owned()),
                Just("é".to_owned()),
                Just(String::new()),
            ]
        };
        let leaf = prop_oneof![
            word().prop_map(|word| format!("\"{word}\"")),
            Just("null".to_owned()),
            Just("true".to_owned()),
            Just("1.50".to_owned()),
            Just("7".to_owned()),
        ];
        let json = leaf.prop_recursive(3, 16, 3, move |inner| {
            let slot = (word(), inner.clone());
            prop_oneof![
                prop::collection::vec(inner, 0..3)
                    .prop_map(|items| format!("[{}]", items.join(" ,"))),
                prop::collection::vec(slot, 0..4).prop_map(|slots| {
                    let slots: Vec<String> = slots
                        .into_iter()
                        .map(|(key, value)| format!("\"{key}\": {value}"))
                        .collect();
                    format!("{{{}}}", slots.join(","))
                }),
            ]
        });
        prop_oneof![
            8 => json,
            1 => Just(String::new()),
            1 => Just("{\"a\":\"bc\"".to_owned()),
            1 => Just("a".to_owned()),
        ]
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let key = prop_oneof![Just("a"), Just("bc"), Just("c/"), Just("é"), Just("")];
        let step = prop_oneof![
            4 => key.prop_map(|key| Step::Member(key.to_owned())),
            1 => (-2_i64..2).prop_map(Step::Element),
        ];
        prop::collection::vec(step, 1..3)
    }

    proptest! {
        #[test]
        fn a_path_into_text_leads_where_it_leads_in_the_dynamic(text in texts(), steps in steps()) {
            let text = Value::String(text);
            let path = Value::String(path_text(&steps));
            let dynamic = call("parse_json", std::slice::from_ref(&text)).unwrap();
            let found = call("dynamic_path", &[dynamic.clone(), path.clone()]).unwrap();
            prop_assert_eq!(call("json_path", &[text.clone(), path.clone()]).unwrap(), found);
            let shown = call("dynamic_path_text", &[dynamic, path.clone()]).unwrap();
            prop_assert_eq!(&call("json_path_text", &[text.clone(), path.clone()]).unwrap(), &shown);
            for value in ["a", "bc", "c/", "é", "true", "1.5", "1.50", "7", "[]", "[7]"] {
                let value = Value::String(value.to_owned());
                let is = Value::Bool(Some(value == shown));
                prop_assert_eq!(call("json_path_is", &[text.clone(), path.clone(), value]).unwrap(), is);
            }
        }
    }
}
