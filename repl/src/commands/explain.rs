//! `huntql explain`: how a query is understood and how it will run.

use crate::cli::{AskArgs, DataArgs, ErrorArgs};
use crate::failure::Failure;
use crate::question::Question;
use crate::report;
use crate::run;
use crate::session::Session;
use clap::{Args, ValueHint};
use std::io::Write;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The query [default: read from stdin]
    pub text: Option<String>,
    /// Read the query from a file
    #[arg(short, long, value_name = "FILE", conflicts_with = "text", value_hint = ValueHint::FilePath)]
    pub file: Option<PathBuf>,
    #[command(flatten)]
    pub errors: ErrorArgs,
    #[command(flatten)]
    pub ask: AskArgs,
    #[command(flatten)]
    pub data: DataArgs,
}

pub fn run(args: &ExplainArgs) -> Result<(), Failure> {
    report::speak(args.errors.error_format);
    let question = Question::given(args.text.as_deref(), args.file.as_deref())?;
    let session = Session::open(&args.data)?;
    super::runtime()?.block_on(async {
        let options = session.options(&args.ask).await?;
        let plans = session
            .engine
            .explain(&question.text, &options)
            .await
            .map_err(|error| run::refused(&question, error))?;
        let mut stdout = std::io::stdout();
        stdout.write_all(plans.trim_end().as_bytes())?;
        stdout.write_all(b"\n")?;
        Ok(())
    })
}
