//! `render`: how a result should be drawn. Kept as an annotation; it changes no row.

use super::OperatorParameter;
use crate::ast::Name;

/// `render Visualization [with (property = value, …)]`; the older form without brackets is read too.
#[derive(Debug, Clone, PartialEq)]
pub struct Render {
    pub visualization: Name,
    pub properties: Vec<OperatorParameter>,
}
