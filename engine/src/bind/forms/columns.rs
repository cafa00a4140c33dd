//! Forms over the row's columns: by name, all at once, and the hidden ones of stored rows.

use super::{Form, form};
use crate::bind::{Binder, Row, facts};
use crate::functions::example;
use crate::ir::Scalar;
use huntql_kql::ast::{Call, ExprKind};
use huntql_kql::diagnostics::Diagnostic;
use huntql_kql::span::Span;
use huntql_kql::types::{Type, Value};
use huntql_store::schema::{INGESTION_TIME, RECORD_ID, SOURCE_FILE, SOURCE_POSITION};

pub(super) const FORMS: &[Form] = &[
    form(
        "column_ifexists",
        &["columnifexists"],
        "kusto/query/column-ifexists-function",
        "Gives a column when the input has it, else the second argument.",
        &[
            example("column_ifexists(\"x\", 5)", "5"),
            example("column_ifexists(\"y\", \"none\")", "\"none\""),
        ],
        column_ifexists,
    ),
    form(
        "pack_all",
        &[],
        "kusto/query/pack-all-function",
        "Gives all columns of the row as a property bag; with `true`, without the empty ones.",
        &[],
        pack_all,
    ),
    form(
        "bag_pack_columns",
        &[],
        "kusto/query/bag-pack-columns-function",
        "Makes a bag of columns: their names are its keys.",
        &[],
        bag_pack_columns,
    ),
    form(
        "estimate_data_size",
        &[],
        "kusto/query/estimate-data-size-function",
        "Gives the bytes of columns, all of them for `*`: 1 of a bool, 4 of an int, 16 of a guid or a decimal, 8 of other numbers and of times, and those of the text of a string or a dynamic.",
        &[
            example(
                "toscalar(print X = 1, Text = \"1234567890\" | project estimate_data_size(*))",
                "18",
            ),
            example(
                "toscalar(print X = true, Text = \"\" | project estimate_data_size(Text, X))",
                "1",
            ),
        ],
        estimate_data_size,
    ),
    form(
        "column_names_of",
        &[],
        "kusto/query/column-names-of-function",
        "Gives the names of a table's columns as an array.",
        &[example(
            "column_names_of(print A = 1, B = 2)",
            "dynamic([\"A\",\"B\"])",
        )],
        column_names_of,
    ),
    form(
        "ingestion_time",
        &[],
        "kusto/query/ingestion-time-function",
        "Gives the time at which the row was written to the store; null for rows that never were.",
        &[example("ingestion_time()", "datetime(null)")],
        |binder, call, span, row| hidden(binder, call, span, row, INGESTION_TIME, Type::Datetime),
    ),
    form(
        "record_id",
        &[],
        "huntql",
        "Gives the identity of the row's source record, 32 hex digits; empty for rows that were not ingested.",
        &[example("record_id()", "\"\"")],
        |binder, call, span, row| hidden(binder, call, span, row, RECORD_ID, Type::String),
    ),
    form(
        "source_file",
        &[],
        "huntql",
        "Gives the file that the row was read from; empty for rows that were not ingested.",
        &[example("source_file()", "\"\"")],
        |binder, call, span, row| hidden(binder, call, span, row, SOURCE_FILE, Type::String),
    ),
    form(
        "source_position",
        &[],
        "huntql",
        "Gives the byte offset of the row's record in its file; null for rows that were not ingested.",
        &[example("source_position()", "long(null)")],
        |binder, call, span, row| hidden(binder, call, span, row, SOURCE_POSITION, Type::Long),
    ),
];

fn column_ifexists(binder: &mut Binder<'_>, call: &Call, span: Span, row: Row<'_>) -> Scalar {
    let [column, default] = call.args.as_slice() else {
        return binder.wrong(facts::wrong_count(
            span,
            &call.name.text,
            call.args.len(),
            "2 arguments",
        ));
    };
    let name = binder.scalar(&column.value, None);
    let Some(Value::String(name)) = binder.constant(&name, Type::String, column.value.span) else {
        return Scalar::error();
    };
    if let Some(column) = row.and_then(|relation| relation.resolve(&name)) {
        return Scalar::column(column);
    }
    binder.scalar(&default.value, row)
}

