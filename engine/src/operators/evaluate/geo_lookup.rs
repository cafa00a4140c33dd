//! `geo_polygon_lookup`, `geo_line_lookup`: rows of a table of shapes, by the place of a point.
//!
//! Every point is compared with every shape: the table of shapes is small, says the reference. Every shape that matches gives a
//! row. Source: Kusto docs, the plugins' pages; results of the real engine, from which the order of the arguments comes.

use super::ip_lookup::{join, plain, without};
use super::{column, flag, function, wrong_count};
use crate::bind::names::Names;
use crate::bind::{Binder, facts};
use crate::ir::{Compare, JoinKind, Node, Relation, Scalar, ScalarKind};
use crate::operators::project::all_columns;
use huntql_kql::ast::{Arg, Evaluate};
use huntql_kql::diagnostics::Diagnostic;
use huntql_kql::types::{Column, Type, Value};

/// What differs between the two.
struct Family {
    /// The function that tells whether a point lies in a shape, where shapes have an inside.
    inside: Option<&'static str>,
    /// The function that gives the meters from a point to a shape.
    distance: &'static str,
}

const POLYGONS: Family = Family {
    inside: Some("geo_point_in_polygon"),
    distance: "geo_distance_point_to_polygon",
};
const LINES: Family = Family {
    inside: None,
    distance: "geo_distance_point_to_line",
};

/// The arguments behind the columns, in the order that they have without names. The hint for the join changes no answer.
const OPTIONS: [&[&str]; 4] = [
    &["radius"],
    &["return_unmatched"],
    &["lookup_area_radius", "join_hint"],
    &["return_lookup_key"],
];
const RADIUS: usize = 0;
const UNMATCHED: usize = 1;
const KEY: usize = 3;

pub(super) fn polygons(binder: &mut Binder<'_>, evaluate: &Evaluate, input: Relation) -> Relation {
    bind(binder, evaluate, input, &POLYGONS)
}

pub(super) fn lines(binder: &mut Binder<'_>, evaluate: &Evaluate, input: Relation) -> Relation {
    bind(binder, evaluate, input, &LINES)
}

fn bind(
    binder: &mut Binder<'_>,
    evaluate: &Evaluate,
    input: Relation,
    family: &Family,
) -> Relation {
    let [table, key, longitude, latitude, rest @ ..] = evaluate.call.args.as_slice() else {
        return wrong_count(binder, evaluate, "a table and three columns, at least");
    };
    let lookup = binder.table(&table.value);
    let key = column(binder, key, &lookup);
    let longitude = column(binder, longitude, &input);
    let latitude = column(binder, latitude, &input);
    let Some(options) = options(binder, rest) else {
        return Relation::unknown();
    };
    let radius = match options[RADIUS] {
        Some(arg) => match number(binder, arg) {
            Some(radius) => Some(radius),
            None => return Relation::unknown(),
        },
        None => None,
    };
    if radius.is_none() && family.inside.is_none() {
        return wrong_count(binder, evaluate, "a radius behind the columns");
    }
    let (Some(key), Some(longitude), Some(latitude)) = (key, longitude, latitude) else {
        return Relation::unknown();
    };
    if input.unknown || lookup.unknown {
        return Relation::unknown();
    }
    let mut input = plain(input);
    input.order = crate::ir::Order::Unordered;
    let place = [longitude, latitude];
    let (matched, shown) = matched(binder, family, &input, lookup, &key, &place, radius);
    let with_key = options[KEY].is_some_and(|arg| flag(binder, arg));
    let shown: Vec<Column> = shown
        .into_iter()
        .filter(|(original, _)| with_key || *original != key.name)
        .map(|(_, column)| column)
        .collect();
    let mut columns = input.columns.clone();
    columns.extend(shown.iter().cloned());
    let matched = matched.projected(all_columns(&columns));
    if !options[UNMATCHED].is_some_and(|arg| flag(binder, arg)) {
        return matched;
    }
    let [longitude, latitude] = place;
    let rest = without(
        input,
        &matched,
        &longitude,
        &[(latitude.clone(), latitude.clone())],
    );
    let items = columns
        .iter()
        .map(|column| {
            let value = match shown.contains(column) {
                true => Scalar::literal(Value::null(column.ty)),
                false => Scalar::column(column),
            };
            (column.name.clone(), value)
        })
        .collect();
    let rest = rest.projected(items);
    Relation::new(
        columns,
        Node::Union {
            inputs: vec![matched, rest],
        },
    )
}

