//! What a chart's properties make of its values: running sums, stacks, logarithms, limits; and what is said of the rest.
//!
//! | property | drawn | else |
//! |---|---|---|
//! | `kind` = stacked, stacked100 | areas, columns, bars | said |
//! | `yaxis` = log | lines, areas, points, columns, bars; values that are not above zero are left out, which is said | said |
//! | `xaxis` = log | numbers above zero | said |
//! | `ymin`, `ymax` | as above; values beyond are drawn at the edge, which is said | said |
//! | `accumulate` | every chart with an x axis | said |
//! | `anomalycolumns` | anomalychart | said |
//! | `ysplit` = panels | every chart with a y axis | said |
//! | `ysplit` = axes | lines, areas, points | said |
//! | `kind` = map and others, properties that the page does not have | – | said |

use super::split::Split;
use super::{Chart, Kind, Scale, Stacking, X};
use crate::output::grouped;

/// Properties that are followed wherever they mean something, without a word.
const PLAIN: &[&str] = &[
    "title",
    "xtitle",
    "ytitle",
    "xcolumn",
    "ycolumns",
    "series",
    "legend",
    "ymin",
    "ymax",
    "yaxis",
    "xaxis",
    "kind",
    "accumulate",
    "anomalycolumns",
];

/// Follows the properties; what cannot be drawn becomes a remark.
pub fn shape(chart: &mut Chart, properties: &[(String, String)]) {
    for (name, value) in properties {
        let (name, value) = (name.to_ascii_lowercase(), value.to_ascii_lowercase());
        follow(chart, &name, &value);
    }
    if chart.visualization == "anomalychart"
        && !properties
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case("anomalycolumns"))
    {
        chart.remarks.push("no anomalies are marked: `anomalychart` takes them from `anomalycolumns`, for instance of `series_decompose_anomalies`".to_owned());
    }
    chart.spans = chart
        .series
        .iter()
        .map(|series| {
            series
                .values
                .iter()
                .map(|value| value.map(|to| (0.0, to)))
                .collect()
        })
        .collect();
    settle_stacks(chart);
    settle_logarithms(chart);
    settle_limits(chart);
}

fn has_y_axis(kind: Kind) -> bool {
    !matches!(kind, Kind::Shares | Kind::Card)
}

fn stacks(kind: Kind) -> bool {
    matches!(kind, Kind::Area | Kind::Columns | Kind::Bars)
}

fn follow(chart: &mut Chart, name: &str, value: &str) {
    let kind = chart.kind;
    let is_drawn = match (name, value) {
        ("kind", "default" | "unstacked" | "") => true,
        ("kind", "stacked") if stacks(kind) => {
            chart.stacking = Stacking::Stacked;
            true
        }
        ("kind", "stacked100") if stacks(kind) => {
            chart.stacking = Stacking::Full;
            true
        }
        ("kind", _) => false,
        ("yaxis" | "xaxis", "linear" | "") => true,
        ("yaxis", "log") if has_y_axis(kind) => {
            chart.y_scale = Scale::Log;
            true
        }
        ("xaxis", "log") if has_y_axis(kind) => {
            let is_positive = |x: &X| matches!(x, X::Number(number) if *number > 0.0);
            let is_log = matches!(kind, Kind::Line | Kind::Area | Kind::Points)
                && chart.xs.iter().all(is_positive);
            if is_log {
                chart.x_scale = Scale::Log;
            }
            is_log
        }
        ("yaxis" | "xaxis", _) => false,
        ("ymin" | "ymax", _) => has_y_axis(kind) && value.parse::<f64>().is_ok(),
        ("accumulate", "false" | "") => true,
        ("accumulate", "true") if has_y_axis(kind) && kind != Kind::Points => {
            accumulate(chart);
            true
        }
        ("accumulate", _) => false,
        ("anomalycolumns", _) => chart.visualization == "anomalychart",
        ("legend", _) => matches!(value, "visible" | "hidden" | ""),
        ("ysplit", "none" | "") => true,
        // Without a second column of numbers there is nothing to split.
        ("ysplit", "panels" | "axes") => {
            Split::of(kind, &[(name.into(), value.into())]) != Split::None
        }
        _ => PLAIN.contains(&name),
    };
    if !is_drawn {
        let visualization = &chart.visualization;
        chart.remarks.push(format!(
            "`{name}={value}` is not drawn in a `{visualization}`"
        ));
    }
}

