//! `mv-expand`: one row for each element of an array or slot of a bag.

use crate::bind::names::lent;
use crate::bind::{Binder, facts};
use crate::ir::{Node, Relation, Unnested};
use huntql_kql::ast::{ExprKind, MvExpand, OperatorParameter};
use huntql_kql::diagnostics::Diagnostic;
use huntql_kql::span::Span;
use huntql_kql::types::{Column, Type, Value};

/// What stands behind `mv-expand`.
#[derive(Default)]
struct Options {
    bags_as_arrays: bool,
    index: Option<String>,
}

pub(super) fn bind(
    binder: &mut Binder<'_>,
    expand: &MvExpand,
    input: Relation,
    span: Span,
) -> Relation {
    let options = options(binder, &expand.parameters);
    if let Some(limit) = &expand.limit {
        let count = binder.scalar(limit, None);
        binder.constant_long(&count, limit.span);
        binder.report(Diagnostic::unsupported(
            limit.span,
            "`limit` in `mv-expand` is not supported",
        ));
    }
    let mut items: Vec<Unnested> = Vec::new();
    for (index, item) in expand.items.iter().enumerate() {
        let value = binder.scalar(&item.value.value, Some(&input));
        let name = item
            .value
            .names
            .first()
            .map(|name| name.text.clone())
            .or_else(|| lent(&item.value.value));
        let name = name.unwrap_or_else(|| format!("Column{}", index + 1));
        if value.ty != Type::Dynamic {
            binder.report(facts::wrong_type(item.value.span, value.ty, "a dynamic"));
            continue;
        }
        items.push(Unnested {
            name,
            value,
            ty: item.to_type.unwrap_or(Type::Dynamic),
            bags_as_arrays: options.bags_as_arrays,
        });
    }
    if items.is_empty() {
        if expand.items.is_empty() {
            binder.report(Diagnostic::binding(
                "KS119",
                span,
                "`mv-expand` needs a column",
            ));
        }
        return Relation::unknown();
    }
    unnested(binder.with_windows(input), items, options.index)
}

/// Expanded columns keep their places; new ones and the index go last.
fn unnested(input: Relation, items: Vec<Unnested>, index: Option<String>) -> Relation {
    let mut columns = input.columns.clone();
    for item in &items {
        match columns.iter_mut().find(|column| column.name == item.name) {
            Some(column) => column.ty = item.ty,
            None => columns.push(Column::new(item.name.clone(), item.ty)),
        }
    }
    if let Some(index) = &index {
        columns.push(Column::new(index.clone(), Type::Long));
    }
    Relation {
        hidden: input.hidden.clone(),
        aliases: input.aliases.clone(),
        order: input.order.clone(),
        unknown: input.unknown,
        ..Relation::new(
            columns,
            Node::Unnest {
                input: Box::new(input),
                items,
                index,
            },
        )
    }
}

fn options(binder: &mut Binder<'_>, parameters: &[OperatorParameter]) -> Options {
    let mut options = Options::default();
    for parameter in parameters {
        let value = match &parameter.value.kind {
            ExprKind::Name(name) => name.text.clone(),
            ExprKind::Literal(literal) => match &literal.value {
                Value::String(text) => text.clone(),
                _ => String::new(),
            },
            _ => String::new(),
        };
        match (parameter.name.text.as_str(), value.as_str()) {
            ("kind" | "bagexpansion", "bag") => options.bags_as_arrays = false,
            ("kind" | "bagexpansion", "array") => options.bags_as_arrays = true,
            ("with_itemindex", name) if !name.is_empty() => options.index = Some(name.to_string()),
            (name, _) => {
                binder.report(Diagnostic::unsupported(
                    parameter.span,
                    format!("`{name}` with this value is not supported in `mv-expand`"),
                ));
            }
        }
    }
    options
}
