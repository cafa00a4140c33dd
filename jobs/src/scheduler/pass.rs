//! What is done for one rule when its time has come: windows that are due, windows that got rows late, failures.
//!
//! All state goes through [`State`], all rows through [`Ground`]; the clock is an argument. Simulations and the real thing run
//! this same code.

use crate::alert::Origin;
use crate::late::{self, Sight};
use crate::rule::Rule;
use crate::run::{Found, RunError};
use crate::schedule::Timing;
use crate::state::commit::{CommitError, Committed, Failure, Outcome, Ran};
use crate::state::{Look, Standing, State, StateError};
use crate::window::{self, Cause, Due, Relative, Window};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The events that rules look at, as they are at one moment.
pub trait Ground: Sync {
    /// The rows of a rule in a window.
    ///
    /// # Errors
    /// Why there are none.
    fn find(&self, rule: &Rule, window: Window) -> Result<Found, RunError>;

    /// What the tables of a rule have in a stretch of time.
    ///
    /// # Errors
    /// Data that cannot be read.
    fn sight(&self, rule: &Rule, stretch: Window) -> Result<Sight, RunError>;

    fn relative(&self, rule: &Rule) -> Relative;
}

/// A rule that runs by itself.
#[derive(Debug, Clone)]
pub struct Armed {
    pub rule: Rule,
    pub timing: Timing,
    /// Names of the sinks that its alerts go to.
    pub sinks: Vec<String>,
    /// The hash of its file.
    pub fingerprint: String,
}

/// How failures are borne.
#[derive(Debug, Clone)]
pub struct Patience {
    /// How long to wait before each further attempt after a transient error.
    pub waits: Vec<Duration>,
    /// So many permanent errors in a row disable a rule.
    pub failures_max: i64,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            waits: [1, 5, 15].map(Duration::from_secs).to_vec(),
            failures_max: 5,
        }
    }
}

/// All that the runs of a pass share.
pub struct Pass<'a> {
    pub ground: &'a dyn Ground,
    pub state: &'a Mutex<State>,
    pub patience: &'a Patience,
    pub origin: &'a Origin,
    /// The moment of the pass, by the machine's clock.
    pub now: i64,
    /// Whether to leave the rest for later.
    pub stop: &'a (dyn Fn() -> bool + Sync),
}

/// What was done for a rule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tended {
    pub runs: usize,
    pub rows: usize,
    pub alerts: usize,
    pub holes: Vec<Window>,
    pub errors: Vec<String>,
    /// It was disabled, for this reason.
    pub disabled: Option<String>,
}

