//! `+ - * / %` and unary minus as rows, found by `operator`: not callable by name in a query.
//!
//! Two integers give a `long` that wraps around; division by a `long` zero is null; a modulo is never negative (Kusto docs,
//! "Numerical operators", "Datetime / timespan arithmetic"). The order of the overloads decides what a `dynamic` beside another
//! type becomes: a datetime is subtracted as a datetime, a timespan is added as a timespan.

use super::row::{Example, Overload, Param, Returns, ScalarFunction, example, is, overload};
use crate::kernel;
use crate::kernel::arithmetic::{
    add_dynamic, add_numbers, datetime_plus, decimal_divide, decimal_multiply, divide_dynamic,
    divide_reals, modulo_dynamic, modulo_long, modulo_real, multiply_dynamic, multiply_numbers,
    negate_dynamic, scale_timespan, share_timespan, subtract_dynamic, subtract_numbers,
};
use huntql_kql::types::Type::{Datetime, Decimal, Dynamic, Int, Long, Real, Timespan};

const ADD: &[Overload] = &[
    overload(&[is(Long), is(Long)], Long, add_numbers),
    overload(&[is(Real), is(Real)], Real, add_numbers),
    overload(
        &[is(Decimal), is(Decimal)],
        Decimal,
        kernel!(|a: i128, b: i128| a.checked_add(b)),
    ),
    overload(
        &[is(Timespan), is(Timespan)],
        Timespan,
        kernel!(|a: i64, b: i64| a.checked_add(b)),
    ),
    overload(
        &[is(Datetime), is(Timespan)],
        Datetime,
        kernel!(|at: i64, span: i64| datetime_plus(at, Some(span))),
    ),
    overload(
        &[is(Timespan), is(Datetime)],
        Datetime,
        kernel!(|span: i64, at: i64| datetime_plus(at, Some(span))),
    ),
    overload(&[is(Dynamic), is(Dynamic)], Dynamic, add_dynamic),
];

const SUBTRACT: &[Overload] = &[
    overload(&[is(Long), is(Long)], Long, subtract_numbers),
    overload(&[is(Real), is(Real)], Real, subtract_numbers),
    overload(
        &[is(Decimal), is(Decimal)],
        Decimal,
        kernel!(|a: i128, b: i128| a.checked_sub(b)),
    ),
    overload(
        &[is(Timespan), is(Timespan)],
        Timespan,
        kernel!(|a: i64, b: i64| a.checked_sub(b)),
    ),
    overload(&[is(Datetime), is(Datetime)], Timespan, subtract_numbers),
    overload(
        &[is(Datetime), is(Timespan)],
        Datetime,
        kernel!(|at: i64, span: i64| datetime_plus(at, span.checked_neg())),
    ),
    overload(&[is(Dynamic), is(Dynamic)], Dynamic, subtract_dynamic),
];

const MULTIPLY: &[Overload] = &[
    overload(&[is(Long), is(Long)], Long, multiply_numbers),
    overload(&[is(Real), is(Real)], Real, multiply_numbers),
    overload(
        &[is(Decimal), is(Decimal)],
        Decimal,
        kernel!(|a: i128, b: i128| decimal_multiply(a, b)),
    ),
    overload(&[is(Timespan), Param::Number], Timespan, |args| {
        scale_timespan(args, 0, 1)
    }),
    overload(&[Param::Number, is(Timespan)], Timespan, |args| {
        scale_timespan(args, 1, 0)
    }),
    overload(&[is(Dynamic), is(Dynamic)], Dynamic, multiply_dynamic),
];

const DIVIDE: &[Overload] = &[
    overload(
        &[is(Long), is(Long)],
        Long,
        kernel!(|a: i64, b: i64| (b != 0).then(|| a.wrapping_div(b))),
    ),
    overload(&[is(Real), is(Real)], Real, divide_reals),
    overload(
        &[is(Decimal), is(Decimal)],
        Decimal,
        kernel!(|a: i128, b: i128| decimal_divide(a, b)),
    ),
    overload(
        &[is(Timespan), is(Timespan)],
        Real,
        kernel!(|a: i64, b: i64| a as f64 / b as f64),
    ),
    overload(&[is(Timespan), Param::Number], Timespan, share_timespan),
    overload(&[is(Dynamic), is(Dynamic)], Dynamic, divide_dynamic),
];

