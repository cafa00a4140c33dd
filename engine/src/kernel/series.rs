//! Statistics of series of reals: lines and polynomials through them, their seasons, their outliers, their frequencies.
//!
//! What the pages leave open follows answers of the real engine to the pages' own examples: variances divide by `n - 1`,
//! percentiles are interpolated, a season's value is the median of its places, a forecast's trend is a line.

use std::f64::consts::TAU;

/// What `series_stats` tells of a series that is not empty.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stats {
    pub min: f64,
    pub min_at: usize,
    pub max: f64,
    pub max_at: usize,
    pub average: f64,
    pub variance: f64,
    pub sum: f64,
}

/// Statistics of the values that are there, by their places; `None` without any.
pub fn stats(values: impl Iterator<Item = (usize, f64)> + Clone) -> Option<Stats> {
    let count = values.clone().count();
    let (first_at, first) = values.clone().next()?;
    let sum: f64 = values.clone().map(|(_, value)| value).sum();
    let average = sum / count as f64;
    let (mut min, mut min_at, mut max, mut max_at) = (first, first_at, first, first_at);
    let mut squares = 0.0;
    for (at, value) in values {
        if value < min {
            (min, min_at) = (value, at);
        }
        if value > max {
            (max, max_at) = (value, at);
        }
        squares += (value - average) * (value - average);
    }
    Some(Stats {
        min,
        min_at,
        max,
        max_at,
        average,
        variance: if count > 1 {
            squares / (count - 1) as f64
        } else {
            0.0
        },
        sum,
    })
}

/// The sample variance of two values or more.
pub fn variance(values: &[f64]) -> f64 {
    let average = mean(values);
    let squares: f64 = values.iter().map(|value| (value - average).powi(2)).sum();
    squares / (values.len() - 1) as f64
}

pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// A line `slope * x + interception`, where the first place has the x of 1, as in the real engine.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    pub slope: f64,
    pub interception: f64,
}

impl Line {
    pub fn at(self, place: usize) -> f64 {
        self.slope * (place as f64 + 1.0) + self.interception
    }
}

/// The line of least squares; one value gives a level line.
pub fn fit_line(values: &[f64]) -> Line {
    let middle = (values.len() as f64 - 1.0) / 2.0;
    let average = mean(values);
    let (mut products, mut squares) = (0.0, 0.0);
    for (place, value) in values.iter().enumerate() {
        let away = place as f64 - middle;
        products += away * (value - average);
        squares += away * away;
    }
    let slope = if squares > 0.0 {
        products / squares
    } else {
        0.0
    };
    Line {
        slope,
        interception: average - slope * (middle + 1.0),
    }
}

/// Coefficients of the polynomial of least squares, the constant first; `None` when the places do not determine it.
pub fn fit_polynomial(x: &[f64], y: &[f64], degree: usize) -> Option<Vec<f64>> {
    let (rows, columns) = (x.len(), degree + 1);
    if rows < columns {
        return None;
    }
    // Householder's triangles of the matrix of powers, with y as one more column.
    let mut matrix: Vec<Vec<f64>> = x
        .iter()
        .zip(y)
        .map(|(x, y)| {
            let mut row: Vec<f64> = (0..columns).map(|power| x.powi(power as i32)).collect();
            row.push(*y);
            row
        })
        .collect();
    for column in 0..columns {
        let norm = matrix[column..]
            .iter()
            .map(|row| row[column].powi(2))
            .sum::<f64>()
            .sqrt();
        if norm == 0.0 {
            return None;
        }
        let diagonal = -norm.copysign(matrix[column][column]);
        let mut mirror: Vec<f64> = matrix[column..].iter().map(|row| row[column]).collect();
        mirror[0] -= diagonal;
        let length: f64 = mirror.iter().map(|part| part * part).sum();
        for target in column..=columns {
            let shadow: f64 = mirror
                .iter()
                .zip(&matrix[column..])
                .map(|(part, row)| part * row[target])
                .sum();
            for (part, row) in mirror.iter().zip(&mut matrix[column..]) {
                row[target] -= 2.0 * shadow / length * part;
            }
        }
    }
    let mut coefficients = vec![0.0; columns];
    for at in (0..columns).rev() {
        let known: f64 = (at + 1..columns)
            .map(|next| matrix[at][next] * coefficients[next])
            .sum();
        coefficients[at] = (matrix[at][columns] - known) / matrix[at][at];
    }
    coefficients
        .iter()
        .all(|value| value.is_finite())
        .then_some(coefficients)
}

