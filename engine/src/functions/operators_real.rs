//! Comparison of reals, as operators' rows: Arrow's own puts `NaN` above all and tells `-0.0` from `0.0`; KQL follows IEEE 754.
//!
//! Null against a value is unequal and not equal; null against null, and any order with a null, is null.

use super::row::{Param, ResultName, ScalarFunction, example, overload};
use crate::kernel;
use huntql_kql::types::Type;

const TWO_REALS: &[Param] = &[Param::Is(Type::Real), Param::Is(Type::Real)];

pub const OPERATORS: &[ScalarFunction] = &[
    ScalarFunction {
        name: "real_equals",
        aliases: &[],
        overloads: &[overload(
            TWO_REALS,
            Type::Bool,
            kernel!(|a: Option<f64>, b: Option<f64>| match (a, b) {
                (Some(a), Some(b)) => Some(a == b),
                (None, None) => None,
                _ => Some(false),
            }),
        )],
        result_name: ResultName::Default,
        doc: "Compares two reals by `==`.",
        source: "kusto/query/numerical-operators",
        examples: &[
            example("todouble(\"-0.0\") == 0.0", "true"),
            example("real(nan) == 1.5", "false"),
        ],
    },
    ScalarFunction {
        name: "real_not_equals",
        aliases: &[],
        overloads: &[overload(
            TWO_REALS,
            Type::Bool,
            kernel!(|a: Option<f64>, b: Option<f64>| match (a, b) {
                (Some(a), Some(b)) => Some(a != b),
                (None, None) => None,
                _ => Some(true),
            }),
        )],
        result_name: ResultName::Default,
        doc: "Compares two reals by `!=`.",
        source: "kusto/query/numerical-operators",
        examples: &[
            example("todouble(\"-0.0\") != 0.0", "false"),
            example("real(nan) != 1.5", "true"),
        ],
    },
    ScalarFunction {
        name: "real_less",
        aliases: &[],
        overloads: &[overload(
            TWO_REALS,
            Type::Bool,
            kernel!(|a: f64, b: f64| a < b),
        )],
        result_name: ResultName::Default,
        doc: "Compares two reals by `<`.",
        source: "kusto/query/numerical-operators",
        examples: &[
            example("todouble(\"-0.0\") < 0.0", "false"),
            example("real(nan) < 1.5", "false"),
        ],
    },
    ScalarFunction {
        name: "real_less_or_equal",
        aliases: &[],
        overloads: &[overload(
            TWO_REALS,
            Type::Bool,
            kernel!(|a: f64, b: f64| a <= b),
        )],
        result_name: ResultName::Default,
        doc: "Compares two reals by `<=`.",
        source: "kusto/query/numerical-operators",
        examples: &[
            example("todouble(\"-0.0\") <= 0.0", "true"),
            example("real(nan) <= 1.5", "false"),
        ],
    },
    ScalarFunction {
        name: "real_greater",
        aliases: &[],
        overloads: &[overload(
            TWO_REALS,
            Type::Bool,
            kernel!(|a: f64, b: f64| a > b),
        )],
        result_name: ResultName::Default,
        doc: "Compares two reals by `>`.",
        source: "kusto/query/numerical-operators",
        examples: &[
            example("todouble(\"-0.0\") > 0.0", "false"),
            example("real(nan) > 1.5", "false"),
        ],
    },
    ScalarFunction {
        name: "real_greater_or_equal",
        aliases: &[],
        overloads: &[overload(
            TWO_REALS,
            Type::Bool,
            kernel!(|a: f64, b: f64| a >= b),
        )],
        result_name: ResultName::Default,
        doc: "Compares two reals by `>=`.",
        source: "kusto/query/numerical-operators",
        examples: &[
            example("todouble(\"-0.0\") >= 0.0", "true"),
            example("real(nan) >= 1.5", "false"),
        ],
    },
];
