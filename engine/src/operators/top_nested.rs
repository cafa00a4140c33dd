//! `top-nested`: the largest values, level by level.
//!
//! A level groups the rows that are left by its value under the values above it, keeps the first N groups under each of these, and
//! leaves only their rows for the next level. A group is known by a text of all its values, in which null is no value at all.
//! Source: Kusto docs, "top-nested operator".

use super::keyed::{Key, first, ordered};
use super::project::all_columns;
use super::summarize;
use crate::bind::names::Names;
use crate::bind::{Binder, facts};
use crate::functions;
use crate::ir::{JoinKind, Node, Relation, Scalar, SortKey};
use huntql_kql::ast::{
    Direction, Expr, ExprKind, Name, NamedExpr, Summarize, TopNested, TopNestedLevel,
};
use huntql_kql::span::Span;
use huntql_kql::types::{Column, Type, Value};

/// What a level leaves behind.
struct Kept {
    /// One row for each group: its own key, the key above it, its value, its aggregate.
    groups: Relation,
    of: String,
    by: String,
}

pub(super) fn bind(
    binder: &mut Binder<'_>,
    nested: &TopNested,
    input: Relation,
    span: Span,
) -> Relation {
    if input.unknown {
        return Relation::unknown();
    }
    let levels = nested.levels.len();
    for (index, level) in nested.levels.iter().enumerate() {
        if level.others.is_some() && index + 1 < levels {
            binder.unsupported(span, "`with others` in front of another level");
            return Relation::unknown();
        }
    }
    let mut names = Names::default();
    let shown = input.columns.clone();
    let mut items = all_columns(&shown);
    items.push((key_name(0), Scalar::literal(Value::String(String::new()))));
    let mut rows = plain(input.projected(items));
    let mut kept: Vec<Kept> = Vec::new();
    for (index, level) in nested.levels.iter().enumerate() {
        let Some((level_rows, found)) = bound_level(binder, level, index, &shown, rows, &mut names)
        else {
            return Relation::unknown();
        };
        rows = level_rows;
        kept.push(found);
    }
    joined(kept)
}

fn key_name(level: usize) -> String {
    format!("__key{level}")
}

/// Nothing hidden, no order.
fn plain(relation: Relation) -> Relation {
    let mut relation = relation;
    relation.hidden.clear();
    relation.aliases.clear();
    relation.order = crate::ir::Order::Unordered;
    relation
}

fn bound_level(
    binder: &mut Binder<'_>,
    level: &TopNestedLevel,
    index: usize,
    shown: &[Column],
    rows: Relation,
    names: &mut Names,
) -> Option<(Relation, Kept)> {
    let count = match &level.count {
        Some(count) => {
            let value = binder.scalar(count, None);
            let count_value = binder.constant_long(&value, count.span)?;
            match u64::try_from(count_value) {
                Ok(count) => Some(count),
                Err(_) => {
                    binder.report(crate::bind::facts::negative(
                        count.span,
                        "the number of rows",
                        count_value,
                    ));
                    return None;
                }
            }
        }
        None => None,
    };
    let value = binder.scalar(&level.of.value, Some(&rows));
    if value.is_error() {
        return None;
    }
    if value.ty == Type::Dynamic {
        binder.report(facts::dynamic_group(level.of.value.span));
        return None;
    }
    // Levels may share a column: what stands here declares nothing.
    let of = names.of(binder, &level.of, &Scalar::error());
    let by = match level.by.names.first() {
        Some(name) => names.free(&name.text),
        None => names.free(&format!("aggregated_{of}")),
    };
    let (above, own) = (key_name(index), key_name(index + 1));
    let key = extended_key(binder, &above, &value);
    let value_name = format!("__value{index}");
    let mut items = all_columns(&rows.columns);
    items.push((value_name.clone(), value));
    items.push((own.clone(), key));
    let rows = plain(rows.projected(items));
    let groups = aggregated(binder, level, &rows, &[&above, &own, &value_name])?;
    let groups = match count {
        Some(count) => limited(groups, &above, count, level.direction),
        None => groups,
    };
    let kept_rows = restricted(
        rows.clone(),
        &groups,
        &own,
        shown,
        index,
        JoinKind::LeftSemi,
    );
    let groups = match &level.others {
        Some(others) => with_others(binder, level, others, rows, groups, index, shown)?,
        None => groups,
    };
    Some((kept_rows, Kept { groups, of, by }))
}

/// The key above, and the value's text behind it.
fn extended_key(binder: &mut Binder<'_>, above: &str, value: &Scalar) -> Scalar {
    let strcat = functions::find("strcat").expect("`strcat` has a row");
    let above = Scalar::column(&Column::new(above, Type::String));
    let text = binder.convert(value.clone(), Type::String);
    let between = Scalar::literal(Value::String("\u{1f}".into()));
    binder.apply(strcat, vec![above, between, text], &[], Span::default())
}

fn named(name: &str, span: Span) -> NamedExpr {
    let name = Name {
        text: name.to_string(),
        bracketed: true,
        span,
    };
    NamedExpr {
        names: vec![name.clone()],
        tuple: false,
        value: Expr {
            kind: ExprKind::Name(name),
            span,
        },
        span,
    }
}

