//! The farthest error: of all that was tried, what got farthest into the text, and everything that could have stood there.

use super::advice::{Site, advice};
use super::tokens::Tokens;
use crate::diagnostics::Diagnostic;
use crate::span::Span;
use nom::error::{ErrorKind, ParseError};

pub(crate) type PResult<'a, T> = nom::IResult<Tokens<'a>, T, Stop>;

/// A parser stopped; why is in the state of the parse: [`Farthest`], or a diagnostic of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stop;

impl<'a> ParseError<Tokens<'a>> for Stop {
    fn from_error_kind(_: Tokens<'a>, _: ErrorKind) -> Self {
        Stop
    }

    fn append(_: Tokens<'a>, _: ErrorKind, other: Self) -> Self {
        other
    }
}

/// The farthest place at which a parser failed, and what the parsers that failed there were looking for.
#[derive(Debug, Default)]
pub(super) struct Farthest {
    at: Option<Span>,
    expected: Vec<&'static str>,
}

impl Farthest {
    fn note(&mut self, here: Span, expected: &'static str) {
        if self.at.is_none_or(|at| here.start > at.start) {
            self.at = Some(here);
            self.expected.clear();
        }
        if self.at == Some(here) && !self.expected.contains(&expected) {
            self.expected.push(expected);
        }
    }

    /// Forgets what was noted; the parse goes on behind it.
    pub(super) fn reset(&mut self) {
        *self = Self::default();
    }

    /// Whether one of the parsers looked for this.
    pub(super) fn expects(&self, wanted: &str) -> bool {
        self.expected.contains(&wanted)
    }

    /// "expected `by`, `,` or `|`, found `x`"
    pub(super) fn diagnostic(&self, fallback: Span, source: &str) -> Diagnostic {
        let at = self
            .at
            .filter(|at| at.start >= fallback.start)
            .unwrap_or(fallback);
        let found = match at.text(source) {
            "" => "the end of the text".to_owned(),
            text => format!("`{}`", shortened(text)),
        };
        let expected = if self.at == Some(at) {
            self.expected.as_slice()
        } else {
            &[]
        };
        if expected.is_empty() {
            return Diagnostic::syntax("KS198", at, format!("{found} is not expected here"));
        }
        let message = format!("expected {}, found {found}", alternatives(expected));
        let mut diagnostic = Diagnostic::syntax(code(expected), at, message);
        diagnostic.help = advice(&Site {
            source,
            at: at.start,
            found: at.text(source),
            expected,
        });
        diagnostic
    }
}

/// Microsoft's code for what is missing.
fn code(expected: &[&str]) -> &'static str {
    match expected {
        ["a query operator"] => "KS176",
        _ if expected.contains(&"an expression") => "KS006",
        [_] => "KS005",
        _ => "KS198",
    }
}

fn shortened(text: &str) -> String {
    const LENGTH_MAX: usize = 40;
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(LENGTH_MAX) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None if line.len() < text.len() => format!("{line}…"),
        None => line.to_owned(),
    }
}

/// "`by`, `,` or `|`". A description (`a name`) comes without backticks, a piece of text with them.
fn alternatives(expected: &[&str]) -> String {
    let shown: Vec<String> = expected
        .iter()
        .map(|text| {
            if text.starts_with("a ") || text.starts_with("an ") {
                (*text).to_owned()
            } else {
                format!("`{text}`")
            }
        })
        .collect();
    match shown.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// Notes that `expected` is missing at the next token.
pub(crate) fn missing(input: Tokens<'_>, expected: &'static str) {
    input
        .state
        .farthest
        .borrow_mut()
        .note(input.here(), expected);
}

/// Fails because `expected` is missing at the next token. Another parser may still fit.
pub(crate) fn fail<'a, T>(input: Tokens<'a>, expected: &'static str) -> PResult<'a, T> {
    missing(input, expected);
    Err(nom::Err::Error(Stop))
}

/// Fails with a diagnostic of its own; no other parser is tried.
pub(crate) fn refuse<'a, T>(input: Tokens<'a>, diagnostic: Diagnostic) -> PResult<'a, T> {
    input
        .state
        .particular
        .borrow_mut()
        .get_or_insert(diagnostic);
    Err(nom::Err::Failure(Stop))
}
