//! `sort` and `top`: an order of the rows.
//!
//! The direction is descending unless said; nulls go last for `desc`, first for `asc` (Kusto docs, "sort operator").

use crate::bind::{Binder, facts};
use crate::ir::{Relation, SortKey};
use huntql_kql::ast::{Direction, Nulls, Sort, Top};
use huntql_kql::types::Type;

pub(super) fn sort(binder: &mut Binder<'_>, sort: &Sort, input: Relation) -> Relation {
    let (input, keys) = bind_keys(binder, &sort.keys, input);
    input.sorted(keys, None)
}

pub(super) fn top(binder: &mut Binder<'_>, top: &Top, input: Relation) -> Relation {
    let count = binder.scalar(&top.count, None);
    let count = binder.constant_long(&count, top.count.span);
    let (input, keys) = bind_keys(binder, &top.keys, input);
    match count.map(u64::try_from) {
        Some(Ok(count)) => input.sorted(keys, Some(count)),
        Some(Err(_)) => {
            binder.report(facts::negative(
                top.count.span,
                "the number of rows",
                count.unwrap_or_default(),
            ));
            input
        }
        None => input,
    }
}

/// The keys as columns: an expression becomes a hidden column, so that the order can be named later.
pub(super) fn bind_keys(
    binder: &mut Binder<'_>,
    written: &[huntql_kql::ast::SortKey],
    input: Relation,
) -> (Relation, Vec<SortKey>) {
    let mut keys = Vec::new();
    for key in written {
        let value = binder.scalar(&key.value.value, Some(&input));
        if value.ty == Type::Dynamic && !value.is_error() {
            binder.report(
                facts::wrong_type(key.span, Type::Dynamic, "a type that has an order")
                    .help("convert it, for instance with `tostring(…)` or `tolong(…)`"),
            );
        }
        let descending = key.direction != Some(Direction::Asc);
        let nulls_first = key.nulls.map_or(!descending, |nulls| nulls == Nulls::First);
        keys.push(SortKey {
            value,
            descending,
            nulls_first,
        });
    }
    let input = binder.with_windows(input);
    with_key_columns(input, keys)
}

/// Keys that are no columns are computed into hidden ones.
pub(crate) fn with_key_columns(
    input: Relation,
    mut keys: Vec<SortKey>,
) -> (Relation, Vec<SortKey>) {
    use crate::ir::{Node, Scalar, ScalarKind};
    use huntql_kql::types::Column;
    let mut items = super::project::all_columns(&input.columns);
    let mut hidden = input.hidden.clone();
    for key in &mut keys {
        if matches!(
            key.value.kind,
            ScalarKind::Column(_) | ScalarKind::Literal(_) | ScalarKind::Error
        ) {
            continue;
        }
        let name = format!("__key{}", hidden.len());
        let column = Column::new(name.clone(), key.value.ty);
        items.push((
            name,
            std::mem::replace(&mut key.value, Scalar::column(&column)),
        ));
        hidden.push(column);
    }
    if items.len() == input.columns.len() {
        return (input, keys);
    }
    let relation = Relation {
        columns: input.columns.clone(),
        hidden,
        aliases: input.aliases.clone(),
        order: input.order.clone(),
        unknown: input.unknown,
        node: Node::Project {
            input: Box::new(input),
            items,
        },
    };
    (relation, keys)
}
