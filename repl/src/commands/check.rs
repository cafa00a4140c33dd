//! `huntql check`: parses and binds; reads no rows. Says nothing when all is well.

use crate::cli::{AskArgs, DataArgs};
use crate::failure::{EXIT_QUERY, Failure};
use crate::question::Question;
use crate::report;
use crate::session::Session;
use clap::{Args, ValueHint};
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The query [default: read from stdin]
    pub text: Option<String>,
    /// Read queries from files
    #[arg(short, long, value_name = "FILE", num_args = 1.., conflicts_with = "text", value_hint = ValueHint::FilePath)]
    pub file: Vec<PathBuf>,
    #[command(flatten)]
    pub ask: AskArgs,
    #[command(flatten)]
    pub data: DataArgs,
}

pub fn run(args: &CheckArgs) -> Result<(), Failure> {
    let questions = if args.file.is_empty() {
        vec![Question::given(args.text.as_deref(), None)?]
    } else {
        args.file
            .iter()
            .map(|file| Question::given(None, Some(file)))
            .collect::<Result<_, _>>()?
    };
    let session = Session::open(&args.data)?;
    let options = super::runtime()?.block_on(session.options(&args.ask))?;
    let mut wrong = 0;
    for question in &questions {
        let checked = session.engine.check(&question.text, &options);
        report::diagnostics(question, &checked.diagnostics);
        wrong += usize::from(checked.has_errors());
    }
    if questions.len() > 1 {
        report::say(&format!("{} queries, {wrong} with errors", questions.len()));
    }
    if wrong > 0 {
        return Err(Failure::Reported(EXIT_QUERY));
    }
    Ok(())
}
