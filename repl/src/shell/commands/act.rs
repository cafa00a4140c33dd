//! Commands that do something: run, keep, write, read.

use super::{print, wrong};
use crate::cli::{Clock, Timespan, timespan as parse_span};
use crate::commands::timeline::Asked;
use crate::failure::Failure;
use crate::output::{Content, format};
use crate::report;
use crate::screen::{Before, Target};
use crate::shell::{Flow, Shell, editor, page};
use clap::Parser;
use huntql_kql::time::{format_datetime, format_timespan, parse_datetime};
use std::io;
use std::path::Path;
use std::time::Instant;

/// The arguments of `.timeline` are those of `huntql timeline`.
#[derive(Debug, Parser)]
#[command(name = ".timeline", no_binary_name = true, disable_help_flag = true)]
struct Timeline {
    #[command(flatten)]
    asked: Asked,
}

pub(super) fn timeline(shell: &mut Shell, argument: &str) -> io::Result<Flow> {
    match Timeline::try_parse_from(argument.split_whitespace()) {
        Ok(timeline) => {
            let (text, shape) = (timeline.asked.query(), timeline.asked.shape());
            Ok(shell.ask(text, shape).flow())
        }
        Err(error) => {
            report::say(error.to_string().trim_end());
            Ok(Flow::On)
        }
    }
}

/// Offers for the text, one a line; with the timer on, what they cost.
pub(super) fn complete(shell: &mut Shell, text: &str) -> io::Result<Flow> {
    let started = Instant::now();
    let offer = shell
        .completions
        .offer(text, text.len(), shell.last.as_deref());
    let elapsed = started.elapsed();
    if shell.view.is_timed {
        report::say(&format!("{:.3} ms", elapsed.as_secs_f64() * 1000.0));
    }
    let lines = offer.candidates.iter();
    print(lines.map(|candidate| format!("{}\t{}", candidate.text, candidate.note)))
}

pub(super) fn edit(shell: &mut Shell, _: &str) -> io::Result<Flow> {
    let before = shell.last.clone().unwrap_or_default();
    match editor::edit(&before) {
        Ok(text) if text.trim().is_empty() => Ok(Flow::On),
        Ok(text) => {
            print([text.trim_end().to_owned()])?;
            shell.typed.push(text.clone());
            Ok(shell.text(&text))
        }
        Err(message) => wrong(&message),
    }
}

pub(super) fn expand(shell: &mut Shell, number: &str) -> io::Result<Flow> {
    let number = match number {
        "" => 1,
        number => match number.parse::<u64>() {
            Ok(number) if number > 0 => number,
            _ => return wrong("`.expand` takes the number of a row, from 1 on"),
        },
    };
    match page::page(&shell.view.shown, number) {
        Ok(lines) => print([lines]),
        Err(message) => wrong(&message),
    }
}

pub(super) fn once(shell: &mut Shell, file: &str) -> io::Result<Flow> {
    match target(shell, file, Before::Replaced) {
        Ok(target) if file.is_empty() || target.is_none() => {
            wrong("`.once` takes the name of a file")
        }
        Ok(target) => {
            shell.view.once = target;
            Ok(Flow::On)
        }
        Err(message) => wrong(&message),
    }
}

pub(super) fn output(shell: &mut Shell, file: &str) -> io::Result<Flow> {
    match target(shell, file, Before::Kept) {
        Ok(Some(Target::File { path, format, .. }))
            if format.content == Content::Binary || format.name == "html" =>
        {
            let (name, path) = (format.name, path.display());
            wrong(&format!(
                "a file of {name} holds one query's answer: `.once {path}` writes it"
            ))
        }
        Ok(target) => {
            if let Some(Target::File { path, .. }) = &target
                && let Err(error) = std::fs::File::create(path)
            {
                return wrong(&format!("cannot write `{file}`: {error}"));
            }
            shell.view.output = target;
            Ok(Flow::On)
        }
        Err(message) => wrong(&message),
    }
}

/// A file and the format that its name says; the shell's own format when it says none.
fn target(shell: &Shell, file: &str, content: Before) -> Result<Option<Target>, String> {
    if file.is_empty() {
        return Ok(None);
    }
    let path = Path::new(file);
    if path.is_dir() {
        return Err(format!("`{file}` is a folder"));
    }
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
        return Err(format!("there is no folder `{}`", folder.display()));
    }
    let extension = path.extension().and_then(|extension| extension.to_str());
    let named = match extension {
        Some("jsonl") => format("ndjson"),
        Some("md") => format("markdown"),
        Some("htm") => format("html"),
        Some("feather") => format("arrow"),
        Some("txt") => format("table"),
        Some(name) => format(name),
        None => None,
    };
    Ok(Some(Target::File {
        path: path.to_owned(),
        format: named.unwrap_or(shell.view.format),
        content,
    }))
}

