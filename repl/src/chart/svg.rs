//! A chart as an SVG picture, alone or in a page. Nothing is fetched; nothing runs: the page carries the chart's Vega-Lite as data
//! (`script` of the type `application/vnd.vegalite.v5+json`, which no browser executes).

use super::axis::YAxis;
use super::shape::slices;
use super::split::Split;
use super::{Chart, Kind, Stacking, axis};
use crate::output::{HTML_HEAD, HTML_TAIL, html_escaped};
use std::f64::consts::TAU;
use std::fmt::Write;

const WIDTH: f64 = 1000.0;
const HEIGHT: f64 = 480.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 60.0;

/// The room of a further y axis.
const AXIS: f64 = 60.0;

/// Parts of a pie that are named beside it.
const NAMED_MAX: usize = 18;

/// Colours that those who see few colours can tell apart (Okabe and Ito).
const COLOURS: &[&str] = &[
    "#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#999999", "#f0e442",
];

fn colour(series: usize) -> &'static str {
    COLOURS[series % COLOURS.len()]
}

fn safe(text: &str) -> String {
    let mut out = String::new();
    html_escaped(text, &mut out);
    out
}

/// The picture alone.
pub fn picture(chart: &Chart) -> String {
    let mut out = String::new();
    draw(chart, &mut out);
    out
}

pub fn page(chart: &Chart) -> String {
    let mut out = String::from(HTML_HEAD);
    match chart.kind {
        Kind::Card => cards(chart, &mut out),
        _ => draw(chart, &mut out),
    }
    for remark in &chart.remarks {
        let _ = writeln!(out, "<p>{}</p>", safe(remark));
    }
    // `</script>` in a text must not end the data.
    let spec = super::vega::text(chart).replace("</", "<\\/");
    let _ = writeln!(
        out,
        "<script type=\"application/vnd.vegalite.v5+json\" id=\"chart\">\n{}</script>",
        spec
    );
    out.push_str(HTML_TAIL);
    out
}

fn cards(chart: &Chart, out: &mut String) {
    for series in &chart.series {
        let value = series.values.first().copied().flatten();
        let value = value.map_or_else(|| "–".to_owned(), |value| value.to_string());
        let _ = writeln!(
            out,
            "<div style=\"display:inline-block;border:1px solid #ddd;padding:1rem 2rem;margin:.5rem;text-align:center\"><div style=\"font-size:2.5rem\">{}</div>{}</div>",
            safe(&value),
            safe(&series.name)
        );
    }
}

fn draw(chart: &Chart, out: &mut String) {
    if chart.split == Split::Panels && !chart.parts.is_empty() {
        return panels(chart, out);
    }
    let legend = legend_height(chart);
    let height = HEIGHT + legend;
    let width = WIDTH + AXIS * chart.parts.len().saturating_sub(1) as f64;
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" font-family=\"system-ui,sans-serif\" font-size=\"12\" role=\"img\">"
    );
    label(
        out,
        WIDTH / 2.0,
        22.0,
        "middle",
        &chart.title,
        "font-size=\"16\"",
    );
    match chart.kind {
        Kind::Shares => pie(chart, out),
        Kind::Bars => bars(chart, out),
        Kind::Columns => with_axes(chart, out, columns),
        Kind::Line | Kind::Area | Kind::Points => with_axes(chart, out, lines),
        Kind::Card => values(chart, out),
    }
    if legend > 0.0 {
        for (index, series) in chart.series.iter().enumerate() {
            let x = LEFT + (index % 4) as f64 * 225.0;
            let y = HEIGHT + 12.0 + (index / 4) as f64 * 22.0;
            let fill = colour(chart.first + index);
            let _ = writeln!(
                out,
                "<rect x=\"{x}\" y=\"{}\" width=\"12\" height=\"12\" fill=\"{fill}\"/>",
                y - 10.0
            );
            let name = crate::output::cut_middle(&series.name, 30);
            label(out, x + 18.0, y, "start", &name, "");
        }
    }
    out.push_str("</svg>\n");
}

