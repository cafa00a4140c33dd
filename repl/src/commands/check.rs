//! `huntql check`: parses, binds and lints; reads no rows. Says nothing when all is well.

use crate::check::{Document, Excerpt, Found};
use crate::cli::{AskArgs, DataArgs, ErrorArgs};
use crate::failure::{EXIT_DATA, EXIT_INTERNAL, EXIT_QUERY, Failure};
use crate::report::{self, ErrorFormat, Finding};
use crate::session::Session;
use clap::{Args, ValueHint};
use huntql_engine::{QueryOptions, Reading, lints};
use huntql_jobs::rule::{Loaded, columns};
use huntql_kql::diagnostics::{Diagnostic, Fault, Severity};
use huntql_kql::types::Column;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Queries, files, folders or patterns: `.kql`, Markdown with fenced `kql`, Sentinel's and Defender's rules in YAML or JSON
    /// [default: a query from stdin]
    #[arg(value_name = "QUERY|PATH", value_hint = ValueHint::AnyPath)]
    pub inputs: Vec<String>,
    /// Read queries from files
    #[arg(short, long, value_name = "FILE", num_args = 1.., conflicts_with = "inputs", value_hint = ValueHint::FilePath)]
    pub file: Vec<PathBuf>,
    #[command(flatten)]
    pub errors: ErrorArgs,
    /// Fail for lints too, not for errors only
    #[arg(long)]
    pub deny_lints: bool,
    /// Fail for queries that are good KQL and that huntql does not run
    #[arg(long)]
    pub deny_unsupported: bool,
    /// Look for errors only
    #[arg(long, conflicts_with = "deny_lints")]
    pub no_lints: bool,
    /// A lint to leave out, by its code or name
    #[arg(long, value_name = "LINT", value_parser = lint)]
    pub allow: Vec<&'static str>,
    #[command(flatten)]
    pub ask: AskArgs,
    #[command(flatten)]
    pub data: DataArgs,
}

fn lint(text: &str) -> Result<&'static str, String> {
    lints::LINTS
        .iter()
        .find(|lint| lint.name == text || lint.code.eq_ignore_ascii_case(text))
        .map(|lint| lint.code)
        .ok_or_else(|| {
            let names: Vec<&str> = lints::LINTS.iter().map(|lint| lint.name).collect();
            format!("no such lint; there are {}", names.join(", "))
        })
}

/// How many queries there were, and what was wrong with them.
#[derive(Debug, Default)]
struct Tally {
    queries: usize,
    wrong: usize,
    unsupported: usize,
    lints: usize,
    internal: usize,
}

pub fn run(args: &CheckArgs) -> Result<(), Failure> {
    let found = Found::gather(&args.inputs, &args.file)?;
    let mut session = Session::open(&args.data)?;
    if args.data.schemas.is_some() {
        session = session.reading(Reading::AsDeclared);
    }
    let options = super::runtime()?.block_on(session.options(&args.ask))?;
    let checker = Checker {
        known: known(&session),
        session: &session,
        options,
        args,
    };
    let mut tally = Tally::default();
    let mut findings = Vec::new();
    for document in &found.documents {
        let diagnostics = checker.document(document, &mut tally);
        if args.errors.error_format == ErrorFormat::Text {
            report::diagnostics(&document.question, &diagnostics);
        } else {
            findings.extend(
                diagnostics
                    .iter()
                    .map(|found| Finding::new(&document.question, found)),
            );
        }
    }
    for message in &found.unreadable {
        report::say(&format!("error: {message}"));
    }
    tell(args.errors.error_format, &findings)?;
    if tally.queries != 1 || found.documents.len() != 1 {
        report::say(&summary(&tally, &found));
    }
    verdict(args, &tally, &found)
}

fn tell(format: ErrorFormat, findings: &[Finding]) -> Result<(), Failure> {
    if let Some(document) = report::document(format, findings) {
        let mut stdout = std::io::stdout().lock();
        writeln!(stdout, "{document:#}")?;
    }
    Ok(())
}

fn summary(tally: &Tally, found: &Found) -> String {
    let count = |number: usize, one: &str, many: &str| {
        format!("{number} {}", if number == 1 { one } else { many })
    };
    let mut parts = vec![
        format!(
            "{} in {}",
            count(tally.queries, "query", "queries"),
            count(found.documents.len(), "file", "files")
        ),
        format!("{} with errors", tally.wrong),
    ];
    let others = [
        (tally.unsupported, "with parts that huntql does not run"),
        (tally.lints, "with lints"),
        (found.unreadable.len(), "files not read"),
    ];
    parts.extend(
        others
            .iter()
            .filter(|(number, _)| *number > 0)
            .map(|(number, what)| format!("{number} {what}")),
    );
    parts.join(", ")
}

