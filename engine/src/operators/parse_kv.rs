//! `parse-kv`: columns out of the keys and values of a text.
//!
//! How pairs are read is in [`crate::kernel::pairs`]. Without delimiters a key is one word of letters and digits: the reference does
//! not say what another one would mean. Source: Kusto docs, "parse-kv operator".

use super::parse::{element, without_hidden};
use super::project::{beside, with_hidden};
use crate::bind::{Binder, facts};
use crate::ir::{Relation, Scalar};
use crate::kernel::pairs::{PairShape, PairSpec};
use crate::kernel::pattern;
use huntql_kql::ast::{OperatorParameter, ParseKv};
use huntql_kql::diagnostics::Diagnostic;
use huntql_kql::span::Span;
use huntql_kql::types::{Column, Type, Value};

const PARSED: &str = "__parsed";

pub(super) fn bind(
    binder: &mut Binder<'_>,
    parse: &ParseKv,
    input: Relation,
    span: Span,
) -> Relation {
    let source = binder.scalar(&parse.source, Some(&input));
    let source = binder.convert(source, Type::String);
    let mut columns: Vec<Column> = Vec::new();
    for column in &parse.columns {
        if columns.iter().any(|have| have.name == column.name.text) {
            binder.report(facts::duplicate_column(column.name.span, &column.name.text));
        }
        if column.ty == Type::Dynamic {
            binder.unsupported(column.span, "a column of type dynamic in `parse-kv`");
        }
        columns.push(Column::new(column.name.text.clone(), column.ty));
    }
    let keys = columns.iter().map(|column| column.name.clone()).collect();
    let parsed = match shape(binder, &parse.options, span) {
        Some(PairShape::Words { .. }) if !are_words(binder, parse) => Scalar::error(),
        Some(shape) => {
            let text = serde_json::to_string(&PairSpec { keys, shape })
                .expect("a specification is plain data");
            let arguments = vec![source, Scalar::literal(Value::String(text))];
            binder.operator("parsed_pairs", arguments, &[parse.source.span, span], span)
        }
        None => Scalar::error(),
    };
    let input = with_hidden(binder.with_windows(input), PARSED, parsed);
    let parsed = Scalar::column(&Column::new(PARSED, Type::Dynamic));
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

/// Whether each key is one word; one that is none is reported.
fn are_words(binder: &mut Binder<'_>, parse: &ParseKv) -> bool {
    let is_word = |text: &str| !text.is_empty() && text.chars().all(char::is_alphanumeric);
    match parse.columns.iter().find(|c| !is_word(&c.name.text)) {
        Some(column) => {
            let what = format!(
                "the key `{}` in `parse-kv` without delimiters",
                column.name.text
            );
            binder.unsupported(column.name.span, &what);
            false
        }
        None => true,
    }
}

/// How the pairs are told apart; `None` when something was reported.
fn shape(binder: &mut Binder<'_>, options: &[OperatorParameter], span: Span) -> Option<PairShape> {
    let mut is_greedy = false;
    let (mut pair, mut key, mut regex) = (None, None, None);
    let (mut quotes, mut escapes) = (Vec::new(), Vec::new());
    for option in options {
        let name = option.name.text.as_str();
        if name == "greedy" {
            let value = binder.scalar(&option.value, None);
            let value = binder.constant(&value, Type::Bool, option.value.span)?;
            is_greedy = value == Value::Bool(Some(true));
            continue;
        }
        let value = binder.scalar(&option.value, None);
        let Value::String(text) = binder.constant(&value, Type::String, option.value.span)? else {
            return None;
        };
        let letters: Vec<char> = text.chars().collect();
        match (name, letters.as_slice()) {
            ("pair_delimiter", [_, ..]) => pair = Some(text),
            ("kv_delimiter", [_, ..]) => key = Some(text),
            ("quote", [both]) => quotes.push((*both, *both)),
            ("quote", [open, close]) => quotes.push((*open, *close)),
            ("escape", [escape]) => escapes.push(*escape),
            ("regex", _) => {
                check_expression(binder, &text, option.value.span)?;
                regex = Some(text);
            }
            _ => {
                binder.report(Diagnostic::binding(
                    "KS106",
                    option.span,
                    format!("`{name}` with this value is not known to `parse-kv`"),
                ));
                return None;
            }
        }
    }
    match (pair, key, regex) {
        (None, None, Some(regex)) if quotes.is_empty() && escapes.is_empty() => {
            Some(PairShape::Regex(regex))
        }
        (Some(pair), Some(key), None) if is_greedy => {
            if !quotes.is_empty() || !escapes.is_empty() {
                binder.unsupported(span, "`greedy` beside quotes in `parse-kv`");
                return None;
            }
            Some(PairShape::Greedy { pair, key })
        }
        (Some(pair), Some(key), None) => Some(PairShape::Delimited {
            pair,
            key,
            quotes,
            escapes,
        }),
        (_, _, Some(_)) => {
            binder.report(Diagnostic::binding(
                "KS106",
                span,
                "`regex` stands by itself in `parse-kv`",
            ));
            None
        }
        (None, None, None) if !is_greedy => Some(PairShape::Words { quotes, escapes }),
        (_, _, None) => {
            binder.report(
                Diagnostic::unsupported(
                    span,
                    "`parse-kv` with one of its delimiters is not supported",
                )
                .help("say `with (pair_delimiter = …, kv_delimiter = …)`"),
            );
            None
        }
    }
}

/// The expression has one group for the key and one for the value.
fn check_expression(binder: &mut Binder<'_>, text: &str, span: Span) -> Option<()> {
    match pattern::compile(text, 0) {
        Ok(regex) if regex.captures_len() == 3 => Some(()),
        Ok(_) => {
            binder.report(Diagnostic::binding(
                "KS106",
                span,
                "the expression needs two groups: the key and the value",
            ));
            None
        }
        Err(error) => {
            binder.report(Diagnostic::binding("SEM0260", span, error.to_string()));
            None
        }
    }
}
