//! `huntql fmt`: the canonical layout. Moves white space only; comments and spellings stay.

use crate::check::{Document, Found, Kind, diff};
use crate::failure::{EXIT_DATA, EXIT_QUERY, Failure};
use crate::question::Question;
use crate::report;
use clap::{Args, ValueHint};
use std::io::Write;
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub struct FmtArgs {
    /// Query files, folders of them, patterns, `-`, or a query [default: stdin]
    #[arg(value_name = "QUERY|PATH", value_hint = ValueHint::AnyPath)]
    pub inputs: Vec<String>,
    /// Write the files anew instead of printing
    #[arg(short, long, conflicts_with_all = ["check", "diff"])]
    pub write: bool,
    /// Only say which files would change; exit code 1 if any would
    #[arg(long)]
    pub check: bool,
    /// Print what would change as a unified diff
    #[arg(long)]
    pub diff: bool,
}

pub fn run(args: &FmtArgs) -> Result<(), Failure> {
    let found = Found::gather(&args.inputs, &[])?;
    let documents: Vec<&Document> = found
        .documents
        .iter()
        .filter(|document| document.kind == Kind::Query)
        .collect();
    let prints = !args.write && !args.check && !args.diff;
    if prints && documents.len() > 1 {
        return Err(Failure::Usage(format!(
            "{} files: say `-w` to write them, `--check` or `--diff` to look",
            documents.len()
        )));
    }
    let (mut wrong, mut changed) = (0, 0);
    for document in documents {
        let question = &document.question;
        let Some(laid_out) = laid_out(question) else {
            wrong += 1;
            continue;
        };
        if prints {
            std::io::stdout().write_all(laid_out.as_bytes())?;
        } else if laid_out != question.text {
            changed += 1;
            act(args, question, &laid_out)?;
        }
    }
    for message in &found.unreadable {
        report::say(&format!("error: {message}"));
    }
    if wrong > 0 || (args.check && changed > 0) {
        return Err(Failure::Reported(EXIT_QUERY));
    }
    if !found.unreadable.is_empty() {
        return Err(Failure::Reported(EXIT_DATA));
    }
    Ok(())
}

/// The text anew, with the line ends that it has; nothing when it has errors, which are told.
fn laid_out(question: &Question) -> Option<String> {
    match huntql_kql::format(&question.text) {
        Ok(text) if has_crlf(&question.text) => {
            Some(text.replace("\r\n", "\n").replace('\n', "\r\n"))
        }
        Ok(text) => Some(text),
        Err(diagnostics) => {
            report::diagnostics(question, &diagnostics);
            None
        }
    }
}

/// Whether every line ends as on Windows. Where some do, line ends within strings cannot be told from the others: they stay.
fn has_crlf(text: &str) -> bool {
    let ends = text.matches('\n').count();
    ends > 0 && text.matches("\r\n").count() == ends
}

fn act(args: &FmtArgs, question: &Question, laid_out: &str) -> Result<(), Failure> {
    if args.diff {
        let changes = diff::unified(&question.origin, &question.text, laid_out);
        std::io::stdout().write_all(changes.as_bytes())?;
    }
    if args.check {
        report::say(&format!(
            "{} is not in the canonical layout",
            question.origin
        ));
    }
    if args.write {
        match &question.path {
            Some(path) => replace(path, laid_out)?,
            None => std::io::stdout().write_all(laid_out.as_bytes())?,
        }
    }
    Ok(())
}

/// Puts a new file in the place of the old one, whole or not at all.
fn replace(path: &Path, text: &str) -> Result<(), Failure> {
    let fail = |error: std::io::Error| {
        Failure::Data(format!("cannot write `{}`: {error}", path.display()))
    };
    // A link stays one: what it leads to is written.
    let path: PathBuf = std::fs::canonicalize(path).map_err(fail)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(fail)?;
    file.write_all(text.as_bytes()).map_err(fail)?;
    let permissions = std::fs::metadata(&path).map_err(fail)?.permissions();
    file.as_file().set_permissions(permissions).map_err(fail)?;
    file.persist(&path).map_err(|error| fail(error.error))?;
    Ok(())
}
