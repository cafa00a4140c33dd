//! `summarize`: aggregates by groups.

use super::OperatorParameter;
use crate::ast::NamedExpr;

/// `summarize [hint.…] Aggregate, … by Group, …`
#[derive(Debug, Clone, PartialEq)]
pub struct Summarize {
    pub hints: Vec<OperatorParameter>,
    pub aggregates: Vec<NamedExpr>,
    pub by: Vec<NamedExpr>,
}
