//! Functions that give several columns: `extend (slope, line) = series_fit_line(Y)`.
//!
//! Such a function is a row whose kernel gives an array, one element for each column; [`COLUMNS`] tells the columns' names and
//! types. The rows stand among the operators: a query calls them only where columns are made (`project`, `extend`, `print`,
//! `summarize`), see `operators::tuple`.

use super::row::{Overload, Param, ScalarFunction, example, overload, row, variadic};
use super::two_lines;
use crate::conversion::dynamic_of_real;
use crate::json::{Array, Kind, items, kind, number};
use crate::kernel::season::{Season, season};
use crate::kernel::series::{self, Direction, Fence, Trend};
use crate::kernel::{Args, Json, KernelError, KernelResult, collect};
use huntql_kql::types::Type;

const SERIES: Param = Param::Is(Type::Dynamic);
const LONG: Param = Param::Is(Type::Long);
const REAL: Param = Param::Is(Type::Real);
const TEXT: Param = Param::Is(Type::String);
const BOOL: Param = Param::Is(Type::Bool);

/// Functions that give a column for each array: the first sorted, the others in its order.
pub const SORTING: [&str; 2] = ["array_sort_asc", "array_sort_desc"];

/// Columns by name and type.
pub type Columns = &'static [(&'static str, Type)];

/// The columns of each function.
pub const COLUMNS: &[(&str, Columns)] = &[
    (
        "series_stats",
        &[
            ("min", Type::Real),
            ("min_idx", Type::Long),
            ("max", Type::Real),
            ("max_idx", Type::Long),
            ("avg", Type::Real),
            ("stdev", Type::Real),
            ("variance", Type::Real),
        ],
    ),
    (
        "series_fit_line",
        &[
            ("rsquare", Type::Real),
            ("slope", Type::Real),
            ("variance", Type::Real),
            ("rvariance", Type::Real),
            ("interception", Type::Real),
            ("line_fit", Type::Dynamic),
        ],
    ),
    (
        "series_fit_2lines",
        &[
            ("rsquare", Type::Real),
            ("split_idx", Type::Long),
            ("variance", Type::Real),
            ("rvariance", Type::Real),
            ("line_fit", Type::Dynamic),
            ("right_rsquare", Type::Real),
            ("right_slope", Type::Real),
            ("right_interception", Type::Real),
            ("right_variance", Type::Real),
            ("right_rvariance", Type::Real),
            ("left_rsquare", Type::Real),
            ("left_slope", Type::Real),
            ("left_interception", Type::Real),
            ("left_variance", Type::Real),
            ("left_rvariance", Type::Real),
        ],
    ),
    (
        "series_fit_poly",
        &[
            ("rsquare", Type::Real),
            ("coefficients", Type::Dynamic),
            ("variance", Type::Real),
            ("rvariance", Type::Real),
            ("poly_fit", Type::Dynamic),
        ],
    ),
    (
        "series_decompose",
        &[
            ("baseline", Type::Dynamic),
            ("seasonal", Type::Dynamic),
            ("trend", Type::Dynamic),
            ("residual", Type::Dynamic),
        ],
    ),
    (
        "series_decompose_anomalies",
        &[
            ("ad_flag", Type::Dynamic),
            ("ad_score", Type::Dynamic),
            ("baseline", Type::Dynamic),
        ],
    ),
    (
        "series_periods_detect",
        &[("periods", Type::Dynamic), ("scores", Type::Dynamic)],
    ),
    (
        "series_periods_validate",
        &[("periods", Type::Dynamic), ("scores", Type::Dynamic)],
    ),
    (
        "series_fft",
        &[("real", Type::Dynamic), ("imag", Type::Dynamic)],
    ),
    (
        "series_ifft",
        &[("real", Type::Dynamic), ("imag", Type::Dynamic)],
    ),
];

