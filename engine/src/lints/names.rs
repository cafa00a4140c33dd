//! Lints of what is read, and of names.

use super::{Context, Lint, tree};
use huntql_kql::ast::{BinaryOp, Expr, ExprKind, InOp, OperatorKind, Part, Source, walk_script};
use huntql_kql::diagnostics::Diagnostic;

/// The column with the address of the peer, which is the proxy's behind a proxy.
const PEER: &str = "RemoteIP";

/// The column in which network protection names the real target.
const TARGET: &str = "RemoteUrl";

pub(super) fn every_table(lint: &Lint, cx: &Context<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for pipeline in tree::pipelines(cx.script()) {
        let Source::Operator(operator) = &pipeline.source else {
            continue;
        };
        let reads_all = match &operator.kind {
            OperatorKind::Search(search) => search.tables.is_empty(),
            OperatorKind::Find(find) => find.tables.is_empty(),
            OperatorKind::Union(union) => union.legs.iter().any(|leg| is_star(&leg.source)),
            _ => false,
        };
        if reads_all {
            let name = operator.kind.name();
            found.push(
                lint.at(
                    operator.name_span,
                    format!("this `{name}` reads every table"),
                )
                .help(format!("name the tables: {}", example(name))),
            );
        }
    }
    found
}

fn example(operator: &str) -> &'static str {
    match operator {
        "union" => "`union DeviceNetworkEvents, DeviceEvents`",
        _ => "`… in (DeviceNetworkEvents, DeviceEvents) …`",
    }
}

fn is_star(source: &Source) -> bool {
    match source {
        Source::Expr(expr) => match &expr.kind {
            ExprKind::Star => true,
            ExprKind::Name(name) => name.text == "*",
            _ => false,
        },
        Source::Operator(_) => false,
    }
}

pub(super) fn proxy_rows_dropped(lint: &Lint, cx: &Context<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for operator in tree::operators(cx.script()) {
        let OperatorKind::Where(filter) = &operator.kind else {
            continue;
        };
        for condition in tree::conjuncts(&filter.predicate) {
            if drops_proxy(condition, cx) {
                let message = "this drops every connection to the proxy, also those whose real target is known";
                let help = format!(
                    "keep rows with a target, `… or isnotempty({TARGET})`, or write `| invoke WithoutProxyHops()`"
                );
                found.push(lint.at(condition.span, message).help(help));
            }
        }
    }
    found
}

/// `RemoteIP != proxy`, `RemoteIP !in (proxies)`, `not(RemoteIP == proxy)`, `not(RemoteIP in (proxies))`.
fn drops_proxy(condition: &Expr, cx: &Context<'_>) -> bool {
    let is_peer = |expr: &Expr| tree::name(expr) == Some(PEER);
    match &condition.kind {
        ExprKind::Binary(binary) => {
            matches!(binary.op, BinaryOp::NotEqual | BinaryOp::NotEqualCi)
                && is_peer(&binary.left)
                && is_proxy(&binary.right, cx)
        }
        ExprKind::In(one) => {
            matches!(one.op, InOp::NotIn | InOp::NotInCi)
                && is_peer(&one.value)
                && one.items.iter().any(|item| is_proxy(item, cx))
        }
        ExprKind::Call(call) if call.name.text == "not" => {
            call.args
                .iter()
                .any(|argument| match &tree::bare(&argument.value).kind {
                    ExprKind::Binary(binary) => {
                        matches!(binary.op, BinaryOp::Equal | BinaryOp::EqualCi)
                            && is_peer(&binary.left)
                            && is_proxy(&binary.right, cx)
                    }
                    ExprKind::In(one) => {
                        matches!(one.op, InOp::In | InOp::InCi)
                            && is_peer(&one.value)
                            && one.items.iter().any(|item| is_proxy(item, cx))
                    }
                    _ => false,
                })
        }
        _ => false,
    }
}

/// A name with "proxy" in it, or the address of a proxy that is known.
fn is_proxy(expr: &Expr, cx: &Context<'_>) -> bool {
    let says_proxy = |text: &str| text.to_lowercase().contains("proxy");
    let expr = tree::bare(expr);
    if let Some(text) = tree::text(expr) {
        return says_proxy(text) || cx.known.proxies.iter().any(|proxy| proxy == text);
    }
    tree::names(expr).into_iter().any(says_proxy)
        || tree::calls(expr)
            .iter()
            .any(|call| says_proxy(&call.name.text))
}

/// A `let` whose name stands nowhere else in the text. Names that begin with `_` may be unused.
pub(super) fn unused_let(lint: &Lint, cx: &Context<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    walk_script(cx.script(), &mut |part| {
        let Part::Let(declared) = part else { return };
        let name = declared.name.text.as_str();
        let mentions = cx
            .parsed
            .tokens
            .iter()
            .filter(|token| token.span.text(cx.text).trim_matches(['[', ']', '\'', '"']) == name)
            .count();
        if !name.starts_with('_') && mentions < 2 {
            let message = format!("`{name}` is declared and never used");
            found.push(
                lint.at(declared.name.span, message)
                    .help("leave the statement out, or use its name"),
            );
        }
    });
    found
}
