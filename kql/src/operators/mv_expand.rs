//! `mv-expand` and `mv-apply`: one row for each element of an array.

use super::{Operator, OperatorParameter};
use crate::ast::{Expr, NamedExpr};
use crate::operators::OperatorKind;
use crate::parser::{
    PResult, Tokens, after_keyword, comma_list1, expr, in_round, keyword, named_expr, operators1,
    parameters, type_name,
};
use crate::types::Type;

/// `mv-expand [bagexpansion=…] [with_itemindex=Name] Item [to typeof(T)], … [limit N]`
#[derive(Debug, Clone, PartialEq)]
pub struct MvExpand {
    pub parameters: Vec<OperatorParameter>,
    pub items: Vec<MvItem>,
    pub limit: Option<Expr>,
}

/// `mv-apply [with_itemindex=Name] Item [to typeof(T)], … [limit N] on (| operators)`
#[derive(Debug, Clone, PartialEq)]
pub struct MvApply {
    pub parameters: Vec<OperatorParameter>,
    pub items: Vec<MvItem>,
    pub limit: Option<Expr>,
    /// Operators applied to the sub-table of each row; at least one.
    pub body: Vec<Operator>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct MvItem {
    pub value: NamedExpr,
    pub to_type: Option<Type>,
}

const PARAMETERS: &[&str] = &["bagexpansion", "kind", "with_itemindex"];

pub(super) fn parse_expand(input: Tokens<'_>) -> PResult<'_, OperatorKind> {
    let (input, parameters) = parameters(PARAMETERS)(input)?;
    let (input, items) = comma_list1(item)(input)?;
    let (input, limit) = after_keyword("limit", expr)(input)?;
    Ok((
        input,
        OperatorKind::MvExpand(MvExpand {
            parameters,
            items,
            limit,
        }),
    ))
}

pub(super) fn parse_apply(input: Tokens<'_>) -> PResult<'_, OperatorKind> {
    let (input, parameters) = parameters(PARAMETERS)(input)?;
    let (input, items) = comma_list1(item)(input)?;
    let (input, limit) = after_keyword("limit", expr)(input)?;
    let (input, _) = keyword("on")(input)?;
    let (input, body) = in_round(operators1)(input)?;
    Ok((
        input,
        OperatorKind::MvApply(MvApply {
            parameters,
            items,
            limit,
            body,
        }),
    ))
}

fn item(input: Tokens<'_>) -> PResult<'_, MvItem> {
    let (input, value) = named_expr(input)?;
    let (input, to_type) = after_keyword("to", typeof_)(input)?;
    Ok((input, MvItem { value, to_type }))
}

/// `typeof(T)`
fn typeof_(input: Tokens<'_>) -> PResult<'_, Type> {
    let (input, _) = keyword("typeof")(input)?;
    in_round(type_name)(input)
}
