//! How far a query may go: rows, bytes, time, and the window of time that it looks at.
//!
//! A profile imitates the limits of a service, so that a query can be tried against them before it is taken there:
//!
//! | profile | rows | data | time | look-back | source |
//! |---|---|---|---|---|---|
//! | `defender` | 30,000 | – | 10 min | 30 d | defender-xdr/advanced-hunting-limits |
//! | `defender-api` | 100,000 | – | 3 min | 30 d | defender-xdr/api-advanced-hunting |
//! | `adx` | 500,000 | 67,108,864 bytes | 4 min | – | kusto/concepts/query-limits |
//!
//! The stricter of a profile and an option holds. Rows beyond a limit are not printed, which is said, and the exit code is 4.
//! Data counts as it lies in memory, which is near to what the service counts and not the same.

use crate::cli::{Timespan, timespan};
use crate::failure::Failure;
use crate::output::grouped;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueHint};
use huntql_engine::Times;
use std::path::PathBuf;

const TICKS_PER_DAY: i64 = 864_000_000_000;

/// The limits of a service.
pub struct Profile {
    pub name: &'static str,
    doc: &'static str,
    rows_max: u64,
    bytes_max: Option<u64>,
    timeout_s: u64,
    look_back_days: Option<i64>,
}

pub static PROFILES: &[Profile] = &[
    Profile {
        name: "defender",
        doc: "advanced hunting in Defender's portal",
        rows_max: 30_000,
        bytes_max: None,
        timeout_s: 600,
        look_back_days: Some(30),
    },
    Profile {
        name: "defender-api",
        doc: "advanced hunting through Defender's API",
        rows_max: 100_000,
        bytes_max: None,
        timeout_s: 180,
        look_back_days: Some(30),
    },
    Profile {
        name: "adx",
        doc: "Azure Data Explorer as it is set up at first",
        rows_max: 500_000,
        bytes_max: Some(67_108_864),
        timeout_s: 240,
        look_back_days: None,
    },
];

/// How far a query may go.
#[derive(Clone, Default, Args)]
#[command(next_help_heading = "Limits")]
pub struct LimitArgs {
    /// Only rows of this time, in every table: a length up to now (7d, PT12H), or two moments (2026-03-01/2026-03-04)
    #[arg(long, value_name = "SPAN", value_parser = timespan)]
    pub timespan: Option<Timespan>,
    /// Stop, with exit code 4, behind so many rows
    #[arg(long, value_name = "ROWS", value_parser = rows)]
    pub max_rows: Option<u64>,
    /// Stop, with exit code 4, after so long: seconds, or 30s, 5m, 1h
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    pub timeout: Option<u64>,
    /// Keep to the limits of a service: rows, time, how far back data go. What is cut off is said, with exit code 4
    #[arg(long, value_name = "NAME", value_parser = profiles())]
    pub profile: Option<&'static Profile>,
}

/// Where a chart goes.
#[derive(Debug, Clone, Default, Args)]
pub struct RenderArgs {
    /// Draw what the query's `render` says: a page that needs nothing else, a picture, or Vega-Lite's JSON
    #[arg(long, value_name = "FILE.html|svg|json", value_hint = ValueHint::FilePath, value_parser = crate::chart::file)]
    pub render: Option<PathBuf>,
}

fn rows(text: &str) -> Result<u64, String> {
    let digits: String = text.chars().filter(|c| !matches!(c, ',' | '_')).collect();
    digits
        .parse()
        .map_err(|_| "expected a number of rows, for instance 10000".to_owned())
}

fn seconds(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "" | "s" => Some(1),
        "m" | "min" => Some(60),
        "h" => Some(3_600),
        _ => None,
    };
    let number = digits.parse::<u64>().ok();
    number
        .zip(unit)
        .and_then(|(number, unit)| number.checked_mul(unit))
        .ok_or_else(|| "expected a length of time such as 30s, 5m or 1h".to_owned())
}

