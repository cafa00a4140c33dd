//! Datetimes and timespans.

use super::row::ScalarFunction;

pub const FUNCTIONS: &[ScalarFunction] = &[];
