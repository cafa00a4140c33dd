//! What can be named behind a text that is still being typed: columns of its result, names of its `let` statements.

use crate::bind::{Binding, Lessons, standing};
use crate::query::{Engine, QueryOptions};
use huntql_kql::types::{Column, Type};

/// What is in force at the end of a text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Standing {
    /// The columns of the last tabular statement, the shown ones first. Empty when they are not known.
    pub columns: Vec<Column>,
    /// Names that `let`, parameters and `as` gave, sorted.
    pub names: Vec<(String, Named)>,
}

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    Scalar(Type),
    Table,
    Function,
}

impl Engine {
    /// What can be named behind `text`, whatever is wrong with it. Reads no rows.
    pub fn standing(&self, text: &str, options: &QueryOptions) -> Standing {
        let parsed = huntql_kql::parse(text);
        let lessons = Lessons::default();
        let (queries, scope) = standing(&parsed.script, self.catalog(), options, &lessons);
        let mut found = Standing::default();
        if let Some(last) = queries.into_iter().next_back() {
            found.columns = last.relation.columns;
            found.columns.extend(last.relation.hidden);
        }
        let named = |name: &str| match scope.get(name)? {
            Binding::Scalar(scalar) => Some(Named::Scalar(scalar.ty)),
            Binding::Table(_) => Some(Named::Table),
            Binding::Function(_) | Binding::Pattern(_) => Some(Named::Function),
        };
        found.names = scope
            .names()
            .filter_map(|name| Some((name.to_owned(), named(name)?)))
            .collect();
        found.names.sort_by(|a, b| a.0.cmp(&b.0));
        found
    }
}
