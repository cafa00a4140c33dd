//! Operators over many sub-tables at once: the body of `mv-apply` and of `partition`.
//!
//! All sub-tables lie in one relation, told apart by a hidden key. An operator that looks at one row at a time is bound as it
//! always is; one that looks at several rows gets the key in front of its groups, sort keys or rows' numbers. An operator that is
//! neither is refused by name. A sub-table that has no rows gives no rows, also to `summarize` without `by`.

use super::project::{all_columns, with_hidden};
use super::{bind as bind_one, sort, summarize};
use crate::bind::{Binder, facts};
use crate::ir::{Compare, Node, Order, Relation, Scalar, ScalarKind, SortKey};
use crate::overloads::Resolution;
use crate::windows::{self};
use huntql_kql::ast::{Distinct, Expr, Operator, OperatorKind};
use huntql_kql::types::{Column, Type, Value};

/// What tells the sub-tables apart.
pub(crate) struct Key {
    /// Hidden in the relation, never null, not `dynamic`.
    pub column: Column,
    /// Hidden columns that have one value in each sub-table and have to live on.
    pub carried: Vec<Column>,
}

const BEFORE: &str = "__before";
const NUMBER: &str = "__number";

/// Binds the operators of a body over the sub-tables of `input`, whose order begins with the key.
pub(crate) fn body(
    binder: &mut Binder<'_>,
    operators: &[Operator],
    input: Relation,
    key: &Key,
) -> Relation {
    binder.keyed += 1;
    binder.keys.push(key.column.clone());
    let bound = operators.iter().fold(input, |input, operator| {
        if input.unknown {
            return input;
        }
        step(binder, operator, input, key)
    });
    binder.keys.pop();
    binder.keyed -= 1;
    bound
}

fn step(binder: &mut Binder<'_>, operator: &Operator, input: Relation, key: &Key) -> Relation {
    match &operator.kind {
        OperatorKind::Where(_)
        | OperatorKind::Extend(_)
        | OperatorKind::Project(_)
        | OperatorKind::ProjectAway(_)
        | OperatorKind::ProjectKeep(_)
        | OperatorKind::ProjectRename(_)
        | OperatorKind::ProjectReorder(_)
        | OperatorKind::Parse(_)
        | OperatorKind::ParseKv(_)
        | OperatorKind::MvExpand(_)
        | OperatorKind::MvApply(_)
        | OperatorKind::Serialize(_) => bind_one(binder, operator, Some(input)),
        OperatorKind::Sort(written) => {
            let (input, keys) = sort::bind_keys(binder, &written.keys, input);
            ordered(input, keys, key)
        }
        OperatorKind::Top(top) => {
            let count = count_of(binder, &top.count);
            let (input, keys) = sort::bind_keys(binder, &top.keys, input);
            first(ordered(input, keys, key), count, key)
        }
        OperatorKind::Take(take) => {
            let count = count_of(binder, &take.count);
            first(input, count, key)
        }
        OperatorKind::Summarize(written) => {
            let mut bound = summarize::keyed(binder, written, input, operator.name_span, key);
            bound.order = Order::By(vec![ascending(&key.column)]);
            bound
        }
        OperatorKind::Count(count) => {
            let mut bound = summarize::keyed_count(binder, count, input, key);
            bound.order = Order::By(vec![ascending(&key.column)]);
            bound
        }
        OperatorKind::Distinct(written) => distinct(binder, written, input, key),
        OperatorKind::Scan(written) => {
            let mut bound =
                super::scan::bind(binder, written, input, operator.name_span, Some(key));
            if bound.unknown {
                return bound;
            }
            let place = Column::new(format!("__scanned{}", binder.keys.len()), Type::Long);
            bound = with_window(bound, &place.name, "row_number", Vec::new());
            bound.order = Order::By(vec![ascending(&key.column), ascending(&place)]);
            bound
        }
        other => {
            binder.unsupported(
                operator.name_span,
                &format!("the operator `{}` in this place", other.name()),
            );
            Relation::unknown()
        }
    }
}

pub(crate) fn ascending(column: &Column) -> SortKey {
    SortKey {
        value: Scalar::column(column),
        descending: false,
        nulls_first: true,
    }
}

/// The rows of each sub-table by these keys.
pub(super) fn ordered(mut input: Relation, mut keys: Vec<SortKey>, key: &Key) -> Relation {
    keys.insert(0, ascending(&key.column));
    input.order = Order::By(keys);
    input
}

