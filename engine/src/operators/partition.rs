//! `partition`: a sub-query over the rows of each value of a column.
//!
//! The column's text is the key of [`super::keyed`]; the result has the body's columns. Source: Kusto docs, "partition
//! operator".

use super::keyed::{self, Key, ascending};
use crate::bind::{Binder, facts};
use crate::ir::{Node, Order, Relation, Scalar};
use huntql_kql::ast::{Partition, PartitionBody, Pipeline};
use huntql_kql::diagnostics::Diagnostic;
use huntql_kql::span::Span;
use huntql_kql::types::{Column, Type, Value};

pub(super) fn bind(
    binder: &mut Binder<'_>,
    partition: &Partition,
    input: Relation,
    span: Span,
) -> Relation {
    for parameter in &partition.parameters {
        if !parameter.name.text.starts_with("hint.") {
            binder.report(Diagnostic::unsupported(
                parameter.span,
                format!("`{}` is not supported in `partition`", parameter.name.text),
            ));
        }
    }
    let Some(column) = input.resolve(&partition.by.text).cloned() else {
        if !input.unknown {
            binder.report(facts::unknown_column(partition.by.span, &partition.by.text));
        }
        return Relation::unknown();
    };
    if column.ty == Type::Dynamic && !binder.has_errors() {
        binder.report(facts::dynamic_group(partition.by.span));
        return Relation::unknown();
    }
    let operators = match &partition.body {
        PartitionBody::Operators(operators) => operators,
        PartitionBody::Pipeline(pipeline) => {
            return by_value(binder, pipeline, &column, input, span);
        }
    };
    let place = format!("__place{}", binder.keyed);
    let mut keys = match &input.order {
        Order::By(keys) => keys.clone(),
        Order::Serialized => vec![ascending(&Column::new(place.clone(), Type::Long))],
        Order::Unordered => Vec::new(),
    };
    let input = match &input.order {
        Order::Serialized => keyed::with_window(input, &place, "row_number", Vec::new()),
        Order::By(_) | Order::Unordered => input,
    };
    // As text no key is null, and two keys are the same when their texts are.
    let text = binder.convert(Scalar::column(&column), Type::String);
    let name = format!("__partition{}", binder.keyed);
    let (mut input, column) = keyed::copied(input, &name, text);
    keys.insert(0, ascending(&column));
    input.order = Order::By(keys);
    let key = Key {
        column,
        carried: Vec::new(),
    };
    let mut result = keyed::body(binder, operators, input, &key);
    result.order = Order::Unordered;
    result.hidden.clear();
    result
}

/// The most values that `partition by Column { … }` may have, as in Kusto.
const VALUES_MAX: usize = 64;

/// `{ pipeline }`: the pipeline for each value of the column, which it names as a constant.
///
/// The values are read first; where nothing may run, the columns are those of the pipeline for a null.
fn by_value(
    binder: &mut Binder<'_>,
    pipeline: &Pipeline,
    column: &Column,
    input: Relation,
    span: Span,
) -> Relation {
    if input.unknown {
        return Relation::unknown();
    }
    let text = binder.convert(Scalar::column(column), Type::String);
    let mut values = input.projected(vec![("__value".into(), text)]);
    values.hidden.clear();
    values.order = Order::Unordered;
    let distinct = Relation::new(
        values.columns.clone(),
        Node::Distinct {
            input: Box::new(values),
        },
    );
    let values = binder.values_of(distinct).unwrap_or_default();
    if values.len() > VALUES_MAX {
        let message = format!("`{}` has more than {VALUES_MAX} values here", column.name);
        binder.report(Diagnostic::unsupported(span, message));
        return Relation::unknown();
    }
    let outer = binder.scope.clone();
    let mut parts = Vec::new();
    for value in &values {
        let text = Scalar::literal(Value::String(value.clone()));
        let constant = binder.convert(text, column.ty);
        binder
            .scope
            .set(&column.name, crate::bind::Binding::Scalar(constant));
        parts.push(binder.pipeline(pipeline));
    }
    if parts.is_empty() {
        let null = Scalar::literal(Value::null(column.ty));
        binder
            .scope
            .set(&column.name, crate::bind::Binding::Scalar(null));
        parts.push(binder.pipeline(pipeline).limited(0));
    }
    binder.scope = outer;
    let columns = parts[0].columns.clone();
    if parts.len() == 1 {
        return parts.remove(0);
    }
    if parts
        .iter()
        .any(|part| part.unknown || part.columns != columns)
    {
        return Relation::unknown();
    }
    let plain = |part: Relation| {
        let items = super::project::all_columns(&part.columns);
        let mut part = part.projected(items);
        part.hidden.clear();
        part
    };
    let inputs = parts.into_iter().map(plain).collect();
    Relation::new(columns, Node::Union { inputs })
}
