//! `arg_max(Timestamp, *)` in two steps: which moments, then the rows of those moments.
//!
//! The aggregate needs a handful of whole rows out of all that are read. Read at once, every column of every row is decoded
//! for them. So the extreme key of each group is asked first, over the keys and groups alone; its values filter the input
//! of the aggregate, which is the same one over fewer rows: a row of another group that happens to have such a key does no
//! harm. As constants the keys also prune files and row groups.

use crate::aggregates::{self, AggregateCall};
use crate::functions::volatile::is_volatile;
use crate::ir::{BoundAggregate, Compare, Node, Relation, Scalar, ScalarKind};
use crate::overloads::Resolution;
use crate::query::QueryError;
use crate::stage::Runner;
use crate::value::from_arrow;
use datafusion::arrow::array::RecordBatch;
use huntql_kql::types::{Column, Type, Value};
use std::collections::{BTreeMap, VecDeque};

/// So many columns besides the key make a second reading of the keys worth it.
const COLUMNS_MIN: usize = 4;
/// Fewer rows than this are read as they are.
const ROWS_MIN: usize = 200_000;
/// More different keys than this are no help.
const KEYS_MAX: usize = 16_384;

/// The relation with such aggregates over few rows, where that can be known.
///
/// # Errors
/// What running the first step gives.
pub(crate) async fn resolve(
    mut relation: Relation,
    runner: &dyn Runner,
) -> Result<Relation, QueryError> {
    let mut firsts = Vec::new();
    walk(&mut relation, &mut |input, groups, key| {
        firsts.push((first_step(input, groups, &key), key.scalar));
    });
    if firsts.is_empty() {
        return Ok(relation);
    }
    let mut predicates = VecDeque::new();
    for (first, key) in firsts {
        predicates.push_back(match first {
            Some(first) => extremes(&runner.run(&first).await?, &key),
            None => None,
        });
    }
    walk(&mut relation, &mut |input, _, _| {
        if let Some(predicate) = predicates.pop_front().flatten() {
            let whole = std::mem::replace(input, Relation::unknown());
            *input = whole.filtered(predicate);
        }
    });
    Ok(relation)
}

type Change<'c> = dyn FnMut(&mut Relation, &[(String, Scalar)], Key) + 'c;

/// Changes the inputs of such aggregates.
fn walk(relation: &mut Relation, change: &mut Change<'_>) {
    stacker::maybe_grow(128 * 1024, 4 * 1024 * 1024, || {
        if let Node::Aggregate {
            input,
            groups,
            aggregates,
            position,
        } = &mut relation.node
            && let Some(key) = key_of(input, groups, aggregates, position.as_ref())
        {
            return change(input, groups, key);
        }
        let is_looked_through = matches!(
            relation.node,
            Node::Filter { .. }
                | Node::Project { .. }
                | Node::Sort { .. }
                | Node::Limit { .. }
                | Node::Join { .. }
                | Node::Aggregate { .. }
        );
        if is_looked_through {
            for input in relation.inputs_mut() {
                walk(input, change);
            }
        }
    });
}

/// The extreme that decides an aggregate, when it is worth asking first.
struct Key {
    scalar: Scalar,
    /// `max` or `min`.
    extreme: &'static str,
}

fn key_of(
    input: &Relation,
    groups: &[(String, Scalar)],
    aggregates: &[BoundAggregate],
    position: Option<&Scalar>,
) -> Option<Key> {
    let [only] = aggregates else {
        return None;
    };
    let extreme = match only.call.aggregate.name {
        "arg_max" | "argmax" => "max",
        "arg_min" | "argmin" => "min",
        _ => return None,
    };
    let key = only.arguments.first()?;
    let ranked = matches!(
        key.ty,
        Type::Int | Type::Long | Type::Datetime | Type::Timespan
    );
    let wide = only.arguments.len() > COLUMNS_MIN;
    let plain = matches!(key.kind, ScalarKind::Column(_));
    let steady = groups.iter().all(|(_, group)| is_steady(group));
    (position.is_none() && ranked && wide && plain && steady && can_be_read_twice(input)).then(
        || Key {
            scalar: key.clone(),
            extreme,
        },
    )
}