fn verdict(args: &CheckArgs, tally: &Tally, found: &Found) -> Result<(), Failure> {
    let is_wrong = tally.wrong > 0
        || (args.deny_lints && tally.lints > 0)
        || (args.deny_unsupported && tally.unsupported > 0);
    let code = if tally.internal > 0 {
        EXIT_INTERNAL
    } else if is_wrong {
        EXIT_QUERY
    } else if !found.unreadable.is_empty() {
        EXIT_DATA
    } else {
        return Ok(());
    };
    Err(Failure::Reported(code))
}

/// Addresses and names of the proxies of the configuration and of the data.
fn known(session: &Session) -> lints::Known {
    let listeners = session
        .proxies
        .proxies()
        .iter()
        .flat_map(|proxy| &proxy.listeners);
    let proxies = listeners
        .filter_map(|listener| Some(listener.to_string().rsplit_once(':')?.0.to_owned()))
        .collect();
    lints::Known { proxies }
}

struct Checker<'a> {
    session: &'a Session,
    known: lints::Known,
    options: QueryOptions,
    args: &'a CheckArgs,
}

impl Checker<'_> {
    /// Everything that is wrong with a document, at its places in the document.
    fn document(&self, document: &Document, tally: &mut Tally) -> Vec<Diagnostic> {
        let mut diagnostics: Vec<Diagnostic> = document.error.iter().cloned().collect();
        tally.wrong += diagnostics.len();
        for excerpt in &document.excerpts {
            let (found, results) = self.excerpt(excerpt, tally);
            diagnostics.extend(found.into_iter().map(|found| excerpt.placed(found)));
            let of_query = |rule: &&Loaded| rule.query.as_ref() == Some(excerpt);
            for rule in document.rules.iter().filter(of_query) {
                diagnostics.extend(self.told(columns::missing(rule, &results), tally));
            }
        }
        for rule in &document.rules {
            let tables = columns::missing_tables(rule, self.session.engine.catalog());
            let found = rule.diagnostics.iter().cloned().chain(tables);
            diagnostics.extend(self.told(found.collect(), tally));
        }
        diagnostics
    }

    /// What is wrong with a rule besides its query.
    fn told(&self, mut found: Vec<Diagnostic>, tally: &mut Tally) -> Vec<Diagnostic> {
        let has = |found: &[Diagnostic], severity| found.iter().any(|one| one.severity == severity);
        if self.args.no_lints {
            found.retain(Diagnostic::is_error);
        }
        let refusals = found
            .iter_mut()
            .filter(|one| one.is_error() && one.fault == Fault::Unsupported);
        for refusal in refusals {
            tally.unsupported += 1;
            if !self.args.deny_unsupported {
                refusal.severity = Severity::Warning;
            }
        }
        tally.wrong += usize::from(has(&found, Severity::Error));
        tally.lints += usize::from(has(&found, Severity::Warning));
        found
    }

    /// Everything that is wrong with a query, and the columns of its results when nothing is.
    fn excerpt(&self, excerpt: &Excerpt, tally: &mut Tally) -> (Vec<Diagnostic>, Vec<Vec<Column>>) {
        tally.queries += 1;
        let engine = &self.session.engine;
        // One bad query among thousands is told (by the hook) and does not end the run.
        let checked = catch_unwind(AssertUnwindSafe(|| {
            engine.check(&excerpt.text, &self.options)
        }));
        let Ok(checked) = checked else {
            tally.internal += 1;
            return (Vec::new(), Vec::new());
        };
        let mut diagnostics = checked.diagnostics;
        let is_unsupported =
            |found: &Diagnostic| found.is_error() && found.fault == Fault::Unsupported;
        let (refusals, errors): (Vec<_>, Vec<_>) = diagnostics
            .iter()
            .filter(|found| found.is_error())
            .partition(|found| is_unsupported(found));
        tally.wrong += usize::from(!errors.is_empty());
        tally.unsupported += usize::from(!refusals.is_empty());
        let has_errors = !errors.is_empty();
        if !self.args.deny_unsupported {
            for found in diagnostics.iter_mut().filter(|found| is_unsupported(found)) {
                found.severity = Severity::Warning;
            }
        }
        if !has_errors && !self.args.no_lints {
            let lints = self.lints(&excerpt.text);
            tally.lints += usize::from(!lints.is_empty());
            diagnostics.extend(lints);
            diagnostics.sort_by_key(Diagnostic::span);
        }
        (diagnostics, checked.results)
    }

    fn lints(&self, text: &str) -> Vec<Diagnostic> {
        let mut found = self.session.engine.lint(text, &self.known);
        found.retain(|lint| !self.args.allow.contains(&lint.code));
        found
    }
}
