//! `join` and `lookup`: rows of two tables side by side.

use super::OperatorParameter;
use crate::ast::{Expr, Pipeline};
use crate::operators::OperatorKind;
use crate::parser::{
    PResult, Tokens, after_keyword, comma_list1, expr, parameters, wildcard_table,
};

/// `join [kind=…] [hint.…] Right on Condition, …`
#[derive(Debug, Clone, PartialEq)]
pub struct Join {
    /// `kind=…` and hints as written; the binder knows the kinds.
    pub parameters: Vec<OperatorParameter>,
    pub right: Box<Pipeline>,
    /// `Name`, `$left.a == $right.b`, or conjunctions of them. Empty when `on` is missing (an error of the binder).
    pub on: Vec<Expr>,
}

/// `lookup [kind=…] Right on Condition, …`
#[derive(Debug, Clone, PartialEq)]
pub struct Lookup {
    pub parameters: Vec<OperatorParameter>,
    pub right: Box<Pipeline>,
    pub on: Vec<Expr>,
}

/// What stands behind the name of both operators.
struct Sides {
    parameters: Vec<OperatorParameter>,
    right: Box<Pipeline>,
    on: Vec<Expr>,
}

fn sides(input: Tokens<'_>) -> PResult<'_, Sides> {
    let (input, parameters) = parameters(&["kind", "withsource", "with_source"])(input)?;
    let (input, right) = wildcard_table(input)?;
    let (input, on) = after_keyword("on", comma_list1(expr))(input)?;
    Ok((
        input,
        Sides {
            parameters,
            right: Box::new(right),
            on: on.unwrap_or_default(),
        },
    ))
}

pub(super) fn parse_join(input: Tokens<'_>) -> PResult<'_, OperatorKind> {
    let (
        input,
        Sides {
            parameters,
            right,
            on,
        },
    ) = sides(input)?;
    Ok((
        input,
        OperatorKind::Join(Join {
            parameters,
            right,
            on,
        }),
    ))
}

pub(super) fn parse_lookup(input: Tokens<'_>) -> PResult<'_, OperatorKind> {
    let (
        input,
        Sides {
            parameters,
            right,
            on,
        },
    ) = sides(input)?;
    Ok((
        input,
        OperatorKind::Lookup(Lookup {
            parameters,
            right,
            on,
        }),
    ))
}
