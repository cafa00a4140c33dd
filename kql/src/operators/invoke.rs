//! `invoke`: a function whose first parameter is the input table.

use crate::ast::Call;
use crate::span::Span;

/// `invoke Function(Arg, …)`
#[derive(Debug, Clone, PartialEq)]
pub struct Invoke {
    pub call: Call,
    pub span: Span,
}
