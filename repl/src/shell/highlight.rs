//! A query in colours, by the lexer's tokens.

use huntql_kql::lexer::{Lexed, TokenKind, lex_all};
use huntql_kql::operators::OPERATORS;
use huntql_kql::span::Span;

const OPERATOR: &str = "\u{1b}[1;34m";
const KEYWORD: &str = "\u{1b}[34m";
const FUNCTION: &str = "\u{1b}[36m";
const STRING: &str = "\u{1b}[32m";
const NUMBER: &str = "\u{1b}[35m";
const COMMENT: &str = "\u{1b}[90m";
const WRONG: &str = "\u{1b}[31m";
const PLAIN: &str = "\u{1b}[0m";

const KEYWORDS: &[&str] = &[
    "let",
    "set",
    "declare",
    "by",
    "on",
    "and",
    "or",
    "in",
    "has",
    "contains",
    "startswith",
    "endswith",
    "has_any",
    "has_all",
    "has_cs",
    "contains_cs",
    "between",
    "matches",
    "regex",
    "asc",
    "desc",
    "with",
    "kind",
    "of",
    "from",
    "to",
    "step",
    "nulls",
    "first",
    "last",
];

/// The text with colours around its tokens; nothing else of it changes.
pub fn coloured(text: &str) -> String {
    let lexed = lex_all(text);
    let mut styled: Vec<(Span, &str)> = styles(&lexed, text);
    styled.extend(lexed.comments.iter().map(|comment| (*comment, COMMENT)));
    styled.sort_by_key(|(span, _)| span.start);
    let mut out = String::with_capacity(text.len() * 2);
    let mut at = 0;
    for (span, style) in styled {
        out.push_str(&text[at..span.start]);
        out.push_str(style);
        out.push_str(span.text(text));
        out.push_str(PLAIN);
        at = span.end;
    }
    out.push_str(&text[at..]);
    out
}

fn styles(lexed: &Lexed, text: &str) -> Vec<(Span, &'static str)> {
    let mut styled = Vec::new();
    let mut begins = true;
    for (index, token) in lexed.tokens.iter().enumerate() {
        let word = token.span.text(text);
        let style = match &token.kind {
            TokenKind::Word if begins && OPERATORS.iter().any(|row| row.name == word) => OPERATOR,
            TokenKind::Word if KEYWORDS.contains(&word) => KEYWORD,
            TokenKind::Word => match lexed.tokens.get(index + 1) {
                Some(next) if next.is_symbol("(") => FUNCTION,
                _ => "",
            },
            TokenKind::String { .. } => STRING,
            TokenKind::Literal(_) => NUMBER,
            TokenKind::Unknown => WRONG,
            TokenKind::Symbol(symbol) if symbol.starts_with(['!', 'i']) && symbol.len() > 2 => {
                KEYWORD
            }
            TokenKind::Symbol(_) => "",
        };
        if !style.is_empty() {
            styled.push((token.span, style));
        }
        begins = matches!(token.kind, TokenKind::Symbol("|" | ";" | "(" | "{"));
    }
    styled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_change_no_character() {
        let text = "let a = 'x'; // note\nT | where b !has \"ü“ | take 5";
        let mut plain = coloured(text);
        for style in [
            OPERATOR, KEYWORD, FUNCTION, STRING, NUMBER, COMMENT, WRONG, PLAIN,
        ] {
            plain = plain.replace(style, "");
        }
        assert_eq!(plain, text);
    }
}