/// The columns that a function of this name gives; `None` when it gives one value.
pub fn columns(name: &str) -> Option<Columns> {
    COLUMNS
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, columns)| *columns)
}

/// Elements as reals; `None` when it is no array or one is no number.
pub(super) fn reals(json: &str) -> Option<Vec<f64>> {
    if kind(json) != Kind::Array {
        return None;
    }
    items(json).map(real).collect()
}

/// A number, or nothing.
pub(super) fn real(json: &str) -> Option<f64> {
    (kind(json) == Kind::Number)
        .then(|| number(json))
        .flatten()
        .map(|number| number.as_real())
}

/// An array of reals.
pub(super) fn list(values: impl IntoIterator<Item = f64>) -> String {
    let mut array = Array::default();
    for value in values {
        array.push(Some(&dynamic_of_real(value)));
    }
    array.finish()
}

/// An array of JSON texts.
pub(super) fn pack<const N: usize>(values: [String; N]) -> String {
    let mut array = Array::default();
    values.iter().for_each(|value| array.push(Some(value)));
    array.finish()
}

/// A column by row, each row free to fail.
pub(super) fn rows(
    args: &Args<'_>,
    row: impl Fn(usize) -> Result<Option<String>, KernelError>,
) -> KernelResult {
    let values = (0..args.rows()).map(row).collect::<Result<Vec<_>, _>>()?;
    collect(args, |at| values[at].clone())
}

/// Why a row cannot be answered.
pub(super) fn refused(index: usize, message: &str) -> KernelError {
    KernelError::Argument {
        index,
        message: message.to_owned(),
    }
}

/// What nulls and other things that are no finite numbers do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NotFinite {
    LeftOut,
    /// They make the whole null.
    Spoils,
}

fn numbers(json: &str, not_finite: NotFinite) -> Option<Vec<(usize, f64)>> {
    if kind(json) != Kind::Array {
        return None;
    }
    let mut found = Vec::new();
    for (at, item) in items(json).enumerate() {
        match real(item).filter(|value| value.is_finite()) {
            Some(value) => found.push((at, value)),
            None if not_finite == NotFinite::LeftOut => {}
            None => return None,
        }
    }
    Some(found)
}

/// The series of a row and what the flag behind it says.
pub(super) fn stats_at(args: &Args<'_>, row: usize) -> Option<(series::Stats, usize)> {
    let json = args.input::<Json<'_>>(0).get(row)?.0;
    let not_finite = if args.len() > 1 && args.input::<bool>(1).get(row)? {
        NotFinite::LeftOut
    } else {
        NotFinite::Spoils
    };
    let values = numbers(json, not_finite)?;
    Some((series::stats(values.iter().copied())?, values.len()))
}

fn stats(args: &Args<'_>) -> KernelResult {
    collect(args, |row| {
        let (stats, _) = stats_at(args, row)?;
        Some(pack([
            dynamic_of_real(stats.min),
            stats.min_at.to_string(),
            dynamic_of_real(stats.max),
            stats.max_at.to_string(),
            dynamic_of_real(stats.average),
            dynamic_of_real(stats.variance.sqrt()),
            dynamic_of_real(stats.variance),
        ]))
    })
}

/// A line through a series and how well it fits.
pub(super) struct Fit {
    pub line: series::Line,
    pub rsquare: f64,
    pub variance: f64,
    pub rvariance: f64,
    pub values: Vec<f64>,
}

/// # Errors
/// For a level series, whose `rsquare` no page tells.
pub(super) fn fit(values: &[f64]) -> Result<Option<Fit>, KernelError> {
    if values.len() < 2 {
        return Ok(None);
    }
    let variance = series::variance(values);
    if variance == 0.0 {
        return Err(refused(
            0,
            "a line through a series of equal values is not supported",
        ));
    }
    let line = series::fit_line(values);
    let fitted: Vec<f64> = (0..values.len()).map(|at| line.at(at)).collect();
    let rvariance = rest_variance(values, &fitted);
    Ok(Some(Fit {
        line,
        rsquare: 1.0 - rvariance / variance,
        variance,
        rvariance,
        values: fitted,
    }))
}

