//! Functions of a whole series that give one value: filters, gaps, scores, correlations.
//!
//! A series with an element that is no number gives null, except where nulls are what a function is about.

use super::row::{Overload, Param, ResultName, ScalarFunction, example, overload, row};
use super::tuples::{self, Places, decomposed, found_period, list, real, reals, rows, stats_at};
use super::two_lines;
use crate::conversion::dynamic_of_real;
use crate::json::{Array, Bag, Kind, Number, items, kind, number, quote};
use crate::kernel::series::{self, Fence, Trend};
use crate::kernel::{Args, Json, KernelError, KernelResult, collect};
use huntql_kql::types::Type;

const SERIES: Param = Param::Is(Type::Dynamic);
const LONG: Param = Param::Is(Type::Long);
const REAL: Param = Param::Is(Type::Real);
const TEXT: Param = Param::Is(Type::String);
const BOOL: Param = Param::Is(Type::Bool);

/// A bag of JSON texts.
pub(super) fn bag<const N: usize>(entries: [(&str, String); N]) -> String {
    let mut bag = Bag::default();
    for (key, value) in &entries {
        bag.push_quoted(&quote(key), value);
    }
    bag.finish()
}

fn stats(args: &Args<'_>) -> KernelResult {
    collect(args, |row| {
        let (stats, count) = stats_at(args, row)?;
        Some(bag([
            ("min", dynamic_of_real(stats.min)),
            ("min_idx", stats.min_at.to_string()),
            ("max", dynamic_of_real(stats.max)),
            ("max_idx", stats.max_at.to_string()),
            ("avg", dynamic_of_real(stats.average)),
            ("stdev", dynamic_of_real(stats.variance.sqrt())),
            ("variance", dynamic_of_real(stats.variance)),
            ("sum", dynamic_of_real(stats.sum)),
            ("len", count.to_string()),
        ]))
    })
}

fn fit_line(args: &Args<'_>) -> KernelResult {
    let input = args.input::<Json<'_>>(0);
    rows(args, |row| {
        let Some(values) = input.get(row).and_then(|Json(json)| reals(json)) else {
            return Ok(None);
        };
        Ok(tuples::fit(&values)?.map(|fit| {
            bag([
                ("slope", dynamic_of_real(fit.line.slope)),
                ("interception", dynamic_of_real(fit.line.interception)),
                ("rsquare", dynamic_of_real(fit.rsquare)),
                ("variance", dynamic_of_real(fit.variance)),
                ("rvariance", dynamic_of_real(fit.rvariance)),
                ("line_fit", list(fit.values)),
            ])
        }))
    })
}

/// Values to ignore score 0, as nulls do.
fn outliers(args: &Args<'_>) -> KernelResult {
    if args.len() > 3 {
        return Err(KernelError::Argument {
            index: 3,
            message: "percentiles of one's own are not supported: how their scores are weighted is not documented"
                .to_owned(),
        });
    }
    let input = args.input::<Json<'_>>(0);
    let kind_of = (args.len() > 1).then(|| args.input::<&str>(1));
    let ignored = (args.len() > 2).then(|| args.input::<Option<f64>>(2));
    rows(args, |row| {
        let Some(Json(json)) = input
            .get(row)
            .filter(|Json(json)| kind(json) == Kind::Array)
        else {
            return Ok(None);
        };
        let fence = match &kind_of {
            Some(name) => tuples::fence(name.get(row).unwrap_or_default(), 1)?,
            None => Fence::CUSTOM,
        };
        let ignored = ignored
            .as_ref()
            .and_then(|ignored| ignored.get(row))
            .flatten();
        let values: Vec<Option<f64>> = items(json)
            .map(|item| real(item).filter(|value| Some(*value) != ignored))
            .collect();
        Ok(Some(list(tuples::scores(&values, fence, 0)?)))
    })
}

