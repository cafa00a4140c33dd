//! `huntql`: advanced hunting in KQL over one's own network events, from the command line.
//!
//! Data goes to stdout, everything else to stderr. Exit codes: see [`failure::Failure`].
//!
//! Not here: what a query means (engine), what a log means (ingest), how tables lie on disk (store).

mod chart;
mod check;
mod cli;
mod commands;
mod drawn;
mod failure;
mod hints;
mod limits;
mod manual;
mod output;
mod progress;
mod question;
mod report;
mod run;
mod screen;
mod session;
mod settings;
mod shell;

use std::process::ExitCode;

/// Binding and planning recurse over the query's tree; its depth is limited, and this is enough for the limit.
const STACK_BYTES: usize = 256 << 20;

fn main() -> ExitCode {
    failure::install_panic_hook();
    let cli = match settings::cli() {
        Ok(cli) => cli,
        Err(failure) => return failure.exit(),
    };
    let work = std::thread::Builder::new()
        .name("huntql".to_owned())
        .stack_size(STACK_BYTES)
        .spawn(move || commands::run(cli));
    let ended = match work {
        // The hook has said what there is to say about a panic.
        Ok(work) => work
            .join()
            .unwrap_or(Err(failure::Failure::Reported(failure::EXIT_INTERNAL))),
        Err(error) => Err(failure::Failure::Internal(format!(
            "cannot start a thread: {error}"
        ))),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.exit(),
    }
}
