//! Functions over series: arrays of numbers, element by element.
//!
//! Whole numbers stay whole under sums, differences and products; all else is `real`. What is no number gives null in its
//! place; of two series of different lengths the longer one's rest meets null.

use super::row::{Overload, Param, ResultName, ScalarFunction, example, overload, row};
use crate::conversion::dynamic_of_real;
use crate::json::{Array, Kind, Number, items, kind, number};
use crate::kernel::{Args, Json, KernelResult, collect};
use huntql_kql::types::Type;

const SERIES: Param = Param::Is(Type::Dynamic);
const LONG: Param = Param::Is(Type::Long);
const REAL: Param = Param::Is(Type::Real);

/// A number as JSON; what is not finite has the text that `dynamic` gives it.
fn json(value: f64) -> String {
    dynamic_of_real(value)
}

fn as_number(json: &str) -> Option<Number> {
    (kind(json) == Kind::Number).then(|| number(json)).flatten()
}

fn real(json: &str) -> Option<f64> {
    as_number(json).map(Number::as_real)
}

/// Each element through `f`.
fn each(series: &str, f: impl Fn(Number) -> String) -> Option<String> {
    if kind(series) != Kind::Array {
        return None;
    }
    let mut result = Array::default();
    for item in items(series) {
        result.push(as_number(item).map(&f).as_deref());
    }
    Some(result.finish())
}

/// Elements of one place of both series through `f`.
fn pairs(a: &str, b: &str, f: impl Fn(Number, Number) -> Option<String>) -> Option<String> {
    if kind(a) != Kind::Array || kind(b) != Kind::Array {
        return None;
    }
    let mut result = Array::default();
    let (mut a, mut b) = (items(a), items(b));
    loop {
        let (left, right) = (a.next(), b.next());
        if left.is_none() && right.is_none() {
            return Some(result.finish());
        }
        let both = left.and_then(as_number).zip(right.and_then(as_number));
        result.push(both.and_then(|(left, right)| f(left, right)).as_deref());
    }
}

/// Elements of a series with one number through `f`; `Side` tells where the series stands.
#[derive(Clone, Copy)]
enum Side {
    Left,
    Right,
}

fn against(
    series: &str,
    one: Number,
    side: Side,
    f: impl Fn(Number, Number) -> Option<String>,
) -> Option<String> {
    if kind(series) != Kind::Array {
        return None;
    }
    let mut result = Array::default();
    for item in items(series) {
        let value = as_number(item).and_then(|item| match side {
            Side::Left => f(item, one),
            Side::Right => f(one, item),
        });
        result.push(value.as_deref());
    }
    Some(result.finish())
}

fn arithmetic(
    whole: fn(i64, i64) -> Option<i64>,
    reals: fn(f64, f64) -> f64,
) -> impl Fn(Number, Number) -> Option<String> {
    move |left, right| match (left, right) {
        (Number::Long(left), Number::Long(right)) => whole(left, right).map(|n| n.to_string()),
        _ => Some(json(reals(left.as_real(), right.as_real()))),
    }
}

fn test(is: fn(f64, f64) -> bool) -> impl Fn(Number, Number) -> Option<String> {
    move |left, right| Some(is(left.as_real(), right.as_real()).to_string())
}

/// Elements as reals; `None` when one is no number.
fn reals(series: &str) -> Option<Vec<f64>> {
    if kind(series) != Kind::Array {
        return None;
    }
    items(series).map(real).collect()
}

