//! Lints of the order of operators.

use super::{Context, Lint, tree};
use huntql_kql::ast::{NamedExpr, Operator, OperatorKind, Pipeline, Source};
use huntql_kql::diagnostics::Diagnostic;
use huntql_store::TableSchema;

/// Functions whose work a filter in front would spare.
const COSTLY: &[&str] = &[
    "parse_json",
    "todynamic",
    "parse_xml",
    "parse_url",
    "extract",
    "extract_all",
    "extract_json",
    "split",
    "replace_regex",
    "geo_info_from_ip_address",
    "base64_decode_tostring",
];

/// Aggregates that look at the order of their rows.
const ORDERED_AGGREGATES: &[&str] = &[
    "make_list",
    "make_list_if",
    "make_list_with_nulls",
    "make_bag",
    "make_set",
    "make_set_if",
    "take_any",
    "any",
];

/// A filter on columns of the table, behind operators that only add columns or sort.
pub(super) fn late_filter(lint: &Lint, cx: &Context<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for pipeline in tree::pipelines(cx.script()) {
        if let Some(schema) = table(pipeline, cx) {
            found.extend(late_in(lint, pipeline, schema));
        }
    }
    found
}

/// The table that a pipeline reads, when it reads one by its name.
fn table<'a>(pipeline: &Pipeline, cx: &Context<'a>) -> Option<&'a TableSchema> {
    let Source::Expr(source) = &pipeline.source else {
        return None;
    };
    let name = tree::name(source).filter(|name| cx.declaration(name).is_none())?;
    cx.catalog.table(name).map(|table| &table.schema)
}

fn late_in(lint: &Lint, pipeline: &Pipeline, schema: &TableSchema) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut made: Vec<&str> = Vec::new();
    let mut spared: Option<&Operator> = None;
    for operator in &pipeline.operators {
        match &operator.kind {
            OperatorKind::Where(filter) => {
                let names = tree::names(&filter.predicate);
                let is_early = !names.is_empty()
                    && names
                        .iter()
                        .all(|name| schema.column(name).is_some() && !made.contains(name));
                if let Some(costly) = spared.filter(|_| is_early) {
                    let name = costly.kind.name();
                    let message = format!("this filter needs nothing that `{name}` makes");
                    let help = format!(
                        "put it in front of `{name}`, which then has fewer rows to work on"
                    );
                    found.push(lint.at(operator.name_span, message).help(help));
                }
            }
            OperatorKind::Extend(extend) => {
                made.extend(extend.items.iter().flat_map(names_made));
                if extend.items.iter().any(is_costly) {
                    spared.get_or_insert(operator);
                }
            }
            OperatorKind::Sort(_) => {
                spared.get_or_insert(operator);
            }
            _ => break,
        }
    }
    found
}

fn names_made(item: &NamedExpr) -> impl Iterator<Item = &str> {
    let unnamed = item
        .names
        .is_empty()
        .then(|| tree::item_name(item))
        .flatten();
    item.names
        .iter()
        .map(|name| name.text.as_str())
        .chain(unnamed)
}

fn is_costly(item: &NamedExpr) -> bool {
    tree::calls(&item.value)
        .iter()
        .any(|call| COSTLY.contains(&call.name.text.as_str()))
}

pub(super) fn take_before_summary(lint: &Lint, cx: &Context<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for pipeline in tree::pipelines(cx.script()) {
        let operators = &pipeline.operators;
        for (at, operator) in operators.iter().enumerate() {
            let is_any = matches!(
                operator.kind,
                OperatorKind::Take(_) | OperatorKind::Sample(_)
            ) && !operators[..at].iter().any(is_ordering);
            let summary = operators[at + 1..].iter().find(|later| is_summary(later));
            if let (true, Some(summary)) = (is_any, summary) {
                let message = format!(
                    "`{}` picks any rows, and `{}` sees no others",
                    operator.kind.name(),
                    summary.kind.name()
                );
                let help = "leave it out, or say which rows: `| top N by Timestamp`";
                found.push(lint.at(operator.span, message).help(help));
            }
        }
    }
    found
}

fn is_ordering(operator: &Operator) -> bool {
    matches!(
        operator.kind,
        OperatorKind::Sort(_) | OperatorKind::Top(_) | OperatorKind::Count(_)
    )
}

fn is_summary(operator: &Operator) -> bool {
    matches!(
        operator.kind,
        OperatorKind::Summarize(_)
            | OperatorKind::Count(_)
            | OperatorKind::Distinct(_)
            | OperatorKind::Join(_)
            | OperatorKind::MakeSeries(_)
            | OperatorKind::Top(_)
    )
}

pub(super) fn sort_before_summary(lint: &Lint, cx: &Context<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for pipeline in tree::pipelines(cx.script()) {
        for pair in pipeline.operators.windows(2) {
            let [sort, next] = pair else { continue };
            let is_lost = match (&sort.kind, &next.kind) {
                (OperatorKind::Sort(_), OperatorKind::Summarize(summarize)) => {
                    !summarize.aggregates.iter().any(looks_at_order)
                }
                (OperatorKind::Sort(_), OperatorKind::Count(_) | OperatorKind::Sort(_)) => true,
                _ => false,
            };
            if is_lost {
                let message = format!("`{}` does not keep this order", next.kind.name());
                found.push(
                    lint.at(sort.span, message)
                        .help("sort its result, or leave the sorting out"),
                );
            }
        }
    }
    found
}

fn looks_at_order(item: &NamedExpr) -> bool {
    tree::calls(&item.value)
        .iter()
        .any(|call| ORDERED_AGGREGATES.contains(&call.name.text.as_str()))
}
