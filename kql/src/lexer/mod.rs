//! Text to tokens.
//!
//! Nothing of the text is lost: what is neither token nor comment is white space, and a character that fits nowhere is a
//! token of its own with a diagnostic. Source of the odd rules (a real is tried before a timespan, a name may begin with
//! digits, a typed literal has no space before its bracket): Microsoft's own parser.

mod dynamic;
mod number;
mod string;
mod token;
mod typed;

pub use token::{Token, TokenKind};

use crate::diagnostics::Diagnostic;
use crate::span::Span;
use crate::types::Value;
use token::{HYPHENATED, SYMBOLS};

/// A text taken apart.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Lexed {
    pub tokens: Vec<Token>,
    /// `// …`, each without its line end.
    pub comments: Vec<Span>,
    pub diagnostics: Vec<Diagnostic>,
}

/// Takes a text apart into tokens and what is wrong with them.
pub fn lex(text: &str) -> (Vec<Token>, Vec<Diagnostic>) {
    let lexed = lex_all(text);
    (lexed.tokens, lexed.diagnostics)
}

/// [`lex`], with the comments.
pub fn lex_all(text: &str) -> Lexed {
    let mut scanner = Scanner {
        text,
        at: 0,
        diagnostics: Vec::new(),
    };
    let mut tokens = Vec::new();
    let mut comments = Vec::new();
    loop {
        scanner.skip_while(is_white_space);
        let start = scanner.at;
        if scanner.rest().is_empty() {
            break;
        }
        if scanner.rest().starts_with("//") {
            scanner.skip_while(|c| c != '\n' && c != '\r');
            comments.push(Span::new(start, scanner.at));
            continue;
        }
        let kind = scanner.token();
        tokens.push(Token {
            kind,
            span: Span::new(start, scanner.at),
        });
    }
    Lexed {
        tokens,
        comments,
        diagnostics: scanner.diagnostics,
    }
}

/// A byte order mark counts as white space.
fn is_white_space(c: char) -> bool {
    c.is_whitespace() || c == '\u{feff}' || c == '\u{200b}'
}

fn begins_name(c: char) -> bool {
    c.is_alphabetic() || c == '_' || c == '$'
}

fn continues_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The text, and how far it has been read.
struct Scanner<'a> {
    text: &'a str,
    at: usize,
    diagnostics: Vec<Diagnostic>,
}

impl<'a> Scanner<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Takes this text, if it is next.
    fn eat(&mut self, expected: &str) -> bool {
        let found = self.rest().starts_with(expected);
        if found {
            self.at += expected.len();
        }
        found
    }

    /// Takes the characters that fit, and gives them.
    fn skip_while(&mut self, fits: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let length = rest.find(|c| !fits(c)).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    fn error(
        &mut self,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
    ) -> &mut Diagnostic {
        self.diagnostics
            .push(Diagnostic::syntax(code, span, message));
        self.diagnostics
            .last_mut()
            .expect("it was pushed in the line above")
    }

    /// Reads one token; the scanner stands at its first character.
    fn token(&mut self) -> TokenKind {
        if let Some(string) = self.string() {
            return string;
        }
        let Some(first) = self.peek() else {
            return TokenKind::Unknown;
        };
        if first.is_ascii_hexdigit()
            && let Some(guid) = self.bare_guid()
        {
            return TokenKind::Literal(guid);
        }
        if first.is_ascii_digit()
            && let Some(number) = self.number()
        {
            return TokenKind::Literal(number);
        }
        if let Some(symbol) = self.symbol() {
            return TokenKind::Symbol(symbol);
        }
        if begins_name(first) || first.is_ascii_digit() {
            return self.word();
        }
        self.at += first.len_utf8();
        let span = Span::new(self.at - first.len_utf8(), self.at);
        let error = self.error("KS002", span, format!("`{first}` has no meaning here"));
        error.help = match first {
            '“' | '”' | '„' | '‘' | '’' => {
                Some("write a straight quote, `\"` or `'`".into())
            }
            '&' => Some("write `and`".into()),
            '!' => Some(
                "negated operators are one word, as in `!contains`; `not(…)` negates a condition"
                    .into(),
            ),
            '¦' | '｜' | '│' => Some("write `|`".into()),
            '#' => Some("write `//` before a comment".into()),
            _ => None,
        };
        TokenKind::Unknown
    }

    fn symbol(&mut self) -> Option<&'static str> {
        let rest = self.rest();
        // Of all words only `in~` is a sign.
        if rest.starts_with(begins_name) && !rest.starts_with("in~") {
            return None;
        }
        let symbol = SYMBOLS.iter().copied().find(|symbol| {
            let whole_word = |behind: &str| {
                !symbol.ends_with(continues_name) || !behind.starts_with(continues_name)
            };
            rest.strip_prefix(symbol).is_some_and(whole_word)
        })?;
        self.at += symbol.len();
        Some(symbol)
    }

    /// A name, a keyword, `true`, or a typed literal such as `long(1)`.
    fn word(&mut self) -> TokenKind {
        let start = self.at;
        self.eat("$");
        self.skip_while(continues_name);
        if self.rest().starts_with('-')
            && let Some(word) = hyphenated(&self.text[start..])
        {
            self.at = start + word.len();
            return TokenKind::Word;
        }
        let word = &self.text[start..self.at];
        match word {
            "true" | "True" | "TRUE" => return TokenKind::Literal(Value::Bool(Some(true))),
            "false" | "False" | "FALSE" => return TokenKind::Literal(Value::Bool(Some(false))),
            _ => {}
        }
        self.typed_literal(word, start)
            .map_or(TokenKind::Word, TokenKind::Literal)
    }
}

/// The word with hyphens that `text` begins with.
fn hyphenated(text: &str) -> Option<&'static str> {
    let begins = |word: &&str| {
        text.strip_prefix(*word)
            .is_some_and(|behind| !behind.starts_with(continues_name))
    };
    HYPHENATED.iter().copied().find(begins)
}

#[cfg(test)]
mod tests;
