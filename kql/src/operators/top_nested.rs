//! `top-nested` and `top-hitters`: the most frequent or largest, by levels.

use super::Direction;
use crate::ast::{Expr, NamedExpr};
use crate::operators::OperatorKind;
use crate::operators::sort::DIRECTIONS;
use crate::parser::{PResult, Tokens, after_keyword, expr, keyword, named_expr, one_of, symbol};
use nom::Parser;
use nom::combinator::opt;

/// `top-nested [N] of Item [with others = Value] by Aggregate [asc|desc], …`
#[derive(Debug, Clone, PartialEq)]
pub struct TopNested {
    pub levels: Vec<TopNestedLevel>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct TopNestedLevel {
    pub count: Option<Expr>,
    pub of: NamedExpr,
    pub others: Option<Expr>,
    pub by: NamedExpr,
    pub direction: Option<Direction>,
}

/// `top-hitters N of Item [by Weight]`
#[derive(Debug, Clone, PartialEq)]
pub struct TopHitters {
    pub count: Expr,
    pub of: NamedExpr,
    pub by: Option<NamedExpr>,
}

pub(super) fn parse_nested(input: Tokens<'_>) -> PResult<'_, OperatorKind> {
    let (mut input, first) = level(input)?;
    let mut levels = vec![first];
    while input.is_symbol(0, ",") {
        let (rest, _) = keyword("top-nested")(input.skip(1))?;
        let (rest, next) = level(rest)?;
        levels.push(next);
        input = rest;
    }
    Ok((input, OperatorKind::TopNested(TopNested { levels })))
}

fn level(input: Tokens<'_>) -> PResult<'_, TopNestedLevel> {
    let (input, count) = if input.is_word(0, "of") {
        (input, None)
    } else {
        opt(expr).parse(input)?
    };
    let (input, _) = keyword("of")(input)?;
    let (input, of) = named_expr(input)?;
    let (input, others) = after_keyword("with", others)(input)?;
    let (input, _) = keyword("by")(input)?;
    let (input, by) = named_expr(input)?;
    let (input, direction) = opt(one_of(DIRECTIONS)).parse(input)?;
    Ok((
        input,
        TopNestedLevel {
            count,
            of,
            others,
            by,
            direction,
        },
    ))
}

/// `others = value`
fn others(input: Tokens<'_>) -> PResult<'_, Expr> {
    let (input, _) = keyword("others")(input)?;
    let (input, _) = symbol("=")(input)?;
    expr(input)
}

pub(super) fn parse_hitters(input: Tokens<'_>) -> PResult<'_, OperatorKind> {
    let (input, count) = expr(input)?;
    let (input, _) = keyword("of")(input)?;
    let (input, of) = named_expr(input)?;
    let (input, by) = after_keyword("by", named_expr)(input)?;
    Ok((
        input,
        OperatorKind::TopHitters(TopHitters { count, of, by }),
    ))
}
