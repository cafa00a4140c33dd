//! `mv-expand`: one row for each element of an array or slot of a bag.

use crate::bind::names::{Names, lent};
use crate::bind::{Binder, facts};
use crate::ir::{Compare, Node, Order, Relation, Scalar, ScalarKind, SortKey, Unnested};
use huntql_kql::ast::{Expr, ExprKind, MvExpand, MvItem, OperatorParameter};
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
    let limit = limit(binder, expand.limit.as_ref());
    let Some(items) = items(binder, &expand.items, options.bags_as_arrays, &input, span) else {
        return Relation::unknown();
    };
    let input = binder.with_windows(input);
    let name = format!("__element{}", input.hidden.len());
    let written = options
        .index
        .as_deref()
        .map(|written| free_index(written, &input, &items));
    let index = written.clone().unwrap_or(name);
    let needed = limit.is_some() || matches!(input.order, Order::By(_));
    let expanded = unnested(
        input,
        items,
        (written.is_some() || needed).then(|| index.clone()),
        written.is_none(),
    );
    match limit {
        Some(limit) => limited(expanded, &index, limit),
        None => expanded,
    }
}

/// The name of `with_itemindex`, numbered where a column has it already.
pub(super) fn free_index(written: &str, input: &Relation, items: &[Unnested]) -> String {
    let columns = input.columns.iter().map(|column| column.name.clone());
    let expanded = items.iter().map(|item| item.name.clone());
    Names::beside(columns.chain(expanded)).free(written)
}

/// What is to be expanded; `None` when that was reported.
pub(super) fn items(
    binder: &mut Binder<'_>,
    written: &[MvItem],
    bags_as_arrays: bool,
    input: &Relation,
    span: Span,
) -> Option<Vec<Unnested>> {
    let mut items: Vec<Unnested> = Vec::new();
    for (index, item) in written.iter().enumerate() {
        let value = binder.scalar(&item.value.value, Some(input));
        let name = item
            .value
            .names
            .first()
            .map(|name| name.text.clone())
            .or_else(|| lent(&item.value.value));
        let name = name.unwrap_or_else(|| format!("Column{}", index + 1));
        if items.iter().any(|item| item.name == name) {
            binder.report(facts::duplicate_column(item.value.span, &name));
            continue;
        }
        if value.ty != Type::Dynamic {
            binder.report(facts::wrong_type(item.value.span, value.ty, "a dynamic"));
            continue;
        }
        items.push(Unnested {
            name,
            value,
            ty: item.to_type.unwrap_or(Type::Dynamic),
            bags_as_arrays,
        });
    }
    if written.is_empty() {
        binder.report(Diagnostic::binding(
            "KS119",
            span,
            "`mv-expand` needs a column",
        ));
    }
    (!items.is_empty()).then_some(items)
}

/// How many rows one row may give.
pub(super) fn limit(binder: &mut Binder<'_>, written: Option<&Expr>) -> Option<i64> {
    let written = written?;
    let count = binder.scalar(written, None);
    let count = binder.constant_long(&count, written.span)?;
    if count < 0 {
        binder.report(facts::negative(written.span, "the number of rows", count));
        return None;
    }
    Some(count)
}

/// The rows whose index is below the limit.
pub(super) fn limited(expanded: Relation, index: &str, limit: i64) -> Relation {
    let below = ScalarKind::Compare(
        Compare::Less,
        Box::new(Scalar::column(&Column::new(index, Type::Long))),
        Box::new(Scalar::literal(Value::Long(Some(limit)))),
    );
    expanded.filtered(Scalar::new(Type::Bool, below))
}

/// Expanded columns keep their places; new ones and the index go last. Rows in an order are also in that of their elements.
pub(super) fn unnested(
    input: Relation,
    items: Vec<Unnested>,
    index: Option<String>,
    hide_index: bool,
) -> Relation {
    let mut columns = input.columns.clone();
    for item in &items {
        match columns.iter_mut().find(|column| column.name == item.name) {
            Some(column) => column.ty = item.ty,
            None => columns.push(Column::new(item.name.clone(), item.ty)),
        }
    }
    let mut hidden = input.hidden.clone();
    let mut order = input.order.clone();
    if let Order::By(keys) = &order {
        // A key that is expanded tells of no order any more.
        let expanded = |key: &SortKey| matches!(&key.value.kind, ScalarKind::Column(name) if items.iter().any(|item| item.name == *name));
        if keys.iter().any(expanded) {
            order = Order::Unordered;
        }
    }
    if let Some(index) = &index {
        let column = Column::new(index.clone(), Type::Long);
        if let Order::By(keys) = &mut order {
            keys.push(super::keyed::ascending(&column));
        }
        if hide_index {
            hidden.push(column);
        } else {
            columns.push(column);
        }
    }
    Relation {
        hidden,
        aliases: input.aliases.clone(),
        order,
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
