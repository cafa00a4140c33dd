//! The shell: reads queries of several lines, runs them, keeps going.
//!
//! Ctrl-C stops a running query, or throws away what was typed; Ctrl-D leaves. Without a terminal the same text may come
//! through a pipe: then the exit code is that of the first query that failed.

mod commands;
mod complete;
mod editor;
mod highlight;
mod history;
mod input;
mod line_editor;
mod page;
mod view;

use crate::cli::{AskArgs, DataArgs};
use crate::failure::{EXIT_INTERRUPTED, Failure};
use crate::hints;
use crate::limits::too_long;
use crate::output::{Collected, Format, bytes};
use crate::progress::Progress;
use crate::question::Question;
use crate::report;
use crate::run;
use crate::screen::Screen;
use crate::session::Session;
use complete::Completions;
use huntql_engine::Table;
use input::{Lines, Next};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Runtime;
pub use view::View;

pub struct Shell {
    session: Arc<Session>,
    completions: Completions,
    ask: AskArgs,
    data: DataArgs,
    view: View,
    runtime: Runtime,
    desk: Runtime,
    /// What a line that begins with `|` goes on from.
    last: Option<String>,
    /// Entries for the history that were not typed at the prompt.
    typed: Vec<String>,
    /// What was typed so far, when there is a terminal.
    history: Vec<String>,
    /// Results that were kept as tables.
    kept: Vec<Kept>,
    /// Files that run each other.
    depth: usize,
    is_interactive: bool,
    first_failure: Option<u8>,
}

/// A result that became a table of this session.
struct Kept {
    table: Table,
    bytes: u64,
}

/// Whether the shell goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    On,
    Quit,
}

/// What became of a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    On,
    Interrupted,
    /// Nobody reads what is shown.
    Unwanted,
}

impl Asked {
    fn flow(self) -> Flow {
        match self {
            Asked::Unwanted => Flow::Quit,
            Asked::On | Asked::Interrupted => Flow::On,
        }
    }
}

impl Shell {
    pub fn new(
        session: Session,
        data: DataArgs,
        ask: AskArgs,
        view: View,
        runtime: Runtime,
        desk: Runtime,
    ) -> Shell {
        let session = Arc::new(session);
        Shell {
            completions: Completions::new(Arc::clone(&session), runtime.handle().clone()),
            session,
            ask,
            data,
            view,
            runtime,
            desk,
            last: None,
            typed: Vec::new(),
            history: Vec::new(),
            kept: Vec::new(),
            depth: 0,
            is_interactive: false,
            first_failure: None,
        }
    }

    /// Goes on with another session.
    fn turn_to(&mut self, session: Session) {
        self.session = Arc::new(session);
        let handle = self.runtime.handle().clone();
        self.completions = Completions::new(Arc::clone(&self.session), handle);
    }

    /// Reads and runs until there is nothing more.
    ///
    /// # Errors
    /// Without a terminal: the first failure, after everything has run.
    pub fn run(mut self) -> Result<(), Failure> {
        let mut lines = Lines::open(self.completions.clone())?;
        self.is_interactive = lines.is_interactive();
        if self.is_interactive {
            report::say(
                "huntql: `;` or an empty line ends a query, Tab completes, `.help` tells more",
            );
        }
        loop {
            let session = Arc::clone(&self.session);
            let flow = match lines.next(self.last.as_deref())? {
                Next::End => Flow::Quit,
                Next::Command(line) => {
                    self.history = lines.history();
                    commands::run(&mut self, &line)
                }
                Next::Text(text) => self.text(&text),
            };
            for entry in self.typed.drain(..) {
                lines.remember(&entry);
            }
            if !Arc::ptr_eq(&session, &self.session) {
                lines.renew(self.completions.clone());
            }
            if flow == Flow::Quit {
                break;
            }
        }
        lines.close();
        // What was stopped and still computes is not waited for.
        self.runtime.shutdown_background();
        match self.first_failure {
            Some(code) if !lines.is_interactive() => Err(Failure::Reported(code)),
            _ => Ok(()),
        }
    }

    /// Runs each query of a text in turn.
    fn text(&mut self, text: &str) -> Flow {
        for part in input::script(text) {
            let text = match part {
                Next::Text(text) => text,
                Next::Command(line) => match commands::run(self, &line) {
                    Flow::On => continue,
                    Flow::Quit => return Flow::Quit,
                },
                Next::End => break,
            };
            for mut query in input::split(&text) {
                if query.trim_start().starts_with('|')
                    && let Some(last) = &self.last
                {
                    query = format!("{last}\n{query}");
                    self.typed.push(query.clone());
                }
                match self.ask(query, self.view.format) {
                    Asked::On => {}
                    Asked::Interrupted => return Flow::On,
                    Asked::Unwanted => return Flow::Quit,
                }
            }
        }
        Flow::On
    }

