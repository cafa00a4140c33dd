//! `huntql` alone: the shell.

use crate::cli::{AskArgs, DataArgs, FormatArgs};
use crate::failure::Failure;
use crate::limits::LimitArgs;
use crate::session::Session;
use crate::shell::{Shell, View};
use clap::Args;

#[derive(Debug, Args)]
pub struct ReplArgs {
    #[command(flatten)]
    pub format: FormatArgs,
    #[command(flatten)]
    pub limits: LimitArgs,
    #[command(flatten)]
    pub ask: AskArgs,
    #[command(flatten)]
    pub data: DataArgs,
}

pub fn run(args: &ReplArgs) -> Result<(), Failure> {
    let session = Session::open(&args.data)?;
    let (runtime, desk) = (super::runtime()?, super::desk()?);
    let (data, ask) = (args.data.clone(), args.ask.clone());
    let view = View::new(args.format.format, args.limits.clone());
    Shell::new(session, data, ask, view, runtime, desk).run()
}
