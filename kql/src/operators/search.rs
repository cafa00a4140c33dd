//! `search` and `find`: a predicate over many tables and all their columns.

use super::OperatorParameter;
use crate::ast::{Expr, Name, Pipeline};
use crate::types::Type;

/// `search [kind=…] [in (Table, …)] Predicate`
#[derive(Debug, Clone, PartialEq)]
pub struct Search {
    pub parameters: Vec<OperatorParameter>,
    /// Tables by name, perhaps with `*`; empty means all (or the input, behind a pipe).
    pub tables: Vec<Pipeline>,
    pub predicate: Expr,
}

/// `find [withsource=…] [in (Table, …)] where Predicate [project …|project-smart] [project-away …]`
#[derive(Debug, Clone, PartialEq)]
pub struct Find {
    pub parameters: Vec<OperatorParameter>,
    pub tables: Vec<Pipeline>,
    pub predicate: Expr,
    pub project: FindProject,
    pub project_away: Vec<Name>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum FindProject {
    /// Nothing written, or `project-smart`.
    Smart,
    Columns {
        items: Vec<FindColumn>,
        pack: bool,
    },
}

/// `Name[: type]`
#[derive(Debug, Clone, PartialEq)]
pub struct FindColumn {
    pub name: Name,
    pub ty: Option<Type>,
}
