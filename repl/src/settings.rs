//! Options that are not on the command line: `HUNTQL_*` variables, and `[options]` in huntql.toml.
//!
//! An option of the command line goes before its variable, a variable before the file, the file before the default.
//!
//! | option | variable | file |
//! |---|---|---|
//! | `--max-rows` of the commands that ask ([`ASKING`]) | `HUNTQL_MAX_ROWS` | `max-rows` under `[options]` |
//! | what every command takes: `--store`, `--config`, `--memory` … | `HUNTQL_STORE` | `store` under `[options]` |
//! | `--tz` of `ingest`, and any option of one command | `HUNTQL_INGEST_TZ` | `tz` under `[options.ingest]` |
//!
//! An option that may be given several times takes a line of the variable for each; in the file an array, and for
//! `NAME=VALUE` a table as well. A switch is `true` or `false`. A key that no command has is an error.

use crate::cli::{AskArgs, Cli, DataArgs};
use crate::failure::Failure;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Args, Command, CommandFactory, FromArgMatches};
use huntql_kql::diagnostics::did_you_mean;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// Commands whose options have the short names: those of a query. The first is the shell.
const ASKING: &[&str] = &["", "query", "batch", "explain", "check"];

const FILE: &str = "huntql.toml";

/// The command line, with what the variables and the file say. Ends the program where they are wrong.
///
/// # Errors
/// A file that cannot be understood.
pub fn cli() -> Result<Cli, Failure> {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let mut settings = Settings {
        shared: shared(),
        file: Table::new(),
        origins: BTreeMap::new(),
    };
    let command = Cli::command();
    if let Some(path) = file(&arguments) {
        settings.file = options(&path)?;
        settings
            .check(&command, &settings.file)
            .map_err(|message| Failure::Usage(format!("{}: {message}", path.display())))?;
    }
    let command = settings.applied(command, &[]);
    let told = command
        .try_get_matches_from(&arguments)
        .and_then(|matches| Cli::from_arg_matches(&matches));
    told.map_err(|error| {
        // Help and version are no errors.
        let code = error.exit_code();
        let _ = error.print();
        if is_query(&error) {
            crate::report::say("a query is asked by `huntql query '…'`");
        }
        if let Some(origin) = settings.origin(&error, &arguments) {
            crate::report::say(&format!("the value comes from {origin}"));
        }
        Failure::Reported(u8::try_from(code).unwrap_or(crate::failure::EXIT_USAGE))
    })
}

/// Whether what stands in the place of a command is the text of a query.
fn is_query(error: &clap::Error) -> bool {
    let named = error.get(ContextKind::InvalidSubcommand);
    let is_of_words = |text: &str| text.contains([' ', '|']);
    error.kind() == ErrorKind::InvalidSubcommand
        && matches!(named, Some(ContextValue::String(text)) if is_of_words(text))
}

struct Settings {
    /// Options that mean the same to all commands.
    shared: Vec<String>,
    /// `[options]` of the file.
    file: Table,
    /// Who has said the value of an option.
    origins: BTreeMap<String, String>,
}

/// The names of the options of data and of questions.
fn shared() -> Vec<String> {
    let command = DataArgs::augment_args(AskArgs::augment_args(Command::new("")));
    longs(&command).map(str::to_owned).collect()
}

fn longs(command: &Command) -> impl Iterator<Item = &str> {
    command.get_arguments().filter_map(Arg::get_long)
}

/// The configuration that is named on the command line, else by its variable, else found.
fn file(arguments: &[OsString]) -> Option<PathBuf> {
    let mut named = None;
    for (at, argument) in arguments.iter().enumerate() {
        match argument.to_str() {
            Some("--") => break,
            Some("--config") => named = arguments.get(at + 1).map(PathBuf::from),
            Some(text) if text.starts_with("--config=") => {
                named = text.strip_prefix("--config=").map(PathBuf::from);
            }
            _ => {}
        }
    }
    let of_variable = || {
        std::env::var_os("HUNTQL_CONFIG")
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    named
        .or_else(of_variable)
        .or_else(|| Some(PathBuf::from(FILE)))
        .filter(|path| path.is_file())
}

/// `[options]` of a file; what else is wrong with it is told by whoever needs it.
fn options(path: &Path) -> Result<Table, Failure> {
    let shown = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::Data(format!("cannot read `{shown}`: {error}")))?;
    let table: Table = text
        .parse()
        .map_err(|error: toml::de::Error| Failure::Usage(format!("{shown}: {error}")))?;
    match table.get("options") {
        None => Ok(Table::new()),
        Some(Value::Table(options)) => Ok(options.clone()),
        Some(_) => Err(Failure::Usage(format!(
            "{shown}: `options` is written as `[options]`"
        ))),
    }
}

