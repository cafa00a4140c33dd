//! Lints of times.

use super::{Context, Lint, tree};
use huntql_kql::ast::{Expr, ExprKind, OperatorKind, UnaryOp};
use huntql_kql::diagnostics::Diagnostic;
use huntql_kql::types::Value;

/// Columns that hold the moment of an event.
pub(super) const TIMES: &[&str] = &["Timestamp", "TimeGenerated"];

pub(super) fn not_binned(lint: &Lint, cx: &Context<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for operator in tree::operators(cx.script()) {
        let OperatorKind::Summarize(summarize) = &operator.kind else {
            continue;
        };
        if summarize.aggregates.is_empty() {
            continue;
        }
        for key in &summarize.by {
            if let Some(name) = tree::name(&key.value).filter(|name| TIMES.contains(name)) {
                found.push(
                    lint.at(
                        key.value.span,
                        format!("`{name}` makes a group of every moment"),
                    )
                    .help(format!("write `bin({name}, 1h)` for one group an hour")),
                );
            }
        }
    }
    found
}

pub(super) fn future_ago(lint: &Lint, cx: &Context<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for expr in tree::exprs(cx.script()) {
        let ExprKind::Call(call) = &expr.kind else {
            continue;
        };
        let [argument] = call.args.as_slice() else {
            continue;
        };
        if call.name.text == "ago" && is_negative(&argument.value) {
            found.push(
                lint.at(expr.span, "this moment is in the future")
                    .help("`ago(1d)` is yesterday; `now() + 1d` is tomorrow"),
            );
        }
    }
    found
}

fn is_negative(expr: &Expr) -> bool {
    match &tree::bare(expr).kind {
        ExprKind::Unary(UnaryOp::Minus, inner) => matches!(inner.kind, ExprKind::Literal(_)),
        ExprKind::Literal(literal) => {
            matches!(literal.value, Value::Timespan(Some(ticks)) if ticks < 0)
        }
        _ => false,
    }
}
