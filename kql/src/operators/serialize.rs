//! `serialize`: marks the order of rows as meaningful, and may add columns.

use crate::ast::NamedExpr;

/// `serialize [Item, …]`
#[derive(Debug, Clone, PartialEq)]
pub struct Serialize {
    pub items: Vec<NamedExpr>,
}
