//! Golden cases and house rules.
#![allow(clippy::unwrap_used)]

#[path = "it/golden.rs"]
mod golden;
#[path = "it/golden_file.rs"]
mod golden_file;
#[path = "it/tidy.rs"]
mod tidy;