/// The value of a polynomial, the constant first.
pub fn polynomial(coefficients: &[f64], x: f64) -> f64 {
    coefficients
        .iter()
        .rev()
        .fold(0.0, |sum, coefficient| sum * x + coefficient)
}

/// A percentile from 0 to 1 of sorted values, interpolated.
pub fn percentile(sorted: &[f64], part: f64) -> f64 {
    let place = (sorted.len() - 1) as f64 * part;
    let below = place.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (sorted[above] - sorted[below]) * (place - below as f64)
}

/// The median of each place of a period.
pub fn seasons(values: &[f64], period: usize) -> Vec<f64> {
    (0..period)
        .map(|phase| {
            let mut same: Vec<f64> = values.iter().skip(phase).step_by(period).copied().collect();
            if same.is_empty() {
                return 0.0;
            }
            same.sort_by(f64::total_cmp);
            percentile(&same, 0.5)
        })
        .collect()
}

/// How a trend is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trend {
    Average,
    Line,
    None,
}

/// A series in parts: `baseline` is `seasonal` and `trend` together, `residual` the rest.
#[derive(Debug, Clone, PartialEq)]
pub struct Parts {
    pub baseline: Vec<f64>,
    pub seasonal: Vec<f64>,
    pub trend: Vec<f64>,
    pub residual: Vec<f64>,
}

/// Takes a series apart. The last `test_points` are not learned from; a period of 0 is none.
pub fn decompose(values: &[f64], period: usize, trend: Trend, test_points: usize) -> Parts {
    let learned = &values[..values.len().saturating_sub(test_points)];
    let seasonal: Vec<f64> = match period {
        0 => vec![0.0; values.len()],
        period => {
            let seasons = seasons(learned, period);
            (0..values.len()).map(|at| seasons[at % period]).collect()
        }
    };
    let rest: Vec<f64> = learned
        .iter()
        .zip(&seasonal)
        .map(|(value, season)| value - season)
        .collect();
    let line = match trend {
        _ if rest.is_empty() => Line {
            slope: 0.0,
            interception: 0.0,
        },
        Trend::Average => Line {
            slope: 0.0,
            interception: mean(&rest),
        },
        Trend::Line => fit_line(&rest),
        Trend::None => Line {
            slope: 0.0,
            interception: 0.0,
        },
    };
    let trend: Vec<f64> = (0..values.len()).map(|at| line.at(at)).collect();
    let baseline: Vec<f64> = seasonal
        .iter()
        .zip(&trend)
        .map(|(season, trend)| season + trend)
        .collect();
    let residual = values
        .iter()
        .zip(&baseline)
        .map(|(value, base)| value - base)
        .collect();
    Parts {
        baseline,
        seasonal,
        trend,
        residual,
    }
}

/// The percentiles between which values are no outliers, and what scores beyond them are multiplied by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fence {
    low: f64,
    high: f64,
    factor: f64,
}

impl Fence {
    /// `tukey`: the middle half.
    pub const TUKEY: Fence = Fence {
        low: 0.25,
        high: 0.75,
        factor: 1.0,
    };
    /// `ctukey`: the middle four fifths. The factor makes scores like those of `tukey` on normal noise; the real engine's answers
    /// have this one.
    pub const CUSTOM: Fence = Fence {
        low: 0.1,
        high: 0.9,
        factor: 2.772_605_605_507_9,
    };
}

/// How far each value is beyond the fence, in widths of it; `None` is no value and has 0.
///
/// # Errors
/// When the fence has no width and a value is beyond it: what the real engine answers then is not known.
pub fn outliers(values: &[Option<f64>], fence: Fence, test_points: usize) -> Result<Vec<f64>, ()> {
    let learned = &values[..values.len().saturating_sub(test_points)];
    let mut sorted: Vec<f64> = learned.iter().copied().flatten().collect();
    if sorted.is_empty() {
        return Ok(vec![0.0; values.len()]);
    }
    sorted.sort_by(f64::total_cmp);
    let (low, high) = (
        percentile(&sorted, fence.low),
        percentile(&sorted, fence.high),
    );
    values
        .iter()
        .map(|value| {
            let beyond = match value {
                Some(value) if *value > high => value - high,
                Some(value) if *value < low => value - low,
                _ => return Ok(0.0),
            };
            if high > low {
                Ok(beyond / (high - low) * fence.factor)
            } else {
                Err(())
            }
        })
        .collect()
}

