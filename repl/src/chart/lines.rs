//! Lines, areas and points on a canvas of Braille dots, two by four in each character.

use super::axis::YAxis;
use super::{Chart, Kind, Paint, axis, split};
use crate::output::width as text_width;

/// Marks of series where there are no colours.
const MARKS: &[char] = &['●', '▲', '■', '◆', '○', '△', '□', '◇', '✚', '✖', '★', '☆'];

const ANOMALY: char = '◉';

const LINES_MAX: usize = 22;

/// Areas of more series than these are lines: fillings would hide each other.
const FILLED_MAX: usize = 3;

struct Canvas {
    columns: usize,
    lines: usize,
    dots: Vec<u8>,
    owner: Vec<usize>,
    anomalies: Vec<bool>,
}

impl Canvas {
    fn new(columns: usize, lines: usize) -> Canvas {
        Canvas {
            columns,
            lines,
            dots: vec![0; columns * lines],
            owner: vec![0; columns * lines],
            anomalies: vec![false; columns * lines],
        }
    }

    /// Sets a dot; `y` grows upwards.
    fn dot(&mut self, x: usize, y: usize, series: usize) {
        const BITS: [[u8; 4]; 2] = [[0x40, 0x04, 0x02, 0x01], [0x80, 0x20, 0x10, 0x08]];
        let (column, line) = (x / 2, y / 4);
        if column >= self.columns || line >= self.lines {
            return;
        }
        let at = (self.lines - 1 - line) * self.columns + column;
        self.dots[at] |= BITS[x % 2][y % 4];
        self.owner[at] = series;
    }

    fn anomaly(&mut self, x: usize, y: usize) {
        let (column, line) = (x / 2, y / 4);
        if column < self.columns && line < self.lines {
            self.anomalies[(self.lines - 1 - line) * self.columns + column] = true;
        }
    }

    fn line(&mut self, from: (usize, usize), to: (usize, usize), series: usize) {
        let (x0, y0) = (from.0 as f64, from.1 as f64);
        let (x1, y1) = (to.0 as f64, to.1 as f64);
        let steps = (x1 - x0).abs().max((y1 - y0).abs()).max(1.0) as usize;
        for step in 0..=steps {
            let part = step as f64 / steps as f64;
            let x = (x0 + (x1 - x0) * part).round() as usize;
            let y = (y0 + (y1 - y0) * part).round() as usize;
            self.dot(x, y, series);
        }
    }

    fn row(&self, line: usize, paint: Paint, has_many: bool) -> String {
        let mut out = String::new();
        for column in 0..self.columns {
            let at = line * self.columns + column;
            let dots = self.dots[at];
            if self.anomalies[at] {
                out.push_str(&paint.anomaly(ANOMALY));
                continue;
            }
            if dots == 0 {
                out.push(' ');
                continue;
            }
            let series = self.owner[at];
            let character = match paint {
                Paint::Plain if has_many => MARKS[series % MARKS.len()],
                _ => char::from_u32(0x2800 + u32::from(dots)).unwrap_or('*'),
            };
            out.push_str(&paint.series(series, &character.to_string()));
        }
        out.trim_end().to_owned()
    }
}

