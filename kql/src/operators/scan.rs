//! `scan`: sequences of rows that match steps.

use super::{OperatorParameter, SortKey};
use crate::ast::{ColumnDeclaration, Expr, Name, NamedExpr};
use crate::operators::OperatorKind;
use crate::operators::sort::sort_key;
use crate::parser::{
    PResult, Tokens, after_keyword, any_word, column_declaration, comma_list1, expr, in_round,
    keyword, name, named_expr, parameters, symbol,
};

/// `scan [with_match_id=Name] [declare (Name: type [= default], …)] with ( step Name [output=…]: Condition [=> Column = Value, …]; … )`
#[derive(Debug, Clone, PartialEq)]
pub struct Scan {
    pub parameters: Vec<OperatorParameter>,
    pub declare: Vec<ScanColumn>,
    pub order: Vec<SortKey>,
    pub partition_by: Vec<Expr>,
    pub steps: Vec<ScanStep>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ScanColumn {
    pub column: ColumnDeclaration,
    pub default: Option<Expr>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ScanStep {
    pub name: Name,
    pub optional: bool,
    /// `all`, `last` or `none` as written.
    pub output: Option<Name>,
    pub condition: Expr,
    pub assignments: Vec<NamedExpr>,
}

pub(super) fn parse(input: Tokens<'_>) -> PResult<'_, OperatorKind> {
    let (input, parameters) = parameters(&["kind", "with_match_id"])(input)?;
    let (input, order) = clause(input, "order", comma_list1(sort_key))?;
    let (input, partition_by) = clause(input, "partition", comma_list1(expr))?;
    let (input, declare) = after_keyword("declare", in_round(comma_list1(declared)))(input)?;
    let (input, _) = keyword("with")(input)?;
    let (input, steps) = in_round(steps)(input)?;
    let scan = Scan {
        parameters,
        declare: declare.unwrap_or_default(),
        order,
        partition_by,
        steps,
    };
    Ok((input, OperatorKind::Scan(scan)))
}

/// `word by item, …`, if it is there.
fn clause<'a, T>(
    input: Tokens<'a>,
    word: &'static str,
    items: impl Fn(Tokens<'a>) -> PResult<'a, Vec<T>>,
) -> PResult<'a, Vec<T>> {
    if !input.is_word(0, word) {
        return Ok((input, Vec::new()));
    }
    let (input, _) = keyword("by")(input.skip(1))?;
    items(input)
}

/// `Name: type [= default]`
fn declared(input: Tokens<'_>) -> PResult<'_, ScanColumn> {
    let (input, column) = column_declaration(input)?;
    let (input, default) = match symbol("=")(input) {
        Ok((rest, _)) => expr(rest).map(|(rest, default)| (rest, Some(default)))?,
        Err(_) => (input, None),
    };
    Ok((input, ScanColumn { column, default }))
}

/// `step …; step …;`
fn steps(input: Tokens<'_>) -> PResult<'_, Vec<ScanStep>> {
    let (mut input, first) = step(input)?;
    let mut steps = vec![first];
    while input.is_symbol(0, ";") {
        input = input.skip(1);
        if input.is_symbol(0, ")") {
            break;
        }
        let (rest, next) = step(input)?;
        steps.push(next);
        input = rest;
    }
    Ok((input, steps))
}

/// `step Name [optional] [output=all|last|none]: Condition [=> Column = Value, …]`
fn step(input: Tokens<'_>) -> PResult<'_, ScanStep> {
    let (input, _) = keyword("step")(input)?;
    let (input, step_name) = name(input)?;
    let optional = input.is_word(0, "optional");
    let input = if optional { input.skip(1) } else { input };
    let (input, output) = if input.is_word(0, "output") && input.is_symbol(1, "=") {
        let (rest, output) = any_word(input.skip(2))?;
        (rest, Some(output))
    } else {
        (input, None)
    };
    let (input, _) = symbol(":")(input)?;
    let (input, condition) = expr(input)?;
    let (input, assignments) = match symbol("=>")(input) {
        Ok((rest, _)) => comma_list1(named_expr)(rest)?,
        Err(_) => (input, Vec::new()),
    };
    Ok((
        input,
        ScanStep {
            name: step_name,
            optional,
            output,
            condition,
            assignments,
        },
    ))
}
