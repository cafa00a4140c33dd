//! The syntax tree. A span on every level; nothing here knows what a name means.

mod expr;
mod same;
mod statement;

pub use crate::operators::*;
pub use expr::*;
pub use same::same_but_for_spans;
pub use statement::*;
