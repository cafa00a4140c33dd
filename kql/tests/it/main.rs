//! The parser and the formatter from outside: public queries, and damaged ones.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod corpus;
mod hostile;
