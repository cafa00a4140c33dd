//! Bars of eighths of a character, shares of a sum, single values.

use super::axis::YAxis;
use super::shape::slices;
use super::{Chart, Paint, Stacking, axis};
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

/// A line for each value: its place, its bar, its number. Stacked series share a line.
pub fn bars(chart: &Chart, width: usize, paint: Paint, out: &mut String) {
    let axis = YAxis::of(chart, 4);
    let labels: Vec<String> = chart.xs.iter().map(axis::label).collect();
    let margin = labels.iter().map(|label| text_width(label)).max();
    let margin = margin.unwrap_or(0).min(LABEL_WIDTH_MAX);
    let room = width.saturating_sub(margin + 12).max(10);
    for (at, label) in labels.iter().enumerate().take(BARS_MAX) {
        let label = cut_middle(label, margin);
        let mut shown = format!("{}{label}", " ".repeat(margin - text_width(&label)));
        if chart.stacking != Stacking::None {
            let (bar, sum) = stack(chart, &axis, at, room, paint);
            out.push_str(&format!("{shown} │{bar} {}\n", axis::number(sum)));
            continue;
        }
        for (index, series) in chart.series.iter().enumerate() {
            let (Some(value), Some((from, to))) = (series.values[at], chart.spans[index][at])
            else {
                continue;
            };
            let bar = bar(axis.part(from), axis.part(to), room, paint.block(index));
            let blank: String = bar.chars().take_while(|c| *c == ' ').collect();
            let bar = paint.series(index, &bar[blank.len()..]);
            out.push_str(&format!("{shown} │{blank}{bar} {}\n", axis::number(value)));
            shown = " ".repeat(margin);
        }
    }
    if labels.len() > BARS_MAX {
        out.push_str(&format!("… {} more\n", labels.len() - BARS_MAX));
    }
    legend(chart, width, paint, out);
}

fn legend(chart: &Chart, width: usize, paint: Paint, out: &mut String) {
    let marks: Vec<char> = (0..chart.series.len().max(1))
        .map(|series| paint.block(series))
        .collect();
    chart.legend(width, paint, &marks, out);
}

/// A bar between two parts of so many characters; to the left of where it begins when the value is below.
fn bar(from: f64, to: f64, room: usize, block: char) -> String {
    let at = |part: f64| (part * room as f64).round() as usize;
    if to >= from {
        let begin = at(from);
        let blank = " ".repeat(begin);
        return match block {
            '█' => format!("{blank}{}", across(to - begin as f64 / room as f64, room)),
            shade => {
                let length = at(to).saturating_sub(begin).max(usize::from(to > from));
                format!("{blank}{}", shade.to_string().repeat(length))
            }
        };
    }
    let (begin, end) = (at(to), at(from));
    let length = (end - begin).max(1);
    format!("{}{}", " ".repeat(begin), block.to_string().repeat(length))
}

/// All series of a place on one line, and their sum.
fn stack(chart: &Chart, axis: &YAxis, at: usize, room: usize, paint: Paint) -> (String, f64) {
    let mut cells: Vec<Option<usize>> = vec![None; room];
    let cell = |value: f64| (axis.part(value) * room as f64).round() as usize;
    for (index, spans) in chart.spans.iter().enumerate() {
        let Some((from, to)) = spans[at] else {
            continue;
        };
        let (begin, end) = (cell(from.min(to)), cell(from.max(to)));
        cells[begin.min(room)..end.min(room)].fill(Some(index));
    }
    let sum = chart
        .series
        .iter()
        .filter_map(|series| series.values[at])
        .sum();
    let used = cells
        .iter()
        .rposition(Option::is_some)
        .map_or(0, |last| last + 1);
    let drawn = cells[..used].iter().map(|owner| match owner {
        Some(series) => paint.series(*series, &paint.block(*series).to_string()),
        None => " ".to_owned(),
    });
    (drawn.collect(), sum)
}

