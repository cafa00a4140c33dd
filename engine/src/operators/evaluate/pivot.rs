//! `pivot`: the values of one column as columns, each with an aggregate of its rows.
//!
//! First the aggregate by groups and pivot value, then one column for each value. Where a group has no row with a value,
//! counts and sums are 0 and all else is null.

use super::{column, distinct_values, function, wrong_count};
use crate::bind::{Binder, facts};
use crate::ir::{Relation, Scalar, ScalarKind};
use crate::operators::summarize;
use huntql_kql::ast::{
    Binary, BinaryOp, Call, Evaluate, Expr, ExprKind, Literal, Name, NamedExpr, Summarize,
};
use huntql_kql::diagnostics::Diagnostic;
use huntql_kql::span::Span;
use huntql_kql::types::{Column, Type, Value};

const VALUE: &str = "__pivot_value";
const KEY: &str = "__pivot_key";

/// Aggregates of which nothing is 0.
const ZERO: [&str; 3] = ["count", "dcount", "sum"];
/// The aggregates that the plugin takes.
const TAKEN: [&str; 16] = [
    "min",
    "max",
    "take_any",
    "any",
    "sum",
    "dcount",
    "avg",
    "stdev",
    "variance",
    "make_list",
    "make_bag",
    "make_set",
    "count",
    "makelist",
    "makeset",
    "anyif",
];

pub(super) fn bind(binder: &mut Binder<'_>, evaluate: &Evaluate, input: Relation) -> Relation {
    let plugin = binder.plugin();
    let call = &evaluate.call;
    let Some(first) = call.args.first() else {
        return wrong_count(binder, evaluate, "a column");
    };
    let Some(key) = column(binder, first, &input) else {
        return Relation::unknown();
    };
    let (aggregate, groups) = match call.args.get(1).map(|arg| &arg.value.kind) {
        Some(ExprKind::Call(aggregate)) => (aggregate.clone(), &call.args[2..]),
        _ => (count(call.name.span), &call.args[1.min(call.args.len())..]),
    };
    if !TAKEN.contains(&aggregate.name.text.as_str()) {
        let what = format!("`{}` in `pivot`", aggregate.name.text);
        binder.unsupported(aggregate.name.span, &what);
        return Relation::unknown();
    }
    let mut by: Vec<Column> = Vec::new();
    for group in groups {
        by.extend(column(binder, group, &input));
    }
    if groups.is_empty() {
        let used = |name: &str| {
            aggregate
                .args
                .iter()
                .any(|arg| matches!(&arg.value.kind, ExprKind::Name(used) if used.text == name))
        };
        by = input
            .columns
            .iter()
            .filter(|column| column.name != key.name && !used(&column.name))
            .cloned()
            .collect();
    }
    let Some(values) = values(binder, evaluate, plugin, &key, &by, &input) else {
        let mut open = input;
        open.unknown = true;
        return open.projected(super::all_columns(&by));
    };
    pivoted(binder, evaluate, &aggregate, &key, &by, values, input)
}

fn count(span: Span) -> Call {
    Call {
        name: name("count", span),
        args: Vec::new(),
    }
}

/// The values that become columns: declared, or those that the data has, by name.
fn values(
    binder: &mut Binder<'_>,
    evaluate: &Evaluate,
    plugin: usize,
    key: &Column,
    by: &[Column],
    input: &Relation,
) -> Option<Vec<(String, Option<Type>)>> {
    if let Some(schema) = &evaluate.schema {
        let declared = schema.columns.iter();
        return Some(
            declared
                .filter(|column| !by.iter().any(|group| group.name == column.name.text))
                .map(|column| (column.name.text.clone(), Some(column.ty)))
                .collect(),
        );
    }
    let text = function(binder, "tostring", vec![Scalar::column(key)]);
    let mut values = binder.values_of(distinct_values(input.clone(), text))?;
    values.sort();
    if values.is_empty() {
        let is_new = |name: &str| !by.iter().any(|group| group.name == name);
        let wished = binder.nameless(plugin, evaluate.span).into_iter();
        return Some(
            wished
                .filter(|(name, _)| is_new(name))
                .map(|(name, _)| (name, None))
                .collect(),
        );
    }
    for value in &values {
        if value.is_empty() {
            binder.report(Diagnostic::unsupported(
                evaluate.span,
                format!("`pivot` over an empty `{}` is not supported", key.name),
            ));
        }
        if by.iter().any(|group| group.name == *value) {
            binder.report(facts::duplicate_column(evaluate.span, value));
        }
    }
    Some(values.into_iter().map(|value| (value, None)).collect())
}

