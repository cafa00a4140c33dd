//! `serialize`: marks the order of rows as meaningful, and may add columns.

use crate::ast::NamedExpr;
use crate::operators::OperatorKind;
use crate::parser::{PResult, Tokens, comma_list1, missing, named_expr};

/// `serialize [Item, …]`
#[derive(Debug, Clone, PartialEq)]
pub struct Serialize {
    pub items: Vec<NamedExpr>,
}

pub(super) fn parse(input: Tokens<'_>) -> PResult<'_, OperatorKind> {
    if input
        .first()
        .is_none_or(|token| ["|", ";", ")", "}"].iter().any(|end| token.is_symbol(end)))
    {
        missing(input, "an expression");
        return Ok((
            input,
            OperatorKind::Serialize(Serialize { items: Vec::new() }),
        ));
    }
    let (input, items) = comma_list1(named_expr)(input)?;
    Ok((input, OperatorKind::Serialize(Serialize { items })))
}
