//! `sort` (and `order`), and the sort keys that other operators share.

use super::OperatorParameter;
use crate::ast::NamedExpr;
use crate::operators::OperatorKind;
use crate::parser::{
    PResult, Tokens, after_keyword, comma_list1, keyword, named_expr, one_of, parameters,
};
use crate::span::Span;
use nom::Parser;
use nom::combinator::opt;

/// `sort by Key [asc|desc] [nulls first|last], …`
#[derive(Debug, Clone, PartialEq)]
pub struct Sort {
    pub hints: Vec<OperatorParameter>,
    pub keys: Vec<SortKey>,
}

/// A key with what was written; the defaults (`desc`; nulls last for `desc`, first for `asc`) are the binder's.
#[derive(Debug, Clone, PartialEq)]
pub struct SortKey {
    pub value: NamedExpr,
    pub direction: Option<Direction>,
    pub nulls: Option<Nulls>,
    pub span: Span,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Asc,
    Desc,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nulls {
    First,
    Last,
}

pub(super) const DIRECTIONS: &[(&str, Direction)] =
    &[("asc", Direction::Asc), ("desc", Direction::Desc)];

const NULLS: &[(&str, Nulls)] = &[("first", Nulls::First), ("last", Nulls::Last)];

pub(super) fn parse(input: Tokens<'_>) -> PResult<'_, OperatorKind> {
    let (input, hints) = parameters(&[])(input)?;
    let (input, _) = keyword("by")(input)?;
    let (input, keys) = comma_list1(sort_key)(input)?;
    Ok((input, OperatorKind::Sort(Sort { hints, keys })))
}

pub(super) fn sort_key(input: Tokens<'_>) -> PResult<'_, SortKey> {
    let start = input.position();
    let (input, value) = named_expr(input)?;
    let (input, direction) = opt(one_of(DIRECTIONS)).parse(input)?;
    let (input, nulls) = after_keyword("nulls", one_of(NULLS))(input)?;
    Ok((
        input,
        SortKey {
            value,
            direction,
            nulls,
            span: input.span_from(start),
        },
    ))
}
