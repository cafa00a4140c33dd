//! `summarize` and `count`: aggregates by groups.
//!
//! Groups and the arguments of aggregates are bound over the input; what surrounds an aggregate (`count() * 2`) is bound over the
//! aggregates' columns, in a projection behind the [`Node::Aggregate`].

use super::keyed::{self, Key};
use super::tuple::{self, Unnamed};
use crate::aggregates::{self, AggregateCall, AggregateOverload};
use crate::bind::names::{Names, lent_by};
use crate::bind::{Binder, Row, facts, forms};
use crate::catalog::Reading;
use crate::ir::{BoundAggregate, Node, Relation, Scalar, ScalarKind};
use crate::overloads::{Resolution, Signature};
use crate::windows::{self};
use huntql_kql::ast::{Call, Count, Expr, ExprKind, NamedExpr, Summarize};
use huntql_kql::diagnostics::Diagnostic;
use huntql_kql::span::Span;
use huntql_kql::types::{Column, Type, Value};

/// Columns that a `summarize` may have: `arg_max(x, *)` over `union *` of hundreds of tables has thousands.
const COLUMNS_MAX: usize = 1_000;

/// The hidden column that holds a row's place in an ordered input.
const POSITION: &str = "__position";

pub(super) fn bind(
    binder: &mut Binder<'_>,
    summarize: &Summarize,
    input: Relation,
    span: Span,
) -> Relation {
    let Some(written) = written(binder, summarize, &input, span) else {
        return Relation::unknown();
    };
    if written.items.len() > COLUMNS_MAX {
        let what = format!(
            "`summarize` with {} columns (at most {COLUMNS_MAX})",
            written.items.len()
        );
        binder.unsupported(span, &what);
        return Relation::unknown();
    }
    let unknown = input.unknown;
    let input = binder.with_windows(input);
    let mut groups = aggregated(binder, input, written.groups, written.collected);
    groups.unknown = unknown;
    let mut relation = groups.projected(written.items);
    relation.hidden.clear();
    relation
}

/// What stands behind `summarize`, bound.
struct Written {
    groups: Vec<(String, Scalar)>,
    collected: Vec<BoundAggregate>,
    /// The columns of the result, over the groups' and the aggregates' columns.
    items: Vec<(String, Scalar)>,
}

fn written(
    binder: &mut Binder<'_>,
    summarize: &Summarize,
    input: &Relation,
    span: Span,
) -> Option<Written> {
    if summarize.aggregates.is_empty() && summarize.by.is_empty() {
        binder.report(Diagnostic::binding(
            "KS119",
            span,
            "`summarize` needs an aggregate or `by`",
        ));
        return None;
    }
    let mut names = Names::default();
    let groups: Vec<(String, Scalar)> = summarize
        .by
        .iter()
        .map(|item| {
            let scalar = groupable(binder, &item.value, input);
            (names.of(binder, item, &scalar), scalar)
        })
        .collect();
    let mut collected = Vec::new();
    let mut items: Vec<(String, Scalar)> = groups
        .iter()
        .map(|(name, scalar)| {
            let group = match scalar.is_error() {
                true => Scalar::error(),
                false => Scalar::column(&Column::new(name.clone(), scalar.ty)),
            };
            (name.clone(), group)
        })
        .collect();
    for item in &summarize.aggregates {
        aggregate_item(
            binder,
            item,
            input,
            &groups,
            &mut names,
            &mut collected,
            &mut items,
        );
    }
    Some(Written {
        groups,
        collected,
        items,
    })
}

/// What rows are grouped by, as `summarize` and `distinct` have it: anything but a `dynamic`.
pub(super) fn groupable(binder: &mut Binder<'_>, value: &Expr, input: &Relation) -> Scalar {
    let scalar = binder.scalar(value, Some(input));
    match scalar.ty {
        // What an error left behind is a dynamic too.
        Type::Dynamic if !scalar.is_error() && !binder.has_errors() => {
            binder.wrong(facts::dynamic_group(value.span))
        }
        _ => scalar,
    }
}

