//! The window functions of KQL: values that look at other rows of an ordered input.
//!
//! Rows of a table, like the scalar functions. The order comes from the input; the binder passes it to [`lower`].

use crate::functions::Example;
use datafusion::functions_window::expr_fn;
use datafusion::logical_expr::{ExprFunctionExt, SortExpr};
use datafusion::prelude::Expr;
use huntql_kql::types::Type;

/// A window function.
#[derive(Debug)]
pub struct WindowFunction {
    pub name: &'static str,
    pub doc: &'static str,
    pub source: &'static str,
    pub examples: &'static [Example],
    /// The types of the arguments after conversion, and of the result; an `Err` names the argument that does not fit.
    pub resolve: fn(&[Type]) -> Result<(Vec<Type>, Type), WindowMisfit>,
    /// The DataFusion function over arguments, without its order.
    pub lower: fn(Vec<Expr>) -> Expr,
}

/// Why arguments do not fit a window function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WindowMisfit {
    Count,
    Type { index: usize },
}

/// A bound call.
#[derive(Debug, Clone)]
pub struct WindowCall {
    pub function: &'static WindowFunction,
    pub parameters: Vec<Type>,
    pub returns: Type,
}

/// The outcome of looking at the arguments.
#[derive(Debug)]
pub enum WindowResolution {
    Found(WindowCall),
    WrongCount,
    WrongType { index: usize },
}

/// Every row.
pub const FUNCTIONS: &[WindowFunction] = &[WindowFunction {
    name: "row_number",
    doc: "Gives the number of the row, from 1.",
    source: "kusto/query/row-number-function",
    examples: &[],
    resolve: |types| {
        if types.is_empty() {
            Ok((Vec::new(), Type::Long))
        } else {
            Err(WindowMisfit::Count)
        }
    },
    lower: |_| expr_fn::row_number(),
}];

pub fn find(name: &str) -> Option<&'static WindowFunction> {
    FUNCTIONS.iter().find(|function| function.name == name)
}

pub fn resolve(function: &'static WindowFunction, arguments: &[Type]) -> WindowResolution {
    match (function.resolve)(arguments) {
        Ok((parameters, returns)) => WindowResolution::Found(WindowCall {
            function,
            parameters,
            returns,
        }),
        Err(WindowMisfit::Count) => WindowResolution::WrongCount,
        Err(WindowMisfit::Type { index }) => WindowResolution::WrongType { index },
    }
}

/// The DataFusion window expression of a call over rows in this order (none: as they come). Its Arrow type may differ from the
/// call's: the caller casts.
///
/// # Errors
/// When DataFusion refuses the order.
pub fn lower(
    call: &WindowCall,
    args: Vec<Expr>,
    order_by: Vec<SortExpr>,
) -> datafusion::common::Result<Expr> {
    let expr = (call.function.lower)(args);
    if order_by.is_empty() {
        Ok(expr)
    } else {
        expr.order_by(order_by).build()
    }
}
