//! Versions of software.

use super::row::{Overload, Param, ResultName, ScalarFunction, example, overload};
use super::tuples::refused;
use crate::kernel::{Args, KernelResult, collect};
use crate::value::DECIMAL_SCALE;
use huntql_kql::types::Type;

/// What a part of a version counts as much as the part behind it.
const PART: i128 = 100_000_000;

/// Up to four numbers of up to eight digits; the missing ones at the end are 0.
fn version(text: &str) -> Option<i128> {
    let parts: Vec<&str> = text.split('.').collect();
    let good =
        |part: &&str| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    if parts.len() > 4 || !parts.iter().all(good) {
        return None;
    }
    let filled = parts.into_iter().chain(std::iter::repeat("0")).take(4);
    filled
        .map(|part| part.parse::<i128>().ok())
        .try_fold(0, |sum, part| Some(sum * PART + part?))
}

/// Decimals have 21 digits in front of the point here, and a version needs up to 32.
fn parse_version(args: &Args<'_>) -> KernelResult {
    let text = args.input::<&str>(0);
    let scale = 10_i128.pow(DECIMAL_SCALE.unsigned_abs().into());
    let greatest = 10_i128.pow(38) / scale;
    let too_great = |row| {
        text.get(row)
            .and_then(version)
            .is_some_and(|version| version >= greatest)
    };
    if (0..args.rows()).any(too_great) {
        return Err(refused(
            0,
            "a version whose number has more than 21 digits is not supported",
        ));
    }
    collect(args, |row| Some(version(text.get(row)?)? * scale))
}

const VERSION: &[Overload] = &[overload(
    &[Param::Is(Type::String)],
    Type::Decimal,
    parse_version,
)];
pub const FUNCTIONS: &[ScalarFunction] = &[ScalarFunction {
    name: "parse_version",
    aliases: &[],
    overloads: VERSION,
    result_name: ResultName::Default,
    doc: "Reads a version as a decimal that orders as versions do. Numbers of more than 21 digits, which versions from 0.100000 on have, are refused.",
    source: "kusto/query/parse-version-function",
    examples: &[
        example("parse_version('0.0.7.0')", "decimal(700000000)"),
        example("parse_version('one')", "decimal(null)"),
    ],
}];
