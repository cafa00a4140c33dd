//! What the tabular operators mean: one file each, from the operator's tree and its input to a bound relation.

mod alias;
mod apply;
mod assert_schema;
pub(crate) mod branches;
mod by_leg;
mod columns;
mod constant;
mod consume;
mod distinct;
pub(crate) mod enrich;
pub(crate) mod evaluate;
mod expand;
mod externaldata;
mod filter;
mod find;
mod getschema;
mod graph;
mod join;
pub(crate) mod keyed;
mod make_series;
#[cfg(test)]
mod names;
mod observed;
mod parse;
mod parse_kv;
mod partition;
mod project;
pub(crate) mod render;
mod sample;
mod scan;
mod search;
mod sort;
pub(crate) mod summarize;
pub(crate) mod tables;
mod top_nested;
mod tuple;
mod union;

pub(crate) use graph::GraphSource;

use crate::bind::Binder;
use crate::ir::Relation;
use huntql_kql::ast::{Operator, OperatorKind};
use huntql_kql::diagnostics::Diagnostic;

/// Binds an operator over its input; `None` is the head of a pipeline.
pub(crate) fn bind(
    binder: &mut Binder<'_>,
    operator: &Operator,
    input: Option<Relation>,
) -> Relation {
    if let Some(relation) = head(binder, operator, input.as_ref()) {
        return relation;
    }
    let Some(input) = input else {
        binder.report(Diagnostic::binding(
            "KS106",
            operator.name_span,
            format!("`{}` needs a table in front of it", operator.kind.name()),
        ));
        return Relation::unknown();
    };
    if !graph::fits(binder, operator, &input) {
        return Relation::unknown();
    }
    match &operator.kind {
        OperatorKind::Where(filter) => filter::bind(binder, filter, input),
        OperatorKind::Take(take) => filter::take(binder, take, input),
        OperatorKind::Project(project) => project::project(binder, project, input),
        OperatorKind::Extend(extend) => project::extend(binder, &extend.items, input),
        OperatorKind::Serialize(serialize) => project::serialize(binder, serialize, input),
        OperatorKind::ProjectAway(away) => columns::away(binder, away, input),
        OperatorKind::ProjectKeep(keep) => columns::keep(binder, keep, input),
        OperatorKind::ProjectRename(rename) => columns::rename(binder, rename, input),
        OperatorKind::ProjectByNames(names) => columns::by_names(binder, names, input),
        OperatorKind::ProjectReorder(reorder) => columns::reorder(binder, reorder, input),
        OperatorKind::Summarize(summarize) => {
            summarize::bind(binder, summarize, input, operator.name_span)
        }
        OperatorKind::Sort(sort) => sort::sort(binder, sort, input),
        OperatorKind::Top(top) => sort::top(binder, top, input),
        OperatorKind::Distinct(distinct) => distinct::bind(binder, distinct, input),
        OperatorKind::Count(count) => summarize::count(binder, count, input),
        OperatorKind::Join(join) => join::join(binder, join, input, operator.name_span),
        OperatorKind::Lookup(lookup) => join::lookup(binder, lookup, input, operator.name_span),
        OperatorKind::Getschema(_) => getschema::bind(&input),
        OperatorKind::As(alias) => alias::bind(binder, alias, input),
        OperatorKind::Render(render) => render::bind(binder, render, input),
        OperatorKind::Invoke(invoke) => binder.invoke(input, &invoke.call, invoke.span),
        OperatorKind::Parse(parse) => parse::bind(binder, parse, input, operator.name_span),
        OperatorKind::ParseKv(parse) => parse_kv::bind(binder, parse, input, operator.name_span),
        OperatorKind::Sample(sample) => sample::sample(binder, sample, input),
        OperatorKind::SampleDistinct(sample) => sample::distinct(binder, sample, input),
        OperatorKind::TopHitters(top) => sample::top_hitters(binder, top, input),
        OperatorKind::MvApply(apply) => apply::bind(binder, apply, input, operator.name_span),
        OperatorKind::Partition(partition) => {
            partition::bind(binder, partition, input, operator.name_span)
        }
        OperatorKind::MakeSeries(series) => {
            make_series::bind(binder, series, input, operator.name_span)
        }
        OperatorKind::Evaluate(evaluate) => evaluate::bind(binder, evaluate, input),
        OperatorKind::TopNested(nested) => {
            top_nested::bind(binder, nested, input, operator.name_span)
        }
        OperatorKind::Scan(scan) => scan::bind(binder, scan, input, operator.name_span, None),
        OperatorKind::MakeGraph(make) => graph::make(binder, make, input),
        OperatorKind::GraphMatch(matched) => {
            graph::matched(binder, matched, input, operator.name_span)
        }
        OperatorKind::GraphShortestPaths(matched) => {
            graph::shortest_paths(binder, matched, input, operator.name_span)
        }
        OperatorKind::GraphToTable(table) => graph::to_table(binder, table, input),
        OperatorKind::GraphMarkComponents(mark) => graph::mark(binder, mark, input),
        OperatorKind::Consume(consume) => consume::bind(binder, consume, input),
        OperatorKind::AssertSchema(schema) => {
            assert_schema::bind(binder, schema, input, operator.name_span)
        }
        OperatorKind::MvExpand(expand) => expand::bind(binder, expand, input, operator.name_span),
        OperatorKind::Union(_)
        | OperatorKind::Print(_)
        | OperatorKind::Datatable(_)
        | OperatorKind::Range(_)
        | OperatorKind::Externaldata(_)
        | OperatorKind::Search(_)
        | OperatorKind::Find(_)
        | OperatorKind::Fork(_)
        | OperatorKind::Facet(_)
        | OperatorKind::Reduce(_)
        | OperatorKind::Unsupported { .. } => refused(binder, operator),
    }
}

