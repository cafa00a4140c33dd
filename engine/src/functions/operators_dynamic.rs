//! Looking into dynamic values: `a.b`, `a["b"]`, `a[0]`, and equality. Found by `operator`, not callable by name in a query.

use super::row::{Overload, Param, ResultName, ScalarFunction, example, overload, variadic};
use crate::json::{
    Bag, Kind, Number, Step, element, equal, follow, items, kind, member, non_null, number,
    steps_of, unquote,
};
use crate::kernel::{Args, Json, KernelError, KernelResult, Reader, collect};
use huntql_kql::types::Type;
use std::borrow::Cow;

const MEMBER: &[Overload] = &[overload(
    &[Param::Is(Type::Dynamic), Param::Text],
    Type::Dynamic,
    dynamic_member,
)];
const ELEMENT: &[Overload] = &[overload(
    &[Param::Is(Type::Dynamic), Param::Is(Type::Long)],
    Type::Dynamic,
    dynamic_element,
)];
const PATH: &[Overload] = &[overload(
    &[Param::Is(Type::Dynamic), Param::Constant],
    Type::Dynamic,
    dynamic_path,
)];
const PATH_TEXT: &[Overload] = &[overload(
    &[Param::Is(Type::Dynamic), Param::Constant],
    Type::String,
    dynamic_path_text,
)];
const EQUALS: &[Overload] = &[overload(
    &[Param::Is(Type::Dynamic), Param::Is(Type::Dynamic)],
    Type::Bool,
    dynamic_equals,
)];

const AT: &[Overload] = &[overload(
    &[Param::Is(Type::Dynamic), Param::Is(Type::Dynamic)],
    Type::Dynamic,
    |args| args.map2(|Json(json), Json(key)| at(json, key)),
)];
const CONTAINS: &[Overload] = &[overload(
    &[Param::Is(Type::Dynamic), Param::Json],
    Type::Bool,
    |args| dynamic_contains(args, equal),
)];
const CONTAINS_CI: &[Overload] = &[overload(
    &[Param::Is(Type::Dynamic), Param::Json],
    Type::Bool,
    |args| dynamic_contains(args, equal_ci),
)];
const PRESENT: &[Overload] = &[variadic(
    &[Param::Json, Param::Json],
    Type::Dynamic,
    pack_present,
)];