impl std::fmt::Debug for LimitArgs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LimitArgs")
            .field("timespan", &self.timespan)
            .field("max_rows", &self.max_rows)
            .field("timeout", &self.timeout)
            .field("profile", &self.profile.map(|profile| profile.name))
            .finish()
    }
}

fn profiles() -> impl TypedValueParser<Value = &'static Profile> {
    PossibleValuesParser::new(
        PROFILES
            .iter()
            .map(|profile| PossibleValue::new(profile.name).help(profile.doc)),
    )
    .map(|name| {
        let found = PROFILES.iter().find(|profile| profile.name == name);
        found.expect("only names of profiles are possible values")
    })
}

/// A limit and what has set it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    pub most: u64,
    by: String,
}

impl Limit {
    fn stricter(option: Option<u64>, flag: &str, profile: Option<(u64, &str)>) -> Option<Limit> {
        match (option, profile) {
            (Some(most), Some((of_profile, _))) if most <= of_profile => Some(Limit {
                most,
                by: flag.to_owned(),
            }),
            (_, Some((most, name))) => Some(Limit {
                most,
                by: format!("--profile {name}"),
            }),
            (Some(most), None) => Some(Limit {
                most,
                by: flag.to_owned(),
            }),
            (None, None) => None,
        }
    }
}

/// What a result may hold at most.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResultLimits {
    pub rows: Option<Limit>,
    pub bytes: Option<Limit>,
}

/// Which limit ended a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    Rows,
    Bytes,
}

impl ResultLimits {
    /// What is said of a result that was cut behind so many rows.
    pub fn failure(&self, cut: Cut, rows: u64) -> Failure {
        let shown = grouped(rows);
        let message = match (cut, &self.rows, &self.bytes) {
            (Cut::Bytes, _, Some(limit)) => format!(
                "only the first {shown} rows are shown: with the others there are more than {} bytes ({})",
                grouped(limit.most),
                limit.by
            ),
            (_, Some(limit), _) => format!("only the first {shown} rows are shown ({})", limit.by),
            (_, None, _) => format!("only the first {shown} rows are shown"),
        };
        Failure::Limit(message)
    }
}

impl LimitArgs {
    pub fn of_result(&self) -> ResultLimits {
        let rows = self.profile.map(|profile| (profile.rows_max, profile.name));
        let bytes = self
            .profile
            .and_then(|profile| Some((profile.bytes_max?, profile.name)));
        ResultLimits {
            rows: Limit::stricter(self.max_rows, "--max-rows", rows),
            bytes: Limit::stricter(None, "", bytes),
        }
    }

    /// Seconds that a query may take.
    pub fn timeout(&self) -> Option<Limit> {
        let profile = self
            .profile
            .map(|profile| (profile.timeout_s, profile.name));
        Limit::stricter(self.timeout, "--timeout", profile)
    }

    /// The rows that are there, by their time. `None`: all of them.
    pub fn times(&self, now: i64) -> Option<Times> {
        let asked = self.timespan.map(|span| match span {
            Timespan::Last(ticks) => up_to(now, ticks),
            Timespan::Between(from, to) => Times { from, to },
        });
        match (asked, self.look_back(now)) {
            (Some(asked), Some(kept)) => Some(Times {
                from: asked.from.max(kept.from),
                to: asked.to.min(kept.to),
            }),
            (asked, kept) => asked.or(kept),
        }
    }

    /// What the profile's service still keeps.
    pub fn look_back(&self, now: i64) -> Option<Times> {
        let days = self.profile?.look_back_days?;
        Some(up_to(now, days * TICKS_PER_DAY))
    }
}

fn up_to(now: i64, ticks: i64) -> Times {
    Times {
        from: now.saturating_sub(ticks),
        // What happens now is part of it.
        to: now.saturating_add(1),
    }
}

/// What is said of a query that took too long.
pub fn too_long(limit: &Limit) -> Failure {
    Failure::Limit(format!(
        "the query took longer than {} s ({})",
        limit.most, limit.by
    ))
}
