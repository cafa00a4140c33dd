//! From a bound call to DataFusion's aggregate expressions.

use super::fold::Folding;
use super::resolve::AggregateCall;
use super::row::{Meaning, Takes};
use super::udaf::udaf;
use datafusion::functions::core::expr_fn::coalesce;
use datafusion::logical_expr::expr::AggregateFunction;
use datafusion::prelude::{Expr, lit};
use huntql_kql::types::Type;

/// The DataFusion expressions of a bound call: one aggregate for every result column, in order.
///
/// `args` are converted to `call.parameters` and hold literals where [`AggregateCall::wants_constant`] says so. `position` is
/// a `long` that grows with the input's order, if that has one; it is used only where [`AggregateCall::wants_position`].
///
/// # Panics
/// When there are other arguments than the call was resolved for.
pub fn lower(call: &AggregateCall, args: Vec<Expr>, position: Option<Expr>) -> Vec<Expr> {
    assert_eq!(
        args.len(),
        call.parameters.len(),
        "a bound call has its own arguments"
    );
    let row = call.row();
    let given = args.len();
    let mut predicate = None;
    let mut state: Vec<(Expr, Type)> = Vec::with_capacity(given);
    for (index, (arg, ty)) in args.into_iter().zip(&call.parameters).enumerate() {
        match row.param(index).expect("the count was checked") {
            Takes::Predicate => predicate = Some(Box::new(arg)),
            Takes::Typed(..) | Takes::OneOf(_) | Takes::Any | Takes::Json | Takes::Constant(_) => {
                state.push((arg, *ty))
            }
        }
    }
    let left_out = if row.variadic {
        0
    } else {
        row.params.len() - given
    };
    let defaults = &row.defaults[row.defaults.len() - left_out..];
    state.extend(defaults.iter().map(|value| (lit(*value), Type::Long)));

    let fold = |folding: &Folding, args: Vec<(Expr, Type)>| {
        aggregate(folding, args, position.clone(), predicate.clone())
    };
    match row.meaning {
        Meaning::Native(function, _) => vec![filtered(
            function(state.into_iter().map(without_null_strings).collect()),
            predicate,
        )],
        Meaning::Fold(folding) => vec![fold(&folding, state)],
        Meaning::FoldFrom(first, folding) => {
            let each = |arg: &(Expr, Type)| state[..first].iter().chain([arg]).cloned().collect();
            state[first..]
                .iter()
                .map(|arg| fold(&folding, each(arg)))
                .collect()
        }
        Meaning::FoldBy(folding) => state
            .iter()
            .map(|arg| fold(&folding, vec![state[0].clone(), arg.clone()]))
            .collect(),
        Meaning::FoldAlone(folding) => state
            .iter()
            .map(|arg| fold(&folding, vec![arg.clone()]))
            .collect(),
    }
}

fn aggregate(
    folding: &Folding,
    args: Vec<(Expr, Type)>,
    position: Option<Expr>,
    predicate: Option<Box<Expr>>,
) -> Expr {
    let (mut args, types): (Vec<Expr>, Vec<Type>) = args.into_iter().unzip();
    let position = position.filter(|_| folding.wants_position);
    let function = udaf(folding, &types, position.is_some());
    args.extend(position);
    Expr::AggregateFunction(AggregateFunction::new_udf(
        function,
        args,
        false,
        predicate,
        Vec::new(),
        None,
    ))
}

/// A native aggregate with the rows chosen by `predicate`.
fn filtered(aggregate: Expr, predicate: Option<Box<Expr>>) -> Expr {
    match aggregate {
        Expr::AggregateFunction(mut function) => {
            function.params.filter = predicate;
            Expr::AggregateFunction(function)
        }
        other => other,
    }
}

/// A string is never null in KQL; DataFusion's aggregates would skip a null.
fn without_null_strings((arg, ty): (Expr, Type)) -> Expr {
    if ty == Type::String && !matches!(arg, Expr::Literal(..)) {
        coalesce(vec![arg, lit("")])
    } else {
        arg
    }
}
