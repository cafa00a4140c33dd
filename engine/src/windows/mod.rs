//! Functions that look at other rows of an ordered (serialized) input: `row_number`, `prev`, `next` and their like.
//!
//! Rows of a table, as scalar functions are. The kernel of such a function sees the whole input at once, in order; nothing
//! here sorts. An input without an order is refused by the binder.

mod kernels;
mod resolve;
mod row;
mod udwf;

#[cfg(test)]
mod tests;

pub use resolve::{WindowCall, find, names, resolve};
pub use row::{WindowFunction, WindowMeaning, WindowOverload, WindowParam};
pub use udwf::{by_name, lower};

/// All rows.
pub fn all() -> impl Iterator<Item = &'static WindowFunction> {
    row::FUNCTIONS.iter()
}
