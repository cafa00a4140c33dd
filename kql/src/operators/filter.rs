//! `where` (and its older name `filter`).

use crate::ast::Expr;
use crate::operators::OperatorKind;
use crate::parser::{PResult, Tokens, expr};

/// `where Predicate`
#[derive(Debug, Clone, PartialEq)]
pub struct Where {
    pub predicate: Expr,
}

pub(super) fn parse(input: Tokens<'_>) -> PResult<'_, OperatorKind> {
    let (input, predicate) = expr(input)?;
    Ok((input, OperatorKind::Where(Where { predicate })))
}
