//! Types that a kernel can give.

use super::KernelResult;
use crate::value::DECIMAL_SCALE;
use datafusion::arrow::array::{
    BooleanArray, Decimal128Array, Float64Array, Int32Array, Int64Array, StringBuilder,
};
use std::borrow::Cow;
use std::sync::Arc;

/// One value of a result column.
pub trait Output: Sized {
    /// Builds the column; `None` from `row` is null.
    fn collect(rows: usize, row: impl Fn(usize) -> Option<Self>) -> KernelResult;
}

macro_rules! primitive_output {
    ($($value:ty => $array:ty),* $(,)?) => {$(
        impl Output for $value {
            fn collect(rows: usize, row: impl Fn(usize) -> Option<Self>) -> KernelResult {
                Ok(Arc::new((0..rows).map(row).collect::<$array>()))
            }
        }

        impl Output for Option<$value> {
            fn collect(rows: usize, row: impl Fn(usize) -> Option<Self>) -> KernelResult {
                Ok(Arc::new((0..rows).map(|i| row(i).flatten()).collect::<$array>()))
            }
        }
    )*};
}

primitive_output! {
    bool => BooleanArray,
    i32 => Int32Array,
    i64 => Int64Array,
    f64 => Float64Array,
}

impl Output for i128 {
    fn collect(rows: usize, row: impl Fn(usize) -> Option<Self>) -> KernelResult {
        let array: Decimal128Array = (0..rows).map(row).collect();
        Ok(Arc::new(array.with_precision_and_scale(38, DECIMAL_SCALE)?))
    }
}

impl Output for Option<i128> {
    fn collect(rows: usize, row: impl Fn(usize) -> Option<Self>) -> KernelResult {
        i128::collect(rows, |i| row(i).flatten())
    }
}

macro_rules! text_output {
    ($($value:ty),* $(,)?) => {$(
        impl Output for $value {
            fn collect(rows: usize, row: impl Fn(usize) -> Option<Self>) -> KernelResult {
                <Option<$value>>::collect(rows, |i| row(i).map(Some))
            }
        }

        impl Output for Option<$value> {
            fn collect(rows: usize, row: impl Fn(usize) -> Option<Self>) -> KernelResult {
                let mut builder = StringBuilder::with_capacity(rows, rows * 16);
                for i in 0..rows {
                    match row(i).flatten() {
                        Some(text) => builder.append_value(AsRef::<str>::as_ref(&text)),
                        None => builder.append_null(),
                    }
                }
                Ok(Arc::new(builder.finish()))
            }
        }
    )*};
}

text_output!(String, &str, Cow<'_, str>);
