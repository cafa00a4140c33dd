//! KQL text to syntax and back: tokens, tree, parser, diagnostics, formatter, and the types that every other room shares.
//!
//! Not here: what a name means, how a query runs, files, printing.

pub mod ast;
pub mod complete;
pub mod diagnostics;
mod format;
pub mod lexer;
pub mod operators;
mod parser;
pub mod span;
pub mod terms;
pub mod time;
pub mod types;

pub use format::format;
pub use parser::{HEIGHT_MAX, NESTING_MAX, Parsed, parse};
