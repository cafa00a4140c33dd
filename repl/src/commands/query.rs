//! `huntql query`: one text, its rows on stdout.

use crate::cli::{AskArgs, DataArgs, ErrorArgs, FormatArgs};
use crate::failure::{EXIT_ROWS, Failure};
use crate::hints;
use crate::limits::{Limit, LimitArgs, RenderArgs, too_long};
use crate::question::Question;
use crate::report;
use crate::run;
use crate::screen::Screen;
use crate::session::Session;
use clap::{Args, ValueHint};
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
    #[command(flatten)]
    pub render: RenderArgs,
    /// Exit code 5 when there are rows: for hunts that should find nothing
    #[arg(long)]
    pub fail_if_rows: bool,
    #[command(flatten)]
    pub limits: LimitArgs,
    #[command(flatten)]
    pub format: FormatArgs,
    #[command(flatten)]
    pub errors: ErrorArgs,
    #[command(flatten)]
    pub ask: AskArgs,
    #[command(flatten)]
    pub data: DataArgs,
}

pub fn run(args: &QueryArgs) -> Result<(), Failure> {
    report::speak(args.errors.error_format);
    let question = Question::given(args.text.as_deref(), args.file.as_deref())?;
    let session = Session::open(&args.data)?;
    let finished = args.limits.timeout().map(watch).transpose()?;
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
fn watch(limit: Limit) -> Result<Sender<()>, Failure> {
    let (finished, waiting) = std::sync::mpsc::channel();
    std::thread::Builder::new()
        .name("timeout".to_owned())
        .spawn(move || {
            let ended = waiting.recv_timeout(Duration::from_secs(limit.most));
            if ended == Err(RecvTimeoutError::Timeout) {
                std::process::exit(i32::from(too_long(&limit).code()));
            }
        })
        .map_err(|error| Failure::Internal(format!("cannot start a thread: {error}")))?;
    Ok(finished)
}

/// Gives the number of rows.
async fn ask(args: &QueryArgs, session: &Session, question: &Question) -> Result<u64, Failure> {
    let options = session.options(&args.ask).await?;
    let screen = Screen::stdout(args.format.format)
        .drawing_into(args.render.render.clone())
        .up_to(args.limits.of_result());
    hints::look_back(session, question, &args.limits, options.now).await;
    let session = session.windowed(&args.limits, options.now);
    run::run(&session, question, &options, &screen).await
}
