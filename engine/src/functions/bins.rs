//! Bins: values rounded down to a multiple, and values near another.

use super::row::{Overload, ResultName, ScalarFunction, example, is, overload, row};
use crate::kernel;
use crate::kernel::calendar::{bin_at, bin_real_at};
use huntql_kql::types::Type::{self, Datetime, Decimal, Int, Long, Real, Timespan};

const BIN: &[Overload] = &[
    overload(
        &[is(Int), is(Int)],
        Int,
        kernel!(|a: i32, b: i32| bin_at(i64::from(a), i64::from(b), 0).map(|bin| bin as i32)),
    ),
    overload(
        &[is(Long), is(Long)],
        Long,
        kernel!(|a: i64, b: i64| bin_at(a, b, 0)),
    ),
    overload(
        &[is(Real), is(Real)],
        Real,
        kernel!(|a: f64, b: f64| bin_real_at(a, b, 0.0)),
    ),
    overload(
        &[is(Decimal), is(Decimal)],
        Decimal,
        kernel!(|a: i128, b: i128| (b > 0).then(|| a - a.rem_euclid(b))),
    ),
    overload(
        &[is(Timespan), is(Timespan)],
        Timespan,
        kernel!(|a: i64, b: i64| bin_at(a, b, 0)),
    ),
    overload(
        &[is(Datetime), is(Timespan)],
        Datetime,
        kernel!(|a: i64, b: i64| bin_at(a, b, 0)),
    ),
];
const BIN_AT: &[Overload] = &[
    overload(
        &[is(Long), is(Long), is(Long)],
        Long,
        kernel!(|a: i64, b: i64, c: i64| bin_at(a, b, c)),
    ),
    overload(
        &[is(Real), is(Real), is(Real)],
        Real,
        kernel!(|a: f64, b: f64, c: f64| bin_real_at(a, b, c)),
    ),
    overload(
        &[is(Timespan), is(Timespan), is(Timespan)],
        Timespan,
        kernel!(|a: i64, b: i64, c: i64| bin_at(a, b, c)),
    ),
    overload(
        &[is(Datetime), is(Timespan), is(Datetime)],
        Datetime,
        kernel!(|a: i64, b: i64, c: i64| bin_at(a, b, c)),
    ),
];
const AROUND: &[Overload] = &[
    overload(
        &[is(Long), is(Long), is(Long)],
        Type::Bool,
        kernel!(|a: i64, b: i64, c: i64| near(a, b, c)),
    ),
    overload(
        &[is(Real), is(Real), is(Real)],
        Type::Bool,
        kernel!(|a: f64, b: f64, c: f64| (a - b).abs() <= c),
    ),
    overload(
        &[is(Timespan), is(Timespan), is(Timespan)],
        Type::Bool,
        kernel!(|a: i64, b: i64, c: i64| near(a, b, c)),
    ),
    overload(
        &[is(Datetime), is(Datetime), is(Timespan)],
        Type::Bool,
        kernel!(|a: i64, b: i64, c: i64| near(a, b, c)),
    ),
];

pub const FUNCTIONS: &[ScalarFunction] = &[
    row(
        "bin",
        BIN,
        "kusto/query/bin-function",
        "Rounds down to a multiple of the bin size; null for a bin size that is not positive.",
        &[
            example("bin(4.5, 1)", "4.0"),
            example("bin(-7, 5)", "-10"),
            example("bin(16d, 7d)", "14d"),
            example(
                "bin(datetime(1970-05-11 13:45:07), 1d)",
                "datetime(1970-05-11)",
            ),
        ],
    )
    .aliases(&["floor"])
    .named(ResultName::FirstArgument),
    row(
        "bin_at",
        BIN_AT,
        "kusto/query/bin-at-function",
        "Rounds down to a multiple of the bin size, counted from a fixed point.",
        &[
            example("bin_at(6.5, 2.5, 7)", "4.5"),
            example("bin_at(1h, 1d, 12h)", "-12h"),
            example(
                "bin_at(datetime(2017-05-17 10:20:00.0), 7d, datetime(2017-06-04))",
                "datetime(2017-05-14)",
            ),
        ],
    )
    .named(ResultName::FirstArgument),
    row(
        "around",
        AROUND,
        "kusto/query/around-function",
        "Tells whether a value is within a distance of a center, both ends included.",
        &[
            example("around(5, 7, 2)", "true"),
            example(
                "around(datetime(2020-01-02), datetime(2020-01-01), 1h)",
                "false",
            ),
        ],
    ),
];

fn near(value: i64, center: i64, delta: i64) -> bool {
    (i128::from(value) - i128::from(center)).abs() <= i128::from(delta)
}