/// The charts of the columns, one below the other.
fn panels(chart: &Chart, out: &mut String) {
    let mut height = 0.0;
    let mut drawn = String::new();
    for (index, part) in chart.parts.iter().enumerate() {
        let mut picture = String::new();
        let title = match index {
            0 => chart.title.clone(),
            _ => String::new(),
        };
        let part = Chart {
            title,
            ..part.clone()
        };
        let _ = writeln!(drawn, "<svg y=\"{height}\" overflow=\"visible\">");
        draw(&part, &mut picture);
        drawn.push_str(&picture);
        drawn.push_str("</svg>\n");
        height += HEIGHT + legend_height(&part);
    }
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" font-family=\"system-ui,sans-serif\" font-size=\"12\" role=\"img\">"
    );
    out.push_str(&drawn);
    out.push_str("</svg>\n");
}

/// The marks of a further axis, at the right of the plot.
fn further_axis(part: &Chart, plot: &Plot, at: usize, out: &mut String) {
    let x = WIDTH - RIGHT + AXIS * at as f64;
    for value in &plot.axis.marks {
        let y = plot.y(*value) + 4.0;
        label(out, x + 8.0, y, "start", &axis::number(*value), "");
    }
    let colour = format!("style=\"fill:{}\"", colour(part.first));
    let name = crate::output::cut_middle(&part.y_title, 12);
    label(out, x + 8.0, TOP - 10.0, "start", &name, &colour);
    let bottom = HEIGHT - BOTTOM;
    let _ = writeln!(
        out,
        "<line x1=\"{x}\" x2=\"{x}\" y1=\"{TOP}\" y2=\"{bottom}\" stroke=\"#999\"/>"
    );
}

fn legend_height(chart: &Chart) -> f64 {
    let has_names = !matches!(chart.kind, Kind::Shares | Kind::Card);
    match chart.series.len() > 1 && chart.has_legend && has_names {
        true => 22.0 * chart.series.len().div_ceil(4) as f64,
        false => 0.0,
    }
}

fn label(out: &mut String, x: f64, y: f64, anchor: &str, text: &str, more: &str) {
    if !text.is_empty() {
        let _ = writeln!(
            out,
            "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"#333\" {more}>{}</text>",
            safe(text)
        );
    }
}

/// The values of a card, side by side.
fn values(chart: &Chart, out: &mut String) {
    let each = WIDTH / chart.series.len().max(1) as f64;
    for (index, series) in chart.series.iter().enumerate() {
        let value = series.values.first().copied().flatten();
        let value = value.map_or_else(|| "–".to_owned(), |value| value.to_string());
        let x = each * (index as f64 + 0.5);
        label(out, x, HEIGHT / 2.0, "middle", &value, "font-size=\"40\"");
        label(out, x, HEIGHT / 2.0 + 30.0, "middle", &series.name, "");
    }
}

/// Places of the plot: x from 0 to 1, y in values.
struct Plot {
    axis: YAxis,
}

impl Plot {
    fn x(&self, part: f64) -> f64 {
        LEFT + part * (WIDTH - LEFT - RIGHT)
    }

    fn y(&self, value: f64) -> f64 {
        HEIGHT - BOTTOM - self.axis.part(value) * (HEIGHT - TOP - BOTTOM)
    }
}

