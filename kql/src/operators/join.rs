//! `join` and `lookup`: rows of two tables side by side.

use super::OperatorParameter;
use crate::ast::{Expr, Pipeline};

/// `join [kind=…] [hint.…] Right on Condition, …`
#[derive(Debug, Clone, PartialEq)]
pub struct Join {
    /// `kind=…` and hints as written; the binder knows the kinds.
    pub parameters: Vec<OperatorParameter>,
    pub right: Box<Pipeline>,
    /// `Name`, `$left.a == $right.b`, or conjunctions of them. Empty when `on` is missing (an error of the binder).
    pub on: Vec<Expr>,
}

/// `lookup [kind=…] Right on Condition, …`
#[derive(Debug, Clone, PartialEq)]
pub struct Lookup {
    pub parameters: Vec<OperatorParameter>,
    pub right: Box<Pipeline>,
    pub on: Vec<Expr>,
}
