//! Rows that `make-series` names: the bin of a value, the arrays of a series.

use super::row::{Example, Overload, Param, ResultName, ScalarFunction, example, overload};
use crate::conversion::dynamic_of_real;
use crate::json::{Array, items};
use crate::kernel::{Args, Json, KernelError, KernelResult, collect};
use huntql_kql::time::{format_datetime, format_timespan};
use huntql_kql::types::Type;
use std::collections::HashMap;

/// Elements that one array may have, as in Kusto.
const ELEMENTS_MAX: i64 = 1 << 20;

const TIME: [Param; 3] = [
    Param::Is(Type::Datetime),
    Param::Is(Type::Datetime),
    Param::Is(Type::Timespan),
];
const SPAN: [Param; 3] = [Param::Is(Type::Timespan); 3];
const WHOLE: [Param; 3] = [Param::Is(Type::Long); 3];
const REAL: [Param; 3] = [Param::Is(Type::Real); 3];

const BIN: &[Overload] = &[
    overload(&TIME, Type::Long, whole_bin),
    overload(&SPAN, Type::Long, whole_bin),
    overload(&WHOLE, Type::Long, whole_bin),
    overload(&REAL, Type::Long, real_bin),
];
const LAST: &[Overload] = &[
    overload(&TIME, Type::Long, whole_last),
    overload(&SPAN, Type::Long, whole_last),
    overload(&WHOLE, Type::Long, whole_last),
    overload(&REAL, Type::Long, real_last),
];
const LONG: Param = Param::Is(Type::Long);
const AXIS: &[Overload] = &[
    overload(
        &[
            Param::Is(Type::Datetime),
            LONG,
            LONG,
            Param::Is(Type::Timespan),
        ],
        Type::Dynamic,
        |args| whole_axis(args, |ticks| format!("\"{}\"", format_datetime(ticks))),
    ),
    overload(
        &[
            Param::Is(Type::Timespan),
            LONG,
            LONG,
            Param::Is(Type::Timespan),
        ],
        Type::Dynamic,
        |args| whole_axis(args, |ticks| format!("\"{}\"", format_timespan(ticks))),
    ),
    overload(&[LONG; 4], Type::Dynamic, |args| {
        whole_axis(args, |value| value.to_string())
    }),
    overload(
        &[Param::Is(Type::Real), LONG, LONG, Param::Is(Type::Real)],
        Type::Dynamic,
        real_axis,
    ),
];
const VALUES: &[Overload] = &[overload(
    &[Param::Is(Type::Dynamic), LONG, LONG, Param::Json],
    Type::Dynamic,
    series_values,
)];

const SERIES: [Example; 2] = [
    example(
        "toscalar(range x from 1 to 5 step 1 | make-series n = count() on x from 1 to 7 step 2 | project n)",
        "dynamic([2,2,1])",
    ),
    example(
        "toscalar(range x from 1 to 5 step 1 | make-series n = count() on x from 1 to 7 step 2 | project x)",
        "dynamic([1,3,5])",
    ),
];

const fn row(
    name: &'static str,
    overloads: &'static [Overload],
    doc: &'static str,
) -> ScalarFunction {
    ScalarFunction {
        name,
        aliases: &[],
        overloads,
        result_name: ResultName::Default,
        doc,
        source: "kusto/query/make-series-operator",
        examples: &SERIES,
    }
}

pub const OPERATORS: &[ScalarFunction] = &[
    row(
        "series_bin",
        BIN,
        "Gives how many whole steps a value lies behind a base.",
    ),
    row(
        "series_last_bin",
        LAST,
        "Gives the number of the last bin that begins in front of an end.",
    ),
    row(
        "series_axis",
        AXIS,
        "Gives the beginnings of bins: of a base, the first bin, the last bin and the step.",
    ),
    row(
        "series_values",
        VALUES,
        "Gives the values of bins, from pairs of bin and value: of the first bin, the last bin and a default.",
    ),
];

fn bad_step() -> KernelError {
    KernelError::Argument {
        index: 2,
        message: "the step of a series must be above 0".into(),
    }
}