fn count_of(binder: &mut Binder<'_>, expr: &Expr) -> u64 {
    let count = binder.scalar(expr, None);
    let Some(count) = binder.constant_long(&count, expr.span) else {
        return 0;
    };
    u64::try_from(count).unwrap_or_else(|_| {
        binder.report(facts::negative(expr.span, "the number of rows", count));
        0
    })
}

/// The first rows of each sub-table.
pub(super) fn first(input: Relation, count: u64, key: &Key) -> Relation {
    let hidden = input.hidden.clone();
    let column = Scalar::column(&key.column);
    let before = Column::new(BEFORE, key.column.ty);
    let input = with_window(input, BEFORE, "prev", vec![column.clone()]);
    let changed = ScalarKind::Compare(
        Compare::NotEqual,
        Box::new(Scalar::column(&before)),
        Box::new(column),
    );
    let restart = Scalar::new(Type::Bool, changed);
    let one = Scalar::literal(Value::Long(Some(1)));
    let input = with_window(input, NUMBER, "row_number", vec![one, restart]);
    let limit = i64::try_from(count).unwrap_or(i64::MAX);
    let within = ScalarKind::Compare(
        Compare::LessOrEqual,
        Box::new(Scalar::column(&Column::new(NUMBER, Type::Long))),
        Box::new(Scalar::literal(Value::Long(Some(limit)))),
    );
    let mut filtered = input.filtered(Scalar::new(Type::Bool, within));
    filtered.hidden = hidden;
    filtered
}

/// The input with a hidden column of a window function's results.
pub(crate) fn with_window(
    input: Relation,
    name: &str,
    function: &str,
    arguments: Vec<Scalar>,
) -> Relation {
    let window = windows::find(function).expect("the window function has a row");
    let types: Vec<Type> = arguments.iter().map(|argument| argument.ty).collect();
    let Resolution::Found(call) = windows::resolve(window, &types) else {
        unreachable!("`{function}` takes these arguments")
    };
    let mut hidden = input.hidden.clone();
    hidden.retain(|column| column.name != name);
    hidden.push(Column::new(name, call.returns));
    Relation {
        columns: input.columns.clone(),
        hidden,
        aliases: input.aliases.clone(),
        order: input.order.clone(),
        unknown: input.unknown,
        node: Node::Window {
            input: Box::new(input),
            items: vec![(name.to_string(), call, arguments)],
        },
    }
}

/// Distinct rows of each sub-table: the key and what is carried are compared as well.
fn distinct(binder: &mut Binder<'_>, written: &Distinct, input: Relation, key: &Key) -> Relation {
    let hidden = kept(&input, key);
    let items = super::distinct::items(binder, written, &input);
    let shown: Vec<Column> = items
        .iter()
        .map(|(name, scalar)| Column::new(name.clone(), scalar.ty))
        .collect();
    let items = items.into_iter().chain(all_columns(&hidden)).collect();
    let mut projected = input.projected(items);
    projected.hidden.clear();
    let all = projected.columns.clone();
    let node = Node::Distinct {
        input: Box::new(projected),
    };
    let mut bound = with_some_hidden(Relation::new(all, node), shown, hidden);
    bound.order = Order::By(vec![ascending(&key.column)]);
    bound
}

/// The key and the carried columns that the input still has.
pub(crate) fn kept(input: &Relation, key: &Key) -> Vec<Column> {
    std::iter::once(&key.column)
        .chain(&key.carried)
        .filter(|column| input.hidden.contains(column))
        .cloned()
        .collect()
}

/// A relation whose columns show only in part.
pub(crate) fn with_some_hidden(
    relation: Relation,
    shown: Vec<Column>,
    hidden: Vec<Column>,
) -> Relation {
    let items = all_columns(&shown)
        .into_iter()
        .chain(all_columns(&hidden))
        .collect();
    Relation {
        hidden,
        unknown: relation.unknown,
        ..Relation::new(
            shown,
            Node::Project {
                input: Box::new(relation),
                items,
            },
        )
    }
}

/// A hidden copy of a column or of any scalar.
pub(crate) fn copied(input: Relation, name: &str, value: Scalar) -> (Relation, Column) {
    let column = Column::new(name, value.ty);
    (with_hidden(input, name, value), column)
}
