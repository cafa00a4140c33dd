//! The functions that ship with huntql, written in KQL.

use crate::catalog::SavedFunction;

/// `ProxyIPs()` and `WithoutProxyHops()`.
pub fn builtin_functions() -> Vec<SavedFunction> {
    Vec::new()
}
