//! Events at rest: the schemas of tables, the folder layout with its Delta log, append and scan.
//!
//! Not here: what a query means, where events come from, and anything printed.

mod compact;
pub mod error;
pub mod files;
mod index;
pub mod json;
mod layout;
pub mod log;
mod manifest;
mod members;
mod retain;
pub mod scan;
pub mod schema;
mod store;
mod vacuum;
mod verify;
pub mod words;
mod writer;

pub use compact::{Crowded, Optimized};
pub use error::{Result, StoreError};
pub use log::Transaction;
pub use manifest::SourceNote;
pub use retain::{Retained, Retention};
pub use scan::EventTable;
pub use scan::rows::{Rows, Wanted};
pub use schema::{TableSchema, arrow_schema, arrow_type};
pub use store::{DayRows, Store};
pub use verify::{Fault, Verified};
pub use writer::{Appended, Committed, Indexing, Ingest};
