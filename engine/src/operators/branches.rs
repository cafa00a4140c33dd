//! `fork` and `facet`: several results of one input. They stand at the end of a query.
//!
//! The input is computed for each result anew. Source: Kusto docs, "fork operator", "facet operator".

use super::summarize;
use crate::bind::{Binder, facts};
use crate::ir::{Relation, Scalar};
use huntql_kql::ast::{Facet, Fork, Operator, OperatorKind};

/// The results of the operator, in their order.
pub(crate) fn bind(binder: &mut Binder<'_>, operator: &Operator, input: Relation) -> Vec<Relation> {
    match &operator.kind {
        OperatorKind::Fork(fork) => forked(binder, fork, input),
        OperatorKind::Facet(facet) => faceted(binder, facet, input),
        _ => Vec::new(),
    }
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
