//! `range`: a column of evenly spaced values.

use crate::ast::{Expr, Name};
use crate::operators::OperatorKind;
use crate::parser::{PResult, Tokens, expr, keyword, made_name};

/// `range Name from Start to Stop step Step`
#[derive(Debug, Clone, PartialEq)]
pub struct Range {
    pub name: Name,
    pub start: Expr,
    pub stop: Expr,
    pub step: Expr,
}

pub(super) fn parse(input: Tokens<'_>) -> PResult<'_, OperatorKind> {
    let (input, name) = made_name(input)?;
    let (input, _) = keyword("from")(input)?;
    let (input, start) = expr(input)?;
    let (input, _) = keyword("to")(input)?;
    let (input, stop) = expr(input)?;
    let (input, _) = keyword("step")(input)?;
    let (input, step) = expr(input)?;
    Ok((
        input,
        OperatorKind::Range(Range {
            name,
            start,
            stop,
            step,
        }),
    ))
}
