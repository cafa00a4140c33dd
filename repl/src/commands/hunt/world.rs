//! What the scheduler needs of the world: the clock, the tables as they are now, somebody to tell.

use super::rules::draw;
use crate::cli::{AskArgs, Clock, DataArgs};
use crate::failure::Failure;
use crate::report;
use crate::session::{STORE_DEFAULT, Session, proxies, wall_clock};
use clap::Args;
use huntql_engine::Catalog;
use huntql_jobs::alert::Origin;
use huntql_jobs::rule::Loaded;
use huntql_jobs::run::Limits;
use huntql_jobs::scheduler::pass::{Armed, Patience, Tended};
use huntql_jobs::scheduler::roster::Change;
use huntql_jobs::scheduler::{Ended, Settings, World};
use huntql_jobs::sink::courier::{self, Post};
use huntql_jobs::sink::{Outlets, SinkError, Sinks};
use huntql_jobs::state::lock::{Lock, LockError};
use huntql_jobs::state::{self, StateError};
use huntql_kql::time::{format_datetime, parse_datetime};
use huntql_store::Store;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// What one run of a rule may cost.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Limits")]
pub struct LimitArgs {
    /// Rows that the result of one run may have
    #[arg(long, value_name = "ROWS", default_value_t = 100_000)]
    pub max_rows: usize,
    /// Rules that run side by side
    #[arg(long, value_name = "RULES", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub side_by_side: u16,
}

/// The moment that a rule is asked about.
pub fn moment(text: &str) -> Result<Clock, String> {
    if text == "data-end" {
        return Ok(Clock::DataEnd);
    }
    let time = parse_datetime(text).map(Clock::At);
    time.ok_or_else(|| "expected a datetime such as 2026-03-04T15:00:00Z, or `data-end`".to_owned())
}

/// The moment in ticks; now when none was named.
pub fn ticks_of(
    session: &Session,
    at: Option<Clock>,
    runtime: &tokio::runtime::Runtime,
) -> Result<i64, Failure> {
    let asked = AskArgs {
        now: at,
        ..AskArgs::default()
    };
    Ok(runtime.block_on(session.options(&asked))?.now)
}

/// The store that hunts are kept in. It has to be there.
pub fn store(data: &DataArgs) -> Result<PathBuf, Failure> {
    let path = data.store.clone().unwrap_or_else(|| STORE_DEFAULT.into());
    let store = Store::open(&path).map_err(crate::session::logs::store_failure)?;
    Ok(store.path().to_owned())
}

/// The sinks of the configuration.
pub fn sinks(data: &DataArgs) -> Result<Sinks, Failure> {
    let config = proxies::config(&data.proxies);
    Sinks::read(config.as_deref()).map_err(|error| Failure::Usage(error.to_string()))
}

/// What a command that makes an alert again needs of these arguments.
pub fn origin(data: &DataArgs, store: Option<&Path>) -> Origin {
    let absolute = |path: &Path| {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        path.to_string_lossy().into_owned()
    };
    let mut arguments = Vec::new();
    let mut add = |name: &str, value: String| arguments.extend([name.to_owned(), value]);
    if let Some(store) = store {
        add("--store", absolute(store));
    }
    for log in &data.logs {
        add("--logs", log.clone());
    }
    for (name, path) in &data.data {
        add("--data", format!("{name}={path}"));
    }
    if let Some(schemas) = &data.schemas {
        add("--schemas", absolute(schemas));
    }
    for (url, file) in &data.url_map {
        add("--url-map", format!("{url}={file}"));
    }
    if let Some(geo) = &data.geo {
        add("--geo", absolute(geo));
    }
    if let Some(config) = proxies::config(&data.proxies) {
        add("--config", absolute(&config));
    }
    for proxy in &data.proxies.proxy {
        add("--proxy", proxy.clone());
    }
    Origin { arguments }
}

/// What one run may cost, by these arguments.
pub fn limits(data: &DataArgs, args: &LimitArgs) -> Limits {
    Limits {
        memory_bytes: data.memory.or(Limits::default().memory_bytes),
        rows_max: args.max_rows,
        ..Limits::default()
    }
}

pub fn settings(data: &DataArgs, store: &Path, rules: &[PathBuf], args: &LimitArgs) -> Settings {
    Settings {
        store: store.to_owned(),
        rules: rules.to_vec(),
        limits: limits(data, args),
        patience: Patience::default(),
        side_by_side: usize::from(args.side_by_side),
        look_every: Duration::from_secs(2),
        origin: origin(data, Some(store)),
    }
}