fn steps_are_good<'a, T: crate::kernel::Input<'a> + PartialOrd>(
    args: &Args<'a>,
    index: usize,
    zero: &T,
) -> Result<(), KernelError> {
    let steps = args.input::<T>(index);
    let good = (0..args.rows()).all(|row| steps.get(row).is_none_or(|step| step > *zero));
    if good { Ok(()) } else { Err(bad_step()) }
}

fn whole_bin(args: &Args<'_>) -> KernelResult {
    steps_are_good::<i64>(args, 2, &0)?;
    args.map3(|value: i64, base: i64, step: i64| {
        value.checked_sub(base).map(|far| far.div_euclid(step))
    })
}

fn real_bin(args: &Args<'_>) -> KernelResult {
    steps_are_good::<f64>(args, 2, &0.0)?;
    args.map3(|value: f64, base: f64, step: f64| whole(((value - base) / step).floor()))
}

fn whole_last(args: &Args<'_>) -> KernelResult {
    steps_are_good::<i64>(args, 2, &0)?;
    args.map3(|to: i64, base: i64, step: i64| {
        let far = to.checked_sub(base)?.checked_sub(1)?;
        Some(far.div_euclid(step))
    })
}

fn real_last(args: &Args<'_>) -> KernelResult {
    steps_are_good::<f64>(args, 2, &0.0)?;
    args.map3(|to: f64, base: f64, step: f64| whole(((to - base) / step).ceil() - 1.0))
}

fn whole(value: f64) -> Option<i64> {
    (value.abs() < 9e18).then_some(value as i64)
}

/// The bins of a series, or that there are too many.
fn bins(first: i64, last: i64) -> Result<std::ops::RangeInclusive<i64>, KernelError> {
    if last.saturating_sub(first) >= ELEMENTS_MAX {
        return Err(KernelError::Argument {
            index: 2,
            message: format!("a series may have {ELEMENTS_MAX} elements"),
        });
    }
    Ok(first..=last)
}

/// Checks the sizes of all rows, which [`collect`] cannot.
fn sizes_are_good(args: &Args<'_>) -> Result<(), KernelError> {
    let (first, last) = (args.input::<i64>(1), args.input::<i64>(2));
    for row in 0..args.rows() {
        if let (Some(first), Some(last)) = (first.get(row), last.get(row)) {
            bins(first, last)?;
        }
    }
    Ok(())
}

fn whole_axis(args: &Args<'_>, json: impl Fn(i64) -> String) -> KernelResult {
    sizes_are_good(args)?;
    args.map4(|base: i64, first: i64, last: i64, step: i64| {
        let mut axis = Array::default();
        for bin in first..=last {
            let value = bin.checked_mul(step)?.checked_add(base)?;
            axis.push(Some(&json(value)));
        }
        Some(axis.finish())
    })
}

fn real_axis(args: &Args<'_>) -> KernelResult {
    sizes_are_good(args)?;
    args.map4(|base: f64, first: i64, last: i64, step: f64| {
        let mut axis = Array::default();
        for bin in first..=last {
            axis.push(Some(&dynamic_of_real(base + bin as f64 * step)));
        }
        axis.finish()
    })
}

fn series_values(args: &Args<'_>) -> KernelResult {
    sizes_are_good(args)?;
    let pairs = args.input::<Option<Json<'_>>>(0);
    let (first, last) = (args.input::<i64>(1), args.input::<i64>(2));
    let default = args.input::<Option<Json<'_>>>(3);
    collect(args, |row| {
        let pairs = pairs.get(row).flatten().map_or("[]", |Json(json)| json);
        let default = default.get(row).flatten().map_or("null", |Json(json)| json);
        let mut known: HashMap<i64, &str> = HashMap::new();
        for pair in items(pairs) {
            let mut parts = items(pair);
            if let (Some(bin), Some(value)) = (parts.next(), parts.next()) {
                known.insert(bin.parse().ok()?, value);
            }
        }
        let mut values = Array::default();
        for bin in first.get(row)?..=last.get(row)? {
            values.push(Some(known.get(&bin).copied().unwrap_or(default)));
        }
        Some(values.finish())
    })
}
