//! `parse` and `parse-where`: columns out of a text by a pattern.
//!
//! What a pattern means is in [`crate::kernel::template`]. Rows that do not match get nulls and empty strings, or are dropped by
//! `parse-where`. Source: Kusto docs, "parse operator"; what may follow what in a pattern is from Microsoft's own binder.

use super::project::{beside, with_hidden};
use crate::bind::{Binder, facts};
use crate::ir::{Relation, Scalar, ScalarKind};
use crate::kernel::template::{Matcher, Template, TemplateKind, TemplatePart};
use huntql_kql::ast::{ExprKind, OperatorParameter, Parse, ParsePart};
use huntql_kql::diagnostics::Diagnostic;
use huntql_kql::span::Span;
use huntql_kql::types::{Column, Type, Value};

/// The hidden column that holds the array of the parsed texts.
const PARSED: &str = "__parsed";

/// Flags of regular expressions that mean the same here.
const FLAGS: &str = "imsU";

pub(super) fn bind(
    binder: &mut Binder<'_>,
    parse: &Parse,
    input: Relation,
    span: Span,
) -> Relation {
    let (kind, flags) = options(binder, &parse.parameters);
    let source = binder.scalar(&parse.source, Some(&input));
    let source = binder.convert(source, Type::String);
    let columns = columns(binder, parse);
    let template = Template {
        kind,
        flags,
        parts: parts(binder, parse, kind),
    };
    if let Err(error) = Matcher::new(template.clone(), 0) {
        binder.report(Diagnostic::binding("SEM0260", span, error.to_string()));
    }
    let text = serde_json::to_string(&template).expect("a template is plain data");
    let arguments = vec![source, Scalar::literal(Value::String(text))];
    let spans = [parse.source.span, span];
    let parsed = binder.operator("parsed_columns", arguments, &spans, span);
    let input = binder.with_windows(input);
    let mut input = with_hidden(input, PARSED, parsed);
    let parsed = Scalar::column(&Column::new(PARSED, Type::Dynamic));
    if parse.only_matches {
        let missing = Scalar::new(Type::Bool, ScalarKind::IsNull(Box::new(parsed.clone())));
        input = input.filtered(missing.negated());
    }
    let new = columns
        .into_iter()
        .enumerate()
        .map(|(index, column)| {
            let value = element(binder, &parsed, index, span);
            (column.name, binder.convert(value, column.ty))
        })
        .collect();
    let items = beside(&input, new);
    without_hidden(input.projected(items), PARSED)
}

/// The text at an index of an array of texts; `""` when the array is null.
pub(super) fn element(binder: &mut Binder<'_>, array: &Scalar, index: usize, span: Span) -> Scalar {
    let index = i64::try_from(index).expect("a pattern is short");
    let arguments = vec![array.clone(), Scalar::literal(Value::Long(Some(index)))];
    let element = binder.operator("dynamic_element", arguments, &[span, span], span);
    binder.convert(element, Type::String)
}

pub(super) fn without_hidden(mut relation: Relation, name: &str) -> Relation {
    relation.hidden.retain(|column| column.name != name);
    relation
}

fn options(binder: &mut Binder<'_>, parameters: &[OperatorParameter]) -> (TemplateKind, String) {
    let mut kind = TemplateKind::Simple;
    let mut flags = String::new();
    for parameter in parameters {
        let value = match &parameter.value.kind {
            ExprKind::Name(name) => name.text.clone(),
            ExprKind::Literal(literal) => match &literal.value {
                Value::String(text) => text.clone(),
                _ => String::new(),
            },
            _ => String::new(),
        };
        match (parameter.name.text.as_str(), value.as_str()) {
            ("kind", "simple") => kind = TemplateKind::Simple,
            ("kind", "relaxed") => kind = TemplateKind::Relaxed,
            ("kind", "regex") => kind = TemplateKind::Regex,
            ("flags", letters)
                if !letters.is_empty() && letters.chars().all(|letter| FLAGS.contains(letter)) =>
            {
                flags = letters.to_string();
            }
            ("flags", _) => binder.report(
                Diagnostic::unsupported(
                    parameter.span,
                    format!("the flags `{value}` are not supported"),
                )
                .help(format!("the flags are letters of `{FLAGS}`")),
            ),
            (name, _) => binder.report(Diagnostic::binding(
                "KS106",
                parameter.span,
                format!("`{name}={value}` is not known to `parse`"),
            )),
        }
    }
    if !flags.is_empty() && kind != TemplateKind::Regex {
        let span = parameters.last().map_or(Span::new(0, 0), |last| last.span);
        binder.report(Diagnostic::binding(
            "KS106",
            span,
            "`flags` belong to `kind=regex`",
        ));
    }
    (kind, flags)
}

