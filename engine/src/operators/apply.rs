//! `mv-apply`: a sub-query over the elements of each row's arrays.
//!
//! Rows get numbers, the arrays are expanded, and the body runs over all sub-tables at once with the number as the key (see
//! [`super::keyed`]). Columns of the row that are not expanded are carried in hidden columns; they show again behind the body,
//! where the body has no column of their name. Source: Kusto docs, "mv-apply operator".

use super::expand;
use super::keyed::{self, Key, ascending};
use super::project::all_columns;
use crate::bind::Binder;
use crate::ir::{Node, Order, Relation, Scalar, Unnested};
use huntql_kql::ast::{ExprKind, MvApply, MvItem, OperatorParameter};
use huntql_kql::diagnostics::Diagnostic;
use huntql_kql::span::Span;
use huntql_kql::types::{Column, Type, Value};

pub(super) fn bind(
    binder: &mut Binder<'_>,
    apply: &MvApply,
    input: Relation,
    span: Span,
) -> Relation {
    let index = index_name(binder, &apply.parameters);
    let limit = expand::limit(binder, apply.limit.as_ref());
    let Some(items) = expand::items(binder, &apply.items, false, &input, span) else {
        return Relation::unknown();
    };
    if input.unknown {
        return Relation::unknown();
    }
    let index = index.map(|written| expand::free_index(&written, &input, &items));
    let input = binder.with_windows(input);
    let (before, aliases, ordered) = (
        input.hidden.clone(),
        input.aliases.clone(),
        input.order.is_serialized(),
    );
    let depth = binder.keyed;
    let outer: Vec<Column> = input
        .columns
        .iter()
        .filter(|column| !apply.items.iter().any(|item| is_column(item, &column.name)))
        .cloned()
        .collect();
    let (numbered, key) = numbered(input, &outer, depth);
    let hidden_index = format!("__index{depth}");
    let index_column = index.clone().unwrap_or(hidden_index);
    let mut subtables = sub_tables(numbered, items, &index_column, index.is_none());
    if let Some(limit) = limit {
        subtables = expand::limited(subtables, &index_column, limit);
    }
    let body = keyed::body(binder, &apply.body, subtables, &key);
    if body.unknown {
        return Relation::unknown();
    }
    let mut result = shown(body, &outer, &key);
    result.aliases = aliases;
    result
        .aliases
        .retain(|(_, target)| result.columns.iter().any(|column| column.name == *target));
    if binder.keyed > 0 {
        return result;
    }
    match (&result.order, ordered) {
        (Order::By(keys), true) => {
            let keys = keys.clone();
            result.sorted(keys, None)
        }
        _ => {
            result.order = Order::Unordered;
            result.hidden.retain(|column| before.contains(column));
            result
        }
    }
}

/// A column that is expanded under its own name goes; under a name that was written it stays.
fn is_column(item: &MvItem, name: &str) -> bool {
    item.value.names.is_empty()
        && matches!(&item.value.value.kind, ExprKind::Name(column) if column.text == name)
}

/// The rows with their numbers, and with hidden copies of the outer columns.
fn numbered(input: Relation, outer: &[Column], depth: usize) -> (Relation, Key) {
    let row = Column::new(format!("__row{depth}"), Type::Long);
    let mut carried = input.hidden.clone();
    let mut numbered = keyed::with_window(input, &row.name, "row_number", Vec::new());
    numbered.order = Order::By(vec![ascending(&row)]);
    let mut items = all_columns(&numbered.columns);
    let mut hidden = numbered.hidden.clone();
    for (number, column) in outer.iter().enumerate() {
        let copy = Column::new(copy_name(&row, number), column.ty);
        items.push((copy.name.clone(), Scalar::column(column)));
        hidden.push(copy.clone());
        carried.push(copy);
    }
    let relation = Relation {
        columns: numbered.columns.clone(),
        hidden,
        aliases: numbered.aliases.clone(),
        order: numbered.order.clone(),
        unknown: false,
        node: Node::Project {
            input: Box::new(numbered),
            items,
        },
    };
    (
        relation,
        Key {
            column: row,
            carried,
        },
    )
}

fn copy_name(row: &Column, number: usize) -> String {
    format!("{}_{number}", row.name)
}

fn sub_tables(input: Relation, items: Vec<Unnested>, index: &str, hide_index: bool) -> Relation {
    expand::unnested(input, items, Some(index.to_string()), hide_index)
}

/// Outer columns in their places, or the body's columns of their names; then the body's other columns.
fn shown(body: Relation, outer: &[Column], key: &Key) -> Relation {
    let mut items: Vec<(String, Scalar)> = Vec::new();
    for (number, column) in outer.iter().enumerate() {
        let value = match body.column(&column.name) {
            Some(own) => Scalar::column(own),
            None => Scalar::column(&Column::new(copy_name(&key.column, number), column.ty)),
        };
        items.push((column.name.clone(), value));
    }
    for column in &body.columns {
        if !outer.iter().any(|have| have.name == column.name) {
            items.push((column.name.clone(), Scalar::column(column)));
        }
    }
    body.projected(items)
}

fn index_name(binder: &mut Binder<'_>, parameters: &[OperatorParameter]) -> Option<String> {
    let mut index = None;
    for parameter in parameters {
        let value = match &parameter.value.kind {
            ExprKind::Name(name) => name.text.clone(),
            ExprKind::Literal(literal) => match &literal.value {
                Value::String(text) => text.clone(),
                _ => String::new(),
            },
            _ => String::new(),
        };
        if parameter.name.text == "with_itemindex" && !value.is_empty() {
            index = Some(value);
        } else {
            binder.report(Diagnostic::unsupported(
                parameter.span,
                format!("`{}` is not supported in `mv-apply`", parameter.name.text),
            ));
        }
    }
    index
}
