//! `datatable`: a table written in the query; `externaldata`: one that lies elsewhere.

use super::OperatorParameter;
use crate::ast::{ColumnDeclaration, Expr};
use crate::operators::OperatorKind;
use crate::parser::{
    PResult, Tokens, column_declaration, comma_list1, expr, in_round, parameters, symbol,
    with_properties,
};

/// `datatable(a: long, …) [value, …]`, row by row.
#[derive(Debug, Clone, PartialEq)]
pub struct Datatable {
    pub columns: Vec<ColumnDeclaration>,
    pub values: Vec<Expr>,
}

/// `externaldata(a: long, …) [uri, …] with (format = …)`
#[derive(Debug, Clone, PartialEq)]
pub struct Externaldata {
    pub columns: Vec<ColumnDeclaration>,
    pub uris: Vec<Expr>,
    pub parameters: Vec<OperatorParameter>,
}

pub(super) fn parse_datatable(input: Tokens<'_>) -> PResult<'_, OperatorKind> {
    let (input, _) = parameters(&[])(input)?;
    let (input, columns) = columns(input)?;
    let (input, values) = values(input)?;
    Ok((
        input,
        OperatorKind::Datatable(Datatable { columns, values }),
    ))
}

pub(super) fn parse_externaldata(input: Tokens<'_>) -> PResult<'_, OperatorKind> {
    let (input, _) = parameters(&[])(input)?;
    let (input, columns) = columns(input)?;
    let (input, uris) = values(input)?;
    let (input, parameters) = with_properties(input)?;
    Ok((
        input,
        OperatorKind::Externaldata(Externaldata {
            columns,
            uris,
            parameters,
        }),
    ))
}

/// `(a: long, …)`
fn columns(input: Tokens<'_>) -> PResult<'_, Vec<ColumnDeclaration>> {
    if input.is_symbol(0, "(") && input.is_symbol(1, ")") {
        return Ok((input.skip(2), Vec::new()));
    }
    in_round(comma_list1(column_declaration))(input)
}

/// `[value, …]`; a comma may stand behind the last one.
fn values(input: Tokens<'_>) -> PResult<'_, Vec<Expr>> {
    let (mut input, _) = symbol("[")(input)?;
    let mut values = Vec::new();
    while !input.is_symbol(0, "]") {
        let (rest, value) = expr(input)?;
        values.push(value);
        input = rest;
        if !input.is_symbol(0, ",") {
            break;
        }
        input = input.skip(1);
    }
    let (input, _) = symbol("]")(input)?;
    Ok((input, values))
}
