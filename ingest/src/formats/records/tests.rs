//! Records of each vendor, split and told their kind.
#![allow(clippy::unwrap_used)]
