//! The syntax tree. A span on every level; nothing here knows what a name means.

mod expr;
mod same;
mod statement;
mod walk;

pub use crate::operators::*;
pub use expr::*;
pub use same::same_but_for_spans;
pub use statement::*;
pub use walk::{Part, walk_expr, walk_operator, walk_pipeline, walk_script};
