//! From the syntax tree to the bound query.
//!
//! Binding never stops at an error: what cannot be bound is reported once and stands as [`Scalar::error`] or
//! [`Relation::unknown`], so that all errors of a text come out together. A query with errors is never lowered.

mod call;
mod compare;
pub(crate) mod facts;
pub mod forms;
mod function;
mod json_text;
mod learn;
pub(crate) mod names;
mod path;
mod pattern;
mod pipeline;
mod scalar;
mod scope;
mod statement;
pub(crate) mod variables;
pub(crate) mod window;

pub(crate) use learn::{Lessons, Missing, Question};
pub(crate) use pipeline::scan;
pub use scope::{Binding, Scope};
pub use statement::BoundScript;

use crate::catalog::Catalog;
use crate::ir::{BoundQuery, Relation, Scalar};
use crate::operators::summarize::Collecting;
use crate::query::QueryOptions;
use crate::windows::WindowCall;
use huntql_kql::ast::Script;
use huntql_kql::diagnostics::{Diagnostic, did_you_mean};
use huntql_kql::span::Span;
use huntql_kql::types::{Column, Type, Value};
use json_text::JsonTexts;
use variables::Variables;

/// Binds all statements of a text.
pub fn bind(
    script: &Script,
    catalog: &Catalog,
    options: &QueryOptions,
    lessons: &Lessons,
) -> BoundScript {
    let mut binder = Binder::new(catalog, options, lessons);
    let queries = statement::bind_script(&mut binder, script);
    BoundScript {
        queries,
        diagnostics: binder.diagnostics,
        questions: binder.questions,
        missing: binder.missing,
    }
}

/// Binds all statements of a text that may be wrong: what its queries give, and the names in force at its end.
pub fn standing(
    script: &Script,
    catalog: &Catalog,
    options: &QueryOptions,
    lessons: &Lessons,
) -> (Vec<BoundQuery>, Scope) {
    let mut binder = Binder::new(catalog, options, lessons);
    let queries = statement::bind_script(&mut binder, script);
    (queries, binder.scope)
}

/// How deep calls of user functions may nest.
const CALL_DEPTH_MAX: usize = 64;

/// The state of binding one text.
pub struct Binder<'a> {
    pub(crate) catalog: &'a Catalog,
    pub(crate) options: &'a QueryOptions,
    diagnostics: Vec<Diagnostic>,
    pub(crate) scope: Scope,
    /// Nesting of user functions.
    depth: usize,
    /// Window calls set aside by the operator that is being bound.
    windows: Vec<(String, WindowCall, Vec<Scalar>)>,
    /// Window calls so far: their columns' names count on.
    window_count: usize,
    /// Where aggregates go that stand inside an expression of `summarize`.
    pub(crate) collecting: Option<Collecting>,
    /// Nesting of bodies whose rows belong to many sub-tables (`mv-apply`).
    pub(crate) keyed: usize,
    /// What tells the sub-tables of each of those bodies apart: calls that look at other rows stay within them.
    pub(crate) keys: Vec<Column>,
    /// What earlier runs of this text's relations gave.
    lessons: &'a Lessons,
    /// Relations that must run before this text can be bound to its end.
    questions: Vec<Question>,
    missing: Missing,
    /// Steps of `scan`, variables of a graph's pattern.
    pub(crate) variables: Variables,
    /// Rows that each result may have: `set query_take_max_records`.
    take_max: Option<u64>,
    /// What `bin_auto` rounds to.
    bins: Bins,
    pub(crate) json_texts: JsonTexts,
}

/// `set query_bin_auto_size` and `set query_bin_auto_at`.
#[derive(Debug, Default)]
pub(crate) struct Bins {
    size: Option<Scalar>,
    at: Option<Scalar>,
}

/// What scalars of an operator can name: the columns of its input.
pub(crate) type Row<'r> = Option<&'r Relation>;

impl<'a> Binder<'a> {
    fn new(catalog: &'a Catalog, options: &'a QueryOptions, lessons: &'a Lessons) -> Self {
        Binder {
            catalog,
            options,
            diagnostics: Vec::new(),
            scope: Scope::default(),
            depth: 0,
            windows: Vec::new(),
            window_count: 0,
            collecting: None,
            keyed: 0,
            keys: Vec::new(),
            lessons,
            questions: Vec::new(),
            missing: Missing::default(),
            variables: Variables::default(),
            take_max: None,
            bins: Bins::default(),
            json_texts: JsonTexts::default(),
        }
    }
}

impl Binder<'_> {
    pub(crate) fn report(&mut self, diagnostic: Diagnostic) {
        if !self.diagnostics.contains(&diagnostic) {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Reports and gives the scalar that stands for what was reported.
    pub(crate) fn wrong(&mut self, diagnostic: Diagnostic) -> Scalar {
        self.report(diagnostic);
        Scalar::error()
    }

    pub(crate) fn unsupported(&mut self, span: Span, what: &str) {
        self.report(Diagnostic::unsupported(
            span,
            format!("{what} is not supported"),
        ));
    }

    /// What `bind` gives, or `None` with nothing reported when it names a table that is not there (`isfuzzy`).
    pub(crate) fn unless_tables_miss<T>(&mut self, bind: impl FnOnce(&mut Self) -> T) -> Option<T> {
        let before = self.diagnostics.len();
        let bound = bind(self);
        let misses = self.diagnostics[before..]
            .iter()
            .any(|diagnostic| diagnostic.code == facts::UNKNOWN_TABLE);
        if misses {
            self.diagnostics.truncate(before);
            return None;
        }
        Some(bound)
    }

    pub(crate) fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }

    /// A help line that names the nearest of the candidates.
    pub(crate) fn suggest<'c>(
        diagnostic: Diagnostic,
        read: &str,
        candidates: impl IntoIterator<Item = &'c str>,
    ) -> Diagnostic {
        match did_you_mean(read, candidates) {
            _ if diagnostic.help.is_some() => diagnostic,
            Some(candidate) => diagnostic.help(format!("did you mean `{candidate}`?")),
            None => diagnostic,
        }
    }

    /// A constant of a type, from a bound scalar; reported at `span` when it is none.
    pub(crate) fn constant(&mut self, scalar: &Scalar, ty: Type, span: Span) -> Option<Value> {
        if scalar.is_error() {
            return None;
        }
        let converted = self.convert(scalar.clone(), ty);
        match converted.as_literal() {
            Some(value) if value.ty() == ty => Some(value.clone()),
            _ => {
                self.report(facts::not_constant(span, ty));
                None
            }
        }
    }

    /// A whole number that must be constant, such as the count of `take`.
    pub(crate) fn constant_long(&mut self, scalar: &Scalar, span: Span) -> Option<i64> {
        match self.constant(scalar, Type::Long, span)? {
            Value::Long(Some(value)) => Some(value),
            _ => {
                self.report(facts::not_constant(span, Type::Long));
                None
            }
        }
    }
}
