//! `parse`, `parse-where`, `parse-kv`: columns out of text.

use super::OperatorParameter;
use crate::ast::{ColumnDeclaration, Expr, Name};
use crate::types::Type;

/// `parse [kind=…] [flags=…] Source with Pattern…`
#[derive(Debug, Clone, PartialEq)]
pub struct Parse {
    /// `parse-where`: rows that do not match are dropped.
    pub only_matches: bool,
    pub parameters: Vec<OperatorParameter>,
    pub source: Expr,
    pub pattern: Vec<ParsePart>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum ParsePart {
    /// `*`: skip.
    Star,
    /// A literal text to find, or (kind=regex) a regular expression.
    Text(Expr),
    /// `Name[:type]`
    Column { name: Name, ty: Option<Type> },
}

/// `parse-kv Source as (Name: type, …) [with (option = value, …)]`
#[derive(Debug, Clone, PartialEq)]
pub struct ParseKv {
    pub source: Expr,
    pub columns: Vec<ColumnDeclaration>,
    pub options: Vec<OperatorParameter>,
}
