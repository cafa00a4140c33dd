//! What may stand at a place of a text that is being typed.
//!
//! Works on the tokens in front of the place alone: the text there is rarely a query yet. The answer names kinds of things in
//! the order in which they are likely ([`Want`]), the word that is being typed, and a text whose result has the columns that can
//! be named. Which tables, columns and functions there are, others know.

mod frames;
mod stage;
#[cfg(test)]
mod tests;

use crate::lexer::{Token, TokenKind, lex_all};
use crate::span::Span;
use frames::Frames;

/// A place in a text, and what may stand there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Site {
    /// Kinds of things, likely ones first.
    pub wants: Vec<Want>,
    /// What is typed of it so far; empty between words.
    pub word: Span,
    /// The statements in force, each with its `;`.
    pub prelude: String,
    /// The pipeline up to the operator that is being typed. Its columns are those that can be named. `None` without one.
    pub input: Option<String>,
}

/// A kind of thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Want {
    Tables,
    /// Names that `let` gave, and parameters.
    Names,
    /// Saved functions that give tables.
    TableFunctions,
    /// Operators that need no input.
    SourceOperators,
    /// Operators behind a pipe.
    Operators,
    Columns,
    /// Columns of both sides of a join; this text gives the right side's.
    JoinColumns(String),
    /// Columns of this text's result.
    ColumnsOf(String),
    Functions,
    Aggregates,
    Plugins,
    Visualizations,
    Types,
    /// Comparison operators that fit this column.
    Comparisons(String),
    /// Values of this column, inside of a string.
    Values(String),
    Words(&'static [&'static str]),
}

impl Site {
    fn nothing(at: usize) -> Site {
        Site {
            word: Span::new(at, at),
            ..Site::default()
        }
    }

    /// The text whose result has the columns: the statements in force and the pipeline.
    pub fn query(&self) -> Option<String> {
        let input = self.input.as_ref()?;
        Some(format!("{}{input}", self.prelude))
    }
}

/// What may stand at byte `at` of a text. What is behind it does not matter.
pub fn site(text: &str, at: usize) -> Site {
    let Some(text) = text.get(..at) else {
        return Site::nothing(at);
    };
    let lexed = lex_all(text);
    if lexed.comments.last().is_some_and(|last| last.end == at) {
        return Site::nothing(at);
    }
    let mut tokens = lexed.tokens;
    if let Some(last) = tokens.last()
        && matches!(last.kind, TokenKind::String { .. })
        && last.span.end == at
        && lexed
            .diagnostics
            .iter()
            .any(|found| found.span().start >= last.span.start)
    {
        let opening = last.span;
        tokens.pop();
        return in_text(text, &tokens, opening);
    }
    let word = typed_word(text, &tokens, at);
    tokens.retain(|token| token.span.start < word.start);
    if tokens
        .last()
        .is_some_and(|last| last.span.end == at && matches!(last.kind, TokenKind::Literal(_)))
    {
        return Site::nothing(at);
    }
    let frames = Frames::of(text, &tokens);
    Site {
        wants: stage::wants(&frames),
        word,
        prelude: frames.prelude(),
        input: frames.input(),
    }
}

/// The word that ends at the place. Behind a pipe hyphens belong to it, and `!` does before a letter.
fn typed_word(text: &str, tokens: &[Token], at: usize) -> Span {
    let joins = |token: &Token| {
        matches!(token.kind, TokenKind::Word | TokenKind::Unknown) || token.is_symbol("-")
    };
    let mut start = at;
    let mut from = tokens.len();
    for (index, token) in tokens.iter().enumerate().rev() {
        if token.span.end != start || !joins(token) {
            break;
        }
        start = token.span.start;
        from = index;
    }
    let behind_pipe = from > 0 && tokens[from - 1].is_symbol("|");
    let last = match tokens.last() {
        Some(last) if last.span.end == at => last,
        _ => return Span::new(at, at),
    };
    if behind_pipe && start < at {
        return Span::new(start, at);
    }
    if last.kind != TokenKind::Word {
        return Span::new(at, at);
    }
    let bang = last.span.start > 0 && text.as_bytes()[last.span.start - 1] == b'!';
    Span::new(last.span.start - usize::from(bang), at)
}

/// Inside of a string: values of the column that it is compared with.
fn in_text(text: &str, tokens: &[Token], opening: Span) -> Site {
    let quote = opening
        .text(text)
        .find(['"', '\''])
        .map_or(opening.start, |quote| opening.start + quote + 1);
    let frames = Frames::of(text, tokens);
    let wants = stage::compared_column(text, tokens).map(Want::Values);
    Site {
        wants: wants.into_iter().collect(),
        word: Span::new(quote.min(opening.end), opening.end),
        prelude: frames.prelude(),
        input: frames.input(),
    }
}
