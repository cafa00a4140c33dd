//! How many bytes the values of a row take: what stands behind `estimate_data_size`.
//!
//! The page: by type and value, 8 for a long, its length for a string. It tells no number of other types: theirs are those of their
//! widths, and a dynamic counts as its text.

use super::row::{Overload, Param, ScalarFunction, example, row, variadic};
use crate::kernel::{Args, Json, KernelResult, collect};
use huntql_kql::types::Type;

const DATA_SIZE: &[Overload] = &[variadic(&[Param::Any], Type::Long, data_size)];

pub const OPERATORS: &[ScalarFunction] = &[row(
    "data_size",
    DATA_SIZE,
    "kusto/query/estimate-data-size-function",
    "Sums the bytes of its arguments.",
    &[
        example(
            "toscalar(print X = 1, Text = 'née' | project estimate_data_size(X, Text))",
            "12",
        ),
        example(
            "toscalar(print X = dynamic([1]), Text = '' | project estimate_data_size(X, Text))",
            "3",
        ),
    ],
)];

fn data_size(args: &Args<'_>) -> KernelResult {
    let mut sizes = vec![0_i64; args.rows()];
    for index in 0..args.len() {
        let size: Box<dyn Fn(usize) -> usize + '_> = match args.ty(index) {
            Type::String => {
                let texts = args.input::<&str>(index);
                Box::new(move |row| texts.get(row).map_or(0, str::len))
            }
            Type::Dynamic => {
                let values = args.input::<Json<'_>>(index);
                Box::new(move |row| values.get(row).map_or(0, |Json(json)| json.len()))
            }
            Type::Bool => Box::new(|_| 1),
            Type::Int => Box::new(|_| 4),
            Type::Guid | Type::Decimal => Box::new(|_| 16),
            Type::Long | Type::Real | Type::Datetime | Type::Timespan => Box::new(|_| 8),
        };
        for (row, sum) in sizes.iter_mut().enumerate() {
            *sum += size(row) as i64;
        }
    }
    collect(args, |row| Some(sizes[row]))
}