const MODULO: &[Overload] = &[
    overload(
        &[is(Long), is(Long)],
        Long,
        kernel!(|a: i64, b: i64| modulo_long(a, b)),
    ),
    overload(
        &[is(Real), is(Real)],
        Real,
        kernel!(|a: f64, b: f64| modulo_real(a, b)),
    ),
    overload(
        &[is(Decimal), is(Decimal)],
        Decimal,
        kernel!(|a: i128, b: i128| a.checked_rem_euclid(b)),
    ),
    overload(
        &[is(Timespan), is(Timespan)],
        Timespan,
        kernel!(|a: i64, b: i64| modulo_long(a, b)),
    ),
    overload(
        &[is(Datetime), is(Timespan)],
        Timespan,
        kernel!(|a: i64, b: i64| modulo_long(a, b)),
    ),
    overload(&[is(Dynamic), is(Dynamic)], Dynamic, modulo_dynamic),
];

const NEGATE: &[Overload] = &[
    overload(&[is(Int)], Long, kernel!(|a: i32| -i64::from(a))),
    overload(&[is(Long)], Long, kernel!(|a: i64| a.wrapping_neg())),
    overload(&[is(Real)], Real, kernel!(|a: f64| -a)),
    overload(&[is(Decimal)], Decimal, kernel!(|a: i128| a.checked_neg())),
    overload(&[is(Timespan)], Timespan, kernel!(|a: i64| a.checked_neg())),
    overload(&[is(Dynamic)], Dynamic, negate_dynamic).returning(Returns::Is(Dynamic)),
];

const fn row(
    name: &'static str,
    overloads: &'static [Overload],
    doc: &'static str,
    examples: &'static [Example],
) -> ScalarFunction {
    super::row::row(
        name,
        overloads,
        "kusto/query/numerical-operators",
        doc,
        examples,
    )
}

pub const OPERATORS: &[ScalarFunction] = &[
    row(
        "add",
        ADD,
        "Adds numbers, timespans, or a timespan to a datetime.",
        &[
            example("1 + 2", "3"),
            example("1 + 0.5", "1.5"),
            example("datetime(2020-01-31) + 1d", "datetime(2020-02-01)"),
            example("1d + 2h", "26h"),
        ],
    ),
    row(
        "subtract",
        SUBTRACT,
        "Subtracts numbers, timespans, datetimes, or a timespan from a datetime.",
        &[
            example("0.5 - 1", "-0.5"),
            example("datetime(1997-06-25) - datetime(1997-06-24)", "1d"),
            example("datetime(2020-02-01) - 1d", "datetime(2020-01-31)"),
        ],
    ),
    row(
        "multiply",
        MULTIPLY,
        "Multiplies numbers, or a timespan by a number.",
        &[
            example("6 * 7", "42"),
            example("1.5 * 1h", "90m"),
            example("1s * 5", "5s"),
        ],
    ),
    row(
        "divide",
        DIVIDE,
        "Divides numbers, a timespan by a number, or timespans by each other; integers are cut.",
        &[
            example("7 / 2", "3"),
            example("7 / 2.0", "3.5"),
            example("1 / 0", "long(null)"),
            example("1h / 1s", "3600.0"),
            example("1d / 2", "12h"),
        ],
    ),
    row(
        "modulo",
        MODULO,
        "Gives the rest of a division, which is never negative.",
        &[
            example("14 % 12", "2"),
            example("-14 % 12", "10"),
            example("-14 % -12", "10"),
            example("25h % 1d", "1h"),
        ],
    ),
    row(
        "negate",
        NEGATE,
        "Changes the sign.",
        &[
            example("-(1 + 2)", "-3"),
            example("-int(5)", "long(-5)"),
            example("-(1h)", "-1h"),
        ],
    ),
];
