//! Round numbers and times along an axis.

use super::{Chart, Kind, Scale, X};
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

/// The y axis: from where to where, and where its marks are.
pub struct YAxis {
    low: f64,
    high: f64,
    scale: Scale,
    pub marks: Vec<f64>,
}

impl YAxis {
    /// An axis for all spans of a chart with about so many marks.
    pub fn of(chart: &Chart, marks: usize) -> YAxis {
        let marks = marks.max(1);
        let mut low = f64::INFINITY;
        let mut high = f64::NEG_INFINITY;
        for (from, to) in chart.spans.iter().flatten().flatten() {
            if chart.y_scale == Scale::Linear {
                low = low.min(*from);
                high = high.max(*from);
            }
            low = low.min(*to);
            high = high.max(*to);
        }
        match chart.y_scale {
            Scale::Linear => YAxis::linear(chart, (low, high), marks),
            Scale::Log => YAxis::logarithmic(chart, (low, high), marks),
        }
    }

    fn linear(chart: &Chart, (low, high): (f64, f64), marks: usize) -> YAxis {
        let (low, high) = match low.is_finite() && high.is_finite() {
            // Counts are read from zero; so is everything else.
            true => (low.min(0.0), high.max(0.0)),
            false => (0.0, 1.0),
        };
        let low = chart.y_min.unwrap_or(low);
        let high = chart.y_max.unwrap_or(high);
        let high = if high <= low { low + 1.0 } else { high };
        let step = round_up((high - low) / marks as f64);
        let low = chart.y_min.unwrap_or((low / step).floor() * step);
        let high = match chart.y_max {
            Some(high) if high > low => high,
            _ => (high / step).ceil() * step,
        };
        YAxis {
            low,
            high,
            scale: Scale::Linear,
            marks: ladder(low, high, step),
        }
    }

    fn logarithmic(chart: &Chart, (low, high): (f64, f64), marks: usize) -> YAxis {
        let first = chart.y_min.unwrap_or(low).log10();
        let last = chart.y_max.unwrap_or(high).log10();
        // The least value has a length too, where lengths are drawn.
        let first_power = match chart.kind {
            Kind::Columns | Kind::Bars => (first - 1e-9).floor(),
            _ => (first + 1e-9).floor(),
        };
        let last_power = (last - 1e-9).ceil().max(first_power + 1.0);
        let each = ((last_power - first_power) / marks as f64).ceil().max(1.0);
        let powers = ladder(first_power, last_power, each);
        let low = chart.y_min.unwrap_or(10_f64.powf(first_power));
        let high = chart.y_max.unwrap_or(10_f64.powf(last_power));
        let marks = powers.into_iter().map(|power| 10_f64.powf(power));
        YAxis {
            low,
            high,
            scale: Scale::Log,
            marks: marks
                .filter(|mark| *mark >= low && *mark <= high * 1.000_001)
                .collect(),
        }
    }

    /// Where a value lies, from 0 at the bottom to 1 at the top; what lies beyond is at the edge.
    pub fn part(&self, value: f64) -> f64 {
        let part = match self.scale {
            Scale::Linear => (value - self.low) / (self.high - self.low),
            Scale::Log if value <= self.low => 0.0,
            Scale::Log => {
                (value.log10() - self.low.log10()) / (self.high.log10() - self.low.log10())
            }
        };
        part.clamp(0.0, 1.0)
    }

    /// The least and the largest value that have a place.
    pub fn ends(&self) -> (f64, f64) {
        (self.low, self.high)
    }

    /// Where lengths begin.
    pub fn base(&self) -> f64 {
        self.part(0.0)
    }
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

/// Where the places of a chart lie between 0 and 1.
pub fn positions(chart: &Chart) -> Vec<f64> {
    let value = |x: &X| match (x, chart.x_scale) {
        (X::Time(ticks), _) => Some(*ticks as f64),
        (X::Number(number), Scale::Linear) => Some(*number),
        (X::Number(number), Scale::Log) => Some(number.log10()),
        (X::Text(_), _) => None,
    };
    let xs = &chart.xs;
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
pub fn x_marks(chart: &Chart, count: usize) -> Vec<(f64, String)> {
    let (xs, count) = (&chart.xs, count.max(1));
    match (xs.first(), xs.last(), chart.x_scale) {
        (Some(X::Time(first)), Some(X::Time(last)), _) if last > first => {
            times(*first as f64, *last as f64, count)
        }
        (Some(X::Number(first)), Some(X::Number(last)), Scale::Log) if last > first => {
            let (first, last) = (first.log10(), last.log10());
            let each = ((last - first) / count as f64).ceil().max(1.0);
            let powers = ladder(first.ceil(), last, each).into_iter();
            powers
                .map(|power| ((power - first) / (last - first), number(10_f64.powf(power))))
                .collect()
        }
        (Some(X::Number(first)), Some(X::Number(last)), Scale::Linear) if last > first => {
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
            let positions = positions(chart);
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
