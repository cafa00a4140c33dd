//! `evaluate`: a plugin.

use super::OperatorParameter;
use crate::ast::{Call, ColumnDeclaration};
use crate::operators::OperatorKind;
use crate::parser::{
    PResult, Tokens, call, column_declaration, comma_list1, in_round, parameters, symbol,
};
use crate::span::Span;

/// `evaluate [hint.…] Plugin(Arg, …) [: (Column: type, …)]`
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluate {
    pub hints: Vec<OperatorParameter>,
    pub call: Call,
    /// The declared output; `*` first keeps the input's columns.
    pub schema: Option<EvaluateSchema>,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub struct EvaluateSchema {
    pub star: bool,
    pub columns: Vec<ColumnDeclaration>,
}

pub(super) fn parse(input: Tokens<'_>) -> PResult<'_, OperatorKind> {
    let start = input.position();
    let (input, hints) = parameters(&[])(input)?;
    let (input, call) = call(input)?;
    let (input, schema) = match symbol(":")(input) {
        Ok((rest, _)) => in_round(schema)(rest).map(|(rest, schema)| (rest, Some(schema)))?,
        Err(_) => (input, None),
    };
    Ok((
        input,
        OperatorKind::Evaluate(Evaluate {
            hints,
            call,
            schema,
            span: input.span_from(start),
        }),
    ))
}

/// `*`, `*, Column: type, …`, `Column: type, …`
fn schema(input: Tokens<'_>) -> PResult<'_, EvaluateSchema> {
    if input.is_symbol(0, "*") && !input.is_symbol(1, ",") {
        return Ok((
            input.skip(1),
            EvaluateSchema {
                star: true,
                columns: Vec::new(),
            },
        ));
    }
    let star = input.is_symbol(0, "*");
    let (input, columns) =
        comma_list1(column_declaration)(if star { input.skip(2) } else { input })?;
    Ok((input, EvaluateSchema { star, columns }))
}
