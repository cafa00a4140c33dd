//! Before lowering, each node loses the columns that nothing above it reads.
//!
//! DataFusion prunes too, but only after every column of every node has been an expression of its plan: over a union of hundreds
//! of tables that takes minutes. Rows are never touched: what decides them (predicates, groups, keys, unnested arrays) is kept.

use crate::ir::{BoundAggregate, JoinKind, Node, Order, Relation, Scalar, ScalarKind, SortKey};
use huntql_kql::types::{Column, Value};
use std::collections::HashSet;

type Names = HashSet<String>;

/// The same shown columns and rows, with nothing below that they do not need.
pub(crate) fn prune(relation: Relation) -> Relation {
    let needed = names(&relation.columns);
    keep(relation, needed)
}

/// A relation with the columns in `needed`, perhaps some more, and at least one.
fn keep(relation: Relation, needed: Names) -> Relation {
    stacker::maybe_grow(128 * 1024, 4 * 1024 * 1024, || node(relation, needed))
}

fn node(mut relation: Relation, mut needed: Names) -> Relation {
    if !relation
        .columns
        .iter()
        .chain(&relation.hidden)
        .any(|column| needed.contains(&column.name))
    {
        // A row without columns cannot be counted.
        let first = relation.columns.first().or(relation.hidden.first());
        needed.extend(first.map(|column| column.name.clone()));
    }
    let kept = std::mem::replace(&mut relation.node, Node::Values(Vec::new()));
    match kept {
        Node::Scan(table) => {
            retain(&mut relation, &needed);
            relation.node = Node::Scan(table);
        }
        Node::Values(rows) => relation.node = values(&mut relation, rows, &needed),
        range @ Node::Range { .. } => relation.node = range,
        Node::Filter { input, predicate } => {
            read(&predicate, &mut needed);
            let input = passed(&mut relation, *input, needed);
            relation.node = Node::Filter { input, predicate };
        }
        Node::Project { input, items } => {
            relation.node = project(&mut relation, *input, items, needed)
        }
        Node::Aggregate {
            input,
            groups,
            aggregates,
            position,
        } => {
            relation.node = aggregate(&mut relation, *input, groups, aggregates, position, &needed);
        }
        Node::Sort { input, keys, limit } => {
            read_keys(&keys, &mut needed);
            let input = passed(&mut relation, *input, needed);
            relation.node = Node::Sort { input, keys, limit };
        }
        Node::Limit { input, count } => {
            let input = passed(&mut relation, *input, needed);
            relation.node = Node::Limit { input, count };
        }
        Node::Distinct { input } => {
            relation.hidden.clear();
            let all = names(&input.columns);
            let input = Box::new(keep(*input, all));
            relation.node = Node::Distinct { input };
        }
        Node::DistinctOn { input, keys } => {
            keys.iter().for_each(|key| read(key, &mut needed));
            let input = passed(&mut relation, *input, needed);
            relation.node = Node::DistinctOn { input, keys };
        }
        Node::Join {
            kind,
            left,
            right,
            on,
        } => {
            relation.node = join(&mut relation, kind, *left, *right, on, needed);
        }
        Node::Union { inputs } => {
            retain(&mut relation, &needed);
            let inputs = inputs
                .into_iter()
                .map(|input| keep(input, needed.clone()))
                .collect();
            relation.node = Node::Union { inputs };
        }
        Node::Program { inputs, program } => {
            let inputs = inputs
                .into_iter()
                .map(|input| {
                    let all = names(input.columns.iter().chain(&input.hidden));
                    keep(input, all)
                })
                .collect();
            relation.node = Node::Program { inputs, program };
        }
        graph @ Node::Graph(_) => relation.node = graph,
        Node::Window { input, items } => return window(relation, *input, items, needed),
        Node::Unnest {
            input,
            items,
            index,
        } => {
            let mut below = needed.clone();
            for item in &items {
                below.remove(&item.name);
                needed.insert(item.name.clone());
            }
            items.iter().for_each(|item| read(&item.value, &mut below));
            needed.extend(index.clone());
            retain(&mut relation, &needed);
            let input = Box::new(keep(*input, below));
            relation.node = Node::Unnest {
                input,
                items,
                index,
            };
        }
    }
    relation
}

/// The input of a node that passes rows on as they are: the node shows what the input shows.
fn passed(relation: &mut Relation, input: Relation, needed: Names) -> Box<Relation> {
    let input = keep(input, needed);
    let left = names(input.columns.iter().chain(&input.hidden));
    retain(relation, &left);
    Box::new(input)
}

