//! `sample`, `sample-distinct`: random rows or values.

use crate::ast::{Expr, NamedExpr};
use crate::operators::OperatorKind;
use crate::parser::{PResult, Tokens, expr, keyword, named_expr};

/// `sample N`
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    pub count: Expr,
}

/// `sample-distinct N of Item`
#[derive(Debug, Clone, PartialEq)]
pub struct SampleDistinct {
    pub count: Expr,
    pub of: NamedExpr,
}

pub(super) fn parse(input: Tokens<'_>) -> PResult<'_, OperatorKind> {
    let (input, count) = expr(input)?;
    Ok((input, OperatorKind::Sample(Sample { count })))
}

pub(super) fn parse_distinct(input: Tokens<'_>) -> PResult<'_, OperatorKind> {
    let (input, count) = expr(input)?;
    let (input, _) = keyword("of")(input)?;
    let (input, of) = named_expr(input)?;
    Ok((
        input,
        OperatorKind::SampleDistinct(SampleDistinct { count, of }),
    ))
}
