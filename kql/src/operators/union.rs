//! `union`: the rows of several tables.

use super::OperatorParameter;
use crate::ast::Pipeline;

/// `union [kind=…] [withsource=…] [isfuzzy=…] [hint.…] Table, …`
///
/// A leg that is a name may hold `*` wildcards.
#[derive(Debug, Clone, PartialEq)]
pub struct Union {
    pub parameters: Vec<OperatorParameter>,
    pub legs: Vec<Pipeline>,
}
