//! The binder's messages, with Kusto's codes where the condition is Kusto's.

use huntql_kql::diagnostics::Diagnostic;
use huntql_kql::span::Span;
use huntql_kql::types::Type;

pub fn unknown_column(span: Span, name: &str) -> Diagnostic {
    Diagnostic::binding("KS142", span, format!("`{name}` is not a known column"))
        .labelled("no such column")
}

pub const UNKNOWN_TABLE: &str = "KS204";

pub fn unknown_table(span: Span, name: &str) -> Diagnostic {
    Diagnostic::binding(
        UNKNOWN_TABLE,
        span,
        format!("`{name}` is not a known table"),
    )
    .labelled("no such table")
}

pub fn unknown_function(span: Span, name: &str) -> Diagnostic {
    Diagnostic::binding("KS211", span, format!("`{name}` is not a known function"))
        .labelled("no such function")
}

pub fn wrong_count(span: Span, name: &str, read: usize, expected: &str) -> Diagnostic {
    let plural = if read == 1 { "argument" } else { "arguments" };
    Diagnostic::binding(
        "KS119",
        span,
        format!("`{name}` takes {expected}, not {read} {plural}"),
    )
}

pub fn wrong_type(span: Span, read: Type, wanted: &str) -> Diagnostic {
    Diagnostic::binding(
        "KS107",
        span,
        format!("a value of type {read} stands where {wanted} is needed"),
    )
    .labelled(format!("this is {read}"))
}

pub fn incomparable(span: Span, left: Type, right: Type) -> Diagnostic {
    Diagnostic::binding(
        "SEM0064",
        span,
        format!("a {left} cannot be compared with a {right}"),
    )
    .help(format!(
        "convert one side, for instance with `to{}(…)`",
        if left == Type::Dynamic { right } else { left }
    ))
}

pub fn not_constant(span: Span, ty: Type) -> Diagnostic {
    Diagnostic::binding(
        "KS103",
        span,
        format!("a constant of type {ty} is needed here"),
    )
}

pub fn negative(span: Span, what: &str, value: i64) -> Diagnostic {
    Diagnostic::binding(
        "KS190",
        span,
        format!("{what} cannot be negative, and it is {value}"),
    )
}

pub fn duplicate_column(span: Span, name: &str) -> Diagnostic {
    Diagnostic::binding(
        "KS124",
        span,
        format!("a column named `{name}` stands here already"),
    )
}

pub fn table_expected(span: Span) -> Diagnostic {
    Diagnostic::binding(
        "KS106",
        span,
        "a table is needed here, and this is a single value".to_string(),
    )
}

pub fn scalar_expected(span: Span, name: &str) -> Diagnostic {
    Diagnostic::binding(
        "KS107",
        span,
        format!("`{name}` is a table, and a single value is needed here"),
    )
    .help("`toscalar(…)` takes the first value of a table")
}

pub fn no_input(span: Span, name: &str) -> Diagnostic {
    Diagnostic::binding(
        "KS106",
        span,
        format!("`{name}` is a column's place, but there are no columns here"),
    )
}

/// `f(name = value)` of a function without named arguments.
pub(crate) fn named_argument(span: Span, name: &str) -> Diagnostic {
    Diagnostic::unsupported(
        span,
        format!("the named argument `{name}` is not supported"),
    )
}

/// A function of the language that is not there, and why where that is known.
pub(crate) fn unsupported_function(span: Span, name: &str) -> Diagnostic {
    let diagnostic =
        Diagnostic::unsupported(span, format!("the function `{name}` is not supported"));
    match crate::support::reason(name) {
        Some(reason) => diagnostic.help(reason),
        None => diagnostic,
    }
}
