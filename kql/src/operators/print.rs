//! `print`: one row of expressions.

use crate::ast::NamedExpr;
use crate::operators::OperatorKind;
use crate::parser::{PResult, Tokens, comma_list1, named_expr};

/// `print Item, …`
#[derive(Debug, Clone, PartialEq)]
pub struct Print {
    pub items: Vec<NamedExpr>,
}

pub(super) fn parse(input: Tokens<'_>) -> PResult<'_, OperatorKind> {
    let (input, items) = comma_list1(named_expr)(input)?;
    Ok((input, OperatorKind::Print(Print { items })))
}
