//! `huntql help`: of a command, of a topic, of anything that a query can name.

use crate::cli::Cli;
use crate::failure::Failure;
use crate::manual::{self, TOPICS};
use crate::output::Pager;
use crate::screen::window;
use clap::{Args, CommandFactory};
use std::io::{IsTerminal, Write};

#[derive(Debug, Args)]
pub struct HelpArgs {
    /// A command, a topic, a function or an operator; nothing: the commands and topics
    #[arg(value_name = "TOPIC")]
    pub words: Vec<String>,
}

pub fn run(args: &HelpArgs) -> Result<(), Failure> {
    match args.words.as_slice() {
        [] => show(&overview()),
        words => match command(words) {
            Some(text) => show(&text),
            None => page(&words.join(" ")),
        },
    }
}

fn page(word: &str) -> Result<(), Failure> {
    if let Some(text) = manual::about(word) {
        return show(&text);
    }
    let near = match manual::near(word) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`huntql help` lists commands and topics".to_owned(),
    };
    Err(Failure::Usage(format!(
        "there is no help about `{word}`; {near}"
    )))
}

/// The long help of a command, or of one inside it.
fn command(words: &[String]) -> Option<String> {
    let mut command = Cli::command();
    command.build();
    let mut found = &mut command;
    for word in words {
        found = found.find_subcommand_mut(word)?;
    }
    Some(found.render_long_help().to_string())
}

fn overview() -> String {
    let mut text = Cli::command().render_help().to_string();
    text.push_str("\nTopics (`huntql help TOPIC`; a function's or an operator's name does too):\n");
    for topic in TOPICS {
        text.push_str(&format!("  {:<24} {}\n", topic.name, topic.about));
    }
    text
}

/// On a terminal through the pager.
fn show(text: &str) -> Result<(), Failure> {
    let stdout = std::io::stdout();
    if stdout.is_terminal() {
        let lines = terminal_size::terminal_size().map_or(24, |(_, height)| height.0.into());
        let mut pager = Pager::new(lines);
        let text = manual::fitted(text, window().0);
        pager.write_all(text.as_bytes())?;
        return Ok(pager.flush()?);
    }
    Ok(stdout.lock().write_all(text.as_bytes())?)
}
