//! Rows to places and series.

use super::split::Split;
use super::{Chart, Kind, Scale, Series, Stacking, X};
use crate::output::{Collected, escape_controls};
use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::datatypes::{Decimal128Type, Float64Type, Int32Type, Int64Type};
use datafusion::arrow::record_batch::RecordBatch;
use huntql_engine::RenderAnnotation;
use huntql_kql::time::parse_datetime;
use huntql_kql::types::{Column, Type};
use serde_json::Value;
use std::collections::HashMap;

/// `decimal` has so many digits behind the point.
const DECIMAL_SCALE: i32 = 17;

/// Which columns are what.
struct Roles {
    x: usize,
    ys: Vec<usize>,
    series: Vec<usize>,
    anomalies: Vec<usize>,
}

pub fn chart(
    kind: Kind,
    render: &RenderAnnotation,
    collected: &Collected,
) -> Result<Chart, String> {
    let (columns, batches) = collected.batches();
    let property = |name: &str| {
        let found = render
            .properties
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    };
    let visualization = render.visualization.to_ascii_lowercase();
    let mut roles = roles(kind, &visualization, &columns, &batches, &property)?;
    let mut remarks = Vec::new();
    if kind == Kind::Shares && roles.ys.len() > 1 {
        let others = roles.ys.split_off(1);
        let others: Vec<&str> = others.iter().map(|at| columns[*at].name.as_str()).collect();
        remarks.push(format!(
            "`{visualization}` shows one column of numbers, `{}`, and not {}",
            columns[roles.ys[0]].name,
            others.join(", ")
        ));
    }
    let mut rows = Rows {
        is_merging: kind != Kind::Points,
        ..Rows::default()
    };
    for batch in &batches {
        for row in 0..batch.num_rows() {
            rows.add(row, batch.columns(), &columns, &roles);
        }
    }
    let y_title = match roles.ys.as_slice() {
        [one] => columns[*one].name.clone(),
        _ => String::new(),
    };
    let text = |name: &str, default: String| property(name).map_or(default, str::to_owned);
    let number = |name: &str| property(name).and_then(|value| value.parse::<f64>().ok());
    let below = |value: &&f64| **value < 0.0;
    let negative = rows.series.iter().flat_map(|series| &series.values);
    let negative = negative.flatten().filter(below).count();
    if kind == Kind::Shares && negative > 0 {
        remarks.push(format!(
            "values below zero have no share, and {negative} are left out"
        ));
    }
    if rows.merged > 0 {
        remarks.push(format!(
            "{} values stand at a place of the same series that has one already: they are added up",
            crate::output::grouped(rows.merged)
        ));
    }
    let stacking = match visualization.starts_with("stacked") {
        true => Stacking::Stacked,
        false => Stacking::None,
    };
    let mut chart = Chart {
        kind,
        visualization,
        title: text("title", String::new()),
        x_title: text("xtitle", columns[roles.x].name.clone()),
        y_title: text("ytitle", y_title),
        has_legend: property("legend") != Some("hidden"),
        stacking,
        x_scale: Scale::Linear,
        y_scale: Scale::Linear,
        y_min: number("ymin"),
        y_max: number("ymax"),
        xs: rows.xs,
        series: rows.series,
        spans: Vec::new(),
        first: 0,
        split: Split::None,
        parts: Vec::new(),
        remarks,
    };
    let places = chart.xs.len();
    for series in &mut chart.series {
        series.values.resize(places, None);
    }
    if places == 0 {
        return Err("there is nothing to draw: the result has no rows".to_owned());
    }
    sort(&mut chart);
    Ok(chart)
}

/// Times and numbers go from left to right in order.
fn sort(chart: &mut Chart) {
    let key = |x: &X| match x {
        X::Time(ticks) => *ticks as f64,
        X::Number(number) => *number,
        X::Text(_) => 0.0,
    };
    let mut order: Vec<usize> = (0..chart.xs.len()).collect();
    order.sort_by(|a, b| key(&chart.xs[*a]).total_cmp(&key(&chart.xs[*b])));
    chart.xs = order.iter().map(|at| chart.xs[*at].clone()).collect();
    for series in &mut chart.series {
        series.values = order.iter().map(|at| series.values[*at]).collect();
        let new_place = |at: &usize| order.iter().position(|old| old == at);
        series.anomalies = series.anomalies.iter().filter_map(new_place).collect();
    }
}