fn pivoted(
    binder: &mut Binder<'_>,
    evaluate: &Evaluate,
    aggregate: &Call,
    key: &Column,
    by: &[Column],
    values: Vec<(String, Option<Type>)>,
    input: Relation,
) -> Relation {
    let span = evaluate.span;
    let named = |as_name: &str, value: Expr| NamedExpr {
        names: vec![name(as_name, span)],
        tuple: false,
        value,
        span,
    };
    let text = call("tostring", vec![reference(&key.name, span)], span);
    let mut groups: Vec<NamedExpr> = by
        .iter()
        .map(|group| named(&group.name, reference(&group.name, span)))
        .collect();
    let mut first_by = groups.clone();
    first_by.push(named(KEY, text));
    let value = Expr {
        kind: ExprKind::Call(aggregate.clone()),
        span: aggregate.name.span,
    };
    let first = summarize::bind(
        binder,
        &summarized(vec![named(VALUE, value)], first_by),
        input,
        span,
    );
    let picked = values
        .iter()
        .enumerate()
        .map(|(index, (value, _))| {
            let is = equal(reference(KEY, span), literal(value, span), span);
            let pick = call("take_anyif", vec![reference(VALUE, span), is], span);
            named(&format!("__pivot{index}"), pick)
        })
        .collect::<Vec<_>>();
    if picked.is_empty() && groups.is_empty() {
        binder.unsupported(span, "`pivot` without rows and without other columns");
        return Relation::unknown();
    }
    let second = summarize::bind(
        binder,
        &summarized(picked, std::mem::take(&mut groups)),
        first,
        span,
    );
    let mut items = super::all_columns(by);
    for (index, (name, ty)) in values.into_iter().enumerate() {
        let Some(column) = second.column(&format!("__pivot{index}")).cloned() else {
            continue;
        };
        let mut value = Scalar::column(&column);
        if ZERO.contains(&aggregate.name.text.as_str()) {
            value = or_zero(binder, value);
        }
        if let Some(ty) = ty {
            value = binder.convert(value, ty);
        }
        items.push((name, value));
    }
    let pivoted = second.projected(items);
    match &evaluate.schema {
        Some(schema) => in_order(
            pivoted,
            schema.columns.iter().map(|column| &column.name.text),
        ),
        None => pivoted,
    }
}

/// Only the declared columns, in their order.
fn in_order<'n>(relation: Relation, names: impl Iterator<Item = &'n String>) -> Relation {
    let columns: Vec<Column> = names
        .filter_map(|name| relation.column(name).cloned())
        .collect();
    relation.projected(super::all_columns(&columns))
}

fn or_zero(binder: &mut Binder<'_>, value: Scalar) -> Scalar {
    let ty = value.ty;
    let zero = binder.convert(Scalar::literal(Value::Long(Some(0))), ty);
    let absent = Scalar::new(Type::Bool, ScalarKind::IsNull(Box::new(value.clone())));
    Scalar::new(ty, ScalarKind::Case(vec![(absent, zero)], Box::new(value)))
}

fn summarized(aggregates: Vec<NamedExpr>, by: Vec<NamedExpr>) -> Summarize {
    Summarize {
        hints: Vec::new(),
        aggregates,
        by,
    }
}

fn name(text: &str, span: Span) -> Name {
    Name {
        text: text.to_string(),
        bracketed: true,
        span,
    }
}

fn reference(text: &str, span: Span) -> Expr {
    Expr {
        kind: ExprKind::Name(name(text, span)),
        span,
    }
}

fn literal(text: &str, span: Span) -> Expr {
    Expr {
        kind: ExprKind::Literal(Literal {
            value: Value::String(text.to_string()),
            obfuscated: false,
        }),
        span,
    }
}

fn equal(left: Expr, right: Expr, span: Span) -> Expr {
    let binary = Binary {
        op: BinaryOp::Equal,
        op_span: span,
        left,
        right,
    };
    Expr {
        kind: ExprKind::Binary(Box::new(binary)),
        span,
    }
}

fn call(function: &str, args: Vec<Expr>, span: Span) -> Expr {
    let args = args
        .into_iter()
        .map(|value| huntql_kql::ast::Arg { name: None, value })
        .collect();
    Expr {
        kind: ExprKind::Call(Call {
            name: name(function, span),
            args,
        }),
        span,
    }
}