/// Whole numbers stay whole when the filter is not normalized.
fn fir(args: &Args<'_>) -> KernelResult {
    let (input, filter) = (args.input::<Json<'_>>(0), args.input::<Json<'_>>(1));
    let normalize = (args.len() > 2).then(|| args.input::<bool>(2));
    let center = (args.len() > 3).then(|| args.input::<bool>(3));
    collect(args, |row| {
        let (input, filter) = (input.get(row)?.0, filter.get(row)?.0);
        let (values, mut weights) = (reals(input)?, reals(filter)?);
        let negative = weights.iter().any(|weight| *weight < 0.0);
        let normalize = match &normalize {
            Some(normalize) => normalize.get(row)?,
            None => !negative,
        };
        if normalize {
            let sum: f64 = weights.iter().sum();
            if negative || sum == 0.0 {
                return None;
            }
            weights.iter_mut().for_each(|weight| *weight /= sum);
        }
        let shift = match &center {
            Some(center) if center.get(row)? => weights.len().saturating_sub(1) / 2,
            _ => 0,
        };
        let answer = series::fir(&values, &weights, shift);
        if !normalize && is_whole(input) && is_whole(filter) {
            let mut whole = Array::default();
            answer
                .iter()
                .for_each(|value| whole.push(Some(&format!("{value:.0}"))));
            return Some(whole.finish());
        }
        Some(list(answer))
    })
}

/// Whether all elements that are not null are whole numbers.
fn is_whole(json: &str) -> bool {
    items(json)
        .filter(|item| kind(item) != Kind::Null)
        .all(|item| matches!(number(item), Some(Number::Long(_))))
}

fn seasonal(args: &Args<'_>) -> KernelResult {
    let input = args.input::<Json<'_>>(0);
    let period = (args.len() > 1).then(|| args.input::<i64>(1));
    let test_points = (args.len() > 2).then(|| args.input::<i64>(2));
    rows(args, |row| {
        let Some(values) = input.get(row).and_then(|Json(json)| reals(json)) else {
            return Ok(None);
        };
        let read = |argument: &Option<crate::kernel::Reader<'_, i64>>, default: i64| match argument
        {
            Some(argument) => argument.get(row),
            None => Some(default),
        };
        let (Some(period), Some(test_points)) = (read(&period, -1), read(&test_points, 0)) else {
            return Ok(None);
        };
        let Ok(test_points) = usize::try_from(test_points) else {
            return Ok(None);
        };
        let period = match period {
            -1 => found_period(&values, 1)?,
            period => usize::try_from(period).unwrap_or(0),
        };
        let parts = series::decompose(&values, period, Trend::None, test_points);
        Ok(Some(list(parts.seasonal)))
    })
}

fn forecast(args: &Args<'_>) -> KernelResult {
    let places = Places {
        test_points: 1,
        period: 2,
        trend: 3,
        threshold: 4,
        default_trend: Trend::Line,
    };
    rows(args, |row| {
        Ok(decomposed(args, &places, row)?.map(|(parts, _)| list(parts.baseline)))
    })
}