/// `summarize __by = aggregate by groups…`, the groups first.
fn aggregated(
    binder: &mut Binder<'_>,
    level: &TopNestedLevel,
    rows: &Relation,
    groups: &[&str],
) -> Option<Relation> {
    let span = level.by.span;
    let mut by = level.by.clone();
    by.names = named("__by", span).names;
    by.tuple = false;
    let written = Summarize {
        hints: Vec::new(),
        aggregates: vec![by],
        by: groups.iter().map(|name| named(name, span)).collect(),
    };
    let result = summarize::bind(binder, &written, rows.clone(), span);
    (!result.unknown).then_some(result)
}

/// The first groups under each key above them.
fn limited(groups: Relation, above: &str, count: u64, direction: Option<Direction>) -> Relation {
    let descending = direction != Some(Direction::Asc);
    let by = groups
        .columns
        .last()
        .cloned()
        .expect("the aggregate is last");
    let key = Key {
        column: Column::new(above, Type::String),
        carried: Vec::new(),
    };
    let order = SortKey {
        value: Scalar::column(&by),
        descending,
        nulls_first: !descending,
    };
    let columns = groups.columns.clone();
    let kept = first(ordered(groups, vec![order], &key), count, &key);
    plain(kept.projected(all_columns(&columns)))
}

/// The rows whose groups were kept, or were not.
fn restricted(
    rows: Relation,
    groups: &Relation,
    own: &str,
    shown: &[Column],
    index: usize,
    kind: JoinKind,
) -> Relation {
    let other = format!("__kept{index}");
    let key = Scalar::column(&Column::new(own, Type::String));
    let keys = plain(groups.clone().projected(vec![(other.clone(), key.clone())]));
    let on = vec![(key, Scalar::column(&Column::new(other, Type::String)))];
    let columns = rows.columns.clone();
    let joined = Relation::new(
        columns,
        Node::Join {
            kind,
            left: Box::new(rows),
            right: Box::new(keys),
            on,
        },
    );
    let mut items = all_columns(shown);
    for name in [key_name(index), own.to_string()] {
        let column = Column::new(name.clone(), Type::String);
        items.push((name, Scalar::column(&column)));
    }
    plain(joined.projected(items))
}

/// One more group under each key: all rows whose groups were not kept.
fn with_others(
    binder: &mut Binder<'_>,
    level: &TopNestedLevel,
    others: &Expr,
    rows: Relation,
    groups: Relation,
    index: usize,
    shown: &[Column],
) -> Option<Relation> {
    let (above, own) = (key_name(index), key_name(index + 1));
    let value_column = groups.columns[2].clone();
    let value = binder.scalar(others, None);
    let value = binder.constant(&value, value_column.ty, others.span)?;
    let rest = restricted(rows, &groups, &own, shown, index, JoinKind::LeftAnti);
    let rest = aggregated(binder, level, &rest, &[&above])?;
    let by = rest.columns.last().cloned()?;
    let columns = groups.columns.clone();
    let items = vec![
        (
            above.clone(),
            Scalar::column(&Column::new(above, Type::String)),
        ),
        (own, Scalar::literal(Value::String(String::new()))),
        (value_column.name, Scalar::literal(value)),
        (by.name.clone(), Scalar::column(&by)),
    ];
    let inputs = vec![
        plain(groups.projected(all_columns(&columns))),
        plain(rest.projected(items)),
    ];
    Some(Relation::new(columns, Node::Union { inputs }))
}

/// The groups of the last level with those above them.
fn joined(kept: Vec<Kept>) -> Relation {
    let mut result: Option<Relation> = None;
    let mut names: Vec<(String, String)> = Vec::new();
    for (index, level) in kept.into_iter().enumerate() {
        let columns = level.groups.columns.clone();
        let renamed = |at: usize| format!("__level{index}_{at}");
        let items = columns
            .iter()
            .enumerate()
            .map(|(at, column)| (renamed(at), Scalar::column(column)))
            .collect();
        let groups = plain(level.groups.projected(items));
        names.push((level.of, renamed(2)));
        names.push((level.by, renamed(3)));
        result = Some(match result {
            None => groups,
            Some(above) => {
                let own_above = format!("__level{}_1", index - 1);
                let on = vec![(
                    Scalar::column(&Column::new(own_above, Type::String)),
                    Scalar::column(&Column::new(renamed(0), Type::String)),
                )];
                let all = above.columns.iter().chain(&groups.columns).cloned();
                Relation::new(
                    all.collect(),
                    Node::Join {
                        kind: JoinKind::Inner,
                        left: Box::new(above),
                        right: Box::new(groups),
                        on,
                    },
                )
            }
        });
    }
    let Some(result) = result else {
        return Relation::unknown();
    };
    let items = names
        .into_iter()
        .filter_map(|(name, from)| Some((name, Scalar::column(result.column(&from)?))))
        .collect();
    result.projected(items)
}
