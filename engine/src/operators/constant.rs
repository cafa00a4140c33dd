//! Tables out of nothing: `print`, `datatable`, `range`.

use super::tuple::{self, Unnamed};
use crate::bind::names::Names;
use crate::bind::{Binder, facts};
use crate::ir::{Node, Order, Relation, Scalar};
use huntql_kql::ast::{Datatable, Expr, ExprKind, Print, Range};
use huntql_kql::diagnostics::Diagnostic;
use huntql_kql::span::Span;
use huntql_kql::types::{Column, Type, Value};

/// One row. Unnamed items are called `print_0`, `print_1` … by their position, whatever name they could lend.
pub(super) fn print(binder: &mut Binder<'_>, print: &Print) -> Relation {
    let mut names = Names::default();
    let mut items = Vec::new();
    for (index, item) in print.items.iter().enumerate() {
        if let Some(columns) = tuple::bind(binder, item, None, &mut names, Unnamed::Printed(index))
        {
            items.extend(columns);
            continue;
        }
        let scalar = binder.scalar(&item.value, None);
        let name = match item.names.first() {
            Some(name) => names.declared_at(binder, &name.text, name.span),
            None => names.free(&format!("print_{index}")),
        };
        items.push((name, scalar));
    }
    one_row().projected(items)
}

/// One row without columns that show.
fn one_row() -> Relation {
    let hidden = Column::new("__row", Type::Bool);
    let values = Node::Values(vec![vec![Value::Bool(Some(true))]]);
    let mut relation = Relation::new(vec![hidden], values);
    relation.hidden = std::mem::take(&mut relation.columns);
    relation.order = Order::Serialized;
    relation
}

pub(super) fn datatable(binder: &mut Binder<'_>, datatable: &Datatable, span: Span) -> Relation {
    let columns: Vec<Column> = datatable
        .columns
        .iter()
        .map(|column| Column::new(column.name.text.clone(), column.ty))
        .collect();
    for (index, column) in datatable.columns.iter().enumerate() {
        if datatable.columns[..index]
            .iter()
            .any(|other| other.name.text == column.name.text)
        {
            binder.report(facts::duplicate_column(column.name.span, &column.name.text));
        }
    }
    if columns.is_empty() || !datatable.values.len().is_multiple_of(columns.len()) {
        let (values, width) = (datatable.values.len(), columns.len());
        binder.report(
            Diagnostic::binding(
                "KS115",
                span,
                format!("{values} values do not fill rows of {width} columns"),
            )
            .help("values stand row by row, one for each column"),
        );
        return Relation {
            columns,
            ..Relation::unknown()
        };
    }
    let mut values = Vec::with_capacity(datatable.values.len());
    for (index, expr) in datatable.values.iter().enumerate() {
        let ty = columns[index % columns.len()].ty;
        if !is_literal(expr) {
            let message = "a value of `datatable` has to be a literal";
            binder.report(Diagnostic::syntax("KS005", expr.span, message));
            values.push(Value::null(ty));
            continue;
        }
        let scalar = binder.scalar(expr, None);
        values.push(cell(binder, scalar, ty, expr.span));
    }
    let rows = values
        .chunks(columns.len())
        .map(<[Value]>::to_vec)
        .collect();
    Relation {
        order: Order::Serialized,
        ..Relation::new(columns, Node::Values(rows))
    }
}

/// Kusto computes nothing here: `2020-01-01` would be 2018.
fn is_literal(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Literal(_) => true,
        ExprKind::Unary(_, number) => matches!(number.kind, ExprKind::Literal(_)),
        _ => false,
    }
}

/// A literal in the column's type. A literal of another type is converted as `to…` would, as Kusto does.
fn cell(binder: &mut Binder<'_>, scalar: Scalar, ty: Type, span: Span) -> Value {
    if scalar.is_error() {
        return Value::null(ty);
    }
    let converted = binder.convert(scalar, ty);
    match converted.as_literal() {
        Some(value) => value.clone(),
        None => {
            binder.report(facts::not_constant(span, ty));
            Value::null(ty)
        }
    }
}

pub(super) fn range(binder: &mut Binder<'_>, range: &Range, span: Span) -> Relation {
    let mut bounds: Vec<Scalar> = [&range.start, &range.stop, &range.step]
        .into_iter()
        .map(|expr| binder.scalar(expr, None))
        .collect();
    if bounds.iter().any(Scalar::is_error) {
        return Relation {
            columns: vec![Column::new(range.name.text.clone(), Type::Dynamic)],
            ..Relation::unknown()
        };
    }
    let (from, step) = (bounds[0].ty, bounds[2].ty);
    let ty = match (from, step) {
        (Type::Datetime, Type::Timespan) => Type::Datetime,
        (Type::Timespan, Type::Timespan) => Type::Timespan,
        _ => match crate::conversion::common_type(bounds.iter().map(|bound| bound.ty)) {
            Some(Type::Int | Type::Long) => Type::Long,
            Some(Type::Real) => Type::Real,
            _ => {
                binder.report(facts::wrong_type(
                    span,
                    from,
                    "numbers, or datetimes with a timespan as step,",
                ));
                return Relation {
                    columns: vec![Column::new(range.name.text.clone(), from)],
                    ..Relation::unknown()
                };
            }
        },
    };
    let step_type = if ty == Type::Datetime {
        Type::Timespan
    } else {
        ty
    };
    let step = binder.convert(bounds.remove(2), step_type);
    let to = binder.convert(bounds.remove(1), ty);
    let from = binder.convert(bounds.remove(0), ty);
    let columns = vec![Column::new(range.name.text.clone(), ty)];
    Relation {
        order: Order::Serialized,
        ..Relation::new(columns, Node::Range { from, to, step })
    }
}