/// `summarize` in each of many sub-tables.
pub(super) fn keyed(
    binder: &mut Binder<'_>,
    summarize: &Summarize,
    input: Relation,
    span: Span,
    key: &Key,
) -> Relation {
    let Some(written) = written(binder, summarize, &input, span) else {
        return Relation::unknown();
    };
    let unknown = input.unknown;
    let input = binder.with_windows(input);
    let mut relation = keyed_aggregate(binder, input, written, key);
    relation.unknown = unknown;
    relation
}

/// The key is one more group; what is carried is the same in all rows of a group.
fn keyed_aggregate(
    binder: &mut Binder<'_>,
    input: Relation,
    mut written: Written,
    key: &Key,
) -> Relation {
    let hidden = keyed::kept(&input, key);
    for column in &hidden {
        let scalar = Scalar::column(column);
        if *column == key.column {
            written.groups.push((column.name.clone(), scalar));
            continue;
        }
        written.collected.push(BoundAggregate {
            columns: vec![column.clone()],
            call: single("take_any", &[column.ty]),
            arguments: vec![scalar],
        });
    }
    let shown: Vec<Column> = written
        .items
        .iter()
        .map(|(name, scalar)| Column::new(name.clone(), scalar.ty))
        .collect();
    let mut items = written.items;
    items.extend(super::project::all_columns(&hidden));
    let relation = aggregated(binder, input, written.groups, written.collected).projected(items);
    keyed::with_some_hidden(relation, shown, hidden)
}

/// `count` in each of many sub-tables.
pub(super) fn keyed_count(
    binder: &mut Binder<'_>,
    count: &Count,
    input: Relation,
    key: &Key,
) -> Relation {
    let name = count.name.as_ref().map_or("Count", |name| &name.text);
    let column = Column::new("__aggregate0_0", Type::Long);
    let written = Written {
        groups: Vec::new(),
        items: vec![(name.to_string(), Scalar::column(&column))],
        collected: vec![BoundAggregate {
            columns: vec![column],
            call: single("count", &[]),
            arguments: Vec::new(),
        }],
    };
    keyed_aggregate(binder, input, written, key)
}

/// One item in front of `by`: an aggregate that may give several columns, or an expression around aggregates.
fn aggregate_item(
    binder: &mut Binder<'_>,
    item: &NamedExpr,
    input: &Relation,
    groups: &[(String, Scalar)],
    names: &mut Names,
    collected: &mut Vec<BoundAggregate>,
    items: &mut Vec<(String, Scalar)>,
) {
    if let ExprKind::Call(call) = &bare(&item.value).kind
        && aggregates::find(&call.name.text).is_some()
    {
        let Some((bound, lent)) = call_of(binder, call, item.value.span, Some(input), groups)
        else {
            items.push((names.of(binder, item, &Scalar::error()), Scalar::error()));
            return;
        };
        name_columns(binder, item, bound, lent, names, collected, items);
        return;
    }
    let outer = binder.begin_aggregates(groups.to_vec(), collected.len());
    let several = tuple::bind(binder, item, Some(input), names, Unnamed::Shown);
    let scalar = match &several {
        Some(columns) => columns[0].1.clone(),
        None => binder.scalar(&item.value, Some(input)),
    };
    collected.extend(binder.end_aggregates(outer));
    scalar.visit(&mut |part| {
        if let ScalarKind::Column(name) = &part.kind
            && !name.starts_with("__aggregate")
        {
            let diagnostic = Diagnostic::binding(
                "KS210",
                item.value.span,
                format!("`{name}` stands outside of an aggregate"),
            );
            binder.report(diagnostic.help(format!(
                "put it into one, for instance `take_any({name})`, or behind `by`"
            )));
        }
    });
    match several {
        Some(columns) => items.extend(columns),
        None => items.push((names.of(binder, item, &scalar), scalar)),
    }
}

