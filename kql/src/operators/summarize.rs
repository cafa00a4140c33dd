//! `summarize`: aggregates by groups.

use super::OperatorParameter;
use crate::ast::NamedExpr;
use crate::operators::OperatorKind;
use crate::parser::{PResult, Tokens, after_keyword, comma_list1, named_expr, parameters};

/// `summarize [hint.…] Aggregate, … by Group, …`
#[derive(Debug, Clone, PartialEq)]
pub struct Summarize {
    pub hints: Vec<OperatorParameter>,
    pub aggregates: Vec<NamedExpr>,
    pub by: Vec<NamedExpr>,
}

pub(super) fn parse(input: Tokens<'_>) -> PResult<'_, OperatorKind> {
    let (input, hints) = parameters(&[])(input)?;
    let (input, aggregates) = if input.is_word(0, "by") {
        (input, Vec::new())
    } else {
        comma_list1(named_expr)(input)?
    };
    let (input, by) = after_keyword("by", comma_list1(named_expr))(input)?;
    Ok((
        input,
        OperatorKind::Summarize(Summarize {
            hints,
            aggregates,
            by: by.unwrap_or_default(),
        }),
    ))
}
