//! The rules that arguments name, and what is said of those that cannot be read.

use crate::failure::{EXIT_QUERY, Failure};
use crate::question::Question;
use crate::report;
use clap::{Args, ValueHint};
use huntql_jobs::rule::{Loaded, Rule, Severity, load_all};
use huntql_kql::diagnostics::Diagnostic;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct RulePaths {
    /// Files of rules, and folders of them
    #[arg(required = true, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub paths: Vec<PathBuf>,
}

/// Which of the rules are meant.
#[derive(Debug, Clone, Default, Args)]
pub struct Chosen {
    /// Rules with this tag
    #[arg(long, value_name = "TAG")]
    pub tag: Vec<String>,
    /// Rules of this severity or a higher one
    #[arg(long, value_name = "SEVERITY", value_parser = severity)]
    pub min_severity: Option<Severity>,
    /// Rules of this technique of ATT&CK, or of a part of it
    #[arg(long, value_name = "T1071", value_parser = technique)]
    pub technique: Vec<String>,
}

fn severity(text: &str) -> Result<Severity, String> {
    Severity::parse(text).ok_or_else(|| "expected informational, low, medium or high".to_owned())
}

fn technique(text: &str) -> Result<String, String> {
    let text = text.to_uppercase();
    let is_one = text.starts_with('T') && text[1..].starts_with(|c: char| c.is_ascii_digit());
    is_one
        .then_some(text)
        .ok_or_else(|| "expected a technique such as T1071 or T1071.001".to_owned())
}

impl Chosen {
    /// Whether all that was asked for holds; of several tags or techniques one is enough.
    pub fn holds(&self, rule: &Rule) -> bool {
        let has_tag =
            |wanted: &String| rule.tags.iter().any(|tag| tag.eq_ignore_ascii_case(wanted));
        let has_technique = |wanted: &String| {
            rule.techniques.iter().any(|technique| {
                let technique = technique.to_uppercase();
                let part = technique.strip_prefix(wanted.as_str());
                part.is_some_and(|part| part.is_empty() || part.starts_with('.'))
            })
        };
        (self.tag.is_empty() || self.tag.iter().any(has_tag))
            && (self.technique.is_empty() || self.technique.iter().any(has_technique))
            && self
                .min_severity
                .is_none_or(|least| rule.severity >= Some(least))
    }
}

/// Everything that the paths name; errors are drawn, what is less is left to `huntql check`.
pub fn load(paths: &RulePaths) -> Vec<Loaded> {
    let loaded = load_all(&paths.paths);
    for one in &loaded {
        let errors: Vec<Diagnostic> = one
            .diagnostics
            .iter()
            .filter(|found| found.is_error())
            .cloned()
            .collect();
        draw(one, &errors);
    }
    loaded
}

/// Draws diagnostics of a rule at their places in its file.
pub fn draw(loaded: &Loaded, diagnostics: &[Diagnostic]) {
    let question = Question {
        text: loaded.document.to_string(),
        origin: loaded.file.display().to_string(),
        path: Some(loaded.file.clone()),
    };
    report::diagnostics(&question, diagnostics);
}

/// The failure that rules with errors are, when all others were done.
pub fn verdict(loaded: &[Loaded]) -> Result<(), Failure> {
    match loaded.iter().any(Loaded::has_errors) {
        true => Err(Failure::Reported(EXIT_QUERY)),
        false => Ok(()),
    }
}
