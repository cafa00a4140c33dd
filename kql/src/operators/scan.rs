//! `scan`: sequences of rows that match steps.

use super::{OperatorParameter, SortKey};
use crate::ast::{ColumnDeclaration, Expr, Name, NamedExpr};

/// `scan [with_match_id=Name] [declare (Name: type [= default], …)] with ( step Name [output=…]: Condition [=> Column = Value, …]; … )`
#[derive(Debug, Clone, PartialEq)]
pub struct Scan {
    pub parameters: Vec<OperatorParameter>,
    pub declare: Vec<ScanColumn>,
    pub order: Vec<SortKey>,
    pub partition_by: Vec<Expr>,
    pub steps: Vec<ScanStep>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ScanColumn {
    pub column: ColumnDeclaration,
    pub default: Option<Expr>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ScanStep {
    pub name: Name,
    pub optional: bool,
    /// `all`, `last` or `none` as written.
    pub output: Option<Name>,
    pub condition: Expr,
    pub assignments: Vec<NamedExpr>,
}
