//! `datatable`: a table written in the query; `externaldata`: one that lies elsewhere.

use super::OperatorParameter;
use crate::ast::{ColumnDeclaration, Expr};
use crate::operators::OperatorKind;
use crate::parser::{
    PResult, Tokens, column_declaration, expr, missing, parameters, symbol, with_properties,
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

/// `(a: long, …)`; a comma may stand behind the last one.
fn columns(input: Tokens<'_>) -> PResult<'_, Vec<ColumnDeclaration>> {
    input.note_tight();
    list(input, "(", column_declaration, ")")
}

/// `[value, …]`; a comma may stand behind the last one.
fn values(input: Tokens<'_>) -> PResult<'_, Vec<Expr>> {
    list(input, "[", expr, "]")
}

fn list<'a, T>(
    input: Tokens<'a>,
    open: &'static str,
    item: fn(Tokens<'a>) -> PResult<'a, T>,
    close: &'static str,
) -> PResult<'a, Vec<T>> {
    let (mut input, _) = symbol(open)(input)?;
    let mut items = Vec::new();
    while !input.is_symbol(0, close) {
        let (rest, found) = item(input)?;
        items.push(found);
        input = rest;
        if !input.is_symbol(0, ",") {
            missing(input, ",");
            break;
        }
        input = input.skip(1);
    }
    let (input, _) = symbol(close)(input)?;
    Ok((input, items))
}
