//! `project-away`, `project-keep`, `project-rename`, `project-reorder`: columns by name.

use crate::ast::{Expr, Name};
use crate::diagnostics::Diagnostic;
use crate::operators::OperatorKind;
use crate::parser::{
    PResult, Tokens, comma_list1, expr, made_name, name, one_of, refuse, symbol, wildcard_name,
};
use nom::Parser;
use nom::combinator::opt;

/// `project-away Name|Pattern*, …`
#[derive(Debug, Clone, PartialEq)]
pub struct ProjectAway {
    pub patterns: Vec<Name>,
}

/// `project-keep Name|Pattern*, …`
#[derive(Debug, Clone, PartialEq)]
pub struct ProjectKeep {
    pub patterns: Vec<Name>,
}

/// `project-rename New = Old, …`
#[derive(Debug, Clone, PartialEq)]
pub struct ProjectRename {
    pub renames: Vec<Rename>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Rename {
    pub new: Name,
    pub old: Name,
}

/// `project-by-names "Name", "Pattern*", dynamic(["Name", …]), …`
#[derive(Debug, Clone, PartialEq)]
pub struct ProjectByNames {
    pub items: Vec<Expr>,
}

/// `project-reorder Name|Pattern* [asc|desc|granny-asc|granny-desc], …`
#[derive(Debug, Clone, PartialEq)]
pub struct ProjectReorder {
    pub items: Vec<ReorderItem>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ReorderItem {
    pub pattern: Name,
    pub order: Option<ReorderOrder>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReorderOrder {
    Asc,
    Desc,
    GrannyAsc,
    GrannyDesc,
}

pub(super) fn parse_by_names(input: Tokens<'_>) -> PResult<'_, OperatorKind> {
    let (input, items) = comma_list1(expr)(input)?;
    Ok((
        input,
        OperatorKind::ProjectByNames(ProjectByNames { items }),
    ))
}

const ORDERS: &[(&str, ReorderOrder)] = &[
    ("asc", ReorderOrder::Asc),
    ("desc", ReorderOrder::Desc),
    ("granny-asc", ReorderOrder::GrannyAsc),
    ("granny-desc", ReorderOrder::GrannyDesc),
];

pub(super) fn parse_away(input: Tokens<'_>) -> PResult<'_, OperatorKind> {
    let (input, patterns) = comma_list1(wildcard_name)(input)?;
    Ok((input, OperatorKind::ProjectAway(ProjectAway { patterns })))
}

pub(super) fn parse_keep(input: Tokens<'_>) -> PResult<'_, OperatorKind> {
    let (input, patterns) = comma_list1(wildcard_name)(input)?;
    Ok((input, OperatorKind::ProjectKeep(ProjectKeep { patterns })))
}

pub(super) fn parse_rename(input: Tokens<'_>) -> PResult<'_, OperatorKind> {
    let (input, renames) = comma_list1(rename)(input)?;
    Ok((
        input,
        OperatorKind::ProjectRename(ProjectRename { renames }),
    ))
}

fn rename(input: Tokens<'_>) -> PResult<'_, Rename> {
    if !input.is_symbol(if input.is_symbol(0, "[") { 3 } else { 1 }, "=") {
        let diagnostic =
            Diagnostic::binding("KS110", input.here(), "expected a renaming, `New = Old`")
                .help("write the new name first: `project-rename New = Old`");
        return refuse(input, diagnostic);
    }
    let (input, new) = made_name(input)?;
    let (input, _) = symbol("=")(input)?;
    let (rest, old) = name(input)?;
    if rest.is_symbol(0, "(") {
        let message = format!(
            "expected the name of a column, found a call of `{}`",
            old.text
        );
        return refuse(
            input,
            Diagnostic::binding("KS109", input.here(), message)
                .help("compute the column with `extend`"),
        );
    }
    Ok((rest, Rename { new, old }))
}

pub(super) fn parse_reorder(input: Tokens<'_>) -> PResult<'_, OperatorKind> {
    let (input, items) = comma_list1(reorder_item)(input)?;
    Ok((
        input,
        OperatorKind::ProjectReorder(ProjectReorder { items }),
    ))
}

fn reorder_item(input: Tokens<'_>) -> PResult<'_, ReorderItem> {
    let (input, pattern) = wildcard_name(input)?;
    let (input, order) = opt(one_of(ORDERS)).parse(input)?;
    Ok((input, ReorderItem { pattern, order }))
}
