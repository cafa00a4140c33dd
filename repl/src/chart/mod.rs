//! `render`: a result as a chart, in the terminal or as a page with an SVG picture.
//!
//! What is drawn (Kusto docs, "render operator"): the x axis is `xcolumn`, else the first datetime column of a `timechart`, else
//! the first column. Numbers are the y values (`ycolumns` names them); columns of text tell series apart (`series`). Arrays, as
//! `make-series` gives them, are drawn element by element.
//!
//! | drawn | as |
//! |---|---|
//! | timechart, linechart, areachart, stackedareachart, scatterchart | lines, areas, points over an axis |
//! | anomalychart | lines; a ring where a column of `anomalycolumns` is not zero |
//! | columnchart, barchart | bars for each value of x |
//! | piechart, treemap | shares of the sum of the first column of numbers |
//! | card | the values of the first row |
//!
//! Anything else is shown as a table, and said so. So is every property that a picture does not follow ([`shape`]).

mod axis;
mod bars;
mod lines;
mod rows;
mod shape;
mod split;
mod svg;
mod vega;

use crate::output::Collected;
use huntql_engine::RenderAnnotation;
use split::Split;
use std::path::{Path, PathBuf};

/// Rows that a chart is made of; more are said.
pub const ROWS_MAX: u64 = 100_000;

/// Series that get a name and a colour of their own; more are said.
const SERIES_MAX: usize = 12;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Line,
    Area,
    Points,
    Columns,
    Bars,
    Shares,
    Card,
}

/// Visualizations that are drawn.
const KINDS: &[(&str, Kind)] = &[
    ("timechart", Kind::Line),
    ("linechart", Kind::Line),
    ("anomalychart", Kind::Line),
    ("areachart", Kind::Area),
    ("stackedareachart", Kind::Area),
    ("scatterchart", Kind::Points),
    ("columnchart", Kind::Columns),
    ("barchart", Kind::Bars),
    ("piechart", Kind::Shares),
    ("treemap", Kind::Shares),
    ("card", Kind::Card),
];

/// The drawable kind of an annotation.
pub fn kind(render: &RenderAnnotation) -> Option<Kind> {
    let name = render.visualization.to_ascii_lowercase();
    KINDS
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, kind)| *kind)
}

/// A place on the x axis.
#[derive(Debug, Clone, PartialEq)]
pub enum X {
    /// Ticks.
    Time(i64),
    Number(f64),
    Text(String),
}

/// The values of one name, one for each place on the x axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    pub name: String,
    /// The column that the values are of.
    pub column: String,
    pub values: Vec<Option<f64>>,
    /// Places of the x axis that are anomalies.
    pub anomalies: Vec<usize>,
}

impl Series {
    fn sum_of(all: &[Series]) -> Series {
        let places = all.first().map_or(0, |series| series.values.len());
        let sum = |at: usize| {
            let values = all.iter().filter_map(|series| series.values[at]);
            values.fold(None, |sum: Option<f64>, value| {
                Some(sum.unwrap_or(0.0) + value)
            })
        };
        Series {
            name: format!("({} others)", all.len()),
            column: all
                .first()
                .map(|one| one.column.clone())
                .unwrap_or_default(),
            values: (0..places).map(sum).collect(),
            anomalies: Vec::new(),
        }
    }
}

fn is_stacked(render: &RenderAnnotation) -> bool {
    let is_stacked = |text: &str| text.to_ascii_lowercase().starts_with("stacked");
    let mut properties = render.properties.iter();
    is_stacked(&render.visualization)
        || properties.any(|(name, value)| name.eq_ignore_ascii_case("kind") && is_stacked(value))
}

/// How lengths stand for values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    Linear,
    Log,
}

/// How the series of one place stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stacking {
    None,
    Stacked,
    /// Stretched to a hundred.
    Full,
}

/// A result ready to be drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    pub kind: Kind,
    /// Its name in KQL.
    pub visualization: String,
    pub title: String,
    pub x_title: String,
    pub y_title: String,
    pub has_legend: bool,
    pub stacking: Stacking,
    pub x_scale: Scale,
    pub y_scale: Scale,
    pub y_min: Option<f64>,
    pub y_max: Option<f64>,
    pub xs: Vec<X>,
    pub series: Vec<Series>,
    /// From where to where each value reaches, series by series. `None`: there is nothing to draw.
    pub spans: Vec<Vec<Option<(f64, f64)>>>,
    /// The place of the first series among those of the whole, of which this is perhaps a part: its colour.
    pub first: usize,
    pub split: Split,
    /// A chart for each column of numbers, when the y axis is split.
    pub parts: Vec<Chart>,
    /// Things that the picture does not show.
    pub remarks: Vec<String>,
}