pub(super) fn set(shell: &mut Shell, argument: &str) -> io::Result<Flow> {
    let (name, value) = match argument.split_once(|c: char| c == '=' || c.is_whitespace()) {
        Some((name, value)) => (name.trim(), value.trim()),
        None => (argument, ""),
    };
    match (name, value) {
        ("", _) if shell.ask.param.is_empty() => print([
            "no parameter is set: `.set NAME VALUE` gives one to `declare query_parameters`"
                .to_owned(),
        ]),
        ("", _) => print(
            shell
                .ask
                .param
                .iter()
                .map(|(name, value)| format!("{name} = {value}")),
        ),
        ("now", "" | "wall") => {
            shell.ask.now = None;
            Ok(Flow::On)
        }
        ("now", "data-end") => {
            shell.ask.now = Some(Clock::DataEnd);
            Ok(Flow::On)
        }
        ("now", time) => match parse_datetime(time) {
            Some(ticks) => {
                shell.ask.now = Some(Clock::At(ticks));
                Ok(Flow::On)
            }
            None => wrong("`.set now` takes a datetime, `data-end`, or nothing for the wall clock"),
        },
        (name, value) => {
            shell.ask.param.retain(|(known, _)| known != name);
            if !value.is_empty() {
                shell.ask.param.push((name.to_owned(), value.to_owned()));
            }
            Ok(Flow::On)
        }
    }
}

pub(super) fn timespan(shell: &mut Shell, span: &str) -> io::Result<Flow> {
    match span {
        "" => {
            let told = match shell.view.limits.timespan {
                None => "rows of all times are there".to_owned(),
                Some(Timespan::Last(ticks)) => {
                    format!("rows of the last {} are there", format_timespan(ticks))
                }
                Some(Timespan::Between(from, to)) => format!(
                    "rows from {} up to {} are there",
                    format_datetime(from),
                    format_datetime(to)
                ),
            };
            return print([told]);
        }
        "off" | "all" => shell.view.limits.timespan = None,
        span => match parse_span(span) {
            Ok(span) => shell.view.limits.timespan = Some(span),
            Err(expected) => return wrong(&format!("`.timespan {span}`: {expected}, or `off`")),
        },
    }
    Ok(Flow::On)
}

pub(super) fn keep(shell: &mut Shell, name: &str) -> io::Result<Flow> {
    let is_name = !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    if !is_name {
        return wrong("`.keep` takes a name for the table: letters, digits and `_`");
    }
    let Some(query) = shell.last.clone() else {
        return wrong("`.keep` keeps the last result, and there is none yet");
    };
    let hides = match shell.session.engine.catalog().table(name) {
        Some(_) => ", in the place of the table of that name",
        None => "",
    };
    match shell.keep(name, query) {
        Ok(1) => print([format!("{name}: 1 row, for this session{hides}")]),
        Ok(rows) => print([format!(
            "{name}: {} rows, for this session{hides}",
            crate::output::grouped(rows)
        )]),
        Err(Failure::ClosedPipe) => Ok(Flow::Quit),
        Err(failure) => {
            let code = failure.code();
            shell.first_failure.get_or_insert(code);
            Ok(Flow::On)
        }
    }
}

pub(super) fn source(shell: &mut Shell, file: &str) -> io::Result<Flow> {
    if file.is_empty() {
        return wrong("`.source` takes the name of a file");
    }
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) => return wrong(&format!("cannot read `{file}`: {error}")),
    };
    if shell.depth >= 8 {
        return wrong("files that run each other, more than 8 deep");
    }
    shell.depth += 1;
    let flow = shell.text(&text);
    shell.depth -= 1;
    Ok(flow)
}

pub(super) fn ingest(shell: &mut Shell, argument: &str) -> io::Result<Flow> {
    let paths: Vec<String> = argument.split_whitespace().map(str::to_owned).collect();
    if paths.is_empty() {
        return wrong("`.ingest` takes files, folders or patterns");
    }
    match shell.ingest(paths) {
        Ok(()) => Ok(Flow::On),
        Err(failure) => {
            failure.code();
            Ok(Flow::On)
        }
    }
}
