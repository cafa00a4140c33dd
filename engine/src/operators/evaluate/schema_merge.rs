//! `schema_merge`: tables of columns, as `getschema` gives them, as one.
//!
//! A column stands where the schemas put it. When they put it in several places, it stands in the last of these, or, with the order
//! preserved, is shown as an error: so the page's examples. Not here: columns whose types differ, and places that two columns
//! share or that none has; the query fails there, for the page does not say what becomes of them.

use super::{flag, operator, wrong_count};
use crate::bind::{Binder, Binding, facts};
use crate::ir::{Order, Relation, Scalar};
use huntql_kql::ast::Evaluate;
use huntql_kql::types::{Type, Value};
use std::rc::Rc;

/// The input's columns, under their names in the query, and the types that they may have.
const COLUMNS: [(&str, &str, &[Type]); 4] = [
    ("ColumnName", "n", &[Type::String]),
    ("ColumnOrdinal", "o", &[Type::Int, Type::Long]),
    ("DataType", "d", &[Type::String]),
    ("ColumnType", "c", &[Type::String]),
];

const QUERY: &str = "T | summarize lo = min(o), hi = max(o), kinds = array_length(make_set(c)), c = take_any(c), d = take_any(d) by n
    | sort by hi asc
    | extend moved = preserve and lo != hi
    | project n, iff(moved, -1, hi),
        iff(moved, 'ERROR(unknown CSL type:ERROR(columns are out of order))', d),
        iff(moved, 'ERROR(columns are out of order)', c),
        kinds != 1 or row_number() != hi + 1";

const DOUBT: &str = "`schema_merge`: the types of a column differ, two columns have one place, or a place has none; \
    the reference does not say what becomes of them";

pub(super) fn bind(binder: &mut Binder<'_>, evaluate: &Evaluate, input: Relation) -> Relation {
    let preserve = match evaluate.call.args.as_slice() {
        [] => true,
        [order] => flag(binder, order),
        _ => return wrong_count(binder, evaluate, "at most one argument"),
    };
    if input.unknown {
        return Relation::unknown();
    }
    let span = evaluate.call.name.span;
    let mut items = Vec::new();
    for (column, name, types) in COLUMNS {
        let Some(found) = input.column(column) else {
            binder.report(facts::unknown_column(span, column));
            return Relation::unknown();
        };
        if !types.contains(&found.ty) {
            binder.report(facts::wrong_type(span, found.ty, "what `getschema` gives"));
            return Relation::unknown();
        }
        let value = binder.convert(
            Scalar::column(found),
            *types.last().expect("each has a type"),
        );
        items.push((name.to_string(), value));
    }
    let mut table = input.projected(items);
    table.hidden.clear();
    table.aliases.clear();
    table.order = Order::Unordered;
    let names = vec![
        ("T".into(), Binding::Table(Rc::new(table))),
        (
            "preserve".into(),
            Binding::Scalar(Scalar::literal(Value::Bool(Some(preserve)))),
        ),
    ];
    let merged = binder.written(QUERY, names, span);
    let Some(doubt) = merged.columns.last().map(Scalar::column) else {
        return Relation::unknown();
    };
    let reason = Scalar::literal(Value::String(DOUBT.to_owned()));
    let sure = operator(binder, "beyond_doubt", vec![doubt, reason]);
    let named = COLUMNS
        .iter()
        .zip(&merged.columns)
        .map(|((name, ..), column)| ((*name).to_string(), Scalar::column(column)))
        .collect();
    merged.filtered(sure).projected(named)
}
