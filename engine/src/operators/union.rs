//! `union`: the rows of several tables under one schema.
//!
//! Outer (the default) has the columns of all legs; a name that has two types becomes `Name_type` for each type. Inner has the
//! columns that all legs have with the same type. Source: Kusto docs, "union operator".

use super::columns::matches_pattern;
use crate::bind::names::Names;
use crate::bind::{Binder, facts};
use crate::ir::{Node, Relation, Scalar};
use huntql_kql::ast::{Expr, ExprKind, Name, OperatorKind, Pipeline, Source, Union};
use huntql_kql::diagnostics::Diagnostic;
use huntql_kql::span::Span;
use huntql_kql::types::{Column, Value};
use indexmap::IndexMap;

/// What stands behind `union`.
#[derive(Default)]
pub(super) struct Options {
    inner: bool,
    fuzzy: bool,
    source: Option<String>,
}

pub(super) fn bind(
    binder: &mut Binder<'_>,
    union: &Union,
    input: Option<Relation>,
    span: Span,
) -> Relation {
    let options = options(binder, union);
    let mut legs: Vec<(String, Relation)> = input
        .into_iter()
        .map(|input| ("union_arg0".to_string(), input))
        .collect();
    for leg in &union.legs {
        legs_of(binder, leg, &options, &mut legs);
    }
    if legs.is_empty() {
        if !binder.has_errors() {
            binder.report(Diagnostic::binding(
                "KS106",
                span,
                "no table is left to unite",
            ));
        }
        return Relation::unknown();
    }
    let unknown = legs.iter().any(|(_, leg)| leg.unknown);
    let columns = if options.inner {
        inner_columns(&legs)
    } else {
        outer_columns(&legs)
    };
    if let Some(source) = &options.source
        && columns.iter().any(|(_, target)| target == source)
    {
        let what = format!("`withsource={source}` over tables that have a column of this name");
        binder.unsupported(span, &what);
        return Relation::unknown();
    }
    let mut united = unite(with_rows(legs), &columns, options.source.as_deref());
    united.unknown = unknown;
    united
}

fn options(binder: &mut Binder<'_>, union: &Union) -> Options {
    let mut options = Options::default();
    for parameter in &union.parameters {
        let value = match &parameter.value.kind {
            ExprKind::Name(name) => name.text.clone(),
            ExprKind::Literal(literal) => match &literal.value {
                Value::Bool(Some(value)) => value.to_string(),
                Value::String(text) => text.clone(),
                _ => String::new(),
            },
            _ => String::new(),
        };
        match (parameter.name.text.as_str(), value.as_str()) {
            ("kind", "inner") => options.inner = true,
            ("kind", "outer") => options.inner = false,
            ("isfuzzy", "true") => options.fuzzy = true,
            ("isfuzzy", "false") => options.fuzzy = false,
            ("withsource" | "with_source", name) if !name.is_empty() => {
                options.source = Some(name.to_string())
            }
            (name, _) if name.starts_with("hint.") => {}
            (name, _) => {
                binder.report(Diagnostic::binding(
                    "SYN0001",
                    parameter.span,
                    format!("`{name}` with this value is not known to `union`"),
                ));
            }
        }
    }
    options
}

/// The tables of one leg: several for a wildcard, none for a fuzzy leg that is not there.
pub(super) fn legs_of(
    binder: &mut Binder<'_>,
    leg: &Pipeline,
    options: &Options,
    legs: &mut Vec<(String, Relation)>,
) {
    if let Some(name) = bare_name(leg) {
        if name.text.contains('*') && !name.bracketed {
            return wildcard(binder, name, options, legs);
        }
        if options.fuzzy && !is_table(binder, name) {
            return;
        }
        let relation = binder.pipeline(leg);
        legs.push((name.text.clone(), relation));
        return;
    }
    let relation = match options.fuzzy {
        true => match binder.unless_tables_miss(|binder| binder.pipeline(leg)) {
            Some(relation) => relation,
            None => return,
        },
        false => binder.pipeline(leg),
    };
    let name = match named_by_as(leg) {
        Some(name) => name.to_string(),
        None => format!("union_arg{}", legs.len()),
    };
    legs.push((name, relation));
}

/// The name that an `as` at the leg's end gives.
fn named_by_as(leg: &Pipeline) -> Option<&str> {
    if let Some(last) = leg.operators.last() {
        return match &last.kind {
            OperatorKind::As(alias) => Some(&alias.name.text),
            _ => None,
        };
    }
    fn of(expr: &Expr) -> Option<&str> {
        match &expr.kind {
            ExprKind::Pipeline(inner) => named_by_as(inner),
            ExprKind::Paren(inner) => of(inner),
            _ => None,
        }
    }
    match &leg.source {
        Source::Expr(expr) => of(expr),
        Source::Operator(_) => None,
    }
}

