//! `getschema`: the columns of the input as rows.

use crate::operators::OperatorKind;
use crate::parser::{PResult, Tokens};
/// `getschema`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Getschema;

pub(super) fn parse(input: Tokens<'_>) -> PResult<'_, OperatorKind> {
    Ok((input, OperatorKind::Getschema(Getschema)))
}
