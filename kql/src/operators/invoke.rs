//! `invoke`: a function whose first parameter is the input table.

use crate::ast::Call;
use crate::operators::OperatorKind;
use crate::parser::{PResult, Tokens, call};
use crate::span::Span;

/// `invoke Function(Arg, …)`
#[derive(Debug, Clone, PartialEq)]
pub struct Invoke {
    pub call: Call,
    pub span: Span,
}

pub(super) fn parse(input: Tokens<'_>) -> PResult<'_, OperatorKind> {
    let start = input.position();
    let (input, call) = call(input)?;
    Ok((
        input,
        OperatorKind::Invoke(Invoke {
            call,
            span: input.span_from(start),
        }),
    ))
}