    /// Runs one query and shows it in this format. A line that begins with `|` goes on from it.
    fn ask(&mut self, query: String, format: &'static Format) -> Asked {
        self.last = Some(query.trim_end().trim_end_matches(';').to_owned());
        let screen = self.view.screen(format);
        let Err(failure) = self.query(query, screen) else {
            return Asked::On;
        };
        if matches!(failure, Failure::ClosedPipe) {
            return match self.is_interactive {
                // The pager was left early.
                true => Asked::On,
                false => Asked::Unwanted,
            };
        }
        let code = failure.code();
        self.first_failure.get_or_insert(code);
        match code {
            EXIT_INTERRUPTED => Asked::Interrupted,
            _ => Asked::On,
        }
    }

    fn query(&self, text: String, screen: Screen) -> Result<(), Failure> {
        let (session, ask, interactive) = (
            Arc::clone(&self.session),
            self.ask.clone(),
            self.is_interactive,
        );
        let (limits, timeout) = (self.view.limits.clone(), self.view.limits.timeout());
        let progress = Progress::default();
        let watched = progress.clone();
        self.desk.block_on(async {
            let mut task = self.runtime.spawn(async move {
                let question = Question::of_text(text);
                let options = session.options(&ask).await?;
                hints::look_back(&session, &question, &limits, options.now).await;
                let session = session.windowed(&limits, options.now);
                run::run_watched(&session, &question, &options, &screen, &watched).await?;
                Ok(())
            });
            let late = async {
                match &timeout {
                    Some(limit) => {
                        tokio::time::sleep(Duration::from_secs(limit.most)).await;
                        too_long(limit)
                    }
                    None => std::future::pending().await,
                }
            };
            let stop = async {
                if !interactive || tokio::signal::ctrl_c().await.is_err() {
                    std::future::pending::<()>().await;
                }
            };
            tokio::select! {
                ended = &mut task => {
                    progress.end();
                    // The panic hook has spoken.
                    ended.unwrap_or(Err(Failure::Reported(crate::failure::EXIT_INTERNAL)))
                }
                failure = late => {
                    task.abort();
                    progress.stop();
                    Err(failure)
                }
                () = stop => {
                    task.abort();
                    progress.stop();
                    report::say("stopped");
                    Err(Failure::Reported(EXIT_INTERRUPTED))
                }
            }
        })
    }

    /// Runs a query once more and keeps all its rows as a table. Gives their number.
    ///
    /// # Errors
    /// Those of the query; more rows than go, with those kept before, into the session's memory: then nothing is kept.
    fn keep(&mut self, name: &str, query: String) -> Result<u64, Failure> {
        let others = self
            .kept
            .iter()
            .filter(|kept| kept.table.schema.name != name);
        let held: u64 = others.map(|kept| kept.bytes).sum();
        let limit = self.session.memory_bytes().map(|bytes| bytes as u64);
        let room = limit.map_or(u64::MAX, |limit| limit.saturating_sub(held));
        let collected = Collected::within(room);
        let asked = self.query(query, Screen::into_memory(collected.clone()));
        asked.map_err(|failure| match (failure, limit) {
            (Failure::OutOfMemory, Some(limit)) => too_large(limit, held),
            (failure, _) => failure,
        })?;
        let (rows, bytes) = (collected.rows(), collected.bytes());
        let table = collected.into_table(name)?;
        self.turn_to(self.session.with_table(table.clone()));
        self.kept.retain(|kept| kept.table.schema.name != name);
        self.kept.push(Kept { table, bytes });
        Ok(rows)
    }

    /// Reads logs into the store of this session and opens it anew.
    fn ingest(&mut self, paths: Vec<String>) -> Result<(), Failure> {
        if !self.data.logs.is_empty() {
            // They are in a store that goes with the session: read again, together with the new ones.
            self.data.logs.extend(paths);
        } else {
            self.session.ingest(&self.data, &paths)?;
        }
        let opened = Session::open(&self.data)?;
        let tables = self.kept.iter().map(|kept| kept.table.clone());
        self.turn_to(tables.fold(opened, |session, table| session.with_table(table)));
        Ok(())
    }
}

/// Why a result does not become a table.
fn too_large(limit: u64, held: u64) -> Failure {
    let limit = bytes(limit);
    let others = match held {
        0 => String::new(),
        held => format!(" with the {} that are kept already", bytes(held)),
    };
    Failure::Limit(format!(
        "the rows take more{others} than the {limit} that this session may hold (`--memory`); nothing was kept. \
         Fewer columns (`project`) or rows (`where`, `summarize`) take less"
    ))
}
