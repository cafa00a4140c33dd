//! What stands between operators: literals, names, calls, brackets, and access to members.

use super::basic::{any_word, function_name, literal, made_name, name, symbol};
use super::error::{PResult, fail, missing, refuse};
use super::limits::taller;
use super::query;
use super::reserved;
use super::tokens::Tokens;
use crate::ast::{Arg, Binary, BinaryOp, Call, Expr, ExprKind, Name};
use crate::diagnostics::Diagnostic;
use crate::lexer::TokenKind;

/// `primary`, then any number of `.member`, `[index]`.
pub(crate) fn postfix(input: Tokens<'_>) -> PResult<'_, Expr> {
    postfix_with(input, name)
}

/// [`postfix`], with what can be a member: `database("x").T*` is one where tables are listed.
pub(super) fn postfix_with<'a>(
    input: Tokens<'a>,
    member_name: fn(Tokens<'a>) -> PResult<'a, Name>,
) -> PResult<'a, Expr> {
    let start = input.position();
    let (mut input, mut value) = primary(input)?;
    loop {
        let (rest, kind) = if input.is_symbol(0, "[") {
            index(input, value)?
        } else if input.is_symbol(0, ".") && input.is_symbol(1, "[") {
            index(input.skip(1), value)?
        } else if input.is_symbol(0, ".") {
            member(input, value, member_name)?
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

/// `.name`; `.name(args)` is a call on a cluster or a database.
fn member<'a>(
    input: Tokens<'a>,
    value: Expr,
    member_name: fn(Tokens<'a>) -> PResult<'a, Name>,
) -> PResult<'a, ExprKind> {
    let input = input.skip(1);
    let start = input.position();
    let (input, member) = member_name(input)?;
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

/// `[expr]`; a point may stand in front of it: `a.[0]`, `a.['b']`.
fn index(input: Tokens<'_>, value: Expr) -> PResult<'_, ExprKind> {
    input.note_tight();
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
        TokenKind::Word if !names_something(input) => return reserved_word(input),
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

/// Whether the word that is next can be a name here, or the name of a function.
fn names_something(input: Tokens<'_>) -> bool {
    let word = input.first_text();
    let called = input.is_symbol(1, "(") && reserved::can_be_called(word);
    // With anything else in its brackets a datetime is a literal, which the lexer would have read.
    let clock = input.is_symbol(2, ")") || (input.is_word(2, "now") && input.is_symbol(3, ")"));
    reserved::can_be_used(word) || (called && (clock || !matches!(word, "date" | "datetime")))
}

/// A keyword stands where an expression should. One that could be meant as a name is told how to become one.
fn reserved_word<'a, T>(input: Tokens<'a>) -> PResult<'a, T> {
    let word = input.first_text();
    let ends_here = input.nth(1).is_none_or(
        |next| matches!(next.kind, TokenKind::Symbol(symbol) if symbol != "(" && symbol != "*"),
    );
    if !reserved::can_be_bracketed(word) || !ends_here {
        return fail(input, "an expression");
    }
    let message = format!("`{word}` is a keyword, and no name without brackets");
    refuse(
        input,
        Diagnostic::syntax("KS228", input.here(), message).help(format!("write `['{word}']`")),
    )
}

fn name_or_call(input: Tokens<'_>) -> PResult<'_, ExprKind> {
    let (rest, name) = function_name(input)?;
    if !rest.is_symbol(0, "(") {
        return Ok((rest, ExprKind::Name(name)));
    }
    let (rest, call) = call_args(rest, name)?;
    Ok((rest, ExprKind::Call(call)))
}

/// `name(args)`
pub(crate) fn call(input: Tokens<'_>) -> PResult<'_, Call> {
    let (input, name) = function_name(input)?;
    call_args(input, name)
}

fn call_args(input: Tokens<'_>, name: Name) -> PResult<'_, Call> {
    input.note_tight();
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
    let item = if name.text == "typeof" {
        typeof_arg
    } else {
        arg
    };
    let (input, args) = super::basic::comma_list1(item)(input)?;
    let (input, _) = symbol(")")(input)?;
    Ok((input, Call { name, args }))
}

/// `expr`, `name = expr`, `pipeline`
fn arg(input: Tokens<'_>) -> PResult<'_, Arg> {
    let (input, named) = if input.is_symbol(1, "=") {
        let (rest, name) = made_name(input)?;
        (rest.skip(1), Some(name))
    } else {
        (input, None)
    };
    let (input, value) = query::expr_or_pipeline(input)?;
    Ok((input, Arg { name: named, value }))
}

/// `string`, `*`, `Name: type`: what stands in `typeof(…)`. A type is a name here; with a column it is a `:` of two names.
fn typeof_arg(input: Tokens<'_>) -> PResult<'_, Arg> {
    let start = input.position();
    if input.is_symbol(0, "*") {
        let value = Expr {
            kind: ExprKind::Star,
            span: input.here(),
        };
        return Ok((input.skip(1), Arg { name: None, value }));
    }
    let (input, left) = any_name(input)?;
    if !input.is_symbol(0, ":") {
        missing(input, ":");
        return Ok((
            input,
            Arg {
                name: None,
                value: left,
            },
        ));
    }
    let op_span = input.here();
    let (input, right) = any_name(input.skip(1))?;
    let kind = ExprKind::Binary(Box::new(Binary {
        op: BinaryOp::Colon,
        op_span,
        left,
        right,
    }));
    Ok((
        input,
        Arg {
            name: None,
            value: Expr {
                kind,
                span: input.span_from(start),
            },
        },
    ))
}

fn any_name(input: Tokens<'_>) -> PResult<'_, Expr> {
    let (input, name) = any_word(input)?;
    Ok((
        input,
        Expr {
            span: name.span,
            kind: ExprKind::Name(name),
        },
    ))
}
