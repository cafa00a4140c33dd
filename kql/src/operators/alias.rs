//! `as`: a name for the input, for later use in the query.

use super::OperatorParameter;
use crate::ast::Name;

/// `as [hint.materialized=…] Name`
#[derive(Debug, Clone, PartialEq)]
pub struct As {
    pub hints: Vec<OperatorParameter>,
    pub name: Name,
}
