//! Pipelines: a source and the operators behind it.

use super::advice::other_operator;
use super::basic::wildcard_name;
use super::error::{PResult, fail, refuse};
use super::expr::expr;
use super::limits::{NESTING_MAX, nested, too_deep};
use super::primary::postfix_with;
use super::tokens::Tokens;
use crate::ast::{Expr, ExprKind, Operator, OperatorKind, Pipeline, Source};
use crate::diagnostics::{Diagnostic, did_you_mean};
use crate::lexer::TokenKind;
use crate::operators::{OPERATORS, OperatorRow, Start};

/// A scalar expression or a pipeline: in brackets, as an argument, behind `let name =`.
pub(crate) fn expr_or_pipeline(input: Tokens<'_>) -> PResult<'_, Expr> {
    let start = input.position();
    let (input, source) = source(input)?;
    let (input, operators) = pipes(input)?;
    Ok((input, into_expr(source, operators, input.span_from(start))))
}

/// A bare expression stays one; everything else is a pipeline.
fn into_expr(source: Source, operators: Vec<Operator>, span: crate::span::Span) -> Expr {
    match source {
        Source::Expr(expr) if operators.is_empty() => expr,
        source => Expr {
            kind: ExprKind::Pipeline(Box::new(Pipeline {
                source,
                operators,
                span,
            })),
            span,
        },
    }
}

/// `source | operator | …`
pub(crate) fn pipeline(input: Tokens<'_>) -> PResult<'_, Pipeline> {
    let start = input.position();
    let (input, source) = source(input)?;
    let (input, operators) = pipes(input)?;
    Ok((
        input,
        Pipeline {
            source,
            operators,
            span: input.span_from(start),
        },
    ))
}

/// An operator that needs no input, or an expression.
pub(crate) fn source(input: Tokens<'_>) -> PResult<'_, Source> {
    if let Some(row) = operator_row(input).filter(|row| begins_source(row, input.skip(1))) {
        let (input, operator) = operator_of(input, row)?;
        return Ok((input, Source::Operator(Box::new(operator))));
    }
    let (input, expr) = expr(input)?;
    Ok((input, Source::Expr(expr)))
}

/// A table in a list: a name, perhaps with `*`; a call; a pipeline in brackets.
pub(crate) fn wildcard_table(input: Tokens<'_>) -> PResult<'_, Pipeline> {
    let wildcard = input.is_symbol(0, "*")
        || (input.is_symbol(1, "*")
            && input
                .first()
                .is_some_and(|token| token.kind == TokenKind::Word));
    let (input, expr) = if wildcard {
        let (input, name) = wildcard_name(input)?;
        (
            input,
            Expr {
                span: name.span,
                kind: ExprKind::Name(name),
            },
        )
    } else {
        postfix_with(input, wildcard_name)?
    };
    let span = expr.span;
    Ok((
        input,
        Pipeline {
            source: Source::Expr(expr),
            operators: Vec::new(),
            span,
        },
    ))
}

/// Whether the row's operator, whose name was just read, begins a pipeline here.
fn begins_source(row: &OperatorRow, behind: Tokens<'_>) -> bool {
    match row.start {
        Start::Pipe => false,
        Start::Source => begins_operand(behind),
        Start::SourceUnlessCall => begins_operand(behind) && !behind.is_symbol(0, "("),
    }
}

/// Whether what is next can stand behind the name of an operator; else the name is that of a table or a column.
fn begins_operand(input: Tokens<'_>) -> bool {
    match input.first().map(|token| &token.kind) {
        Some(TokenKind::Literal(_) | TokenKind::String { .. }) => true,
        // `print has = 1` gives a column of that name.
        Some(TokenKind::Word) if input.is_symbol(1, "=") => true,
        Some(TokenKind::Word) => !crate::ast::BINARY_OPERATORS
            .iter()
            .any(|(spelling, ..)| *spelling == input.first_text()),
        Some(TokenKind::Symbol(symbol)) => matches!(*symbol, "(" | "[" | "*" | "-" | "+"),
        Some(TokenKind::Unknown) | None => false,
    }
}

/// `| operator | operator …`, perhaps none.
pub(crate) fn pipes(input: Tokens<'_>) -> PResult<'_, Vec<Operator>> {
    let mut input = input;
    let mut operators = Vec::new();
    while input.is_symbol(0, "|") {
        let (rest, operator) = operator(input.skip(1))?;
        operators.push(operator);
        input = rest;
    }
    super::error::missing(input, "|");
    Ok((input, operators))
}

/// `operator | operator …`, the first without a pipe in front, or with one.
pub(crate) fn operators1(input: Tokens<'_>) -> PResult<'_, Vec<Operator>> {
    let input = if input.is_symbol(0, "|") {
        input.skip(1)
    } else {
        input
    };
    let (input, first) = operator(input)?;
    let (input, rest) = pipes(input)?;
    Ok((input, std::iter::once(first).chain(rest).collect()))
}

/// One operator, by the table of operators.
pub(crate) fn operator(input: Tokens<'_>) -> PResult<'_, Operator> {
    match operator_row(input) {
        Some(row) => operator_of(input, row),
        None => unknown_operator(input),
    }
}

fn operator_row(input: Tokens<'_>) -> Option<&'static OperatorRow> {
    let token = input
        .first()
        .filter(|token| token.kind == TokenKind::Word)?;
    let name = token.span.text(input.source());
    OPERATORS.iter().find(|row| row.name == name)
}

fn operator_of<'a>(input: Tokens<'a>, row: &'static OperatorRow) -> PResult<'a, Operator> {
    let name_span = input.here();
    let (input, kind) = match row.parse {
        Some(parse) => nested(input.skip(1), parse)?,
        None => {
            let (rest, ()) = skip_operator(input.skip(1))?;
            (
                rest,
                OperatorKind::Unsupported {
                    name: row.name.to_owned(),
                },
            )
        }
    };
    Ok((
        input,
        Operator {
            kind,
            span: input.span_from(name_span.start),
            name_span,
        },
    ))
}

/// What to write for a column that stands where an operator has to.
fn operator_left_out(name: &str, next: &str) -> Option<String> {
    const COMPARISONS: &[&str] = &[
        "==",
        "!=",
        "=~",
        "!~",
        ">",
        "<",
        ">=",
        "<=",
        "has",
        "contains",
        "in",
        "startswith",
    ];
    match next {
        "=" => Some(format!("write `extend {name} = …`")),
        next if COMPARISONS.contains(&next) => Some(format!("write `where {name} {next} …`")),
        "(" => Some(format!(
            "write `extend {name}(…)`, or `summarize {name}(…)` for an aggregate"
        )),
        _ => None,
    }
}

fn unknown_operator(input: Tokens<'_>) -> PResult<'_, Operator> {
    match input.first() {
        Some(token) if token.kind == TokenKind::Word => {
            let name = input.first_text();
            let mut diagnostic = Diagnostic::syntax(
                "KS176",
                token.span,
                format!("`{name}` is not a known operator"),
            );
            let near = did_you_mean(name, OPERATORS.iter().map(|row| row.name));
            diagnostic.help = match other_operator(name) {
                Some(help) => Some(help.to_owned()),
                None => operator_left_out(name, input.skip(1).first_text())
                    .or_else(|| near.map(|near| format!("did you mean `{near}`?"))),
            };
            refuse(input, diagnostic)
        }
        _ => fail(input, "a query operator"),
    }
}

/// What is left of this operator: up to the next pipe, or the bracket or semicolon that ends the pipeline.
fn skip_operator(input: Tokens<'_>) -> PResult<'_, ()> {
    skip_to(input, &["|", ";"])
}

/// Skips text that is not understood, up to one of these signs outside of brackets, or to a bracket that was opened before.
pub(super) fn skip_to<'a>(input: Tokens<'a>, ends: &[&str]) -> PResult<'a, ()> {
    let mut depth = 0_usize;
    for (count, token) in input.rest().iter().enumerate() {
        match &token.kind {
            TokenKind::Symbol("(" | "[" | "{") if depth == NESTING_MAX => {
                return too_deep(input.skip(count));
            }
            TokenKind::Symbol("(" | "[" | "{") => depth += 1,
            TokenKind::Symbol(")" | "]" | "}") if depth == 0 => {
                return Ok((input.skip_verbatim(count), ()));
            }
            TokenKind::Symbol(")" | "]" | "}") => depth -= 1,
            TokenKind::Symbol(end) if depth == 0 && ends.contains(end) => {
                return Ok((input.skip_verbatim(count), ()));
            }
            _ => {}
        }
    }
    Ok((input.skip_verbatim(input.rest().len()), ()))
}
