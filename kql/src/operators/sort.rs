//! `sort` (and `order`), and the sort keys that other operators share.

use super::OperatorParameter;
use crate::ast::NamedExpr;
use crate::span::Span;

/// `sort by Key [asc|desc] [nulls first|last], …`
#[derive(Debug, Clone, PartialEq)]
pub struct Sort {
    pub hints: Vec<OperatorParameter>,
    pub keys: Vec<SortKey>,
}

/// A key with what was written; the defaults (`desc`; nulls last for `desc`, first for `asc`) are the binder's.
#[derive(Debug, Clone, PartialEq)]
pub struct SortKey {
    pub value: NamedExpr,
    pub direction: Option<Direction>,
    pub nulls: Option<Nulls>,
    pub span: Span,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Asc,
    Desc,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nulls {
    First,
    Last,
}
