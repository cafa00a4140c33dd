//! `print`: one row of expressions.

use crate::ast::NamedExpr;

/// `print Item, …`
#[derive(Debug, Clone, PartialEq)]
pub struct Print {
    pub items: Vec<NamedExpr>,
}
