//! `project`, `extend`, `serialize`: columns from expressions.

use super::tuple::{self, Unnamed};
use crate::bind::Binder;
use crate::bind::names::Names;
use crate::ir::{Node, Order, Relation, Scalar};
use huntql_kql::ast::{Name, NamedExpr, Project, Serialize};
use huntql_kql::diagnostics::Diagnostic;
use huntql_kql::types::Column;

pub(super) fn project(binder: &mut Binder<'_>, project: &Project, input: Relation) -> Relation {
    let mut names = Names::default();
    let mut items = Vec::new();
    for item in &project.items {
        for (name, scalar) in bound_item(binder, item, &input, &mut names) {
            items.push((name, scalar));
        }
    }
    binder.with_windows(input).projected(items)
}

/// New columns go last; an item whose name the input has replaces that column in its place.
pub(super) fn extend(binder: &mut Binder<'_>, extended: &[NamedExpr], input: Relation) -> Relation {
    let mut names = Names::beside(input.columns.iter().map(|column| column.name.clone()));
    let mut items: Vec<(String, Scalar)> = input
        .columns
        .iter()
        .map(|column| (column.name.clone(), Scalar::column(column)))
        .collect();
    for item in extended {
        // A column by itself adds nothing new: it stays where it is.
        for (name, scalar) in bound_item(binder, item, &input, &mut names) {
            match items.iter_mut().find(|(have, _)| *have == name) {
                Some(slot) => slot.1 = scalar,
                None => items.push((name, scalar)),
            }
        }
    }
    binder.with_windows(input).projected(items)
}

/// Rows get an order that can be relied on; extra items are those of `extend`.
pub(super) fn serialize(
    binder: &mut Binder<'_>,
    serialize: &Serialize,
    mut input: Relation,
) -> Relation {
    if !input.order.is_serialized() {
        input.order = Order::Serialized;
    }
    if serialize.items.is_empty() {
        input
    } else {
        extend(binder, &serialize.items, input)
    }
}

/// The columns of an item: one, or for `(a, b) = bag` one for each name.
fn bound_item(
    binder: &mut Binder<'_>,
    item: &NamedExpr,
    input: &Relation,
    names: &mut Names,
) -> Vec<(String, Scalar)> {
    if let Some(items) = tuple::bind(binder, item, Some(input), names, Unnamed::Shown) {
        return items;
    }
    let scalar = binder.scalar(&item.value, Some(input));
    if item.tuple && item.names.len() > 1 {
        return several(binder, &item.names);
    }
    let name = names.of(binder, item, &scalar);
    if let Some(written) = item.names.first() {
        binder.json_texts.named(&written.text, &item.value);
    }
    vec![(name, scalar)]
}

/// Scalars have one value each; only aggregates, plugins and some functions can fill several names.
fn several(binder: &mut Binder<'_>, names: &[Name]) -> Vec<(String, Scalar)> {
    binder.report(Diagnostic::binding(
        "KS149",
        names[1].span,
        "the expression does not have several values",
    ));
    names
        .iter()
        .map(|name| (name.text.clone(), Scalar::error()))
        .collect()
}

/// Every column as it is.
pub(crate) fn all_columns(columns: &[Column]) -> Vec<(String, Scalar)> {
    columns
        .iter()
        .map(|column| (column.name.clone(), Scalar::column(column)))
        .collect()
}

/// The input with one more column that can be named but is not shown.
pub(crate) fn with_hidden(input: Relation, name: &str, value: Scalar) -> Relation {
    let mut hidden = input.hidden.clone();
    hidden.retain(|column| column.name != name);
    hidden.push(Column::new(name, value.ty));
    let mut items = all_columns(&input.columns);
    items.push((name.to_string(), value));
    Relation {
        columns: input.columns.clone(),
        hidden,
        aliases: input.aliases.clone(),
        order: input.order.clone(),
        unknown: input.unknown,
        node: Node::Project {
            input: Box::new(input),
            items,
        },
    }
}

/// The columns of a relation with some replaced in their places, and new ones behind them.
pub(crate) fn beside(input: &Relation, new: Vec<(String, Scalar)>) -> Vec<(String, Scalar)> {
    let mut items = all_columns(&input.columns);
    for (name, scalar) in new {
        match items.iter_mut().find(|(have, _)| *have == name) {
            Some(slot) => slot.1 = scalar,
            None => items.push((name, scalar)),
        }
    }
    items
}
