//! Calls that give tables: `materialize(…)`, `view()`.

use crate::bind::{Binder, facts};
use crate::ir::{Node, Relation};
use crate::operators::enrich;
use huntql_kql::ast::Call;
use huntql_kql::span::Span;
use huntql_kql::types::{Column, Type};

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
        bind: assigned_addresses,
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
    let Some(huntql_kql::types::Value::String(text)) =
        binder.constant(&name, huntql_kql::types::Type::String, arg.value.span)
    else {
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

/// `AssignedIPAddresses(device, time)`: no device reports its addresses here.
fn assigned_addresses(binder: &mut Binder<'_>, call: &Call, span: Span) -> Relation {
    const COLUMNS: [(&str, Type); 5] = [
        ("Timestamp", Type::Datetime),
        ("IPAddress", Type::String),
        ("IPType", Type::String),
        ("NetworkAdapterType", Type::String),
        ("ConnectedNetworks", Type::Dynamic),
    ];
    nothing(binder, call, span, &COLUMNS, "the addresses of devices")
}

/// `_GetWatchlist("alias")`: there are no watchlists here.
fn watchlist(binder: &mut Binder<'_>, call: &Call, span: Span) -> Relation {
    const COLUMNS: [(&str, Type); 4] = [
        ("_DTItemId", Type::String),
        ("LastUpdatedTimeUTC", Type::Datetime),
        ("SearchKey", Type::String),
        ("WatchlistItem", Type::Dynamic),
    ];
    nothing(binder, call, span, &COLUMNS, "watchlists")
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
