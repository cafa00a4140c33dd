//! What KQL means: names and types bound, functions and aggregates, operators lowered to DataFusion plans, and their execution.
//!
//! Not here: the text of a query (kql), files and tables at rest (store), argument parsing, the terminal.

pub mod conversion;
pub mod functions;
pub mod kernel;
pub mod value;
