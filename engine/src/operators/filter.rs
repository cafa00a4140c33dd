//! `where` and `take`.

use crate::bind::{Binder, facts};
use crate::ir::Relation;
use huntql_kql::ast::{Take, Where};

pub(super) fn bind(binder: &mut Binder<'_>, filter: &Where, input: Relation) -> Relation {
    let predicate = binder.condition(&filter.predicate, Some(&input));
    let shown = (input.columns.clone(), input.hidden.clone());
    let windowed = binder.with_windows(input);
    let mut filtered = windowed.filtered(predicate);
    (filtered.columns, filtered.hidden) = shown;
    filtered
}

/// Any N rows: the first ones when the rows have an order.
pub(super) fn take(binder: &mut Binder<'_>, take: &Take, input: Relation) -> Relation {
    let count = binder.scalar(&take.count, None);
    let Some(count) = binder.constant_long(&count, take.count.span) else {
        return input;
    };
    match u64::try_from(count) {
        Ok(count) => input.limited(count),
        Err(_) => {
            binder.report(facts::negative(
                take.count.span,
                "the number of rows",
                count,
            ));
            input
        }
    }
}
