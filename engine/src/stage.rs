//! What has to run before a query can be lowered: `toscalar(…)` and `in (table)`.
//!
//! KQL defines both so: the sub-query runs once, and its answer is a constant of the query. As constants they also prune
//! files, which a join could not.

use crate::ir::{BoundAggregate, Node, Relation, Scalar, ScalarKind, SortKey, Unnested};
use crate::overloads::Resolution;
use crate::query::QueryError;
use crate::value::from_arrow;
use datafusion::arrow::array::RecordBatch;
use futures::future::BoxFuture;
use huntql_kql::types::{Type, Value};
use std::collections::VecDeque;

/// Values that `in (table)` may hold, as in Kusto.
const SET_VALUES_MAX: usize = 1_000_000;

/// Runs relations that have no sub-queries left.
pub trait Runner: Send + Sync {
    fn run<'a>(
        &'a self,
        relation: &'a Relation,
    ) -> BoxFuture<'a, Result<Vec<RecordBatch>, QueryError>>;
}

/// The relation with every sub-query run and replaced by its answer.
///
/// # Errors
/// What running a sub-query gives; a set that is too large.
pub fn resolve<'a>(
    relation: Relation,
    runner: &'a dyn Runner,
) -> BoxFuture<'a, Result<Relation, QueryError>> {
    Box::pin(async move {
        let mut pending = Vec::new();
        let relation = relation.map_scalars(&mut |scalar| {
            match &scalar.kind {
                ScalarKind::Subquery(inner) => pending.push((**inner).clone()),
                ScalarKind::InRelation { relation, .. } => pending.push((**relation).clone()),
                _ => {}
            }
            scalar
        });
        if pending.is_empty() {
            return Ok(relation);
        }
        let mut answers = VecDeque::new();
        for inner in pending {
            let inner = resolve(inner, runner).await?;
            answers.push_back((
                inner
                    .columns
                    .first()
                    .map_or(Type::Dynamic, |column| column.ty),
                runner.run(&inner).await?,
            ));
        }
        let mut failure = None;
        let relation = relation.map_scalars(&mut |scalar| match scalar.kind {
            ScalarKind::Subquery(_) => {
                let (ty, batches) = answers.pop_front().expect("one answer for each sub-query");
                Scalar::literal(values(&batches, ty).next().unwrap_or(Value::null(ty)))
            }
            ScalarKind::InRelation {
                value,
                negated,
                ignore_case,
                ..
            } => {
                let (ty, batches) = answers.pop_front().expect("one answer for each sub-query");
                let items: Vec<Value> = values(&batches, ty)
                    .filter(|value| !value.is_null())
                    .map(|value| match value {
                        Value::String(text) if ignore_case => Value::String(text.to_lowercase()),
                        other => other,
                    })
                    .take(SET_VALUES_MAX + 1)
                    .collect();
                if items.len() > SET_VALUES_MAX {
                    failure = Some(QueryError::Limit(format!(
                        "the table behind `in` has more than {SET_VALUES_MAX} values"
                    )));
                }
                let value = if ignore_case {
                    Box::new(lower_case(*value))
                } else {
                    value
                };
                Scalar::new(
                    Type::Bool,
                    ScalarKind::InList {
                        value,
                        items,
                        negated,
                    },
                )
            }
            kind => Scalar {
                ty: scalar.ty,
                kind,
            },
        });
        match failure {
            Some(failure) => Err(failure),
            None => Ok(relation),
        }
    })
}

fn values(batches: &[RecordBatch], ty: Type) -> impl Iterator<Item = Value> + '_ {
    batches.iter().flat_map(move |batch| {
        (0..batch.num_rows()).map(move |row| from_arrow(batch.column(0), row, ty))
    })
}

/// The values of the first column, a string.
pub(crate) fn texts(batches: &[RecordBatch]) -> Vec<String> {
    values(batches, Type::String)
        .filter_map(|value| match value {
            Value::String(text) => Some(text),
            _ => None,
        })
        .collect()
}

fn lower_case(value: Scalar) -> Scalar {
    use crate::functions::{find, resolve};
    let row = find("tolower").expect("`tolower` has a row");
    match resolve(row, &[value.ty]) {
        Resolution::Found(callable) => Scalar::new(
            Type::String,
            ScalarKind::Call(Box::new(callable), vec![value]),
        ),
        Resolution::WrongCount | Resolution::WrongType { .. } => value,
    }
}

