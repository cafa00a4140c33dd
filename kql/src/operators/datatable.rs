//! `datatable`: a table written in the query; `externaldata`: one that lies elsewhere.

use super::OperatorParameter;
use crate::ast::{ColumnDeclaration, Expr};

/// `datatable(a: long, …) [value, …]`, row by row.
#[derive(Debug, Clone, PartialEq)]
pub struct Datatable {
    pub columns: Vec<ColumnDeclaration>,
    pub values: Vec<Expr>,
}

/// `externaldata(a: long, …) [uri, …] with (format = …)`
#[derive(Debug, Clone, PartialEq)]
pub struct Externaldata {
    pub columns: Vec<ColumnDeclaration>,
    pub uris: Vec<Expr>,
    pub parameters: Vec<OperatorParameter>,
}
