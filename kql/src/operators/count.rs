//! `count`: how many rows.

use crate::ast::Name;
use crate::operators::OperatorKind;
use crate::parser::{PResult, Tokens, after_keyword, made_name};

/// `count [as Name]`
#[derive(Debug, Clone, PartialEq)]
pub struct Count {
    pub name: Option<Name>,
}

pub(super) fn parse(input: Tokens<'_>) -> PResult<'_, OperatorKind> {
    let (input, name) = after_keyword("as", made_name)(input)?;
    Ok((input, OperatorKind::Count(Count { name })))
}
