//! Two lines through a series, one behind the other: `series_fit_2lines` and its twin that gives a bag.
//!
//! The page: the series is split at each of its places, each part gets its own `series_fit_line`, and the split that leaves the
//! least is taken. `split_idx` is the place where the second line
//! begins.
//!
//! Not here: series whose best split is in doubt, for two leave as little as each other or a part would be a single point, and
//! parts of equal values, whose `rsquare` no page tells. They are refused.

use super::series_whole::bag;
use super::tuples::{Fit, fit, list, pack, reals, refused, rows};
use crate::conversion::dynamic_of_real;
use crate::kernel::series;
use crate::kernel::{Args, Json, KernelError, KernelResult};

/// What two splits may differ by and still be as good as each other, in parts of the whole variance.
const TIE: f64 = 1e-12;

struct TwoLines {
    split: usize,
    variance: f64,
    rvariance: f64,
    left: Fit,
    right: Fit,
}

impl TwoLines {
    fn rsquare(&self) -> f64 {
        1.0 - self.rvariance / self.variance
    }

    fn values(&self) -> Vec<f64> {
        let (left, right) = (&self.left.values, &self.right.values);
        left.iter().chain(right).copied().collect()
    }
}

/// `None` for a series of fewer than two values.
fn two_lines(values: &[f64]) -> Result<Option<TwoLines>, KernelError> {
    if values.len() < 2 {
        return Ok(None);
    }
    let variance = series::variance(values);
    if values.len() < 4 || variance == 0.0 {
        return Err(refused(
            0,
            "two lines through a series of fewer than four values, or of equal ones, are not supported",
        ));
    }
    let scale = variance * (values.len() - 1) as f64;
    let left_over = |split: usize| rest(&values[..split]) + rest(&values[split..]);
    let (mut split, mut least) = (0, f64::INFINITY);
    for at in 2..=values.len() - 2 {
        let left = left_over(at);
        if left < least {
            (split, least) = (at, left);
        }
    }
    let is_rival = |at: usize| at != split && left_over(at) <= least + scale * TIE;
    if (1..values.len()).any(is_rival) {
        return Err(refused(
            0,
            "two lines through a series that could be split at several places, or beside a single point, are not supported",
        ));
    }
    let part = |values: &[f64]| {
        fit(values)?.ok_or_else(|| KernelError::Internal("a part has two values at least".into()))
    };
    Ok(Some(TwoLines {
        split,
        variance,
        rvariance: least / (values.len() - 1) as f64,
        left: part(&values[..split])?,
        right: part(&values[split..])?,
    }))
}

/// The squares that a line of least squares leaves.
fn rest(values: &[f64]) -> f64 {
    if values.len() < 2 {
        return 0.0;
    }
    let line = series::fit_line(values);
    let squares = values.iter().enumerate();
    squares
        .map(|(at, value)| (value - line.at(at)).powi(2))
        .sum()
}

/// The parameters of one line, in the order of the function's columns.
fn parameters(fit: &Fit) -> [String; 5] {
    [
        fit.rsquare,
        fit.line.slope,
        fit.line.interception,
        fit.variance,
        fit.rvariance,
    ]
    .map(dynamic_of_real)
}

fn at(args: &Args<'_>, row: usize) -> Result<Option<TwoLines>, KernelError> {
    let input = args.input::<Json<'_>>(0);
    match input.get(row).and_then(|Json(json)| reals(json)) {
        Some(values) => two_lines(&values),
        None => Ok(None),
    }
}

/// An array, an element for each column.
pub(super) fn columns(args: &Args<'_>) -> KernelResult {
    rows(args, |row| {
        Ok(at(args, row)?.map(|lines| {
            let mut cells = vec![
                dynamic_of_real(lines.rsquare()),
                lines.split.to_string(),
                dynamic_of_real(lines.variance),
                dynamic_of_real(lines.rvariance),
                list(lines.values()),
            ];
            cells.extend(parameters(&lines.right));
            cells.extend(parameters(&lines.left));
            let cells: [String; 15] = cells.try_into().expect("five, five and five");
            pack(cells)
        }))
    })
}

/// A bag, with a bag for each line.
pub(super) fn bags(args: &Args<'_>) -> KernelResult {
    let line = |fit: &Fit| {
        let [rsquare, slope, interception, variance, rvariance] = parameters(fit);
        bag([
            ("rsquare", rsquare),
            ("slope", slope),
            ("interception", interception),
            ("variance", variance),
            ("rvariance", rvariance),
        ])
    };
    rows(args, |row| {
        Ok(at(args, row)?.map(|lines| {
            bag([
                ("rsquare", dynamic_of_real(lines.rsquare())),
                ("split_idx", lines.split.to_string()),
                ("variance", dynamic_of_real(lines.variance)),
                ("rvariance", dynamic_of_real(lines.rvariance)),
                ("line_fit", list(lines.values())),
                ("right", line(&lines.right)),
                ("left", line(&lines.left)),
            ])
        }))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_series_is_split_where_two_lines_leave_the_least() {
        let series = [1.0, 2.2, 2.5, 4.7, 5.0, 12.0, 10.3, 10.3, 9.0, 8.3, 6.2];
        let lines = two_lines(&series).unwrap().unwrap();
        assert_eq!(lines.split, 5);
        assert!((lines.left.line.slope - 1.05).abs() < 1e-12);
        assert!((lines.values()[5] - 11.942_857_142_857_143).abs() < 1e-12);
    }

    #[test]
    fn a_series_with_two_good_splits_is_refused() {
        assert!(two_lines(&[1.0, 2.0, 3.0, 4.0, 3.0, 2.0, 1.0]).is_err());
        assert!(two_lines(&[1.0, 1.0, 1.0, 1.0]).is_err());
        assert!(two_lines(&[1.0]).unwrap().is_none());
    }
}