/// The chart of collected rows.
///
/// # Errors
/// Why these rows cannot be drawn, in words.
pub fn chart(render: &RenderAnnotation, collected: &Collected) -> Result<Chart, String> {
    let kind = kind(render)
        .ok_or_else(|| format!("`{}` is not drawn; the rows follow", render.visualization))?;
    let mut chart = rows::chart(kind, render, collected)?;
    if collected.rows() > collected.kept() {
        chart.remarks.push(format!(
            "the chart shows the first {} of {} rows",
            crate::output::grouped(collected.kept()),
            crate::output::grouped(collected.rows())
        ));
    }
    if chart.series.len() > SERIES_MAX {
        let weight = |series: &Series| series.values.iter().flatten().map(|v| v.abs()).sum::<f64>();
        let all = chart.series.len();
        chart.series.sort_by(|a, b| weight(b).total_cmp(&weight(a)));
        let is_whole = kind == Kind::Shares || is_stacked(render);
        if is_whole {
            // Parts of a whole: the smallest are one.
            let rest = chart.series.split_off(SERIES_MAX - 1);
            chart.series.push(Series::sum_of(&rest));
        } else {
            chart.series.truncate(SERIES_MAX);
        }
        chart.remarks.push(match is_whole {
            true => format!(
                "the chart shows the {} smallest of {all} series as one",
                all - SERIES_MAX + 1
            ),
            false => format!("the chart shows the {SERIES_MAX} largest of {all} series"),
        });
    }
    chart.split = Split::of(kind, &render.properties);
    chart.parts = split::parts(&chart, chart.split);
    for part in &mut chart.parts {
        shape::shape(part, &render.properties);
    }
    let told = std::mem::take(&mut chart.remarks);
    shape::shape(&mut chart, &render.properties);
    if !chart.parts.is_empty() {
        chart.remarks = split::remarks(&chart.parts);
    }
    chart.remarks.splice(..0, told);
    Ok(chart)
}

/// What goes into a file.
type Content = fn(&Chart) -> String;

/// What a file of a chart may be called, and what goes into it.
const FILES: &[(&str, Content)] = &[
    ("html", svg::page),
    ("htm", svg::page),
    ("svg", svg::picture),
    ("json", vega::text),
];

/// The name of a file that a chart can go into.
///
/// # Errors
/// In words, when the name does not say what the file is to be.
pub fn file(name: &str) -> Result<PathBuf, String> {
    match content(Path::new(name)) {
        Some(_) => Ok(PathBuf::from(name)),
        None => Err("expected FILE.html, FILE.svg, or FILE.json for Vega-Lite".to_owned()),
    }
}

fn content(path: &Path) -> Option<Content> {
    let extension = path.extension()?.to_str()?.to_ascii_lowercase();
    let found = FILES.iter().find(|(known, _)| *known == extension);
    found.map(|(_, content)| *content)
}

/// Whether the terminal takes colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    Colours,
    Plain,
}

impl Paint {
    pub fn of_terminal() -> Paint {
        match std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()) {
            true => Paint::Colours,
            false => Paint::Plain,
        }
    }

    /// Text in the colour of a series.
    fn series(self, series: usize, text: &str) -> String {
        const COLOURS: [u8; 6] = [36, 33, 35, 32, 31, 34];
        match self {
            Paint::Colours => {
                let colour = COLOURS[series % COLOURS.len()];
                format!("\u{1b}[{colour}m{text}\u{1b}[0m")
            }
            Paint::Plain => text.to_owned(),
        }
    }

    fn anomaly(self, mark: char) -> String {
        match self {
            Paint::Colours => format!("\u{1b}[1;31m{mark}\u{1b}[0m"),
            Paint::Plain => mark.to_string(),
        }
    }

    /// What the bars of a series are made of: without colours, of shades.
    fn block(self, series: usize) -> char {
        const SHADES: [char; SERIES_MAX] =
            ['█', '▓', '▒', '░', '#', 'o', '+', '=', 'x', '%', '@', '·'];
        match self {
            Paint::Colours => SHADES[0],
            Paint::Plain => SHADES[series % SHADES.len()],
        }
    }
}

impl Chart {
    /// The chart as lines of text for a window of so many columns and lines.
    pub fn text(&self, width: usize, height: usize, paint: Paint) -> String {
        let mut out = String::new();
        if !self.title.is_empty() {
            out.push_str(format!("{:^width$}\n", self.title, width = width.min(100)).trim_end());
            out.push('\n');
        }
        if self.split == Split::Panels && !self.parts.is_empty() {
            // What a panel needs besides its lines is some three of the eight that a chart alone leaves free.
            let each = height / self.parts.len() + 3;
            for part in &self.parts {
                out.push_str(&part.text(width, each, paint));
            }
            return out;
        }
        match self.kind {
            Kind::Line | Kind::Area | Kind::Points => {
                lines::draw(self, width, height, paint, &mut out)
            }
            Kind::Columns => bars::columns(self, width, height, paint, &mut out),
            Kind::Bars => bars::bars(self, width, paint, &mut out),
            Kind::Shares => bars::shares(self, width, paint, &mut out),
            Kind::Card => bars::card(self, width, &mut out),
        }
        out
    }

    /// What goes into a file of this name: a page unless it says otherwise.
    pub fn file(&self, path: &Path) -> String {
        content(path).unwrap_or(svg::page)(self)
    }

    /// Names and marks of the series, when there is more than one.
    fn legend(&self, width: usize, paint: Paint, marks: &[char], out: &mut String) {
        if !self.has_legend || self.series.len() < 2 {
            return;
        }
        let mut used = 0;
        for (index, series) in self.series.iter().enumerate() {
            let name = crate::output::cut_middle(&series.name, 40);
            let length = crate::output::width(&name) + 4;
            if used > 0 && used + length > width {
                out.push('\n');
                used = 0;
            }
            let mark = marks[(self.first + index) % marks.len()].to_string();
            if used > 0 {
                out.push_str("  ");
            }
            out.push_str(&format!(
                "{} {name}",
                paint.series(self.first + index, &mark)
            ));
            used += length;
        }
        out.push('\n');
    }
}