/// What stands in a character of a column: eighths of it that are full, and whose they are.
fn filling(
    chart: &Chart,
    axis: &YAxis,
    at: usize,
    series: usize,
    line: usize,
    lines: usize,
) -> (usize, usize) {
    let eighths = |value: f64| (axis.part(value) * (lines * 8) as f64).round() as usize;
    let top = |span: Option<(f64, f64)>| span.map_or(0, |(_, to)| eighths(to));
    let within = |top: usize| top.saturating_sub(line * 8).min(8);
    if chart.stacking == Stacking::None {
        return (within(top(chart.spans[series][at])), series);
    }
    let all = chart.spans.iter().map(|spans| top(spans[at]));
    let full = within(all.clone().max().unwrap_or(0));
    // Whoever reaches the middle of what is full first.
    let middle = line * 8 + full.div_ceil(2);
    let owner = all.enumerate().find(|(_, top)| *top >= middle);
    (full, owner.map_or(0, |(owner, _)| owner))
}

/// Columns side by side, or one upon the other; bars where there is no room for them.
pub fn columns(chart: &Chart, width: usize, height: usize, paint: Paint, out: &mut String) {
    let lines = height.saturating_sub(8).clamp(4, LINES_MAX);
    let axis = YAxis::of(chart, (lines / 4).max(2));
    let marks: Vec<(f64, String)> = axis
        .marks
        .iter()
        .map(|value| (*value, axis::number(*value)))
        .collect();
    let margin = marks.iter().map(|(_, text)| text_width(text)).max();
    let margin = margin.unwrap_or(1) + 1;
    let room = width.saturating_sub(margin + 2);
    let count = chart.xs.len();
    let abreast = match chart.stacking {
        Stacking::None => chart.series.len(),
        Stacking::Stacked | Stacking::Full => 1,
    };
    let thick = (room / count.max(1)).saturating_sub(1).min(10) / abreast;
    if thick == 0 || axis.base() > 0.0 {
        return bars(chart, width, paint, out);
    }
    if !chart.y_title.is_empty() {
        out.push_str(&format!("{}\n", chart.y_title));
    }
    let each = thick * abreast + 1;
    for line in (0..lines).rev() {
        let of_line = |value: f64| {
            let at = axis.part(value) * lines as f64;
            (at.round() as usize).min(lines - 1) == line
        };
        let mark = marks.iter().find(|(value, _)| of_line(*value));
        let (text, tick) = mark.map_or(("", '│'), |(_, text)| (text.as_str(), '┤'));
        let padding = " ".repeat(margin.saturating_sub(text_width(text) + 1));
        let mut row = String::new();
        for at in 0..count {
            for index in 0..abreast {
                let (fill, owner) = filling(chart, &axis, at, index, line, lines);
                let block = match (fill, paint.block(owner)) {
                    (0, _) => ' ',
                    (8, block) => block,
                    (fill, '█') => UPWARDS[fill - 1],
                    (fill, shade) => {
                        if fill >= 4 {
                            shade
                        } else {
                            ' '
                        }
                    }
                };
                let blocks: String = std::iter::repeat_n(block, thick).collect();
                row.push_str(&match block {
                    ' ' => blocks,
                    _ => paint.series(owner, &blocks),
                });
            }
            row.push(' ');
        }
        out.push_str(&format!("{padding}{text} {tick}{}\n", row.trim_end()));
    }
    let indent = " ".repeat(margin.saturating_sub(1));
    out.push_str(&format!("{indent} └{}\n", "─".repeat(each * count)));
    labels(chart, margin, each, out);
    legend(chart, width, paint, out);
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
    let parts = slices(chart);
    let sum: f64 = parts.iter().map(|(_, value)| value).sum();
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
    if parts.len() > BARS_MAX {
        out.push_str(&format!("… {} more\n", parts.len() - BARS_MAX));
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
