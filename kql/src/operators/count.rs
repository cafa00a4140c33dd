//! `count`: how many rows.

use crate::ast::Name;

/// `count [as Name]`
#[derive(Debug, Clone, PartialEq)]
pub struct Count {
    pub name: Option<Name>,
}