fn rest_variance(values: &[f64], fitted: &[f64]) -> f64 {
    let squares: f64 = values
        .iter()
        .zip(fitted)
        .map(|(value, fit)| (value - fit).powi(2))
        .sum();
    squares / (values.len() - 1) as f64
}

fn fit_line(args: &Args<'_>) -> KernelResult {
    let input = args.input::<Json<'_>>(0);
    rows(args, |row| {
        let Some(values) = input.get(row).and_then(|Json(json)| reals(json)) else {
            return Ok(None);
        };
        Ok(fit(&values)?.map(|fit| {
            pack([
                dynamic_of_real(fit.rsquare),
                dynamic_of_real(fit.line.slope),
                dynamic_of_real(fit.variance),
                dynamic_of_real(fit.rvariance),
                dynamic_of_real(fit.line.interception),
                list(fit.values),
            ])
        }))
    })
}

/// Refuses every series that is one, so that a query over no rows still has its columns.
fn unknown_algorithm(args: &Args<'_>, message: &str) -> KernelResult {
    let input = args.input::<Json<'_>>(0);
    rows(args, |row| {
        match input.get(row).and_then(|Json(json)| reals(json)) {
            Some(_) => Err(refused(0, message)),
            None => Ok(None),
        }
    })
}

const PERIODS: &str =
    "finding periods is not supported: how the real engine scores them is not documented";

fn fit_polynomial(args: &Args<'_>) -> KernelResult {
    let y = args.input::<Json<'_>>(0);
    let x = (args.len() > 1).then(|| args.input::<Json<'_>>(1));
    let degree = (args.len() > 2).then(|| args.input::<i64>(2));
    rows(args, |row| {
        let read = || {
            let y = reals(y.get(row)?.0)?;
            let x = match &x {
                Some(x) => reals(x.get(row)?.0)?,
                None => (1..=y.len()).map(|place| place as f64).collect(),
            };
            let degree = match &degree {
                Some(degree) => usize::try_from(degree.get(row)?).ok()?,
                None => 1,
            };
            (x.len() == y.len() && y.len() > 1).then_some((x, y, degree))
        };
        let Some((x, y, degree)) = read() else {
            return Ok(None);
        };
        let variance = series::variance(&y);
        if variance == 0.0 {
            return Err(refused(
                0,
                "a polynomial through a series of equal values is not supported",
            ));
        }
        Ok(series::fit_polynomial(&x, &y, degree).map(|coefficients| {
            let fitted: Vec<f64> = x
                .iter()
                .map(|x| series::polynomial(&coefficients, *x))
                .collect();
            let rvariance = rest_variance(&y, &fitted);
            pack([
                dynamic_of_real(1.0 - rvariance / variance),
                list(coefficients.into_iter().rev()),
                dynamic_of_real(variance),
                dynamic_of_real(rvariance),
                list(fitted),
            ])
        }))
    })
}

/// Where the parameters of a decomposition stand among the arguments.
pub(super) struct Places {
    pub period: usize,
    pub trend: usize,
    pub test_points: usize,
    /// The score that a period needs.
    pub threshold: usize,
    pub default_trend: Trend,
}

/// A series taken apart as the arguments of a row ask.
pub(super) fn decomposed(
    args: &Args<'_>,
    places: &Places,
    row: usize,
) -> Result<Option<(series::Parts, usize)>, KernelError> {
    let Some(values) = args
        .input::<Json<'_>>(0)
        .get(row)
        .and_then(|Json(json)| reals(json))
    else {
        return Ok(None);
    };
    let long = |index: usize, default: i64| {
        if args.len() > index {
            args.input::<i64>(index).get(row)
        } else {
            Some(default)
        }
    };
    let trend = if args.len() > places.trend {
        let name = args
            .input::<&str>(places.trend)
            .get(row)
            .unwrap_or_default();
        TRENDS
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, trend)| *trend)
            .ok_or_else(|| {
                refused(
                    places.trend,
                    &format!("`{name}` is no trend; known are avg, linefit and none"),
                )
            })?
    } else {
        places.default_trend
    };
    let (Some(period), Some(test_points)) = (long(places.period, -1), long(places.test_points, 0))
    else {
        return Ok(None);
    };
    let Ok(test_points) = usize::try_from(test_points) else {
        return Ok(None);
    };
    let period = match usize::try_from(period) {
        Ok(period) => period,
        Err(_)
            if args.len() > places.threshold
                && args.input::<f64>(places.threshold).get(row) != Some(THRESHOLD) =>
        {
            return Err(refused(
                places.threshold,
                "a score of one's own that a period needs is not supported: how the real engine scores periods is not documented",
            ));
        }
        Err(_) => found_period(
            &values[..values.len().saturating_sub(test_points)],
            places.period,
        )?,
    };
    Ok(Some((
        series::decompose(&values, period, trend, test_points),
        test_points,
    )))
}

