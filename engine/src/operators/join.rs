//! `join` and `lookup`: rows of two tables side by side.
//!
//! The default kind is `innerunique`: the left side is made distinct by the keys first. Right columns whose names the left has
//! get a number behind them (`X` → `X1`). Source: Kusto docs, "join operator", "lookup operator".

use crate::bind::{Binder, facts};
use crate::catalog::Reading;
use crate::ir::{JoinKind, Node, Relation, Scalar, ScalarKind};
use huntql_kql::ast::{BinaryOp, Expr, ExprKind, Join, Lookup, Name, OperatorParameter};
use huntql_kql::diagnostics::Diagnostic;
use huntql_kql::span::Span;
use huntql_kql::types::{Column, Type, Value};

/// A kind of `join` as it is written.
struct Kind {
    name: &'static str,
    kind: JoinKind,
    unique_left: bool,
}

const fn kind(name: &'static str, kind: JoinKind) -> Kind {
    Kind {
        name,
        kind,
        unique_left: false,
    }
}

const KINDS: &[Kind] = &[
    Kind {
        name: "innerunique",
        kind: JoinKind::Inner,
        unique_left: true,
    },
    kind("inner", JoinKind::Inner),
    kind("leftouter", JoinKind::LeftOuter),
    kind("rightouter", JoinKind::RightOuter),
    kind("fullouter", JoinKind::FullOuter),
    kind("leftsemi", JoinKind::LeftSemi),
    kind("rightsemi", JoinKind::RightSemi),
    kind("leftanti", JoinKind::LeftAnti),
    kind("leftantisemi", JoinKind::LeftAnti),
    kind("anti", JoinKind::LeftAnti),
    kind("rightanti", JoinKind::RightAnti),
    kind("rightantisemi", JoinKind::RightAnti),
];

/// A pair of keys: a scalar over the left, one over the right.
type Keys = Vec<(Scalar, Scalar)>;

pub(super) fn join(binder: &mut Binder<'_>, join: &Join, left: Relation, span: Span) -> Relation {
    let kind = join_kind(binder, &join.parameters, &KINDS[0], KINDS.iter());
    let right = binder.pipeline(&join.right);
    let keys = conditions(binder, &join.on, &left, &right, span);
    if left.unknown || right.unknown {
        return Relation::unknown();
    }
    let left = if kind.unique_left {
        distinct_on(left, &keys)
    } else {
        left
    };
    joined(kind.kind, left, right, keys, &[])
}

/// The right side's keys are not shown; `leftouter` unless said.
pub(super) fn lookup(
    binder: &mut Binder<'_>,
    lookup: &Lookup,
    left: Relation,
    span: Span,
) -> Relation {
    let default = KINDS
        .iter()
        .find(|kind| kind.name == "leftouter")
        .expect("`leftouter` is a kind");
    let allowed = KINDS
        .iter()
        .filter(|kind| matches!(kind.name, "leftouter" | "inner"));
    let kind = join_kind(binder, &lookup.parameters, default, allowed);
    let right = binder.pipeline(&lookup.right);
    let keys = conditions(binder, &lookup.on, &left, &right, span);
    if left.unknown || right.unknown {
        return Relation::unknown();
    }
    let dropped: Vec<String> = keys
        .iter()
        .filter_map(|(_, right)| match &right.kind {
            ScalarKind::Column(name) => Some(name.clone()),
            ScalarKind::Convert(inner) => match &inner.kind {
                ScalarKind::Column(name) => Some(name.clone()),
                _ => None,
            },
            _ => None,
        })
        .collect();
    joined(kind.kind, left, right, keys, &dropped)
}

fn join_kind<'k>(
    binder: &mut Binder<'_>,
    parameters: &[OperatorParameter],
    default: &'k Kind,
    kinds: impl Iterator<Item = &'k Kind> + Clone,
) -> &'k Kind {
    let mut chosen = default;
    for parameter in parameters {
        let name = parameter.name.text.as_str();
        if name.starts_with("hint.") || name == "isfuzzy" {
            continue;
        }
        let value = match &parameter.value.kind {
            ExprKind::Name(value) => value.text.clone(),
            ExprKind::Literal(literal) => match &literal.value {
                Value::String(text) => text.clone(),
                _ => String::new(),
            },
            _ => String::new(),
        };
        let found = kinds.clone().find(|kind| kind.name == value);
        match found {
            Some(kind) if name == "kind" => chosen = kind,
            _ => {
                let diagnostic = Diagnostic::binding(
                    "KS106",
                    parameter.value.span,
                    format!("`{value}` is not a kind of join"),
                );
                let names: Vec<&str> = kinds.clone().map(|kind| kind.name).collect();
                let help = match value.as_str() {
                    "outer" | "full" => "write `fullouter`".to_owned(),
                    "left" => "write `leftouter`".to_owned(),
                    "right" => "write `rightouter`".to_owned(),
                    _ => format!("the kinds are {}", names.join(", ")),
                };
                binder.report(Binder::suggest(diagnostic.help(help), &value, names));
            }
        }
    }
    chosen
}

