//! `basket`: combinations of values that many rows share.
//!
//! `basket(Threshold, WeightColumn, MaxDimensions, Wildcard …)`. A combination is a row of the result when no further value is
//! common to all of its rows (`Damage == "NO"` alone is none when `DamageCrops` is 0 in all those rows): so the page's example,
//! whose order is that of rows times values. All rows are counted, none sampled. Nulls and empty strings are values as others.
//! Not here: a weight column, of which the page does not say whether it takes part in combinations.
//!
//! Source: Kusto docs, "basket plugin".

use super::all_columns;
use crate::bind::Binder;
use crate::ir::{Node, Order, Relation};
use crate::program::basket::Basket;
use huntql_kql::ast::{Evaluate, Expr, ExprKind, Literal};
use huntql_kql::diagnostics::Diagnostic;
use huntql_kql::types::{Column, Type, Value};
use std::sync::Arc;

const THRESHOLD: f64 = 0.05;
const THRESHOLDS: std::ops::RangeInclusive<f64> = 0.015..=1.0;
const DIMENSIONS: i64 = 5;
/// The arguments before the wildcards.
const LEADING: usize = 3;

pub(super) fn bind(binder: &mut Binder<'_>, evaluate: &Evaluate, input: Relation) -> Relation {
    bound(binder, evaluate, input).unwrap_or_else(Relation::unknown)
}

/// `'~'` stands for the default.
fn is_left_out(expr: &Expr) -> bool {
    matches!(
        &expr.kind,
        ExprKind::Literal(Literal { value: Value::String(text), .. }) if text == "~"
    )
}

fn bound(binder: &mut Binder<'_>, evaluate: &Evaluate, input: Relation) -> Option<Relation> {
    if input.unknown {
        return None;
    }
    let args = &evaluate.call.args;
    let said = |at: usize| {
        args.get(at)
            .map(|arg| &arg.value)
            .filter(|expr| !is_left_out(expr))
    };
    let threshold = match said(0) {
        Some(expr) => share(binder, expr)?,
        None => THRESHOLD,
    };
    if let Some(weight) = said(1) {
        binder.unsupported(weight.span, "a weight column in `basket`");
        return None;
    }
    let dimensions = match said(2) {
        Some(expr) => {
            let value = binder.scalar(expr, None);
            binder.constant_long(&value, expr.span)?
        }
        None => DIMENSIONS,
    };
    let mut wildcards: Vec<Value> = Vec::new();
    for at in LEADING..args.len() {
        if let Some(expr) = said(at) {
            let value = binder.scalar(expr, None);
            wildcards.push(binder.constant(&value, value.ty, expr.span)?);
        }
    }
    Some(mined(input, threshold, dimensions, &wildcards))
}

fn share(binder: &mut Binder<'_>, expr: &Expr) -> Option<f64> {
    let value = binder.scalar(expr, None);
    match binder.constant(&value, Type::Real, expr.span)? {
        Value::Real(Some(share)) if THRESHOLDS.contains(&share) => Some(share),
        _ => {
            let message = "the threshold is a share from 0.015 to 1";
            binder.report(Diagnostic::binding("SEM0260", expr.span, message));
            None
        }
    }
}

fn mined(input: Relation, threshold: f64, dimensions: i64, wildcards: &[Value]) -> Relation {
    let items = all_columns(&input.columns);
    let mut table = input.projected(items);
    table.hidden.clear();
    table.aliases.clear();
    table.order = Order::Unordered;
    let wildcard = |column: &Column| {
        let own = wildcards.iter().find(|value| value.ty() == column.ty);
        own.cloned().unwrap_or(match column.ty {
            Type::String => Value::String(String::new()),
            ty => Value::null(ty),
        })
    };
    let program = Basket {
        threshold,
        dimensions: usize::try_from(dimensions).unwrap_or(0),
        wildcards: table.columns.iter().map(wildcard).collect(),
        columns: table.columns.clone(),
    };
    let mut columns = vec![
        Column::new("SegmentId", Type::Long),
        Column::new("Count", Type::Long),
        Column::new("Percent", Type::Real),
    ];
    columns.extend(table.columns.iter().cloned());
    Relation::new(
        columns,
        Node::Program {
            inputs: vec![table],
            program: Arc::new(program),
        },
    )
}
