//! Functions whose value is another one in every row: never folded, never moved.

use super::row::{Overload, Param, ResultName, Returns, ScalarFunction, example, overload};
use crate::kernel::{Args, KernelResult, collect};
use huntql_kql::types::Type;

/// Whether every call of a function may give another value.
pub fn is_volatile(function: &ScalarFunction) -> bool {
    FUNCTIONS.iter().any(|row| row.name == function.name)
}

const NEW_GUID: &[Overload] = &[overload(&[], Type::Guid, |args| {
    collect(args, |_| Some(uuid::Uuid::new_v4().to_string()))
})];
const RAND: &[Overload] = &[
    overload(&[], Type::Real, |args| collect(args, |_| Some(random()))),
    overload(&[Param::Is(Type::Real)], Type::Real, random_below).returning(Returns::Is(Type::Real)),
];

pub const FUNCTIONS: &[ScalarFunction] = &[
    ScalarFunction {
        name: "new_guid",
        aliases: &[],
        overloads: NEW_GUID,
        result_name: ResultName::Default,
        doc: "Gives a random guid, another one in every row.",
        source: "kusto/query/new-guid-function",
        examples: &[
            example("isnotnull(new_guid())", "true"),
            example("strlen(tostring(new_guid()))", "36"),
        ],
    },
    ScalarFunction {
        name: "rand",
        aliases: &[],
        overloads: RAND,
        result_name: ResultName::Default,
        doc: "Gives a random number from 0 up to 1, or a whole one from 0 up to the argument.",
        source: "kusto/query/rand-function",
        examples: &[
            example("rand() between (0.0 .. 1.0)", "true"),
            example("rand(1)", "0.0"),
        ],
    },
];

/// From 0 up to, not including, 1: 53 random bits.
fn random() -> f64 {
    let (_, bits) = uuid::Uuid::new_v4().as_u64_pair();
    let (high, _) = uuid::Uuid::new_v4().as_u64_pair();
    // The version and variant bits of a guid are not random: each half lends those that are.
    let bits = (bits & 0xFFFF_FFFF) | ((high >> 32) << 32);
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

/// A whole number from 0 up to, not including, the argument; null when there is none.
fn random_below(args: &Args<'_>) -> KernelResult {
    let below = args.input::<f64>(0);
    collect(args, |row| {
        let below = below.get(row)?;
        (below >= 1.0).then(|| (random() * below.floor()).floor())
    })
}
