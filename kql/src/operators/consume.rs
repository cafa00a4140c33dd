//! `consume`: runs its input and gives no rows.

use super::OperatorParameter;
use crate::operators::OperatorKind;
use crate::parser::{PResult, Tokens, parameters};

/// `consume [decodeblocks = …]`
#[derive(Debug, Clone, PartialEq)]
pub struct Consume {
    pub parameters: Vec<OperatorParameter>,
}

pub(super) fn parse(input: Tokens<'_>) -> PResult<'_, OperatorKind> {
    let (input, parameters) = parameters(&["decodeblocks"])(input)?;
    Ok((input, OperatorKind::Consume(Consume { parameters })))
}