/// The score that a period needs unless said.
const THRESHOLD: f64 = 0.6;

const TRENDS: &[(&str, Trend)] = &[
    ("avg", Trend::Average),
    ("linefit", Trend::Line),
    ("none", Trend::None),
];

/// The period of a series, 0 for none.
///
/// # Errors
/// Where it is not beyond doubt: how the real engine scores periods is not documented.
pub(super) fn found_period(values: &[f64], index: usize) -> Result<usize, KernelError> {
    match season(values) {
        Season::Every(period) => Ok(period),
        Season::Without => Ok(0),
        Season::Doubtful => Err(refused(
            index,
            "a series whose period is in doubt is not supported, for how the real engine scores periods is not documented: \
             give the number of points of a season, or 0 for none",
        )),
    }
}

fn decompose(args: &Args<'_>) -> KernelResult {
    let places = Places {
        period: 1,
        trend: 2,
        test_points: 3,
        threshold: 4,
        default_trend: Trend::Average,
    };
    rows(args, |row| {
        Ok(decomposed(args, &places, row)?.map(|(parts, _)| {
            pack([
                list(parts.baseline),
                list(parts.seasonal),
                list(parts.trend),
                list(parts.residual),
            ])
        }))
    })
}

const FENCES: &[(&str, Fence)] = &[("ctukey", Fence::CUSTOM), ("tukey", Fence::TUKEY)];

/// The fence of a name.
pub(super) fn fence(name: &str, index: usize) -> Result<Fence, KernelError> {
    FENCES
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, fence)| *fence)
        .ok_or_else(|| {
            refused(
                index,
                &format!("`{name}` is no kind of outliers; known are ctukey and tukey"),
            )
        })
}

/// Scores, or why there are none.
pub(super) fn scores(
    values: &[Option<f64>],
    fence: Fence,
    test_points: usize,
) -> Result<Vec<f64>, KernelError> {
    series::outliers(values, fence, test_points).map_err(|()| {
        refused(
            0,
            "outliers of a series whose middle values are all equal are not supported: their score is not documented",
        )
    })
}

