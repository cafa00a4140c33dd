//! What is wrong with a query, and where.
//!
//! One shape for every stage: the parser and the binder fill it, the terminal draws it. Codes are Kusto's own where the
//! condition is theirs (`KS142`, `KS106`, `SYN0001`, `SEM0100` …) and `HQ…` where it is ours.

use crate::span::Span;
use serde::Serialize;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Error,
    Warning,
    Hint,
}

/// Whose fault it is. Decides the status of a batch answer and the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Fault {
    /// The text is not KQL.
    Syntax,
    /// The text is KQL, but names or types do not fit the tables.
    Binding,
    /// The text is good KQL that huntql does not run; the message names the part.
    Unsupported,
}

/// A span and what to say under its caret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Label {
    pub span: Span,
    pub text: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    pub code: &'static str,
    pub severity: Severity,
    pub fault: Fault,
    /// What was read, in backticks, and what is known. Lower case, no full stop.
    pub message: String,
    /// The first label is the place of the error; others are places that help to understand it.
    pub labels: Vec<Label>,
    /// One line that can be acted on.
    pub help: Option<String>,
}

impl Diagnostic {
    pub fn error(fault: Fault, code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            fault,
            message: message.into(),
            labels: vec![Label {
                span,
                text: String::new(),
            }],
            help: None,
        }
    }

    pub fn syntax(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self::error(Fault::Syntax, code, span, message)
    }

    pub fn binding(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self::error(Fault::Binding, code, span, message)
    }

    /// `what` is the name of the operator, function, option … that is refused, as the user wrote it.
    pub fn unsupported(span: Span, message: impl Into<String>) -> Self {
        Self::error(Fault::Unsupported, "HQ001", span, message)
    }

    #[must_use]
    pub fn with_severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// Sets the text under the caret of the first label.
    #[must_use]
    pub fn labelled(mut self, text: impl Into<String>) -> Self {
        if let Some(label) = self.labels.first_mut() {
            label.text = text.into();
        }
        self
    }

    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub fn span(&self) -> Span {
        self.labels
            .first()
            .map(|label| label.span)
            .unwrap_or_default()
    }

    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// The candidate nearest to `read`, when near enough to be what was meant; else the shortest that begins so.
pub fn did_you_mean<'a>(
    read: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let lower = read.to_lowercase();
    let candidates: Vec<&str> = candidates.into_iter().collect();
    let near = candidates
        .iter()
        .copied()
        .map(|candidate| {
            (
                strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()),
                candidate,
            )
        })
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len().min(read.len()) / 4)
        .min_by_key(|(distance, candidate)| (*distance, candidate.len()))
        .map(|(_, candidate)| candidate);
    // A name that was cut short: `pie` for `piechart`.
    let begins = |candidate: &&&str| candidate.to_lowercase().starts_with(&lower);
    let longer = || candidates.iter().filter(begins).min_by_key(|one| one.len());
    near.or_else(|| (lower.len() >= 3).then(longer).flatten().copied())
}