/// The correlation of two series of equal length.
pub fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let (mean_a, mean_b) = (mean(a), mean(b));
    let (mut both, mut square_a, mut square_b) = (0.0, 0.0, 0.0);
    for (a, b) in a.iter().zip(b) {
        let (a, b) = (a - mean_a, b - mean_b);
        both += a * b;
        square_a += a * a;
        square_b += b * b;
    }
    both / (square_a.sqrt() * square_b.sqrt())
}

/// A filter's answer: `filter[k]` weighs the value `k` places before, or around the place when it is centred; what is outside of the
/// series is 0.
pub fn fir(values: &[f64], filter: &[f64], shift: usize) -> Vec<f64> {
    (0..values.len())
        .map(|at| {
            filter
                .iter()
                .enumerate()
                .filter_map(|(back, weight)| {
                    let place = (at + shift).checked_sub(back)?;
                    values.get(place).map(|value| value * weight)
                })
                .sum()
        })
        .collect()
}

/// Real and imaginary parts of a series in the other domain: of frequencies, or, with `Direction::Back`, of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Forth,
    Back,
}

/// The discrete Fourier transform of any length: halves while the length is even, then by its definition.
pub fn fourier(values: &[(f64, f64)], direction: Direction) -> Vec<(f64, f64)> {
    let sign = match direction {
        Direction::Forth => -1.0,
        Direction::Back => 1.0,
    };
    let mut result = transform(values, sign);
    if direction == Direction::Back {
        let count = values.len() as f64;
        for (real, imaginary) in &mut result {
            *real /= count;
            *imaginary /= count;
        }
    }
    result
}

fn transform(values: &[(f64, f64)], sign: f64) -> Vec<(f64, f64)> {
    let count = values.len();
    let turn = |step: usize| (sign * TAU * step as f64 / count as f64).sin_cos();
    if count < 2 {
        return values.to_vec();
    }
    if count % 2 == 1 {
        return (0..count)
            .map(|k| {
                values
                    .iter()
                    .enumerate()
                    .fold((0.0, 0.0), |sum, (at, value)| {
                        let (sine, cosine) = turn(k * at % count);
                        (
                            sum.0 + value.0 * cosine - value.1 * sine,
                            sum.1 + value.0 * sine + value.1 * cosine,
                        )
                    })
            })
            .collect();
    }
    let every_second = |first: usize| -> Vec<(f64, f64)> {
        transform(
            &values
                .iter()
                .skip(first)
                .step_by(2)
                .copied()
                .collect::<Vec<_>>(),
            sign,
        )
    };
    let (even, odd) = (every_second(0), every_second(1));
    (0..count)
        .map(|k| {
            let half = count / 2;
            let (sine, cosine) = turn(k);
            let (even, odd) = (even[k % half], odd[k % half]);
            (
                even.0 + odd.0 * cosine - odd.1 * sine,
                even.1 + odd.0 * sine + odd.1 * cosine,
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_transform_and_its_inverse_give_the_series_back() {
        for count in [1, 2, 7, 8, 12] {
            let values: Vec<(f64, f64)> = (0..count)
                .map(|at| (f64::from(at * at % 5), f64::from(at)))
                .collect();
            let back = fourier(&fourier(&values, Direction::Forth), Direction::Back);
            for (a, b) in values.iter().zip(&back) {
                assert!((a.0 - b.0).abs() < 1e-12 && (a.1 - b.1).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn a_polynomial_is_found_again() {
        let x: Vec<f64> = (0..10).map(f64::from).collect();
        let y: Vec<f64> = x.iter().map(|x| 2.0 - x + 0.5 * x * x).collect();
        let found = fit_polynomial(&x, &y, 2).unwrap();
        for (a, b) in found.iter().zip([2.0, -1.0, 0.5]) {
            assert!((a - b).abs() < 1e-9);
        }
    }

    /// The answer of the real engine to a question on its scores (percentiles of this data: 2.7 and 11).
    #[test]
    fn outliers_have_the_scores_of_the_real_engine() {
        let values = [
            -3.0, 2.4, 15.0, 3.9, 5.0, 6.0, 4.5, 5.2, 3.0, 4.0, 5.0, 16.0, 7.0, 5.0, 5.0, 4.0,
        ];
        let scores = outliers(&values.map(Some), Fence::CUSTOM, 0).unwrap();
        for (at, expected) in [
            (0, -1.904_078_548_360_857),
            (1, -0.100_214_660_440_045_19),
            (2, 1.336_195_472_533_934_7),
            (3, 0.0),
            (11, 1.670_244_340_667_418_6),
        ] {
            assert!((scores[at] - expected).abs() < 1e-9, "{at}: {}", scores[at]);
        }
    }
}
