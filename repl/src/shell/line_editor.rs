//! What happens while a line is typed: colours, hints, Tab, and what Enter does.

use super::commands;
use super::complete::{Completions, signature};
use super::highlight;
use super::input::{Typed, is_ready};
use huntql_kql::lexer::{Token, TokenKind, lex};
use rustyline::completion::{Completer, Pair};
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::{Hint, Hinter};
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{CompletionType, Context};
use std::borrow::Cow;
use std::cell::Cell;

/// Columns of the longest note beside a candidate.
const NOTE_WIDTH: usize = 60;

pub struct Helper {
    pub completions: Completions,
    last: Option<String>,
    /// Lines of the text when Enter was pressed last: more than one line since then is a paste.
    lines: Cell<usize>,
    is_coloured: bool,
}

impl Helper {
    pub fn new(completions: Completions) -> Helper {
        Helper {
            completions,
            last: None,
            lines: Cell::new(0),
            is_coloured: std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
        }
    }

    /// A new text begins; a line with a pipe would go on from `last`.
    pub fn begin(&mut self, last: Option<&str>) {
        self.last = last.map(str::to_owned);
        self.lines.set(0);
    }
}

impl rustyline::Helper for Helper {}

impl Completer for Helper {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        at: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Pair>)> {
        let offer = self.completions.offer(line, at, self.last.as_deref());
        let longest = offer
            .candidates
            .iter()
            .map(|candidate| candidate.text.chars().count())
            .max()
            .unwrap_or(0);
        let pair = |candidate: super::complete::Candidate| {
            let note: String = candidate.note.chars().take(NOTE_WIDTH).collect();
            let display = match note.is_empty() {
                // The quote that closes a value is typed with it, and need not be read.
                true => candidate.text.trim_end_matches(['"', '\'']).to_owned(),
                false => format!("{:<longest$}  {note}", candidate.text),
            };
            Pair {
                display,
                replacement: candidate.text,
            }
        };
        let pairs = offer.candidates.into_iter().map(pair).collect();
        Ok((offer.start, pairs))
    }
}

impl Validator for Helper {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        let text = context.input();
        let lines = text.split('\n').count();
        let typed = match lines > self.lines.get().max(1) {
            true => Typed::Paste,
            false => Typed::Lines,
        };
        let is_command = text.trim_start().starts_with(['.', '\\']);
        if text.trim().is_empty() || is_command || is_ready(&format!("{text}\n"), typed, true) {
            return Ok(ValidationResult::Valid(None));
        }
        self.lines.set(lines + 1);
        Ok(ValidationResult::Incomplete)
    }
}

/// A text behind the cursor that Right does not take.
pub struct Remark(String);

impl Hint for Remark {
    fn display(&self) -> &str {
        &self.0
    }

    fn completion(&self) -> Option<&str> {
        None
    }
}

impl Hinter for Helper {
    type Hint = Remark;

    fn hint(&self, line: &str, at: usize, _: &Context<'_>) -> Option<Remark> {
        if at < line.len() || line.is_empty() {
            return None;
        }
        if line.starts_with('.') {
            return commands::usage_of(line).map(|usage| Remark(format!("  {usage}")));
        }
        let (tokens, _) = lex(line);
        let name = called(&tokens, line)?;
        signature(name).map(|signature| Remark(format!("   {signature}")))
    }
}

/// The function whose arguments are being typed.
fn called<'a>(tokens: &[Token], text: &'a str) -> Option<&'a str> {
    let mut depth = 0_usize;
    for (index, token) in tokens.iter().enumerate().rev() {
        match token.kind {
            TokenKind::Symbol(")" | "]" | "}") => depth += 1,
            TokenKind::Symbol("(") if depth == 0 => {
                let before = tokens.get(index.checked_sub(1)?)?;
                return (before.kind == TokenKind::Word).then(|| before.span.text(text));
            }
            TokenKind::Symbol("(" | "[" | "{") => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

impl Highlighter for Helper {
    fn highlight<'l>(&self, line: &'l str, _: usize) -> Cow<'l, str> {
        match self.is_coloured && !line.starts_with('.') {
            true => Cow::Owned(highlight::coloured(line)),
            false => Cow::Borrowed(line),
        }
    }

    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, _: bool) -> Cow<'b, str> {
        match self.is_coloured {
            true => Cow::Owned(format!("\u{1b}[1m{prompt}\u{1b}[0m")),
            false => Cow::Borrowed(prompt),
        }
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        match self.is_coloured {
            true => Cow::Owned(format!("\u{1b}[90m{hint}\u{1b}[0m")),
            false => Cow::Borrowed(hint),
        }
    }

    fn highlight_candidate<'c>(&self, candidate: &'c str, _: CompletionType) -> Cow<'c, str> {
        match candidate.split_once("  ") {
            Some((text, note)) if self.is_coloured => {
                Cow::Owned(format!("{text}  \u{1b}[90m{note}\u{1b}[0m"))
            }
            _ => Cow::Borrowed(candidate),
        }
    }

    fn highlight_char(&self, _: &str, _: usize, kind: CmdKind) -> bool {
        self.is_coloured && kind != CmdKind::MoveCursor
    }
}
