//! Everything that is said on stderr: diagnostics with carets, hints, reports; or, where machines listen, documents and
//! nothing else.

mod findings;
mod sarif;

pub use findings::Finding;

use crate::output::fitted;
use crate::question::Question;
use crate::screen::window;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use clap::ValueEnum;
use huntql_kql::diagnostics::{Diagnostic, Severity};
use huntql_kql::span::Span;
use serde_json::{Value, json};
use std::io::{IsTerminal, Write};
use std::sync::OnceLock;

/// How errors are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ErrorFormat {
    /// With carets, for people.
    Text,
    /// An array of findings.
    Json,
    /// SARIF 2.1.0.
    Sarif,
}

/// Set once, before anything is said; text until then.
static FORMAT: OnceLock<ErrorFormat> = OnceLock::new();

/// From here on stderr is for machines, unless the format is text: a document for each report, and no hints or footers.
pub fn speak(format: ErrorFormat) {
    // A second call finds it set: a process has one command.
    let _ = FORMAT.set(format);
}

fn format() -> ErrorFormat {
    *FORMAT.get().unwrap_or(&ErrorFormat::Text)
}

/// Findings as a document; `None` for people.
pub fn document(format: ErrorFormat, findings: &[Finding]) -> Option<Value> {
    match format {
        ErrorFormat::Text => None,
        ErrorFormat::Json => Some(json!(findings)),
        ErrorFormat::Sarif => Some(sarif::document(findings, None)),
    }
}

/// Writes a line to stderr, for people. There is nobody to tell when that fails.
pub fn say(text: &str) {
    if format() == ErrorFormat::Text {
        write(text);
    }
}

/// Why the program stops, where it is not a place in a query.
pub fn failed(kind: &str, message: &str) {
    match format() {
        ErrorFormat::Text => write(&format!("{kind}: {message}")),
        ErrorFormat::Json => write(&json!([{"severity": "error", "message": message}]).to_string()),
        ErrorFormat::Sarif => write(&sarif::document(&[], Some(message)).to_string()),
    }
}

fn write(text: &str) {
    let _ = writeln!(std::io::stderr(), "{}", without_numbers(text));
}

/// The system's words for what went wrong without its number for it: `No such file or directory (os error 2)`.
fn without_numbers(text: &str) -> String {
    const BEGIN: &str = " (os error ";
    let mut left = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(BEGIN) {
        let behind = &rest[at + BEGIN.len()..];
        let digits = behind.trim_start_matches(|c: char| c.is_ascii_digit());
        match digits.strip_prefix(')') {
            Some(end) => {
                left.push_str(&rest[..at]);
                rest = end;
            }
            None => {
                left.push_str(&rest[..at + BEGIN.len()]);
                rest = behind;
            }
        }
    }
    left.push_str(rest);
    left
}

/// A hint that belongs to no place in the query.
pub fn hint(text: &str) {
    let text = format!("hint: {text}");
    match std::io::stderr().is_terminal() {
        true => say(fitted(&text, window().0).trim_end()),
        false => say(&text),
    }
}

/// Draws all of them, errors last: that is where one looks.
pub fn diagnostics(question: &Question, diagnostics: &[Diagnostic]) {
    let findings = diagnostics
        .iter()
        .map(|found| Finding::new(question, found));
    if let Some(document) = document(format(), &findings.collect::<Vec<_>>()) {
        if !diagnostics.is_empty() {
            write(&document.to_string());
        }
        return;
    }
    let renderer = renderer();
    let (errors, others): (Vec<_>, Vec<_>) = diagnostics.iter().partition(|found| found.is_error());
    let drawn: Vec<String> = others
        .into_iter()
        .chain(errors)
        .map(|diagnostic| render(&renderer, question, diagnostic))
        .collect();
    if !drawn.is_empty() {
        say(&drawn.join("\n\n"));
    }
}

/// All errors as one line of plain text, for machines.
pub fn one_line(diagnostics: &[Diagnostic]) -> String {
    let mut messages: Vec<String> = diagnostics
        .iter()
        .filter(|found| found.is_error())
        .map(|found| format!("{}: {}", found.code, found.message))
        .collect();
    messages.dedup();
    messages.join("; ")
}

fn renderer() -> Renderer {
    let wants_colour = std::io::stderr().is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
    let renderer = if wants_colour {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    // Of a line that does not fit, what surrounds the place is shown.
    match std::io::stderr().is_terminal() {
        true => renderer.term_width(window().0),
        false => renderer,
    }
}

fn render(renderer: &Renderer, question: &Question, diagnostic: &Diagnostic) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Hint => Level::INFO.with_name("hint"),
    };
    let title = level
        .primary_title(diagnostic.message.as_str())
        .id(diagnostic.code);
    let mut group: Group<'_> = if diagnostic.labels.is_empty() {
        Group::with_title(title)
    } else {
        title.element(snippet(question, diagnostic))
    };
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    renderer.render(&[group])
}

fn snippet<'a>(
    question: &'a Question,
    diagnostic: &'a Diagnostic,
) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let mut snippet = Snippet::source(question.text.as_str()).path(question.origin.as_str());
    for (index, label) in diagnostic.labels.iter().enumerate() {
        let kind = if index == 0 {
            AnnotationKind::Primary
        } else {
            AnnotationKind::Context
        };
        let mut annotation = kind.span(drawable(&question.text, label.span));
        if !label.text.is_empty() {
            annotation = annotation.label(label.text.as_str());
        }
        snippet = snippet.annotation(annotation);
    }
    snippet
}

/// The span within the text and on whole characters, whatever was asked for.
fn drawable(text: &str, span: Span) -> std::ops::Range<usize> {
    let floor = |mut at: usize| {
        at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let start = floor(span.start);
    start..floor(span.end).max(start)
}
