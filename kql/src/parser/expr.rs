//! Expressions: `or`, `and`, the binary operators by their binding strength, and signs.
//!
//! The strengths are the table [`BINARY_OPERATORS`]; what stands between operators is in `primary`.

use super::basic::{comma_list1, in_round, made_name, symbol};
use super::error::{PResult, missing};
use super::limits::{nested, taller};
use super::primary::postfix;
use super::query;
use super::tokens::Tokens;
use crate::ast::{
    BINARY_OPERATORS, Between, Binary, BinaryOp, Expr, ExprKind, In, InOp, NamedExpr, UnaryOp,
};
use crate::lexer::TokenKind;

/// How tightly `==` and its family, `in` and `between` bind.
const EQUALITY: u8 = 3;
const ADDITION: u8 = 5;
const MULTIPLICATION: u8 = 6;
const STRING: u8 = 7;

/// `a or b or …`
pub(crate) fn expr(input: Tokens<'_>) -> PResult<'_, Expr> {
    nested(input, |input| {
        n_ary(
            input,
            "or",
            |input| n_ary(input, "and", |input| binary(input, EQUALITY), ExprKind::And),
            ExprKind::Or,
        )
    })
}

/// `operand word operand word …` as one node; a single operand stays itself.
fn n_ary<'a>(
    input: Tokens<'a>,
    word: &'static str,
    operand: impl Fn(Tokens<'a>) -> PResult<'a, Expr>,
    node: fn(Vec<Expr>) -> ExprKind,
) -> PResult<'a, Expr> {
    let start = input.position();
    let (mut input, first) = operand(input)?;
    if !input.is_word(0, word) {
        missing(input, word);
        return Ok((input, first));
    }
    let mut operands = vec![first];
    while input.is_word(0, word) {
        let (rest, next) = operand(input.skip(1))?;
        operands.push(next);
        input = rest;
    }
    missing(input, word);
    Ok((
        input,
        Expr {
            kind: node(operands),
            span: input.span_from(start),
        },
    ))
}

/// What an operator is, and how many tokens it has.
enum Infix {
    Binary(BinaryOp, usize),
    In(InOp),
    Between { negated: bool },
}

/// The infix operator that is next, if it binds at `strength` or tighter.
fn infix(input: Tokens<'_>, strength: u8) -> Option<(Infix, u8)> {
    let token = input.first()?;
    let text = match token.kind {
        TokenKind::Word => token.span.text(input.source()),
        TokenKind::Symbol(symbol) => symbol,
        _ => return None,
    };
    if text == "matches" && input.is_word(1, "regex") {
        return Some((Infix::Binary(BinaryOp::MatchesRegex, 2), STRING));
    }
    if let Some((_, op, found)) = BINARY_OPERATORS
        .iter()
        .find(|(spelling, ..)| *spelling == text)
    {
        return (*found >= strength).then_some((Infix::Binary(*op, 1), *found));
    }
    if strength > EQUALITY {
        return None;
    }
    if let Some(op) = InOp::ALL.into_iter().find(|op| op.symbol() == text) {
        return Some((Infix::In(op), EQUALITY));
    }
    match text {
        "between" => Some((Infix::Between { negated: false }, EQUALITY)),
        "!between" => Some((Infix::Between { negated: true }, EQUALITY)),
        _ => None,
    }
}

/// Operators that bind at `strength` or tighter, from the left.
fn binary(input: Tokens<'_>, strength: u8) -> PResult<'_, Expr> {
    let start = input.position();
    let (mut input, mut left) = unary(input)?;
    let mut ceiling = u8::MAX;
    while let Some((operator, found)) =
        infix(input, strength).filter(|(_, found)| *found <= ceiling)
    {
        ceiling = if chains(found) { found } else { found - 1 };
        let left_height = input.state.height.replace(0);
        let (rest, kind) = match operator {
            Infix::Binary(op, tokens) => binary_rest(input, left, op, tokens, found)?,
            Infix::In(op) => in_rest(input, left, op)?,
            Infix::Between { negated } => between_rest(input, left, negated)?,
        };
        let height = left_height.max(rest.state.height.get());
        rest.state.height.set(height);
        taller(input)?;
        left = Expr {
            kind,
            span: rest.span_from(start),
        };
        input = rest;
    }
    Ok((input, left))
}

/// Whether operators of this strength can follow each other: arithmetic does, comparisons do not.
fn chains(strength: u8) -> bool {
    (ADDITION..=MULTIPLICATION).contains(&strength)
}

fn binary_rest<'a>(
    input: Tokens<'a>,
    left: Expr,
    op: BinaryOp,
    tokens: usize,
    strength: u8,
) -> PResult<'a, ExprKind> {
    let behind = input.skip(tokens);
    let op_span = behind.span_from(input.position());
    let (rest, right) = binary(behind, strength + 1)?;
    Ok((
        rest,
        ExprKind::Binary(Box::new(Binary {
            op,
            op_span,
            left,
            right,
        })),
    ))
}