fn roles<'a>(
    kind: Kind,
    visualization: &str,
    columns: &[Column],
    batches: &[RecordBatch],
    property: &impl Fn(&str) -> Option<&'a str>,
) -> Result<Roles, String> {
    let find = |name: &str| {
        let found = columns.iter().position(|column| column.name == name.trim());
        found.ok_or_else(|| format!("the chart names the column `{name}`, and the result has none"))
    };
    let is_time = |column: &Column| column.ty == Type::Datetime;
    let is_value = |column: &Column| column.ty.is_numeric() || column.ty == Type::Timespan;
    let times = array_of_times(columns, batches);
    let has_arrays = times.is_some() || !columns.iter().any(is_value);
    let is_timed = matches!(visualization, "timechart" | "anomalychart");
    let is_array = |column: &Column| column.ty == Type::Dynamic;
    let x = match property("xcolumn") {
        Some(name) => find(name)?,
        None if has_arrays => times
            .or_else(|| columns.iter().rposition(is_array).filter(|_| is_timed))
            .unwrap_or(0),
        None if is_timed => columns.iter().position(is_time).unwrap_or(0),
        None => 0,
    };
    // Beside a series over time numbers only tell series apart.
    let takes = |column: &Column| match times {
        Some(_) => is_array(column),
        None => is_value(column) || has_arrays && is_array(column),
    };
    let anomalies: Vec<usize> = match property("anomalycolumns") {
        Some(names) if visualization == "anomalychart" => {
            names.split(',').map(find).collect::<Result<_, _>>()?
        }
        _ => Vec::new(),
    };
    let ys: Vec<usize> = match property("ycolumns") {
        Some(names) => names.split(',').map(find).collect::<Result<_, _>>()?,
        None => (0..columns.len())
            .filter(|at| (*at != x || kind == Kind::Card) && takes(&columns[*at]))
            .filter(|at| !anomalies.contains(at))
            .collect(),
    };
    if ys.is_empty() {
        return Err("there is nothing to draw: no column has numbers; the rows follow".to_owned());
    }
    let series = match property("series") {
        Some(names) => names.split(',').map(find).collect::<Result<_, _>>()?,
        None => (0..columns.len())
            .filter(|at| *at != x && !ys.contains(at))
            .filter(|at| {
                matches!(columns[*at].ty, Type::String | Type::Guid | Type::Bool)
                    || times.is_some() && is_value(&columns[*at])
            })
            .collect(),
    };
    Ok(Roles {
        x,
        ys,
        series,
        anomalies,
    })
}

/// The column of arrays of times, as `make-series` gives one.
fn array_of_times(columns: &[Column], batches: &[RecordBatch]) -> Option<usize> {
    let batch = batches.iter().find(|batch| batch.num_rows() > 0)?;
    let is_of_times = |at: &usize| {
        columns[*at].ty == Type::Dynamic
            && matches!(
                elements(batch.column(*at), 0).first(),
                Some(Value::String(text)) if parse_datetime(text).is_some()
            )
    };
    (0..columns.len()).find(is_of_times)
}

#[derive(Default)]
struct Rows {
    xs: Vec<X>,
    series: Vec<Series>,
    places: HashMap<String, usize>,
    names: HashMap<String, usize>,
    /// Values of the same place and series are one: all but points.
    is_merging: bool,
    /// Values that were added to others.
    merged: u64,
}

impl Rows {
    fn add(&mut self, row: usize, arrays: &[ArrayRef], columns: &[Column], roles: &Roles) {
        let split: Vec<String> = roles
            .series
            .iter()
            .map(|at| text(&arrays[*at], row, columns[*at].ty))
            .collect();
        let split = split.join(", ");
        let xs = places(&arrays[roles.x], row, columns[roles.x].ty);
        let flags: Vec<Vec<Option<f64>>> = roles
            .anomalies
            .iter()
            .map(|at| values(&arrays[*at], row, columns[*at].ty))
            .collect();
        for (index, y) in roles.ys.iter().enumerate() {
            // A column of anomalies for each column of values, else all of them for the first.
            let flags: Vec<&Vec<Option<f64>>> = match flags.len() == roles.ys.len() {
                true => vec![&flags[index]],
                false if index == 0 => flags.iter().collect(),
                false => Vec::new(),
            };
            let name = match (split.is_empty(), roles.ys.len()) {
                (true, _) => columns[*y].name.clone(),
                (false, 1) => split.clone(),
                (false, _) => format!("{split}: {}", columns[*y].name),
            };
            let series = self.series_of(name, &columns[*y].name);
            let values = values(&arrays[*y], row, columns[*y].ty);
            for (element, (x, value)) in xs.iter().zip(values).enumerate() {
                let place = self.place_of(x);
                let is_flagged = |flags: &&Vec<Option<f64>>| {
                    let flag = flags.get(element).copied().flatten();
                    flag.is_some_and(|flag| flag != 0.0)
                };
                if flags.iter().any(is_flagged) {
                    self.series[series].anomalies.push(place);
                }
                let slots = &mut self.series[series].values;
                if slots.len() <= place {
                    slots.resize(place + 1, None);
                }
                // The same place twice: both count, as in a column that grows.
                slots[place] = match (slots[place], value) {
                    (Some(a), Some(b)) => {
                        self.merged += 1;
                        Some(a + b)
                    }
                    (a, b) => a.or(b),
                };
            }
        }
    }

