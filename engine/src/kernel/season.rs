//! The period of a series, where it is beyond doubt.
//!
//! The reference tells what periods are (at least 4 points, at most half of the series, a score of 0.6) but not how they are scored
//! (Kusto docs, "series_periods_detect", "series_decompose"). So the answer is given only where every measure of the
//! autocorrelation agrees by a wide margin, as in the answers of the real engine that are known: 14 for the page's own series, whose
//! autocorrelation there is 0.74 (0.96 for the pairs that there are), and 168 for a week of noisy hours, with 0.72 (0.90).

/// What is known of a series' period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Season {
    /// The period, in points.
    Every(usize),
    /// There is none.
    Without,
    /// It could be one or the other.
    Doubtful,
}

/// Periods have at least so many points.
const PERIOD_MIN: usize = 4;
/// Below this no measure comes to the score that a period needs.
const HILL_MIN: f64 = 0.5;
/// From this on every measure does.
const CERTAIN: f64 = 0.6;
/// By how much a period has to lead before others.
const LEAD: f64 = 0.1;
/// By how much a multiple of a period may lead before it.
const MULTIPLE_LEAD: f64 = 0.05;

/// Autocorrelations by lag, from 0 to half of the series and one more.
struct Correlations {
    /// Parts of the variance: far lags count less.
    whole: Vec<f64>,
    /// As if there were as many pairs at every lag.
    pairs: Vec<f64>,
}

impl Correlations {
    fn of(values: &[f64]) -> Option<Correlations> {
        let count = values.len();
        let mean = super::series::mean(values);
        let away: Vec<f64> = values.iter().map(|value| value - mean).collect();
        let variance: f64 = away.iter().map(|value| value * value).sum();
        if variance <= 0.0 || !variance.is_finite() {
            return None;
        }
        let whole: Vec<f64> = (0..=count / 2 + 1)
            .map(|lag| {
                let products = away.iter().zip(away.iter().skip(lag));
                products.map(|(a, b)| a * b).sum::<f64>() / variance
            })
            .collect();
        let pairs = whole
            .iter()
            .enumerate()
            .map(|(lag, part)| part * count as f64 / (count - lag).max(1) as f64)
            .collect();
        Some(Correlations { whole, pairs })
    }

    /// Lags that correlate better than their neighbours.
    fn hills(&self) -> Vec<usize> {
        let last = self.pairs.len() - 1;
        (PERIOD_MIN..last)
            .filter(|lag| {
                let here = self.pairs[*lag];
                here >= self.pairs[lag - 1] && here >= self.pairs[lag + 1]
            })
            .collect()
    }
}

/// Finds the period of a series of finite numbers.
pub fn season(values: &[f64]) -> Season {
    if values.len() < 2 * PERIOD_MIN {
        return Season::Without;
    }
    let Some(correlations) = Correlations::of(values) else {
        return Season::Without;
    };
    let pairs = &correlations.pairs;
    let hills = correlations.hills();
    if hills.iter().all(|lag| pairs[*lag] < HILL_MIN) {
        return Season::Without;
    }
    // The shortest of those that lead, for its multiples correlate as well.
    let certain = hills.iter().copied().find(|period| {
        correlations.whole[*period] >= CERTAIN
            && hills.iter().filter(|other| *other != period).all(|other| {
                let room = if other.is_multiple_of(*period) {
                    MULTIPLE_LEAD
                } else {
                    -LEAD
                };
                pairs[*other] <= pairs[*period] + room
            })
    });
    certain.map_or(Season::Doubtful, Season::Every)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The series of the page "series_periods_detect", whose period is 14.
    const PAGE: [i32; 60] = [
        80, 139, 87, 110, 68, 54, 50, 51, 53, 133, 86, 141, 97, 156, 94, 149, 95, 140, 77, 61, 50,
        54, 47, 133, 72, 152, 94, 148, 105, 162, 101, 160, 87, 63, 53, 55, 54, 151, 103, 189, 108,
        183, 113, 175, 113, 178, 90, 71, 62, 62, 65, 165, 109, 181, 115, 182, 121, 178, 114, 170,
    ];

    #[test]
    fn the_series_of_the_page_has_its_period() {
        assert_eq!(season(&PAGE.map(f64::from)), Season::Every(14));
    }

    #[test]
    fn a_pattern_with_a_longer_one_over_it_has_the_longer_one() {
        let hour = |at: i32| f64::from(at % 24 / 8) + if at / 24 % 7 >= 5 { 9.0 } else { 0.0 };
        let values: Vec<f64> = (0..840).map(hour).collect();
        assert_eq!(season(&values), Season::Every(168));
    }

    #[test]
    fn a_pattern_that_repeats_exactly_has_its_shortest_period() {
        let values: Vec<f64> = (0..48).map(|at| f64::from(at % 6)).collect();
        assert_eq!(season(&values), Season::Every(6));
    }

    #[test]
    fn one_peak_a_line_and_level_values_have_no_period() {
        let mut peak = [0.0; 30];
        peak[11] = 5.0;
        assert_eq!(season(&peak), Season::Without);
        let line: Vec<f64> = (0..30).map(f64::from).collect();
        assert_eq!(season(&line), Season::Without);
        assert_eq!(season(&[7.0; 30]), Season::Without);
        assert_eq!(season(&[1.0, 9.0, 1.0, 9.0, 1.0]), Season::Without);
    }

    #[test]
    fn two_peaks_leave_a_doubt() {
        let mut peaks = [0.0; 30];
        (peaks[4], peaks[17]) = (5.0, 5.0);
        assert_eq!(season(&peaks), Season::Doubtful);
    }
}