/// `in (a, b)`, `in (T | …)`
fn in_rest<'a>(input: Tokens<'a>, value: Expr, op: InOp) -> PResult<'a, ExprKind> {
    let op_span = input.here();
    let (input, items) = in_round(comma_list1(query::expr_or_pipeline))(input.skip(1))?;
    Ok((
        input,
        ExprKind::In(Box::new(In {
            op,
            op_span,
            value,
            items,
        })),
    ))
}

/// `between (low .. high)`
fn between_rest<'a>(input: Tokens<'a>, value: Expr, negated: bool) -> PResult<'a, ExprKind> {
    let op_span = input.here();
    let (input, _) = symbol("(")(input.skip(1))?;
    let (input, low) = expr(input)?;
    let (input, _) = symbol("..")(input)?;
    let (input, high) = expr(input)?;
    let (input, _) = symbol(")")(input)?;
    Ok((
        input,
        ExprKind::Between(Box::new(Between {
            negated,
            op_span,
            value,
            low,
            high,
        })),
    ))
}

/// `-a`, `+a`; there is one sign at most.
fn unary(input: Tokens<'_>) -> PResult<'_, Expr> {
    let sign = match input.first().map(|token| &token.kind) {
        Some(TokenKind::Symbol("-")) => UnaryOp::Minus,
        Some(TokenKind::Symbol("+")) => UnaryOp::Plus,
        _ => return postfix(input),
    };
    let start = input.position();
    input.skip(1).note_tight();
    let (rest, operand) = postfix(input.skip(1))?;
    taller(input)?;
    Ok((
        rest,
        Expr {
            kind: ExprKind::Unary(sign, Box::new(operand)),
            span: rest.span_from(start),
        },
    ))
}

/// `expr`, `name = expr`, `(a, b) = expr`
pub(crate) fn named_expr(input: Tokens<'_>) -> PResult<'_, NamedExpr> {
    let start = input.position();
    let (input, names) = assigned_names(input)?;
    let (names, tuple) = names.map_or_else(|| (Vec::new(), false), |(names, tuple)| (names, tuple));
    let (input, value) = expr(input)?;
    Ok((
        input,
        NamedExpr {
            names,
            tuple,
            value,
            span: input.span_from(start),
        },
    ))
}

type AssignedNames = (Vec<crate::ast::Name>, bool);

/// `name =` or `(a, b) =`, if it is there.
fn assigned_names(input: Tokens<'_>) -> PResult<'_, Option<AssignedNames>> {
    if input.is_symbol(0, "(") && tuple_ahead(input) {
        let (rest, names) = in_round(comma_list1(made_name))(input)?;
        let (rest, _) = symbol("=")(rest)?;
        return Ok((rest, Some((names, true))));
    }
    let name_length = if input.is_symbol(0, "[") { 3 } else { 1 };
    if input.is_symbol(name_length, "=")
        && let Ok((rest, found)) = made_name(input)
    {
        return Ok((rest.skip(1), Some((vec![found], false))));
    }
    Ok((input, None))
}

/// Whether `( name , name … ) =` is next.
fn tuple_ahead(input: Tokens<'_>) -> bool {
    let plain = |token: &crate::lexer::Token| {
        matches!(token.kind, TokenKind::Word | TokenKind::String { .. })
            || token.is_symbol(",")
            || token.is_symbol("[")
            || token.is_symbol("]")
    };
    let length = input.rest()[1..]
        .iter()
        .take_while(|token| plain(token))
        .count();
    input.is_symbol(1 + length, ")") && input.is_symbol(2 + length, "=")
}