pub const OPERATORS: &[ScalarFunction] = &[
    ScalarFunction {
        name: "dynamic_at",
        aliases: &[],
        overloads: AT,
        result_name: ResultName::Default,
        doc: "Gives what a bag has under a key, or an array at an index, when that is a dynamic value itself.",
        source: "kusto/query/scalar-data-types/dynamic",
        examples: &[
            example(r#"dynamic({"a":1})[dynamic("a")]"#, "dynamic(1)"),
            example("dynamic([1,2,3])[dynamic(1)]", "dynamic(2)"),
        ],
    },
    ScalarFunction {
        name: "dynamic_contains",
        aliases: &[],
        overloads: CONTAINS,
        result_name: ResultName::Default,
        doc: "Tells whether an array has an element that equals a value.",
        source: "kusto/query/in-operator",
        examples: &[
            example("2 in (dynamic([1,2,3]))", "true"),
            example(r#""a" in (dynamic(["A"]))"#, "false"),
        ],
    },
    ScalarFunction {
        name: "dynamic_contains_ci",
        aliases: &[],
        overloads: CONTAINS_CI,
        result_name: ResultName::Default,
        doc: "Tells whether an array has an element that equals a value; strings in any case.",
        source: "kusto/query/in-operator",
        examples: &[
            example(r#""a" in~ (dynamic(["A"]))"#, "true"),
            example(r#""a" in~ (dynamic(["B"]))"#, "false"),
        ],
    },
    ScalarFunction {
        name: "pack_present",
        aliases: &[],
        overloads: PRESENT,
        result_name: ResultName::Default,
        doc: "Makes a bag of keys and values, without the values that are null or an empty string.",
        source: "kusto/query/pack-all-function",
        examples: &[
            example(
                r#"toscalar(print A = 1, B = "" | project pack_all(true))"#,
                r#"dynamic({"A":1})"#,
            ),
            example(
                "toscalar(print A = long(null), B = false | project pack_all(true))",
                r#"dynamic({"B":false})"#,
            ),
        ],
    },
    ScalarFunction {
        name: "dynamic_member",
        aliases: &[],
        overloads: MEMBER,
        result_name: ResultName::Default,
        doc: "Gives the value of a bag's key; null when the key is missing or it is no bag.",
        source: "kusto/query/scalar-data-types/dynamic",
        examples: &[
            example(r#"dynamic({"a":1}).a"#, "dynamic(1)"),
            example(r#"dynamic({"a":1})["b"]"#, "dynamic(null)"),
        ],
    },
    ScalarFunction {
        name: "dynamic_element",
        aliases: &[],
        overloads: ELEMENT,
        result_name: ResultName::Default,
        doc: "Gives the element of an array at an index; a negative index counts from the end; null past the ends.",
        source: "kusto/query/scalar-data-types/dynamic",
        examples: &[
            example("dynamic([1,2,3])[0]", "dynamic(1)"),
            example("dynamic([1,2,3])[-1]", "dynamic(3)"),
            example("dynamic([1,2,3])[9]", "dynamic(null)"),
        ],
    },
    ScalarFunction {
        name: "dynamic_path",
        aliases: &[],
        overloads: PATH,
        result_name: ResultName::Default,
        doc: "Follows a constant path, written as a JSON array of keys and indices, in one go.",
        source: "kusto/query/scalar-data-types/dynamic",
        examples: &[
            example(r#"dynamic({"a":{"b":[7]}}).a.b[0]"#, "dynamic(7)"),
            example(r#"dynamic({"a":1}).a.b.c"#, "dynamic(null)"),
        ],
    },
    ScalarFunction {
        name: "dynamic_path_text",
        aliases: &[],
        overloads: PATH_TEXT,
        result_name: ResultName::Default,
        doc: "Follows a constant path and gives what it leads to as `tostring` does.",
        source: "kusto/query/scalar-data-types/dynamic",
        examples: &[
            example(r#"tostring(dynamic({"a":{"b":["x"]}}).a.b[0])"#, r#""x""#),
            example(r#"tostring(dynamic({"a":1}).b)"#, r#""""#),
        ],
    },
    ScalarFunction {
        name: "dynamic_equals",
        aliases: &[],
        overloads: EQUALS,
        result_name: ResultName::Default,
        doc: "Tells whether two dynamic values are equal; null when both are null, false when one is.",
        source: "kusto/query/scalar-data-types/dynamic",
        examples: &[
            example(r#"dynamic({"a":1}).a == dynamic(1)"#, "true"),
            example("dynamic([1,2]) == dynamic([2,1])", "false"),
        ],
    },
];

fn dynamic_member(args: &Args<'_>) -> KernelResult {
    args.map2(value_of)
}

fn value_of<'a>(Json(json): Json<'a>, key: &'a str) -> Option<&'a str> {
    member(json, key).and_then(non_null)
}

fn dynamic_element(args: &Args<'_>) -> KernelResult {
    args.map2(element_of)
}

fn element_of(Json(json): Json<'_>, index: i64) -> Option<&str> {
    element(json, index)
}

fn dynamic_path(args: &Args<'_>) -> KernelResult {
    let steps = path_of(args)?;
    let values = args.input::<Json<'_>>(0);
    collect(args, |row| follow(values.get(row)?.0, &steps))
}

fn dynamic_path_text(args: &Args<'_>) -> KernelResult {
    let steps = path_of(args)?;
    let values = args.input::<Option<Json<'_>>>(0);
    collect(args, |row| {
        let found = values.get(row).flatten();
        let found = found.and_then(|Json(json)| follow(json, &steps));
        Some(found.map_or(Cow::Borrowed(""), unquote))
    })
}

pub(super) fn path_of(args: &Args<'_>) -> Result<Vec<Step>, KernelError> {
    args.constant_text(1)
        .and_then(steps_of)
        .ok_or_else(|| KernelError::Argument {
            index: 1,
            message: "a path into a dynamic value has to be constant".into(),
        })
}

/// Equality is total but for two nulls (Kusto docs, "Null values").
fn dynamic_equals(args: &Args<'_>) -> KernelResult {
    args.map2(|a: Option<Json<'_>>, b: Option<Json<'_>>| match (a, b) {
        (None, None) => None,
        (Some(Json(a)), Some(Json(b))) => Some(equal(a, b)),
        (None, Some(_)) | (Some(_), None) => Some(false),
    })
}

/// The value under a key that is a JSON string, or at an index that is a JSON number.
fn at<'j>(json: &'j str, key: &str) -> Option<&'j str> {
    match kind(key) {
        Kind::Text => member(json, &unquote(key)).and_then(non_null),
        Kind::Number => match number(key)? {
            Number::Long(index) => element(json, index),
            Number::Real(_) => None,
        },
        Kind::Null | Kind::Bool | Kind::Array | Kind::Bag => None,
    }
}

/// `value in (array)`: what is no array has no elements.
fn dynamic_contains(args: &Args<'_>, same: fn(&str, &str) -> bool) -> KernelResult {
    let arrays = args.input::<Option<Json<'_>>>(0);
    let values = args.input::<Option<Json<'_>>>(1);
    collect(args, |row| {
        let (array, value) = (arrays.get(row).flatten(), values.get(row).flatten());
        let (Some(Json(array)), Some(Json(value))) = (array, value) else {
            return Some(false);
        };
        Some(kind(array) == Kind::Array && items(array).any(|item| same(item, value)))
    })
}

fn equal_ci(a: &str, b: &str) -> bool {
    match (kind(a), kind(b)) {
        (Kind::Text, Kind::Text) => unquote(a).to_lowercase() == unquote(b).to_lowercase(),
        _ => equal(a, b),
    }
}

fn pack_present(args: &Args<'_>) -> KernelResult {
    let inputs: Vec<Reader<'_, Option<Json<'_>>>> =
        (0..args.len()).map(|index| args.input(index)).collect();
    collect(args, |row| {
        let mut bag = Bag::default();
        for pair in inputs.chunks_exact(2) {
            let (Some(Json(key)), Some(Json(value))) =
                (pair[0].get(row).flatten(), pair[1].get(row).flatten())
            else {
                continue;
            };
            if value != "\"\"" && value != "null" {
                bag.push_quoted(key, value);
            }
        }
        Some(bag.finish())
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use crate::functions::call;
    use crate::json::{Step, parse, path_text};
    use huntql_kql::types::Value;
    use proptest::prelude::*;

    fn json() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            Just("null".to_string()),
            Just("true".to_string()),
            any::<i32>().prop_map(|number| number.to_string()),
            "[a-c\"\\\\é ]{0,3}".prop_map(|text| crate::json::quote(&text)),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4)
                    .prop_map(|items| format!("[{}]", items.join(","))),
                prop::collection::vec(("[a-c]", inner), 0..4).prop_map(|slots| {
                    let slots: Vec<String> = slots
                        .into_iter()
                        .map(|(key, value)| format!("\"{key}\":{value}"))
                        .collect();
                    format!("{{{}}}", slots.join(","))
                }),
            ]
        })
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            "[a-c]".prop_map(Step::Member),
            (-3_i64..3).prop_map(Step::Element),
        ];
        prop::collection::vec(step, 0..4)
    }

    proptest! {
        #[test]
        fn a_path_leads_where_its_steps_lead(text in json(), steps in steps()) {
            let json = parse(&text).filter(|json| json != "null").map(|json| json.into_owned());
            let whole = Value::Dynamic(json);
            let mut here = whole.clone();
            for step in &steps {
                here = match step {
                    Step::Member(key) => {
                        call("dynamic_member", &[here, Value::String(key.clone())]).unwrap()
                    }
                    Step::Element(index) => {
                        call("dynamic_element", &[here, Value::Long(Some(*index))]).unwrap()
                    }
                };
            }
            let path = Value::String(path_text(&steps));
            prop_assert_eq!(call("dynamic_path", &[whole.clone(), path.clone()]).unwrap(), here.clone());
            prop_assert_eq!(call("dynamic_path_text", &[whole, path]).unwrap(), call("tostring", &[here]).unwrap());
        }
    }
}
