//! Dot commands: what the shell understands besides KQL. Any unambiguous beginning of a name will do.

use super::{Flow, Shell};
use crate::commands::timeline::Asked;
use crate::output::{FORMATS, format};
use crate::report;
use crate::run::Screen;
use crate::session::proxies::PROXIES;
use clap::Parser;
use huntql_kql::diagnostics::did_you_mean;
use huntql_store::schema::builtin;
use std::io::{self, Write};

struct DotCommand {
    name: &'static str,
    argument: &'static str,
    doc: &'static str,
    run: fn(&mut Shell, &str) -> io::Result<Flow>,
}

static COMMANDS: &[DotCommand] = &[
    DotCommand {
        name: "exit",
        argument: "",
        doc: "leave",
        run: |_, _| Ok(Flow::Quit),
    },
    DotCommand {
        name: "format",
        argument: "[NAME]",
        doc: "how rows are printed",
        run: set_format,
    },
    DotCommand {
        name: "functions",
        argument: "[WORD]",
        doc: "the functions, or those whose name or description has the word",
        run: functions,
    },
    DotCommand {
        name: "help",
        argument: "",
        doc: "this list",
        run: help,
    },
    DotCommand {
        name: "proxies",
        argument: "",
        doc: "the forward proxies that are known",
        run: proxies,
    },
    DotCommand {
        name: "quit",
        argument: "",
        doc: "leave",
        run: |_, _| Ok(Flow::Quit),
    },
    DotCommand {
        name: "schema",
        argument: "[TABLE]",
        doc: "the columns of a table",
        run: schema,
    },
    DotCommand {
        name: "tables",
        argument: "[WORD]",
        doc: "the tables; those with rows are marked",
        run: tables,
    },
    DotCommand {
        name: "timeline",
        argument: "DEVICE …",
        doc: "the events of a device; [--from TIME] [--to TIME] [--around TIME]",
        run: timeline,
    },
];

/// The arguments of `.timeline` are those of `huntql timeline`.
#[derive(Debug, Parser)]
#[command(name = ".timeline", no_binary_name = true, disable_help_flag = true)]
struct Timeline {
    #[command(flatten)]
    asked: Asked,
}

fn timeline(shell: &mut Shell, argument: &str) -> io::Result<Flow> {
    match Timeline::try_parse_from(argument.split_whitespace()) {
        Ok(timeline) => {
            let (text, shape) = (timeline.asked.query(), timeline.asked.shape());
            Ok(match shell.ask(text, shape) {
                super::Asked::Unwanted => Flow::Quit,
                super::Asked::On | super::Asked::Interrupted => Flow::On,
            })
        }
        Err(error) => {
            report::say(error.to_string().trim_end());
            Ok(Flow::On)
        }
    }
}

/// Runs a line such as `.schema DeviceInfo`.
pub fn run(shell: &mut Shell, line: &str) -> Flow {
    let line = line.trim().trim_start_matches('.').trim_end_matches(';');
    let (word, argument) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let found: Vec<&DotCommand> = COMMANDS
        .iter()
        .filter(|command| command.name.starts_with(word) && !word.is_empty())
        .collect();
    let command = match found.as_slice() {
        [command] => command,
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
    // Whoever closed stdout wants no more of it.
    (command.run)(shell, argument.trim()).unwrap_or(Flow::Quit)
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

fn help(_: &mut Shell, _: &str) -> io::Result<Flow> {
    print(
        COMMANDS
            .iter()
            .map(|command| {
                let usage = format!(".{} {}", command.name, command.argument);
                format!("{usage:<20} {}", command.doc)
            })
            .chain([
                String::new(),
                "A query of one line runs at Enter; one of several lines ends with `;` or an empty line.".to_owned(),
                "A line that begins with `|` goes on from the query before.".to_owned(),
            ]),
    )
}

fn proxies(shell: &mut Shell, _: &str) -> io::Result<Flow> {
    let columns = &builtin(PROXIES).expect("Proxies is built in").columns;
    let batch = shell.session.proxies.to_batch();
    match Screen::stdout(shell.format).show_batch(columns, &batch) {
        Ok(()) => Ok(Flow::On),
        Err(_) => Ok(Flow::Quit),
    }
}

fn set_format(shell: &mut Shell, name: &str) -> io::Result<Flow> {
    if name.is_empty() {
        return print(FORMATS.iter().map(|known| {
            let mark = if known.name == shell.format.name {
                '*'
            } else {
                ' '
            };
            format!("{mark} {:<9} {}", known.name, known.doc)
        }));
    }
    match format(name) {
        Some(found) => shell.format = found,
        None => report::say(&format!(
            "error: `{name}` is not a format; `.format` lists them"
        )),
    }
    Ok(Flow::On)
}

fn tables(shell: &mut Shell, word: &str) -> io::Result<Flow> {
    let word = word.to_lowercase();
    let tables = shell.session.engine.catalog().tables();
    print(
        tables
            .filter(|table| table.schema.name.to_lowercase().contains(&word))
            .map(|table| {
                let mark = if table.rows.is_some() { '*' } else { ' ' };
                format!("{mark} {}", table.schema.name)
            })
            .collect::<Vec<_>>(),
    )
}

fn schema(shell: &mut Shell, name: &str) -> io::Result<Flow> {
    if name.is_empty() {
        return tables(shell, "");
    }
    let catalog = shell.session.engine.catalog();
    let Some(table) = catalog.table(name) else {
        let names = catalog.tables().map(|table| table.schema.name.as_str());
        report::say(&match did_you_mean(name, names) {
            Some(near) => format!("error: `{name}` is not a known table; did you mean `{near}`?"),
            None => format!("error: `{name}` is not a known table; `.tables` lists them"),
        });
        return Ok(Flow::On);
    };
    let columns = &table.schema.columns;
    let longest = columns.iter().map(|column| column.name.len()).max();
    let longest = longest.unwrap_or_default();
    print(
        columns
            .iter()
            .map(|column| format!("{:<longest$}  {}", column.name, column.ty)),
    )
}

fn functions(_: &mut Shell, word: &str) -> io::Result<Flow> {
    let word = word.to_lowercase();
    let mut lines: Vec<String> = huntql_engine::functions::all()
        .filter(|function| {
            function.name.contains(&word) || function.doc.to_lowercase().contains(&word)
        })
        .map(|function| format!("{:<28} {}", format!("{}()", function.name), function.doc))
        .collect();
    lines.sort();
    print(lines)
}
