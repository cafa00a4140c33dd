//! `narrow`: a row for each cell: the row's number, the column's name and the value as text.

use super::{function, wrong_count};
use crate::bind::Binder;
use crate::ir::{Node, Order, Relation, Scalar, Unnested};
use crate::overloads::Resolution;
use crate::windows::{self};
use huntql_kql::ast::Evaluate;
use huntql_kql::types::{Column, Type, Value};

pub(super) fn bind(binder: &mut Binder<'_>, evaluate: &Evaluate, input: Relation) -> Relation {
    if !evaluate.call.args.is_empty() {
        return wrong_count(binder, evaluate, "no arguments");
    }
    if input.unknown {
        return Relation::unknown();
    }
    let names = input
        .columns
        .iter()
        .map(|column| Scalar::literal(Value::String(column.name.clone())))
        .collect();
    let texts: Vec<Scalar> = input
        .columns
        .iter()
        .map(|column| function(binder, "tostring", vec![Scalar::column(column)]))
        .collect();
    let names = function(binder, "pack_array", names);
    let texts = function(binder, "pack_array", texts);
    let mut relation = input.projected(vec![("Column".into(), names), ("Value".into(), texts)]);
    relation.hidden.clear();
    relation.aliases.clear();
    relation.order = Order::Serialized;
    let numbered = numbered(relation);
    let items = ["Column", "Value"].map(|name| Unnested {
        name: name.to_string(),
        value: Scalar::column(&Column::new(name, Type::Dynamic)),
        ty: Type::String,
        bags_as_arrays: false,
    });
    let columns = vec![
        Column::new("Row", Type::Long),
        Column::new("Column", Type::String),
        Column::new("Value", Type::String),
    ];
    Relation::new(
        columns,
        Node::Unnest {
            input: Box::new(numbered),
            items: items.into(),
            index: None,
        },
    )
}

/// The number of each row, from 0, in a column in front.
fn numbered(input: Relation) -> Relation {
    let window = windows::find("row_number").expect("`row_number` has a row");
    let Resolution::Found(call) = windows::resolve(window, &[Type::Long]) else {
        unreachable!("`row_number` can be called with a start")
    };
    let mut columns = vec![Column::new("Row", Type::Long)];
    columns.extend(input.columns.iter().cloned());
    Relation {
        order: Order::Serialized,
        ..Relation::new(
            columns,
            Node::Window {
                input: Box::new(input),
                items: vec![(
                    "Row".into(),
                    call,
                    vec![Scalar::literal(Value::Long(Some(0)))],
                )],
            },
        )
    }
}
