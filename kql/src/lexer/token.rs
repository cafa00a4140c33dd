//! Tokens: the words, literals and signs of a query, each with its place.

use crate::span::Span;
use crate::types::Value;

#[derive(Debug, Clone, PartialEq)]
pub struct Token {
    pub kind: TokenKind,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub enum TokenKind {
    /// An identifier or a keyword; the grammar tells them apart. Operators with hyphens (`mv-expand`) are one word.
    Word,
    /// A number, `1d`, `datetime(…)`, `dynamic(…)`, `true` …: everything constant except strings.
    Literal(Value),
    /// A string in any of its forms, without quotes and escapes.
    String { value: String, obfuscated: bool },
    /// A sign or a word operator that can be no name: `==`, `|`, `!has`, `in~` ….
    Symbol(&'static str),
    /// A character that is no part of the language. It has a diagnostic of its own.
    Unknown,
}

impl Token {
    pub fn is_symbol(&self, symbol: &str) -> bool {
        matches!(self.kind, TokenKind::Symbol(found) if found == symbol)
    }

    /// Whether this is the word as given; keywords are lower case in KQL.
    pub fn is_word(&self, word: &str, source: &str) -> bool {
        self.kind == TokenKind::Word && self.span.text(source) == word
    }
}

/// Signs and word operators that can be no name, the longest of each beginning first.
pub(super) const SYMBOLS: &[&str] = &[
    "!hasprefix_cs",
    "!hassuffix_cs",
    "!startswith_cs",
    "!contains_cs",
    "!endswith_cs",
    "!hasprefix",
    "!hassuffix",
    "!startswith",
    "!contains",
    "!endswith",
    "!between",
    "!has_cs",
    "!has",
    "!in~",
    "!in",
    "in~",
    "..",
    "=>",
    "==",
    "=~",
    "!=",
    "!~",
    "<>",
    "<=",
    ">=",
    "<|",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "|",
    ",",
    ";",
    ":",
    ".",
    "=",
    "<",
    ">",
    "+",
    "-",
    "*",
    "/",
    "%",
    "?",
    "@",
];

/// Words with hyphens. Elsewhere a hyphen is a minus.
pub(super) const HYPHENATED: &[&str] = &[
    "assert-schema",
    "execute-and-cache",
    "granny-asc",
    "granny-desc",
    "graph-mark-components",
    "graph-match",
    "graph-merge",
    "graph-shortest-paths",
    "graph-to-table",
    "graph-where-edges",
    "graph-where-nodes",
    "macro-expand",
    "make-graph",
    "make-series",
    "mv-apply",
    "mv-expand",
    "parse-kv",
    "parse-where",
    "partition-by",
    "partitioned-by",
    "project-away",
    "project-by-names",
    "project-keep",
    "project-rename",
    "project-reorder",
    "project-smart",
    "sample-distinct",
    "top-hitters",
    "top-nested",
];
