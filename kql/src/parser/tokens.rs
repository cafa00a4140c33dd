//! What the parsers read: a slice of tokens, with the text behind it and the state of the parse.

use super::error::Farthest;
use crate::diagnostics::Diagnostic;
use crate::lexer::Token;
use crate::span::Span;
use std::cell::{Cell, RefCell};
use std::iter::Enumerate;

/// The rest of the tokens.
#[derive(Clone, Copy)]
pub(crate) struct Tokens<'a> {
    rest: &'a [Token],
    /// The end of the token that was taken last.
    behind: usize,
    pub(super) state: &'a State<'a>,
}

/// What all parsers of one text share.
pub(super) struct State<'a> {
    pub(super) source: &'a str,
    pub(super) farthest: RefCell<Farthest>,
    /// A diagnostic that a parser made itself, instead of "expected …".
    pub(super) particular: RefCell<Option<Diagnostic>>,
    /// How many brackets are open.
    pub(super) depth: Cell<usize>,
    /// The height of the tree of what was read last at this depth.
    pub(super) height: Cell<usize>,
    /// Where tokens begin that stand directly behind the one in front: what only the grammar knows, for the formatter.
    pub(super) tight: RefCell<Vec<usize>>,
}

impl<'a> State<'a> {
    pub(super) fn new(source: &'a str) -> Self {
        Self {
            source,
            farthest: RefCell::default(),
            particular: RefCell::default(),
            depth: Cell::new(0),
            height: Cell::new(0),
            tight: RefCell::default(),
        }
    }
}

impl<'a> Tokens<'a> {
    pub(super) fn new(rest: &'a [Token], state: &'a State<'a>) -> Self {
        Self {
            rest,
            behind: 0,
            state,
        }
    }

    pub(crate) fn source(&self) -> &'a str {
        self.state.source
    }

    pub(crate) fn rest(&self) -> &'a [Token] {
        self.rest
    }

    pub(crate) fn first(&self) -> Option<&'a Token> {
        self.rest.first()
    }

    pub(crate) fn nth(&self, n: usize) -> Option<&'a Token> {
        self.rest.get(n)
    }

    /// The text of the next token.
    pub(crate) fn first_text(&self) -> &'a str {
        self.first()
            .map_or("", |token| token.span.text(self.source()))
    }

    /// Whether the n-th token from here is this sign.
    pub(crate) fn is_symbol(&self, n: usize, symbol: &str) -> bool {
        self.nth(n).is_some_and(|token| token.is_symbol(symbol))
    }

    /// Whether the n-th token from here is this word.
    pub(crate) fn is_word(&self, n: usize, word: &str) -> bool {
        self.nth(n)
            .is_some_and(|token| token.is_word(word, self.source()))
    }

    /// Where the next token begins; behind the last one at the end.
    pub(crate) fn position(&self) -> usize {
        self.first().map_or(self.behind, |token| token.span.start)
    }

    /// The place of the next token; an empty place behind the last one at the end.
    pub(crate) fn here(&self) -> Span {
        self.first()
            .map_or(Span::new(self.behind, self.behind), |token| token.span)
    }

    /// The place from `start` to the end of what was taken.
    pub(crate) fn span_from(&self, start: usize) -> Span {
        Span::new(start, self.behind.max(start))
    }

    /// Notes that the formatter must put the next token directly behind the one in front.
    pub(crate) fn note_tight(&self) {
        self.state.tight.borrow_mut().push(self.position());
    }

    /// Without the first `count` tokens, which are not understood: the formatter keeps their spacing.
    pub(super) fn skip_verbatim(self, count: usize) -> Self {
        let skipped = &self.rest[..count.min(self.rest.len())];
        let adjacent = skipped
            .windows(2)
            .filter(|pair| pair[0].span.end == pair[1].span.start);
        self.state
            .tight
            .borrow_mut()
            .extend(adjacent.map(|pair| pair[1].span.start));
        self.skip(count)
    }

    /// Without the first `count` tokens.
    pub(crate) fn skip(self, count: usize) -> Self {
        let count = count.min(self.rest.len());
        let behind = self.rest[..count]
            .last()
            .map_or(self.behind, |token| token.span.end);
        Self {
            rest: &self.rest[count..],
            behind,
            state: self.state,
        }
    }
}

impl<'a> nom::Input for Tokens<'a> {
    type Item = &'a Token;
    type Iter = std::slice::Iter<'a, Token>;
    type IterIndices = Enumerate<std::slice::Iter<'a, Token>>;

    fn input_len(&self) -> usize {
        self.rest.len()
    }

    fn take(&self, index: usize) -> Self {
        Self {
            rest: &self.rest[..index],
            ..*self
        }
    }

    fn take_from(&self, index: usize) -> Self {
        self.skip(index)
    }

    fn take_split(&self, index: usize) -> (Self, Self) {
        (self.skip(index), nom::Input::take(self, index))
    }

    fn position<P: Fn(Self::Item) -> bool>(&self, predicate: P) -> Option<usize> {
        self.rest.iter().position(predicate)
    }

    fn iter_elements(&self) -> Self::Iter {
        self.rest.iter()
    }

    fn iter_indices(&self) -> Self::IterIndices {
        self.rest.iter().enumerate()
    }

    fn slice_index(&self, count: usize) -> Result<usize, nom::Needed> {
        if count <= self.rest.len() {
            Ok(count)
        } else {
            Err(nom::Needed::new(count - self.rest.len()))
        }
    }
}
