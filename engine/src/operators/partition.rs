//! `partition`: a sub-query over the rows of each value of a column.
//!
//! The column's text is the key of [`super::keyed`]; the result has the body's columns. Source: Kusto docs, "partition
//! operator".

use super::keyed::{self, Key, ascending};
use crate::bind::{Binder, facts};
use crate::ir::{Order, Relation, Scalar};
use huntql_kql::ast::{Partition, PartitionBody};
use huntql_kql::diagnostics::Diagnostic;
use huntql_kql::span::Span;
use huntql_kql::types::{Column, Type};

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
    let PartitionBody::Operators(operators) = &partition.body else {
        binder.unsupported(span, "the form `partition by … { … }`");
        return Relation::unknown();
    };
    let Some(column) = input.resolve(&partition.by.text).cloned() else {
        if !input.unknown {
            binder.report(facts::unknown_column(partition.by.span, &partition.by.text));
        }
        return Relation::unknown();
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
