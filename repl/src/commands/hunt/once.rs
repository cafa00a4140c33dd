//! `huntql hunt once`: what is due, and no more: for cron and for timers of systemd.

use super::world::{self, LimitArgs, Real, counted};
use crate::cli::DataArgs;
use crate::failure::{EXIT_QUERY, Failure};
use crate::report;
use clap::{Args, ValueHint};
use huntql_jobs::scheduler;
use huntql_jobs::sink::courier;
use huntql_jobs::state::State;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

#[derive(Debug, Args)]
pub struct OnceArgs {
    /// Folders of rules, and files of them
    #[arg(required = true, value_name = "DIR", value_hint = ValueHint::AnyPath)]
    pub rules: Vec<PathBuf>,
    /// Try so long to deliver; what is left waits for the next time
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    pub deliver_for: u64,
    #[command(flatten)]
    pub limits: LimitArgs,
    #[command(flatten)]
    pub data: DataArgs,
}

pub fn run(args: &OnceArgs) -> Result<(), Failure> {
    let store = world::store(&args.data)?;
    let sinks = world::sinks(&args.data)?;
    let _lock = world::lock(&store)?;
    let runtime = crate::commands::runtime()?;
    let settings = world::settings(&args.data, &store, &args.rules, &args.limits);
    let stop = AtomicBool::new(false);
    let real = Real::new(&args.data, &stop);
    let started = Instant::now();
    let summary =
        scheduler::once(&settings, &sinks, &real, runtime.handle()).map_err(world::ended)?;
    report::say(&format!(
        "{}, {}, {}, {} in {:.1} s",
        counted(summary.rules, "rule"),
        counted(summary.runs, "run"),
        counted(summary.alerts, "new alert"),
        counted(summary.errors, "error"),
        started.elapsed().as_secs_f64()
    ));
    let state = State::open(&store).map_err(world::state_failure)?;
    let until = Instant::now() + Duration::from_secs(args.deliver_for);
    loop {
        courier::deliver_due(sinks.all(), &world::post(&store)).map_err(world::sink_failure)?;
        let waiting = state.waiting().map_err(world::state_failure)?;
        if waiting == 0 {
            break;
        }
        if Instant::now() >= until {
            let waiting = usize::try_from(waiting).unwrap_or_default();
            report::say(&format!(
                "{} to be delivered the next time",
                counted(waiting, "alert")
            ));
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    match summary.errors {
        0 => Ok(()),
        _ => Err(Failure::Reported(EXIT_QUERY)),
    }
}