fn bare(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Paren(inner) => bare(inner),
        _ => expr,
    }
}

/// Names of a call's columns: written ones first, then those that the aggregate lends.
fn name_columns(
    binder: &mut Binder<'_>,
    item: &NamedExpr,
    mut bound: BoundAggregate,
    lent: Vec<Option<String>>,
    names: &mut Names,
    collected: &mut Vec<BoundAggregate>,
    items: &mut Vec<(String, Scalar)>,
) {
    if item.names.len() > bound.columns.len() {
        let name = &item.names[bound.columns.len()];
        binder.report(Diagnostic::binding(
            "KS149",
            name.span,
            "there are more names than columns",
        ));
    }
    for (index, lent) in lent.into_iter().enumerate() {
        let name = match (item.names.get(index), lent) {
            (Some(name), _) => names.declared_at(binder, &name.text, name.span),
            (None, Some(lent)) => names.free(&lent),
            (None, None) => names.unnamed(),
        };
        let column = &mut bound.columns[index];
        column.name = format!("__aggregate{}_{index}", collected.len());
        items.push((name, Scalar::column(column)));
    }
    collected.push(bound);
}

/// Binds a call of an aggregate: its columns (not yet named) and the names that they would have.
fn call_of(
    binder: &mut Binder<'_>,
    call: &Call,
    span: Span,
    row: Row<'_>,
    groups: &[(String, Scalar)],
) -> Option<(BoundAggregate, Vec<Option<String>>)> {
    let aggregate = aggregates::find(&call.name.text).expect("the caller looked it up");
    let input = row?;
    let mut arguments = Vec::new();
    let mut written: Vec<Option<String>> = Vec::new();
    let mut spans = Vec::new();
    for arg in &call.args {
        if matches!(arg.value.kind, ExprKind::Star) {
            for column in starred(input, groups, &arguments) {
                written.push(Some(column.name.clone()));
                arguments.push(Scalar::column(&column));
                spans.push(arg.value.span);
            }
            continue;
        }
        written.push(lent_by(arg));
        arguments.push(binder.scalar(&arg.value, row));
        spans.push(arg.value.span);
    }
    if arguments.iter().any(Scalar::is_error) || input.unknown {
        return None;
    }
    // `count(*)`-like calls over an input without other columns.
    let types: Vec<Type> = arguments.iter().map(|argument| argument.ty).collect();
    let resolved = match aggregates::resolve(aggregate, &types) {
        Resolution::Found(resolved) => resolved,
        Resolution::WrongCount => {
            let has_star = call
                .args
                .iter()
                .any(|arg| matches!(arg.value.kind, ExprKind::Star));
            let count = if has_star {
                call.args.len()
            } else {
                types.len()
            };
            let overloads = aggregate.overloads.iter();
            let expected = facts::counted(overloads.map(AggregateOverload::counts));
            let mut diagnostic = facts::wrong_count(span, aggregate.name, count, &expected);
            if has_star {
                diagnostic.message = format!("`{}` does not take `*`", aggregate.name);
                let help = match aggregate.overloads.iter().any(|one| one.takes_count(0)) {
                    true => format!("write `{}()`, or name a column", aggregate.name),
                    false => format!("name a column: `{}(Column)`", aggregate.name),
                };
                diagnostic = diagnostic.help(help);
            }
            binder.report(diagnostic);
            return None;
        }
        Resolution::WrongType { index } => {
            binder.report(facts::not_taken(spans[index], aggregate.name, types[index]));
            return None;
        }
    };
    if let ("count", [Some(name)], Reading::AsDeclared) =
        (aggregate.name, written.as_slice(), binder.catalog.reading())
    {
        binder.report(facts::count_of_column(spans[0], name));
        return None;
    }
    let arguments: Vec<Scalar> = arguments
        .into_iter()
        .zip(&resolved.parameters)
        .map(|(argument, ty)| binder.convert(argument, *ty))
        .collect();
    for (index, argument) in arguments.iter().enumerate() {
        if resolved.wants_constant(index) && argument.as_literal().is_none() {
            binder.report(facts::not_constant(spans[index], argument.ty));
            return None;
        }
    }
    let constants: Vec<Option<Value>> = arguments
        .iter()
        .map(|argument| argument.as_literal().cloned())
        .collect();
    let outputs = aggregates::output_columns(&resolved, &written, &constants);
    let columns = outputs
        .iter()
        .map(|output| Column::new("", output.ty))
        .collect();
    let names = outputs.into_iter().map(|output| output.name).collect();
    Some((
        BoundAggregate {
            columns,
            call: resolved,
            arguments,
        },
        names,
    ))
}

