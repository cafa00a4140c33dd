//! `ipv4_lookup`, `ipv6_lookup`: rows of a table of networks, by address.
//!
//! An address is written as all the networks that hold it, which are then looked up as texts: a hash join instead of a
//! comparison of every row with every network. Every network that matches gives a row.

use super::{column, flag, operator, others, unnested, wrong_count};
use crate::bind::Binder;
use crate::bind::names::Names;
use crate::ir::{JoinKind, Node, Relation, Scalar};
use crate::operators::project::all_columns;
use huntql_kql::ast::{Arg, Evaluate, ExprKind, Literal};
use huntql_kql::types::{Column, Type, Value};

/// What differs between the two.
struct Family {
    /// The row that gives all networks of an address.
    networks: &'static str,
    /// The row that gives a network in the same writing.
    network: &'static str,
    /// Source: results of the engine, which has the looked up columns in front for IPv6.
    lookup_first: bool,
}

pub(super) fn ipv4(binder: &mut Binder<'_>, evaluate: &Evaluate, input: Relation) -> Relation {
    let family = Family {
        networks: "ipv4_networks",
        network: "ipv4_network",
        lookup_first: false,
    };
    bind(binder, evaluate, input, &family)
}

pub(super) fn ipv6(binder: &mut Binder<'_>, evaluate: &Evaluate, input: Relation) -> Relation {
    let family = Family {
        networks: "ipv6_networks",
        network: "ipv6_network",
        lookup_first: true,
    };
    bind(binder, evaluate, input, &family)
}

fn bind(
    binder: &mut Binder<'_>,
    evaluate: &Evaluate,
    input: Relation,
    family: &Family,
) -> Relation {
    let (args, unmatched) = split(binder, &evaluate.call.args);
    let [table, source, key, extra @ ..] = args.as_slice() else {
        return wrong_count(binder, evaluate, "a table and two columns, at least");
    };
    let lookup = binder.table(&table.value);
    let (source, key) = (column(binder, source, &input), column(binder, key, &lookup));
    let mut pairs = Vec::new();
    for arg in extra {
        let (left, right) = (column(binder, arg, &input), column(binder, arg, &lookup));
        pairs.extend(left.zip(right));
    }
    let (Some(source), Some(key)) = (source, key) else {
        return Relation::unknown();
    };
    if input.unknown || lookup.unknown || pairs.len() < extra.len() {
        return Relation::unknown();
    }
    looked_up(
        binder, family, unmatched, input, lookup, &source, &key, &pairs,
    )
}

/// `return_unmatched` stands last, by name or as a bool.
fn split<'a>(binder: &mut Binder<'_>, args: &'a [Arg]) -> (Vec<&'a Arg>, bool) {
    let is_flag = |arg: &&Arg| match (&arg.name, &arg.value.kind) {
        (Some(name), _) => name.text == "return_unmatched",
        (None, ExprKind::Literal(Literal { value, .. })) => matches!(value, Value::Bool(_)),
        _ => false,
    };
    let last = args.last().filter(is_flag);
    let unmatched = last.is_some_and(|arg| flag(binder, arg));
    let kept = args.len() - usize::from(last.is_some());
    (args[..kept].iter().collect(), unmatched)
}

#[allow(clippy::too_many_arguments)]
fn looked_up(
    binder: &mut Binder<'_>,
    family: &Family,
    unmatched: bool,
    input: Relation,
    lookup: Relation,
    source: &Column,
    key: &Column,
    pairs: &[(Column, Column)],
) -> Relation {
    let mut input = plain(input);
    input.order = crate::ir::Order::Unordered;
    // The looked up columns under names that the input does not have.
    let mut names = Names::beside(input.columns.iter().map(|column| column.name.clone()));
    let keys: Vec<&str> = pairs.iter().map(|(_, right)| right.name.as_str()).collect();
    let mut right_items: Vec<(String, Scalar)> = others(&lookup, &keys)
        .into_iter()
        .map(|(name, scalar)| (names.free(&name), scalar))
        .collect();
    let shown: Vec<Column> = right_items
        .iter()
        .map(|(name, scalar)| Column::new(name.clone(), scalar.ty))
        .collect();
    let mut on = Vec::new();
    let mut left_items = all_columns(&input.columns);
    for (index, (left, right)) in pairs.iter().enumerate() {
        let (left_name, right_name) = (format!("__left{index}"), format!("__right{index}"));
        left_items.push((left_name.clone(), Scalar::column(left)));
        right_items.push((right_name.clone(), Scalar::column(right)));
        on.push((
            Scalar::column(&Column::new(left_name, left.ty)),
            Scalar::column(&Column::new(right_name, left.ty)),
        ));
    }
    let network = operator(binder, family.network, vec![Scalar::column(key)]);
    right_items.push(("__network".into(), network));
    let right = plain(lookup.projected(right_items));
    let networks = operator(binder, family.networks, vec![Scalar::column(source)]);
    left_items.push(("__networks".into(), networks));
    let left = input.clone().projected(left_items);
    let networks = Scalar::column(&Column::new("__networks", Type::Dynamic));
    let left = unnested(left, "__prefix", networks, Type::String);
    let text = |name: &str| Scalar::column(&Column::new(name, Type::String));
    on.push((text("__prefix"), text("__network")));
    let joined = join(JoinKind::Inner, left, right, on);
    let mut order = input.columns.clone();
    if family.lookup_first {
        order.splice(0..0, shown.iter().cloned());
    } else {
        order.extend(shown.iter().cloned());
    }
    let matched = joined.projected(all_columns(&order));
    if !unmatched {
        return matched;
    }
    let rest = without(input, &matched, source, pairs);
    let items = order
        .iter()
        .map(|column| {
            let value = if shown.contains(column) {
                Scalar::literal(Value::null(column.ty))
            } else {
                Scalar::column(column)
            };
            (column.name.clone(), value)
        })
        .collect();
    let rest = rest.projected(items);
    Relation::new(
        order,
        Node::Union {
            inputs: vec![matched, rest],
        },
    )
}

/// The rows whose address and further keys are in no row of `matched`: whether a row matches depends on them alone.
pub(super) fn without(
    input: Relation,
    matched: &Relation,
    source: &Column,
    pairs: &[(Column, Column)],
) -> Relation {
    let keys: Vec<&Column> = std::iter::once(source)
        .chain(pairs.iter().map(|(left, _)| left))
        .collect();
    let mut items = Vec::new();
    let mut on = Vec::new();
    for (index, key) in keys.into_iter().enumerate() {
        let name = format!("__matched{index}");
        items.push((name.clone(), Scalar::column(key)));
        on.push((
            Scalar::column(key),
            Scalar::column(&Column::new(name, key.ty)),
        ));
    }
    let found = matched.clone().projected(items);
    join(JoinKind::LeftAnti, input, found, on)
}

pub(super) fn join(
    kind: JoinKind,
    left: Relation,
    right: Relation,
    on: Vec<(Scalar, Scalar)>,
) -> Relation {
    let mut columns = left.columns.clone();
    if kind == JoinKind::Inner {
        columns.extend(right.columns.iter().cloned());
    }
    Relation::new(
        columns,
        Node::Join {
            kind,
            left: Box::new(left),
            right: Box::new(right),
            on,
        },
    )
}

/// Without hidden columns, which would meet those of the other side.
pub(super) fn plain(relation: Relation) -> Relation {
    let columns = all_columns(&relation.columns);
    let mut plain = relation.projected(columns);
    plain.hidden.clear();
    plain.aliases.clear();
    plain.order = crate::ir::Order::Unordered;
    plain
}
