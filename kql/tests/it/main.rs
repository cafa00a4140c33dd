//! The corpus of public queries, when it is there.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod corpus;
