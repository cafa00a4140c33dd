//! Dot commands: what the shell understands besides KQL. Any unambiguous beginning of a name will do.

mod act;
mod look;

use super::complete::Candidate;
use super::{Flow, Shell};
use crate::report;
use huntql_kql::diagnostics::did_you_mean;
use std::io::{self, IsTerminal, Write};

struct DotCommand {
    name: &'static str,
    usage: &'static str,
    doc: &'static str,
    argument: Argument,
    run: fn(&mut Shell, &str) -> io::Result<Flow>,
}

/// What stands behind a command's name, for completion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Argument {
    Table,
    Function,
    Word(&'static [&'static str]),
    Format,
    File,
    /// KQL.
    Query,
    Other,
}

const SWITCH: Argument = Argument::Word(&["on", "off"]);

const fn command(
    name: &'static str,
    usage: &'static str,
    doc: &'static str,
    argument: Argument,
    run: fn(&mut Shell, &str) -> io::Result<Flow>,
) -> DotCommand {
    DotCommand {
        name,
        usage,
        doc,
        argument,
        run,
    }
}

static COMMANDS: &[DotCommand] = &[
    command(
        "complete",
        "TEXT",
        "what Tab offers at the end of a text",
        Argument::Query,
        act::complete,
    ),
    command(
        "edit",
        "",
        "the last query in $EDITOR, then runs it (also `\\e`)",
        Argument::Other,
        act::edit,
    ),
    command("exit", "", "leave", Argument::Other, |_, _| Ok(Flow::Quit)),
    command(
        "expand",
        "[N]",
        "row N of the last result, one value a line, JSON in full",
        Argument::Other,
        act::expand,
    ),
    command(
        "explain",
        "[QUERY]",
        "the plans of a query, or of the last one",
        Argument::Query,
        look::explain,
    ),
    command(
        "format",
        "[NAME]",
        "how rows are printed",
        Argument::Format,
        look::format,
    ),
    command(
        "functions",
        "[WORD]",
        "the functions, or those whose name or description has the word",
        Argument::Function,
        look::functions,
    ),
    command(
        "help",
        "[WORD]",
        "this list; what a command, a function or an operator does",
        Argument::Function,
        look::help,
    ),
    command(
        "history",
        "[WORD]",
        "what was typed before",
        Argument::Other,
        look::history,
    ),
    command(
        "ingest",
        "PATH …",
        "logs into the store, or into this session's when there is none",
        Argument::File,
        act::ingest,
    ),
    command(
        "keep",
        "NAME",
        "the last result becomes a table of this session",
        Argument::Other,
        act::keep,
    ),
    command(
        "limit",
        "[N]",
        "rows shown of a result; 0 shows all",
        Argument::Other,
        look::limit,
    ),
    command(
        "once",
        "FILE",
        "the next result goes into a file; its name says the format",
        Argument::File,
        act::once,
    ),
    command(
        "output",
        "[FILE]",
        "results go into a file from now on; without a name, to the screen",
        Argument::File,
        act::output,
    ),
    command(
        "proxies",
        "",
        "the forward proxies that are known",
        Argument::Other,
        look::proxies,
    ),
    command("quit", "", "leave", Argument::Other, |_, _| Ok(Flow::Quit)),
    command(
        "schema",
        "[TABLE]",
        "the columns of a table",
        Argument::Table,
        look::schema,
    ),
    command(
        "set",
        "[NAME VALUE]",
        "the value of a query parameter; `now` is the clock",
        Argument::Word(&["now"]),
        act::set,
    ),
    command(
        "source",
        "FILE",
        "runs the queries and commands of a file",
        Argument::File,
        act::source,
    ),
    command(
        "tables",
        "[WORD]",
        "the tables; those with rows are marked",
        Argument::Table,
        look::tables,
    ),
    command(
        "timeline",
        "DEVICE …",
        "the events of a device; [--from TIME] [--to TIME] [--around TIME]",
        Argument::Other,
        act::timeline,
    ),
    command(
        "timespan",
        "[SPAN|off]",
        "only rows of this time, in every table: 7d, PT12H, 2026-03-01/2026-03-04",
        Argument::Word(&["1h", "1d", "7d", "30d", "off"]),
        act::timespan,
    ),
    command(
        "timer",
        "[on|off]",
        "the time that results and completion take",
        SWITCH,
        look::timer,
    ),
];