fn two(a: &str, b: &str) -> Option<(Vec<f64>, Vec<f64>)> {
    let (a, b) = (reals(a)?, reals(b)?);
    (a.len() == b.len()).then_some((a, b))
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn cosine(a: &str, b: &str) -> Option<f64> {
    let (a, b) = two(a, b)?;
    Some(dot(&a, &b) / (dot(&a, &a).sqrt() * dot(&b, &b).sqrt()))
}

fn dot_product(a: &str, b: &str) -> Option<f64> {
    let (a, b) = two(a, b)?;
    Some(dot(&a, &b))
}

/// A series by one number.
fn scaled(series: &str, by: f64) -> Option<f64> {
    Some(reals(series)?.iter().map(|value| value * by).sum())
}

fn product(series: &str) -> Option<f64> {
    Some(reals(series)?.iter().product())
}

/// Whether an element is missing: null, or the placeholder when one is given.
fn is_missing(item: &str, placeholder: Option<f64>) -> bool {
    kind(item) == Kind::Null || placeholder.is_some_and(|value| real(item) == Some(value))
}

/// The number that stands for what is missing, from an optional argument.
fn placeholder_at(args: &Args<'_>, index: usize, row: usize) -> Option<f64> {
    (args.len() > index)
        .then(|| args.input::<Option<f64>>(index).get(row))
        .flatten()
        .flatten()
}

/// Which neighbour fills a gap.
#[derive(Clone, Copy, PartialEq, Eq)]
enum From {
    Before,
    Behind,
}

/// The nearest number on one side of what is missing; what has none stays.
fn fill(args: &Args<'_>, from: From) -> KernelResult {
    let series = args.input::<Json<'_>>(0);
    collect(args, |row| {
        let series = series.get(row)?.0;
        if kind(series) != Kind::Array {
            return None;
        }
        let placeholder = placeholder_at(args, 1, row);
        let mut values: Vec<&str> = items(series).collect();
        if from == From::Behind {
            values.reverse();
        }
        let mut last = None;
        for value in &mut values {
            if is_missing(value, placeholder) {
                *value = last.unwrap_or(*value);
            } else {
                last = Some(*value);
            }
        }
        if from == From::Behind {
            values.reverse();
        }
        Some(values.into_iter().collect::<Array>().finish())
    })
}

fn fill_const(args: &Args<'_>) -> KernelResult {
    let (series, value) = (args.input::<Json<'_>>(0), args.input::<Json<'_>>(1));
    collect(args, |row| {
        let (series, value) = (series.get(row)?.0, value.get(row)?.0);
        let placeholder = placeholder_at(args, 2, row);
        (kind(series) == Kind::Array).then(|| {
            items(series)
                .map(|item| {
                    if is_missing(item, placeholder) {
                        value
                    } else {
                        item
                    }
                })
                .collect::<Array>()
                .finish()
        })
    })
}

/// Past values weighted by `b`, past results by `a`; `a[0]` divides all.
fn iir(series: &str, b: &str, a: &str) -> Option<String> {
    let (series, b, a) = (reals(series)?, reals(b)?, reals(a)?);
    let first = *a.first().filter(|first| **first != 0.0)?;
    let mut results: Vec<f64> = Vec::with_capacity(series.len());
    for at in 0..series.len() {
        let fed: f64 = (0..b.len().min(at + 1))
            .map(|k| b[k] * series[at - k])
            .sum();
        let back: f64 = (1..a.len().min(at + 1))
            .map(|k| a[k] * results[at - k])
            .sum();
        results.push((fed - back) / first);
    }
    let mut array = Array::default();
    results
        .iter()
        .for_each(|value| array.push(Some(&json(*value))));
    Some(array.finish())
}

macro_rules! unary {
    ($f:expr) => {
        &[overload(&[SERIES], Type::Dynamic, |args| {
            args.map1(|Json(series)| each(series, $f))
        })]
    };
}

/// Two series, or a series and a number for all of its elements.
macro_rules! binary {
    ($f:expr) => {
        &[
            overload(&[SERIES, SERIES], Type::Dynamic, |args| {
                args.map2(|Json(a), Json(b)| pairs(a, b, $f))
            }),
            overload(&[SERIES, LONG], Type::Dynamic, |args| {
                args.map2(|Json(a), b: i64| against(a, Number::Long(b), Side::Left, $f))
            }),
            overload(&[SERIES, REAL], Type::Dynamic, |args| {
                args.map2(|Json(a), b: f64| against(a, Number::Real(b), Side::Left, $f))
            }),
            overload(&[LONG, SERIES], Type::Dynamic, |args| {
                args.map2(|a: i64, Json(b)| against(b, Number::Long(a), Side::Right, $f))
            }),
            overload(&[REAL, SERIES], Type::Dynamic, |args| {
                args.map2(|a: f64, Json(b)| against(b, Number::Real(a), Side::Right, $f))
            }),
        ]
    };
}

const IIR: &[Overload] = &[overload(&[SERIES, SERIES, SERIES], Type::Dynamic, |args| {
    args.map3(|Json(series), Json(b), Json(a)| iir(series, b, a))
})];
const FORWARD: &[Overload] = &[overload(&[SERIES, REAL], Type::Dynamic, |args| {
    fill(args, From::Before)
})
.optional(1)];
const BACKWARD: &[Overload] = &[overload(&[SERIES, REAL], Type::Dynamic, |args| {
    fill(args, From::Behind)
})
.optional(1)];
const CONSTANT: &[Overload] =
    &[overload(&[SERIES, Param::Json, REAL], Type::Dynamic, fill_const).optional(1)];
const COSINE: &[Overload] = &[overload(&[SERIES, SERIES], Type::Real, |args| {
    args.map2(|Json(a), Json(b)| cosine(a, b))
})];
const DOT: &[Overload] = &[
    overload(&[SERIES, SERIES], Type::Real, |args| {
        args.map2(|Json(a), Json(b)| dot_product(a, b))
    }),
    overload(&[SERIES, REAL], Type::Real, |args| {
        args.map2(|Json(series), by: f64| scaled(series, by))
    }),
    overload(&[REAL, SERIES], Type::Real, |args| {
        args.map2(|by: f64, Json(series)| scaled(series, by))
    }),
];
const PRODUCT: &[Overload] = &[overload(&[SERIES], Type::Real, |args| {
    args.map1(|Json(series)| product(series))
})];

pub const FUNCTIONS: &[ScalarFunction] = &[
    row(
        "series_abs",
        unary!(|n| match n {
            Number::Long(n) => n.wrapping_abs().to_string(),
            Number::Real(n) => json(n.abs()),
        }),
        "kusto/query/series-abs-function",
        "Gives the absolute value of each element.",
        &[
            example("series_abs(dynamic([-6,0,8]))", "dynamic([6,0,8])"),
            example("series_abs(dynamic([-6.5]))", "dynamic([6.5])"),
        ],
    ),
    row(
        "series_tan",
        unary!(|n| json(n.as_real().tan())),
        "kusto/query/series-tan-function",
        "Gives the tangent of each element.",
        &[
            example("series_tan(dynamic([0]))", "dynamic([0.0])"),
            example("series_tan(dynamic([1]))", "dynamic([1.5574077246549023])"),
        ],
    ),
    row(
        "series_pow",
        binary!(|a, b| Some(json(a.as_real().powf(b.as_real())))),
        "kusto/query/series-pow-function",
        "Raises the elements of the first series to the powers of the second.",
        &[
            example(
                "series_pow(dynamic([1,2,3,4]), dynamic([1,2,3,0.5]))",
                "dynamic([1.0,4.0,27.0,2.0])",
            ),
            example("series_pow(dynamic([1,2]), 2)", "dynamic([1.0,4.0])"),
        ],
    ),
    row(
        "series_add",
        binary!(arithmetic(i64::checked_add, |a, b| a + b)),
        "kusto/query/series-add-function",
        "Adds two series.",
        &[
            example(
                "series_add(dynamic([1,2]), dynamic([3,4]))",
                "dynamic([4,6])",
            ),
            example("series_add(dynamic([1.5]), dynamic([1]))", "dynamic([2.5])"),
        ],
    ),
    row(
        "series_subtract",
        binary!(arithmetic(i64::checked_sub, |a, b| a - b)),
        "kusto/query/series-subtract-function",
        "Subtracts the second series from the first.",
        &[
            example(
                "series_subtract(dynamic([1,2,4]), dynamic([4,2,1]))",
                "dynamic([-3,0,3])",
            ),
            example(
                "series_subtract(dynamic([1.5]), dynamic([1]))",
                "dynamic([0.5])",
            ),
        ],
    ),
    row(
        "series_multiply",
        binary!(arithmetic(i64::checked_mul, |a, b| a * b)),
        "kusto/query/series-multiply-function",
        "Multiplies two series.",
        &[
            example(
                "series_multiply(dynamic([1,2]), dynamic([3,4]))",
                "dynamic([3,8])",
            ),
            example(
                "series_multiply(dynamic([1.5]), dynamic([2]))",
                "dynamic([3.0])",
            ),
        ],
    ),
    row(
        "series_divide",
        binary!(|a, b| Some(json(a.as_real() / b.as_real()))),
        "kusto/query/series-divide-function",
        "Divides the first series by the second.",
        &[
            example(
                "series_divide(dynamic([1,2,4]), dynamic([4,2,1]))",
                "dynamic([0.25,1.0,4.0])",
            ),
            example(
                "series_divide(dynamic([3]), dynamic([2]))",
                "dynamic([1.5])",
            ),
        ],
    ),
    row(
        "series_equals",
        binary!(test(|a, b| a == b)),
        "kusto/query/series-equals-function",
        "Tells of each place whether two series are equal there.",
        &[
            example(
                "series_equals(dynamic([1,2,4]), dynamic([4,2,1]))",
                "dynamic([false,true,false])",
            ),
            example(
                "series_equals(dynamic([1.0]), dynamic([1]))",
                "dynamic([true])",
            ),
        ],
    ),
    row(
        "series_not_equals",
        binary!(test(|a, b| a != b)),
        "kusto/query/series-not-equals-function",
        "Tells of each place whether two series differ there.",
        &[
            example(
                "series_not_equals(dynamic([1,2,4]), dynamic([4,2,1]))",
                "dynamic([true,false,true])",
            ),
            example(
                "series_not_equals(dynamic([1.0]), dynamic([1]))",
                "dynamic([false])",
            ),
        ],
    ),
    row(
        "series_less",
        binary!(test(|a, b| a < b)),
        "kusto/query/series-less-function",
        "Tells of each place whether the first series is less.",
        &[
            example(
                "series_less(dynamic([1,2,4]), dynamic([4,2,1]))",
                "dynamic([true,false,false])",
            ),
            example(
                "series_less(dynamic([1]), dynamic([1.5]))",
                "dynamic([true])",
            ),
        ],
    ),
    row(
        "series_less_equals",
        binary!(test(|a, b| a <= b)),
        "kusto/query/series-less-equals-function",
        "Tells of each place whether the first series is less or equal.",
        &[
            example(
                "series_less_equals(dynamic([1,2,4]), dynamic([4,2,1]))",
                "dynamic([true,true,false])",
            ),
            example(
                "series_less_equals(dynamic([2]), dynamic([1.5]))",
                "dynamic([false])",
            ),
        ],
    ),
    row(
        "series_greater",
        binary!(test(|a, b| a > b)),
        "kusto/query/series-greater-function",
        "Tells of each place whether the first series is greater.",
        &[
            example(
                "series_greater(dynamic([1,2,4]), dynamic([4,2,1]))",
                "dynamic([false,false,true])",
            ),
            example(
                "series_greater(dynamic([2]), dynamic([1.5]))",
                "dynamic([true])",
            ),
        ],
    ),
    row(
        "series_greater_equals",
        binary!(test(|a, b| a >= b)),
        "kusto/query/series-greater-equals-function",
        "Tells of each place whether the first series is greater or equal.",
        &[
            example(
                "series_greater_equals(dynamic([1,2,4]), dynamic([4,2,1]))",
                "dynamic([false,true,true])",
            ),
            example(
                "series_greater_equals(dynamic([1]), dynamic([1.5]))",
                "dynamic([false])",
            ),
        ],
    ),
    row(
        "series_sign",
        unary!(|n| match n {
            Number::Long(n) => n.signum().to_string(),
            Number::Real(0.0) => json(0.0),
            Number::Real(n) => json(n.signum()),
        }),
        "kusto/query/series-sign-function",
        "Gives -1, 0 or 1 for each element.",
        &[
            example("series_sign(dynamic([-6,0,8]))", "dynamic([-1,0,1])"),
            example("series_sign(dynamic([5]))", "dynamic([1])"),
        ],
    ),
    row(
        "series_floor",
        unary!(|n| json(n.as_real().floor())),
        "kusto/query/series-floor-function",
        "Rounds each element down.",
        &[
            example(
                "series_floor(dynamic([-1.5,1,2.5]))",
                "dynamic([-2.0,1.0,2.0])",
            ),
            example("series_floor(dynamic([7]))", "dynamic([7.0])"),
        ],
    ),
    row(
        "series_ceiling",
        unary!(|n| json(n.as_real().ceil())),
        "kusto/query/series-ceiling-function",
        "Rounds each element up.",
        &[
            example(
                "series_ceiling(dynamic([-1.5,1,2.5]))",
                "dynamic([-1.0,1.0,3.0])",
            ),
            example("series_ceiling(dynamic([7]))", "dynamic([7.0])"),
        ],
    ),
    row(
        "series_log",
        unary!(|n| json(n.as_real().ln())),
        "kusto/query/series-log-function",
        "Gives the natural logarithm of each element.",
        &[
            example("series_log(dynamic([1]))", "dynamic([0.0])"),
            example("series_log(dynamic([2]))", "dynamic([0.6931471805599453])"),
        ],
    ),
    row(
        "series_exp",
        unary!(|n| json(n.as_real().exp())),
        "kusto/query/series-exp-function",
        "Gives e to the power of each element.",
        &[
            example("series_exp(dynamic([0]))", "dynamic([1.0])"),
            example("series_exp(dynamic([1]))", "dynamic([2.718281828459045])"),
        ],
    ),
    row(
        "series_cos",
        unary!(|n| json(n.as_real().cos())),
        "kusto/query/series-cos-function",
        "Gives the cosine of each element.",
        &[
            example("series_cos(dynamic([0]))", "dynamic([1.0])"),
            example("series_cos(dynamic([1]))", "dynamic([0.5403023058681398])"),
        ],
    ),
    row(
        "series_sin",
        unary!(|n| json(n.as_real().sin())),
        "kusto/query/series-sin-function",
        "Gives the sine of each element.",
        &[
            example("series_sin(dynamic([0]))", "dynamic([0.0])"),
            example("series_sin(dynamic([1]))", "dynamic([0.8414709848078965])"),
        ],
    ),
    row(
        "series_acos",
        unary!(|n| json(n.as_real().acos())),
        "kusto/query/series-acos-function",
        "Gives the arc cosine of each element.",
        &[
            example("series_acos(dynamic([1]))", "dynamic([0.0])"),
            example("series_acos(dynamic([-1]))", "dynamic([3.141592653589793])"),
        ],
    ),
    row(
        "series_asin",
        unary!(|n| json(n.as_real().asin())),
        "kusto/query/series-asin-function",
        "Gives the arc sine of each element.",
        &[
            example("series_asin(dynamic([0]))", "dynamic([0.0])"),
            example("series_asin(dynamic([1]))", "dynamic([1.5707963267948966])"),
        ],
    ),
    row(
        "series_atan",
        unary!(|n| json(n.as_real().atan())),
        "kusto/query/series-atan-function",
        "Gives the arc tangent of each element.",
        &[
            example("series_atan(dynamic([0]))", "dynamic([0.0])"),
            example("series_atan(dynamic([1]))", "dynamic([0.7853981633974483])"),
        ],
    ),
    row(
        "series_product",
        PRODUCT,
        "kusto/query/series-product-function",
        "Multiplies all elements.",
        &[
            example("series_product(dynamic([1,2,3,4]))", "24.0"),
            example("series_product(dynamic([0.5,4]))", "2.0"),
        ],
    ),
    row(
        "series_dot_product",
        DOT,
        "kusto/query/series-dot-product-function",
        "Gives the sum of the products of two series' elements, or of one's and a number.",
        &[
            example(
                "series_dot_product(dynamic([1,2,4]), dynamic([4,2,1]))",
                "12.0",
            ),
            example("series_dot_product(dynamic([3]), dynamic([2]))", "6.0"),
            example("series_dot_product(dynamic([1,2,4]), 2)", "14.0"),
            example("series_dot_product(0.5, dynamic([1,2,4]))", "3.5"),
        ],
    ),
    row(
        "series_cosine_similarity",
        COSINE,
        "kusto/query/series-cosine-similarity-function",
        "Gives the cosine of the angle between two series.",
        &[
            example(
                "series_cosine_similarity(dynamic([1,0]), dynamic([0,1]))",
                "0.0",
            ),
            example(
                "series_cosine_similarity(dynamic([2,0]), dynamic([1,0]))",
                "1.0",
            ),
        ],
    ),
    row(
        "series_fill_forward",
        FORWARD,
        "kusto/query/series-fill-forward-function",
        "Fills nulls with the nearest value in front of them.",
        &[
            example(
                "series_fill_forward(dynamic([null,36,null,16]))",
                "dynamic([null,36,36,16])",
            ),
            example("series_fill_forward(dynamic([1,null]))", "dynamic([1,1])"),
        ],
    )
    .named(ResultName::FirstArgument),
    row(
        "series_fill_backward",
        BACKWARD,
        "kusto/query/series-fill-backward-function",
        "Fills nulls with the nearest value behind them.",
        &[
            example(
                "series_fill_backward(dynamic([111,null,36,null]))",
                "dynamic([111,36,36,null])",
            ),
            example("series_fill_backward(dynamic([null,1]))", "dynamic([1,1])"),
        ],
    )
    .named(ResultName::FirstArgument),
    row(
        "series_fill_const",
        CONSTANT,
        "kusto/query/series-fill-const-function",
        "Fills nulls with a constant.",
        &[
            example("series_fill_const(dynamic([1,null]), 0)", "dynamic([1,0])"),
            example(
                "series_fill_const(dynamic([null,2.5]), 1.5)",
                "dynamic([1.5,2.5])",
            ),
        ],
    )
    .named(ResultName::FirstArgument),
    row(
        "series_iir",
        IIR,
        "kusto/query/series-iir-function",
        "Applies an infinite impulse response filter.",
        &[
            example(
                "series_iir(dynamic([1,2,3]), dynamic([1]), dynamic([1,-1]))",
                "dynamic([1.0,3.0,6.0])",
            ),
            example(
                "series_iir(dynamic([2,4]), dynamic([1]), dynamic([2]))",
                "dynamic([1.0,2.0])",
            ),
        ],
    )
    .named(ResultName::FirstArgument),
];
