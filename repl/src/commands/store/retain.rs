//! `huntql store retain`: the days beyond a limit go.

use super::{OfTable, counted, size};
use crate::failure::Failure;
use crate::report;
use crate::session::logs::store_failure;
use clap::Args;
use huntql_kql::time::{TICKS_PER_DAY, TICKS_PER_SECOND, UNIX_EPOCH};
use huntql_store::{Retained, Retention};
use std::io::Write;
use std::time::SystemTime;

#[derive(Debug, Args)]
pub struct RetainArgs {
    #[command(flatten)]
    pub of: OfTable,
    /// How long events are kept: days or weeks, for instance 90d or 13w
    #[arg(value_name = "AGE", value_parser = days)]
    pub keep_days: u32,
    /// Say what would go, and leave it
    #[arg(long)]
    pub dry_run: bool,
}

fn days(text: &str) -> Result<u32, String> {
    let wrong = || "expected days or weeks, for instance 90d or 13w".to_owned();
    let (number, unit) = match (text.strip_suffix('d'), text.strip_suffix('w')) {
        (Some(number), _) => (number, 1),
        (None, Some(number)) => (number, 7),
        (None, None) => return Err(wrong()),
    };
    let number: u32 = number.parse().map_err(|_| wrong())?;
    let days = number.checked_mul(unit).filter(|days| *days <= 365_000);
    days.ok_or_else(wrong)
}

pub fn run(args: &RetainArgs) -> Result<(), Failure> {
    let (store, tables) = args.of.open()?;
    let retention = match args.dry_run {
        true => Retention::DryRun,
        false => Retention::Apply,
    };
    let limit = now_ticks() - i64::from(args.keep_days) * TICKS_PER_DAY;
    for table in tables {
        let done = store
            .retain(&table, limit, retention)
            .map_err(store_failure)?;
        tell(&done, retention)?;
    }
    Ok(())
}

/// Table, day and rows of what went on stdout; the rest is said.
fn tell(done: &Retained, retention: Retention) -> Result<(), Failure> {
    let table = &done.table;
    let mut lines = String::new();
    for day in &done.removed {
        lines.push_str(&format!("{table}\t{}\t{}\n", day.day, day.rows));
    }
    std::io::stdout().write_all(lines.as_bytes())?;
    let did = match retention {
        Retention::DryRun => "would be removed",
        Retention::Apply => "removed; `huntql store vacuum` deletes their files",
    };
    let days = counted(done.removed.len() as u64, "day");
    let rows: u64 = done.removed.iter().map(|day| day.rows).sum();
    let rows = counted(rows, "row");
    let files = counted(done.files, "file");
    report::say(&match done.removed.is_empty() {
        true => format!("{table}: no day is wholly beyond the limit"),
        false => format!(
            "{table}: {days} ({rows}, {files}, {}) {did}",
            size(done.bytes)
        ),
    });
    if let Some(partly) = &done.partly {
        report::say(&format!(
            "{table}: {} is beyond the limit in part and stays ({})",
            partly.day,
            counted(partly.rows, "row")
        ));
    }
    if done.undated > 0 {
        report::say(&format!(
            "{table}: {} without a time: kept, whatever the limit",
            counted(done.undated, "row")
        ));
    }
    Ok(())
}

fn now_ticks() -> i64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    UNIX_EPOCH + now.unwrap_or_default().as_secs() as i64 * TICKS_PER_SECOND
}
