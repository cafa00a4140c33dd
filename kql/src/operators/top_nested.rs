//! `top-nested` and `top-hitters`: the most frequent or largest, by levels.

use super::Direction;
use crate::ast::{Expr, NamedExpr};

/// `top-nested [N] of Item [with others = Value] by Aggregate [asc|desc], …`
#[derive(Debug, Clone, PartialEq)]
pub struct TopNested {
    pub levels: Vec<TopNestedLevel>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct TopNestedLevel {
    pub count: Option<Expr>,
    pub of: NamedExpr,
    pub others: Option<Expr>,
    pub by: NamedExpr,
    pub direction: Option<Direction>,
}

/// `top-hitters N of Item [by Weight]`
#[derive(Debug, Clone, PartialEq)]
pub struct TopHitters {
    pub count: Expr,
    pub of: NamedExpr,
    pub by: Option<NamedExpr>,
}
