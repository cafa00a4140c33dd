//! `huntql hunt`: rules, and what runs them. The pages: `docs/rules.md`, `docs/hunts.md`.

mod backfill;
mod import;
mod list;
mod once;
mod rules;
mod run;
mod schedule;
mod simulate;
mod status;
mod test;
mod world;

use crate::failure::Failure;
use clap::{Args, Subcommand};

#[derive(Debug, Args)]
pub struct HuntArgs {
    #[command(subcommand)]
    pub command: HuntCommand,
}

#[derive(Debug, Subcommand)]
pub enum HuntCommand {
    /// List the rules in files and folders
    List(list::ListArgs),
    /// Turn rules of other formats into YAML
    Import(import::ImportArgs),
    /// Run the tests that rules bring along
    Test(test::TestArgs),
    /// Run rules once, now or as of a moment; alerts go to stdout and to the sinks
    Run(run::RunArgs),
    /// Run rules as their time comes, until Ctrl-C or SIGTERM
    Schedule(schedule::ScheduleArgs),
    /// Run what is due, deliver, and end: for cron and systemd timers
    Once(once::OnceArgs),
    /// Show how the rules stand: last runs, holes, errors, what waits for delivery
    Status(status::StatusArgs),
    /// Show what a rule would have found in its last runs
    Simulate(simulate::SimulateArgs),
    /// Run a rule over the past
    Backfill(backfill::BackfillArgs),
}

pub fn run(args: &HuntArgs) -> Result<(), Failure> {
    match &args.command {
        HuntCommand::List(args) => list::run(args),
        HuntCommand::Import(args) => import::run(args),
        HuntCommand::Test(args) => test::run(args),
        HuntCommand::Run(args) => run::run(args),
        HuntCommand::Schedule(args) => schedule::run(args),
        HuntCommand::Once(args) => once::run(args),
        HuntCommand::Status(args) => status::run(args),
        HuntCommand::Simulate(args) => simulate::run(args),
        HuntCommand::Backfill(args) => backfill::run(args),
    }
}
