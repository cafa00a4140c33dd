//! Round numbers and times along an axis.

use super::{Chart, X};
use huntql_kql::time::format_datetime;

const SECOND: f64 = 1e7;

/// Steps between marks of time, in seconds.
const STEPS_S: &[f64] = &[
    1.0,
    5.0,
    15.0,
    30.0,
    60.0,
    300.0,
    900.0,
    1_800.0,
    3_600.0,
    10_800.0,
    21_600.0,
    43_200.0,
    86_400.0,
    172_800.0,
    604_800.0,
    2_592_000.0,
    7_776_000.0,
    31_536_000.0,
];

/// The smallest of 1, 2, 5 times a power of ten that is not below.
pub fn round_up(value: f64) -> f64 {
    if value <= 0.0 {
        return 1.0;
    }
    let power = 10_f64.powf(value.log10().floor());
    [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|factor| factor * power)
        .find(|step| *step >= value * 0.999_999)
        .unwrap_or(10.0 * power)
}

/// The range of the y axis, from round number to round number, and the step between marks.
pub fn y_range(chart: &Chart, marks: usize) -> (f64, f64, f64) {
    let sums = |at: usize| -> f64 {
        let values = chart.series.iter().filter_map(|series| series.values[at]);
        values.filter(|value| *value > 0.0).sum()
    };
    let all = chart.series.iter().flat_map(|series| &series.values);
    let mut low = all.clone().flatten().copied().fold(f64::INFINITY, f64::min);
    let mut high = all.flatten().copied().fold(f64::NEG_INFINITY, f64::max);
    if chart.is_stacked {
        high = (0..chart.xs.len()).map(sums).fold(high, f64::max);
    }
    if !low.is_finite() || !high.is_finite() {
        (low, high) = (0.0, 1.0);
    }
    // Counts are read from zero; so is everything that is not far from it.
    low = chart.y_min.unwrap_or(if low > 0.0 { 0.0 } else { low });
    high = chart.y_max.unwrap_or(if high < 0.0 { 0.0 } else { high });
    if high <= low {
        high = low + 1.0;
    }
    let step = round_up((high - low) / marks.max(1) as f64);
    let bottom = chart.y_min.unwrap_or((low / step).floor() * step);
    let top = chart.y_max.unwrap_or((high / step).ceil() * step);
    (bottom, top, step)
}

/// A number as short as it can be told from its neighbours.
pub fn number(value: f64) -> String {
    let magnitude = value.abs();
    let (scaled, unit) = match magnitude {
        m if m >= 1e12 => (value / 1e12, "T"),
        m if m >= 1e9 => (value / 1e9, "G"),
        m if m >= 1e6 => (value / 1e6, "M"),
        m if m >= 1e4 => (value / 1e3, "k"),
        _ => (value, ""),
    };
    let text = format!("{scaled:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    let text = if text == "-0" { "0" } else { text };
    if text == "0" && value != 0.0 {
        return format!("{value:.1e}");
    }
    format!("{text}{unit}")
}

/// Where a place lies between 0 and 1.
pub fn positions(xs: &[X]) -> Vec<f64> {
    let value = |x: &X| match x {
        X::Time(ticks) => Some(*ticks as f64),
        X::Number(number) => Some(*number),
        X::Text(_) => None,
    };
    let values: Option<Vec<f64>> = xs.iter().map(value).collect();
    let last = xs.len().saturating_sub(1).max(1) as f64;
    let Some(values) = values else {
        return (0..xs.len()).map(|at| at as f64 / last).collect();
    };
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let width = if high > low { high - low } else { 1.0 };
    values.iter().map(|value| (value - low) / width).collect()
}

/// Marks of the x axis: where they lie between 0 and 1, and their texts.
pub fn x_marks(xs: &[X], count: usize) -> Vec<(f64, String)> {
    let count = count.max(1);
    match (xs.first(), xs.last()) {
        (Some(X::Time(first)), Some(X::Time(last))) if last > first => {
            times(*first as f64, *last as f64, count)
        }
        (Some(X::Number(first)), Some(X::Number(last))) if last > first => {
            let step = round_up((last - first) / count as f64);
            let marks = ladder(*first, *last, step);
            let place = |at: f64| (at - first) / (last - first);
            marks
                .into_iter()
                .map(|at| (place(at), number(at)))
                .collect()
        }
        _ => {
            let each = xs.len().div_ceil(count).max(1);
            let positions = positions(xs);
            (0..xs.len())
                .step_by(each)
                .map(|at| (positions[at], label(&xs[at])))
                .collect()
        }
    }
}

fn ladder(first: f64, last: f64, step: f64) -> Vec<f64> {
    let mut marks = Vec::new();
    let mut at = (first / step).ceil() * step;
    while at <= last + step * 1e-6 && marks.len() < 1_000 {
        marks.push(at);
        at += step;
    }
    marks
}

fn times(first: f64, last: f64, count: usize) -> Vec<(f64, String)> {
    let wanted = (last - first) / SECOND / count as f64;
    let step = STEPS_S
        .iter()
        .copied()
        .find(|step| *step >= wanted)
        .unwrap_or_else(|| round_up(wanted));
    let marks = ladder(first, last, step * SECOND);
    marks
        .into_iter()
        .map(|at| {
            let text = format_datetime(at as i64);
            let short = match step {
                s if s >= 86_400.0 => text.get(..10),
                s if s >= 60.0 => text.get(5..16),
                _ => text.get(11..19),
            };
            let short = short.unwrap_or(&text).replace('T', " ");
            ((at - first) / (last - first), short)
        })
        .collect()
}

/// A place in words.
pub fn label(x: &X) -> String {
    match x {
        X::Time(ticks) => {
            let text = format_datetime(*ticks);
            let text = text.get(..19).unwrap_or(&text).replace('T', " ");
            let day = text.strip_suffix(" 00:00:00");
            let minute = text.strip_suffix(":00");
            day.or(minute).unwrap_or(&text).to_owned()
        }
        X::Number(value) => number(*value),
        X::Text(text) => text.clone(),
    }
}