/// The columns of the pattern in the order of the text; no type is `string`.
fn columns(binder: &mut Binder<'_>, parse: &Parse) -> Vec<Column> {
    let mut columns: Vec<Column> = Vec::new();
    for part in &parse.pattern {
        let ParsePart::Column { name, ty } = part else {
            continue;
        };
        if columns.iter().any(|column| column.name == name.text) {
            binder.report(facts::duplicate_column(name.span, &name.text));
        }
        columns.push(Column::new(name.text.clone(), ty.unwrap_or(Type::String)));
    }
    columns
}

/// The pattern's parts, texts that stand side by side as one.
fn parts(binder: &mut Binder<'_>, parse: &Parse, kind: TemplateKind) -> Vec<TemplatePart> {
    let mut parts: Vec<TemplatePart> = Vec::new();
    for part in &parse.pattern {
        match part {
            ParsePart::Star => {
                if let Some(TemplatePart::Column(ty)) = parts.last() {
                    star_behind(binder, *ty, kind, parse.source.span);
                }
                if parts.last() != Some(&TemplatePart::Star) {
                    parts.push(TemplatePart::Star);
                }
            }
            ParsePart::Text(expr) => {
                let scalar = binder.scalar(expr, None);
                let Some(Value::String(text)) = binder.constant(&scalar, Type::String, expr.span)
                else {
                    continue;
                };
                if kind == TemplateKind::Regex {
                    check_expression(binder, &text, expr.span);
                }
                match parts.last_mut() {
                    Some(TemplatePart::Text(before)) => before.push_str(&text),
                    _ => parts.push(TemplatePart::Text(text)),
                }
            }
            ParsePart::Column { name, ty } => {
                let ty = ty.unwrap_or(Type::String);
                column_behind(binder, parts.last(), name.span);
                check_type(binder, ty, kind, name.span);
                parts.push(TemplatePart::Column(ty));
            }
        }
    }
    parts
}

/// A `*` says nothing about where a text column ends; a whole number ends with its digits.
fn star_behind(binder: &mut Binder<'_>, ty: Type, kind: TemplateKind, span: Span) {
    match ty {
        Type::Int | Type::Long => {}
        Type::String => binder.report(
            Diagnostic::binding("KS103", span, "a `*` behind a string column is ambiguous")
                .help("put a text between them"),
        ),
        _ if kind == TemplateKind::Regex => {}
        other => binder.report(Diagnostic::unsupported(
            span,
            format!("a `*` behind a column of type {other} is not supported in `parse`"),
        )),
    }
}

/// In front of a column stands a text, or nothing at all.
fn column_behind(binder: &mut Binder<'_>, before: Option<&TemplatePart>, span: Span) {
    match before {
        None | Some(TemplatePart::Text(_)) => {}
        Some(TemplatePart::Star | TemplatePart::Column(_)) => binder.report(
            Diagnostic::binding("KS101", span, "a column has to follow a text here")
                .help("put a text in front of the column"),
        ),
    }
}

/// Types whose texts in a pattern are known.
fn check_type(binder: &mut Binder<'_>, ty: Type, kind: TemplateKind, span: Span) {
    let known = match kind {
        TemplateKind::Regex => matches!(ty, Type::String | Type::Int | Type::Long | Type::Datetime),
        TemplateKind::Simple | TemplateKind::Relaxed => ty != Type::Dynamic,
    };
    if !known {
        binder.report(
            Diagnostic::unsupported(
                span,
                format!("a column of type {ty} is not supported in this `parse`"),
            )
            .help(format!(
                "take it as a string, and convert it with `to{ty}(…)`"
            )),
        );
    }
}

/// An alternative at the top would reach over the columns beside it.
fn check_expression(binder: &mut Binder<'_>, text: &str, span: Span) {
    let (mut depth, mut class, mut escaped) = (0_i32, false, false);
    for letter in text.chars() {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            ']' => class = false,
            '[' => class = true,
            _ if class => {}
            '(' => depth += 1,
            ')' => depth -= 1,
            '|' if depth == 0 => {
                binder.report(
                    Diagnostic::unsupported(
                        span,
                        "`|` outside of brackets is not supported in `parse`",
                    )
                    .help("put the alternatives into brackets: `(a|b)`"),
                );
                return;
            }
            _ => {}
        }
    }
}
