//! `evaluate`: a plugin.

use super::OperatorParameter;
use crate::ast::{Call, ColumnDeclaration};
use crate::span::Span;

/// `evaluate [hint.…] Plugin(Arg, …) [: (Column: type, …)]`
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluate {
    pub hints: Vec<OperatorParameter>,
    pub call: Call,
    /// The declared output; `*` first keeps the input's columns.
    pub schema: Option<EvaluateSchema>,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub struct EvaluateSchema {
    pub star: bool,
    pub columns: Vec<ColumnDeclaration>,
}
