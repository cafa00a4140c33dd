//! Delivers what is in the outbox: a thread for each sink, so that a slow one holds up nobody else.

use super::config::Configured;
use super::shape::shaped;
use super::{Delivery, Outlets, Refusal, Sink, SinkError};
use crate::state::outbox::Entry;
use crate::state::{State, StateError};
use serde_json::{Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

const LOOK_EVERY: Duration = Duration::from_millis(200);
const DEAD_LETTERS: &str = "dead-letters.ndjson";

/// The threads that deliver.
pub struct Couriers {
    threads: Vec<JoinHandle<()>>,
    stop: Arc<AtomicBool>,
}

/// What couriers need of the world.
#[derive(Clone)]
pub struct Post {
    pub store: PathBuf,
    pub outlets: Outlets,
    /// The machine's clock, in ticks.
    pub clock: fn() -> i64,
    /// For people.
    pub say: fn(&str),
}

/// One sink and its part of the outbox.
struct Courier {
    configured: Configured,
    sink: Box<dyn Sink>,
    state: State,
    post: Post,
}

/// What became of a look into the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Nothing,
    Delivered,
    Refused,
}

impl Couriers {
    /// Opens all sinks and starts a thread for each.
    ///
    /// # Errors
    /// A sink whose settings are wrong; a state that cannot be opened.
    pub fn start(sinks: &[Configured], post: &Post) -> Result<Couriers, SinkError> {
        let stop = Arc::new(AtomicBool::new(false));
        let mut threads = Vec::new();
        for configured in sinks {
            let mut courier = courier(configured, post)?;
            let stop = Arc::clone(&stop);
            let thread = std::thread::Builder::new().name(format!("sink {}", configured.name));
            let thread = thread.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    if courier.attempt() == Step::Nothing {
                        std::thread::sleep(LOOK_EVERY);
                    }
                }
            });
            threads.push(
                thread.map_err(|error| SinkError(format!("cannot start a thread: {error}")))?,
            );
        }
        Ok(Couriers { threads, stop })
    }

    /// Ends the threads when what they have under way is delivered or refused. The rest stays in the outbox.
    pub fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads {
            let _ = thread.join();
        }
    }
}

/// Delivers what is due now, each entry once; what is refused stays in the outbox. Gives how many were delivered.
///
/// # Errors
/// A sink whose settings are wrong; a state that cannot be opened.
pub fn deliver_due(sinks: &[Configured], post: &Post) -> Result<usize, SinkError> {
    let mut delivered = 0;
    for configured in sinks {
        let mut courier = courier(configured, post)?;
        loop {
            match courier.attempt() {
                Step::Nothing => break,
                Step::Delivered => delivered += 1,
                Step::Refused => {}
            }
        }
    }
    Ok(delivered)
}

fn courier(configured: &Configured, post: &Post) -> Result<Courier, SinkError> {
    Ok(Courier {
        configured: configured.clone(),
        sink: configured.open(&post.outlets)?,
        state: State::open(&post.store).map_err(|error| SinkError(error.to_string()))?,
        post: post.clone(),
    })
}

impl Courier {
    /// Delivers the next entry that is due. Troubles with the state are said, and tried again later.
    fn attempt(&mut self) -> Step {
        self.try_attempt().unwrap_or_else(|error| {
            (self.post.say)(&format!("sink `{}`: {error}", self.configured.name));
            Step::Nothing
        })
    }

    fn try_attempt(&mut self) -> Result<Step, StateError> {
        let now = (self.post.clock)();
        let Some(entry) = self.state.take(&self.configured.name, now)? else {
            return Ok(Step::Nothing);
        };
        let alert: Value = serde_json::from_str(&entry.content).unwrap_or_default();
        let body = shaped(self.configured.shape, &alert);
        let delivery = Delivery {
            id: &entry.alert_id,
            body: &body,
            alert: &alert,
            before: entry.before,
        };
        let refusal = match self.sink.deliver(&delivery) {
            Ok(()) => {
                self.state.delivered(entry.seq, (self.post.clock)())?;
                return Ok(Step::Delivered);
            }
            Err(refusal) => refusal,
        };
        self.refused(&entry, &alert, &refusal)?;
        Ok(Step::Refused)
    }

    fn refused(
        &mut self,
        entry: &Entry,
        alert: &Value,
        refusal: &Refusal,
    ) -> Result<(), StateError> {
        let attempts = entry.attempts + 1;
        let tries = &self.configured.tries;
        let now = (self.post.clock)();
        let is_over = matches!(refusal, Refusal::Never(_)) || attempts >= tries.attempts_max;
        if !is_over {
            let wait = i64::try_from(tries.wait(attempts).as_nanos() / 100).unwrap_or(i64::MAX);
            let next = now.saturating_add(wait);
            return self.state.postponed(entry.seq, refusal.message(), next);
        }
        let name = &self.configured.name;
        let letter =
            json!({"sink": name, "error": refusal.message(), "attempts": attempts, "alert": alert});
        let path = self.state.folder().join(DEAD_LETTERS);
        // First the file: an entry that is marked dead has been kept.
        append(&path, &letter)?;
        (self.post.say)(&format!(
            "sink `{name}` did not take the alert {} after {attempts} attempts ({}); it is kept in {}",
            entry.alert_id,
            refusal.message(),
            path.display()
        ));
        self.state.given_up(entry.seq, refusal.message(), now)
    }
}

fn append(path: &Path, letter: &Value) -> Result<(), StateError> {
    let failed =
        |error: std::io::Error| StateError(format!("cannot write `{}`: {error}", path.display()));
    let mut options = std::fs::File::options();
    let mut file = options
        .create(true)
        .append(true)
        .open(path)
        .map_err(failed)?;
    file.write_all(format!("{letter}\n").as_bytes())
        .map_err(failed)?;
    file.sync_data().map_err(failed)
}
