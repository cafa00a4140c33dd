//! Rules and hunts, from outside.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

#[path = "it/formats.rs"]
mod formats;
#[path = "it/public_rules.rs"]
mod public_rules;
#[path = "it/rules.rs"]
mod rules;
