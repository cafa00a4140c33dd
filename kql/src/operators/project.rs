//! `project`, `extend`: columns from expressions.

use crate::ast::NamedExpr;

/// `project Item, …`
#[derive(Debug, Clone, PartialEq)]
pub struct Project {
    pub items: Vec<NamedExpr>,
}

/// `extend Item, …`
#[derive(Debug, Clone, PartialEq)]
pub struct Extend {
    pub items: Vec<NamedExpr>,
}
