//! Everything that a query can call, in the words of its row: for help and completion.

use crate::bind::forms;
use crate::functions::{self, Example, ScalarFunction};
use crate::reference::signature;
use crate::{aggregates, operators, windows};

/// A function of the language.
#[derive(Debug, Clone)]
pub struct Described {
    pub name: &'static str,
    pub kind: Callable,
    /// One for each overload; at least the name with brackets.
    pub signatures: Vec<String>,
    pub doc: &'static str,
    /// The page of the reference, `kusto/query/…`.
    pub source: &'static str,
    pub examples: &'static [Example],
}

/// Where a function can be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Callable {
    /// Wherever a value stands.
    Scalar,
    /// In `summarize` and its kin.
    Aggregate,
    /// Over rows that have an order.
    Window,
}

/// All of them, by name.
pub fn described() -> Vec<Described> {
    let mut all: Vec<Described> = functions::all()
        .chain(functions::several())
        .map(scalar)
        .collect();
    all.extend(forms::all().map(|form| {
        let (name, doc, source) = (form.name, form.doc, form.source);
        plain(name, Callable::Scalar, doc, source, form.examples)
    }));
    all.extend(aggregates::all().map(|row| {
        plain(
            row.name,
            Callable::Aggregate,
            row.doc,
            row.source,
            row.examples,
        )
    }));
    all.extend(windows::all().map(|row| {
        plain(
            row.name,
            Callable::Window,
            row.doc,
            row.source,
            row.examples,
        )
    }));
    all.sort_by_key(|function| function.name);
    all
}

fn scalar(row: &'static ScalarFunction) -> Described {
    let signatures = row
        .overloads
        .iter()
        .map(|overload| signature(row.name, overload))
        .collect();
    Described {
        signatures,
        ..plain(
            row.name,
            Callable::Scalar,
            row.doc,
            row.source,
            row.examples,
        )
    }
}

/// A row whose overloads say nothing that an example does not say better.
fn plain(
    name: &'static str,
    kind: Callable,
    doc: &'static str,
    source: &'static str,
    examples: &'static [Example],
) -> Described {
    let call = examples.first().map(|example| example.call);
    let signature = call.filter(|call| call.len() < 60 && call.starts_with(name));
    Described {
        name,
        kind,
        signatures: vec![signature.map_or_else(|| format!("{name}()"), str::to_owned)],
        doc,
        source,
        examples,
    }
}

/// Plugins of `evaluate`.
pub fn plugins() -> impl Iterator<Item = &'static str> {
    operators::evaluate::plugins()
}

/// What `render` takes.
pub fn visualizations() -> &'static [&'static str] {
    operators::render::VISUALIZATIONS
}
