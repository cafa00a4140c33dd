//! Questions about trees that several lints ask.

use huntql_kql::ast::{
    Call, Expr, ExprKind, NamedExpr, Operator, Part, Pipeline, Script, walk_expr, walk_script,
};
use huntql_kql::types::Value;

pub(super) fn pipelines(script: &Script) -> Vec<&Pipeline> {
    let mut found = Vec::new();
    walk_script(script, &mut |part| {
        if let Part::Pipeline(pipeline) = part {
            found.push(pipeline);
        }
    });
    found
}

pub(super) fn exprs(script: &Script) -> Vec<&Expr> {
    let mut found = Vec::new();
    walk_script(script, &mut |part| {
        if let Part::Expr(expr) = part {
            found.push(expr);
        }
    });
    found
}

pub(super) fn operators(script: &Script) -> Vec<&Operator> {
    let mut found = Vec::new();
    walk_script(script, &mut |part| {
        if let Part::Operator(operator) = part {
            found.push(operator);
        }
    });
    found
}

/// The names within an expression: columns, tables, constants.
pub(super) fn names(expr: &Expr) -> Vec<&str> {
    let mut found = Vec::new();
    walk_expr(expr, &mut |part| {
        if let Part::Expr(Expr {
            kind: ExprKind::Name(name),
            ..
        }) = part
        {
            found.push(name.text.as_str());
        }
    });
    found
}

/// The calls within an expression.
pub(super) fn calls(expr: &Expr) -> Vec<&Call> {
    let mut found = Vec::new();
    walk_expr(expr, &mut |part| {
        if let Part::Expr(Expr {
            kind: ExprKind::Call(call),
            ..
        }) = part
        {
            found.push(call);
        }
    });
    found
}

/// The expression without the brackets around it.
pub(super) fn bare(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Paren(inner) => bare(inner),
        _ => expr,
    }
}

pub(super) fn name(expr: &Expr) -> Option<&str> {
    match &bare(expr).kind {
        ExprKind::Name(name) => Some(&name.text),
        _ => None,
    }
}

pub(super) fn call(expr: &Expr) -> Option<&Call> {
    match &bare(expr).kind {
        ExprKind::Call(call) => Some(call),
        _ => None,
    }
}

pub(super) fn text(expr: &Expr) -> Option<&str> {
    match &bare(expr).kind {
        ExprKind::Literal(literal) => match &literal.value {
            Value::String(text) => Some(text),
            _ => None,
        },
        _ => None,
    }
}

/// What must all hold for a row to pass.
pub(super) fn conjuncts(expr: &Expr) -> Vec<&Expr> {
    match &bare(expr).kind {
        ExprKind::And(operands) => operands.iter().flat_map(conjuncts).collect(),
        _ => vec![bare(expr)],
    }
}

/// The name that an item has in the result, as far as the text tells.
pub(super) fn item_name(item: &NamedExpr) -> Option<&str> {
    match item.names.first() {
        Some(name) => Some(&name.text),
        None => name(&item.value),
    }
}
