//! Looking into dynamic values: `a.b`, `a["b"]`, `a[0]`, and equality. Found by `operator`, not callable by name in a query.

use super::row::{Overload, Param, ResultName, ScalarFunction, example, overload};
use crate::json::{Step, element, equal, follow, member, non_null, steps_of};
use crate::kernel::{Args, Json, KernelError, KernelResult};
use huntql_kql::types::Type;

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
const EQUALS: &[Overload] = &[overload(
    &[Param::Is(Type::Dynamic), Param::Is(Type::Dynamic)],
    Type::Bool,
    dynamic_equals,
)];

pub const OPERATORS: &[ScalarFunction] = &[
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
    let steps: Vec<Step> =
        args.constant_text(1)
            .and_then(steps_of)
            .ok_or_else(|| KernelError::Argument {
                index: 1,
                message: "a path into a dynamic value has to be constant".into(),
            })?;
    let values = args.input::<Json<'_>>(0);
    crate::kernel::collect(args, |row| follow(values.get(row)?.0, &steps))
}

/// Equality is total but for two nulls (Kusto docs, "Null values").
fn dynamic_equals(args: &Args<'_>) -> KernelResult {
    args.map2(|a: Option<Json<'_>>, b: Option<Json<'_>>| match (a, b) {
        (None, None) => None,
        (Some(Json(a)), Some(Json(b))) => Some(equal(a, b)),
        (None, Some(_)) | (Some(_), None) => Some(false),
    })
}
