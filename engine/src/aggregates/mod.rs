//! The aggregates of KQL: rows of a table, by family.
//!
//! A row holds the names, the overloads with their meaning, how unnamed result columns are called, a doc line, the page of
//! the reference, and examples. The meaning is DataFusion's own aggregate where that is the same, else a [`fold::Fold`].
//!
//! An aggregate may give several columns (`arg_max`, `percentiles`, `take_any`): each is a DataFusion aggregate of its own.
//! Those of one call see the same rows in the same order and decide by the same rule, so they pick the same row.

pub(crate) mod cell;
mod columns;
mod fold;
pub(crate) mod intermediate;
mod json;
mod lower;
mod resolve;
mod row;
mod udaf;

mod averages;
mod collect;
mod counting;
mod distinct;
mod moments;
mod numbered;
mod pairs;
mod percentile;
mod percentile_array;
mod picked;
mod reduce;
mod schema;
mod sketch;

#[cfg(test)]
mod tests;

pub use columns::{OutputColumn, name_in_expression, output_columns};
pub(crate) use distinct::is_dcount_of_text;
pub use fold::Folding;
pub use lower::lower;
pub(crate) use numbered::{dcount_of_numbers, is_dcount_of_numbers};
pub use resolve::{AggregateCall, find, names, resolve};
pub use row::{Aggregate, AggregateName, AggregateOverload, Meaning, Takes};
pub use udaf::by_name;

/// Every family's rows.
pub const FAMILIES: &[&[Aggregate]] = &[
    counting::AGGREGATES,
    intermediate::AGGREGATES,
    reduce::AGGREGATES,
    averages::AGGREGATES,
    collect::AGGREGATES,
    picked::AGGREGATES,
    percentile::AGGREGATES,
    percentile_array::AGGREGATES,
    moments::AGGREGATES,
    schema::AGGREGATES,
];

/// All rows.
pub fn all() -> impl Iterator<Item = &'static Aggregate> {
    FAMILIES.iter().flat_map(|family| family.iter())
}
