//! The smallest parsers: signs, words, names, lists.

use super::error::{PResult, fail, missing, refuse};
use super::reserved;
use super::tokens::Tokens;
use crate::ast::{ColumnDeclaration, Expr, ExprKind, Literal, Name};
use crate::diagnostics::Diagnostic;
use crate::lexer::TokenKind;
use crate::span::Span;
use crate::types::{Type, Value};
use nom::Parser;

/// This sign.
pub(crate) fn symbol<'a>(symbol: &'static str) -> impl Fn(Tokens<'a>) -> PResult<'a, Span> + Copy {
    move |input| match input.first() {
        Some(token) if token.is_symbol(symbol) => Ok((input.skip(1), token.span)),
        _ => fail(input, symbol),
    }
}

/// This word.
pub(crate) fn keyword<'a>(word: &'static str) -> impl Fn(Tokens<'a>) -> PResult<'a, Span> + Copy {
    move |input| match input.first() {
        Some(token) if token.is_word(word, input.source()) => Ok((input.skip(1), token.span)),
        _ => fail(input, word),
    }
}

/// One of these words, with what it stands for.
pub(crate) fn one_of<'a, T: Copy>(
    words: &'static [(&'static str, T)],
) -> impl Fn(Tokens<'a>) -> PResult<'a, T> {
    move |input| {
        let found = words.iter().find(|(word, _)| input.is_word(0, word));
        if let Some((_, value)) = found {
            return Ok((input.skip(1), *value));
        }
        for (word, _) in words {
            missing(input, word);
        }
        Err(nom::Err::Error(super::error::Stop))
    }
}

/// `item, item, …`, at least one. Behind a comma an item must follow.
pub(crate) fn comma_list1<'a, T>(
    item: impl Fn(Tokens<'a>) -> PResult<'a, T>,
) -> impl Fn(Tokens<'a>) -> PResult<'a, Vec<T>> {
    move |input| {
        let (mut input, first) = item(input)?;
        let mut items = vec![first];
        while let (rest, Some(_)) = nom::combinator::opt(symbol(",")).parse(input)? {
            let (rest, next) = item(rest)?;
            items.push(next);
            input = rest;
        }
        Ok((input, items))
    }
}

/// `( inner )`
pub(crate) fn in_round<'a, T>(
    inner: impl Fn(Tokens<'a>) -> PResult<'a, T>,
) -> impl Fn(Tokens<'a>) -> PResult<'a, T> {
    move |input| {
        let (input, _) = symbol("(")(input)?;
        let (input, value) = inner(input)?;
        let (input, _) = symbol(")")(input)?;
        Ok((input, value))
    }
}

/// The parser behind this word, if the word is there: `by …`. Once it is, what follows it must be there as well.
pub(crate) fn after_keyword<'a, T>(
    word: &'static str,
    parser: impl Fn(Tokens<'a>) -> PResult<'a, T>,
) -> impl Fn(Tokens<'a>) -> PResult<'a, Option<T>> {
    move |input| match keyword(word)(input) {
        Ok((rest, _)) => parser(rest).map(|(rest, value)| (rest, Some(value))),
        Err(nom::Err::Error(_)) => Ok((input, None)),
        Err(stop) => Err(stop),
    }
}

/// The name of something that exists: `Name`, `['any text']`.
pub(crate) fn name(input: Tokens<'_>) -> PResult<'_, Name> {
    name_if(input, reserved::can_be_used)
}

/// A name that is given here, which some more keywords can be.
pub(crate) fn made_name(input: Tokens<'_>) -> PResult<'_, Name> {
    name_if(input, reserved::can_be_made)
}

/// The name of a function, in front of its bracket.
pub(super) fn function_name(input: Tokens<'_>) -> PResult<'_, Name> {
    name_if(input, reserved::can_be_called)
}

/// Any word, also a keyword: where only a few are known and the binder tells them apart.
pub(crate) fn any_word(input: Tokens<'_>) -> PResult<'_, Name> {
    name_if(input, |_| true)
}

fn name_if(input: Tokens<'_>, allowed: impl Fn(&str) -> bool) -> PResult<'_, Name> {
    match input.first() {
        Some(token) if token.kind == TokenKind::Word => {
            let text = token.span.text(input.source());
            if !allowed(text) {
                return fail(input, "a name");
            }
            Ok((
                input.skip(1),
                Name {
                    text: text.to_owned(),
                    bracketed: false,
                    span: token.span,
                },
            ))
        }
        _ => bracketed_name(input),
    }
}

fn bracketed_name(input: Tokens<'_>) -> PResult<'_, Name> {
    let Some([open, text, close, ..]) = input.rest().get(..3) else {
        return fail(input, "a name");
    };
    match &text.kind {
        TokenKind::String { value, .. } if open.is_symbol("[") && close.is_symbol("]") => {
            let name = Name {
                text: value.clone(),
                bracketed: true,
                span: open.span.to(close.span),
            };
            Ok((input.skip(3), name))
        }
        _ => fail(input, "a name"),
    }
}

/// A name that may hold `*`: `Device*`, `*`, `*_x`. The parts follow each other without space.
pub(crate) fn wildcard_name(input: Tokens<'_>) -> PResult<'_, Name> {
    if !input.is_symbol(0, "*") && !input.is_symbol(1, "*") {
        return name(input);
    }
    let start = input.position();
    let mut end = start;
    let mut rest = input;
    while let Some(token) = rest.first() {
        let part = token.kind == TokenKind::Word
            || token.is_symbol("*")
            || matches!(token.kind, TokenKind::Literal(Value::Long(_)));
        if !part || (token.span.start != end) {
            break;
        }
        if end != start {
            rest.note_tight();
        }
        end = token.span.end;
        rest = rest.skip(1);
    }
    if end == start {
        return fail(input, "a name");
    }
    let span = Span::new(start, end);
    Ok((
        rest,
        Name {
            text: span.text(input.source()).to_owned(),
            bracketed: false,
            span,
        },
    ))
}

/// A type's name.
pub(crate) fn type_name(input: Tokens<'_>) -> PResult<'_, Type> {
    let known = input
        .first()
        .filter(|token| token.kind == TokenKind::Word)
        .and_then(|_| Type::parse(input.first_text()));
    match known {
        Some(ty) => Ok((input.skip(1), ty)),
        None => fail(input, "a type"),
    }
}

/// `name: type`
pub(crate) fn column_declaration(input: Tokens<'_>) -> PResult<'_, ColumnDeclaration> {
    let start = input.position();
    let (input, name) = made_name(input)?;
    let (input, _) = symbol(":")(input)?;
    let (input, ty) = type_name(input)?;
    Ok((
        input,
        ColumnDeclaration {
            name,
            ty,
            span: input.span_from(start),
        },
    ))
}

/// The length of a guid; with its type, `guid(…)`, it is longer.
const GUID_LENGTH: usize = 36;

/// A string, or several behind each other, which are one; any other constant.
pub(crate) fn literal(input: Tokens<'_>) -> PResult<'_, Expr> {
    let start = input.position();
    match input.first().map(|token| &token.kind) {
        Some(TokenKind::Literal(Value::Guid(_))) if input.first_text().len() == GUID_LENGTH => {
            let message = format!("`{}` is a guid without a type", input.first_text());
            refuse(
                input,
                Diagnostic::syntax("KS214", input.here(), message).help("write `guid(…)`"),
            )
        }
        Some(TokenKind::Literal(value)) => {
            let kind = ExprKind::Literal(Literal {
                value: value.clone(),
                obfuscated: false,
            });
            let rest = input.skip(1);
            Ok((
                rest,
                Expr {
                    kind,
                    span: rest.span_from(start),
                },
            ))
        }
        Some(TokenKind::String { .. }) => Ok(joined_strings(input)),
        _ => fail(input, "a literal"),
    }
}

fn joined_strings(mut input: Tokens<'_>) -> (Tokens<'_>, Expr) {
    let start = input.position();
    let mut joined = String::new();
    let mut hidden = false;
    while let Some(TokenKind::String { value, obfuscated }) = input.first().map(|token| &token.kind)
    {
        joined.push_str(value);
        hidden |= obfuscated;
        input = input.skip(1);
    }
    let kind = ExprKind::Literal(Literal {
        value: Value::String(joined),
        obfuscated: hidden,
    });
    (
        input,
        Expr {
            kind,
            span: input.span_from(start),
        },
    )
}

/// A string literal.
pub(crate) fn string_literal(input: Tokens<'_>) -> PResult<'_, Expr> {
    match input.first().map(|token| &token.kind) {
        Some(TokenKind::String { .. }) => Ok(joined_strings(input)),
        _ => fail(input, "a string"),
    }
}
