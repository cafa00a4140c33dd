//! `find`: rows of several tables for which a predicate is true, the table's name first.
//!
//! Tables without any column that the predicate names take no part. Shown are the columns that the predicate names and those that
//! all tables have; the rest of each table goes into the bag `pack_`. So does what `project …, pack(*)` does not name: that is what the
//! page's examples show, while its text speaks of all columns. Source: Kusto docs, "find operator"; the order of columns is
//! that of Microsoft's own binder.

use super::by_leg;
use super::project::all_columns;
use super::search::{Case, predicate};
use super::union::{self, Options};
use crate::bind::{Binder, facts};
use crate::functions;
use crate::ir::{Relation, Scalar};
use huntql_kql::ast::{Expr, ExprKind, Find, FindColumn, FindProject};
use huntql_kql::diagnostics::Diagnostic;
use huntql_kql::span::Span;
use huntql_kql::types::{Column, Type, Value};

const PACK: &str = "pack_";

pub(super) fn bind(binder: &mut Binder<'_>, find: &Find, span: Span) -> Relation {
    let source = source_column(binder, find);
    if let Some(name) = find.project_away.first() {
        binder.unsupported(name.span, "`project-away` in `find`");
    }
    let Some(written) = predicate(binder, &find.predicate, Case::Insensitive) else {
        return Relation::unknown();
    };
    let mut legs = legs(binder, find);
    if legs.iter().any(|(_, leg)| leg.unknown) {
        return Relation::unknown();
    }
    let names = keep_those_named(&mut legs, &written);
    if legs.is_empty() {
        binder.report(Diagnostic::binding(
            "KS106",
            span,
            "no table is left to find in",
        ));
        return Relation::unknown();
    }
    let columns = union::outer_columns(&legs);
    if !one_type_each(binder, &names, &columns, span) {
        return Relation::unknown();
    }
    let shown: Vec<Column> = match &find.project {
        FindProject::Smart => smart(&legs, &columns, &names),
        FindProject::Columns { items, .. } => {
            // The types are those of the tables; one that is written is converted to at the end.
            items
                .iter()
                .filter_map(|item| projected_column(binder, item, &columns))
                .collect()
        }
    };
    let packed = match &find.project {
        FindProject::Smart => legs
            .iter()
            .any(|(_, leg)| leg.columns.iter().any(|column| !shown.contains(column))),
        FindProject::Columns { pack, .. } => *pack,
    };
    let mut columns = columns;
    let mut legs = union::with_rows(legs);
    if packed {
        columns.push((Column::new(PACK, Type::Dynamic), PACK.to_string()));
        legs = legs
            .into_iter()
            .map(|(name, leg)| (name, with_rest(binder, leg, &shown, span)))
            .collect();
    }
    let united = union::unite(legs, &columns, Some(&source));
    let mut searched = united.clone();
    searched
        .columns
        .retain(|column| column.name != source && !(packed && column.name == PACK));
    let condition = binder.condition(&written, Some(&searched));
    let mut items = all_columns(&[Column::new(source, Type::String)]);
    items.extend(shown.iter().map(|column| {
        let value = match united.columns.contains(column) {
            true => Scalar::column(column),
            false => Scalar::literal(Value::null(column.ty)),
        };
        (column.name.clone(), converted(binder, find, column, value))
    }));
    if packed {
        items.push((
            PACK.to_string(),
            Scalar::column(&Column::new(PACK, Type::Dynamic)),
        ));
    }
    by_leg::filtered(united, condition).projected(items)
}

/// Leaves out the tables without any column that the predicate names, and gives those names. Where it looks at all columns, or
/// names none, all tables stay.
pub(super) fn keep_those_named(
    legs: &mut Vec<(String, Relation)>,
    predicate: &Expr,
) -> Vec<String> {
    let mut used = Used::default();
    used.collect(predicate);
    let has = |leg: &Relation, name: &String| leg.column(name).is_some();
    used.names
        .retain(|name| legs.iter().any(|(_, leg)| has(leg, name)));
    if !used.names.is_empty() && !used.everything {
        legs.retain(|(_, leg)| used.names.iter().any(|name| has(leg, name)));
    }
    used.names
}

fn source_column(binder: &mut Binder<'_>, find: &Find) -> String {
    let mut source = "source_".to_string();
    for parameter in &find.parameters {
        match (parameter.name.text.as_str(), &parameter.value.kind) {
            ("withsource" | "with_source", ExprKind::Name(name)) => source = name.text.clone(),
            (name, _) => binder.report(Diagnostic::unsupported(
                parameter.span,
                format!("`{name}` with this value is not supported in `find`"),
            )),
        }
    }
    source
}

