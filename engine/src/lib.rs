//! What KQL means: names and types bound, functions and aggregates, operators lowered to DataFusion plans, and their execution.
//!
//! Not here: the text of a query (kql), files and tables at rest (store), argument parsing, the terminal.

pub mod aggregates;
pub mod catalog;
pub mod conversion;
pub mod functions;
pub mod json;
pub mod kernel;
mod query;
mod saved;
pub mod value;

pub use catalog::{Catalog, SavedFunction, Table};
pub use query::{
    Answer, Checked, Engine, EngineOptions, QueryError, QueryOptions, RenderAnnotation, ResultSet,
};
