//! Functions of what `hll` and `tdigest` gathered: see [`crate::aggregates::intermediate`].
//!
//! A percentile is the nearest rank, as of the aggregate `percentile`.

use super::row::{Overload, Param, ResultName, ScalarFunction, example, overload, row, variadic};
use super::tuples::real;
use crate::aggregates::intermediate::{Counted, Digest};
use crate::json::{Array, Kind, items, kind};
use crate::kernel;
use crate::kernel::{Args, Json, KernelError, KernelResult, collect};
use huntql_kql::types::Type;

const SKETCH: Param = Param::Is(Type::Dynamic);
const REAL: Param = Param::Is(Type::Real);

fn hll_merge(args: &Args<'_>) -> KernelResult {
    collect(args, |row| {
        let mut merged = Counted::default();
        for index in 0..args.len() {
            merged.merge(Counted::parse(args.input::<Json<'_>>(index).get(row)?.0)?);
        }
        Some(merged.text())
    })
}

fn tdigest_merge(args: &Args<'_>) -> KernelResult {
    collect(args, |row| {
        let mut merged = Digest::default();
        for index in 0..args.len() {
            merged.merge(Digest::parse(args.input::<Json<'_>>(index).get(row)?.0)?);
        }
        Some(merged.text())
    })
}

/// How many values are in all of several sketches.
///
/// An estimate of an intersection can be wrong by any factor, so that sketches which are estimates themselves are refused.
fn hll_intersect(args: &Args<'_>) -> KernelResult {
    let row = |row: usize| -> Option<Vec<Counted>> {
        (0..args.len())
            .map(|index| Counted::parse(args.input::<Json<'_>>(index).get(row)?.0))
            .collect()
    };
    let estimated = (0..args.rows())
        .any(|at| row(at).is_some_and(|counted| Counted::common(&counted).is_none()));
    if estimated {
        return Err(KernelError::Argument {
            index: 0,
            message: "`dcount_intersect` is exact or refused, and a result of `hll` here is an estimate: it has too many values"
                .to_owned(),
        });
    }
    collect(args, |at| Counted::common(&row(at)?))
}

/// The value at a percentile from 0 to 100.
fn percentile(digest: &Digest, part: f64) -> Option<String> {
    let sorted = digest.sorted();
    let total: i64 = sorted.iter().map(|(_, _, weight)| weight).sum();
    if !(0.0..=100.0).contains(&part) {
        return None;
    }
    let rank = (part / 100.0 * total as f64).ceil().max(1.0);
    let mut passed = 0;
    sorted.iter().find_map(|(_, text, weight)| {
        passed += weight;
        (passed as f64 >= rank).then(|| (*text).to_owned())
    })
}

/// How many values are not above another, and how many there are.
fn rank(json: &str, value: f64) -> Option<(i64, i64)> {
    let digest = Digest::parse(json).filter(|digest| !digest.has_times())?;
    let sorted = digest.sorted();
    let total = sorted.iter().map(|(_, _, weight)| weight).sum();
    let below = sorted.iter().take_while(|(known, _, _)| *known <= value);
    (total > 0).then(|| (below.map(|(_, _, weight)| weight).sum(), total))
}

/// Percentiles as arguments, or as one array.
fn percentiles(args: &Args<'_>) -> KernelResult {
    let digest = args.input::<Json<'_>>(0);
    collect(args, |row| {
        let digest = Digest::parse(digest.get(row)?.0)?;
        let parts: Vec<f64> = if args.ty(1) == Type::Dynamic {
            let list = args.input::<Json<'_>>(1).get(row)?.0;
            if kind(list) != Kind::Array {
                return None;
            }
            items(list).map(real).collect::<Option<_>>()?
        } else {
            (1..args.len())
                .map(|index| args.input::<f64>(index).get(row))
                .collect::<Option<_>>()?
        };
        let mut found = Array::default();
        for part in parts {
            found.push(percentile(&digest, part).as_deref());
        }
        Some(found.finish())
    })
}

const HLL_MERGE: &[Overload] = &[variadic(&[SKETCH, SKETCH], Type::Dynamic, hll_merge)];
const HLL_INTERSECT: &[Overload] = &[variadic(&[SKETCH, SKETCH], Type::Long, hll_intersect)];
const TDIGEST_MERGE: &[Overload] = &[variadic(&[SKETCH, SKETCH], Type::Dynamic, tdigest_merge)];
const COUNT: &[Overload] = &[overload(&[SKETCH], Type::Long, |args| {
    args.map1(|Json(json)| Counted::parse(json).map(|counted| counted.count()))
})];
const PERCENTILE: &[Overload] = &[overload(
    &[SKETCH, REAL],
    Type::Dynamic,
    kernel!(|digest: Json<'_>, part: f64| percentile(&Digest::parse(digest.0)?, part)),
)];
const PERCENTILES: &[Overload] = &[
    overload(&[SKETCH, SKETCH], Type::Dynamic, percentiles),
    variadic(&[SKETCH, REAL], Type::Dynamic, percentiles),
];
const RANK: &[Overload] = &[overload(
    &[SKETCH, REAL],
    Type::Real,
    kernel!(|digest: Json<'_>, value: f64| Some(rank(digest.0, value)?.0 as f64)),
)];
const PERCENT_RANK: &[Overload] = &[overload(
    &[SKETCH, REAL],
    Type::Real,
    kernel!(|digest: Json<'_>, value: f64| {
        let (rank, total) = rank(digest.0, value)?;
        Some(100.0 * rank as f64 / total as f64)
    }),
)];

pub const FUNCTIONS: &[ScalarFunction] = &[
    row(
        "dcount_hll",
        COUNT,
        "kusto/query/dcount-hll-function",
        "Counts the distinct values that `hll` gathered.",
        &[
            example("dcount_hll(dynamic(['hll',14,'AA==']))", "0"),
            example("dcount_hll(dynamic([1]))", "long(null)"),
        ],
    )
    .named(ResultName::NameAndFirstArgument),
    row(
        "hll_merge",
        HLL_MERGE,
        "kusto/query/hll-merge-function",
        "Merges results of `hll`.",
        &[
            example(
                "dcount_hll(hll_merge(dynamic(['hll',14,'AA==']), dynamic(['hll',12,'AA=='])))",
                "0",
            ),
            example("hll_merge(dynamic([1]), dynamic([1]))", "dynamic(null)"),
        ],
    )
    .named(ResultName::Always("hll_merged_result")),
    row(
        "tdigest_merge",
        TDIGEST_MERGE,
        "kusto/query/tdigest-merge-function",
        "Merges results of `tdigest`.",
        &[
            example(
                "tdigest_merge(dynamic([[7],[1,3],[1,1]]), dynamic([[7],[2,3],[1,2]]))",
                "dynamic([[7],[1,2,3],[1,1,3]])",
            ),
            example("tdigest_merge(dynamic([1]), dynamic([1]))", "dynamic(null)"),
        ],
    )
    .aliases(&["merge_tdigest"])
    .named(ResultName::Always("tdigests_merge_result")),
    row(
        "percentile_tdigest",
        PERCENTILE,
        "kusto/query/percentile-tdigest-function",
        "Gives the value at a percentile of what `tdigest` gathered.",
        &[
            example(
                "percentile_tdigest(dynamic([[7],[1,2,3],[1,1,3]]), 50)",
                "dynamic(3)",
            ),
            example(
                "percentile_tdigest(dynamic([[7],[1,2,3],[1,1,3]]), 0)",
                "dynamic(1)",
            ),
        ],
    )
    .named(ResultName::NameAndFirstArgument),
    row(
        "percentiles_array_tdigest",
        PERCENTILES,
        "kusto/query/percentiles-array-tdigest-function",
        "Gives the values at percentiles of what `tdigest` gathered, as an array.",
        &[
            example(
                "percentiles_array_tdigest(dynamic([[7],[1,2,3],[1,1,3]]), 0, 100)",
                "dynamic([1,3])",
            ),
            example(
                "percentiles_array_tdigest(dynamic([[7],[1,2,3],[1,1,3]]), dynamic([40]))",
                "dynamic([2])",
            ),
        ],
    )
    .named(ResultName::Prefix("percentile_tdigest")),
    row(
        "rank_tdigest",
        RANK,
        "kusto/query/rank-tdigest-function",
        "Counts the values of what `tdigest` gathered that are not above another.",
        &[
            example("rank_tdigest(dynamic([[7],[1,2,3],[1,1,3]]), 2)", "2.0"),
            example("rank_tdigest(dynamic([[7],[1,2,3],[1,1,3]]), 9)", "5.0"),
        ],
    ),
    row(
        "percentrank_tdigest",
        PERCENT_RANK,
        "kusto/query/percentrank-tdigest-function",
        "Gives the share in percent of the values of what `tdigest` gathered that are not above another.",
        &[
            example(
                "percentrank_tdigest(dynamic([[7],[1,2,3],[1,1,3]]), 2)",
                "40.0",
            ),
            example("percentrank_tdigest(dynamic([[7],[1],[1]]), 0)", "0.0"),
        ],
    ),
];

pub const OPERATORS: &[ScalarFunction] = &[row(
    "hll_intersect",
    HLL_INTERSECT,
    "kusto/query/dcount-intersect-plugin",
    "Counts the distinct values that all results of `hll` have.",
    &[
        example(
            "toscalar(print h = dynamic(['hll',14,'AA==']) | evaluate dcount_intersect(h, h) | project s1)",
            "0",
        ),
        example(
            "toscalar(print h = dynamic([1]) | evaluate dcount_intersect(h, h) | project s1)",
            "long(null)",
        ),
    ],
)];
