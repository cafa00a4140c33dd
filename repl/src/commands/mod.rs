//! The subcommands, one file each.

pub mod batch;
pub mod check;
pub mod completions;
pub mod explain;
pub mod fmt;
pub mod help;
pub mod hunt;
pub mod ingest;
pub mod man;
pub mod proxies;
pub mod query;
pub mod repl;
pub mod store;
pub mod timeline;
pub mod unmask;

use crate::cli::{Cli, Command};
use crate::failure::Failure;
use tokio::runtime::{Builder, Runtime};

/// # Errors
/// Whatever ends the command; the caller turns it into an exit code.
pub fn run(cli: Cli) -> Result<(), Failure> {
    match cli.command {
        None => repl::run(&cli.shell),
        Some(Command::Query(args)) => query::run(&args),
        Some(Command::Batch(args)) => batch::run(&args),
        Some(Command::Ingest(args)) => ingest::run(&args),
        Some(Command::Check(args)) => check::run(&args),
        Some(Command::Fmt(args)) => fmt::run(&args),
        Some(Command::Explain(args)) => explain::run(&args),
        Some(Command::Hunt(args)) => hunt::run(&args),
        Some(Command::Proxies(args)) => proxies::run(&args),
        Some(Command::Store(args)) => store::run(&args),
        Some(Command::Unmask(args)) => unmask::run(&args),
        Some(Command::Timeline(args)) => timeline::run(&args),
        Some(Command::Help(args)) => help::run(&args),
        Some(Command::Man(args)) => man::run(&args),
        Some(Command::Completions(args)) => completions::run(&args),
    }
}

/// The threads that queries run on; nothing else is started.
pub fn runtime() -> Result<Runtime, Failure> {
    let mut threads = Builder::new_multi_thread();
    threads
        .enable_all()
        .thread_stack_size(16 << 20)
        .build()
        .map_err(no_threads)
}

/// Where one waits for keys and clocks while queries keep all their threads busy.
pub fn desk() -> Result<Runtime, Failure> {
    let mut thread = Builder::new_current_thread();
    thread.enable_all().build().map_err(no_threads)
}

fn no_threads(error: std::io::Error) -> Failure {
    Failure::Internal(format!("cannot start threads: {error}"))
}
