//! `getschema`: the columns of the input as rows.

use crate::ir::{Node, Order, Relation};
use huntql_kql::types::{Column, Type, Value};

pub(super) fn bind(input: &Relation) -> Relation {
    let rows = input
        .columns
        .iter()
        .enumerate()
        .map(|(ordinal, column)| {
            vec![
                Value::String(column.name.clone()),
                Value::Int(i32::try_from(ordinal).ok()),
                Value::String(column.ty.clr_name().to_string()),
                Value::String(column.ty.name().to_string()),
            ]
        })
        .collect();
    let columns = vec![
        Column::new("ColumnName", Type::String),
        Column::new("ColumnOrdinal", Type::Int),
        Column::new("DataType", Type::String),
        Column::new("ColumnType", Type::String),
    ];
    Relation {
        order: Order::Serialized,
        unknown: input.unknown,
        ..Relation::new(columns, Node::Values(rows))
    }
}
