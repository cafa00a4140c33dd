//! Forms that choose among values: branches, the first that is there, the greatest and the least.

use super::{Form, arguments, form, spans, unified};
use crate::bind::{Binder, Row, facts};
use crate::conversion::common_type;
use crate::functions::example;
use crate::ir::{Scalar, ScalarKind};
use huntql_kql::ast::{Arg, BinaryOp, Call};
use huntql_kql::diagnostics::Diagnostic;
use huntql_kql::span::Span;
use huntql_kql::types::{Type, Value};

pub(super) const FORMS: &[Form] = &[
    form(
        "iff",
        &["iif"],
        "kusto/query/iff-function",
        "Gives the second argument where the first is true, else the third.",
        &[
            example("iff(1 < 2, \"yes\", \"no\")", "\"yes\""),
            example("iff(bool(null), 1, 2)", "2"),
        ],
        iff,
    ),
    form(
        "case",
        &[],
        "kusto/query/case-function",
        "Gives the value behind the first condition that is true, else the last argument.",
        &[
            example("case(false, 1, true, 2, 3)", "2"),
            example("case(false, \"a\", \"b\")", "\"b\""),
        ],
        case,
    ),
    form(
        "coalesce",
        &[],
        "kusto/query/coalesce-function",
        "Gives the first argument that is neither null nor, for strings, empty.",
        &[
            example("coalesce(tolong(\"x\"), 7)", "7"),
            example("coalesce(\"\", \"b\")", "\"b\""),
        ],
        coalesce,
    ),
    form(
        "max_of",
        &[],
        "kusto/query/max-of-function",
        "Gives the largest of its arguments; nulls do not count.",
        &[
            example("max_of(1, 3, 2)", "3"),
            example("max_of(1.5, 1)", "1.5"),
            example("max_of(\"b\", \"a\")", "\"b\""),
            example("max_of(false, true)", "true"),
        ],
        max_of,
    ),
    form(
        "min_of",
        &[],
        "kusto/query/min-of-function",
        "Gives the smallest of its arguments; nulls do not count.",
        &[
            example("min_of(1, 3, 2)", "1"),
            example("min_of(1.5, 2)", "1.5"),
            example("min_of(\"b\", \"a\")", "\"a\""),
            example("min_of(false, true)", "false"),
        ],
        min_of,
    ),
    form(
        "not",
        &[],
        "kusto/query/not-function",
        "Gives the opposite of a bool; of null, null.",
        &[
            example("not(true)", "false"),
            example("not(1 == 2)", "true"),
        ],
        not,
    ),
    form(
        "assert",
        &[],
        "kusto/query/assert-function",
        "Gives true when a constant condition is true; else the query fails with a message, before it runs.",
        &[
            example("assert(1 < 2, \"numbers are in order\")", "true"),
            example("assert(true, \"\") and false", "false"),
        ],
        assert,
    ),
];

fn iff(binder: &mut Binder<'_>, call: &Call, span: Span, row: Row<'_>) -> Scalar {
    if call.args.len() != 3 {
        return binder.wrong(facts::wrong_count(
            span,
            &call.name.text,
            call.args.len(),
            "3 arguments",
        ));
    }
    branches(binder, call, row)
}

/// The condition is looked at while the query is bound, whatever stands around the call.
fn assert(binder: &mut Binder<'_>, call: &Call, span: Span, row: Row<'_>) -> Scalar {
    if call.args.len() != 2 {
        let count = call.args.len();
        return binder.wrong(facts::wrong_count(span, "assert", count, "2 arguments"));
    }
    let (condition, message) = (&call.args[0].value, &call.args[1].value);
    let (holds, text) = (binder.scalar(condition, row), binder.scalar(message, row));
    if holds.is_error() || text.is_error() {
        return Scalar::error();
    }
    if holds.ty != Type::Bool {
        return binder.wrong(facts::wrong_type(condition.span, holds.ty, "a bool"));
    }
    let (Some(holds), Some(text)) = (
        binder.constant(&holds, Type::Bool, condition.span),
        binder.constant(&text, Type::String, message.span),
    ) else {
        return Scalar::error();
    };
    match (holds, text) {
        (Value::Bool(Some(true)), _) => Scalar::literal(Value::Bool(Some(true))),
        (_, Value::String(text)) => {
            let message = format!("`assert` failed: {text}");
            binder.wrong(Diagnostic::binding("SEM0100", span, message))
        }
        _ => Scalar::error(),
    }
}

fn case(binder: &mut Binder<'_>, call: &Call, span: Span, row: Row<'_>) -> Scalar {
    if call.args.len() < 3 || call.args.len().is_multiple_of(2) {
        return binder.wrong(facts::wrong_count(
            span,
            "case",
            call.args.len(),
            "pairs of a condition and a value, and a last value",
        ));
    }
    branches(binder, call, row)
}

/// A condition among arguments. `a = 1` only names it, and the number is not read as a bool there.
fn predicate(binder: &mut Binder<'_>, arg: &Arg, row: Row<'_>) -> Scalar {
    if arg.name.is_none() {
        return binder.condition(&arg.value, row);
    }
    let bound = binder.scalar(&arg.value, row);
    if bound.ty == Type::Bool || bound.is_error() {
        return bound;
    }
    let diagnostic = facts::wrong_type(arg.value.span, bound.ty, "a bool");
    binder.wrong(diagnostic.help("`=` only names the argument: write `==` to compare"))
}

