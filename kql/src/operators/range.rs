//! `range`: a column of evenly spaced values.

use crate::ast::{Expr, Name};

/// `range Name from Start to Stop step Step`
#[derive(Debug, Clone, PartialEq)]
pub struct Range {
    pub name: Name,
    pub start: Expr,
    pub stop: Expr,
    pub step: Expr,
}
