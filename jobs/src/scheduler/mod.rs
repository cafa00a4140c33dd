//! The scheduler: wakes when slots come, runs what is due, delivers what was found.
//!
//! Rules of a pass look at one snapshot of the events, several at a time. The state is written by the rule that ran, one transaction
//! a run, so that the process may end at any instant.

pub mod pass;
pub mod roster;
pub mod snapshot;
#[cfg(test)]
mod tests;

use crate::alert::Origin;
use crate::run::Limits;
use crate::sink::courier::{Couriers, Post};
use crate::sink::{SinkError, Sinks};
use crate::state::{State, StateError};
use huntql_engine::Catalog;
use huntql_kql::time::TICKS_PER_DAY;
use pass::{Armed, Ground, Pass, Patience, Tended};
use roster::{Change, Roster};
use snapshot::Snapshot;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;

/// How long the scheduler sleeps at most: it has to see signals and a clock that jumped.
const SLEEP_MAX: Duration = Duration::from_millis(250);
/// Plans recurse over the query.
const STACK_BYTES: usize = 256 << 20;

/// What the scheduler needs of the world.
pub trait World: Sync {
    /// The machine's clock, in ticks.
    fn now(&self) -> i64;

    /// All tables as they are now.
    ///
    /// # Errors
    /// Why they cannot be opened; the pass is tried again later.
    fn catalog(&self) -> Result<Catalog, String>;

    /// Whether to stop.
    fn stops(&self) -> bool;

    /// The rules were read.
    fn changed(&self, change: &Change, rules: usize);

    /// A rule was tended to.
    fn tended(&self, armed: &Armed, tended: &Tended);

    /// Something that people should know.
    fn say(&self, message: &str);
}

/// How it is done.
#[derive(Debug, Clone)]
pub struct Settings {
    pub store: PathBuf,
    pub rules: Vec<PathBuf>,
    pub limits: Limits,
    pub patience: Patience,
    /// Rules that run side by side.
    pub side_by_side: usize,
    /// How often files of rules are looked at.
    pub look_every: Duration,
    pub origin: Origin,
}

/// What ended it.
#[derive(Debug)]
pub enum Ended {
    State(StateError),
    Sink(SinkError),
    World(String),
}

impl From<StateError> for Ended {
    fn from(error: StateError) -> Self {
        Ended::State(error)
    }
}

impl From<SinkError> for Ended {
    fn from(error: SinkError) -> Self {
        Ended::Sink(error)
    }
}

/// What one pass over all rules came to.
#[derive(Debug, Clone, Default)]
pub struct Summary {
    pub rules: usize,
    pub runs: usize,
    pub rows: usize,
    pub alerts: usize,
    pub errors: usize,
}

/// Runs all rules that are due, once. Nothing is delivered yet.
///
/// # Errors
/// A state that cannot be used; events that cannot be opened.
pub fn once(
    settings: &Settings,
    sinks: &Sinks,
    world: &dyn World,
    handle: &Handle,
) -> Result<Summary, Ended> {
    let mut state = State::open(&settings.store)?;
    let mut roster = Roster::new(settings.rules.clone(), sinks.clone());
    if let Some(change) = roster.look(&mut state)? {
        world.changed(&change, roster.rules().len());
    }
    let now = world.now();
    // The first pass of a day.
    if state
        .last_run_at()?
        .is_some_and(|last| last / TICKS_PER_DAY != now / TICKS_PER_DAY)
    {
        state.forget(now)?;
    }
    let state = Mutex::new(state);
    let due: Vec<&Armed> = roster.rules().iter().collect();
    let tended = tend(settings, world, handle, &state, &due, now)?;
    let mut summary = Summary::default();
    for tended in tended {
        summary.rules += 1;
        summary.runs += tended.runs;
        summary.rows += tended.rows;
        summary.alerts += tended.alerts;
        summary.errors += tended.errors.len();
    }
    Ok(summary)
}

