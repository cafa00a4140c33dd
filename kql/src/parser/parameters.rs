//! Parameters of operators: `kind=inner hint.strategy=shuffle`, and properties in brackets: `with (title = "x")`.

use super::basic::{any_word, keyword, literal, name, symbol};
use super::error::{PResult, missing};
use super::tokens::Tokens;
use crate::ast::{Expr, ExprKind, Name};
use crate::lexer::TokenKind;
use crate::operators::OperatorParameter;
use crate::span::Span;

/// Any number of `name=value`, where the name is in the list, or begins with `hint`.
pub(crate) fn parameters<'a>(
    known: &'static [&'static str],
) -> impl Fn(Tokens<'a>) -> PResult<'a, Vec<OperatorParameter>> {
    move |mut input| {
        let mut parameters = Vec::new();
        loop {
            match dotted_name(input) {
                Some((rest, name))
                    if name.text.starts_with("hint.") || known.contains(&name.text.as_str()) =>
                {
                    tight_sign(input, rest);
                    let (rest, value) = value(rest)?;
                    let span = name.span.to(value.span);
                    parameters.push(OperatorParameter { name, value, span });
                    // Commas between parameters are old, but accepted.
                    input = if rest.is_symbol(0, ",") && dotted_name(rest.skip(1)).is_some() {
                        rest.skip(1)
                    } else {
                        rest
                    };
                }
                _ => return Ok((input, parameters)),
            }
        }
    }
}

/// `a.b.c =`: the name, and what is behind the sign.
fn dotted_name(input: Tokens<'_>) -> Option<(Tokens<'_>, Name)> {
    let first = input
        .first()
        .filter(|token| token.kind == TokenKind::Word)?;
    let mut length = 1;
    while input.is_symbol(length, ".") && input.nth(length + 1)?.kind == TokenKind::Word {
        length += 2;
    }
    if !input.is_symbol(length, "=") {
        return None;
    }
    let span = Span::new(first.span.start, input.nth(length - 1)?.span.end);
    let name = Name {
        text: span.text(input.source()).to_owned(),
        bracketed: false,
        span,
    };
    Some((input.skip(length + 1), name))
}

/// The `=` of a parameter has no space around it.
fn tight_sign(name: Tokens<'_>, value: Tokens<'_>) {
    let length = name.rest().len() - value.rest().len();
    name.skip(length - 1).note_tight();
    value.note_tight();
}

/// A literal, a name, or something in brackets.
fn value(input: Tokens<'_>) -> PResult<'_, Expr> {
    if input.is_symbol(0, "(") || input.is_symbol(0, "-") {
        return super::expr::expr(input);
    }
    if let Ok(found) = literal(input) {
        return Ok(found);
    }
    let (input, name) = any_word(input)?;
    Ok((
        input,
        Expr {
            span: name.span,
            kind: ExprKind::Name(name),
        },
    ))
}

/// `with ( name = value, … )`, perhaps not there. A further value of the same property (`series = a, b`) is a parameter of the
/// same name.
pub(crate) fn with_properties(input: Tokens<'_>) -> PResult<'_, Vec<OperatorParameter>> {
    if !input.is_word(0, "with") || !input.is_symbol(1, "(") {
        missing(input, "with");
        return Ok((input, Vec::new()));
    }
    let (input, _) = keyword("with")(input)?;
    let (mut input, _) = symbol("(")(input)?;
    let mut properties: Vec<OperatorParameter> = Vec::new();
    while !input.is_symbol(0, ")") {
        let (rest, property) = property(input, properties.last())?;
        properties.push(property);
        input = rest;
        if !input.is_symbol(0, ",") {
            break;
        }
        input = input.skip(1);
    }
    let (input, _) = symbol(")")(input)?;
    Ok((input, properties))
}

fn property<'a>(
    input: Tokens<'a>,
    previous: Option<&OperatorParameter>,
) -> PResult<'a, OperatorParameter> {
    if let Some((rest, name)) = dotted_name(input) {
        tight_sign(input, rest);
        let (rest, value) = super::expr::expr(rest)?;
        let span = name.span.to(value.span);
        return Ok((rest, OperatorParameter { name, value, span }));
    }
    let Some(previous) = previous else {
        let (rest, _) = name(input)?;
        return super::error::fail(rest, "=");
    };
    let (rest, value) = super::expr::expr(input)?;
    let span = value.span;
    Ok((
        rest,
        OperatorParameter {
            name: previous.name.clone(),
            value,
            span,
        },
    ))
}