fn conditions(
    binder: &mut Binder<'_>,
    on: &[Expr],
    left: &Relation,
    right: &Relation,
    span: Span,
) -> Keys {
    if on.is_empty() {
        binder.report(
            Diagnostic::binding("KS111", span, "`join` needs `on` and a condition").help(
                "write `on DeviceId`, or `on $left.A == $right.B` for columns of other names",
            ),
        );
    }
    let mut keys = Vec::new();
    for expr in on {
        condition(binder, expr, left, right, &mut keys);
    }
    keys
}

fn condition(
    binder: &mut Binder<'_>,
    expr: &Expr,
    left: &Relation,
    right: &Relation,
    keys: &mut Keys,
) {
    match &expr.kind {
        ExprKind::Paren(inner) => condition(binder, inner, left, right, keys),
        ExprKind::And(parts) => parts
            .iter()
            .for_each(|part| condition(binder, part, left, right, keys)),
        ExprKind::Name(name) => {
            let sides = (
                side_column(binder, name, left),
                side_column(binder, name, right),
            );
            if let (Some(l), Some(r)) = sides {
                let name = Some(name.text.as_str());
                push(binder, l, r, expr.span, name, keys);
            }
        }
        ExprKind::Binary(binary) if binary.op == BinaryOp::Equal => {
            let sides = (side(&binary.left), side(&binary.right));
            match sides {
                (Some((Side::Left, l)), Some((Side::Right, r)))
                | (Some((Side::Right, r)), Some((Side::Left, l))) => {
                    let bound = (side_column(binder, l, left), side_column(binder, r, right));
                    if let (Some(l), Some(r)) = bound {
                        push(binder, l, r, expr.span, None, keys);
                    }
                }
                _ => binder.report(
                    Diagnostic::binding(
                        "KS111",
                        expr.span,
                        "a join condition compares a column of each side",
                    )
                    .help("write `$left.a == $right.b`"),
                ),
            }
        }
        _ => binder.report(
            Diagnostic::binding(
                "KS111",
                expr.span,
                "a join condition is a column's name or `$left.a == $right.b`",
            )
            .help("other conditions go into a `where` behind the join"),
        ),
    }
}

enum Side {
    Left,
    Right,
}

/// `$left.a` or `$right.a`
fn side(expr: &Expr) -> Option<(Side, &Name)> {
    match &expr.kind {
        ExprKind::Paren(inner) => side(inner),
        ExprKind::Member(object, name) => match &object.kind {
            ExprKind::Name(object) if object.text == "$left" => Some((Side::Left, name)),
            ExprKind::Name(object) if object.text == "$right" => Some((Side::Right, name)),
            _ => None,
        },
        _ => None,
    }
}

fn side_column(binder: &mut Binder<'_>, name: &Name, relation: &Relation) -> Option<Scalar> {
    if let Some(column) = relation.resolve(&name.text) {
        return Some(Scalar::column(column));
    }
    if !relation.unknown {
        binder.unknown_column(
            name,
            relation.columns.iter().map(|column| column.name.as_str()),
        );
    }
    None
}

/// Keys must have one type; numbers widen. `shared` is the name of a condition that is a column's name alone: such a column must have
/// one type to begin with, and a `dynamic` is a key only there. Source: Microsoft's binder (KS227, KS241).
fn push(
    binder: &mut Binder<'_>,
    left: Scalar,
    right: Scalar,
    span: Span,
    shared: Option<&str>,
    keys: &mut Keys,
) {
    let has_dynamic = left.ty == Type::Dynamic || right.ty == Type::Dynamic;
    let is_strict = has_dynamic || binder.catalog.reading() == Reading::AsDeclared;
    match shared {
        // What an error left behind is a dynamic too.
        _ if has_dynamic && binder.has_errors() => return,
        Some(name) if left.ty != right.ty && is_strict => {
            return binder.report(facts::other_type_on_right(span, name, left.ty, right.ty));
        }
        None if has_dynamic => return binder.report(facts::dynamic_key(span)),
        _ => {}
    }
    let ty = match (left.ty, right.ty) {
        (Type::Dynamic, Type::Dynamic) => Some(Type::Dynamic),
        (l, r) => crate::conversion::common_type([l, r].into_iter()),
    };
    match ty {
        Some(ty) => {
            let pair = (binder.convert(left, ty), binder.convert(right, ty));
            keys.push(pair);
        }
        None => binder.report(facts::incomparable(span, left.ty, right.ty)),
    }
}

