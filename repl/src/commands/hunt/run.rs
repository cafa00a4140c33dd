//! `huntql hunt run`: rules once, now or as of a moment.

use super::rules::{Chosen, RulePaths, load, verdict};
use super::world::{self, LimitArgs, moment};
use crate::cli::{Clock, DataArgs, Timespan, timespan};
use crate::failure::{EXIT_QUERY, Failure};
use crate::report;
use crate::session::{STORE_DEFAULT, Session, wall_clock};
use clap::Args;
use huntql_jobs::alert::{self, Forgetful, Raised};
use huntql_jobs::rule::{Loaded, Rule};
use huntql_jobs::run::{self, Found, RunError};
use huntql_jobs::schedule::Timing;
use huntql_jobs::scheduler::roster::fingerprint;
use huntql_jobs::sink::Sinks;
use huntql_jobs::state::State;
use huntql_jobs::state::commit::{CommitError, Outcome, Ran, Recalled};
use huntql_jobs::window::{self, Cause, Due, Window};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

#[derive(Debug, Args)]
pub struct RunArgs {
    #[command(flatten)]
    pub paths: RulePaths,
    #[command(flatten)]
    pub chosen: Chosen,
    /// The moment of the run: a datetime, or `data-end`, the last time in the data [default: now]
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub at: Option<Clock>,
    /// Look at this time, whatever the rule's period is: two moments (2026-03-01/2026-03-04), or a length up to `--at`
    #[arg(long, value_name = "SPAN", value_parser = timespan)]
    pub window: Option<Timespan>,
    /// Only print the alerts: keep and deliver nothing
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub limits: LimitArgs,
    #[command(flatten)]
    pub data: DataArgs,
}

/// What keeps the alerts of a run.
pub struct Keeper {
    pub state: State,
    pub store: PathBuf,
    pub sinks: Sinks,
}

impl Keeper {
    /// The state of the store that these arguments name.
    pub fn of(data: &DataArgs) -> Result<Keeper, Failure> {
        let store = world::store(data)?;
        Ok(Keeper {
            state: State::open(&store).map_err(world::state_failure)?,
            sinks: world::sinks(data)?,
            store,
        })
    }

    /// Tells the state of the rule's file.
    pub fn meet(&mut self, loaded: &Loaded) -> Result<(), Failure> {
        let Some(rule) = &loaded.rule else {
            return Ok(());
        };
        let fingerprint = fingerprint(&loaded.document);
        self.state
            .met(&rule.id, &rule.name, &loaded.file, &fingerprint)
            .map_err(world::state_failure)
    }

    /// Commits a run; gives its alerts.
    pub fn keep(
        &mut self,
        rule: &Rule,
        due: Due,
        found: &Found,
        data: &DataArgs,
        started: Instant,
    ) -> Result<Vec<Raised>, String> {
        let sinks = self.sinks.of_rule(&rule.ours.sinks)?;
        let duration = started.elapsed().as_nanos() / 100;
        let origin = world::origin(data, Some(&self.store));
        let ran = Ran {
            rule,
            due,
            outcome: Outcome::Found(found),
            hole: None,
            at: wall_clock(),
            duration: i64::try_from(duration).unwrap_or(i64::MAX),
            sinks: &sinks,
            origin: &origin,
            look: None,
        };
        match self.state.commit(&ran) {
            Ok(committed) => Ok(committed.raised),
            Err(CommitError::Rule(error)) => Err(error.message().to_owned()),
            Err(CommitError::State(error)) => Err(error.to_string()),
        }
    }
}

pub fn run(args: &RunArgs) -> Result<(), Failure> {
    let loaded = load(&args.paths);
    let session = Session::open(&args.data)?;
    let runtime = crate::commands::runtime()?;
    let now = world::ticks_of(&session, args.at, &runtime)?;
    let mut keeper = match has_store(&args.data) && !args.dry_run {
        true => Some(Keeper::of(&args.data)?),
        false => None,
    };
    let mut failed = 0;
    for one_file in &loaded {
        let rule = one_file.rule.as_ref();
        let Some(rule) = rule.filter(|rule| args.chosen.holds(rule)) else {
            continue;
        };
        if let Some(keeper) = &mut keeper {
            keeper.meet(one_file)?;
        }
        let done = one(args, &session, &runtime, rule, now, keeper.as_mut());
        match done {
            Ok(alerts) => print(
                args,
                &alerts,
                keeper.as_ref().map(|keeper| keeper.store.as_path()),
            )?,
            Err(message) => {
                failed += 1;
                report::say(&format!("error: `{}`: {message}", rule.name));
            }
        }
    }
    if let Some(keeper) = &keeper {
        world::deliver(&keeper.store, &keeper.sinks)?;
    }
    if failed > 0 {
        return Err(Failure::Reported(EXIT_QUERY));
    }
    verdict(&loaded)
}

fn has_store(data: &DataArgs) -> bool {
    data.logs.is_empty() && (data.store.is_some() || Path::new(STORE_DEFAULT).is_dir())
}

fn one(
    args: &RunArgs,
    session: &Session,
    runtime: &tokio::runtime::Runtime,
    rule: &Rule,
    now: i64,
    keeper: Option<&mut Keeper>,
) -> Result<Vec<Raised>, String> {
    let started = Instant::now();
    let due = due(args, rule, now)?;
    let limits = world::limits(&args.data, &args.limits);
    let work = run::find(rule, due.window, session.engine.catalog(), &limits);
    let found = runtime.block_on(work).map_err(told)?;
    match keeper {
        Some(keeper) => keeper.keep(rule, due, &found, &args.data, started),
        None => {
            // Alerts that are known have the ids that they got.
            let known = match has_store(&args.data) {
                true => {
                    let store = world::store(&args.data).ok();
                    store.and_then(|store| State::open_existing(&store).ok().flatten())
                }
                false => None,
            };
            let raised = match &known {
                Some(state) => alert::raise(rule, due.window, &found, &Recalled(state)),
                None => alert::raise(rule, due.window, &found, &Forgetful),
            };
            raised.map_err(told)
        }
    }
}

pub fn told(error: RunError) -> String {
    error.message().to_owned()
}

/// The window that was asked for: that of a slot at `now`, all time up to it where the rule has no schedule.
fn due(args: &RunArgs, rule: &Rule, now: i64) -> Result<Due, String> {
    let window = match (args.window, Timing::of(rule)?) {
        (Some(Timespan::Between(from, to)), _) => Window { from, to },
        (Some(Timespan::Last(span)), _) => Window {
            from: now.saturating_sub(span),
            to: now,
        },
        (None, Some(timing)) => window::window(&timing, now),
        (None, None) => Window { from: 0, to: now },
    };
    Ok(Due {
        cause: Cause::Asked,
        slot: now,
        window,
    })
}

/// Alerts as JSON lines.
fn print(args: &RunArgs, alerts: &[Raised], store: Option<&Path>) -> Result<(), Failure> {
    let fallback = has_store(&args.data)
        .then(|| world::store(&args.data).ok())
        .flatten();
    let origin = world::origin(&args.data, store.or(fallback.as_deref()));
    let mut out = std::io::stdout().lock();
    for raised in alerts {
        let line = format!("{}\n", raised.alert.to_json(&origin, wall_clock()));
        out.write_all(line.as_bytes())?;
    }
    out.flush()?;
    Ok(())
}
