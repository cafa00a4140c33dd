//! Strings: length, case, parts, search and replace.

use super::row::{Overload, Param, ResultName, ScalarFunction, example, overload};
use crate::kernel;
use huntql_kql::types::Type;

const STRLEN: &[Overload] = &[overload(
    &[Param::Text],
    Type::Long,
    kernel!(|text: &str| text.chars().count() as i64),
)];

pub const FUNCTIONS: &[ScalarFunction] = &[ScalarFunction {
    name: "strlen",
    aliases: &[],
    overloads: STRLEN,
    result_name: ResultName::NameAndFirstArgument,
    doc: "Gives the length of a string in Unicode characters, not bytes.",
    source: "kusto/query/strlen-function",
    examples: &[
        example(r#"strlen("héllo")"#, "5"),
        example(r#"strlen("")"#, "0"),
    ],
}];
