//! `reduce`: groups of similar strings.

use super::OperatorParameter;
use crate::ast::NamedExpr;

/// `reduce by Column [with threshold = …, characters = …]`
#[derive(Debug, Clone, PartialEq)]
pub struct Reduce {
    pub parameters: Vec<OperatorParameter>,
    pub by: NamedExpr,
    pub with: Vec<OperatorParameter>,
}
