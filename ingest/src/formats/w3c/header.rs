//! The directives of a W3C extended log: what they say holds for the lines behind them, until they come again.

use super::super::lines::{Meaning, Slot, TimePart};
use super::fields::{self, Product};
use crate::time;
use huntql_kql::time::{TICKS_PER_DAY, TICKS_PER_HOUR};

/// What stands between two fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Separator {
    #[default]
    Blank,
    /// TMG's, and whoever writes its `#Fields` so.
    Tab,
}

/// A field that the header names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    pub name: String,
    pub meaning: Meaning,
}

/// What the directives have said so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Header {
    software: String,
    fields: Vec<String>,
    pub separator: Separator,
    /// Midnight and clock of `#Date`, for logs whose lines have the time alone.
    written: Option<(i64, i64)>,
    pub product: Product,
    pub columns: Vec<Column>,
}

impl Header {
    /// Takes a line that begins with `#`. What is no directive of interest is a comment.
    pub fn directive(&mut self, line: &str) {
        let Some((name, value)) = line[1..].split_once(':') else {
            return;
        };
        match name.trim().to_ascii_lowercase().as_str() {
            "software" => self.software = value.trim().to_owned(),
            "fields" => {
                self.separator = match value.trim().contains('\t') {
                    true => Separator::Tab,
                    false => Separator::Blank,
                };
                self.fields = value.split_whitespace().map(str::to_owned).collect();
            }
            "date" => {
                self.written = written(value.trim());
                return;
            }
            _ => return,
        }
        // IIS has `#Software` behind `#Fields` in some versions.
        self.product = Product::of(&self.software, &self.fields);
        self.columns = self
            .fields
            .iter()
            .map(|name| Column {
                name: name.clone(),
                meaning: fields::meaning(self.product, name),
            })
            .collect();
    }

    /// Whether the lines can name another host than the one that wrote them, so that they may be a proxy's.
    pub fn names_targets(&self) -> bool {
        self.has(&[Slot::Client]) && self.has(&[Slot::Host, Slot::Url, Slot::Request])
    }

    /// Midnight of the day of a line that has the time alone: that of `#Date`, or the day after it when the line's clock is
    /// more than half a day before that of the directive, which was written before the line.
    ///
    /// Each line is judged for itself, so that one damaged clock does not move the days of those behind it.
    pub fn day_of(&self, clock: i64) -> Option<i64> {
        let (day, begun) = self.written?;
        Some(match begun - clock > 12 * TICKS_PER_HOUR {
            true => day + TICKS_PER_DAY,
            false => day,
        })
    }

    fn has(&self, slots: &[Slot]) -> bool {
        self.columns.iter().any(|column| match column.meaning {
            Meaning::Text(slot) => slots.contains(&slot),
            _ => false,
        })
    }

    /// Whether the times are local, so that `--tz` must tell their zone.
    pub fn is_local(&self) -> bool {
        let has = |wanted: &[TimePart]| {
            self.columns.iter().any(|column| match column.meaning {
                Meaning::Time(part, _) => wanted.contains(&part),
                _ => false,
            })
        };
        has(&[TimePart::ClockLocal, TimePart::DateLocal])
            && !has(&[TimePart::Clock, TimePart::EpochSeconds])
    }

    /// Whether a text can be the beginning of a line: its first field is what the header says of it.
    pub fn begins(&self, text: &str) -> bool {
        let first = text.split([' ', '\t']).next().unwrap_or(text);
        let first = first.trim_matches('"');
        match self.columns.first().map(|column| column.meaning) {
            Some(Meaning::Time(TimePart::Date | TimePart::DateLocal, _)) => {
                first.len() == 10 && time::iso_local(first.as_bytes()).is_some()
            }
            Some(Meaning::Time(TimePart::Clock | TimePart::ClockLocal, _)) => {
                time::clock_ticks(first.as_bytes()).is_some()
            }
            Some(Meaning::Time(TimePart::EpochSeconds, _)) => {
                first.len() >= 10 && first.bytes().all(|b| b.is_ascii_digit() || b == b'.')
            }
            Some(Meaning::Text(Slot::Client)) => crate::address::parse(first).is_some(),
            _ => true,
        }
    }
}

/// `2026-03-02 08:00:00`, with anything behind it.
fn written(text: &str) -> Option<(i64, i64)> {
    let (day, _) = time::iso_local(text.get(..10)?.as_bytes())?;
    let clock = text
        .get(11..)
        .and_then(|rest| time::clock_ticks(rest.as_bytes()));
    Some((day, clock.map_or(0, |(ticks, _)| ticks)))
}