impl Relation {
    /// The same relation with every scalar of it, and of the relations under it, replaced.
    pub fn map_scalars(self, change: &mut dyn FnMut(Scalar) -> Scalar) -> Relation {
        stacker::maybe_grow(128 * 1024, 4 * 1024 * 1024, || {
            let Relation {
                columns,
                hidden,
                aliases,
                order,
                unknown,
                node,
            } = self;
            let node = map_node(node, change);
            Relation {
                columns,
                hidden,
                aliases,
                order,
                unknown,
                node,
            }
        })
    }
}

fn map_node(node: Node, change: &mut dyn FnMut(Scalar) -> Scalar) -> Node {
    let below = |relation: Box<Relation>, change: &mut dyn FnMut(Scalar) -> Scalar| {
        Box::new(relation.map_scalars(change))
    };
    match node {
        leaf @ (Node::Scan(_) | Node::Values(_)) => leaf,
        Node::Range { from, to, step } => Node::Range {
            from: from.map(change),
            to: to.map(change),
            step: step.map(change),
        },
        Node::Filter { input, predicate } => Node::Filter {
            input: below(input, change),
            predicate: predicate.map(change),
        },
        Node::Project { input, items } => Node::Project {
            input: below(input, change),
            items: named(items, change),
        },
        Node::Aggregate {
            input,
            groups,
            aggregates,
            position,
        } => Node::Aggregate {
            input: below(input, change),
            groups: named(groups, change),
            aggregates: aggregates
                .into_iter()
                .map(|aggregate| BoundAggregate {
                    arguments: all(aggregate.arguments, change),
                    ..aggregate
                })
                .collect(),
            position: position.map(|position| position.map(change)),
        },
        Node::Sort { input, keys, limit } => Node::Sort {
            input: below(input, change),
            keys: keys
                .into_iter()
                .map(|key| SortKey {
                    value: key.value.map(change),
                    ..key
                })
                .collect(),
            limit,
        },
        Node::Limit { input, count } => Node::Limit {
            input: below(input, change),
            count,
        },
        Node::Distinct { input } => Node::Distinct {
            input: below(input, change),
        },
        Node::DistinctOn { input, keys } => Node::DistinctOn {
            input: below(input, change),
            keys: all(keys, change),
        },
        Node::Join {
            kind,
            left,
            right,
            on,
        } => Node::Join {
            kind,
            left: below(left, change),
            right: below(right, change),
            on: on
                .into_iter()
                .map(|(left, right)| (left.map(change), right.map(change)))
                .collect(),
        },
        Node::Union { inputs } => Node::Union {
            inputs: inputs
                .into_iter()
                .map(|input| input.map_scalars(change))
                .collect(),
        },
        Node::Window { input, items } => Node::Window {
            input: below(input, change),
            items: items
                .into_iter()
                .map(|(name, call, arguments)| (name, call, all(arguments, change)))
                .collect(),
        },
        Node::Program { inputs, program } => Node::Program {
            inputs: inputs
                .into_iter()
                .map(|input| input.map_scalars(change))
                .collect(),
            program: program.map_scalars(change),
        },
        Node::Graph(mut source) => {
            source.inputs = source
                .inputs
                .into_iter()
                .map(|input| input.map_scalars(change))
                .collect();
            Node::Graph(source)
        }
        Node::Unnest {
            input,
            items,
            index,
        } => Node::Unnest {
            input: below(input, change),
            items: items
                .into_iter()
                .map(|item| Unnested {
                    value: item.value.map(change),
                    ..item
                })
                .collect(),
            index,
        },
    }
}

fn named(
    items: Vec<(String, Scalar)>,
    change: &mut dyn FnMut(Scalar) -> Scalar,
) -> Vec<(String, Scalar)> {
    items
        .into_iter()
        .map(|(name, scalar)| (name, scalar.map(change)))
        .collect()
}

fn all(scalars: Vec<Scalar>, change: &mut dyn FnMut(Scalar) -> Scalar) -> Vec<Scalar> {
    scalars
        .into_iter()
        .map(|scalar| scalar.map(change))
        .collect()
}
