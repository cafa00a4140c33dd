//! `where` (and its older name `filter`).

use crate::ast::Expr;
use crate::diagnostics::Diagnostic;
use crate::operators::OperatorKind;
use crate::parser::{PResult, Tokens, expr, refuse};

/// `where Predicate`
#[derive(Debug, Clone, PartialEq)]
pub struct Where {
    pub predicate: Expr,
}

pub(super) fn parse(input: Tokens<'_>) -> PResult<'_, OperatorKind> {
    if input.is_symbol(1, "=") {
        // Kusto takes this for a predicate with a name, and filters by what is right of the sign.
        let message = format!(
            "`=` gives the predicate the name `{}` and does not compare",
            input.first_text()
        );
        let place = input.skip(1);
        return refuse(
            place,
            Diagnostic::unsupported(place.here(), message).help("write `==` to compare"),
        );
    }
    let (input, predicate) = expr(input)?;
    Ok((input, OperatorKind::Where(Where { predicate })))
}