fn values(relation: &mut Relation, rows: Vec<Vec<Value>>, needed: &Names) -> Node {
    let kept: Vec<bool> = relation
        .columns
        .iter()
        .chain(&relation.hidden)
        .map(|column| needed.contains(&column.name))
        .collect();
    retain(relation, needed);
    let row = |row: Vec<Value>| {
        row.into_iter()
            .zip(&kept)
            .filter(|(_, kept)| **kept)
            .map(|(value, _)| value)
            .collect()
    };
    Node::Values(rows.into_iter().map(row).collect())
}

fn project(
    relation: &mut Relation,
    input: Relation,
    mut items: Vec<(String, Scalar)>,
    needed: Names,
) -> Node {
    items.retain(|(name, _)| needed.contains(name));
    retain(relation, &needed);
    let mut below: Names = needed;
    for (name, _) in &items {
        below.remove(name);
    }
    items
        .iter()
        .for_each(|(_, scalar)| read(scalar, &mut below));
    Node::Project {
        input: Box::new(keep(input, below)),
        items,
    }
}

/// Groups decide the rows, so all of them stay.
fn aggregate(
    relation: &mut Relation,
    input: Relation,
    groups: Vec<(String, Scalar)>,
    mut aggregates: Vec<BoundAggregate>,
    position: Option<Scalar>,
    needed: &Names,
) -> Node {
    let is_read = |aggregate: &BoundAggregate| {
        aggregate
            .columns
            .iter()
            .any(|column| needed.contains(&column.name))
    };
    if !groups.is_empty() || aggregates.iter().any(is_read) {
        aggregates.retain(is_read);
    } else {
        aggregates.truncate(1);
    }
    let mut left: Names = groups.iter().map(|(name, _)| name.clone()).collect();
    left.extend(
        aggregates
            .iter()
            .flat_map(|aggregate| names(&aggregate.columns)),
    );
    retain(relation, &left);
    let mut below = Names::new();
    groups
        .iter()
        .for_each(|(_, scalar)| read(scalar, &mut below));
    aggregates
        .iter()
        .flat_map(|aggregate| &aggregate.arguments)
        .for_each(|argument| read(argument, &mut below));
    position
        .iter()
        .for_each(|position| read(position, &mut below));
    Node::Aggregate {
        input: Box::new(keep(input, below)),
        groups,
        aggregates,
        position,
    }
}

fn join(
    relation: &mut Relation,
    kind: JoinKind,
    left: Relation,
    right: Relation,
    on: Vec<(Scalar, Scalar)>,
    needed: Names,
) -> Node {
    retain(relation, &needed);
    let mut below = [needed.clone(), needed];
    for (left, right) in &on {
        read(left, &mut below[0]);
        read(right, &mut below[1]);
    }
    let [for_left, for_right] = below;
    Node::Join {
        kind,
        left: Box::new(keep(left, for_left)),
        right: Box::new(keep(right, for_right)),
        on,
    }
}

/// A window of which no column is read is nothing but its input.
fn window(
    mut relation: Relation,
    input: Relation,
    mut items: Vec<(String, crate::windows::WindowCall, Vec<Scalar>)>,
    needed: Names,
) -> Relation {
    items.retain(|(name, ..)| needed.contains(name));
    let mut below = needed.clone();
    for (name, ..) in &items {
        below.remove(name);
    }
    items
        .iter()
        .flat_map(|(_, _, arguments)| arguments)
        .for_each(|argument| read(argument, &mut below));
    if items.is_empty() {
        let input = keep(input, below);
        let left = names(input.columns.iter().chain(&input.hidden));
        retain(&mut relation, &left);
        let Relation {
            columns,
            hidden,
            node,
            ..
        } = input;
        return Relation {
            columns,
            hidden,
            node,
            ..relation
        };
    }
    if let Order::By(keys) = &input.order {
        read_keys(keys, &mut below);
    }
    retain(&mut relation, &needed);
    relation.node = Node::Window {
        input: Box::new(keep(input, below)),
        items,
    };
    relation
}

fn names<'c>(columns: impl IntoIterator<Item = &'c Column>) -> Names {
    columns
        .into_iter()
        .map(|column| column.name.clone())
        .collect()
}

fn retain(relation: &mut Relation, needed: &Names) {
    relation
        .columns
        .retain(|column| needed.contains(&column.name));
    relation
        .hidden
        .retain(|column| needed.contains(&column.name));
}

fn read_keys(keys: &[SortKey], names: &mut Names) {
    keys.iter().for_each(|key| read(&key.value, names));
}

/// Adds the columns that a scalar reads.
fn read(scalar: &Scalar, names: &mut Names) {
    scalar.visit(&mut |part| {
        if let ScalarKind::Column(name) = &part.kind {
            names.insert(name.clone());
        }
    });
}