fn with_axes(chart: &Chart, out: &mut String, draw: fn(&Chart, &Plot, &mut String)) {
    let parts = match chart.parts.as_slice() {
        [] => std::slice::from_ref(chart),
        parts => parts,
    };
    let plot = Plot {
        axis: YAxis::of(&parts[0], 6),
    };
    for value in &plot.axis.marks {
        let y = plot.y(*value);
        let _ = writeln!(
            out,
            "<line x1=\"{LEFT}\" x2=\"{}\" y1=\"{y:.1}\" y2=\"{y:.1}\" stroke=\"#e5e5e5\"/>",
            WIDTH - RIGHT
        );
        label(out, LEFT - 8.0, y + 4.0, "end", &axis::number(*value), "");
    }
    if chart.kind != Kind::Columns {
        for (part, text) in axis::x_marks(chart, 8) {
            label(
                out,
                plot.x(part),
                HEIGHT - BOTTOM + 18.0,
                "middle",
                &text,
                "",
            );
        }
    }
    draw(&parts[0], &plot, out);
    for (at, part) in parts.iter().enumerate().skip(1) {
        let plot = Plot {
            axis: YAxis::of(part, 6),
        };
        further_axis(part, &plot, at - 1, out);
        draw(part, &plot, out);
    }
    let base = HEIGHT - BOTTOM - plot.axis.base() * (HEIGHT - TOP - BOTTOM);
    let _ = writeln!(
        out,
        "<line x1=\"{LEFT}\" x2=\"{}\" y1=\"{base:.1}\" y2=\"{base:.1}\" stroke=\"#333\"/>",
        WIDTH - RIGHT
    );
    label(
        out,
        WIDTH / 2.0,
        HEIGHT - 18.0,
        "middle",
        &chart.x_title,
        "",
    );
    label(out, LEFT, TOP - 10.0, "end", &parts[0].y_title, "");
}

fn lines(chart: &Chart, plot: &Plot, out: &mut String) {
    let positions = axis::positions(chart);
    for (index, (series, spans)) in chart.series.iter().zip(&chart.spans).enumerate() {
        let colour = colour(chart.first + index);
        let mut path = String::new();
        let mut floor = String::new();
        let mut draws = "M";
        for (at, span) in spans.iter().enumerate() {
            let Some((from, to)) = span else {
                continue;
            };
            let (x, y) = (plot.x(positions[at]), plot.y(*to));
            if chart.kind == Kind::Points {
                let _ = writeln!(
                    out,
                    "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{colour}\"/>"
                );
            }
            let _ = write!(path, "{draws}{x:.1} {y:.1}");
            floor.insert_str(0, &format!("L{x:.1} {:.1}", plot.y(*from)));
            draws = "L";
        }
        if chart.kind == Kind::Area && !path.is_empty() {
            let _ = writeln!(
                out,
                "<path d=\"{path}{floor}Z\" fill=\"{colour}\" fill-opacity=\"0.3\"/>"
            );
        }
        if chart.kind != Kind::Points && !path.is_empty() {
            let _ = writeln!(
                out,
                "<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" stroke-linecap=\"round\"/>"
            );
        }
        for at in &series.anomalies {
            if let Some(Some((_, to))) = spans.get(*at) {
                let (x, y) = (plot.x(positions[*at]), plot.y(*to));
                let _ = writeln!(
                    out,
                    "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"6\" fill=\"none\" stroke=\"#d00000\" stroke-width=\"2\"><title>anomaly: {to}</title></circle>"
                );
            }
        }
    }
}

fn rectangle(
    out: &mut String,
    (x, y, width, height): (f64, f64, f64, f64),
    fill: &str,
    title: &str,
) {
    let _ = writeln!(
        out,
        "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{:.1}\" fill=\"{fill}\"><title>{}</title></rect>",
        height.max(0.0),
        safe(title)
    );
}

fn columns(chart: &Chart, plot: &Plot, out: &mut String) {
    let count = chart.xs.len() as f64;
    let room = (WIDTH - LEFT - RIGHT) / count;
    let abreast = match chart.stacking {
        Stacking::None => chart.series.len(),
        Stacking::Stacked | Stacking::Full => 1,
    };
    let thick = room * 0.8 / abreast as f64;
    let stride = (chart.xs.len() / 12).max(1);
    for (at, x) in chart.xs.iter().enumerate() {
        let begin = LEFT + room * (at as f64 + 0.1);
        for (index, series) in chart.series.iter().enumerate() {
            let (Some(value), Some((from, to))) = (series.values[at], chart.spans[index][at])
            else {
                continue;
            };
            let beside = index % abreast;
            let (top, bottom) = (plot.y(from.max(to)), plot.y(from.min(to)));
            let place = (begin + thick * beside as f64, top, thick, bottom - top);
            rectangle(
                out,
                place,
                colour(chart.first + index),
                &format!("{}: {value}", series.name),
            );
        }
        if at % stride == 0 {
            let text = crate::output::cut_middle(&axis::label(x), 22);
            label(
                out,
                begin + room * 0.4,
                HEIGHT - BOTTOM + 18.0,
                "middle",
                &text,
                "",
            );
        }
    }
}

