//! Ways into dynamic values: `a.b[0]` in one go, and its text.
//!
//! Step by step each member would be written to a column of its own, and its text to another; together they are one walk over the
//! JSON text and one copy of what it leads to.

use crate::functions::{Callable, operator, resolve};
use crate::ir::{Scalar, ScalarKind};
use crate::json::{Step, path_text};
use crate::overloads::Resolution;
use huntql_kql::types::{Type, Value};

/// The scalar with its way into a dynamic value made one call; `None` when it is none, or of one step.
pub(super) fn fused(scalar: &Scalar) -> Option<Scalar> {
    if let Some(found) = text_of(scalar) {
        let (base, steps) = way(found)?;
        return Some(call("dynamic_path_text", base, &steps));
    }
    let (base, steps) = way(scalar)?;
    (steps.len() > 1).then(|| call("dynamic_path", base, &steps))
}

/// What a scalar is the text of: a dynamic.
fn text_of(scalar: &Scalar) -> Option<&Scalar> {
    let of = match &scalar.kind {
        ScalarKind::Convert(of) if scalar.ty == Type::String => of,
        ScalarKind::Call(callable, arguments) if callable.function.name == "tostring" => {
            arguments.first()?
        }
        _ => return None,
    };
    (of.ty == Type::Dynamic).then_some(of)
}

/// A value and the constant steps into it; at least one.
fn way(scalar: &Scalar) -> Option<(&Scalar, Vec<Step>)> {
    let (mut base, last) = step(scalar)?;
    let mut steps = vec![last];
    while let Some((inner, before)) = step(base) {
        steps.push(before);
        base = inner;
    }
    steps.reverse();
    Some((base, steps))
}

fn step(scalar: &Scalar) -> Option<(&Scalar, Step)> {
    let ScalarKind::Call(callable, arguments) = &scalar.kind else {
        return None;
    };
    let [base, key] = arguments.as_slice() else {
        return None;
    };
    let is = |name| operator(name).is_some_and(|row| std::ptr::eq(row, callable.function));
    let step = match key.as_literal()? {
        Value::String(key) if is("dynamic_member") => Step::Member(key.clone()),
        Value::Long(Some(index)) if is("dynamic_element") => Step::Element(*index),
        _ => return None,
    };
    Some((base, step))
}

fn call(name: &str, base: &Scalar, steps: &[Step]) -> Scalar {
    let row = operator(name).expect("the operator has a row");
    let Resolution::Found(callable) = resolve(row, &[Type::Dynamic, Type::String]) else {
        unreachable!("a path is a constant string")
    };
    let Callable { returns, .. } = callable;
    let path = Scalar::literal(Value::String(path_text(steps)));
    Scalar::new(
        returns,
        ScalarKind::Call(Box::new(callable), vec![base.clone(), path]),
    )
}
