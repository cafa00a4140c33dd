//! `as`: a name for the input, for later use in the query.

use super::OperatorParameter;
use crate::ast::Name;
use crate::operators::OperatorKind;
use crate::parser::{PResult, Tokens, made_name, parameters};

/// `as [hint.materialized=…] Name`
#[derive(Debug, Clone, PartialEq)]
pub struct As {
    pub hints: Vec<OperatorParameter>,
    pub name: Name,
}

pub(super) fn parse(input: Tokens<'_>) -> PResult<'_, OperatorKind> {
    let (input, hints) = parameters(&[])(input)?;
    let (input, name) = made_name(input)?;
    Ok((input, OperatorKind::As(As { hints, name })))
}
