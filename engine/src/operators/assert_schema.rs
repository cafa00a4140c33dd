//! `assert-schema`: the input as it is, when its columns are those that the query says.
//!
//! The reference has no page for it. Names and types in the order of the input pass; a name or a type that differs is an error;
//! the same columns in another order are refused, because nothing says what they mean.

use crate::bind::Binder;
use crate::ir::Relation;
use huntql_kql::ast::AssertSchema;
use huntql_kql::diagnostics::Diagnostic;
use huntql_kql::span::Span;

pub(super) fn bind(
    binder: &mut Binder<'_>,
    schema: &AssertSchema,
    input: Relation,
    span: Span,
) -> Relation {
    if input.unknown {
        return input;
    }
    let mut as_said = true;
    for said in &schema.columns {
        let (code, message) = match input.column(&said.name.text) {
            Some(column) if column.ty == said.ty => continue,
            Some(column) => (
                "KS107",
                format!("`{}` is {} and not {}", column.name, column.ty, said.ty),
            ),
            None => (
                "KS142",
                format!("the input has no column `{}`", said.name.text),
            ),
        };
        as_said = false;
        binder.report(Diagnostic::binding(code, said.span, message));
    }
    for column in &input.columns {
        if !(schema.columns.iter()).any(|said| said.name.text == column.name) {
            as_said = false;
            binder.report(Diagnostic::binding(
                "KS142",
                span,
                format!(
                    "the input has a column `{}` that is not asserted",
                    column.name
                ),
            ));
        }
    }
    let in_order = schema.columns.len() == input.columns.len()
        && (schema.columns.iter().zip(&input.columns))
            .all(|(said, column)| said.name.text == column.name);
    if as_said && !in_order {
        binder.unsupported(span, "`assert-schema` with the columns in another order");
    }
    input
}
