//! Bars of eighths of a character, shares of a sum, single values.

use super::{Chart, Paint, axis};
use crate::output::{cut_middle, width as text_width};

const ACROSS: &[char] = &['▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];
const UPWARDS: &[char] = &['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Bars that are drawn; more are said.
const BARS_MAX: usize = 200;
const LABEL_WIDTH_MAX: usize = 32;
const LINES_MAX: usize = 18;

/// A bar from left to right, `part` of `room` characters long.
fn across(part: f64, room: usize) -> String {
    let eighths = (part.clamp(0.0, 1.0) * room as f64 * 8.0).round() as usize;
    let mut bar: String = "█".repeat(eighths / 8);
    if !eighths.is_multiple_of(8) {
        bar.push(ACROSS[eighths % 8 - 1]);
    }
    if bar.is_empty() && part > 0.0 {
        bar.push(ACROSS[0]);
    }
    bar
}

/// A line for each value: its place, its bar, its number.
pub fn bars(chart: &Chart, width: usize, paint: Paint, out: &mut String) {
    let all = chart.series.iter().flat_map(|series| &series.values);
    let highest = all
        .flatten()
        .fold(0.0_f64, |high, value| high.max(value.abs()));
    let highest = chart.y_max.unwrap_or(highest).max(f64::MIN_POSITIVE);
    let labels: Vec<String> = chart.xs.iter().map(axis::label).collect();
    let margin = labels.iter().map(|label| text_width(label)).max();
    let margin = margin.unwrap_or(0).min(LABEL_WIDTH_MAX);
    let room = width.saturating_sub(margin + 12).max(10);
    for (at, label) in labels.iter().enumerate().take(BARS_MAX) {
        let label = cut_middle(label, margin);
        let mut shown = format!("{}{label}", " ".repeat(margin - text_width(&label)));
        for (index, series) in chart.series.iter().enumerate() {
            let Some(value) = series.values[at] else {
                continue;
            };
            let bar = paint.series(index, &across(value.abs() / highest, room));
            out.push_str(&format!("{shown} │{bar} {}\n", axis::number(value)));
            shown = " ".repeat(margin);
        }
    }
    if labels.len() > BARS_MAX {
        out.push_str(&format!("… {} more\n", labels.len() - BARS_MAX));
    }
    chart.legend(width, paint, &['█'], out);
}

/// Columns side by side; bars where there is no room for them.
pub fn columns(chart: &Chart, width: usize, height: usize, paint: Paint, out: &mut String) {
    let lines = height.saturating_sub(8).clamp(4, LINES_MAX);
    let (low, high, step) = axis::y_range(chart, (lines / 4).max(2));
    let marks: Vec<(f64, String)> = (0..100)
        .map(|index| low + step * f64::from(index))
        .take_while(|value| *value <= high + step * 1e-6)
        .map(|value| (value, axis::number(value)))
        .collect();
    let margin = marks.iter().map(|(_, text)| text_width(text)).max();
    let margin = margin.unwrap_or(1) + 1;
    let room = width.saturating_sub(margin + 2);
    let count = chart.xs.len();
    let each = room / count.max(1);
    let thick = each.saturating_sub(1).min(10) / chart.series.len();
    if thick == 0 || low < 0.0 {
        return bars(chart, width, paint, out);
    }
    if !chart.y_title.is_empty() {
        out.push_str(&format!("{}\n", chart.y_title));
    }
    let each = thick * chart.series.len() + 1;
    for line in (0..lines).rev() {
        let of_line = |value: f64| {
            let at = (value - low) / (high - low) * lines as f64;
            (at.round() as usize).min(lines - 1) == line
        };
        let mark = marks.iter().find(|(value, _)| of_line(*value));
        let (text, tick) = mark.map_or(("", '│'), |(_, text)| (text.as_str(), '┤'));
        let padding = " ".repeat(margin.saturating_sub(text_width(text) + 1));
        let mut row = String::new();
        for at in 0..count {
            for (index, series) in chart.series.iter().enumerate() {
                let value = series.values[at].unwrap_or(low);
                let eighths = (value - low) / (high - low) * (lines * 8) as f64;
                let fill = (eighths.round() as i64 - (line * 8) as i64).clamp(0, 8);
                let block = match fill {
                    0 => ' ',
                    fill => UPWARDS[fill as usize - 1],
                };
                let blocks: String = std::iter::repeat_n(block, thick).collect();
                row.push_str(&match block {
                    ' ' => blocks,
                    _ => paint.series(index, &blocks),
                });
            }
            row.push(' ');
        }
        out.push_str(&format!("{padding}{text} {tick}{}\n", row.trim_end()));
    }
    let indent = " ".repeat(margin.saturating_sub(1));
    out.push_str(&format!("{indent} └{}\n", "─".repeat(each * count)));
    labels(chart, margin, each, out);
    chart.legend(width, paint, &['█'], out);
}

/// Labels below columns, as many as fit.
fn labels(chart: &Chart, margin: usize, each: usize, out: &mut String) {
    let labels: Vec<String> = chart.xs.iter().map(axis::label).collect();
    let longest = labels.iter().map(|label| text_width(label)).max();
    let longest = longest.unwrap_or(0).min(20);
    let stride = (longest + 1).div_ceil(each).max(1);
    let mut line = String::new();
    for (at, label) in labels.iter().enumerate().step_by(stride) {
        let start = at * each;
        line.push_str(&" ".repeat(start.saturating_sub(text_width(&line))));
        line.push_str(&cut_middle(label, (stride * each).saturating_sub(1).max(1)));
    }
    out.push_str(&format!("{} {line}\n", " ".repeat(margin)));
}

/// Shares of the sum, as bars with their parts of a hundred.
pub fn shares(chart: &Chart, width: usize, paint: Paint, out: &mut String) {
    let Some(series) = chart.series.first() else {
        return;
    };
    let sum: f64 = series.values.iter().flatten().filter(|v| **v > 0.0).sum();
    let mut parts: Vec<(String, f64)> = chart
        .xs
        .iter()
        .zip(&series.values)
        .filter_map(|(x, value)| Some((axis::label(x), (*value)?)))
        .collect();
    parts.sort_by(|a, b| b.1.total_cmp(&a.1));
    let margin = parts.iter().map(|(label, _)| text_width(label)).max();
    let margin = margin.unwrap_or(0).min(LABEL_WIDTH_MAX);
    let room = width.saturating_sub(margin + 20).max(10);
    for (index, (label, value)) in parts.iter().enumerate().take(BARS_MAX) {
        let share = if sum > 0.0 { value / sum } else { 0.0 };
        let label = cut_middle(label, margin);
        let padding = " ".repeat(margin - text_width(&label));
        let bar = paint.series(index, &across(share, room));
        let (share, value) = (share * 100.0, axis::number(*value));
        out.push_str(&format!("{padding}{label} │{bar} {share:.1} % ({value})\n"));
    }
}

/// The values of the first row, each in a frame.
pub fn card(chart: &Chart, width: usize, out: &mut String) {
    for series in &chart.series {
        let value = series.values.first().copied().flatten();
        let value = value.map_or_else(|| "–".to_owned(), exact);
        let inner = text_width(&value).max(text_width(&series.name)) + 4;
        let inner = inner.min(width.saturating_sub(2)).max(10);
        let centred = |text: &str| {
            let text = cut_middle(text, inner);
            let left = (inner - text_width(&text)) / 2;
            let right = inner - text_width(&text) - left;
            format!("│{}{text}{}│\n", " ".repeat(left), " ".repeat(right))
        };
        out.push_str(&format!("╭{}╮\n", "─".repeat(inner)));
        out.push_str(&centred(&value));
        out.push_str(&centred(&series.name));
        out.push_str(&format!("╰{}╯\n", "─".repeat(inner)));
    }
}

fn exact(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        let sign = if value < 0.0 { "-" } else { "" };
        return format!("{sign}{}", crate::output::grouped(value.abs() as u64));
    }
    format!("{value}")
}