pub fn draw(chart: &Chart, width: usize, height: usize, paint: Paint, out: &mut String) {
    let lines = height.saturating_sub(8).clamp(5, LINES_MAX);
    // Columns with an axis of their own are drawn over each other; the marks are those of the first.
    let parts = match chart.parts.as_slice() {
        [] => std::slice::from_ref(chart),
        parts => parts,
    };
    let marks = (lines / 4).max(2);
    let axis = YAxis::of(&parts[0], marks);
    let labels: Vec<(f64, String)> = axis
        .marks
        .iter()
        .map(|value| (*value, axis::number(*value)))
        .collect();
    let margin = labels.iter().map(|(_, text)| text_width(text)).max();
    let margin = margin.unwrap_or(1) + 1;
    let columns = width.saturating_sub(margin + 2).max(10);
    let mut canvas = Canvas::new(columns, lines);
    for part in parts {
        plot(part, &mut canvas, &YAxis::of(part, marks));
    }
    if parts.len() > 1 {
        out.push_str(&format!("{}\n", split::ranges(parts, marks)));
    } else if !chart.y_title.is_empty() {
        out.push_str(&format!("{}\n", chart.y_title));
    }
    let line_of = |value: f64| {
        let part = axis.part(value);
        lines - 1 - ((part * (lines * 4 - 1) as f64).round() as usize / 4).min(lines - 1)
    };
    for line in 0..lines {
        let label = labels.iter().find(|(value, _)| line_of(*value) == line);
        let (text, tick) = label.map_or(("", '│'), |(_, text)| (text.as_str(), '┤'));
        let row = canvas.row(line, paint, chart.series.len() > 1);
        let padding = " ".repeat(margin.saturating_sub(text_width(text) + 1));
        out.push_str(&format!("{padding}{text} {tick}{row}\n"));
    }
    x_axis(chart, margin, columns, out);
    let anomalies: usize = chart.series.iter().map(|one| one.anomalies.len()).sum();
    if anomalies > 0 {
        let noun = if anomalies == 1 {
            "anomaly"
        } else {
            "anomalies"
        };
        out.push_str(&format!("{} {anomalies} {noun}\n", paint.anomaly(ANOMALY)));
    }
    chart.legend(
        width,
        paint,
        if paint == Paint::Plain {
            MARKS
        } else {
            &['━']
        },
        out,
    );
}

fn plot(chart: &Chart, canvas: &mut Canvas, axis: &YAxis) {
    let (dots_x, dots_y) = (canvas.columns * 2 - 1, canvas.lines * 4 - 1);
    let positions = axis::positions(chart);
    let height = |value: f64| (axis.part(value) * dots_y as f64).round() as usize;
    for (place, spans) in chart.spans.iter().enumerate() {
        let index = chart.first + place;
        let mut before = None;
        for (at, span) in spans.iter().enumerate() {
            // As in Kusto, a line goes from point to point; a place without a value is no point.
            let Some((from, to)) = span else {
                continue;
            };
            let place = (
                (positions[at] * dots_x as f64).round() as usize,
                height(*to),
            );
            match (chart.kind, before) {
                (Kind::Points, _) | (_, None) => canvas.dot(place.0, place.1, index),
                (_, Some(before)) => canvas.line(before, place, index),
            }
            if chart.kind == Kind::Area && chart.series.len() <= FILLED_MAX {
                let floor = height(*from);
                let (low, high) = (floor.min(place.1), floor.max(place.1));
                (low..high)
                    .step_by(2)
                    .for_each(|y| canvas.dot(place.0, y, index));
            }
            before = Some(place);
        }
    }
    for (series, spans) in chart.series.iter().zip(&chart.spans) {
        for at in &series.anomalies {
            if let Some(Some((_, to))) = spans.get(*at) {
                let x = (positions[*at] * dots_x as f64).round() as usize;
                canvas.anomaly(x, height(*to));
            }
        }
    }
}

fn x_axis(chart: &Chart, margin: usize, columns: usize, out: &mut String) {
    let marks = axis::x_marks(chart, (columns / 16).max(2));
    let mut line: Vec<char> = vec!['─'; columns];
    let mut texts = String::new();
    let mut free = 0;
    for (part, text) in marks {
        let at = (part * (columns - 1) as f64).round() as usize;
        let length = text_width(&text);
        let start = at
            .saturating_sub(length / 2)
            .min(columns.saturating_sub(length));
        line[at] = '┬';
        if start < free || length > columns {
            continue;
        }
        texts.push_str(&" ".repeat(start - text_width(&texts).min(start)));
        texts.push_str(&text);
        free = start + length + 2;
    }
    let line: String = line.into_iter().collect();
    out.push_str(&format!(
        "{} └{line}\n",
        " ".repeat(margin.saturating_sub(1))
    ));
    out.push_str(&format!("{} {texts}\n", " ".repeat(margin)));
}