fn bare_name(leg: &Pipeline) -> Option<&Name> {
    fn of(expr: &Expr) -> Option<&Name> {
        match &expr.kind {
            ExprKind::Name(name) => Some(name),
            ExprKind::Paren(inner) => of(inner),
            _ => None,
        }
    }
    match (&leg.source, leg.operators.is_empty()) {
        (Source::Expr(expr), true) => of(expr),
        _ => None,
    }
}

fn is_table(binder: &Binder<'_>, name: &Name) -> bool {
    binder.scope.get(&name.text).is_some() || binder.catalog.table(&name.text).is_some()
}

fn wildcard(
    binder: &mut Binder<'_>,
    name: &Name,
    options: &Options,
    legs: &mut Vec<(String, Relation)>,
) {
    let catalog = binder.catalog;
    let matching: Vec<_> = catalog
        .tables()
        .filter(|table| matches_pattern(&name.text, &table.schema.name))
        .collect();
    let views = binder.views(|view| matches_pattern(&name.text, view));
    if matching.is_empty() && views.is_empty() && !options.fuzzy {
        binder.report(facts::unknown_table(name.span, &name.text));
        return;
    }
    for table in matching {
        legs.push((
            table.schema.name.clone(),
            crate::bind::scan(binder.catalog, table),
        ));
    }
    legs.extend(views);
}

/// Name, type, and the name in the result.
pub(super) type Target = (Column, String);

pub(super) fn outer_columns(legs: &[(String, Relation)]) -> Vec<Target> {
    let mut types: IndexMap<&str, Vec<&Column>> = IndexMap::new();
    for column in legs.iter().flat_map(|(_, leg)| &leg.columns) {
        let found = types.entry(column.name.as_str()).or_default();
        if !found.contains(&column) {
            found.push(column);
        }
    }
    // A column keeps its name before a name that is made of name and type (the page's last example).
    let mut names = Names::beside(
        (types.iter())
            .filter(|(_, columns)| columns.len() == 1)
            .map(|(name, _)| (*name).to_owned()),
    );
    let mut targets = Vec::new();
    for (name, columns) in &types {
        let clash = columns.len() > 1;
        for column in columns {
            let target = match clash {
                true => names.free(&format!("{name}_{}", column.ty)),
                false => (*name).to_owned(),
            };
            targets.push(((*column).clone(), target));
        }
    }
    targets
}

/// The legs without tables that have no rows; one leg always stays.
pub(super) fn with_rows(mut legs: Vec<(String, Relation)>) -> Vec<(String, Relation)> {
    let is_empty = |(_, leg): &(String, Relation)| matches!(&leg.node, Node::Scan(table) if table.rows.is_none());
    if legs.iter().all(is_empty) {
        legs.truncate(1);
    } else {
        legs.retain(|leg| !is_empty(leg));
    }
    legs
}

fn inner_columns(legs: &[(String, Relation)]) -> Vec<Target> {
    let Some((_, first)) = legs.first() else {
        return Vec::new();
    };
    let everywhere = |column: &&Column| legs.iter().all(|(_, leg)| leg.columns.contains(column));
    first
        .columns
        .iter()
        .filter(everywhere)
        .map(|column| (column.clone(), column.name.clone()))
        .collect()
}

pub(super) fn unite(
    legs: Vec<(String, Relation)>,
    columns: &[Target],
    source: Option<&str>,
) -> Relation {
    let hidden: Vec<Column> = match legs.first() {
        Some((_, first)) => {
            let everywhere =
                |column: &&Column| legs.iter().all(|(_, leg)| leg.hidden.contains(column));
            first.hidden.iter().filter(everywhere).cloned().collect()
        }
        None => Vec::new(),
    };
    let aliased = legs.iter().all(|(_, leg)| leg.aliases == legs[0].1.aliases);
    let aliases = if aliased {
        legs[0].1.aliases.clone()
    } else {
        Vec::new()
    };
    let inputs: Vec<Relation> = legs
        .into_iter()
        .map(|(name, leg)| {
            let source =
                source.map(|column| (column.to_string(), Scalar::literal(Value::String(name))));
            let items = columns.iter().map(|(column, target)| {
                let value = match leg.columns.contains(column) {
                    true => Scalar::column(column),
                    false => Scalar::literal(Value::null(column.ty)),
                };
                (target.clone(), value)
            });
            let items = source.into_iter().chain(items).collect();
            let mut leg = leg.projected(items);
            leg.hidden.retain(|column| hidden.contains(column));
            leg
        })
        .collect();
    let columns = inputs[0].columns.clone();
    Relation {
        hidden,
        aliases,
        ..Relation::new(columns, Node::Union { inputs })
    }
}
