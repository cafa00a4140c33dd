//! `ysplit`: a panel, or an axis of its own, for each column of numbers (Kusto docs, "render operator").
//!
//! | value | terminal | picture |
//! |---|---|---|
//! | `panels` | one below the other | the same |
//! | `axes` | each column over its own range; marks of the first at the left, the ranges of the others in a line | an axis for each, further ones at the right |
//!
//! Shares and cards have no y axis to split, columns and bars none to share: that is said by [`super::shape`].

use super::axis::{self, YAxis};
use super::{Chart, Kind};

/// How columns of numbers share the y axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    None,
    Axes,
    Panels,
}

impl Split {
    /// What the properties ask for, where such a chart can follow.
    pub fn of(kind: Kind, properties: &[(String, String)]) -> Split {
        let value = properties
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("ysplit"))
            .map(|(_, value)| value.to_ascii_lowercase());
        match (value.as_deref(), kind) {
            (Some("panels"), kind) if !matches!(kind, Kind::Shares | Kind::Card) => Split::Panels,
            (Some("axes"), Kind::Line | Kind::Area | Kind::Points) => Split::Axes,
            _ => Split::None,
        }
    }
}

/// The chart of each column of numbers, over the same places. Empty when there is one such column, or nothing to split.
pub fn parts(chart: &Chart, split: Split) -> Vec<Chart> {
    let mut columns: Vec<&str> = Vec::new();
    for series in &chart.series {
        if !columns.contains(&series.column.as_str()) {
            columns.push(&series.column);
        }
    }
    if split == Split::None || columns.len() < 2 {
        return Vec::new();
    }
    let mut parts = Vec::new();
    let mut first = 0;
    for column in columns {
        let of_column = chart.series.iter().filter(|one| one.column == column);
        let part = Chart {
            title: String::new(),
            y_title: column.to_owned(),
            series: of_column.cloned().collect(),
            first,
            remarks: Vec::new(),
            ..chart.clone()
        };
        first += part.series.len();
        parts.push(part);
    }
    parts
}

/// The remarks of the parts: what all of them say once, else with the column's name.
pub fn remarks(parts: &[Chart]) -> Vec<String> {
    let mut remarks: Vec<String> = Vec::new();
    for part in parts {
        for remark in &part.remarks {
            let is_common = parts.iter().all(|other| other.remarks.contains(remark));
            let remark = match is_common {
                true => remark.clone(),
                false => format!("{}: {remark}", part.y_title),
            };
            if !remarks.contains(&remark) {
                remarks.push(remark);
            }
        }
    }
    remarks
}

/// A line that says which range each axis has: `A 0 … 120 at the left, B 0 … 5k`.
pub fn ranges(parts: &[Chart], marks: usize) -> String {
    let ranges = parts.iter().enumerate().map(|(index, part)| {
        let (low, high) = YAxis::of(part, marks).ends();
        let place = if index == 0 { " at the left" } else { "" };
        let (low, high) = (axis::number(low), axis::number(high));
        format!("{} {low} … {high}{place}", part.y_title)
    });
    ranges.collect::<Vec<_>>().join(", ")
}
