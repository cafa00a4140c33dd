//! `huntql hunt backfill`: a rule over the past, slot by slot. What was found before is not found again.

use super::rules::{RulePaths, load, verdict};
use super::run::{Keeper, told};
use super::world::{self, LimitArgs, counted};
use crate::cli::DataArgs;
use crate::failure::{EXIT_QUERY, Failure};
use crate::report;
use crate::session::{Session, wall_clock};
use clap::Args;
use huntql_jobs::alert::Known;
use huntql_jobs::rule::Rule;
use huntql_jobs::run;
use huntql_jobs::schedule::Timing;
use huntql_jobs::window::{self, Cause, Due, Window};
use huntql_kql::time::{format_datetime, parse_datetime};
use std::time::Instant;

#[derive(Debug, Args)]
pub struct BackfillArgs {
    #[command(flatten)]
    pub paths: RulePaths,
    /// The first time to look at
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub from: i64,
    /// The time to stop before [default: now, less the rule's delay]
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub to: Option<i64>,
    #[command(flatten)]
    pub limits: LimitArgs,
    #[command(flatten)]
    pub data: DataArgs,
}

fn time(text: &str) -> Result<i64, String> {
    parse_datetime(text)
        .ok_or_else(|| "expected a datetime such as 2026-03-04T15:00:00Z".to_owned())
}

/// What a backfill came to.
#[derive(Debug, Default)]
struct Tally {
    runs: usize,
    new: usize,
    known: usize,
    errors: usize,
}

pub fn run(args: &BackfillArgs) -> Result<(), Failure> {
    let loaded = load(&args.paths);
    let session = Session::open(&args.data)?;
    let runtime = crate::commands::runtime()?;
    let mut keeper = Keeper::of(&args.data)?;
    let mut errors = 0;
    for one in &loaded {
        let Some(rule) = &one.rule else {
            continue;
        };
        keeper.meet(one)?;
        let tally = match backfill(args, &session, &runtime, rule, &mut keeper) {
            Ok(tally) => tally,
            Err(message) => {
                report::say(&format!("error: `{}`: {message}", rule.name));
                errors += 1;
                continue;
            }
        };
        errors += tally.errors;
        report::say(&format!(
            "`{}`: {}, {}, {} known already, {}",
            rule.name,
            counted(tally.runs, "run"),
            counted(tally.new, "new alert"),
            tally.known,
            counted(tally.errors, "error")
        ));
    }
    world::deliver(&keeper.store, &keeper.sinks)?;
    if errors > 0 {
        return Err(Failure::Reported(EXIT_QUERY));
    }
    verdict(&loaded)
}

fn backfill(
    args: &BackfillArgs,
    session: &Session,
    runtime: &tokio::runtime::Runtime,
    rule: &Rule,
    keeper: &mut Keeper,
) -> Result<Tally, String> {
    let timing = Timing::of(rule)?;
    let timing = timing
        .ok_or("it has no schedule, so there is no past to run: `huntql hunt run --window`")?;
    let over = wall_clock().saturating_sub(timing.delay);
    let span = Window {
        from: args.from,
        to: args.to.unwrap_or(over).min(over),
    };
    if span.is_empty() {
        return Err(format!(
            "there is no time between {} and {}",
            format_datetime(span.from),
            format_datetime(span.to)
        ));
    }
    let limits = world::limits(&args.data, &args.limits);
    let mut tally = Tally::default();
    for slot in window::slots_over(&timing, span) {
        let started = Instant::now();
        let due = Due {
            cause: Cause::Backfill,
            slot,
            window: window::window(&timing, slot),
        };
        let work = run::find(rule, due.window, session.engine.catalog(), &limits);
        let found = runtime.block_on(work).map_err(told);
        let kept = found.and_then(|found| keeper.keep(rule, due, &found, &args.data, started));
        match kept {
            Ok(raised) => {
                tally.runs += 1;
                let new = raised
                    .iter()
                    .filter(|raised| raised.known == Known::Not)
                    .count();
                tally.new += new;
                tally.known += raised.len() - new;
            }
            Err(message) => {
                tally.errors += 1;
                let to = format_datetime(due.window.to);
                report::say(&format!("`{}` up to {to}: {message}", rule.name));
            }
        }
    }
    Ok(tally)
}
