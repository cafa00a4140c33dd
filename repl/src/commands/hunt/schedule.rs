//! `huntql hunt schedule`: rules as their time comes, in the foreground.

use super::world::{self, LimitArgs, Real};
use crate::cli::DataArgs;
use crate::failure::Failure;
use crate::report;
use crate::session::logs::stop_on_signals;
use clap::{Args, ValueHint};
use huntql_jobs::scheduler;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

#[derive(Debug, Args)]
pub struct ScheduleArgs {
    /// Folders of rules, and files of them; they are read again when they change
    #[arg(required = true, value_name = "DIR", value_hint = ValueHint::AnyPath)]
    pub rules: Vec<PathBuf>,
    #[command(flatten)]
    pub limits: LimitArgs,
    #[command(flatten)]
    pub data: DataArgs,
}

pub fn run(args: &ScheduleArgs) -> Result<(), Failure> {
    let store = world::store(&args.data)?;
    let sinks = world::sinks(&args.data)?;
    let _lock = world::lock(&store)?;
    let stop = Arc::new(AtomicBool::new(false));
    stop_on_signals(
        Arc::clone(&stop),
        "stopping: what runs is finished first; Ctrl-C again ends at once, and loses nothing",
    )?;
    let runtime = crate::commands::runtime()?;
    let settings = world::settings(&args.data, &store, &args.rules, &args.limits);
    let real = Real::new(&args.data, &stop);
    let post = world::post(&store);
    scheduler::run(&settings, &sinks, &post, &real, runtime.handle()).map_err(world::ended)?;
    report::say("stopped");
    Ok(())
}
