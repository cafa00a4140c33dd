//! The syntax tree. A span on every level; nothing here knows what a name means.

mod expr;
mod statement;

pub use crate::operators::*;
pub use expr::*;
pub use statement::*;