impl Settings {
    /// Whether every key is an option of some command, or a command.
    fn check(&self, root: &Command, options: &Table) -> Result<(), String> {
        let asking: Vec<&Command> = ASKING
            .iter()
            .filter_map(|name| match *name {
                "" => Some(root),
                name => root.find_subcommand(name),
            })
            .collect();
        for (key, value) in options {
            let is_option =
                self.shared.contains(key) || asking.iter().any(|one| longs(one).any(|l| l == key));
            match (is_option, root.find_subcommand(key), value) {
                (true, _, value) => texts(key, value).map(drop)?,
                (false, Some(command), Value::Table(inner)) => Self::check_of(command, inner)?,
                (false, _, _) => {
                    let names = asking.iter().flat_map(|command| longs(command));
                    let names = names.chain(root.get_subcommands().map(Command::get_name));
                    return Err(unknown(key, "[options]", names));
                }
            }
        }
        Ok(())
    }

    fn check_of(command: &Command, options: &Table) -> Result<(), String> {
        for (key, value) in options {
            match (command.find_subcommand(key), value) {
                (Some(inner), Value::Table(options)) => Self::check_of(inner, options)?,
                _ if longs(command).any(|long| long == key) => texts(key, value).map(drop)?,
                _ => {
                    let place = format!("[options.{}]", command.get_name());
                    return Err(unknown(key, &place, longs(command)));
                }
            }
        }
        Ok(())
    }

    /// The command with what is told as its defaults; `path` is that of a subcommand.
    fn applied(&mut self, command: Command, path: &[String]) -> Command {
        let names: Vec<String> = command
            .get_subcommands()
            .map(|inner| inner.get_name().to_owned())
            .collect();
        let mut command = command.mut_args(|arg| self.told(arg, path));
        for name in names {
            let path: Vec<String> = path.iter().cloned().chain([name.clone()]).collect();
            command = command.mut_subcommand(name, |inner| self.applied(inner, &path));
        }
        command
    }

    fn told(&mut self, arg: Arg, path: &[String]) -> Arg {
        let Some(long) = arg.get_long().map(str::to_owned) else {
            return arg;
        };
        let command = path.join(" ");
        let is_short = self.shared.contains(&long) || ASKING.contains(&command.as_str());
        let variable = |words: &[&str]| {
            let name = words.join("_").replace('-', "_").to_uppercase();
            let value = std::env::var(&name)
                .ok()
                .filter(|value| !value.is_empty())?;
            let values: Vec<String> = value.lines().map(str::to_owned).collect();
            Some((values, name))
        };
        let words: Vec<&str> = path.iter().map(String::as_str).collect();
        let own = [&["huntql"], words.as_slice(), &[long.as_str()]].concat();
        let of_variable = variable(&own).or_else(|| {
            is_short
                .then(|| variable(&["huntql", long.as_str()]))
                .flatten()
        });
        let of_file = || {
            let mut table = Some(&self.file);
            for word in &words {
                table = table.and_then(|table| table.get(*word)?.as_table());
            }
            let own = table.and_then(|table| table.get(&long));
            let value = own.or_else(|| is_short.then(|| self.file.get(&long)).flatten())?;
            // It has been checked.
            Some((texts(&long, value).ok()?, FILE.to_owned()))
        };
        let Some((values, origin)) = of_variable.or_else(of_file) else {
            return arg;
        };
        self.origins.insert(long, origin);
        // As long as the program runs, its defaults are wanted.
        let values: Vec<&'static str> = values.into_iter().map(|value| &*value.leak()).collect();
        arg.default_values(values)
    }

    /// Who has said a value that is wrong, when the command line has not.
    fn origin(&self, error: &clap::Error, arguments: &[OsString]) -> Option<&str> {
        let Some(ContextValue::String(option)) = error.get(ContextKind::InvalidArg) else {
            return None;
        };
        let long = option.strip_prefix("--")?.split([' ', '=']).next()?;
        let flag = format!("--{long}");
        let is_given = arguments.iter().any(|argument| {
            let text = argument.to_string_lossy();
            text == flag || text.starts_with(&format!("{flag}="))
        });
        match is_given {
            true => None,
            false => self.origins.get(long).map(String::as_str),
        }
    }
}

fn unknown<'a>(key: &str, place: &str, names: impl Iterator<Item = &'a str>) -> String {
    match did_you_mean(key, names) {
        Some(near) => format!("`{key}` in `{place}` is not an option; did you mean `{near}`?"),
        None => format!("`{key}` in `{place}` is not an option"),
    }
}

/// A value of the file as it would stand on the command line.
fn texts(key: &str, value: &Value) -> Result<Vec<String>, String> {
    let one = |value: &Value| match value {
        Value::String(text) => Ok(text.clone()),
        Value::Integer(number) => Ok(number.to_string()),
        Value::Float(number) => Ok(number.to_string()),
        Value::Boolean(switch) => Ok(switch.to_string()),
        Value::Datetime(time) => Ok(time.to_string()),
        Value::Array(_) | Value::Table(_) => {
            Err(format!("`{key}` in `[options]` takes plain values"))
        }
    };
    match value {
        Value::Array(values) => values.iter().map(one).collect(),
        Value::Table(values) => values
            .iter()
            .map(|(name, value)| Ok(format!("{name}={}", one(value)?)))
            .collect(),
        plain => Ok(vec![one(plain)?]),
    }
}
