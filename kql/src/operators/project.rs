//! `project`, `extend`: columns from expressions.

use crate::ast::NamedExpr;
use crate::operators::OperatorKind;
use crate::parser::{PResult, Tokens, comma_list1, named_expr};

/// `project Item, …`
#[derive(Debug, Clone, PartialEq)]
pub struct Project {
    pub items: Vec<NamedExpr>,
}

/// `extend Item, …`
#[derive(Debug, Clone, PartialEq)]
pub struct Extend {
    pub items: Vec<NamedExpr>,
}

pub(super) fn parse_project(input: Tokens<'_>) -> PResult<'_, OperatorKind> {
    let (input, items) = comma_list1(named_expr)(input)?;
    Ok((input, OperatorKind::Project(Project { items })))
}

pub(super) fn parse_extend(input: Tokens<'_>) -> PResult<'_, OperatorKind> {
    let (input, items) = comma_list1(named_expr)(input)?;
    Ok((input, OperatorKind::Extend(Extend { items })))
}
