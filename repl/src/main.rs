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

/// The largest piece of memory that glibc takes from its heaps, all pages counted.
const HEAP_PIECE_BYTES: usize = (32 << 20) - (64 << 10);

/// Lets the allocator keep what queries free for those that follow.
///
/// Dictionaries and batches of megabytes come and go by the hundred; mapped each by itself, each of their pages would be cleared anew: a
/// quarter of a needle's time. glibc raises its limit for such pieces (and gives back memory in larger ones) once one that large was
/// freed. No page of it is touched. Other allocators do not mind.
fn keep_freed_memory() {
    drop(std::hint::black_box(Vec::<u8>::with_capacity(
        HEAP_PIECE_BYTES,
    )));
}

fn main() -> ExitCode {
    failure::install_panic_hook();
    keep_freed_memory();
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
