//! Statements: `let`, `set`, `declare`, and queries.

use super::basic::{
    any_word, column_declaration, comma_list1, in_round, literal, made_name, name, symbol,
    type_name,
};
use super::error::{PResult, missing};
use super::limits::nested;
use super::query::{expr_or_pipeline, skip_to};
use super::tokens::Tokens;
use crate::ast::{
    Expr, ExprKind, FunctionBody, Let, LetValue, Parameter, ParameterType, PatternCase,
    PatternDeclaration, Statement, StatementKind,
};
use crate::lexer::TokenKind;
use nom::Parser;
use nom::combinator::{map, opt};

/// What a statement begins with, and its parser. A query begins with anything else.
type Row = (
    &'static [&'static str],
    fn(Tokens<'_>) -> PResult<'_, StatementKind>,
);

const STATEMENTS: &[Row] = &[
    (&["let"], let_statement),
    (&["set"], set),
    (&["declare", "query_parameters"], query_parameters),
    (&["declare", "pattern"], pattern),
    (&["alias", "database"], |input| {
        other(input, "alias database")
    }),
    (&["restrict", "access"], |input| {
        other(input, "restrict access")
    }),
];

/// The parser of the statement that begins here, behind its first words; `None` when it is a query.
pub(super) fn statement_kind(input: Tokens<'_>) -> PResult<'_, Option<StatementKind>> {
    let row = STATEMENTS.iter().find(|(words, _)| {
        words
            .iter()
            .enumerate()
            .all(|(n, word)| input.is_word(n, word))
    });
    match row {
        Some((words, parse)) => {
            parse(input.skip(words.len())).map(|(rest, kind)| (rest, Some(kind)))
        }
        None => Ok((input, None)),
    }
}

/// `let name = …`
fn let_statement(input: Tokens<'_>) -> PResult<'_, StatementKind> {
    let (input, name) = name(input)?;
    let (input, _) = symbol("=")(input)?;
    let (input, value) = let_value(input)?;
    Ok((input, StatementKind::Let(Let { name, value })))
}

fn let_value(input: Tokens<'_>) -> PResult<'_, LetValue> {
    if input.is_word(0, "view") && function_ahead(input.skip(1)) {
        return map(function, LetValue::View).parse(input.skip(1));
    }
    if function_ahead(input) {
        return map(function, LetValue::Function).parse(input);
    }
    map(expr_or_pipeline, LetValue::Expr).parse(input)
}

/// Whether `( … ) {` is next.
fn function_ahead(input: Tokens<'_>) -> bool {
    if !input.is_symbol(0, "(") {
        return false;
    }
    let mut depth = 0_usize;
    for (n, token) in input.rest().iter().enumerate() {
        match token.kind {
            TokenKind::Symbol("(") => depth += 1,
            TokenKind::Symbol(")") => depth -= 1,
            TokenKind::Symbol(";") => return false,
            _ => {}
        }
        if depth == 0 {
            return input.is_symbol(n + 1, "{");
        }
    }
    false
}

/// `(parameter, …) { let …; body }`
fn function(input: Tokens<'_>) -> PResult<'_, FunctionBody> {
    let start = input.position();
    let (input, parameters) = parameters(input)?;
    let (input, _) = symbol("{")(input)?;
    let (input, (statements, result)) = nested(input, body)?;
    let (input, _) = symbol("}")(input)?;
    Ok((
        input,
        FunctionBody {
            parameters,
            statements,
            result,
            span: input.span_from(start),
        },
    ))
}

fn parameters(input: Tokens<'_>) -> PResult<'_, Vec<Parameter>> {
    if input.is_symbol(0, "(") && input.is_symbol(1, ")") {
        return Ok((input.skip(2), Vec::new()));
    }
    in_round(comma_list1(parameter))(input)
}

/// Statements, then the result; a semicolon may stand behind it.
fn body(input: Tokens<'_>) -> PResult<'_, (Vec<Statement>, Expr)> {
    let mut input = input;
    let mut statements = Vec::new();
    loop {
        while input.is_symbol(0, ";") {
            input = input.skip(1);
        }
        let (rest, Some(kind)) = statement_kind(input)? else {
            break;
        };
        statements.push(Statement {
            kind,
            span: rest.span_from(input.position()),
        });
        let (rest, _) = symbol(";")(rest)?;
        input = rest;
    }
    let (input, result) = expr_or_pipeline(input)?;
    let (input, _) = opt(symbol(";")).parse(input)?;
    Ok((input, (statements, result)))
}

/// `name: type [= default]`, `name: (column: type, …)`, `name: (*)`
fn parameter(input: Tokens<'_>) -> PResult<'_, Parameter> {
    let start = input.position();
    let (input, name) = made_name(input)?;
    let (input, _) = symbol(":")(input)?;
    let (input, ty) = parameter_type(input)?;
    let (input, default) = match symbol("=")(input) {
        Ok((rest, _)) => super::expr::expr(rest).map(|(rest, default)| (rest, Some(default)))?,
        Err(_) => (input, None),
    };
    Ok((
        input,
        Parameter {
            name,
            ty,
            default,
            span: input.span_from(start),
        },
    ))
}

fn parameter_type(input: Tokens<'_>) -> PResult<'_, ParameterType> {
    if !input.is_symbol(0, "(") {
        missing(input, "(");
        return map(type_name, ParameterType::Scalar).parse(input);
    }
    if input.is_symbol(1, "*") {
        let (input, _) = symbol(")")(input.skip(2))?;
        return Ok((input, ParameterType::AnyTable));
    }
    if input.is_symbol(1, ")") {
        return Ok((input.skip(2), ParameterType::Table(Vec::new())));
    }
    map(
        in_round(comma_list1(column_declaration)),
        ParameterType::Table,
    )
    .parse(input)
}

/// `set option [= value]`
fn set(input: Tokens<'_>) -> PResult<'_, StatementKind> {
    let (input, option) = any_word(input)?;
    if !input.is_symbol(0, "=") {
        missing(input, "=");
        return Ok((
            input,
            StatementKind::Set {
                option,
                value: None,
            },
        ));
    }
    let input = input.skip(1);
    let (input, value) = match literal(input) {
        Ok(found) => found,
        Err(_) => map(any_word, |name| Expr {
            span: name.span,
            kind: ExprKind::Name(name),
        })
        .parse(input)?,
    };
    Ok((
        input,
        StatementKind::Set {
            option,
            value: Some(value),
        },
    ))
}

/// `declare query_parameters(name: type [= default], …)`
fn query_parameters(input: Tokens<'_>) -> PResult<'_, StatementKind> {
    map(parameters, StatementKind::QueryParameters).parse(input)
}

/// `declare pattern name = (…)[…] { … }`; without a body it is known by name only.
fn pattern(input: Tokens<'_>) -> PResult<'_, StatementKind> {
    if !input.is_symbol(1, "=") {
        return other(input, "declare pattern without a body");
    }
    let (input, name) = name(input)?;
    let (input, _) = symbol("=")(input)?;
    let (input, parameters) = in_round(comma_list1(parameter))(input)?;
    let (input, path) = if input.is_symbol(0, "[") {
        input.note_tight();
        let (input, path) = parameter(input.skip(1))?;
        let (input, _) = symbol("]")(input)?;
        (input, Some(path))
    } else {
        (input, None)
    };
    let (mut input, _) = symbol("{")(input)?;
    let mut cases = Vec::new();
    while !input.is_symbol(0, "}") {
        let (rest, case) = nested(input, pattern_case)?;
        cases.push(case);
        input = rest;
        while input.is_symbol(0, ";") {
            input = input.skip(1);
        }
    }
    let (input, _) = symbol("}")(input)?;
    Ok((
        input,
        StatementKind::Pattern(PatternDeclaration {
            name,
            parameters,
            path,
            cases,
        }),
    ))
}

/// `(value, …).[path] = { table }`
fn pattern_case(input: Tokens<'_>) -> PResult<'_, PatternCase> {
    let (input, values) = in_round(comma_list1(literal))(input)?;
    let (input, path) = if input.is_symbol(0, ".") {
        input.note_tight();
        let (input, _) = symbol("[")(input.skip(1))?;
        let (input, path) = literal(input)?;
        let (input, _) = symbol("]")(input)?;
        (input, Some(path))
    } else {
        (input, None)
    };
    let (input, _) = symbol("=")(input)?;
    let (input, _) = symbol("{")(input)?;
    let (input, body) = expr_or_pipeline(input)?;
    let (input, _) = opt(symbol(";")).parse(input)?;
    let (input, _) = symbol("}")(input)?;
    Ok((input, PatternCase { values, path, body }))
}

/// A statement that is known by name only: everything up to the next semicolon outside of brackets is skipped.
fn other<'a>(input: Tokens<'a>, name: &str) -> PResult<'a, StatementKind> {
    let (input, ()) = skip_to(input, &[";"])?;
    Ok((
        input,
        StatementKind::Other {
            name: name.to_owned(),
        },
    ))
}