fn legs(binder: &mut Binder<'_>, find: &Find) -> Vec<(String, Relation)> {
    let mut legs = Vec::new();
    if find.tables.is_empty() {
        let catalog = binder.catalog;
        legs.extend(
            catalog
                .tables()
                .map(|table| (table.schema.name.clone(), crate::bind::scan(catalog, table))),
        );
        // A function takes part when it was declared as a view.
        legs.extend(binder.views(|_| true));
    }
    for table in &find.tables {
        union::legs_of(binder, table, &Options::default(), &mut legs);
    }
    legs
}

/// What a predicate looks at.
#[derive(Default)]
struct Used {
    names: Vec<String>,
    /// `*` stands in it.
    everything: bool,
}

impl Used {
    fn collect(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Star => self.everything = true,
            ExprKind::Name(name) => {
                if !self.names.contains(&name.text) {
                    self.names.push(name.text.clone());
                }
            }
            ExprKind::Paren(inner) | ExprKind::Unary(_, inner) | ExprKind::Member(inner, _) => {
                self.collect(inner);
            }
            ExprKind::Index(object, index) => {
                self.collect(object);
                self.collect(index);
            }
            ExprKind::Binary(binary) => {
                self.collect(&binary.left);
                self.collect(&binary.right);
            }
            ExprKind::And(operands) | ExprKind::Or(operands) => {
                operands.iter().for_each(|operand| self.collect(operand));
            }
            ExprKind::Between(between) => {
                self.collect(&between.value);
                self.collect(&between.low);
                self.collect(&between.high);
            }
            ExprKind::In(list) => {
                self.collect(&list.value);
                list.items.iter().for_each(|item| self.collect(item));
            }
            ExprKind::Call(call) => call.args.iter().for_each(|arg| self.collect(&arg.value)),
            ExprKind::Literal(_) | ExprKind::MemberCall(..) | ExprKind::Pipeline(_) => {}
        }
    }
}

/// A column that has one type here and another there would be two columns, and its name none of them.
fn one_type_each(
    binder: &mut Binder<'_>,
    names: &[String],
    columns: &[union::Target],
    span: Span,
) -> bool {
    for name in names {
        let types = columns.iter().filter(|(column, _)| column.name == *name);
        if types.count() > 1 {
            binder.unsupported(
                span,
                &format!("`{name}`, which has several types among the tables,"),
            );
            return false;
        }
    }
    true
}

/// The columns that the predicate names, and those that all tables have.
fn smart(legs: &[(String, Relation)], columns: &[union::Target], names: &[String]) -> Vec<Column> {
    let everywhere = |column: &Column| legs.iter().all(|(_, leg)| leg.columns.contains(column));
    let (common, rest): (Vec<Column>, Vec<Column>) = columns
        .iter()
        .map(|(column, _)| column.clone())
        .partition(everywhere);
    let named = names
        .iter()
        .flat_map(|name| rest.iter().filter(move |column| column.name == *name));
    common.iter().chain(named).cloned().collect()
}

/// The tables' column that `project` names; with a type written, it may be missing.
fn projected_column(
    binder: &mut Binder<'_>,
    item: &FindColumn,
    columns: &[union::Target],
) -> Option<Column> {
    let found: Vec<&Column> = columns
        .iter()
        .map(|(column, _)| column)
        .filter(|column| column.name == item.name.text)
        .collect();
    match (found.as_slice(), item.ty) {
        ([one], _) => Some((*one).clone()),
        ([], Some(ty)) => Some(Column::new(item.name.text.clone(), ty)),
        ([], None) => {
            binder.report(facts::unknown_column(item.name.span, &item.name.text));
            None
        }
        (_, _) => {
            binder.unsupported(
                item.name.span,
                "a column that has several types among the tables",
            );
            None
        }
    }
}

/// The value in the type that `project` says.
fn converted(binder: &mut Binder<'_>, find: &Find, column: &Column, value: Scalar) -> Scalar {
    let FindProject::Columns { items, .. } = &find.project else {
        return value;
    };
    let ty = items
        .iter()
        .find(|item| item.name.text == column.name)
        .and_then(|item| item.ty);
    match ty {
        Some(ty) => binder.convert(value, ty),
        None => value,
    }
}

/// A table with its columns that are not shown in one more column, as a bag.
fn with_rest(binder: &mut Binder<'_>, leg: Relation, shown: &[Column], span: Span) -> Relation {
    let rest: Vec<Scalar> = leg
        .columns
        .iter()
        .filter(|column| !shown.contains(column))
        .flat_map(|column| {
            [
                Scalar::literal(Value::String(column.name.clone())),
                Scalar::column(column),
            ]
        })
        .collect();
    let bag = if rest.is_empty() {
        Scalar::literal(Value::Dynamic(Some("{}".into())))
    } else {
        let row = functions::find("bag_pack").expect("`bag_pack` has a row");
        binder.apply(row, rest, &[], span)
    };
    let mut items = all_columns(&leg.columns);
    items.push((PACK.to_string(), bag));
    leg.projected(items)
}