    fn series_of(&mut self, name: String, column: &str) -> usize {
        let next = self.series.len();
        let at = *self.names.entry(name.clone()).or_insert(next);
        if at == next {
            self.series.push(Series {
                name,
                column: column.to_owned(),
                values: Vec::new(),
                anomalies: Vec::new(),
            });
        }
        at
    }

    fn place_of(&mut self, x: &X) -> usize {
        let next = self.xs.len();
        if !self.is_merging {
            self.xs.push(x.clone());
            return next;
        }
        let at = *self.places.entry(format!("{x:?}")).or_insert(next);
        if at == next {
            self.xs.push(x.clone());
        }
        at
    }
}

fn text(array: &ArrayRef, row: usize, ty: Type) -> String {
    let mut safe = String::new();
    if let Some(texts) = array.as_string_opt::<i32>() {
        if texts.is_valid(row) {
            escape_controls(texts.value(row), &mut safe);
        }
    } else if let Some(bools) = array.as_boolean_opt()
        && bools.is_valid(row)
    {
        safe.push_str(&bools.value(row).to_string());
    } else if let Some(number) = number(array, row, ty) {
        safe.push_str(&number.to_string());
    }
    safe
}

/// The places of a row: one, or those of an array.
fn places(array: &ArrayRef, row: usize, ty: Type) -> Vec<X> {
    if ty == Type::Dynamic {
        return elements(array, row)
            .into_iter()
            .map(|element| match element {
                Value::Number(number) => X::Number(number.as_f64().unwrap_or(0.0)),
                Value::String(text) => parse_datetime(&text).map_or(X::Text(text), X::Time),
                other => X::Text(other.to_string()),
            })
            .collect();
    }
    if ty == Type::Datetime {
        let times = array.as_primitive::<Int64Type>();
        return times
            .is_valid(row)
            .then(|| X::Time(times.value(row)))
            .into_iter()
            .collect();
    }
    if let Some(number) = number(array, row, ty) {
        return vec![X::Number(number)];
    }
    match text(array, row, ty) {
        empty if empty.is_empty() => vec![X::Text("(empty)".to_owned())],
        text => vec![X::Text(text)],
    }
}

fn values(array: &ArrayRef, row: usize, ty: Type) -> Vec<Option<f64>> {
    if ty == Type::Dynamic {
        return elements(array, row).iter().map(Value::as_f64).collect();
    }
    vec![number(array, row, ty)]
}

fn elements(array: &ArrayRef, row: usize) -> Vec<Value> {
    let texts = array.as_string::<i32>();
    if texts.is_null(row) {
        return Vec::new();
    }
    match serde_json::from_str(texts.value(row)) {
        Ok(Value::Array(elements)) => elements,
        Ok(other) => vec![other],
        Err(_) => Vec::new(),
    }
}

/// A timespan counts in seconds.
fn number(array: &ArrayRef, row: usize, ty: Type) -> Option<f64> {
    if array.is_null(row) {
        return None;
    }
    let number = match ty {
        Type::Int => f64::from(array.as_primitive::<Int32Type>().value(row)),
        Type::Long => array.as_primitive::<Int64Type>().value(row) as f64,
        Type::Real => array.as_primitive::<Float64Type>().value(row),
        Type::Decimal => {
            let digits = array.as_primitive::<Decimal128Type>().value(row);
            digits as f64 / 10_f64.powi(DECIMAL_SCALE)
        }
        Type::Timespan => array.as_primitive::<Int64Type>().value(row) as f64 / 1e7,
        _ => return None,
    };
    number.is_finite().then_some(number)
}
