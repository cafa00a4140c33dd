//! Calls that give tables: `materialize(…)`, `view()`.

use crate::bind::{Binder, facts};
use crate::ir::Relation;
use huntql_kql::ast::Call;
use huntql_kql::span::Span;

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
