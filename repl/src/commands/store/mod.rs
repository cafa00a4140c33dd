//! `huntql store`: looking after the folder of tables. The pages: `docs/store.md`.

pub mod optimize;
mod retain;
mod verify;

use crate::failure::Failure;
use crate::report;
use crate::session::logs::store_failure;
use clap::{Args, Subcommand, ValueHint};
use huntql_store::Store;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug, Args)]
pub struct StoreArgs {
    #[command(subcommand)]
    pub command: StoreCommand,
}

#[derive(Debug, Subcommand)]
pub enum StoreCommand {
    /// List the tables
    Tables(At),
    /// Merge the small files of each day into well-sized ones
    Optimize(OfTable),
    /// Remove the days that are older than a limit
    Retain(retain::RetainArgs),
    /// Check every file against the log, and the notes of the sources against both
    Verify(OfTable),
    /// Delete files that no version of a table names, or named lately
    Vacuum(VacuumArgs),
}

#[derive(Debug, Args)]
pub struct At {
    /// The store
    #[arg(long, value_name = "DIR", env = "HUNTQL_STORE", default_value = crate::session::STORE_DEFAULT, value_hint = ValueHint::DirPath)]
    pub store: PathBuf,
}

#[derive(Debug, Args)]
pub struct OfTable {
    #[command(flatten)]
    pub at: At,
    /// This table only
    #[arg(long, value_name = "NAME")]
    pub table: Option<String>,
}

impl OfTable {
    /// The store, and the tables that are meant.
    fn open(&self) -> Result<(Store, Vec<String>), Failure> {
        let store = Store::open(&self.at.store).map_err(store_failure)?;
        let tables = match &self.table {
            Some(table) => vec![table.clone()],
            None => store.tables().map_err(store_failure)?,
        };
        Ok((store, tables))
    }
}

#[derive(Debug, Args)]
pub struct VacuumArgs {
    #[command(flatten)]
    pub at: At,
    /// Leave files alone that were written, or live, within so many hours: an ingest may still be writing them, and a query
    /// may still be reading them
    #[arg(long, value_name = "HOURS", default_value_t = 24)]
    pub grace_hours: u64,
}

pub fn run(args: &StoreArgs) -> Result<(), Failure> {
    match &args.command {
        StoreCommand::Tables(at) => tables(at),
        StoreCommand::Optimize(args) => optimize::run(args),
        StoreCommand::Retain(args) => retain::run(args),
        StoreCommand::Verify(args) => verify::run(args),
        StoreCommand::Vacuum(args) => vacuum(args),
    }
}

/// Names and rows on stdout, set apart by a tab.
fn tables(at: &At) -> Result<(), Failure> {
    let store = Store::open(&at.store).map_err(store_failure)?;
    let mut lines = String::new();
    for name in store.tables().map_err(store_failure)? {
        let table = store.snapshot(&name).map_err(store_failure)?;
        let rows = table.and_then(|table| table.rows());
        let rows = rows.map_or_else(|| "?".to_owned(), |rows| rows.to_string());
        lines.push_str(&format!("{name}\t{rows}\n"));
    }
    std::io::stdout().write_all(lines.as_bytes())?;
    Ok(())
}

fn vacuum(args: &VacuumArgs) -> Result<(), Failure> {
    let store = Store::open(&args.at.store).map_err(store_failure)?;
    let removed = store
        .vacuum(Duration::from_secs(args.grace_hours * 3600))
        .map_err(store_failure)?;
    report::say(&format!("{removed} files removed"));
    Ok(())
}

/// `1 file`, `2 files`.
fn counted(number: u64, noun: &str) -> String {
    let end = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{end}")
}

/// Bytes in the largest unit that leaves a figure before the point.
fn size(bytes: u64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < units.len() {
        value /= 1024.0;
        unit += 1;
    }
    match unit {
        0 => format!("{bytes} B"),
        _ => format!("{value:.1} {}", units[unit]),
    }
}
