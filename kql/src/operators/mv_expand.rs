//! `mv-expand` and `mv-apply`: one row for each element of an array.

use super::{Operator, OperatorParameter};
use crate::ast::{Expr, NamedExpr};
use crate::types::Type;

/// `mv-expand [bagexpansion=…] [with_itemindex=Name] Item [to typeof(T)], … [limit N]`
#[derive(Debug, Clone, PartialEq)]
pub struct MvExpand {
    pub parameters: Vec<OperatorParameter>,
    pub items: Vec<MvItem>,
    pub limit: Option<Expr>,
}

/// `mv-apply [with_itemindex=Name] Item [to typeof(T)], … [limit N] on (| operators)`
#[derive(Debug, Clone, PartialEq)]
pub struct MvApply {
    pub parameters: Vec<OperatorParameter>,
    pub items: Vec<MvItem>,
    pub limit: Option<Expr>,
    /// Operators applied to the sub-table of each row; at least one.
    pub body: Vec<Operator>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct MvItem {
    pub value: NamedExpr,
    pub to_type: Option<Type>,
}
