//! Columns that hold JSON and that one portal declares as a string where the other has them as dynamic, and what the query calls
//! them by. Members of any other string are an error in both.
//!
//! Source: advanced hunting's schema (strings); public hunts for Log Analytics, which ask for members without `parse_json`.

use huntql_kql::ast::{Expr, ExprKind};
use huntql_kql::types::Value;
use std::collections::HashSet;

const COLUMNS: [&str; 2] = ["AdditionalFields", "LoggedOnUsers"];

/// The names so far under which a query has such a column.
#[derive(Debug, Default)]
pub(crate) struct JsonTexts {
    other_names: HashSet<String>,
}

impl JsonTexts {
    /// Notes that a column is given this name.
    pub fn named(&mut self, name: &str, value: &Expr) {
        if self.is_one(value) {
            self.other_names.insert(name.to_owned());
        }
    }

    pub fn renamed(&mut self, new: &str, old: &str) {
        if self.has(old) {
            self.other_names.insert(new.to_owned());
        }
    }

    /// Whether an expression is such a column, by itself or through `column_ifexists`.
    pub fn is_one(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Name(name) => self.has(&name.text),
            ExprKind::Paren(inner) => self.is_one(inner),
            ExprKind::Call(call) if call.name.text == "column_ifexists" => {
                call.args.first().is_some_and(|arg| match &arg.value.kind {
                    ExprKind::Literal(literal) => {
                        matches!(&literal.value, Value::String(name) if self.has(name))
                    }
                    _ => self.is_one(&arg.value),
                })
            }
            _ => false,
        }
    }

    /// A join puts a number behind the name of its right side's column.
    fn has(&self, name: &str) -> bool {
        let bare = name.trim_end_matches(|character: char| character.is_ascii_digit());
        COLUMNS.contains(&bare)
            || self.other_names.contains(name)
            || self.other_names.contains(bare)
    }
}
