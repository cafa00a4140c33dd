//! Calls that give tables: `materialize(…)`, `view()`.

use crate::bind::{Binder, facts, scan};
use crate::catalog::{Catalog, Watchlist};
use crate::ir::{Node, Relation, Scalar};
use crate::operators::project::all_columns;
use crate::operators::{enrich, observed};
use huntql_kql::ast::Call;
use huntql_kql::span::Span;
use huntql_kql::types::{Column, Type, Value};

/// A call that gives a table.
pub(crate) struct TableForm {
    pub name: &'static str,
    pub bind: fn(&mut Binder<'_>, &Call, Span) -> Relation,
}

const FORMS: &[TableForm] = &[
    // The rows are the same whether they are kept or computed again: queries are deterministic over one snapshot.
    TableForm {
        name: "materialize",
        bind: inner,
    },
    TableForm {
        name: "table",
        bind: table,
    },
    TableForm {
        name: "AssignedIPAddresses",
        bind: observed::assigned_addresses,
    },
    TableForm {
        name: "_GetWatchlist",
        bind: watchlist,
    },
];

pub(crate) fn find(name: &str) -> Option<&'static TableForm> {
    FORMS.iter().find(|form| form.name == name)
}

fn inner(binder: &mut Binder<'_>, call: &Call, span: Span) -> Relation {
    let [arg] = call.args.as_slice() else {
        binder.report(facts::wrong_count(
            span,
            &call.name.text,
            call.args.len(),
            "one argument",
        ));
        return Relation::unknown();
    };
    binder.table(&arg.value)
}

/// `table("Name")`
fn table(binder: &mut Binder<'_>, call: &Call, span: Span) -> Relation {
    let [arg] = call.args.as_slice() else {
        binder.report(facts::wrong_count(
            span,
            "table",
            call.args.len(),
            "one argument",
        ));
        return Relation::unknown();
    };
    let name = binder.scalar(&arg.value, None);
    let Some(Value::String(text)) = binder.constant(&name, Type::String, arg.value.span) else {
        return Relation::unknown();
    };
    let name = huntql_kql::ast::Name {
        text,
        bracketed: true,
        span: arg.value.span,
    };
    let kind = huntql_kql::ast::ExprKind::Name(name);
    binder.table(&huntql_kql::ast::Expr {
        kind,
        span: arg.value.span,
    })
}

/// `_GetWatchlist("alias")`: the rows of a list that the catalog has, with `SearchKey` where the list declares one.
///
/// Source: Microsoft Sentinel, page "watchlists-queries". A list that is not there has Sentinel's own columns and no rows.
fn watchlist(binder: &mut Binder<'_>, call: &Call, span: Span) -> Relation {
    if let [arg] = call.args.as_slice() {
        let alias = binder.scalar(&arg.value, None);
        let alias = match binder.constant(&alias, Type::String, arg.value.span) {
            Some(Value::String(alias)) => alias,
            _ => return Relation::unknown(),
        };
        if let Some(found) = binder.catalog.watchlist(&alias) {
            return rows_of(binder.catalog, found);
        }
    }
    const COLUMNS: [(&str, Type); 4] = [
        ("_DTItemId", Type::String),
        ("LastUpdatedTimeUTC", Type::Datetime),
        ("SearchKey", Type::String),
        ("WatchlistItem", Type::Dynamic),
    ];
    nothing(binder, call, span, &COLUMNS, "watchlists")
}

fn rows_of(catalog: &Catalog, watchlist: &Watchlist) -> Relation {
    let rows = scan(catalog, &watchlist.table);
    let key = watchlist.search_key.as_deref();
    let key = key.filter(|_| rows.column("SearchKey").is_none());
    let Some(key) = key.and_then(|key| rows.column(key)).cloned() else {
        return rows;
    };
    let mut items = all_columns(&rows.columns);
    items.push(("SearchKey".to_owned(), Scalar::column(&key)));
    rows.projected(items)
}

/// A table of the portal's that has no local counterpart: no rows, and a warning that says so.
fn nothing(
    binder: &mut Binder<'_>,
    call: &Call,
    span: Span,
    columns: &[(&str, Type)],
    what: &str,
) -> Relation {
    if call.args.is_empty() {
        let name = &call.name.text;
        binder.report(facts::wrong_count(span, name, 0, "one argument"));
    }
    for arg in &call.args {
        binder.scalar(&arg.value, None);
    }
    binder.report(enrich::no_data(call.name.span, &call.name.text, what));
    let columns = columns
        .iter()
        .map(|(name, ty)| Column::new(*name, *ty))
        .collect();
    Relation::new(columns, Node::Values(Vec::new()))
}
