//! `getschema`: the columns of the input as rows.

/// `getschema`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Getschema;
