//! `take` (and `limit`): any N rows.

use crate::ast::Expr;
use crate::operators::OperatorKind;
use crate::parser::{PResult, Tokens, expr};

/// `take N`
#[derive(Debug, Clone, PartialEq)]
pub struct Take {
    pub count: Expr,
}

pub(super) fn parse(input: Tokens<'_>) -> PResult<'_, OperatorKind> {
    let (input, count) = expr(input)?;
    Ok((input, OperatorKind::Take(Take { count })))
}
