//! What an unnamed column is called.
//!
//! Source: the behaviour of Microsoft's binder. A column, a path and some calls lend their own name; all else is `Column1`,
//! `Column2` … (`print_0` … in `print`). A name that is taken gets the first free number behind it.

use super::{Binder, facts, forms};
use crate::aggregates;
use crate::functions::{self, ResultName};
use crate::ir::{Scalar, ScalarKind};
use huntql_kql::ast::{Arg, Expr, ExprKind, NamedExpr};
use huntql_kql::span::Span;
use huntql_kql::types::Value;
use std::collections::HashSet;

/// The name that an expression lends to its column, if any.
pub(crate) fn lent(expr: &Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::Name(name) => Some(name.text.clone()),
        ExprKind::Paren(inner) => lent(inner),
        ExprKind::Member(object, name) => Some(behind(lent(object), &name.text)),
        ExprKind::Index(object, index) => match written_step(index) {
            Some(step) => Some(behind(lent(object), &step)),
            // What is computed has no name of its own.
            None => Some(format!("{}_", lent(object)?)),
        },
        ExprKind::Call(call) => {
            let first = || call.args.first().and_then(lent_by);
            let rule = forms::find(&call.name.text)
                .map(|form| form.result_name)
                .or_else(|| functions::find(&call.name.text).map(|row| row.result_name));
            match rule {
                Some(ResultName::FirstArgument) => first(),
                Some(ResultName::NameAndFirstArgument) => Some(match first() {
                    Some(first) => format!("{}_{first}", call.name.text),
                    None => format!("{}_", call.name.text),
                }),
                Some(ResultName::Prefix(prefix)) => {
                    Some(format!("{prefix}_{}", first().unwrap_or_default()))
                }
                Some(ResultName::Always(name)) => Some(name.to_string()),
                Some(ResultName::OnlyArgument) if call.args.len() == 1 => first(),
                Some(ResultName::Default | ResultName::OnlyArgument) => None,
                None => {
                    let aggregate = aggregates::find(&call.name.text)?;
                    aggregates::name_in_expression(aggregate, first().as_deref())
                }
            }
        }
        _ => None,
    }
}

/// The key or index of a step, when it is written out.
fn written_step(index: &Expr) -> Option<String> {
    let ExprKind::Literal(literal) = &index.kind else {
        return None;
    };
    match &literal.value {
        Value::String(key) => Some(key.clone()),
        Value::Long(Some(index)) if *index >= 0 => Some(index.to_string()),
        _ => None,
    }
}

/// A step into a value: its own name alone where the value lends none, as in `parse_url(x).Host`.
fn behind(object: Option<String>, step: &str) -> String {
    match object {
        Some(object) => format!("{object}_{step}"),
        None => step.to_string(),
    }
}

/// The name that an argument lends: one that was written in front of it, else its own.
pub(crate) fn lent_by(arg: &Arg) -> Option<String> {
    match &arg.name {
        Some(name) => Some(name.text.clone()),
        None => lent(&arg.value),
    }
}

/// Gives out the names of one operator's columns.
#[derive(Debug, Default)]
pub(crate) struct Names {
    taken: HashSet<String>,
    /// Those of them that were written, or are columns by themselves: they can be declared once.
    written: HashSet<String>,
    unnamed: usize,
    keeps_columns: bool,
    /// The input's columns, of an operator that keeps them.
    input: HashSet<String>,
}

impl Names {
    /// Names of an operator that keeps the input's columns, as `extend` does: a column by itself is no new one.
    pub fn beside(columns: impl IntoIterator<Item = String>) -> Self {
        let input: HashSet<String> = columns.into_iter().collect();
        Self {
            taken: input.clone(),
            written: HashSet::new(),
            unnamed: 0,
            keeps_columns: true,
            input,
        }
    }

    /// Takes a name as it is; false when it was taken before.
    pub fn take(&mut self, name: &str) -> bool {
        self.taken.insert(name.to_string())
    }

    /// A name that the query writes, or that of a column that stands by itself: numbered where a lent one has it already, unless the
    /// operator keeps columns and replaces that one. `None` when the name was declared before.
    pub fn declare(&mut self, name: &str) -> Option<String> {
        if self.written.contains(name) {
            return None;
        }
        let own = match self.keeps_columns {
            true => {
                self.take(name);
                name.to_string()
            }
            false => self.free(name),
        };
        self.written.insert(own.clone());
        Some(own)
    }

    /// [`Names::declare`] at its place in the query; what was declared before is reported.
    pub fn declared_at(&mut self, binder: &mut Binder<'_>, name: &str, span: Span) -> String {
        self.declare(name).unwrap_or_else(|| {
            binder.report(facts::duplicate_column(span, name));
            name.to_string()
        })
    }

    /// The name itself, or with the first number that makes it free.
    pub fn free(&mut self, name: &str) -> String {
        let mut candidate = name.to_string();
        let mut number = 0;
        while !self.take(&candidate) {
            number += 1;
            candidate = format!("{name}{number}");
        }
        candidate
    }

    /// `Column1`, `Column2` … by the number of the unnamed item. `extend` counts past the input's columns and replaces what it made
    /// itself; elsewhere a name that is taken gets a number behind it, `Column11`.
    pub fn unnamed(&mut self) -> String {
        loop {
            self.unnamed += 1;
            let candidate = format!("Column{}", self.unnamed);
            if self.input.contains(&candidate) {
                continue;
            }
            if self.keeps_columns {
                self.take(&candidate);
                return candidate;
            }
            return self.free(&candidate);
        }
    }

    /// The name of an item that has at most one: written, lent or numbered.
    pub fn of(&mut self, binder: &mut Binder<'_>, item: &NamedExpr, value: &Scalar) -> String {
        match (item.names.first(), lent(&item.value)) {
            (Some(name), _) => self.declared_at(binder, &name.text, name.span),
            (None, Some(lent)) if is_column(value, &lent) => {
                self.declared_at(binder, &lent, item.value.span)
            }
            // `extend tostring(Port)` replaces `Port`; a new column is replaced as well.
            (None, Some(lent)) if self.keeps_columns => {
                self.take(&lent);
                lent
            }
            (None, Some(lent)) => self.free(&lent),
            (None, None) => self.unnamed(),
        }
    }
}

/// Whether a value is the column of that name, as it is.
fn is_column(value: &Scalar, name: &str) -> bool {
    matches!(&value.kind, ScalarKind::Column(column) if column == name)
}
