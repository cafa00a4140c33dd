//! `union`: the rows of several tables.

use super::OperatorParameter;
use crate::ast::Pipeline;
use crate::operators::OperatorKind;
use crate::parser::{PResult, Tokens, comma_list1, parameters, wildcard_table};

/// `union [kind=…] [withsource=…] [isfuzzy=…] [hint.…] Table, …`
///
/// A leg that is a name may hold `*` wildcards.
#[derive(Debug, Clone, PartialEq)]
pub struct Union {
    pub parameters: Vec<OperatorParameter>,
    pub legs: Vec<Pipeline>,
}

pub(super) fn parse(input: Tokens<'_>) -> PResult<'_, OperatorKind> {
    let (input, parameters) = parameters(&["kind", "withsource", "with_source", "isfuzzy"])(input)?;
    let (input, legs) = comma_list1(wildcard_table)(input)?;
    Ok((input, OperatorKind::Union(Union { parameters, legs })))
}
