//! The table of operators: every name, and the parser behind it.

use super::*;
use crate::parser::{PResult, Tokens};

/// One name of an operator.
pub struct OperatorRow {
    pub name: &'static str,
    pub start: Start,
    /// What reads the text behind the name. Without it the operator is known by name only.
    pub(crate) parse: Option<OperatorParser>,
}

impl OperatorRow {
    /// Whether it can be read; else it is known by name only.
    pub fn is_read(&self) -> bool {
        self.parse.is_some()
    }
}

/// Where an operator can stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// Behind a pipe.
    Pipe,
    /// It needs no input: behind a pipe, or at the beginning of a pipeline.
    Source,
    /// The same, but the name with a bracket is a function: `range(1, 3, 1)`.
    SourceUnlessCall,
}

pub(crate) type OperatorParser = fn(Tokens<'_>) -> PResult<'_, OperatorKind>;

const fn row(name: &'static str, parser: OperatorParser) -> OperatorRow {
    OperatorRow {
        name,
        start: Start::Pipe,
        parse: Some(parser),
    }
}

const fn source(name: &'static str, parser: OperatorParser) -> OperatorRow {
    OperatorRow {
        name,
        start: Start::Source,
        parse: Some(parser),
    }
}

const fn unsupported(name: &'static str) -> OperatorRow {
    OperatorRow {
        name,
        start: Start::Pipe,
        parse: None,
    }
}

const fn unsupported_source(name: &'static str) -> OperatorRow {
    OperatorRow {
        name,
        start: Start::Source,
        parse: None,
    }
}

/// Every operator of the language, by each of its names.
pub const OPERATORS: &[OperatorRow] = &[
    row("where", filter::parse),
    row("filter", filter::parse),
    row("take", take::parse),
    row("limit", take::parse),
    row("project", project::parse_project),
    row("extend", project::parse_extend),
    row("project-away", project_columns::parse_away),
    row("project-keep", project_columns::parse_keep),
    row("project-rename", project_columns::parse_rename),
    row("project-reorder", project_columns::parse_reorder),
    row("summarize", summarize::parse),
    row("sort", sort::parse),
    row("order", sort::parse),
    row("top", top::parse),
    row("distinct", distinct::parse),
    row("count", count::parse),
    row("join", join::parse_join),
    row("lookup", join::parse_lookup),
    source("union", union::parse),
    source("print", print::parse),
    source("datatable", datatable::parse_datatable),
    source("externaldata", datatable::parse_externaldata),
    source("external_data", datatable::parse_externaldata),
    OperatorRow {
        name: "range",
        start: Start::SourceUnlessCall,
        parse: Some(range::parse),
    },
    row("getschema", getschema::parse),
    row("as", alias::parse),
    row("render", render::parse),
    row("invoke", invoke::parse),
    row("serialize", serialize::parse),
    row("mv-expand", mv_expand::parse_expand),
    row("mvexpand", mv_expand::parse_expand),
    row("mv-apply", mv_expand::parse_apply),
    row("mvapply", mv_expand::parse_apply),
    row("parse", parse::parse_all),
    row("parse-where", parse::parse_where),
    row("parse-kv", parse::parse_kv),
    source("evaluate", evaluate::parse),
    row("sample", sample::parse),
    row("sample-distinct", sample::parse_distinct),
    source("search", search::parse_search),
    source("find", search::parse_find),
    row("make-series", make_series::parse),
    row("top-nested", top_nested::parse_nested),
    row("top-hitters", top_nested::parse_hitters),
    row("partition", partition::parse_partition),
    row("__partitionby", partition::parse_hidden_partition),
    row("fork", partition::parse_fork),
    row("facet", partition::parse_facet),
    row("scan", scan::parse),
    row("reduce", reduce::parse),
    row("assert-schema", assert_schema::parse),
    row("consume", consume::parse),
    unsupported("execute-and-cache"),
    row("graph-mark-components", graph::parse_mark),
    row("graph-match", graph::parse_match),
    unsupported("graph-merge"),
    row("graph-shortest-paths", graph::parse_shortest),
    row("graph-to-table", graph::parse_to_table),
    unsupported("graph-where-edges"),
    unsupported("graph-where-nodes"),
    row("make-graph", graph::parse_make),
    row("project-by-names", project_columns::parse_by_names),
    unsupported_source("entity_group"),
    unsupported_source("graph"),
    unsupported_source("inline_external_table"),
    unsupported_source("macro-expand"),
];
