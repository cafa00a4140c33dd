//! Projections, as few as will do.
//!
//! Each node of the bound query that picks or renames columns becomes a projection, and DataFusion's optimizer walks them all, many
//! times. So a projection that changes nothing is left out, and one that only picks, renames or adds constants becomes part of the
//! projection under it.

use super::frame::Frame;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{DFSchema, Result};
use datafusion::logical_expr::{LogicalPlan, Projection};
use datafusion::prelude::Expr;
use std::collections::HashMap;
use std::sync::Arc;

/// The plan of expressions whose columns are exact already.
pub(super) fn projection(plan: LogicalPlan, exprs: Vec<Expr>) -> Result<LogicalPlan> {
    if is_identity(plan.schema(), &exprs) {
        return Ok(plan);
    }
    match plan {
        LogicalPlan::Projection(inner) => match merged(&inner, &exprs)? {
            Some(merged) => made(merged, inner.input),
            None => made(exprs, Arc::new(LogicalPlan::Projection(inner))),
        },
        plan => made(exprs, Arc::new(plan)),
    }
}

fn made(exprs: Vec<Expr>, input: Arc<LogicalPlan>) -> Result<LogicalPlan> {
    let schema = Frame::over(input.schema()).schema_of(&exprs)?;
    let projection = Projection::try_new_with_schema(exprs, input, Arc::new(schema))?;
    Ok(LogicalPlan::Projection(projection))
}

/// Whether these are all columns of the input in their places.
fn is_identity(schema: &DFSchema, exprs: &[Expr]) -> bool {
    exprs.len() == schema.fields().len()
        && schema
            .iter()
            .zip(exprs)
            .all(|((qualifier, field), expr)| match expr {
                Expr::Column(column) => {
                    qualifier.is_none() && column.relation.is_none() && column.name == *field.name()
                }
                _ => false,
            })
}

/// The expressions over the input of a projection instead of over the projection; `None` when something would be computed twice.
fn merged(inner: &Projection, exprs: &[Expr]) -> Result<Option<Vec<Expr>>> {
    let frame = Frame::over(&inner.schema);
    let mut computed: HashMap<usize, usize> = HashMap::new();
    let mut possible = true;
    for expr in exprs {
        let plain = is_plain(expr);
        expr.apply(|part| {
            if let Expr::Column(column) = part {
                match frame.place(&column.name) {
                    Some(place) if is_constant_or_column(&inner.expr[place]) => {}
                    Some(place) if plain => *computed.entry(place).or_default() += 1,
                    _ => possible = false,
                }
            }
            Ok(match possible {
                true => TreeNodeRecursion::Continue,
                false => TreeNodeRecursion::Stop,
            })
        })?;
        if !possible {
            return Ok(None);
        }
    }
    if computed.values().any(|times| *times > 1) {
        return Ok(None);
    }
    let put = |expr: &Expr| {
        expr.clone()
            .transform_up(|part| match &part {
                Expr::Column(column) => {
                    let place = frame.place(&column.name).expect("the column was found");
                    Ok(Transformed::yes(inner.expr[place].clone().unalias()))
                }
                _ => Ok(Transformed::no(part)),
            })
            .map(|put| put.data)
    };
    exprs
        .iter()
        .map(|expr| {
            let name = expr.qualified_name().1;
            let put = put(expr)?;
            Ok(match &put {
                Expr::Column(column) if column.relation.is_none() && column.name == name => put,
                Expr::Alias(_) => put,
                _ => put.alias(name),
            })
        })
        .collect::<Result<Vec<_>>>()
        .map(Some)
}

/// A column, perhaps under another name.
fn is_plain(expr: &Expr) -> bool {
    match expr {
        Expr::Column(_) => true,
        Expr::Alias(alias) => matches!(*alias.expr, Expr::Column(_)),
        _ => false,
    }
}

fn is_constant_or_column(expr: &Expr) -> bool {
    match expr {
        Expr::Column(_) | Expr::Literal(..) => true,
        Expr::Alias(alias) => is_constant_or_column(&alias.expr),
        _ => false,
    }
}