/// Runs rules as their slots come, and delivers, until the world says stop.
///
/// # Errors
/// A state that cannot be used; sinks whose settings are wrong.
pub fn run(
    settings: &Settings,
    sinks: &Sinks,
    post: &Post,
    world: &dyn World,
    handle: &Handle,
) -> Result<(), Ended> {
    let mut state = State::open(&settings.store)?;
    let mut roster = Roster::new(settings.rules.clone(), sinks.clone());
    let couriers = Couriers::start(sinks.all(), post)?;
    if let Some(change) = roster.look(&mut state)? {
        world.changed(&change, roster.rules().len());
    }
    let state = Mutex::new(state);
    let ended = watch(settings, world, handle, &state, &mut roster);
    couriers.stop();
    ended
}

fn watch(
    settings: &Settings,
    world: &dyn World,
    handle: &Handle,
    state: &Mutex<State>,
    roster: &mut Roster,
) -> Result<(), Ended> {
    let mut next: HashMap<String, i64> = HashMap::new();
    let mut looked = Instant::now();
    let mut last = i64::MIN;
    let mut cleaned: Option<i64> = None;
    while !world.stops() {
        if looked.elapsed() >= settings.look_every {
            looked = Instant::now();
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(change) = roster.look(&mut state)? {
                world.changed(&change, roster.rules().len());
                next.clear();
            }
        }
        let now = world.now();
        if now < last {
            world.say("the clock went back: windows that were not over by it run again");
            next.clear();
        }
        last = now;
        let is_due = |armed: &&Armed| next.get(&armed.rule.id).is_none_or(|next| *next <= now);
        let due: Vec<&Armed> = roster.rules().iter().filter(is_due).collect();
        if !due.is_empty() {
            match tend(settings, world, handle, state, &due, now) {
                Ok(tended) => {
                    for (armed, tended) in due.iter().zip(tended) {
                        // More may have been missed than one pass does.
                        let again = tended.runs > 1 && tended.errors.is_empty();
                        let slot = armed.timing.cadence.next_after(now).unwrap_or(i64::MAX);
                        next.insert(armed.rule.id.clone(), if again { now } else { slot });
                    }
                }
                Err(Ended::World(error)) => {
                    world.say(&format!(
                        "the events cannot be opened, which is tried again: {error}"
                    ));
                    sleep(world, Duration::from_secs(5));
                }
                Err(error) => return Err(error),
            }
        }
        if cleaned.is_none_or(|cleaned| now.saturating_sub(cleaned).abs() > TICKS_PER_DAY) {
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            state.forget(now)?;
            cleaned = Some(now);
        }
        sleep(world, SLEEP_MAX);
    }
    Ok(())
}

fn sleep(world: &dyn World, time: Duration) {
    let until = Instant::now() + time;
    while !world.stops() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(20).min(time));
    }
}

/// Tends to rules over one snapshot, several at a time; what became of each, in their order.
fn tend(
    settings: &Settings,
    world: &dyn World,
    handle: &Handle,
    state: &Mutex<State>,
    due: &[&Armed],
    now: i64,
) -> Result<Vec<Tended>, Ended> {
    let catalog = world.catalog().map_err(Ended::World)?;
    let snapshot = Snapshot::new(catalog, settings.limits, handle.clone());
    let stop = || world.stops();
    let pass = Pass {
        ground: &snapshot as &dyn Ground,
        state,
        patience: &settings.patience,
        origin: &settings.origin,
        now,
        stop: &stop,
    };
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<Option<Tended>>> = Mutex::new(vec![None; due.len()]);
    let failed: Mutex<Option<StateError>> = Mutex::new(None);
    let work = || {
        while !world.stops() {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(armed) = due.get(index) else {
                return;
            };
            match pass.tend(armed) {
                Ok(tended) => {
                    world.tended(armed, &tended);
                    done.lock().unwrap_or_else(PoisonError::into_inner)[index] = Some(tended);
                }
                Err(error) => {
                    *failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                    return;
                }
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..settings.side_by_side.clamp(1, due.len().max(1)) {
            let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
            thread
                .spawn_scoped(scope, work)
                .map_err(|error| Ended::World(format!("cannot start a thread: {error}")))?;
        }
        Ok::<(), Ended>(())
    })?;
    if let Some(error) = failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(error.into());
    }
    let done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(done.into_iter().map(Option::unwrap_or_default).collect())
}
