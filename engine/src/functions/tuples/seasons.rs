//! What of a series is trend, season and rest, and what in it is an outlier.

use super::texts::{list, pack, reals, refused, rows};
use crate::json::Array;
use crate::kernel::season::{Season, season};
use crate::kernel::series::{self, Fence, Trend};
use crate::kernel::{Args, Json, KernelError, KernelResult};

/// Where the parameters of a decomposition stand among the arguments.
pub(in crate::functions) struct Places {
    pub period: usize,
    pub trend: usize,
    pub test_points: usize,
    /// The score that a period needs.
    pub threshold: usize,
    pub default_trend: Trend,
}

/// A series taken apart as the arguments of a row ask.
pub(in crate::functions) fn decomposed(
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
pub(in crate::functions) const THRESHOLD: f64 = 0.6;

pub(in crate::functions) const TRENDS: &[(&str, Trend)] = &[
    ("avg", Trend::Average),
    ("linefit", Trend::Line),
    ("none", Trend::None),
];

/// The period of a series, 0 for none.
///
/// # Errors
/// Where it is not beyond doubt: how the real engine scores periods is not documented.
pub(in crate::functions) fn found_period(
    values: &[f64],
    index: usize,
) -> Result<usize, KernelError> {
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

pub(in crate::functions) fn decompose(args: &Args<'_>) -> KernelResult {
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

pub(in crate::functions) const FENCES: &[(&str, Fence)] =
    &[("ctukey", Fence::CUSTOM), ("tukey", Fence::TUKEY)];

/// The fence of a name.
pub(in crate::functions) fn fence(name: &str, index: usize) -> Result<Fence, KernelError> {
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
pub(in crate::functions) fn scores(
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

pub(in crate::functions) fn decompose_anomalies(args: &Args<'_>) -> KernelResult {
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
