//! `huntql store`: looking after the folder of tables.

use crate::failure::Failure;
use crate::report;
use clap::{Args, Subcommand, ValueHint};
use std::path::PathBuf;

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
    let _ = args;
    report::say("the store cannot be opened yet");
    Err(Failure::Internal("store".to_owned()))
}