/// What `*` stands for: all columns that are neither a group nor an argument already.
fn starred(input: &Relation, groups: &[(String, Scalar)], arguments: &[Scalar]) -> Vec<Column> {
    let is = |scalar: &Scalar, name: &str| matches!(&scalar.kind, ScalarKind::Column(column) if column == name);
    input
        .columns
        .iter()
        .filter(|column| !groups.iter().any(|(_, group)| is(group, &column.name)))
        .filter(|column| !arguments.iter().any(|argument| is(argument, &column.name)))
        .cloned()
        .collect()
}

/// Aggregates that expressions of one item have called, while they are being bound.
pub(crate) struct Collecting {
    groups: Vec<(String, Scalar)>,
    found: Vec<BoundAggregate>,
    /// Aggregates of earlier items: the numbers of this item's start behind them.
    before: usize,
}

impl Binder<'_> {
    fn begin_aggregates(
        &mut self,
        groups: Vec<(String, Scalar)>,
        before: usize,
    ) -> Option<Collecting> {
        self.collecting.replace(Collecting {
            groups,
            found: Vec::new(),
            before,
        })
    }

    fn end_aggregates(&mut self, outer: Option<Collecting>) -> Vec<BoundAggregate> {
        let inner = std::mem::replace(&mut self.collecting, outer);
        inner.map(|collecting| collecting.found).unwrap_or_default()
    }

    /// A call of an aggregate inside an expression: its column stands in its place. `None` when no aggregate can stand here.
    pub(crate) fn collected_aggregate(
        &mut self,
        call: &Call,
        span: Span,
        row: Row<'_>,
    ) -> Option<Scalar> {
        if aggregates::find(&call.name.text).is_none() || forms::find(&call.name.text).is_some() {
            return None;
        }
        let mut collecting = self.collecting.take()?;
        let bound = call_of(self, call, span, row, &collecting.groups);
        let scalar = match bound {
            Some((mut bound, _)) => {
                let number = collecting.before + collecting.found.len();
                for (index, column) in bound.columns.iter_mut().enumerate() {
                    column.name = format!("__aggregate{number}_{index}");
                }
                let first = bound.columns.first().map(Scalar::column);
                collecting.found.push(bound);
                first.unwrap_or_else(Scalar::error)
            }
            None => Scalar::error(),
        };
        self.collecting = Some(collecting);
        Some(scalar)
    }
}

/// The aggregation itself; rows of an ordered input are numbered first where an aggregate asks for their places.
fn aggregated(
    binder: &mut Binder<'_>,
    input: Relation,
    groups: Vec<(String, Scalar)>,
    aggregates: Vec<BoundAggregate>,
) -> Relation {
    let ordered = input.order.is_serialized()
        && aggregates
            .iter()
            .any(|aggregate| aggregate.call.wants_position());
    let input = if ordered {
        numbered(binder, input)
    } else {
        input
    };
    let columns = groups
        .iter()
        .map(|(name, scalar)| Column::new(name.clone(), scalar.ty))
        .chain(
            aggregates
                .iter()
                .flat_map(|aggregate| aggregate.columns.iter().cloned()),
        )
        .collect();
    let position = ordered.then(|| Scalar::column(&Column::new(POSITION, Type::Long)));
    Relation::new(
        columns,
        Node::Aggregate {
            input: Box::new(input),
            groups,
            aggregates,
            position,
        },
    )
}