fn pack_all(binder: &mut Binder<'_>, call: &Call, span: Span, row: Row<'_>) -> Scalar {
    let Some(relation) = row else {
        return binder.wrong(facts::no_input(span, "pack_all"));
    };
    let ignore_empty = match call.args.as_slice() {
        [] => false,
        [arg] => {
            let value = binder.scalar(&arg.value, None);
            match binder.constant(&value, Type::Bool, arg.value.span) {
                Some(Value::Bool(value)) => value.unwrap_or(false),
                _ => return Scalar::error(),
            }
        }
        more => {
            return binder.wrong(facts::wrong_count(
                span,
                "pack_all",
                more.len(),
                "at most one argument",
            ));
        }
    };
    let items: Vec<Scalar> = relation
        .columns
        .iter()
        .flat_map(|column| {
            [
                Scalar::literal(Value::String(column.name.clone())),
                Scalar::column(column),
            ]
        })
        .collect();
    let row_name = if ignore_empty {
        "pack_present"
    } else {
        "bag_pack"
    };
    match crate::functions::find(row_name).or_else(|| crate::functions::operator(row_name)) {
        Some(function) => binder.apply(function, items, &[], span),
        None => binder.wrong(Diagnostic::unsupported(
            span,
            "`pack_all(true)` is not supported",
        )),
    }
}

fn estimate_data_size(binder: &mut Binder<'_>, call: &Call, span: Span, row: Row<'_>) -> Scalar {
    let Some(relation) = row else {
        return binder.wrong(facts::no_input(span, "estimate_data_size"));
    };
    let items: Vec<Scalar> = match call.args.as_slice() {
        [] => {
            let wrong = facts::wrong_count(span, "estimate_data_size", 0, "columns or `*`");
            return binder.wrong(wrong);
        }
        [arg] if matches!(arg.value.kind, ExprKind::Star) => {
            relation.columns.iter().map(Scalar::column).collect()
        }
        args => args
            .iter()
            .map(|arg| binder.scalar(&arg.value, row))
            .collect(),
    };
    if items.is_empty() {
        return Scalar::literal(Value::Long(Some(0)));
    }
    binder.operator("data_size", items, &[], span)
}

fn bag_pack_columns(binder: &mut Binder<'_>, call: &Call, span: Span, row: Row<'_>) -> Scalar {
    let mut items = Vec::new();
    for arg in &call.args {
        let Some(name) = crate::bind::names::lent(&arg.value) else {
            return binder.wrong(Diagnostic::binding(
                "KS109",
                arg.value.span,
                "`bag_pack_columns` takes names of columns",
            ));
        };
        items.push(Scalar::literal(Value::String(name)));
        items.push(binder.scalar(&arg.value, row));
    }
    let function = crate::functions::find("bag_pack").expect("`bag_pack` has a row");
    binder.apply(function, items, &[], span)
}

fn column_names_of(binder: &mut Binder<'_>, call: &Call, span: Span, _: Row<'_>) -> Scalar {
    let [arg] = call.args.as_slice() else {
        let count = call.args.len();
        return binder.wrong(facts::wrong_count(
            span,
            "column_names_of",
            count,
            "a table",
        ));
    };
    let relation = binder.table(&arg.value);
    if relation.unknown {
        return Scalar::error();
    }
    let mut names = crate::json::Array::default();
    for column in &relation.columns {
        names.push(Some(&crate::json::quote(&column.name)));
    }
    Scalar::literal(Value::Dynamic(Some(names.finish())))
}

/// A hidden column of stored rows, or the null of its type where the rows have none.
fn hidden(
    binder: &mut Binder<'_>,
    call: &Call,
    span: Span,
    row: Row<'_>,
    column: &str,
    ty: Type,
) -> Scalar {
    if !call.args.is_empty() {
        return binder.wrong(facts::wrong_count(
            span,
            &call.name.text,
            call.args.len(),
            "no arguments",
        ));
    }
    match row.and_then(|relation| relation.hidden.iter().find(|hidden| hidden.name == column)) {
        Some(column) => Scalar::column(column),
        None => Scalar::literal(Value::null(ty)),
    }
}