/// Operators that can head a pipeline.
fn head(
    binder: &mut Binder<'_>,
    operator: &Operator,
    input: Option<&Relation>,
) -> Option<Relation> {
    Some(match &operator.kind {
        OperatorKind::Union(union) => {
            union::bind(binder, union, input.cloned(), operator.name_span)
        }
        OperatorKind::Search(search) => {
            search::bind(binder, search, input.cloned(), operator.name_span)
        }
        OperatorKind::Find(find) if input.is_none() => find::bind(binder, find, operator.name_span),
        OperatorKind::Print(print) if input.is_none() => constant::print(binder, print),
        OperatorKind::Datatable(datatable) if input.is_none() => {
            constant::datatable(binder, datatable, operator.span)
        }
        OperatorKind::Externaldata(external) if input.is_none() => {
            externaldata::bind(binder, external, operator.name_span)
        }
        OperatorKind::Range(range) if input.is_none() => {
            constant::range(binder, range, operator.span)
        }
        _ if input.is_none() => match &operator.kind {
            OperatorKind::Evaluate(evaluate) if !evaluate::is_plugin(&evaluate.call.name.text) => {
                evaluate::refused(binder, &evaluate.call.name)
            }
            OperatorKind::Unsupported { .. } => refused(binder, operator),
            _ => return None,
        },
        _ => return None,
    })
}

/// Why operators are refused.
const REASONS: &[(&str, &str)] = &[
    ("reduce", "how it finds its patterns is not published"),
    (
        "macro-expand",
        "it runs one query over several clusters, and there is none here",
    ),
    ("entity_group", "it names what only clusters store"),
    ("graph", "it names what only a cluster stores"),
    ("graph-merge", "not documented"),
    ("graph-where-edges", "not documented"),
    ("graph-where-nodes", "not documented"),
    ("execute-and-cache", "not documented"),
];

fn refused(binder: &mut Binder<'_>, operator: &Operator) -> Relation {
    let name = operator.kind.name();
    let reason = REASONS.iter().find(|(refused, _)| *refused == name);
    let what = match reason {
        Some((_, reason)) => format!("the operator `{name}` is not supported: {reason}"),
        None => format!("the operator `{name}` is not supported"),
    };
    binder.report(Diagnostic::unsupported(operator.name_span, what));
    Relation::unknown()
}