impl Pass<'_> {
    fn state(&self) -> MutexGuard<'_, State> {
        // A transaction that was under way was rolled back.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs whatever is due for a rule. Stops at the first window that fails: it is due again at the next slot.
    ///
    /// # Errors
    /// A state that cannot be read or written.
    pub fn tend(&self, armed: &Armed) -> Result<Tended, StateError> {
        let mut tended = Tended::default();
        let standing = self.state().standing(&armed.rule.id, self.now)?;
        if standing.disabled.is_some() {
            return Ok(tended);
        }
        let relative = self.ground.relative(&armed.rule);
        let plan = window::due(&armed.timing, relative, standing.covered, self.now);
        if plan.runs.is_empty() {
            return Ok(tended);
        }
        let next_from = plan.runs[0].window.from;
        for look in &standing.looks {
            let wider = watched_up_to(look, &standing, next_from);
            if !self.look(armed, &wider, &standing, &mut tended)? {
                return Ok(tended);
            }
        }
        let mut hole = plan.hole;
        for due in &plan.runs {
            if (self.stop)() || !self.run(armed, due, hole.take(), None, &standing, &mut tended)? {
                break;
            }
        }
        Ok(tended)
    }

    /// Runs a window once more when it got rows. Gives whether to go on.
    fn look(
        &self,
        armed: &Armed,
        look: &Look,
        standing: &Standing,
        tended: &mut Tended,
    ) -> Result<bool, StateError> {
        let due = Due {
            cause: Cause::Late,
            slot: look.slot,
            window: look.window,
        };
        let goes_on = match self.ground.sight(&armed.rule, look.stretch) {
            Ok(sight) if late::grew(&look.sight, &sight) => {
                self.run(armed, &due, None, Some(look), standing, tended)?
            }
            Ok(sight) => {
                if sight != look.sight {
                    let seen = Look {
                        sight,
                        ..look.clone()
                    };
                    self.state().note_look(&armed.rule.id, &seen)?;
                }
                true
            }
            Err(error) => {
                self.fail(armed, &due, &error, 1, Instant::now(), tended)?;
                return Ok(false);
            }
        };
        if goes_on {
            self.state().looked(&armed.rule.id, look, self.now)?;
        }
        Ok(goes_on)
    }

    /// Runs one window, perhaps again for a look. Gives whether to go on.
    fn run(
        &self,
        armed: &Armed,
        due: &Due,
        hole: Option<Window>,
        again: Option<&Look>,
        standing: &Standing,
        tended: &mut Tended,
    ) -> Result<bool, StateError> {
        let started = Instant::now();
        let suppressed = standing
            .suppressed
            .is_some_and(|span| span.from < due.window.to && due.window.to < span.to);
        if suppressed {
            let ran = self.ran(armed, due, hole, Outcome::Suppressed, started, None);
            return self.commit(&ran, 0, tended);
        }
        for attempt in 1_u32.. {
            let error = match self.found(armed, due, again) {
                Ok((found, look)) => {
                    let rows = found.rows.len();
                    let ran = self.ran(armed, due, hole, Outcome::Found(&found), started, look);
                    return self.commit(&ran, rows, tended);
                }
                Err(error) => error,
            };
            let wait = match &error {
                RunError::Transient(_) => self.patience.waits.get(attempt as usize - 1),
                RunError::Permanent(_) => None,
            };
            let Some(wait) = wait.filter(|_| !(self.stop)()) else {
                self.fail(armed, due, &error, attempt, started, tended)?;
                return Ok(false);
            };
            self.note(armed, due, &error, attempt, started, Again::Yes)?;
            std::thread::sleep(*wait);
        }
        Ok(false)
    }

    /// The rows of a window, and the look to take at it later: counted first, so that what comes in between is late.
    fn found(
        &self,
        armed: &Armed,
        due: &Due,
        again: Option<&Look>,
    ) -> Result<(Found, Option<Look>), RunError> {
        let (stretch, until) = match again {
            Some(look) => (look.stretch, look.until),
            None => (
                window::left_behind(&armed.timing, due),
                self.now.saturating_add(armed.timing.lateness),
            ),
        };
        let look = match armed.timing.lateness > 0 && !stretch.is_empty() {
            true => {
                let sight = self.ground.sight(&armed.rule, stretch)?;
                Some(Look::at(due, stretch, sight, until))
            }
            false => None,
        };
        Ok((self.ground.find(&armed.rule, due.window)?, look))
    }

    fn ran<'r>(
        &'r self,
        armed: &'r Armed,
        due: &Due,
        hole: Option<Window>,
        outcome: Outcome<'r>,
        started: Instant,
        look: Option<Look>,
    ) -> Ran<'r> {
        Ran {
            rule: &armed.rule,
            due: *due,
            outcome,
            hole,
            at: self.now,
            duration: ticks(started.elapsed()),
            sinks: &armed.sinks,
            origin: self.origin,
            look,
        }
    }

    fn commit(&self, ran: &Ran<'_>, rows: usize, tended: &mut Tended) -> Result<bool, StateError> {
        let committed = self.state().commit(ran);
        match committed {
            Ok(committed) => {
                tended.runs += 1;
                tended.rows += rows;
                tended.alerts += Committed::new_alerts(&committed);
                tended.holes.extend(ran.hole);
                Ok(true)
            }
            Err(CommitError::State(error)) => Err(error),
            Err(CommitError::Rule(error)) => {
                let failures = self.state().failed(&Failure {
                    rule: ran.rule,
                    due: ran.due,
                    error: &error,
                    at: ran.at,
                    duration: ran.duration,
                    attempt: 1,
                    is_last: true,
                })?;
                self.judge(ran.rule, &error, failures, tended)?;
                Ok(false)
            }
        }
    }

    fn fail(
        &self,
        armed: &Armed,
        due: &Due,
        error: &RunError,
        attempt: u32,
        started: Instant,
        tended: &mut Tended,
    ) -> Result<(), StateError> {
        let failures = self.note(armed, due, error, attempt, started, Again::No)?;
        self.judge(&armed.rule, error, failures, tended)
    }

    fn note(
        &self,
        armed: &Armed,
        due: &Due,
        error: &RunError,
        attempt: u32,
        started: Instant,
        again: Again,
    ) -> Result<i64, StateError> {
        self.state().failed(&Failure {
            rule: &armed.rule,
            due: *due,
            error,
            at: self.now,
            duration: ticks(started.elapsed()),
            attempt,
            is_last: again == Again::No,
        })
    }

    /// Disables a rule whose errors will not go away by themselves.
    fn judge(
        &self,
        rule: &Rule,
        error: &RunError,
        failures: i64,
        tended: &mut Tended,
    ) -> Result<(), StateError> {
        tended.errors.push(error.message().to_owned());
        if matches!(error, RunError::Permanent(_)) && failures >= self.patience.failures_max {
            let reason = format!("{failures} times in a row: {}", error.message());
            self.state().disable(&rule.id, &reason, self.now)?;
            tended.disabled = Some(reason);
        }
        Ok(())
    }
}

/// The look to take, given where the next window begins. When that is later than it was to be (the rule was edited, slots were left
/// out), nobody else sees the rest of the last window: it is looked at too, and was not counted, so that it runs again.
fn watched_up_to(look: &Look, standing: &Standing, next_from: i64) -> Look {
    let mut look = look.clone();
    let end = next_from.min(look.window.to);
    if standing.covered == Some(look.window.to) && end > look.stretch.to {
        look.stretch.to = end;
        look.sight = Sight::new();
    }
    look
}

/// Whether a run that failed is tried again at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Again {
    Yes,
    No,
}

fn ticks(time: Duration) -> i64 {
    i64::try_from(time.as_nanos() / 100).unwrap_or(i64::MAX)
}
