//! `make-series`: evenly spaced series of aggregates.

use super::OperatorParameter;
use crate::ast::{Expr, NamedExpr};
use crate::operators::OperatorKind;
use crate::parser::{
    PResult, Tokens, after_keyword, comma_list1, expr, keyword, named_expr, parameters, symbol,
};

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

pub(super) fn parse(input: Tokens<'_>) -> PResult<'_, OperatorKind> {
    let (input, parameters) = parameters(&["kind"])(input)?;
    let (input, aggregates) = comma_list1(aggregate)(input)?;
    let (input, _) = keyword("on")(input)?;
    let (input, axis) = named_expr(input)?;
    let (input, from) = after_keyword("from", expr)(input)?;
    let (input, to) = after_keyword("to", expr)(input)?;
    let (input, _) = keyword("step")(input)?;
    let (input, step) = expr(input)?;
    let (input, by) = after_keyword("by", comma_list1(named_expr))(input)?;
    let series = MakeSeries {
        parameters,
        aggregates,
        axis,
        from,
        to,
        step,
        by: by.unwrap_or_default(),
    };
    Ok((input, OperatorKind::MakeSeries(series)))
}

fn aggregate(input: Tokens<'_>) -> PResult<'_, SeriesAggregate> {
    let (input, value) = named_expr(input)?;
    let (input, default) = after_keyword("default", default_value)(input)?;
    Ok((input, SeriesAggregate { value, default }))
}

/// `= value`
fn default_value(input: Tokens<'_>) -> PResult<'_, Expr> {
    let (input, _) = symbol("=")(input)?;
    expr(input)
}