pub fn post(store: &Path) -> Post {
    Post {
        store: store.to_owned(),
        outlets: Outlets {
            folder: state::folder(store),
            stdout: || Box::new(std::io::stdout()),
        },
        clock: wall_clock,
        say: report::say,
    }
}

/// Takes the lock of a store.
///
/// # Errors
/// Somebody has it: who.
pub fn lock(store: &Path) -> Result<Lock, Failure> {
    let since = format_datetime(wall_clock());
    Lock::take(store, &since).map_err(|error| match error {
        LockError::Held(_) => Failure::Usage(error.to_string()),
        LockError::Failed(error) => Failure::Data(error.to_string()),
    })
}

/// Delivers what is due, unless a scheduler is there who does.
pub fn deliver(store: &Path, sinks: &Sinks) -> Result<(), Failure> {
    let since = format_datetime(wall_clock());
    match Lock::take(store, &since) {
        Ok(_lock) => {
            courier::deliver_due(sinks.all(), &post(store)).map_err(sink_failure)?;
            Ok(())
        }
        Err(LockError::Held(who)) => {
            report::say(&format!("the scheduler delivers the alerts ({who})"));
            Ok(())
        }
        Err(LockError::Failed(error)) => Err(state_failure(error)),
    }
}

pub fn state_failure(error: StateError) -> Failure {
    Failure::Data(error.to_string())
}

pub fn sink_failure(error: SinkError) -> Failure {
    Failure::Usage(error.to_string())
}

pub fn ended(ended: Ended) -> Failure {
    match ended {
        Ended::State(error) => state_failure(error),
        Ended::Sink(error) => sink_failure(error),
        Ended::World(message) => Failure::Data(message),
    }
}

/// The real world.
pub struct Real<'a> {
    data: &'a DataArgs,
    stop: &'a AtomicBool,
    /// Kept for as long as its tables are read.
    session: Mutex<Option<Session>>,
}

impl<'a> Real<'a> {
    pub fn new(data: &'a DataArgs, stop: &'a AtomicBool) -> Real<'a> {
        Real {
            data,
            stop,
            session: Mutex::new(None),
        }
    }
}

impl World for Real<'_> {
    fn now(&self) -> i64 {
        wall_clock()
    }

    fn catalog(&self) -> Result<Catalog, String> {
        let session = Session::open(self.data).map_err(message)?;
        let catalog = session.engine.catalog().clone();
        *self.session.lock().unwrap_or_else(PoisonError::into_inner) = Some(session);
        Ok(catalog)
    }

    fn stops(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    fn changed(&self, change: &Change, rules: usize) {
        for loaded in change.loaded.iter().filter(|loaded| loaded.has_errors()) {
            draw_errors(loaded);
        }
        for (file, reason) in &change.refused {
            report::say(&format!("error: {}: {reason}", file.display()));
        }
        let mut line = format!("{} with a schedule", counted(rules, "rule"));
        if change.unscheduled > 0 {
            line.push_str(&format!(", {} without", change.unscheduled));
        }
        let bad = change.loaded.iter().filter(|loaded| loaded.has_errors());
        let bad = bad.count() + change.refused.len();
        if bad > 0 {
            line.push_str(&format!(", {bad} cannot be used"));
        }
        report::say(&line);
    }

    fn tended(&self, armed: &Armed, tended: &Tended) {
        let name = &armed.rule.name;
        for hole in &tended.holes {
            let (from, to) = (format_datetime(hole.from), format_datetime(hole.to));
            report::say(&format!(
                "`{name}`: nobody looked at {from} to {to}; `huntql hunt backfill` does"
            ));
        }
        if tended.alerts > 0 {
            report::say(&format!("`{name}`: {}", counted(tended.alerts, "alert")));
        }
        for error in &tended.errors {
            report::say(&format!("`{name}`: {error}"));
        }
        if let Some(reason) = &tended.disabled {
            report::say(&format!(
                "`{name}` is disabled until its file changes: {reason}"
            ));
        }
    }

    fn say(&self, message: &str) {
        report::say(message);
    }
}

fn draw_errors(loaded: &Loaded) {
    let errors = loaded.diagnostics.iter().filter(|found| found.is_error());
    draw(loaded, &errors.cloned().collect::<Vec<_>>());
}

fn message(failure: Failure) -> String {
    match failure {
        Failure::Usage(message)
        | Failure::Data(message)
        | Failure::Limit(message)
        | Failure::Internal(message) => message,
        Failure::Reported(code) => format!("exit code {code}"),
        Failure::OutOfMemory => "the rows take too much memory".to_owned(),
        Failure::ClosedPipe => "nobody reads the output".to_owned(),
    }
}

pub fn counted(number: usize, noun: &str) -> String {
    let end = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{end}")
}
