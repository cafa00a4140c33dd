//! huntql's own DataFusion functions by name: what a decoded plan needs to find its functions again.
//!
//! All of them are plain kernels or folds; none holds state of a query beyond literal arguments.

use datafusion::logical_expr::{AggregateUDF, ScalarUDF, WindowUDF};
use std::sync::Arc;

/// A scalar function, such as `kql_strlen(string)`, a conversion, or a list function.
pub fn scalar(name: &str) -> Option<Arc<ScalarUDF>> {
    crate::functions::by_name(name).or_else(|| crate::lists::by_name(name))
}

/// An aggregate, such as `kql_make_set(string,long)`.
pub fn aggregate(name: &str) -> Option<Arc<AggregateUDF>> {
    crate::aggregates::by_name(name)
}

/// A window function, such as `kql_prev(string)`.
pub fn window(name: &str) -> Option<Arc<WindowUDF>> {
    crate::windows::by_name(name)
}
