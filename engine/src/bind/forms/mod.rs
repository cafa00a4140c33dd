//! Calls that are more than a function of their arguments' values: branches, the clock, tables as arguments.
//!
//! Rows like those of the functions, with a binding of their own instead of a kernel.

mod choices;
mod columns;
mod surroundings;

use super::{Binder, Row, facts};
use crate::conversion::common_type;
use crate::functions::{Example, ResultName};
use crate::ir::Scalar;
use huntql_kql::ast::Call;
use huntql_kql::span::Span;
use huntql_kql::types::Type;

/// A special form.
pub struct Form {
    pub name: &'static str,
    pub aliases: &'static [&'static str],
    pub result_name: ResultName,
    pub doc: &'static str,
    pub source: &'static str,
    pub examples: &'static [Example],
    pub bind: fn(&mut Binder<'_>, &Call, Span, Row<'_>) -> Scalar,
}

const fn form(
    name: &'static str,
    aliases: &'static [&'static str],
    source: &'static str,
    doc: &'static str,
    examples: &'static [Example],
    bind: fn(&mut Binder<'_>, &Call, Span, Row<'_>) -> Scalar,
) -> Form {
    Form {
        name,
        aliases,
        result_name: ResultName::Default,
        doc,
        source,
        examples,
        bind,
    }
}

const FAMILIES: [&[Form]; 3] = [choices::FORMS, surroundings::FORMS, columns::FORMS];

/// Every special form.
pub fn all() -> impl Iterator<Item = &'static Form> {
    FAMILIES.into_iter().flatten()
}

/// The form of a name or alias.
pub fn find(name: &str) -> Option<&'static Form> {
    all().find(|form| form.name == name || form.aliases.contains(&name))
}

pub fn names() -> impl Iterator<Item = &'static str> {
    all().map(|form| form.name)
}

/// Binds the arguments when their number lies between `least` and `most`.
fn arguments(
    binder: &mut Binder<'_>,
    call: &Call,
    span: Span,
    row: Row<'_>,
    least: usize,
    most: usize,
) -> Option<Vec<Scalar>> {
    let count = call.args.len();
    if count < least || count > most {
        let expected = if least == most {
            format!("{least} arguments")
        } else {
            format!("{least} or more arguments")
        };
        binder.report(facts::wrong_count(span, &call.name.text, count, &expected));
        return None;
    }
    Some(
        call.args
            .iter()
            .map(|arg| binder.scalar(&arg.value, row))
            .collect(),
    )
}

/// Converts values to the one type that they have in common; reported when there is none.
fn unified(binder: &mut Binder<'_>, values: Vec<Scalar>, spans: &[Span]) -> Option<Vec<Scalar>> {
    if values.iter().any(Scalar::is_error) {
        return None;
    }
    let Some(ty) = common_type(values.iter().map(|value| value.ty)) else {
        let first = values.first().map_or(Type::Dynamic, |value| value.ty);
        let differs = |value: &Scalar| common_type([first, value.ty].into_iter()).is_none();
        let (read, span) = values
            .iter()
            .zip(spans)
            .find(|(value, _)| differs(value))
            .map_or((first, Span::default()), |(value, span)| (value.ty, *span));
        let wanted = format!("a {first}, as in the other values,");
        binder.report(facts::wrong_type(span, read, &wanted));
        return None;
    };
    Some(
        values
            .into_iter()
            .map(|value| binder.convert(value, ty))
            .collect(),
    )
}

fn spans(call: &Call) -> Vec<Span> {
    call.args.iter().map(|arg| arg.value.span).collect()
}