/// One row of the left side for each value of the keys, any of them.
fn distinct_on(left: Relation, keys: &Keys) -> Relation {
    let columns = left.columns.clone();
    let keys = keys.iter().map(|(left, _)| left.clone()).collect();
    Relation {
        aliases: left.aliases.clone(),
        ..Relation::new(
            columns,
            Node::DistinctOn {
                input: Box::new(left),
                keys,
            },
        )
    }
}

/// Joins under disjoint names. `dropped` are right columns that do not show.
fn joined(
    kind: JoinKind,
    left: Relation,
    right: Relation,
    keys: Keys,
    dropped: &[String],
) -> Relation {
    let (l, r): (Vec<Scalar>, Vec<Scalar>) = keys.into_iter().unzip();
    let renamed = renamed(&left, &right, dropped);
    let aliases = left.aliases.clone();
    let left_columns = left.columns.clone();
    let (left, l) = keyed(
        left,
        left_columns
            .iter()
            .map(|column| (column.clone(), column.name.clone()))
            .collect(),
        l,
        "__left_key",
    );
    let (right, r) = keyed(right, renamed.clone(), r, "__right_key");
    let right_shown = renamed
        .iter()
        .filter(|(column, _)| !dropped.contains(&column.name));
    let shown: Vec<Column> = match kind {
        JoinKind::LeftSemi | JoinKind::LeftAnti => left_columns,
        _ => left_columns
            .into_iter()
            .chain(right_shown.map(|(column, name)| Column::new(name.clone(), column.ty)))
            .collect(),
    };
    let right_originals: Vec<Column> = renamed.iter().map(|(column, _)| column.clone()).collect();
    let node = Node::Join {
        kind,
        left: Box::new(left),
        right: Box::new(right),
        on: l.into_iter().zip(r).collect(),
    };
    if matches!(kind, JoinKind::RightSemi | JoinKind::RightAnti) {
        // The right side alone keeps its own names.
        let under: Vec<Column> = renamed
            .iter()
            .map(|(column, name)| Column::new(name.clone(), column.ty))
            .collect();
        let joined = Relation::new(under.clone(), node);
        let items = under
            .iter()
            .zip(right_originals)
            .map(|(column, original)| (original.name, Scalar::column(column)))
            .collect();
        return joined.projected(items);
    }
    Relation {
        aliases,
        ..Relation::new(shown, node)
    }
}

/// The right side's columns with the names that they get beside the left's: a clash takes the first number that is free on
/// both sides.
fn renamed(left: &Relation, right: &Relation, dropped: &[String]) -> Vec<(Column, String)> {
    let mut taken: Vec<String> = left
        .columns
        .iter()
        .chain(&right.columns)
        .map(|column| column.name.clone())
        .collect();
    let rename = |column: &Column, taken: &mut Vec<String>| {
        if dropped.contains(&column.name) {
            return format!("__right_{}", column.name);
        }
        if left.column(&column.name).is_none() {
            return column.name.clone();
        }
        let mut names = (1..).map(|number| format!("{}{number}", column.name));
        let name = names
            .find(|name| !taken.contains(name))
            .expect("numbers do not end");
        taken.push(name.clone());
        name
    };
    right
        .columns
        .iter()
        .map(|column| (column.clone(), rename(column, &mut taken)))
        .collect()
}

/// A side under its new names, with its keys as columns of it.
fn keyed(
    side: Relation,
    renamed: Vec<(Column, String)>,
    keys: Vec<Scalar>,
    prefix: &str,
) -> (Relation, Vec<Scalar>) {
    let mut items: Vec<(String, Scalar)> = renamed
        .iter()
        .map(|(column, name)| (name.clone(), Scalar::column(column)))
        .collect();
    let mut bound = Vec::new();
    for (index, key) in keys.into_iter().enumerate() {
        let column = Column::new(format!("{prefix}{index}"), key.ty);
        items.push((column.name.clone(), key));
        bound.push(Scalar::column(&column));
    }
    let shown = renamed.len();
    let mut relation = side.projected(items);
    relation.hidden = relation.columns.split_off(shown);
    (relation, bound)
}
