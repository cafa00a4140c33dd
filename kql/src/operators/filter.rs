//! `where` (and its older name `filter`).

use crate::ast::Expr;

/// `where Predicate`
#[derive(Debug, Clone, PartialEq)]
pub struct Where {
    pub predicate: Expr,
}