fn bars(chart: &Chart, out: &mut String) {
    let axis = YAxis::of(chart, 4);
    let left = 220.0;
    let width = WIDTH - left - 90.0;
    let abreast = match chart.stacking {
        Stacking::None => chart.series.len(),
        Stacking::Stacked | Stacking::Full => 1,
    };
    let room = (HEIGHT - TOP - 20.0) / (chart.xs.len() * abreast).max(1) as f64;
    for (at, x) in chart.xs.iter().enumerate() {
        for (index, series) in chart.series.iter().enumerate() {
            let (Some(value), Some((from, to))) = (series.values[at], chart.spans[index][at])
            else {
                continue;
            };
            let y = TOP + room * (at * abreast + index % abreast) as f64;
            let (begin, end) = (axis.part(from.min(to)), axis.part(from.max(to)));
            let length = (end - begin) * width;
            let place = (left + begin * width, y + room * 0.1, length, room * 0.8);
            rectangle(
                out,
                place,
                colour(chart.first + index),
                &format!("{}: {value}", series.name),
            );
            let middle = y + room / 2.0 + 4.0;
            if chart.stacking == Stacking::None {
                let x = left + end * width + 6.0;
                label(out, x, middle, "start", &axis::number(value), "");
            }
            if index == 0 {
                let text = crate::output::cut_middle(&axis::label(x), 30);
                label(out, left - 8.0, middle, "end", &text, "");
            }
        }
    }
}

fn pie(chart: &Chart, out: &mut String) {
    let parts = slices(chart);
    let sum: f64 = parts.iter().map(|(_, value)| value).sum();
    let (middle_x, middle_y, radius) = (300.0, TOP + 200.0, 180.0);
    let mut from = 0.0;
    for (index, (name, value)) in parts.iter().enumerate() {
        let share = value / sum;
        // A whole circle would begin and end at one point.
        let to = from + share.min(0.999_99);
        let point = |part: f64| {
            let angle = part * TAU - TAU / 4.0;
            (
                middle_x + radius * angle.cos(),
                middle_y + radius * angle.sin(),
            )
        };
        let ((x0, y0), (x1, y1)) = (point(from), point(to));
        let large = i32::from(share > 0.5);
        let fill = colour(index);
        let _ = writeln!(
            out,
            "<path d=\"M{middle_x} {middle_y}L{x0:.2} {y0:.2}A{radius} {radius} 0 {large} 1 {x1:.2} {y1:.2}Z\" fill=\"{fill}\" stroke=\"#fff\"/>"
        );
        if index < NAMED_MAX {
            let y = TOP + 20.0 + index as f64 * 22.0;
            let _ = writeln!(
                out,
                "<rect x=\"540\" y=\"{}\" width=\"12\" height=\"12\" fill=\"{fill}\"/>",
                y - 10.0
            );
            let name = crate::output::cut_middle(name, 40);
            let text = format!("{name}  {:.1} % ({})", share * 100.0, axis::number(*value));
            label(out, 558.0, y, "start", &text, "");
        }
        from += share;
    }
    if parts.len() > NAMED_MAX {
        let y = TOP + 20.0 + NAMED_MAX as f64 * 22.0;
        let text = format!("… {} more", parts.len() - NAMED_MAX);
        label(out, 558.0, y, "start", &text, "");
    }
}
