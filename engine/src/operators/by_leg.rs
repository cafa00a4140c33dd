//! A predicate over a union, asked of each leg by itself.
//!
//! In a leg a column of the other tables is a constant null, so most of `search "term"` is known before any row is read: what a leg
//! can never fulfil is not scanned, and what is left of the predicate names the leg's own columns only.

use crate::functions::{fold, volatile};
use crate::ir::{Node, Relation, Scalar, ScalarKind};
use huntql_kql::types::{Type, Value};
use std::collections::HashMap;

/// The rows of a union that fulfil a predicate. Anything but a union of projections is filtered as a whole.
pub(super) fn filtered(mut united: Relation, predicate: Scalar) -> Relation {
    let Node::Union { inputs } = &mut united.node else {
        return united.filtered(predicate);
    };
    let legs = std::mem::take(inputs);
    let mut kept: Vec<Relation> = legs
        .into_iter()
        .map(|leg| {
            let own = specialized(&leg, predicate.clone());
            match is_never(&own) {
                true => leg.limited(0),
                false => leg.filtered(own),
            }
        })
        .collect();
    let is_nothing = |leg: &Relation| matches!(leg.node, Node::Limit { count: 0, .. });
    if kept.iter().all(is_nothing) {
        kept.truncate(1);
    } else {
        kept.retain(|leg| !is_nothing(leg));
    }
    *inputs = kept;
    united
}

/// The predicate with the leg's constant columns put in, as far as constants decide it.
fn specialized(leg: &Relation, predicate: Scalar) -> Scalar {
    let Node::Project { items, .. } = &leg.node else {
        return predicate;
    };
    let constants: HashMap<&str, &Scalar> = items
        .iter()
        .filter(|(_, item)| item.as_literal().is_some())
        .map(|(name, item)| (name.as_str(), item))
        .collect();
    predicate.map(&mut |part| {
        let constant = match &part.kind {
            ScalarKind::Column(name) => constants.get(name.as_str()),
            _ => None,
        };
        constant.map_or_else(|| simplified(part), |constant| (*constant).clone())
    })
}

fn is_never(scalar: &Scalar) -> bool {
    matches!(scalar.as_literal(), Some(Value::Bool(None | Some(false))))
}

/// One step: the parts are simplified already.
fn simplified(scalar: Scalar) -> Scalar {
    let truth = |scalar: &Scalar| match scalar.as_literal() {
        Some(Value::Bool(value)) => Some(*value),
        _ => None,
    };
    match scalar.kind {
        ScalarKind::Or(operands) => {
            if operands
                .iter()
                .any(|operand| truth(operand) == Some(Some(true)))
            {
                return Scalar::literal(Value::Bool(Some(true)));
            }
            let open = operands
                .into_iter()
                .filter(|operand| truth(operand) != Some(Some(false)));
            Scalar::any(open.collect())
        }
        ScalarKind::And(operands) => {
            if operands
                .iter()
                .any(|operand| truth(operand) == Some(Some(false)))
            {
                return Scalar::literal(Value::Bool(Some(false)));
            }
            let open = operands
                .into_iter()
                .filter(|operand| truth(operand) != Some(Some(true)));
            Scalar::all(open.collect())
        }
        ScalarKind::Not(operand) => match truth(&operand) {
            Some(value) => Scalar::literal(Value::Bool(value.map(|value| !value))),
            None => Scalar::new(Type::Bool, ScalarKind::Not(operand)),
        },
        ScalarKind::IsNull(operand) => match operand.as_literal() {
            Some(value) => Scalar::literal(Value::Bool(Some(value.is_null()))),
            None => Scalar::new(Type::Bool, ScalarKind::IsNull(operand)),
        },
        ScalarKind::Call(callable, operands) if !volatile::is_volatile(callable.function) => {
            let values: Option<Vec<Value>> = operands
                .iter()
                .map(|operand| operand.as_literal().cloned())
                .collect();
            // A constant that a kernel refuses is refused when the query runs, as it is for every other row.
            match values.and_then(|values| fold(&callable, &values).ok()) {
                Some(value) => Scalar::literal(value),
                None => Scalar::new(scalar.ty, ScalarKind::Call(callable, operands)),
            }
        }
        kind => Scalar::new(scalar.ty, kind),
    }
}
