//! `make-series`: evenly spaced series of aggregates.

use super::OperatorParameter;
use crate::ast::{Expr, ExprKind, NamedExpr};
use crate::operators::OperatorKind;
use crate::parser::{
    PResult, Tokens, after_keyword, comma_list1, expr, keyword, name, named_expr, parameters,
    symbol,
};

/// `make-series Aggregate [default = Value], … on Axis [from Start] [to Stop] step Step [by Group, …]`
///
/// The older form has `in range(Start, Stop, Step)` for the middle.
#[derive(Debug, Clone, PartialEq)]
pub struct MakeSeries {
    pub parameters: Vec<OperatorParameter>,
    pub aggregates: Vec<SeriesAggregate>,
    pub axis: NamedExpr,
    /// `in range(Start, Stop, Step)`, the older form: the series includes Stop.
    pub in_range: bool,
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
    let (input, axis) = axis(input)?;
    let in_range = input.is_word(0, "in");
    let (input, (from, to, step)) = if in_range {
        range(input.skip(1))?
    } else {
        steps(input)?
    };
    let (input, by) = after_keyword("by", comma_list1(named_expr))(input)?;
    let series = MakeSeries {
        parameters,
        aggregates,
        axis,
        in_range,
        from,
        to,
        step,
        by: by.unwrap_or_default(),
    };
    Ok((input, OperatorKind::MakeSeries(series)))
}

/// The axis of the older form is a name: `in` would be an operator behind an expression.
fn axis(input: Tokens<'_>) -> PResult<'_, NamedExpr> {
    if !input.is_word(1, "in") {
        return named_expr(input);
    }
    let (input, name) = name(input)?;
    let span = name.span;
    let value = Expr {
        kind: ExprKind::Name(name),
        span,
    };
    Ok((
        input,
        NamedExpr {
            names: Vec::new(),
            tuple: false,
            value,
            span,
        },
    ))
}

type Steps = (Option<Expr>, Option<Expr>, Expr);

/// `[from Start] [to Stop] step Step`
fn steps(input: Tokens<'_>) -> PResult<'_, Steps> {
    let (input, from) = after_keyword("from", expr)(input)?;
    let (input, to) = after_keyword("to", expr)(input)?;
    let (input, _) = keyword("step")(input)?;
    let (input, step) = expr(input)?;
    Ok((input, (from, to, step)))
}

/// `range(Start, Stop, Step)`
fn range(input: Tokens<'_>) -> PResult<'_, Steps> {
    let (input, _) = keyword("range")(input)?;
    let (input, _) = symbol("(")(input)?;
    let (input, start) = expr(input)?;
    let (input, _) = symbol(",")(input)?;
    let (input, stop) = expr(input)?;
    let (input, _) = symbol(",")(input)?;
    let (input, step) = expr(input)?;
    let (input, _) = symbol(")")(input)?;
    Ok((input, (Some(start), Some(stop), step)))
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