/// Whether a relation is a large table with nothing but filters and columns computed over it, the same at each reading.
fn can_be_read_twice(relation: &Relation) -> bool {
    match &relation.node {
        Node::Scan(table) => {
            let statistics = table.rows.as_ref().and_then(|rows| rows.statistics());
            let rows = statistics.and_then(|known| known.num_rows.get_value().copied());
            rows.is_some_and(|rows| rows >= ROWS_MIN)
        }
        Node::Filter { input, predicate } => is_steady(predicate) && can_be_read_twice(input),
        Node::Project { input, items } => {
            items.iter().all(|(_, item)| is_steady(item)) && can_be_read_twice(input)
        }
        _ => false,
    }
}

fn is_steady(scalar: &Scalar) -> bool {
    let mut steady = true;
    scalar.visit(&mut |part| {
        if let ScalarKind::Call(callable, _) = &part.kind {
            steady &= !is_volatile(callable.function);
        }
    });
    steady
}

/// The extreme key of each group.
fn first_step(input: &Relation, groups: &[(String, Scalar)], key: &Key) -> Option<Relation> {
    let extreme = Column::new("__extreme", key.scalar.ty);
    let columns = groups
        .iter()
        .map(|(name, group)| Column::new(name.clone(), group.ty))
        .chain([extreme.clone()])
        .collect();
    let first = Relation::new(
        columns,
        Node::Aggregate {
            input: Box::new(input.clone()),
            groups: groups.to_vec(),
            aggregates: vec![BoundAggregate {
                columns: vec![extreme.clone()],
                call: call_of(key.extreme, key.scalar.ty)?,
                arguments: vec![key.scalar.clone()],
            }],
            position: None,
        },
    );
    // Only the extremes are wanted: a projection lets go of the groups.
    Some(first.projected(vec![(extreme.name.clone(), Scalar::column(&extreme))]))
}

/// The condition that the key is one of the extremes; `None` when there are too many.
fn extremes(batches: &[RecordBatch], key: &Scalar) -> Option<Scalar> {
    let mut keys = BTreeMap::new();
    let mut any_null = false;
    for batch in batches {
        for row in 0..batch.num_rows() {
            let value = from_arrow(batch.column(0), row, key.ty);
            match rank(&value) {
                Some(rank) => drop(keys.insert(rank, value)),
                None => any_null = true,
            }
        }
        if keys.len() > KEYS_MAX {
            return None;
        }
    }
    Some(one_of(key, keys.into_values().collect(), any_null))
}

/// The place of a key among others; `None` for null.
fn rank(value: &Value) -> Option<i64> {
    match value {
        Value::Int(value) => value.map(i64::from),
        Value::Long(value) | Value::Datetime(value) | Value::Timespan(value) => *value,
        _ => None,
    }
}

fn call_of(name: &str, ty: Type) -> Option<AggregateCall> {
    match aggregates::resolve(aggregates::find(name)?, &[ty]) {
        Resolution::Found(call) if call.returns == [ty] && call.parameters == [ty] => Some(call),
        _ => None,
    }
}

/// The key is one of these, which are in order; or null, where a group has no other.
fn one_of(key: &Scalar, keys: Vec<Value>, any_null: bool) -> Scalar {
    let bound = |compare: Compare, value: &Value| {
        let value = Box::new(Scalar::literal(value.clone()));
        Scalar::new(
            Type::Bool,
            ScalarKind::Compare(compare, Box::new(key.clone()), value),
        )
    };
    let mut found = Vec::new();
    if let (Some(least), Some(most)) = (keys.first(), keys.last()) {
        let between = vec![
            bound(Compare::GreaterOrEqual, least),
            bound(Compare::LessOrEqual, most),
            Scalar::new(
                Type::Bool,
                ScalarKind::InList {
                    value: Box::new(key.clone()),
                    items: keys.clone(),
                    negated: false,
                },
            ),
        ];
        found.push(Scalar::all(between));
    }
    if any_null {
        found.push(Scalar::new(
            Type::Bool,
            ScalarKind::IsNull(Box::new(key.clone())),
        ));
    }
    Scalar::any(found)
}
