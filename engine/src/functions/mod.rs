//! The scalar functions of KQL: rows of a table, by family.
//!
//! A row holds the function's names, its overloads with their kernels, how an unnamed result column is called, a doc line,
//! its page of the reference and examples that run as tests. Nothing matches on a name anywhere else.

mod resolve;
mod row;
mod udf;

mod addresses;
mod agents;
mod arithmetic;
mod arrays;
mod bags;
mod bins;
mod compression;
mod conversions;
mod datetime;
mod doubt;
mod encoding;
mod geo_buffers;
mod geo_cells;
mod geo_lines;
mod geo_overlaps;
mod geo_points;
mod geo_shapes;
mod geo_simplify;
mod hashing;
mod intermediate;
mod ip;
mod ip6;
mod math;
mod networks;
mod operators_dynamic;
mod operators_json;
mod operators_parse;
mod operators_real;
mod operators_text;
mod parsing;
mod periods;
mod series;
mod series_bins;
mod series_whole;
mod sizes;
mod strings;
mod strings_find;
mod strings_regex;
mod tuples;
mod two_lines;
mod units;
mod versions;
pub mod volatile;
mod xml;

pub use resolve::{Callable, call, find, fold, names, operator, resolve};
pub use row::{
    Example, Overload, Param, ResultName, Returns, ScalarFunction, example, overload, variadic,
};
pub use tuples::{Columns, SORTING, columns};
pub use udf::{by_name, convert_udf, scalar_udf};

/// Every family's rows.
pub const FAMILIES: &[&[ScalarFunction]] = &[
    arrays::FUNCTIONS,
    bags::FUNCTIONS,
    bins::FUNCTIONS,
    compression::FUNCTIONS,
    conversions::FUNCTIONS,
    datetime::FUNCTIONS,
    periods::FUNCTIONS,
    math::FUNCTIONS,
    strings::FUNCTIONS,
    strings_find::FUNCTIONS,
    strings_regex::FUNCTIONS,
    encoding::FUNCTIONS,
    geo_buffers::FUNCTIONS,
    geo_cells::FUNCTIONS,
    geo_lines::FUNCTIONS,
    geo_overlaps::FUNCTIONS,
    geo_points::FUNCTIONS,
    geo_shapes::FUNCTIONS,
    geo_simplify::FUNCTIONS,
    hashing::FUNCTIONS,
    parsing::FUNCTIONS,
    intermediate::FUNCTIONS,
    ip::FUNCTIONS,
    ip6::FUNCTIONS,
    series::FUNCTIONS,
    series_whole::FUNCTIONS,
    units::FUNCTIONS,
    versions::FUNCTIONS,
    volatile::FUNCTIONS,
    xml::FUNCTIONS,
];

/// All rows.
pub fn all() -> impl Iterator<Item = &'static ScalarFunction> {
    FAMILIES.iter().flat_map(|family| family.iter())
}

/// Rows of operators: the binder names them, a query cannot.
pub const OPERATOR_FAMILIES: &[&[ScalarFunction]] = &[
    addresses::OPERATORS,
    agents::OPERATORS,
    arithmetic::OPERATORS,
    doubt::OPERATORS,
    intermediate::OPERATORS,
    networks::OPERATORS,
    series_bins::OPERATORS,
    operators_dynamic::OPERATORS,
    operators_json::OPERATORS,
    operators_parse::OPERATORS,
    operators_real::OPERATORS,
    operators_text::OPERATORS,
    sizes::OPERATORS,
    tuples::FUNCTIONS,
];

/// All rows of operators.
pub fn all_operators() -> impl Iterator<Item = &'static ScalarFunction> {
    OPERATOR_FAMILIES.iter().flat_map(|family| family.iter())
}

/// Rows of functions that give several columns: a query calls them where columns are made.
pub fn several() -> impl Iterator<Item = &'static ScalarFunction> {
    tuples::FUNCTIONS.iter()
}