/// The commands that a word may mean: the one of that name, else all that begin with it.
fn meant(word: &str) -> Vec<&'static DotCommand> {
    if let Some(exact) = COMMANDS.iter().find(|command| command.name == word) {
        return vec![exact];
    }
    COMMANDS
        .iter()
        .filter(|command| command.name.starts_with(word) && !word.is_empty())
        .collect()
}

/// Whether a line in the midst of others is one of these commands.
pub fn is_command(line: &str) -> bool {
    let word = line.strip_prefix('.').unwrap_or_default();
    let word = word.split(|c: char| c.is_whitespace() || c == ';').next();
    !meant(word.unwrap_or_default()).is_empty()
}

/// All names with their dots.
pub fn names() -> Vec<Candidate> {
    COMMANDS
        .iter()
        .map(|command| Candidate::new(format!(".{}", command.name), command.doc))
        .collect()
}

/// What the command at the beginning of a line takes.
pub fn argument_kind(word: &str) -> Argument {
    match meant(word.trim_start_matches('.')).as_slice() {
        [command] => command.argument,
        _ => Argument::Other,
    }
}

/// The usage of a command whose name has just been typed.
pub fn usage_of(line: &str) -> Option<String> {
    let (word, argument) = line.split_once(' ').unwrap_or((line, ""));
    match meant(word.trim_start_matches('.')).as_slice() {
        [command] if argument.is_empty() => {
            let rest = &command.name[word.len().saturating_sub(1).min(command.name.len())..];
            Some(format!("{rest} {} — {}", command.usage, command.doc))
        }
        _ => None,
    }
}

/// Runs a line such as `.schema DeviceInfo`.
pub fn run(shell: &mut Shell, line: &str) -> Flow {
    let line = line.trim_start();
    let line = match line.strip_prefix("\\e") {
        Some(rest) => format!("edit{rest}"),
        None => line.trim_start_matches(['.', '\\']).to_owned(),
    };
    let (word, argument) = line
        .split_once(char::is_whitespace)
        .unwrap_or((line.as_str(), ""));
    let word = word.trim_end_matches(';');
    let command = match meant(word).as_slice() {
        [command] => *command,
        [] => {
            let near = did_you_mean(word, COMMANDS.iter().map(|command| command.name));
            report::say(&match near {
                Some(near) => format!("error: `.{word}` is not a command; did you mean `.{near}`?"),
                None => format!("error: `.{word}` is not a command; `.help` lists them"),
            });
            return Flow::On;
        }
        several => {
            let names: Vec<String> = several
                .iter()
                .map(|command| format!(".{}", command.name))
                .collect();
            report::say(&format!("error: `.{word}` may be {}", names.join(", ")));
            return Flow::On;
        }
    };
    let argument = match command.argument {
        // A space at the end means that a word has ended.
        Argument::Query => argument,
        _ => argument.trim().trim_end_matches(';').trim_end(),
    };
    // Whoever closed stdout wants no more of it.
    (command.run)(shell, argument).unwrap_or(Flow::Quit)
}

/// Writes lines to stdout at once.
fn print(lines: impl IntoIterator<Item = String>) -> io::Result<Flow> {
    let mut text = String::new();
    for line in lines {
        text.push_str(line.trim_end());
        text.push('\n');
    }
    io::stdout().write_all(text.as_bytes())?;
    Ok(Flow::On)
}

/// A name and what it means, over several lines where the window is too narrow for one.
fn entry(name: &str, meaning: &str, indent: usize) -> String {
    let room = match io::stdout().is_terminal() {
        true => crate::screen::window().0.saturating_sub(indent + 1).max(20),
        false => usize::MAX,
    };
    let mut lines = vec![String::new()];
    for word in meaning.split(' ') {
        let last = lines.last_mut().expect("there is one from the start");
        match last.is_empty() {
            true => last.push_str(word),
            false if last.chars().count() + 1 + word.chars().count() <= room => {
                last.push(' ');
                last.push_str(word);
            }
            false => lines.push(word.to_owned()),
        }
    }
    let blank = format!("\n{}", " ".repeat(indent));
    format!("{name:<indent$}{}", lines.join(&blank))
}

/// An error that ends nothing.
fn wrong(text: &str) -> io::Result<Flow> {
    report::say(&format!("error: {text}"));
    Ok(Flow::On)
}
