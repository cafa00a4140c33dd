//! Functions that give several columns: `extend (slope, line) = series_fit_line(Y)`.
//!
//! Such a function is a row whose kernel gives an array, one element for each column; [`COLUMNS`] tells the columns' names and
//! types. The rows stand among the operators: a query calls them only where columns are made (`project`, `extend`, `print`,
//! `summarize`), see `operators::tuple`.

mod fits;
mod seasons;
mod texts;

use crate::conversion::dynamic_of_real;
use crate::functions::row::{Overload, Param, ScalarFunction, example, overload, row, variadic};
use crate::functions::two_lines;
use crate::kernel::series::{self, Direction};
use crate::kernel::{Args, Json, KernelResult, collect};
use fits::{fit_line, fit_polynomial};
use huntql_kql::types::Type;
use seasons::{decompose, decompose_anomalies};
use texts::{NotFinite, numbers};

pub(in crate::functions) use fits::{Fit, fit};
pub(in crate::functions) use seasons::{Places, decomposed, fence, found_period, scores};
pub(in crate::functions) use texts::{list, pack, real, reals, refused, rows};

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
