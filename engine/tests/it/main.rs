//! The engine from the outside.

#![allow(clippy::unwrap_used)]

mod answers;
mod codes;
mod hostile;
mod index;
mod limits;
mod lints;
mod members;
mod travel;