/// Condition, value, condition, value …, last value.
fn branches(binder: &mut Binder<'_>, call: &Call, row: Row<'_>) -> Scalar {
    let mut conditions = Vec::new();
    let mut values = Vec::new();
    let mut places = Vec::new();
    for (index, arg) in call.args.iter().enumerate() {
        if index % 2 == 0 && index + 1 < call.args.len() {
            conditions.push(predicate(binder, arg, row));
        } else {
            values.push(binder.scalar(&arg.value, row));
            places.push(arg.value.span);
        }
    }
    // Values without a common type are dynamic.
    let mixed = common_type(values.iter().map(|value| value.ty)).is_none();
    let unified = if mixed {
        Some(
            values
                .into_iter()
                .map(|value| binder.convert(value, Type::Dynamic))
                .collect(),
        )
    } else {
        unified(binder, values, &places)
    };
    let Some(mut values): Option<Vec<Scalar>> = unified else {
        return Scalar::error();
    };
    if conditions.iter().any(Scalar::is_error) {
        return Scalar::error();
    }
    let Some(otherwise) = values.pop() else {
        return Scalar::error();
    };
    if let [Some(Value::Bool(known))] = conditions
        .iter()
        .map(Scalar::as_literal)
        .collect::<Vec<_>>()[..]
    {
        return if *known == Some(true) {
            values.remove(0)
        } else {
            otherwise
        };
    }
    Scalar::new(
        otherwise.ty,
        ScalarKind::Case(
            conditions.into_iter().zip(values).collect(),
            Box::new(otherwise),
        ),
    )
}

fn coalesce(binder: &mut Binder<'_>, call: &Call, span: Span, row: Row<'_>) -> Scalar {
    let Some(values) = arguments(binder, call, span, row, 1, 64) else {
        return Scalar::error();
    };
    let Some(mut values) = unified(binder, values, &spans(call)) else {
        return Scalar::error();
    };
    while values.len() > 1 && values[0].as_literal().is_some_and(is_absent) {
        values.remove(0);
    }
    let Some(last) = values.pop() else {
        return Scalar::error();
    };
    if values
        .first()
        .is_some_and(|value| value.as_literal().is_some())
    {
        return values.remove(0);
    }
    let ty = last.ty;
    values.into_iter().rev().fold(last, |otherwise, value| {
        let present = is_present(binder, value.clone());
        Scalar::new(
            ty,
            ScalarKind::Case(vec![(present, value)], Box::new(otherwise)),
        )
    })
}

fn is_absent(value: &Value) -> bool {
    value.is_null() || *value == Value::String(String::new())
}

/// Neither null nor, for a string, empty.
fn is_present(binder: &mut Binder<'_>, value: Scalar) -> Scalar {
    if value.ty == Type::String {
        let empty = Scalar::literal(Value::String(String::new()));
        return binder.compare(BinaryOp::NotEqual, value, empty, Span::default());
    }
    Scalar::new(Type::Bool, ScalarKind::IsNull(Box::new(value))).negated()
}

fn max_of(binder: &mut Binder<'_>, call: &Call, span: Span, row: Row<'_>) -> Scalar {
    extreme(binder, call, span, row, BinaryOp::GreaterOrEqual)
}

fn min_of(binder: &mut Binder<'_>, call: &Call, span: Span, row: Row<'_>) -> Scalar {
    extreme(binder, call, span, row, BinaryOp::LessOrEqual)
}

fn extreme(binder: &mut Binder<'_>, call: &Call, span: Span, row: Row<'_>, op: BinaryOp) -> Scalar {
    let Some(values) = arguments(binder, call, span, row, 2, 64) else {
        return Scalar::error();
    };
    let Some(values) = unified(binder, values, &spans(call)) else {
        return Scalar::error();
    };
    let mut values = values.into_iter();
    let Some(first) = values.next() else {
        return Scalar::error();
    };
    values.fold(first, |best, value| {
        let better = better(binder, op, best.clone(), value.clone(), span);
        let alone = Scalar::new(Type::Bool, ScalarKind::IsNull(Box::new(value.clone())));
        let ty = best.ty;
        let condition = Scalar::any(vec![better, alone]);
        if let (Some(l), Some(r)) = (best.as_literal(), value.as_literal())
            && let ScalarKind::Or(parts) = &condition.kind
            && let Some(Value::Bool(better)) = parts[0].as_literal()
        {
            return if *better == Some(true) || r.is_null() || (l.is_null() && r.is_null()) {
                best
            } else {
                value
            };
        }
        Scalar::new(
            ty,
            ScalarKind::Case(vec![(condition, best)], Box::new(value)),
        )
    })
}

/// Whether `best` stays against `value`. Strings have no order in KQL, but these functions order them as `sort` does.
fn better(
    binder: &mut Binder<'_>,
    op: BinaryOp,
    best: Scalar,
    value: Scalar,
    span: Span,
) -> Scalar {
    if best.ty != Type::String {
        return binder.compare(op, best, value, span);
    }
    let operands = match op {
        BinaryOp::GreaterOrEqual => vec![best, value],
        _ => vec![value, best],
    };
    binder.operator("text_at_least", operands, &[span, span], span)
}

fn not(binder: &mut Binder<'_>, call: &Call, span: Span, row: Row<'_>) -> Scalar {
    let [arg] = call.args.as_slice() else {
        return binder.wrong(facts::wrong_count(
            span,
            "not",
            call.args.len(),
            "one argument",
        ));
    };
    let operand = predicate(binder, arg, row);
    match operand.as_literal() {
        Some(Value::Bool(value)) => Scalar::literal(Value::Bool(value.map(|value| !value))),
        _ if operand.is_error() => operand,
        _ => operand.negated(),
    }
}
