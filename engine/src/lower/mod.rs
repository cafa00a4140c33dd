//! From the bound query to DataFusion's logical plan.
//!
//! Nothing the user can cause fails here: an error is ours and says so. Columns are named by [`column`] alone (DataFusion's
//! `col()` would lower their case); at every node names are unique and unqualified, and the plan's schema is the bound one.

mod frame;
mod path;
mod projection;
mod relation;
mod scalar;

pub use relation::shown;
pub(crate) use scalar::scalar_over;

use datafusion::common::Column;
use datafusion::prelude::Expr;

/// A column by its exact name.
pub(crate) fn column(name: &str) -> Expr {
    Expr::Column(Column::new_unqualified(name))
}
