//! `distinct`: rows without repeats.

use super::OperatorParameter;
use crate::ast::NamedExpr;

/// `distinct *` or `distinct Item, …`; `*` is an item with [`crate::ast::ExprKind::Star`].
#[derive(Debug, Clone, PartialEq)]
pub struct Distinct {
    pub hints: Vec<OperatorParameter>,
    pub items: Vec<NamedExpr>,
}
