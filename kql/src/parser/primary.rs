//! What stands between operators: literals, names, calls, brackets, and access to members.

use super::basic::{literal, name, symbol};
use super::error::{PResult, fail, missing};
use super::limits::taller;
use super::query;
use super::tokens::Tokens;
use crate::ast::{Arg, Call, Expr, ExprKind, Name};
use crate::lexer::TokenKind;

/// Words that are operators or mark the next part of a clause, and so cannot begin an expression.
const RESERVED: &[&str] = &["and", "or", "in", "between", "let"];

/// `primary`, then any number of `.member`, `[index]`.
pub(crate) fn postfix(input: Tokens<'_>) -> PResult<'_, Expr> {
    let start = input.position();
    let (mut input, mut value) = primary(input)?;
    loop {
        let (rest, kind) = if input.is_symbol(0, ".") {
            member(input, value)?
        } else if input.is_symbol(0, "[") {
            index(input, value)?
        } else {
            return Ok((input, value));
        };
        taller(input)?;
        value = Expr {
            kind,
            span: rest.span_from(start),
        };
        input = rest;
    }
}

/// `.name`, `.['name']`, `.0`-like members are not there; `.name(args)` is a call on a cluster or a database.
fn member(input: Tokens<'_>, value: Expr) -> PResult<'_, ExprKind> {
    let start = input.position();
    let (input, member) = name(input.skip(1))?;
    if !input.is_symbol(0, "(") {
        return Ok((input, ExprKind::Member(Box::new(value), member)));
    }
    let (input, call) = call_args(input, member)?;
    let call = Expr {
        kind: ExprKind::Call(call),
        span: input.span_from(start),
    };
    Ok((input, ExprKind::MemberCall(Box::new(value), Box::new(call))))
}

/// `[expr]`
fn index(input: Tokens<'_>, value: Expr) -> PResult<'_, ExprKind> {
    let (input, index) = super::expr::expr(input.skip(1))?;
    let (input, _) = symbol("]")(input)?;
    Ok((input, ExprKind::Index(Box::new(value), Box::new(index))))
}

fn primary(input: Tokens<'_>) -> PResult<'_, Expr> {
    let Some(token) = input.first() else {
        return fail(input, "an expression");
    };
    let start = token.span.start;
    let (rest, kind) = match &token.kind {
        TokenKind::Literal(_) | TokenKind::String { .. } => return literal(input),
        TokenKind::Symbol("(") => round(input)?,
        TokenKind::Symbol("*") => (input.skip(1), ExprKind::Star),
        TokenKind::Symbol("[") => name(input).map(|(rest, name)| (rest, ExprKind::Name(name)))?,
        TokenKind::Word if RESERVED.contains(&input.first_text()) => {
            return fail(input, "an expression");
        }
        TokenKind::Word => name_or_call(input)?,
        TokenKind::Symbol(_) | TokenKind::Unknown => return fail(input, "an expression"),
    };
    Ok((
        rest,
        Expr {
            kind,
            span: rest.span_from(start),
        },
    ))
}

/// `(expr)` or `(pipeline)`
fn round(input: Tokens<'_>) -> PResult<'_, ExprKind> {
    let (input, inner) = query::expr_or_pipeline(input.skip(1))?;
    let (input, _) = symbol(")")(input)?;
    Ok((input, ExprKind::Paren(Box::new(inner))))
}

fn name_or_call(input: Tokens<'_>) -> PResult<'_, ExprKind> {
    let (rest, name) = name(input)?;
    if !rest.is_symbol(0, "(") {
        return Ok((rest, ExprKind::Name(name)));
    }
    let (rest, call) = call_args(rest, name)?;
    Ok((rest, ExprKind::Call(call)))
}

/// `name(args)`
pub(crate) fn call(input: Tokens<'_>) -> PResult<'_, Call> {
    let (input, name) = name(input)?;
    call_args(input, name)
}

fn call_args(input: Tokens<'_>, name: Name) -> PResult<'_, Call> {
    let (input, _) = symbol("(")(input)?;
    if input.is_symbol(0, ")") {
        return Ok((
            input.skip(1),
            Call {
                name,
                args: Vec::new(),
            },
        ));
    }
    missing(input, ")");
    let (input, args) = super::basic::comma_list1(arg)(input)?;
    let (input, _) = symbol(")")(input)?;
    Ok((input, Call { name, args }))
}

/// `expr`, `name = expr`, `pipeline`
fn arg(input: Tokens<'_>) -> PResult<'_, Arg> {
    let (input, named) = if input.is_symbol(1, "=") {
        let (rest, name) = name(input)?;
        (rest.skip(1), Some(name))
    } else {
        (input, None)
    };
    let (input, value) = query::expr_or_pipeline(input)?;
    Ok((input, Arg { name: named, value }))
}
