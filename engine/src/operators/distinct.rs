//! `distinct`: rows without repeats.

use super::project::all_columns;
use super::summarize::groupable;
use crate::bind::names::Names;
use crate::bind::{Binder, facts};
use crate::ir::{Node, Relation, Scalar};
use huntql_kql::ast::{Distinct, ExprKind};
use huntql_kql::types::Type;

pub(super) fn bind(binder: &mut Binder<'_>, distinct: &Distinct, input: Relation) -> Relation {
    let items = items(binder, distinct, &input);
    let mut projected = binder.with_windows(input).projected(items);
    projected.hidden.clear();
    let columns = projected.columns.clone();
    Relation {
        unknown: projected.unknown,
        ..Relation::new(
            columns,
            Node::Distinct {
                input: Box::new(projected),
            },
        )
    }
}

/// The columns that are compared.
pub(super) fn items(
    binder: &mut Binder<'_>,
    distinct: &Distinct,
    input: &Relation,
) -> Vec<(String, Scalar)> {
    let mut names = Names::default();
    let mut items: Vec<(String, Scalar)> = Vec::new();
    for item in &distinct.items {
        if matches!(item.value.kind, ExprKind::Star) {
            if !binder.has_errors()
                && input
                    .columns
                    .iter()
                    .any(|column| column.ty == Type::Dynamic)
            {
                binder.report(facts::dynamic_group(item.value.span));
            }
            // A name that was there before stands for this column as well.
            for (name, column) in all_columns(&input.columns) {
                match items.iter_mut().find(|(have, _)| *have == name) {
                    Some(slot) => slot.1 = column,
                    None => items.push((names.free(&name), column)),
                }
            }
            continue;
        }
        let scalar = groupable(binder, &item.value, input);
        items.push((names.of(binder, item, &scalar), scalar));
    }
    items
}
