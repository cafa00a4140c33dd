//! `parse`, `parse-where`, `parse-kv`: columns out of text.

use super::OperatorParameter;
use crate::ast::{ColumnDeclaration, Expr, Name};
use crate::lexer::TokenKind;
use crate::operators::OperatorKind;
use crate::parser::{
    PResult, Tokens, after_keyword, column_declaration, comma_list1, expr, fail, in_round, keyword,
    made_name, parameters, string_literal, type_name, with_properties,
};
use crate::types::Type;

/// `parse [kind=…] [flags=…] Source with Pattern…`
#[derive(Debug, Clone, PartialEq)]
pub struct Parse {
    /// `parse-where`: rows that do not match are dropped.
    pub only_matches: bool,
    pub parameters: Vec<OperatorParameter>,
    pub source: Expr,
    pub pattern: Vec<ParsePart>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum ParsePart {
    /// `*`: skip.
    Star,
    /// A literal text to find, or (kind=regex) a regular expression.
    Text(Expr),
    /// `Name[:type]`
    Column { name: Name, ty: Option<Type> },
}

/// `parse-kv Source as (Name: type, …) [with (option = value, …)]`
#[derive(Debug, Clone, PartialEq)]
pub struct ParseKv {
    pub source: Expr,
    pub columns: Vec<ColumnDeclaration>,
    pub options: Vec<OperatorParameter>,
}

pub(super) fn parse_all(input: Tokens<'_>) -> PResult<'_, OperatorKind> {
    let (input, parse) = parse_with(input)?;
    Ok((input, OperatorKind::Parse(parse)))
}

pub(super) fn parse_where(input: Tokens<'_>) -> PResult<'_, OperatorKind> {
    let (input, parse) = parse_with(input)?;
    Ok((
        input,
        OperatorKind::Parse(Parse {
            only_matches: true,
            ..parse
        }),
    ))
}

fn parse_with(input: Tokens<'_>) -> PResult<'_, Parse> {
    let (input, parameters) = parameters(&["kind", "flags"])(input)?;
    let (input, source) = expr(input)?;
    let (mut input, _) = keyword("with")(input)?;
    let mut pattern = Vec::new();
    while begins_part(input) {
        let (rest, part) = part(input)?;
        pattern.push(part);
        input = rest;
    }
    if pattern.is_empty() {
        return fail(input, "a pattern");
    }
    Ok((
        input,
        Parse {
            only_matches: false,
            parameters,
            source,
            pattern,
        },
    ))
}

fn begins_part(input: Tokens<'_>) -> bool {
    input.first().is_some_and(|token| {
        matches!(
            token.kind,
            TokenKind::Word | TokenKind::String { .. } | TokenKind::Symbol("*" | "[")
        )
    })
}

/// `*`, a string, `Name[:type]`
fn part(input: Tokens<'_>) -> PResult<'_, ParsePart> {
    if input.is_symbol(0, "*") {
        return Ok((input.skip(1), ParsePart::Star));
    }
    if let Ok((rest, text)) = string_literal(input) {
        return Ok((rest, ParsePart::Text(text)));
    }
    let (input, name) = made_name(input)?;
    if !input.is_symbol(0, ":") {
        return Ok((input, ParsePart::Column { name, ty: None }));
    }
    let (input, ty) = type_name(input.skip(1))?;
    Ok((input, ParsePart::Column { name, ty: Some(ty) }))
}

pub(super) fn parse_kv(input: Tokens<'_>) -> PResult<'_, OperatorKind> {
    let (input, source) = expr(input)?;
    let (input, columns) = after_keyword("as", in_round(comma_list1(column_declaration)))(input)?;
    let Some(columns) = columns else {
        return fail(input, "as");
    };
    let (input, options) = with_properties(input)?;
    Ok((
        input,
        OperatorKind::ParseKv(ParseKv {
            source,
            columns,
            options,
        }),
    ))
}
