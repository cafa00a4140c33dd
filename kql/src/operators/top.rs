//! `top`: the first N rows by an order.

use super::{OperatorParameter, SortKey};
use crate::ast::Expr;

/// `top N by Key [asc|desc] [nulls first|last], …`
#[derive(Debug, Clone, PartialEq)]
pub struct Top {
    pub hints: Vec<OperatorParameter>,
    pub count: Expr,
    pub keys: Vec<SortKey>,
}
