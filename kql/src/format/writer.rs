//! The text that is made: tokens with the space between them, comments, lines.

use crate::lexer::{Token, TokenKind};
use crate::parser::Parsed;
use crate::span::Span;
use crate::types::Type;

pub(super) const INDENT: usize = 4;

pub(super) struct Writer<'a> {
    pub(super) source: &'a str,
    pub(super) parsed: &'a Parsed,
    out: String,
    /// A line ends before the next token, which is indented by this.
    pending: Option<usize>,
    /// The indentation of the line that is being written.
    pub(super) line_indent: usize,
    last: Option<usize>,
    comments_written: usize,
}

impl<'a> Writer<'a> {
    pub(super) fn new(source: &'a str, parsed: &'a Parsed) -> Self {
        Self {
            source,
            parsed,
            out: String::new(),
            pending: None,
            line_indent: 0,
            last: None,
            comments_written: 0,
        }
    }

    pub(super) fn token_text(&self, at: usize) -> &'a str {
        self.parsed.tokens[at].span.text(self.source)
    }

    /// Ends the line before the next token.
    pub(super) fn end_line(&mut self, indent: usize) {
        self.pending = Some(indent);
    }

    /// Characters in the line so far; the indentation, when a new one is to begin.
    pub(super) fn column(&self) -> usize {
        match self.pending {
            Some(indent) => indent,
            None => self.out[self.out.rfind('\n').map_or(0, |end| end + 1)..]
                .chars()
                .count(),
        }
    }

    /// The indentation of the line on which the next token will stand.
    pub(super) fn next_indent(&self) -> usize {
        self.pending.unwrap_or(self.line_indent)
    }

    /// Whether there are comments in front of a token.
    pub(super) fn has_comments(&self, at: usize) -> bool {
        let from = if at == 0 {
            0
        } else {
            self.parsed.tokens[at - 1].span.end
        };
        let to = self.parsed.tokens[at].span.start;
        let first = self
            .parsed
            .comments
            .partition_point(|comment| comment.start < from);
        self.parsed
            .comments
            .get(first)
            .is_some_and(|comment| comment.start < to)
    }

    pub(super) fn token(&mut self, at: usize) {
        let span = self.parsed.tokens[at].span;
        self.comments_before(span.start);
        self.begin(
            span,
            self.last.is_some_and(|last| self.space_between(last, at)),
        );
        self.out.push_str(span.text(self.source));
        self.last = Some(at);
    }

    pub(super) fn finish(mut self) -> String {
        self.comments_before(self.source.len());
        self.out.push('\n');
        self.out
    }

    /// Starts the line that is due, or puts the space.
    fn begin(&mut self, span: Span, space: bool) {
        match self.pending.take() {
            Some(indent) => {
                let blank =
                    indent == 0 && span.text(self.source) != "|" && self.blank_line_before(span);
                self.new_line(indent, blank);
            }
            None if space => self.out.push(' '),
            None => {}
        }
    }

    fn new_line(&mut self, indent: usize, blank: bool) {
        self.line_indent = indent;
        if self.out.is_empty() {
            return;
        }
        self.out.push_str(if blank { "\n\n" } else { "\n" });
        self.out.extend(std::iter::repeat_n(' ', indent));
    }

    /// Whether the text had an empty line in front of this place.
    fn blank_line_before(&self, span: Span) -> bool {
        let before = &self.source[..span.start];
        let gap = &before[before.trim_end().len()..];
        gap.bytes().filter(|byte| *byte == b'\n').count() > 1
    }

    /// Writes the comments up to this place: one that stood behind a token stays there, the others get lines of their own.
    fn comments_before(&mut self, end: usize) {
        while let Some(comment) = self
            .parsed
            .comments
            .get(self.comments_written)
            .copied()
            .filter(|c| c.start < end)
        {
            self.comments_written += 1;
            let line = self.source[..comment.start]
                .rfind('\n')
                .map_or(0, |end| end + 1);
            let behind_token = !self.source[line..comment.start].trim().is_empty();
            let indent = self.pending.unwrap_or(self.line_indent);
            if behind_token && !self.out.is_empty() {
                self.out.push(' ');
            } else {
                self.pending = None;
                self.new_line(indent, self.blank_line_before(comment));
            }
            self.out.push_str(comment.text(self.source).trim_end());
            self.pending = Some(indent);
        }
    }

    /// Whether a space stands between two tokens of a line.
    pub(super) fn space_between(&self, left: usize, right: usize) -> bool {
        let (left, right) = (&self.parsed.tokens[left], &self.parsed.tokens[right]);
        if self.parsed.tight.binary_search(&right.span.start).is_ok() {
            return false;
        }
        match (sign(left), sign(right)) {
            // A point behind a number would become part of it.
            (_, ".") => {
                matches!(left.kind, TokenKind::Literal(_)) && left.span.end != right.span.start
            }
            (_, ":") => false,
            ("(" | "[" | ".", _) | (_, ")" | "]" | "," | ";") => false,
            ("{", "}") => false,
            (":", _) => {
                !self.names_type(right)
                    && !matches!(right.kind, TokenKind::Literal(_) | TokenKind::String { .. })
            }
            _ => true,
        }
    }

    fn names_type(&self, token: &Token) -> bool {
        token.kind == TokenKind::Word && Type::parse(token.span.text(self.source)).is_some()
    }
}

fn sign(token: &Token) -> &'static str {
    match token.kind {
        TokenKind::Symbol(symbol) => symbol,
        _ => "",
    }
}
