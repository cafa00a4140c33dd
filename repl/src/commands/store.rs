//! `huntql store`: looking after the folder of tables.

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
    /// Remove files that no version of a table names
    Vacuum(VacuumArgs),
}

#[derive(Debug, Args)]
pub struct At {
    /// The store
    #[arg(long, value_name = "DIR", env = "HUNTQL_STORE", default_value = crate::session::STORE_DEFAULT, value_hint = ValueHint::DirPath)]
    pub store: PathBuf,
}

#[derive(Debug, Args)]
pub struct VacuumArgs {
    #[command(flatten)]
    pub at: At,
    /// Leave files alone that changed within so many hours: an ingest may still be writing them
    #[arg(long, value_name = "HOURS", default_value_t = 24)]
    pub grace_hours: u64,
}

pub fn run(args: &StoreArgs) -> Result<(), Failure> {
    match &args.command {
        StoreCommand::Tables(at) => tables(at),
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