fn numbered(_binder: &mut Binder<'_>, input: Relation) -> Relation {
    let window = windows::find("row_number").expect("`row_number` has a row");
    let Resolution::Found(call) = windows::resolve(window, &[]) else {
        unreachable!("`row_number` can be called without arguments")
    };
    let mut hidden = input.hidden.clone();
    hidden.push(Column::new(POSITION, Type::Long));
    Relation {
        columns: input.columns.clone(),
        hidden,
        aliases: Vec::new(),
        order: input.order.clone(),
        unknown: input.unknown,
        node: Node::Window {
            input: Box::new(input),
            items: vec![(POSITION.to_string(), call, Vec::new())],
        },
    }
}

/// `count`: one row with one column, `Count` unless named.
pub(super) fn count(_binder: &mut Binder<'_>, count: &Count, input: Relation) -> Relation {
    let name = count
        .name
        .as_ref()
        .map_or("Count", |name| &name.text)
        .to_string();
    let call = single("count", &[]);
    let unknown = input.unknown;
    let columns = vec![Column::new(name, Type::Long)];
    let aggregates = vec![BoundAggregate {
        columns: columns.clone(),
        call,
        arguments: Vec::new(),
    }];
    let node = Node::Aggregate {
        input: Box::new(input),
        groups: Vec::new(),
        aggregates,
        position: None,
    };
    Relation {
        unknown,
        ..Relation::new(columns, node)
    }
}

/// One aggregate by one group: the group's column, then the aggregate's.
pub(super) fn grouped(
    input: Relation,
    group: (String, Scalar),
    aggregate: &str,
    arguments: Vec<Scalar>,
    name: String,
) -> Relation {
    let types: Vec<Type> = arguments.iter().map(|argument| argument.ty).collect();
    let call = single(aggregate, &types);
    let outputs = aggregates::output_columns(&call, &[None], &vec![None; arguments.len()]);
    let ty = outputs.first().map_or(Type::Long, |output| output.ty);
    let columns = vec![
        Column::new(group.0.clone(), group.1.ty),
        Column::new(name, ty),
    ];
    let aggregates = vec![BoundAggregate {
        columns: columns[1..].to_vec(),
        call,
        arguments,
    }];
    let node = Node::Aggregate {
        input: Box::new(input),
        groups: vec![group],
        aggregates,
        position: None,
    };
    Relation::new(columns, node)
}

/// All values of a relation's first column as one dynamic array, in one row.
pub(crate) fn gathered(relation: Relation) -> Relation {
    let first = relation
        .columns
        .first()
        .cloned()
        .expect("the caller looked for a first column");
    let call = single("make_set", &[first.ty]);
    let columns = vec![Column::new("__gathered", Type::Dynamic)];
    let aggregates = vec![BoundAggregate {
        columns: columns.clone(),
        call,
        arguments: vec![Scalar::column(&first)],
    }];
    let node = Node::Aggregate {
        input: Box::new(relation),
        groups: Vec::new(),
        aggregates,
        position: None,
    };
    Relation::new(columns, node)
}

/// A call of an aggregate that huntql makes itself.
pub(super) fn single(name: &str, types: &[Type]) -> AggregateCall {
    let aggregate = aggregates::find(name).expect("the aggregate has a row");
    match aggregates::resolve(aggregate, types) {
        Resolution::Found(call) => call,
        Resolution::WrongCount | Resolution::WrongType { .. } => {
            unreachable!("`{name}` takes these arguments")
        }
    }
}
