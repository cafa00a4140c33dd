//! `assert-schema`: the columns that a table must have.

use crate::ast::ColumnDeclaration;
use crate::operators::OperatorKind;
use crate::parser::{PResult, Tokens, column_declaration, comma_list1, in_round};

/// `assert-schema (Column: type, …)`
#[derive(Debug, Clone, PartialEq)]
pub struct AssertSchema {
    pub columns: Vec<ColumnDeclaration>,
}

pub(super) fn parse(input: Tokens<'_>) -> PResult<'_, OperatorKind> {
    let (input, columns) = in_round(comma_list1(column_declaration))(input)?;
    Ok((input, OperatorKind::AssertSchema(AssertSchema { columns })))
}
