//! `make-series`: evenly spaced series of aggregates.

use super::OperatorParameter;
use crate::ast::{Expr, NamedExpr};

/// `make-series Aggregate [default = Value], … on Axis [from Start] [to Stop] step Step [by Group, …]`
#[derive(Debug, Clone, PartialEq)]
pub struct MakeSeries {
    pub parameters: Vec<OperatorParameter>,
    pub aggregates: Vec<SeriesAggregate>,
    pub axis: NamedExpr,
    pub from: Option<Expr>,
    pub to: Option<Expr>,
    pub step: Expr,
    pub by: Vec<NamedExpr>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct SeriesAggregate {
    pub value: NamedExpr,
    pub default: Option<Expr>,
}
