//! The shell: reads queries of several lines, runs them, keeps going.
//!
//! Ctrl-C stops a running query, or throws away what was typed; Ctrl-D leaves. Without a terminal the same text may come
//! through a pipe: then the exit code is that of the first query that failed.

mod commands;
mod history;
mod input;

use crate::cli::AskArgs;
use crate::failure::{EXIT_INTERRUPTED, Failure};
use crate::output::Format;
use crate::question::Question;
use crate::report;
use crate::run::{self, Screen};
use crate::session::Session;
use input::{Lines, Next};
use std::sync::Arc;
use tokio::runtime::Runtime;

pub struct Shell {
    session: Arc<Session>,
    ask: AskArgs,
    format: &'static Format,
    runtime: Runtime,
    /// What a line that begins with `|` goes on from.
    last: Option<String>,
    is_interactive: bool,
    first_failure: Option<u8>,
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

impl Shell {
    pub fn new(session: Session, ask: AskArgs, format: &'static Format, runtime: Runtime) -> Shell {
        Shell {
            session: Arc::new(session),
            ask,
            format,
            runtime,
            last: None,
            is_interactive: false,
            first_failure: None,
        }
    }

    /// Reads and runs until there is nothing more.
    ///
    /// # Errors
    /// Without a terminal: the first failure, after everything has run.
    pub fn run(mut self) -> Result<(), Failure> {
        let mut lines = Lines::open()?;
        self.is_interactive = lines.is_interactive();
        if self.is_interactive {
            report::say(
                "huntql: a query ends with `;` or an empty line; `.help` tells more, Ctrl-D leaves",
            );
        }
        loop {
            let flow = match lines.next()? {
                Next::End => Flow::Quit,
                Next::Command(line) => commands::run(&mut self, &line),
                Next::Text(text) => self.text(&text),
            };
            if flow == Flow::Quit {
                break;
            }
        }
        lines.close();
        match self.first_failure {
            Some(code) if !lines.is_interactive() => Err(Failure::Reported(code)),
            _ => Ok(()),
        }
    }

    /// Runs each query of a text in turn.
    fn text(&mut self, text: &str) -> Flow {
        for mut query in input::split(text) {
            if query.trim_start().starts_with('|')
                && let Some(last) = &self.last
            {
                query = format!("{last}\n{query}");
            }
            match self.ask(query, self.format) {
                Asked::On => {}
                Asked::Interrupted => break,
                Asked::Unwanted => return Flow::Quit,
            }
        }
        Flow::On
    }

    /// Runs one query and shows it in this format. A line that begins with `|` goes on from it.
    fn ask(&mut self, query: String, format: &'static Format) -> Asked {
        self.last = Some(query.trim_end().trim_end_matches(';').to_owned());
        let Err(failure) = self.query(query, format) else {
            return Asked::On;
        };
        if matches!(failure, Failure::ClosedPipe) {
            return Asked::Unwanted;
        }
        let code = failure.code();
        self.first_failure.get_or_insert(code);
        match code {
            EXIT_INTERRUPTED => Asked::Interrupted,
            _ => Asked::On,
        }
    }

    fn query(&self, text: String, format: &'static Format) -> Result<(), Failure> {
        let (session, ask, interactive) = (
            Arc::clone(&self.session),
            self.ask.clone(),
            self.is_interactive,
        );
        self.runtime.block_on(async {
            let mut task = tokio::spawn(async move {
                let question = Question::of_text(text);
                let options = session.options(&ask).await?;
                run::run(&session, &question, &options, &Screen::stdout(format)).await
            });
            let stop = async {
                if !interactive || tokio::signal::ctrl_c().await.is_err() {
                    std::future::pending::<()>().await;
                }
            };
            tokio::select! {
                ended = &mut task => match ended {
                    Ok(ended) => ended,
                    // The panic hook has spoken.
                    Err(_) => Err(Failure::Reported(crate::failure::EXIT_INTERNAL)),
                },
                () = stop => {
                    task.abort();
                    report::say("stopped");
                    Err(Failure::Reported(EXIT_INTERRUPTED))
                }
            }
        })
    }
}
