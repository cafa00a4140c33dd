//! The names of an aggregate's result columns where the query gives none.

use super::resolve::AggregateCall;
use super::row::{Aggregate, AggregateName};
use huntql_kql::types::{Type, Value};

/// A result column. Without a name it is called `Column1` and so on, as any unnamed expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputColumn {
    pub name: Option<String>,
    pub ty: Type,
}

/// The result columns of a call.
///
/// `names` has the name that each argument would have by itself as a column (`bin(t, 1h)` has `t`, `a.b` has `a_b`, `a + 1`
/// none), `constants` the values of the arguments that are constant. Names that clash are for the caller to tell apart.
pub fn output_columns(
    call: &AggregateCall,
    names: &[Option<String>],
    constants: &[Option<Value>],
) -> Vec<OutputColumn> {
    let given = |index: usize| names.get(index).and_then(Option::as_deref);
    let first = given(0).unwrap_or("");
    let each = |rule: &dyn Fn(usize) -> Option<String>| -> Vec<Option<String>> {
        (0..call.returns.len()).map(rule).collect()
    };
    let called = match call.aggregate.result_name {
        AggregateName::Prefix(prefix) => each(&|_| Some(format!("{prefix}_{first}"))),
        AggregateName::PrefixTwo(prefix) => {
            let two = [given(0), given(1)]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join("_");
            each(&|_| Some(format!("{prefix}_{two}")))
        }
        AggregateName::FirstArgument => each(&|_| given(0).map(str::to_string)),
        AggregateName::Percentiles(from) => each(&|index| {
            let constant = constants.get(from + index).and_then(Option::as_ref);
            Some(format!(
                "percentile_{first}_{}",
                constant.map(percentile_text).unwrap_or_default()
            ))
        }),
        AggregateName::Extreme(prefix) => each(&|index| {
            Some(match (index, given(index)) {
                (_, Some(name)) => name.to_string(),
                (0, None) => format!("{prefix}_"),
                (_, None) => format!("{prefix}_{first}_arg{index}"),
            })
        }),
        AggregateName::PrefixedExtreme(prefix) => each(&|index| {
            Some(match (index, given(index)) {
                (0, _) => format!("{prefix}_{first}"),
                (_, Some(name)) => format!("{prefix}_{first}_{name}"),
                (_, None) => format!("{prefix}_{first}_arg{index}"),
            })
        }),
        AggregateName::Any => each(&|index| {
            Some(given(index).map_or_else(|| format!("any_arg{index}"), str::to_string))
        }),
        AggregateName::PrefixedAny(prefix) => each(&|index| {
            Some(match given(index) {
                Some(name) => format!("{prefix}_{name}"),
                None if call.returns.len() == 1 => format!("{prefix}_"),
                None => format!("{prefix}_arg{index}"),
            })
        }),
    };
    called
        .into_iter()
        .zip(&call.returns)
        .map(|(name, ty)| OutputColumn { name, ty: *ty })
        .collect()
}

/// What an aggregate inside another expression lends to that expression's name: `tostring(make_set(X))` is `set_X`.
pub fn name_in_expression(aggregate: &Aggregate, first: Option<&str>) -> Option<String> {
    match aggregate.result_name {
        AggregateName::Prefix(prefix)
        | AggregateName::PrefixTwo(prefix)
        | AggregateName::PrefixedExtreme(prefix)
        | AggregateName::PrefixedAny(prefix) => {
            Some(format!("{prefix}_{}", first.unwrap_or_default()))
        }
        AggregateName::FirstArgument
        | AggregateName::Percentiles(_)
        | AggregateName::Extreme(_)
        | AggregateName::Any => first.map(str::to_string),
    }
}

/// `99.9` as `99_9`, `95.0` as `95`.
fn percentile_text(value: &Value) -> String {
    let text = match value {
        Value::Int(Some(value)) => value.to_string(),
        Value::Long(Some(value)) => value.to_string(),
        Value::Real(Some(value)) => value.to_string(),
        Value::Decimal(Some(digits)) => digits.clone(),
        _ => String::new(),
    };
    text.replace('.', "_")
}
