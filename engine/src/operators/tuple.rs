//! `(a, b) = f(X)`: the columns of a function that gives several.
//!
//! Names that are written come first; the others are `f_X_column`, as Microsoft's binder has them. The function's kernel gives an
//! array once, and each column is an element of it.

use crate::bind::names::{Names, lent};
use crate::bind::{Binder, facts};
use crate::functions::{self, Columns};
use crate::ir::{Relation, Scalar};
use huntql_kql::ast::{Call, Expr, ExprKind, NamedExpr};
use huntql_kql::diagnostics::Diagnostic;
use huntql_kql::types::Value;

/// Whether columns that are not named are shown too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unnamed {
    Shown,
    /// `print (a, b) = f(X)` shows `a` and `b` only.
    Dropped,
}

/// The call of a function that gives several columns, when the expression is one.
pub(super) fn call_of(expr: &Expr) -> Option<(&Call, Columns)> {
    match &expr.kind {
        ExprKind::Paren(inner) => call_of(inner),
        ExprKind::Call(call) => functions::columns(&call.name.text).map(|columns| (call, columns)),
        _ => None,
    }
}

/// Names and values of an item's columns; `None` when its function gives one value.
pub(super) fn bind(
    binder: &mut Binder<'_>,
    item: &NamedExpr,
    input: Option<&Relation>,
    names: &mut Names,
    unnamed: Unnamed,
) -> Option<Vec<(String, Scalar)>> {
    let (call, columns) = call_of(&item.value)?;
    let array = array(binder, call, item, input);
    if let Some(name) = item.names.get(columns.len()) {
        binder.report(Diagnostic::binding(
            "KS150",
            name.span,
            "there are more names than columns",
        ));
    }
    let first = call.args.first().and_then(|arg| lent(&arg.value));
    let prefix = format!("{}_{}", call.name.text, first.unwrap_or_default());
    let shown = match (unnamed, item.names.len()) {
        (Unnamed::Dropped, named @ 1..) => named.min(columns.len()),
        _ => columns.len(),
    };
    let items = columns[..shown]
        .iter()
        .enumerate()
        .map(|(index, (column, ty))| {
            let name = match item.names.get(index) {
                Some(name) => {
                    names.take(&name.text);
                    name.text.clone()
                }
                None => names.free(&format!("{prefix}_{column}")),
            };
            let place = Scalar::literal(Value::Long(Some(index as i64)));
            let spans = [item.span, item.span];
            let element = binder.operator(
                "dynamic_element",
                vec![array.clone(), place],
                &spans,
                item.span,
            );
            (name, binder.convert(element, *ty))
        });
    Some(items.collect())
}

fn array(
    binder: &mut Binder<'_>,
    call: &Call,
    item: &NamedExpr,
    input: Option<&Relation>,
) -> Scalar {
    let mut arguments = Vec::new();
    let mut spans = Vec::new();
    for arg in &call.args {
        if let Some(name) = &arg.name {
            return binder.wrong(facts::named_argument(name.span, &name.text));
        }
        arguments.push(binder.scalar(&arg.value, input));
        spans.push(arg.value.span);
    }
    binder.operator(&call.name.text, arguments, &spans, item.value.span)
}