fn decompose_anomalies(args: &Args<'_>) -> KernelResult {
    let places = Places {
        period: 2,
        trend: 3,
        test_points: 4,
        threshold: 6,
        default_trend: Trend::Average,
    };
    rows(args, |row| {
        let Some((parts, test_points)) = decomposed(args, &places, row)? else {
            return Ok(None);
        };
        let threshold = match args.len() {
            1 => Some(1.5),
            _ => args.input::<f64>(1).get(row),
        };
        let Some(threshold) = threshold else {
            return Ok(None);
        };
        let fence = match args.len() {
            0..=5 => Fence::CUSTOM,
            _ => fence(args.input::<&str>(5).get(row).unwrap_or_default(), 5)?,
        };
        let residual: Vec<Option<f64>> = parts.residual.iter().copied().map(Some).collect();
        let scores = scores(&residual, fence, test_points)?;
        let mut flags = Array::default();
        for score in &scores {
            flags.push(Some(match score {
                score if *score > threshold => "1",
                score if *score < -threshold => "-1",
                _ => "0",
            }));
        }
        Ok(Some(pack([
            flags.finish(),
            list(scores),
            list(parts.baseline),
        ])))
    })
}

fn fourier(args: &Args<'_>, direction: Direction) -> KernelResult {
    let reals_of = args.input::<Json<'_>>(0);
    let imaginary = (args.len() > 1).then(|| args.input::<Json<'_>>(1));
    collect(args, |row| {
        let real = reals(reals_of.get(row)?.0)?;
        let imaginary = match &imaginary {
            Some(imaginary) => reals(imaginary.get(row)?.0)?,
            None => vec![0.0; real.len()],
        };
        if imaginary.len() != real.len() {
            return None;
        }
        let values: Vec<(f64, f64)> = real.into_iter().zip(imaginary).collect();
        let result = series::fourier(&values, direction);
        Some(pack([
            list(result.iter().map(|(real, _)| *real)),
            list(result.iter().map(|(_, imaginary)| *imaginary)),
        ]))
    })
}

const STATS: &[Overload] = &[overload(&[SERIES, BOOL], Type::Dynamic, stats).optional(1)];
const FIT_LINE: &[Overload] = &[overload(&[SERIES], Type::Dynamic, fit_line)];
const FIT_2LINES: &[Overload] = &[overload(&[SERIES], Type::Dynamic, two_lines::columns)];
const FIT_POLY: &[Overload] =
    &[overload(&[SERIES, SERIES, LONG], Type::Dynamic, fit_polynomial).optional(2)];
const DECOMPOSE: &[Overload] =
    &[overload(&[SERIES, LONG, TEXT, LONG, REAL], Type::Dynamic, decompose).optional(4)];
const ANOMALIES: &[Overload] = &[overload(
    &[SERIES, REAL, LONG, TEXT, LONG, TEXT, REAL],
    Type::Dynamic,
    decompose_anomalies,
)
.optional(6)];
const DETECT: &[Overload] = &[overload(
    &[SERIES, REAL, REAL, LONG],
    Type::Dynamic,
    |args| unknown_algorithm(args, PERIODS),
)];
const VALIDATE: &[Overload] = &[variadic(&[SERIES, REAL], Type::Dynamic, |args| {
    unknown_algorithm(args, PERIODS)
})];
const FFT: &[Overload] = &[overload(&[SERIES, SERIES], Type::Dynamic, |args| {
    fourier(args, Direction::Forth)
})
.optional(1)];
const IFFT: &[Overload] = &[overload(&[SERIES, SERIES], Type::Dynamic, |args| {
    fourier(args, Direction::Back)
})
.optional(1)];

/// The rows. An example's value is that of the first column.
pub const FUNCTIONS: &[ScalarFunction] = &[
    row(
        "series_stats",
        STATS,
        "kusto/query/series-stats-function",
        "Gives least, greatest and middle of a series, and how it varies.",
        &[
            example("series_stats(dynamic([23, 46, 2, 87]))", "2.0"),
            example("series_stats(dynamic([23, null]))", "real(null)"),
            example("series_stats(dynamic([23, null]), true)", "23.0"),
        ],
    ),
    row(
        "series_fit_line",
        FIT_LINE,
        "kusto/query/series-fit-line-function",
        "Gives the line of least squares through a series. A series of equal values is refused.",
        &[
            example("series_fit_line(dynamic([1, 2, 3]))", "1.0"),
            example("series_fit_line(dynamic(['a']))", "real(null)"),
        ],
    ),
    row(
        "series_fit_2lines",
        FIT_2LINES,
        "kusto/query/series-fit-2lines-function",
        "Gives the two lines through a series that leave the least. Series that could be split at several places are refused.",
        &[
            example("series_fit_2lines(dynamic([1, 2, 3, 9, 8, 7]))", "1.0"),
            example("series_fit_2lines(dynamic(null))", "real(null)"),
            example("series_fit_2lines(dynamic(['a']))", "real(null)"),
        ],
    ),
    row(
        "series_fit_poly",
        FIT_POLY,
        "kusto/query/series-fit-poly-function",
        "Gives the polynomial of least squares through a series. A series of equal values is refused.",
        &[
            example(
                "series_fit_poly(dynamic([1, 3, 2]), dynamic([1]))",
                "real(null)",
            ),
            example("series_fit_poly(dynamic(['a']))", "real(null)"),
        ],
    ),
    row(
        "series_decompose",
        DECOMPOSE,
        "kusto/query/series-decompose-function",
        "Takes a series apart into season, trend and rest. A season that is not given is found where it is beyond doubt; another series is refused.",
        &[
            example(
                "series_decompose(dynamic([1, 2, 3]), 0)",
                "dynamic([2.0,2.0,2.0])",
            ),
            example(
                "series_decompose(dynamic([1, 5, 1, 5]), 2, 'none')",
                "dynamic([1.0,5.0,1.0,5.0])",
            ),
        ],
    ),
    row(
        "series_decompose_anomalies",
        ANOMALIES,
        "kusto/query/series-decompose-anomalies-function",
        "Marks the places of a series that lie far from its season and trend. A season that is not given is found where it is beyond doubt; another series is refused.",
        &[
            example(
                "series_decompose_anomalies(dynamic([1, 2, 1, 3, 2, 90, 1, 2, 3, 1]), 1.5, 0)",
                "dynamic([0,0,0,0,0,1,0,0,0,0])",
            ),
            example(
                "series_decompose_anomalies(dynamic([1, null]))",
                "dynamic(null)",
            ),
        ],
    ),
    row(
        "series_periods_detect",
        DETECT,
        "kusto/query/series-periods-detect-function",
        "Would find the periods of a series. Every series is refused: how the real engine scores periods is not documented.",
        &[
            example(
                "series_periods_detect(dynamic(null), 0.0, 50.0, 2)",
                "dynamic(null)",
            ),
            example(
                "series_periods_detect(dynamic(['a']), 0.0, 50.0, 2)",
                "dynamic(null)",
            ),
        ],
    ),
    row(
        "series_periods_validate",
        VALIDATE,
        "kusto/query/series-periods-validate-function",
        "Would score given periods of a series. Every series is refused: how the real engine scores periods is not documented.",
        &[
            example(
                "series_periods_validate(dynamic(null), 14.0)",
                "dynamic(null)",
            ),
            example(
                "series_periods_validate(dynamic(['a']), 14.0)",
                "dynamic(null)",
            ),
        ],
    ),
    row(
        "series_fft",
        FFT,
        "kusto/query/series-fft-function",
        "Takes a series of complex numbers to its frequencies.",
        &[
            example("series_fft(dynamic([3]))", "dynamic([3.0])"),
            example("series_fft(dynamic([1]), dynamic([1, 2]))", "dynamic(null)"),
        ],
    ),
    row(
        "series_ifft",
        IFFT,
        "kusto/query/series-ifft-function",
        "Takes frequencies back to the series of complex numbers.",
        &[
            example(
                "series_ifft(dynamic([4, 0, 0, 0]))",
                "dynamic([1.0,1.0,1.0,1.0])",
            ),
            example("series_ifft(dynamic(['a']))", "dynamic(null)"),
        ],
    ),
];
