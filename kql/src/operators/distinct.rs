//! `distinct`: rows without repeats.

use super::OperatorParameter;
use crate::ast::NamedExpr;
use crate::operators::OperatorKind;
use crate::parser::{PResult, Tokens, comma_list1, named_expr, parameters};

/// `distinct *` or `distinct Item, …`; `*` is an item with [`crate::ast::ExprKind::Star`].
#[derive(Debug, Clone, PartialEq)]
pub struct Distinct {
    pub hints: Vec<OperatorParameter>,
    pub items: Vec<NamedExpr>,
}

pub(super) fn parse(input: Tokens<'_>) -> PResult<'_, OperatorKind> {
    let (input, hints) = parameters(&[])(input)?;
    let (input, items) = comma_list1(named_expr)(input)?;
    Ok((input, OperatorKind::Distinct(Distinct { hints, items })))
}