fn same_length(args: &Args<'_>, row: usize) -> Option<(Vec<f64>, Vec<f64>)> {
    let a = reals(args.input::<Json<'_>>(0).get(row)?.0)?;
    let b = reals(args.input::<Json<'_>>(1).get(row)?.0)?;
    (a.len() == b.len() && !a.is_empty()).then_some((a, b))
}

/// An element of a series with gaps.
#[derive(Clone, Copy)]
enum Slot<'a> {
    Missing(&'a str),
    Known(f64, &'a str),
}

/// The line between the numbers around a gap; whole series stay whole, rounded towards 0.
fn fill_linear(args: &Args<'_>) -> KernelResult {
    let input = args.input::<Json<'_>>(0);
    let placeholder = (args.len() > 1).then(|| args.input::<Option<f64>>(1));
    let edges = (args.len() > 2).then(|| args.input::<bool>(2));
    let constant = (args.len() > 3).then(|| args.input::<Option<f64>>(3));
    collect(args, |row| {
        let json = input.get(row)?.0;
        if kind(json) != Kind::Array {
            return None;
        }
        let placeholder = placeholder
            .as_ref()
            .and_then(|value| value.get(row))
            .flatten();
        let edges = match &edges {
            Some(edges) => edges.get(row)?,
            None => true,
        };
        let constant = match &constant {
            Some(constant) => constant.get(row)?,
            None => Some(0.0),
        };
        let slots: Vec<Slot<'_>> = items(json)
            .map(|item| match real(item) {
                Some(value) if Some(value) != placeholder => Slot::Known(value, item),
                _ => Slot::Missing(item),
            })
            .collect();
        Some(filled(&slots, edges, constant, is_whole(json)))
    })
}

fn filled(slots: &[Slot<'_>], edges: bool, constant: Option<f64>, whole: bool) -> String {
    let known: Vec<(usize, f64, &str)> = slots
        .iter()
        .enumerate()
        .filter_map(|(at, slot)| match slot {
            Slot::Known(value, text) => Some((at, *value, *text)),
            Slot::Missing(_) => None,
        })
        .collect();
    let mut result = Array::default();
    for (at, slot) in slots.iter().enumerate() {
        let text = match slot {
            Slot::Known(_, text) => (*text).to_owned(),
            Slot::Missing(text) => {
                let next = known.partition_point(|(place, _, _)| *place < at);
                match (
                    next.checked_sub(1).map(|before| known[before]),
                    known.get(next).copied(),
                ) {
                    (None, None) => constant.map_or("null".to_owned(), dynamic_of_real),
                    (Some((from, a, _)), Some((to, b, _))) => {
                        let part = (at - from) as f64 / (to - from) as f64;
                        let value = a + (b - a) * part;
                        if whole {
                            format!("{:.0}", value.trunc())
                        } else {
                            dynamic_of_real(value)
                        }
                    }
                    (Some((_, _, nearest)), None) | (None, Some((_, _, nearest))) if edges => {
                        (*nearest).to_owned()
                    }
                    (Some(_), None) | (None, Some(_)) => (*text).to_owned(),
                }
            }
        };
        result.push(Some(&text));
    }
    result.finish()
}

const STATS: &[Overload] = &[overload(&[SERIES, BOOL], Type::Dynamic, stats).optional(1)];
const FIT_LINE: &[Overload] = &[overload(&[SERIES], Type::Dynamic, fit_line)];
const FIT_2LINES: &[Overload] = &[overload(&[SERIES], Type::Dynamic, two_lines::bags)];
const OUTLIERS: &[Overload] = &[overload(
    &[SERIES, TEXT, REAL, REAL, REAL, LONG],
    Type::Dynamic,
    outliers,
)
.optional(5)];
const FIR: &[Overload] = &[overload(&[SERIES, SERIES, BOOL, BOOL], Type::Dynamic, fir).optional(2)];
const SEASONAL: &[Overload] =
    &[overload(&[SERIES, LONG, LONG], Type::Dynamic, seasonal).optional(2)];
const FORECAST: &[Overload] =
    &[overload(&[SERIES, LONG, LONG, TEXT, REAL], Type::Dynamic, forecast).optional(3)];
const PEARSON: &[Overload] = &[overload(&[SERIES, SERIES], Type::Real, |args| {
    collect(args, |row| {
        let (a, b) = same_length(args, row)?;
        Some(series::correlation(&a, &b))
    })
})];
const MAGNITUDE: &[Overload] = &[overload(&[SERIES], Type::Real, |args| {
    args.map1(|Json(json)| {
        Some(
            reals(json)?
                .iter()
                .map(|value| value * value)
                .sum::<f64>()
                .sqrt(),
        )
    })
})];
const LINEAR: &[Overload] =
    &[overload(&[SERIES, REAL, BOOL, REAL], Type::Dynamic, fill_linear).optional(3)];

pub const FUNCTIONS: &[ScalarFunction] = &[
    row("series_stats_dynamic", STATS, "kusto/query/series-stats-dynamic-function", "Gives a bag of a series' least, greatest and middle value, and how it varies.", &[
            example(
                "series_stats_dynamic(dynamic([23, 46, 2, 87])).max_idx",
                "dynamic(3)",
            ),
            example("series_stats_dynamic(dynamic([23, null]))", "dynamic(null)"),
        ],),
    row("series_fit_line_dynamic", FIT_LINE, "kusto/query/series-fit-line-dynamic-function", "Gives a bag of the line of least squares through a series. A series of equal values is refused.", &[
            example(
                "series_fit_line_dynamic(dynamic([1, 2, 3])).slope",
                "dynamic(1.0)",
            ),
            example("series_fit_line_dynamic(dynamic(['a']))", "dynamic(null)"),
        ],),
    row("series_fit_2lines_dynamic", FIT_2LINES, "kusto/query/series-fit-2lines-dynamic-function", "Gives a bag of the two lines through a series that leave the least. Series that could be split at several places are refused.", &[
            example(
                "series_fit_2lines_dynamic(dynamic([1, 2, 3.5, 9, 8, 6])).split_idx",
                "dynamic(3)",
            ),
            example("series_fit_2lines_dynamic(dynamic(null))", "dynamic(null)"),
            example("series_fit_2lines_dynamic(dynamic(['a']))", "dynamic(null)"),
        ],),
    row("series_outliers", OUTLIERS, "kusto/query/series-outliers-function", "Scores how far each element lies outside of the middle ones.", &[
            example(
                "series_outliers(dynamic([1, 2, 3, 4, 5, 6]), 'tukey')[0]",
                "dynamic(-0.5)",
            ),
            example(
                "series_outliers(dynamic([5, null, 5]))",
                "dynamic([0.0, 0.0, 0.0])",
            ),
        ],).named(ResultName::FirstArgument),
    row("series_fir", FIR, "kusto/query/series-fir-function", "Applies a filter of weights to a series.", &[
            example(
                "series_fir(dynamic([0, 0, 10, 0, 0]), dynamic([1, 1, 1, 1, 1]), true, true)",
                "dynamic([2.0, 2.0, 2.0, 2.0, 2.0])",
            ),
            example(
                "series_fir(dynamic([0, 2, 2, 3]), dynamic([1, -1]), false, false)",
                "dynamic([0, 2, 0, 1])",
            ),
        ],).named(ResultName::FirstArgument),
    row("series_seasonal", SEASONAL, "kusto/query/series-seasonal-function", "Gives the season of a series: the median of each place of a period. A period that is not given is found where it is beyond doubt; another series is refused.", &[
            example(
                "series_seasonal(dynamic([1, 3, 5, 1, 3, 5, 2, 4, 6]), 3)",
                "dynamic([1.0, 3.0, 5.0, 1.0, 3.0, 5.0, 1.0, 3.0, 5.0])",
            ),
            example("series_seasonal(dynamic([1, null]), 1)", "dynamic(null)"),
        ],),
    row("series_decompose_forecast", FORECAST, "kusto/query/series-decompose-forecast-function", "Foretells the last points of a series from its season and, as the real engine does, a line. A season that is not given is found where it is beyond doubt; another series is refused.", &[
            example(
                "series_decompose_forecast(dynamic([1, 2, 3, 0]), 1, 0)",
                "dynamic([1.0, 2.0, 3.0, 4.0])",
            ),
            example(
                "series_decompose_forecast(dynamic(['a']), 1)",
                "dynamic(null)",
            ),
        ],).named(ResultName::FirstArgument),
    row("series_pearson_correlation", PEARSON, "kusto/query/series-pearson-correlation-function", "Gives the correlation of two series of equal length.", &[
            example(
                "round(series_pearson_correlation(dynamic([1, 2, 3]), dynamic([2, 4, 6])), 9)",
                "1.0",
            ),
            example(
                "series_pearson_correlation(dynamic([1, 2]), dynamic([2]))",
                "real(null)",
            ),
        ],),
    row("series_magnitude", MAGNITUDE, "kusto/query/series-magnitude-function", "Gives the length of a series as a vector.", &[
            example("series_magnitude(dynamic([3, 4]))", "5.0"),
            example("series_magnitude(dynamic([3, 'a']))", "real(null)"),
        ],),
    row("series_fill_linear", LINEAR, "kusto/query/series-fill-linear-function", "Fills gaps of a series with the line between their neighbours.", &[
            example(
                "series_fill_linear(dynamic([null, 111.0, null, 36.0]))",
                "dynamic([111.0, 111.0, 73.5, 36.0])",
            ),
            example(
                "series_fill_linear(dynamic([41, null, null, 16]))",
                "dynamic([41, 32, 24, 16])",
            ),
            example(
                "series_fill_linear(dynamic([null]), real(null), true, 1.5)",
                "dynamic([1.5])",
            ),
        ],).named(ResultName::FirstArgument),
];