/// The options that are given, by name or by place.
fn options<'a>(binder: &mut Binder<'_>, args: &'a [Arg]) -> Option<[Option<&'a Arg>; 4]> {
    let mut given = [None; 4];
    for (place, arg) in args.iter().enumerate() {
        let known = match &arg.name {
            Some(name) => OPTIONS
                .iter()
                .position(|names| names.contains(&name.text.as_str())),
            None => Some(place).filter(|place| *place < OPTIONS.len()),
        };
        let Some(known) = known.filter(|known| given[*known].is_none()) else {
            let name = arg.name.as_ref().map_or("this", |name| name.text.as_str());
            binder.report(Diagnostic::binding(
                "KS119",
                arg.value.span,
                format!("`{name}` is not an argument that is needed here"),
            ));
            return None;
        };
        given[known] = Some(arg);
    }
    Some(given)
}

/// A constant number.
fn number(binder: &mut Binder<'_>, arg: &Arg) -> Option<Scalar> {
    let value = binder.scalar(&arg.value, None);
    if !value.is_error() && !value.ty.is_numeric() {
        let diagnostic = facts::wrong_type(arg.value.span, value.ty, "a number");
        binder.report(diagnostic);
        return None;
    }
    let value = binder.constant(&value, Type::Real, arg.value.span)?;
    Some(Scalar::literal(value))
}

/// The pairs that match, and the looked up columns: the names that they had, and what they are among the input's.
fn matched(
    binder: &mut Binder<'_>,
    family: &Family,
    input: &Relation,
    lookup: Relation,
    key: &Column,
    place: &[Column; 2],
    radius: Option<Scalar>,
) -> (Relation, Vec<(String, Column)>) {
    let mut names = Names::beside(input.columns.iter().map(|column| column.name.clone()));
    let shown: Vec<(String, Column)> = lookup
        .columns
        .iter()
        .map(|column| {
            let free = names.free(&column.name);
            (column.name.clone(), Column::new(free, column.ty))
        })
        .collect();
    let mut right: Vec<(String, Scalar)> = lookup
        .columns
        .iter()
        .zip(&shown)
        .map(|(from, (_, to))| (to.name.clone(), Scalar::column(from)))
        .collect();
    let shape = (shown.iter())
        .find(|(original, _)| *original == key.name)
        .map(|(_, column)| Scalar::column(column))
        .expect("the key is a column of the lookup table");
    // All pairs: a join on one constant.
    let one = || Scalar::literal(Value::Long(Some(1)));
    let all = |name: &str| Scalar::column(&Column::new(name, Type::Long));
    right.push(("__right".into(), one()));
    let mut left = all_columns(&input.columns);
    left.push(("__left".into(), one()));
    let pairs = join(
        JoinKind::Inner,
        plain(input.clone().projected(left)),
        plain(lookup.projected(right)),
        vec![(all("__left"), all("__right"))],
    );
    let mut arguments: Vec<Scalar> = place
        .iter()
        .map(|column| binder.convert(Scalar::column(column), Type::Real))
        .collect();
    arguments.push(shape);
    let condition = match (radius, family.inside) {
        (None, Some(inside)) => function(binder, inside, arguments),
        (radius, _) => {
            let distance = function(binder, family.distance, arguments);
            let radius = radius.unwrap_or_else(|| Scalar::literal(Value::Real(None)));
            Scalar::new(
                Type::Bool,
                ScalarKind::Compare(Compare::LessOrEqual, Box::new(distance), Box::new(radius)),
            )
        }
    };
    (pairs.filtered(condition), shown)
}
