//! Runs the examples that stand in the rows, with no more of a binder than constants need.

#![allow(clippy::unwrap_used)]

use super::operators_text::OPERATORS;
use super::resolve::fold;
use super::{
    FAMILIES, OPERATOR_FAMILIES, Resolution, ScalarFunction, encoding, find, hashing, ip, ip6,
    operator, parsing, resolve, strings, strings_find, strings_regex,
};
use huntql_kql::ast::{Expr, ExprKind, NamedExpr, Source, StatementKind, UnaryOp};
use huntql_kql::operators::OperatorKind;
use huntql_kql::parse;
use huntql_kql::types::{Type, Value};

/// The items of `print <text>`.
fn items(text: &str) -> Vec<NamedExpr> {
    let parsed = parse(&format!("print {text}"));
    assert!(!parsed.has_errors(), "{text}: {:?}", parsed.diagnostics);
    let StatementKind::Query(pipeline) = &parsed.script.statements[0].kind else {
        panic!("{text} is no query")
    };
    let Source::Operator(operator) = &pipeline.source else {
        panic!("{text} has no source")
    };
    let OperatorKind::Print(print) = &operator.kind else {
        panic!("{text} does not print")
    };
    print.items.clone()
}

fn apply(row: &'static ScalarFunction, arguments: &[Value]) -> Value {
    let types: Vec<Type> = arguments.iter().map(Value::ty).collect();
    match resolve(row, &types) {
        Resolution::Found(callable) => {
            fold(&callable, arguments).unwrap_or_else(|error| panic!("{}: {error}", row.name))
        }
        other => panic!("{} of {types:?}: {other:?}", row.name),
    }
}

fn json(value: &Value) -> String {
    match value {
        Value::String(text) => serde_json::Value::from(text.as_str()).to_string(),
        Value::Long(Some(number)) => number.to_string(),
        Value::Dynamic(Some(json)) => json.clone(),
        other => panic!("{other:?} in a list"),
    }
}

fn value(expr: &Expr) -> Value {
    match &expr.kind {
        ExprKind::Literal(literal) => literal.value.clone(),
        ExprKind::Paren(inner) => value(inner),
        ExprKind::Unary(UnaryOp::Minus, inner) => match value(inner) {
            Value::Long(Some(number)) => Value::Long(Some(-number)),
            Value::Real(Some(number)) => Value::Real(Some(-number)),
            other => panic!("-{other:?}"),
        },
        ExprKind::Call(call) => {
            let arguments: Vec<Value> = call.args.iter().map(|arg| value(&arg.value)).collect();
            apply(
                find(&call.name.text).unwrap_or_else(|| panic!("no function {}", call.name.text)),
                &arguments,
            )
        }
        ExprKind::Binary(binary) => {
            let name = match binary.op.symbol() {
                "=~" => "equals_ci",
                "matches regex" => "matches_regex",
                other => other,
            };
            apply(
                operator(name).unwrap(),
                &[value(&binary.left), value(&binary.right)],
            )
        }
        ExprKind::In(list) => {
            let items: Vec<Value> = list.items.iter().map(value).collect();
            let array = match items.as_slice() {
                [Value::Dynamic(Some(array))] => array.clone(),
                items => format!("[{}]", items.iter().map(json).collect::<Vec<_>>().join(",")),
            };
            apply(
                operator(list.op.symbol()).unwrap(),
                &[value(&list.value), Value::Dynamic(Some(array))],
            )
        }
        other => panic!("{other:?} in an example"),
    }
}

/// A `dynamic` is compared as JSON, all else as it is.
fn same(left: &Value, right: &Value) -> bool {
    let parse = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    match (left, right) {
        (Value::Dynamic(Some(left)), Value::Dynamic(Some(right))) => parse(left) == parse(right),
        (left, right) => left == right,
    }
}

#[test]
fn the_examples_of_text_functions_give_what_they_say() {
    let families = [
        OPERATORS,
        strings::FUNCTIONS,
        strings_find::FUNCTIONS,
        strings_regex::FUNCTIONS,
        encoding::FUNCTIONS,
        hashing::FUNCTIONS,
        parsing::FUNCTIONS,
        ip::FUNCTIONS,
        ip6::FUNCTIONS,
    ];
    let mut wrong = Vec::new();
    for row in families.into_iter().flatten() {
        for example in row.examples {
            let (call, gives) = (
                value(&items(example.call)[0].value),
                value(&items(example.gives)[0].value),
            );
            if !same(&call, &gives) {
                wrong.push(format!("{} gives {call:?}, not {gives:?}", example.call));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_row_has_two_examples_and_a_page() {
    let thin: Vec<&str> = FAMILIES
        .iter()
        .copied()
        .chain(OPERATOR_FAMILIES.iter().copied())
        .flatten()
        .filter(|row| {
            row.examples.len() < 2 || !row.source.starts_with("kusto/query/") || row.doc.is_empty()
        })
        .map(|row| row.name)
        .collect();
    assert!(thin.is_empty(), "{thin:?}");
}
