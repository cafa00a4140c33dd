//! `fork`, `facet` and the plugin `preview`: several results of one input. They stand at the end of a query.
//!
//! The input is computed for each result anew. Source: Kusto docs, "fork operator", "facet operator", "preview plugin".

use super::evaluate::PREVIEW;
use super::{filter, summarize};
use crate::bind::{Binder, facts};
use crate::ir::{Relation, Scalar};
use huntql_kql::ast::{Count, Evaluate, Facet, Fork, Operator, OperatorKind, Take};

/// Whether the operator gives several results.
pub(crate) fn are_given(operator: &Operator) -> bool {
    match &operator.kind {
        OperatorKind::Fork(_) | OperatorKind::Facet(_) => true,
        OperatorKind::Evaluate(evaluate) => evaluate.call.name.text == PREVIEW,
        _ => false,
    }
}

/// The results of the operator, in their order.
pub(crate) fn bind(binder: &mut Binder<'_>, operator: &Operator, input: Relation) -> Vec<Relation> {
    match &operator.kind {
        OperatorKind::Fork(fork) => forked(binder, fork, input),
        OperatorKind::Facet(facet) => faceted(binder, facet, input),
        OperatorKind::Evaluate(evaluate) => previewed(binder, evaluate, input),
        _ => Vec::new(),
    }
}

/// So many rows, then their count.
fn previewed(binder: &mut Binder<'_>, evaluate: &Evaluate, input: Relation) -> Vec<Relation> {
    let call = &evaluate.call;
    let [rows] = call.args.as_slice() else {
        let (span, given) = (call.name.span, call.args.len());
        binder.report(facts::wrong_count(span, PREVIEW, given, "one argument"));
        return vec![Relation::unknown()];
    };
    let take = Take {
        count: rows.value.clone(),
    };
    vec![
        filter::take(binder, &take, input.clone()),
        summarize::count(binder, &Count { name: None }, input),
    ]
}

fn forked(binder: &mut Binder<'_>, fork: &Fork, input: Relation) -> Vec<Relation> {
    fork.branches
        .iter()
        .map(|branch| binder.operators(input.clone(), &branch.operators))
        .collect()
}

/// The table of `with`, then how often each value of each column stands there.
fn faceted(binder: &mut Binder<'_>, facet: &Facet, input: Relation) -> Vec<Relation> {
    let mut results = Vec::new();
    if !facet.with.is_empty() {
        results.push(binder.operators(input.clone(), &facet.with));
    }
    for name in &facet.by {
        let Some(column) = input.resolve(&name.text).cloned() else {
            if !input.unknown {
                let diagnostic = facts::unknown_column(name.span, &name.text);
                let known = input.columns.iter().map(|column| column.name.as_str());
                binder.report(Binder::suggest(diagnostic, &name.text, known));
            }
            continue;
        };
        let group = (column.name.clone(), Scalar::column(&column));
        let count = format!("count_{}", column.name);
        results.push(summarize::grouped(
            input.clone(),
            group,
            "count",
            Vec::new(),
            count,
        ));
    }
    results
}
