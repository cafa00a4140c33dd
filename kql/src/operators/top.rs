//! `top`: the first N rows by an order.

use super::{OperatorParameter, SortKey};
use crate::ast::Expr;
use crate::operators::OperatorKind;
use crate::operators::sort::sort_key;
use crate::parser::{PResult, Tokens, expr, keyword, parameters};

/// `top N by Key [asc|desc] [nulls first|last]`; there is one key.
#[derive(Debug, Clone, PartialEq)]
pub struct Top {
    pub hints: Vec<OperatorParameter>,
    pub count: Expr,
    pub keys: Vec<SortKey>,
}

pub(super) fn parse(input: Tokens<'_>) -> PResult<'_, OperatorKind> {
    let (input, hints) = parameters(&[])(input)?;
    let (input, count) = expr(input)?;
    let (input, _) = keyword("by")(input)?;
    let (input, key) = sort_key(input)?;
    Ok((
        input,
        OperatorKind::Top(Top {
            hints,
            count,
            keys: vec![key],
        }),
    ))
}
