//! `huntql query`: one text, its rows on stdout.

use crate::cli::{AskArgs, DataArgs, FormatArgs};
use crate::failure::Failure;
use crate::question::Question;
use crate::run::{self, Screen};
use crate::session::Session;
use clap::{Args, ValueHint};
use std::path::PathBuf;

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
    #[command(flatten)]
    pub format: FormatArgs,
    #[command(flatten)]
    pub ask: AskArgs,
    #[command(flatten)]
    pub data: DataArgs,
}

pub fn run(args: &QueryArgs) -> Result<(), Failure> {
    let question = Question::given(args.text.as_deref(), args.file.as_deref())?;
    let session = Session::open(&args.data)?;
    super::runtime()?.block_on(async {
        let options = session.options(&args.ask).await?;
        let screen = Screen::stdout(args.format.format).drawing_into(args.render.clone());
        run::run(&session, &question, &options, &screen).await
    })
}
