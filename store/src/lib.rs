//! Events at rest: the schemas of tables, the folder layout with its Delta log, append and scan.
//!
//! Not here: what a query means, where events come from, and anything printed.

pub mod error;
pub mod schema;

pub use error::{Result, StoreError};
pub use schema::{TableSchema, arrow_schema, arrow_type};
