//! `huntql query`: one text, its rows on stdout.

use crate::cli::{AskArgs, DataArgs, FormatArgs, Timespan, timespan};
use crate::failure::{EXIT_ROWS, Failure};
use crate::question::Question;
use crate::report::{self, ErrorFormat};
use crate::run::{self, Screen};
use crate::session::Session;
use clap::{Args, ValueHint};
use huntql_engine::Times;
use std::path::PathBuf;
use std::sync::mpsc::{RecvTimeoutError, Sender};
use std::time::Duration;

#[derive(Debug, Args)]
pub struct QueryArgs {
    /// The query [default: read from stdin]
    pub text: Option<String>,
    /// Read the query from a file
    #[arg(short, long, value_name = "FILE", conflicts_with = "text", value_hint = ValueHint::FilePath)]
    pub file: Option<PathBuf>,
    /// Draw what the query's `render` says, as a page that needs nothing else
    #[arg(long, value_name = "FILE.html", value_hint = ValueHint::FilePath)]
    pub render: Option<PathBuf>,
    /// Only rows of this time, in every table: a length up to now (7d, PT12H), or two moments (2026-03-01/2026-03-04)
    #[arg(long, value_name = "SPAN", env = "HUNTQL_TIMESPAN", value_parser = timespan)]
    pub timespan: Option<Timespan>,
    /// Exit code 5 when there are rows: for hunts that should find nothing
    #[arg(long)]
    pub fail_if_rows: bool,
    /// Stop, with exit code 4, behind so many rows
    #[arg(long, value_name = "ROWS", env = "HUNTQL_MAX_ROWS")]
    pub max_rows: Option<u64>,
    /// Stop, with exit code 4, after so long
    #[arg(long, value_name = "SECONDS", env = "HUNTQL_TIMEOUT")]
    pub timeout: Option<u64>,
    #[command(flatten)]
    pub format: FormatArgs,
    /// How errors are told on stderr: with carets, or as documents and nothing else
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "text",
        env = "HUNTQL_ERROR_FORMAT"
    )]
    pub error_format: ErrorFormat,
    #[command(flatten)]
    pub ask: AskArgs,
    #[command(flatten)]
    pub data: DataArgs,
}

pub fn run(args: &QueryArgs) -> Result<(), Failure> {
    report::speak(args.error_format);
    let question = Question::given(args.text.as_deref(), args.file.as_deref())?;
    let session = Session::open(&args.data)?;
    let finished = args.timeout.map(watch).transpose()?;
    let rows = super::runtime()?.block_on(ask(args, &session, &question));
    drop(finished);
    let rows = rows?;
    if args.fail_if_rows && rows > 0 {
        return Err(Failure::Reported(EXIT_ROWS));
    }
    Ok(())
}

/// Ends the program when what is given is not dropped in time. From outside of the query: an operator that computes
/// for long lets nobody else have its thread.
fn watch(seconds: u64) -> Result<Sender<()>, Failure> {
    let (finished, waiting) = std::sync::mpsc::channel();
    std::thread::Builder::new()
        .name("timeout".to_owned())
        .spawn(move || {
            let ended = waiting.recv_timeout(Duration::from_secs(seconds));
            if ended == Err(RecvTimeoutError::Timeout) {
                let message = format!("the query took longer than {seconds} s (--timeout)");
                std::process::exit(i32::from(Failure::Limit(message).code()));
            }
        })
        .map_err(|error| Failure::Internal(format!("cannot start a thread: {error}")))?;
    Ok(finished)
}

/// Gives the number of rows.
async fn ask(args: &QueryArgs, session: &Session, question: &Question) -> Result<u64, Failure> {
    let options = session.options(&args.ask).await?;
    let screen = Screen::stdout(args.format.format)
        .drawing_into(args.render.clone())
        .up_to(args.max_rows);
    let times = args.timespan.map(|span| match span {
        Timespan::Last(ticks) => Times {
            from: options.now.saturating_sub(ticks),
            // What happens now is part of it.
            to: options.now.saturating_add(1),
        },
        Timespan::Between(from, to) => Times { from, to },
    });
    match times {
        Some(times) => run::run(&session.within(times), question, &options, &screen).await,
        None => run::run(session, question, &options, &screen).await,
    }
}
