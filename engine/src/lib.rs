//! What KQL means: names and types bound, functions and aggregates, operators lowered to DataFusion plans, and their execution.
//!
//! Not here: the text of a query (kql), files and tables at rest (store), argument parsing, the terminal.

pub mod aggregates;
mod bind;
pub mod catalog;
mod codes;
pub mod conversion;
pub mod described;
#[cfg(test)]
mod examples;
mod execute;
mod external;
pub mod functions;
mod gauge;
mod into_text;
mod ir;
pub mod kernel;
mod latest;
pub mod lints;
mod lists;
mod lower;
mod operators;
mod optimizer;
mod overloads;
mod program;
mod prune;
mod query;
mod range;
pub mod reference;
pub mod registry;
mod saved;
mod stage;
mod standing;
mod stop;
pub mod support;
pub mod travel;
pub mod value;
pub mod windows;

pub use bind::forms;
pub use catalog::{Catalog, OtherUrls, Reading, SavedFunction, Table, Times, Watchlist};
pub use execute::theirs as execution_error;
pub use gauge::{Gauge, Work};
pub use huntql_store::json;
pub use query::{
    Answer, Checked, Engine, EngineOptions, QueryError, QueryOptions, RenderAnnotation, ResultSet,
};
pub use standing::{Named, Standing};
pub use stop::within;
