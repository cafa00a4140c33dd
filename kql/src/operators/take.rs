//! `take` (and `limit`): any N rows.

use crate::ast::Expr;

/// `take N`
#[derive(Debug, Clone, PartialEq)]
pub struct Take {
    pub count: Expr,
}
