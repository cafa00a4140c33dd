//! Types that a kernel can read.

use datafusion::arrow::array::{
    Array, ArrayRef, BooleanArray, Decimal128Array, Float64Array, Int32Array, Int64Array,
    StringArray,
};

/// One value of an argument column.
pub trait Input<'a>: Sized + 'a {
    type Array: 'static;

    fn downcast(array: &'a ArrayRef) -> &'a Self::Array {
        array
            .as_any()
            .downcast_ref::<Self::Array>()
            .expect("the binder converted the argument to the parameter's type")
    }

    /// `None` when the value is null and the kernel must not see it.
    fn read(array: &'a Self::Array, row: usize) -> Option<Self>;
}

macro_rules! primitive_input {
    ($($value:ty => $array:ty),* $(,)?) => {$(
        impl<'a> Input<'a> for $value {
            type Array = $array;

            #[inline]
            fn read(array: &'a $array, row: usize) -> Option<$value> {
                (!array.is_null(row)).then(|| array.value(row))
            }
        }
    )*};
}

primitive_input! {
    bool => BooleanArray,
    i32 => Int32Array,
    // `long`, and the ticks of `datetime` and `timespan`.
    i64 => Int64Array,
    f64 => Float64Array,
    // `decimal`, scaled by `value::DECIMAL_SCALE`.
    i128 => Decimal128Array,
}

/// A string, also the text of a guid when nulls were dealt with. Null reads as `""`: KQL strings are never null.
impl<'a> Input<'a> for &'a str {
    type Array = StringArray;

    #[inline]
    fn read(array: &'a StringArray, row: usize) -> Option<&'a str> {
        Some(if array.is_null(row) {
            ""
        } else {
            array.value(row)
        })
    }
}

/// The JSON text of a `dynamic` (or the text of a `guid`). Null makes the row null.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Json<'a>(pub &'a str);

impl<'a> Input<'a> for Json<'a> {
    type Array = StringArray;

    #[inline]
    fn read(array: &'a StringArray, row: usize) -> Option<Json<'a>> {
        (!array.is_null(row)).then(|| Json(array.value(row)))
    }
}

/// A kernel that wants to see nulls itself.
impl<'a, T: Input<'a>> Input<'a> for Option<T> {
    type Array = T::Array;

    #[inline]
    fn read(array: &'a T::Array, row: usize) -> Option<Option<T>> {
        Some(T::read(array, row))
    }
}
