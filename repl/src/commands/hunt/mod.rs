//! `huntql hunt`: rules, and what runs them. The pages: `docs/rules.md`, `docs/hunts.md`.

mod import;
mod list;
mod rules;
mod test;

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
}

pub fn run(args: &HuntArgs) -> Result<(), Failure> {
    match &args.command {
        HuntCommand::List(args) => list::run(args),
        HuntCommand::Import(args) => import::run(args),
        HuntCommand::Test(args) => test::run(args),
    }
}
