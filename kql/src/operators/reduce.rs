//! `reduce`: groups of similar strings.

use super::OperatorParameter;
use crate::ast::NamedExpr;
use crate::operators::OperatorKind;
use crate::parser::{PResult, Tokens, after_keyword, keyword, named_expr, parameters};

/// `reduce by Column [with threshold = …, characters = …]`
#[derive(Debug, Clone, PartialEq)]
pub struct Reduce {
    pub parameters: Vec<OperatorParameter>,
    pub by: NamedExpr,
    pub with: Vec<OperatorParameter>,
}

pub(super) fn parse(input: Tokens<'_>) -> PResult<'_, OperatorKind> {
    let (input, before) = parameters(&["kind"])(input)?;
    let (input, _) = keyword("by")(input)?;
    let (input, by) = named_expr(input)?;
    let (input, with) = after_keyword("with", parameters(&["threshold", "characters"]))(input)?;
    Ok((
        input,
        OperatorKind::Reduce(Reduce {
            parameters: before,
            by,
            with: with.unwrap_or_default(),
        }),
    ))
}
