//! The tabular operators: one file each, with its tree, its parser and its printer.

mod alias;
mod assert_schema;
mod consume;
mod count;
mod datatable;
mod distinct;
mod evaluate;
mod filter;
mod getschema;
mod graph;
mod invoke;
mod join;
mod make_series;
mod mv_expand;
mod parse;
mod partition;
mod print;
mod project;
mod project_columns;
mod range;
mod reduce;
mod render;
mod sample;
mod scan;
mod search;
mod serialize;
mod sort;
mod summarize;
mod table;
mod take;
mod top;
mod top_nested;
mod union;

pub use alias::*;
pub use assert_schema::*;
pub use consume::*;
pub use count::*;
pub use datatable::*;
pub use distinct::*;
pub use evaluate::*;
pub use filter::*;
pub use getschema::*;
pub use graph::*;
pub use invoke::*;
pub use join::*;
pub use make_series::*;
pub use mv_expand::*;
pub use parse::*;
pub use partition::*;
pub use print::*;
pub use project::*;
pub use project_columns::*;
pub use range::*;
pub use reduce::*;
pub use render::*;
pub use sample::*;
pub use scan::*;
pub use search::*;
pub use serialize::*;
pub use sort::*;
pub use summarize::*;
pub use table::{OPERATORS, OperatorRow, Start};
pub use take::*;
pub use top::*;
pub use top_nested::*;
pub use union::*;

use crate::ast::{Expr, Name};
use crate::span::Span;

/// One operator of a pipeline. `span` runs from the operator's name to its last token, without the pipe.
#[derive(Debug, Clone, PartialEq)]
pub struct Operator {
    pub kind: OperatorKind,
    pub span: Span,
    /// The operator's name as written (`filter`, `order by` has `order`).
    pub name_span: Span,
}

/// `name = value` behind an operator's name or in its `with (…)`: `kind=inner`, `hint.strategy=shuffle`, `isfuzzy=true`.
///
/// The value is a literal, a bare name, or (for some) a list in brackets, kept as an expression.
#[derive(Debug, Clone, PartialEq)]
pub struct OperatorParameter {
    /// `hint.strategy` is one name here.
    pub name: Name,
    pub value: Expr,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub enum OperatorKind {
    Where(Where),
    Take(Take),
    Project(Project),
    Extend(Extend),
    ProjectAway(ProjectAway),
    ProjectKeep(ProjectKeep),
    ProjectRename(ProjectRename),
    ProjectReorder(ProjectReorder),
    ProjectByNames(ProjectByNames),
    Summarize(Summarize),
    Sort(Sort),
    Top(Top),
    Distinct(Distinct),
    Count(Count),
    Join(Join),
    Lookup(Lookup),
    Union(Union),
    Print(Print),
    Datatable(Datatable),
    Externaldata(Externaldata),
    Range(Range),
    Getschema(Getschema),
    As(As),
    Render(Render),
    Invoke(Invoke),
    Serialize(Serialize),
    MvExpand(MvExpand),
    MvApply(MvApply),
    Parse(Parse),
    ParseKv(ParseKv),
    Evaluate(Evaluate),
    Sample(Sample),
    SampleDistinct(SampleDistinct),
    Search(Search),
    Find(Find),
    MakeSeries(MakeSeries),
    TopNested(TopNested),
    TopHitters(TopHitters),
    Partition(Partition),
    Fork(Fork),
    Facet(Facet),
    Scan(Scan),
    Reduce(Reduce),
    Consume(Consume),
    AssertSchema(AssertSchema),
    MakeGraph(MakeGraph),
    GraphMatch(GraphMatch),
    GraphShortestPaths(GraphMatch),
    GraphToTable(GraphToTable),
    GraphMarkComponents(GraphMarkComponents),
    /// An operator of the language that huntql knows by name only. Its text is skipped to the next pipe; it never runs.
    Unsupported {
        name: String,
    },
}

impl OperatorKind {
    /// The operator's canonical name, for messages and the support matrix.
    pub fn name(&self) -> &str {
        match self {
            OperatorKind::Where(_) => "where",
            OperatorKind::Take(_) => "take",
            OperatorKind::Project(_) => "project",
            OperatorKind::Extend(_) => "extend",
            OperatorKind::ProjectAway(_) => "project-away",
            OperatorKind::ProjectKeep(_) => "project-keep",
            OperatorKind::ProjectRename(_) => "project-rename",
            OperatorKind::ProjectReorder(_) => "project-reorder",
            OperatorKind::ProjectByNames(_) => "project-by-names",
            OperatorKind::Summarize(_) => "summarize",
            OperatorKind::Sort(_) => "sort",
            OperatorKind::Top(_) => "top",
            OperatorKind::Distinct(_) => "distinct",
            OperatorKind::Count(_) => "count",
            OperatorKind::Join(_) => "join",
            OperatorKind::Lookup(_) => "lookup",
            OperatorKind::Union(_) => "union",
            OperatorKind::Print(_) => "print",
            OperatorKind::Datatable(_) => "datatable",
            OperatorKind::Externaldata(_) => "externaldata",
            OperatorKind::Range(_) => "range",
            OperatorKind::Getschema(_) => "getschema",
            OperatorKind::As(_) => "as",
            OperatorKind::Render(_) => "render",
            OperatorKind::Invoke(_) => "invoke",
            OperatorKind::Serialize(_) => "serialize",
            OperatorKind::MvExpand(_) => "mv-expand",
            OperatorKind::MvApply(_) => "mv-apply",
            OperatorKind::Parse(with) if with.only_matches => "parse-where",
            OperatorKind::Parse(_) => "parse",
            OperatorKind::ParseKv(_) => "parse-kv",
            OperatorKind::Evaluate(_) => "evaluate",
            OperatorKind::Sample(_) => "sample",
            OperatorKind::SampleDistinct(_) => "sample-distinct",
            OperatorKind::Search(_) => "search",
            OperatorKind::Find(_) => "find",
            OperatorKind::MakeSeries(_) => "make-series",
            OperatorKind::TopNested(_) => "top-nested",
            OperatorKind::TopHitters(_) => "top-hitters",
            OperatorKind::Partition(_) => "partition",
            OperatorKind::Fork(_) => "fork",
            OperatorKind::Facet(_) => "facet",
            OperatorKind::Scan(_) => "scan",
            OperatorKind::Reduce(_) => "reduce",
            OperatorKind::Consume(_) => "consume",
            OperatorKind::AssertSchema(_) => "assert-schema",
            OperatorKind::MakeGraph(_) => "make-graph",
            OperatorKind::GraphMatch(_) => "graph-match",
            OperatorKind::GraphShortestPaths(_) => "graph-shortest-paths",
            OperatorKind::GraphToTable(_) => "graph-to-table",
            OperatorKind::GraphMarkComponents(_) => "graph-mark-components",
            OperatorKind::Unsupported { name } => name,
        }
    }
}
