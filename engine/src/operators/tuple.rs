//! `(a, b) = f(X)`: the columns of a function that gives several.
//!
//! Names that are written come first; the others are `f_X_column`, as Microsoft's binder has them. The function's kernel gives an
//! array once, and each column is an element of it. A function that sorts arrays has a column `X_sorted` for each of them; of a
//! single one its kernel gives the array itself.

use crate::bind::names::{Names, lent};
use crate::bind::{Binder, facts};
use crate::functions;
use crate::ir::{Relation, Scalar};
use huntql_kql::ast::{Call, Expr, ExprKind, NamedExpr};
use huntql_kql::diagnostics::Diagnostic;
use huntql_kql::types::{Type, Value};

/// Whether columns that are not named are shown too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unnamed {
    Shown,
    /// `print (a, b) = f(X)` shows `a` and `b` only; the number is the item's.
    Printed(usize),
}

/// The columns of a call, and the value that holds theirs.
struct Values {
    columns: Vec<(String, Type)>,
    array: Scalar,
    /// The value is that of the only column.
    is_single: bool,
}

/// Names and values of an item's columns; `None` when its function gives one value.
pub(super) fn bind(
    binder: &mut Binder<'_>,
    item: &NamedExpr,
    input: Option<&Relation>,
    names: &mut Names,
    unnamed: Unnamed,
) -> Option<Vec<(String, Scalar)>> {
    let values = values(binder, item, input)?;
    let columns = &values.columns;
    if let Some(name) = item.names.get(columns.len()) {
        binder.report(Diagnostic::binding(
            "KS150",
            name.span,
            "there are more names than columns",
        ));
    }
    let shown = match (unnamed, item.names.len()) {
        (Unnamed::Printed(_), named @ 1..) => named.min(columns.len()),
        _ => columns.len(),
    };
    let mut items = Vec::new();
    for (index, (column, ty)) in columns[..shown].iter().enumerate() {
        let name = match (item.names.get(index), unnamed) {
            (Some(name), _) => names.declared_at(binder, &name.text, name.span),
            (None, Unnamed::Printed(number)) if values.is_single => {
                names.free(&format!("print_{number}"))
            }
            (None, _) => names.free(column),
        };
        let value = match values.is_single {
            true => values.array.clone(),
            false => element(binder, &values.array, index, item),
        };
        items.push((name, binder.convert(value, *ty)));
    }
    Some(items)
}

fn element(binder: &mut Binder<'_>, array: &Scalar, index: usize, item: &NamedExpr) -> Scalar {
    let place = Scalar::literal(Value::Long(Some(index as i64)));
    let arguments = vec![array.clone(), place];
    binder.operator("dynamic_element", arguments, &[item.span; 2], item.span)
}

fn bare(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Paren(inner) => bare(inner),
        _ => expr,
    }
}

fn values(binder: &mut Binder<'_>, item: &NamedExpr, input: Option<&Relation>) -> Option<Values> {
    let ExprKind::Call(call) = &bare(&item.value).kind else {
        return None;
    };
    if let Some(columns) = functions::columns(&call.name.text) {
        let first = call.args.first().and_then(|arg| lent(&arg.value));
        let prefix = format!("{}_{}", call.name.text, first.unwrap_or_default());
        let named = |(column, ty): &(&str, Type)| (format!("{prefix}_{column}"), *ty);
        return Some(Values {
            columns: columns.iter().map(named).collect(),
            array: array(binder, call, item, input).0,
            is_single: false,
        });
    }
    if !functions::SORTING.contains(&call.name.text.as_str()) {
        return None;
    }
    let (array, arrays) = array(binder, call, item, input);
    let columns: Vec<(String, Type)> = call.args[..arrays]
        .iter()
        .enumerate()
        .map(|(index, arg)| match lent(&arg.value) {
            Some(name) => (format!("{name}_sorted"), Type::Dynamic),
            None => (format!("array{index}_sorted"), Type::Dynamic),
        })
        .collect();
    Some(Values {
        is_single: columns.len() == 1,
        columns,
        array,
    })
}

/// What the kernel gives, and how many of the arguments from the first on are dynamic.
fn array(
    binder: &mut Binder<'_>,
    call: &Call,
    item: &NamedExpr,
    input: Option<&Relation>,
) -> (Scalar, usize) {
    let mut arguments = Vec::new();
    let mut spans = Vec::new();
    for arg in &call.args {
        if let Some(name) = &arg.name {
            let wrong = binder.wrong(facts::named_argument(name.span, &name.text));
            return (wrong, 1);
        }
        arguments.push(binder.scalar(&arg.value, input));
        spans.push(arg.value.span);
    }
    let is_array = |argument: &&Scalar| argument.ty == Type::Dynamic || argument.is_error();
    let arrays = arguments.iter().take_while(is_array).count();
    let row = functions::operator(&call.name.text)
        .or_else(|| functions::find(&call.name.text))
        .expect("a function of several columns has a row");
    let array = binder.apply(row, arguments, &spans, item.value.span);
    (array, arrays.max(usize::from(!call.args.is_empty())))
}
