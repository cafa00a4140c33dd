//! `sample`, `sample-distinct`: random rows or values.

use crate::ast::{Expr, NamedExpr};

/// `sample N`
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    pub count: Expr,
}

/// `sample-distinct N of Item`
#[derive(Debug, Clone, PartialEq)]
pub struct SampleDistinct {
    pub count: Expr,
    pub of: NamedExpr,
}
