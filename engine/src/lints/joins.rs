//! Lints of joins.

use super::time::TIMES;
use super::{Context, Lint, tree};
use huntql_kql::ast::{
    BinaryOp, Expr, ExprKind, Join, LetValue, Operator, OperatorKind, Pipeline, Source,
};
use huntql_kql::diagnostics::Diagnostic;

/// How far names of `let` statements are followed.
const DEPTH_MAX: usize = 8;

pub(super) fn one_sided_time(lint: &Lint, cx: &Context<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (pipeline, at, join) in joins(cx) {
        let left = limited(&pipeline.source, &pipeline.operators[..at], cx, 0);
        let right = limited(&join.right.source, &join.right.operators, cx, 0);
        let (side, span) = match (left, right) {
            (Some(true), Some(false)) => ("right", join.right.span),
            (Some(false), Some(true)) => ("left", source_span(&pipeline.source)),
            _ => continue,
        };
        let message = format!(
            "the {side} side of this join reads all of its table, the other one a time only"
        );
        found.push(
            lint.at(span, message)
                .help("add the same filter on `Timestamp` to this side"),
        );
    }
    found
}

fn source_span(source: &Source) -> huntql_kql::span::Span {
    match source {
        Source::Expr(expr) => expr.span,
        Source::Operator(operator) => operator.span,
    }
}

/// Whether rows of a table with times are limited in time; `None` where that cannot be told.
fn limited(
    source: &Source,
    operators: &[Operator],
    cx: &Context<'_>,
    depth: usize,
) -> Option<bool> {
    let Source::Expr(source) = source else {
        return None;
    };
    let inner = limited_expr(source, cx, depth)?;
    Some(inner || operators.iter().any(filters_time))
}

fn limited_expr(expr: &Expr, cx: &Context<'_>, depth: usize) -> Option<bool> {
    if depth > DEPTH_MAX {
        return None;
    }
    match &tree::bare(expr).kind {
        ExprKind::Pipeline(pipeline) => {
            limited(&pipeline.source, &pipeline.operators, cx, depth + 1)
        }
        ExprKind::Name(name) => match cx.declaration(&name.text).map(|declared| &declared.value) {
            Some(LetValue::Expr(value)) => limited_expr(value, cx, depth + 1),
            Some(LetValue::Function(_) | LetValue::View(_)) => None,
            None => {
                let table = cx.catalog.table(&name.text)?;
                let has_time = TIMES.iter().any(|time| table.schema.column(time).is_some());
                has_time.then_some(false)
            }
        },
        ExprKind::Call(call) if call.name.text == "materialize" => match call.args.as_slice() {
            [argument] => limited_expr(&argument.value, cx, depth + 1),
            _ => None,
        },
        _ => None,
    }
}

fn filters_time(operator: &Operator) -> bool {
    let OperatorKind::Where(filter) = &operator.kind else {
        return false;
    };
    tree::names(&filter.predicate)
        .iter()
        .any(|name| TIMES.contains(name))
        || tree::calls(&filter.predicate)
            .iter()
            .any(|call| matches!(call.name.text.as_str(), "ago" | "ingestion_time"))
}

pub(super) fn without_kind(lint: &Lint, cx: &Context<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (pipeline, at, join) in joins(cx) {
        let has_kind = join.parameters.iter().any(|one| one.name.text == "kind");
        if has_kind || is_unique(&pipeline.operators[..at], &left_keys(join)) {
            continue;
        }
        let message = "a join without `kind` keeps one left row of each key, whichever comes first";
        let help =
            "write `kind=inner` for all pairs of rows, or `kind=innerunique` when one is meant";
        found.push(
            lint.at(pipeline.operators[at].name_span, message)
                .help(help),
        );
    }
    found
}

fn joins<'a>(cx: &Context<'a>) -> Vec<(&'a Pipeline, usize, &'a Join)> {
    let mut found = Vec::new();
    for pipeline in tree::pipelines(cx.script()) {
        for (at, operator) in pipeline.operators.iter().enumerate() {
            if let OperatorKind::Join(join) = &operator.kind {
                found.push((pipeline, at, join));
            }
        }
    }
    found
}

/// The key's columns on the left side.
fn left_keys(join: &Join) -> Vec<&str> {
    join.on
        .iter()
        .flat_map(tree::conjuncts)
        .flat_map(|condition| match &condition.kind {
            ExprKind::Name(name) => vec![name.text.as_str()],
            ExprKind::Binary(binary) if binary.op == BinaryOp::Equal => {
                [&binary.left, &binary.right]
                    .into_iter()
                    .filter_map(|side| match &side.kind {
                        ExprKind::Member(of, name) if tree::name(of) == Some("$left") => {
                            Some(name.text.as_str())
                        }
                        _ => None,
                    })
                    .collect()
            }
            _ => Vec::new(),
        })
        .collect()
}

/// Whether the last operator that shapes the rows leaves one for each key.
fn is_unique(operators: &[Operator], keys: &[&str]) -> bool {
    for operator in operators.iter().rev() {
        let by = match &operator.kind {
            OperatorKind::Summarize(summarize) => &summarize.by,
            OperatorKind::Distinct(distinct) => &distinct.items,
            OperatorKind::Where(_) | OperatorKind::Extend(_) | OperatorKind::Sort(_) => continue,
            _ => return false,
        };
        return by
            .iter()
            .all(|item| tree::item_name(item).is_some_and(|name| keys.contains(&name)));
    }
    false
}
