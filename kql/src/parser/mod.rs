//! Tokens to tree, with nom over a slice of tokens.
//!
//! Every token of the text is either in the tree or in a diagnostic: a statement that is not understood to its end is an
//! error. After an error the parse goes on at the next pipe or semicolon, so that one run reports all of them.
//!
//! Not here: the parsers of the operators, which stand beside their trees in `operators`.

mod advice;
mod basic;
mod error;
mod expr;
mod limits;
mod parameters;
mod primary;
mod query;
mod reserved;
mod statement;
mod tokens;

pub(crate) use basic::{
    after_keyword, any_word, column_declaration, comma_list1, in_round, keyword, made_name, name,
    one_of, string_literal, symbol, type_name, wildcard_name,
};
pub(crate) use error::{PResult, fail, missing, refuse};
pub(crate) use expr::{expr, named_expr};
pub use limits::{HEIGHT_MAX, NESTING_MAX};
pub(crate) use parameters::{parameters, with_properties};
pub(crate) use primary::call;
pub(crate) use query::{operators1, pipeline, wildcard_table};
pub(crate) use tokens::Tokens;

use crate::ast::{Script, Statement, StatementKind};
use crate::diagnostics::{Diagnostic, Label};
use crate::lexer::{Token, TokenKind, lex_all};
use crate::span::Span;
use tokens::State;

/// What became of a text.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Parsed {
    /// The statements that were understood. Complete only when there is no error among the diagnostics.
    pub script: Script,
    /// In the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    pub tokens: Vec<Token>,
    /// `// …`, each without its line end.
    pub comments: Vec<Span>,
    /// Where tokens begin that stand directly behind the one in front, in order.
    pub(crate) tight: Vec<usize>,
}

impl Parsed {
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

/// Reads a text. Never fails: what is wrong is in the diagnostics.
pub fn parse(text: &str) -> Parsed {
    let lexed = lex_all(text);
    let state = State::new(text);
    let mut diagnostics = lexed.diagnostics;
    let mut script = Script::default();
    let mut input = Tokens::new(&lexed.tokens, &state);
    if input.is_symbol(0, ".") {
        // What follows has a grammar of its own: nothing that could be said of it as a query would help.
        let message = "a management command (`.show`, `.create` …) is no query";
        diagnostics = vec![Diagnostic::unsupported(input.here(), message)];
        input = input.skip(lexed.tokens.len());
    }
    while input.first().is_some() {
        let (rest, statement) = statement_or_recover(input, &mut diagnostics);
        script.statements.extend(statement);
        input = rest.skip(1);
    }
    if script.statements.is_empty() && diagnostics.is_empty() {
        diagnostics.push(Diagnostic::syntax(
            "SYN0001",
            Span::new(0, text.len()),
            "there is no query in the text",
        ));
    }
    diagnostics.sort_by_key(Diagnostic::span);
    let mut tight = state.tight.take();
    tight.sort_unstable();
    tight.dedup();
    Parsed {
        script,
        diagnostics,
        tokens: lexed.tokens,
        comments: lexed.comments,
        tight,
    }
}

/// Reads one statement up to its semicolon; after an error reads on, operator by operator, for further errors.
fn statement_or_recover<'a>(
    start: Tokens<'a>,
    diagnostics: &mut Vec<Diagnostic>,
) -> (Tokens<'a>, Option<Statement>) {
    start.state.farthest.borrow_mut().reset();
    let mut input = match ending(start, statement(start)) {
        Ok((rest, statement)) => return (rest, Some(statement)),
        Err(stop) => recover(start, start, stop, diagnostics),
    };
    while input.is_symbol(0, "|") {
        start.state.farthest.borrow_mut().reset();
        input = match ending_or_pipe(query::operator(input.skip(1))) {
            Ok((rest, _)) => rest,
            Err(stop) => recover(start, input.skip(1), stop, diagnostics),
        };
    }
    (input, None)
}

fn statement(input: Tokens<'_>) -> PResult<'_, Statement> {
    let start = input.position();
    let (input, kind) = match statement::statement_kind(input)? {
        (rest, Some(kind)) => (rest, kind),
        (_, None) => {
            pipeline(input).map(|(rest, pipeline)| (rest, StatementKind::Query(pipeline)))?
        }
    };
    Ok((
        input,
        Statement {
            kind,
            span: input.span_from(start),
        },
    ))
}

/// Fails unless a statement ends behind what was read.
fn ending<'a, T>(start: Tokens<'a>, read: PResult<'a, T>) -> PResult<'a, T> {
    let (rest, value) = read?;
    if rest.first().is_none() || rest.is_symbol(0, ";") {
        return Ok((rest, value));
    }
    debug_assert!(
        rest.rest().len() <= start.rest().len(),
        "a parser goes forward"
    );
    fail(rest, ";")
}

fn ending_or_pipe<'a, T>(read: PResult<'a, T>) -> PResult<'a, T> {
    let (rest, value) = read?;
    if rest.first().is_none() || rest.is_symbol(0, ";") || rest.is_symbol(0, "|") {
        return Ok((rest, value));
    }
    missing(rest, "|");
    fail(rest, ";")
}

/// Reports why the parse stopped, and gives the next pipe or semicolon outside of the brackets of the statement.
fn recover<'a>(
    statement: Tokens<'a>,
    failed: Tokens<'a>,
    _: nom::Err<error::Stop>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Tokens<'a> {
    let state = statement.state;
    state.depth.set(0);
    state.height.set(0);
    let diagnostic = state.particular.borrow_mut().take();
    let diagnostic = diagnostic.unwrap_or_else(|| {
        let farthest = state.farthest.borrow();
        let mut diagnostic = farthest.diagnostic(failed.here(), state.source);
        if let Some((open, closer)) = unclosed(statement, diagnostic.span().start)
            && farthest.expects(closer)
        {
            diagnostic.labels.push(Label {
                span: open,
                text: "this bracket is open".to_owned(),
            });
        }
        diagnostic
    });
    let place = diagnostic.span().start;
    if !diagnostics.iter().any(|known| {
        known.is_error()
            && known.span().start <= place
            && place < known.span().end.max(known.span().start + 1)
    }) {
        diagnostics.push(diagnostic);
    }
    resume(statement, place)
}

/// The innermost bracket that is open at `place`, and what closes it.
fn unclosed(statement: Tokens<'_>, place: usize) -> Option<(Span, &'static str)> {
    const PAIRS: &[(&str, &str)] = &[("(", ")"), ("[", "]"), ("{", "}")];
    let mut open = Vec::new();
    for token in statement
        .rest()
        .iter()
        .take_while(|token| token.span.start < place)
    {
        let TokenKind::Symbol(symbol) = token.kind else {
            continue;
        };
        if let Some((_, closer)) = PAIRS.iter().find(|(opener, _)| *opener == symbol) {
            open.push((token.span, *closer));
        } else if PAIRS.iter().any(|(_, closer)| *closer == symbol) {
            open.pop();
        }
    }
    open.pop()
}

/// The first pipe or semicolon at `place` or behind it that is in no bracket.
fn resume(statement: Tokens<'_>, place: usize) -> Tokens<'_> {
    let mut depth = 0_usize;
    for (count, token) in statement.rest().iter().enumerate() {
        let resumable = depth == 0 && count > 0 && token.span.start >= place;
        match token.kind {
            TokenKind::Symbol("|" | ";") if resumable => return statement.skip(count),
            TokenKind::Symbol("(" | "[" | "{") => depth += 1,
            TokenKind::Symbol(")" | "]" | "}") => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    statement.skip(statement.rest().len())
}

#[cfg(test)]
mod tests;
