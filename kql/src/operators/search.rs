//! `search` and `find`: a predicate over many tables and all their columns.

use super::OperatorParameter;
use crate::ast::{Expr, Name, Pipeline};
use crate::operators::OperatorKind;
use crate::parser::{
    PResult, Tokens, after_keyword, comma_list1, expr, in_round, keyword, name, parameters,
    type_name, wildcard_name, wildcard_table,
};
use crate::types::Type;

/// `search [kind=…] [in (Table, …)] Predicate`
#[derive(Debug, Clone, PartialEq)]
pub struct Search {
    pub parameters: Vec<OperatorParameter>,
    /// Tables by name, perhaps with `*`; empty means all (or the input, behind a pipe).
    pub tables: Vec<Pipeline>,
    pub predicate: Expr,
}

/// `find [withsource=…] [in (Table, …)] where Predicate [project …|project-smart] [project-away …]`
#[derive(Debug, Clone, PartialEq)]
pub struct Find {
    pub parameters: Vec<OperatorParameter>,
    pub tables: Vec<Pipeline>,
    pub predicate: Expr,
    pub project: FindProject,
    pub project_away: Vec<Name>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum FindProject {
    /// Nothing written, or `project-smart`.
    Smart,
    Columns {
        items: Vec<FindColumn>,
        pack: bool,
    },
}

/// `Name[: type]`
#[derive(Debug, Clone, PartialEq)]
pub struct FindColumn {
    pub name: Name,
    pub ty: Option<Type>,
}

pub(super) fn parse_search(input: Tokens<'_>) -> PResult<'_, OperatorKind> {
    let (input, parameters) = parameters(&["kind", "withsource", "with_source"])(input)?;
    let (input, tables) = after_keyword("in", in_round(comma_list1(wildcard_table)))(input)?;
    let (input, predicate) = expr(input)?;
    Ok((
        input,
        OperatorKind::Search(Search {
            parameters,
            tables: tables.unwrap_or_default(),
            predicate,
        }),
    ))
}

pub(super) fn parse_find(input: Tokens<'_>) -> PResult<'_, OperatorKind> {
    let (input, parameters) = parameters(&["withsource", "with_source", "datascope"])(input)?;
    let (input, tables) = after_keyword("in", in_round(comma_list1(wildcard_table)))(input)?;
    let input = if input.is_word(0, "where") {
        input.skip(1)
    } else {
        input
    };
    let (input, predicate) = expr(input)?;
    let (input, project) = find_project(input)?;
    let (input, project_away) = after_keyword("project-away", comma_list1(wildcard_name))(input)?;
    let find = Find {
        parameters,
        tables: tables.unwrap_or_default(),
        predicate,
        project,
        project_away: project_away.unwrap_or_default(),
    };
    Ok((input, OperatorKind::Find(find)))
}

/// `project-smart`, `project Name[: type], …, pack(*)` (the page writes `pack_all()`), or nothing.
fn find_project(input: Tokens<'_>) -> PResult<'_, FindProject> {
    if let Ok((rest, _)) = keyword("project-smart")(input) {
        return Ok((rest, FindProject::Smart));
    }
    let (input, columns) = after_keyword("project", comma_list1(find_column))(input)?;
    let Some(columns) = columns else {
        return Ok((input, FindProject::Smart));
    };
    let pack = columns.iter().any(Option::is_none);
    Ok((
        input,
        FindProject::Columns {
            items: columns.into_iter().flatten().collect(),
            pack,
        },
    ))
}

/// `Name[: type]`; `None` is `pack(*)` or `pack_all()`.
fn find_column(input: Tokens<'_>) -> PResult<'_, Option<FindColumn>> {
    if input.is_word(0, "pack")
        && input.is_symbol(1, "(")
        && input.is_symbol(2, "*")
        && input.is_symbol(3, ")")
    {
        return Ok((input.skip(4), None));
    }
    if input.is_word(0, "pack_all") && input.is_symbol(1, "(") && input.is_symbol(2, ")") {
        return Ok((input.skip(3), None));
    }
    let (input, name) = name(input)?;
    if !input.is_symbol(0, ":") {
        return Ok((input, Some(FindColumn { name, ty: None })));
    }
    let (input, ty) = type_name(input.skip(1))?;
    Ok((input, Some(FindColumn { name, ty: Some(ty) })))
}