fn accumulate(chart: &mut Chart) {
    for series in &mut chart.series {
        let mut sum = 0.0;
        for value in series.values.iter_mut().flatten() {
            sum += *value;
            *value = sum;
        }
    }
}

fn settle_stacks(chart: &mut Chart) {
    if chart.stacking == Stacking::None {
        return;
    }
    if chart.y_scale == Scale::Log {
        chart.stacking = Stacking::None;
        chart.remarks.push(
            "series are not stacked: on a logarithmic axis stacks have no lengths".to_owned(),
        );
        return;
    }
    for at in 0..chart.xs.len() {
        let whole: f64 = chart
            .series
            .iter()
            .filter_map(|series| series.values[at])
            .map(f64::abs)
            .sum();
        let scale = match chart.stacking {
            Stacking::Full if whole > 0.0 => 100.0 / whole,
            _ => 1.0,
        };
        // What is below zero grows downwards.
        let (mut above, mut below) = (0.0, 0.0);
        for (series, spans) in chart.series.iter().zip(&mut chart.spans) {
            let Some(value) = series.values[at] else {
                continue;
            };
            let end = if value < 0.0 { &mut below } else { &mut above };
            let from = *end;
            *end += value * scale;
            spans[at] = Some((from, *end));
        }
    }
    if chart.stacking == Stacking::Full && chart.y_title.is_empty() {
        chart.y_title = "%".to_owned();
    }
}

fn settle_logarithms(chart: &mut Chart) {
    if chart.y_scale == Scale::Linear {
        return;
    }
    let all = || chart.spans.iter().flatten().flatten();
    if !all().any(|(_, to)| *to > 0.0) {
        chart.y_scale = Scale::Linear;
        chart
            .remarks
            .push("`yaxis=log` is not drawn: no value is above zero".to_owned());
        return;
    }
    let left_out = all().filter(|(_, to)| *to <= 0.0).count();
    if left_out > 0 {
        chart.remarks.push(format!(
            "not above zero, and so without a place on a logarithmic axis: {}",
            counted(left_out)
        ));
    }
    for span in chart.spans.iter_mut().flatten() {
        *span = span.filter(|(_, to)| *to > 0.0);
    }
    if chart.y_min.is_some_and(|low| low <= 0.0) {
        chart.y_min = None;
        chart.remarks.push(
            "`ymin` is not above zero, and the axis is logarithmic: it begins elsewhere".to_owned(),
        );
    }
}

fn settle_limits(chart: &mut Chart) {
    if !has_y_axis(chart.kind) {
        return;
    }
    if let (Some(low), Some(high)) = (chart.y_min, chart.y_max)
        && low >= high
    {
        (chart.y_min, chart.y_max) = (None, None);
        chart
            .remarks
            .push("`ymin` is not below `ymax`: both are left out".to_owned());
    }
    let (low, high) = (
        chart.y_min.unwrap_or(f64::NEG_INFINITY),
        chart.y_max.unwrap_or(f64::INFINITY),
    );
    let beyond = chart
        .spans
        .iter()
        .flatten()
        .flatten()
        .filter(|(_, to)| *to < low || *to > high);
    let beyond = beyond.count();
    if beyond > 0 {
        chart.remarks.push(format!(
            "beyond `ymin` and `ymax`, and drawn at the edge: {}",
            counted(beyond)
        ));
    }
}

fn counted(count: usize) -> String {
    match count {
        1 => "1 value".to_owned(),
        count => format!("{} values", grouped(count as u64)),
    }
}

/// The parts of a pie, the largest first.
pub fn slices(chart: &Chart) -> Vec<(String, f64)> {
    let mut slices = Vec::new();
    for (at, x) in chart.xs.iter().enumerate() {
        for series in &chart.series {
            let Some(value) = series.values[at].filter(|value| *value > 0.0) else {
                continue;
            };
            let x = super::axis::label(x);
            slices.push(match chart.series.len() {
                1 => (x, value),
                _ => (format!("{x}, {}", series.name), value),
            });
        }
    }
    slices.sort_by(|a, b| b.1.total_cmp(&a.1));
    slices
}
