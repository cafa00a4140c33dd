//! Series as texts of JSON, and rows of several values.

use crate::conversion::dynamic_of_real;
use crate::json::{Array, Kind, items, kind, number};
use crate::kernel::{Args, KernelError, KernelResult, collect};

/// Elements as reals; `None` when it is no array or one is no number.
pub(in crate::functions) fn reals(json: &str) -> Option<Vec<f64>> {
    if kind(json) != Kind::Array {
        return None;
    }
    items(json).map(real).collect()
}

/// A number, or nothing.
pub(in crate::functions) fn real(json: &str) -> Option<f64> {
    (kind(json) == Kind::Number)
        .then(|| number(json))
        .flatten()
        .map(|number| number.as_real())
}

/// An array of reals.
pub(in crate::functions) fn list(values: impl IntoIterator<Item = f64>) -> String {
    let mut array = Array::default();
    for value in values {
        array.push(Some(&dynamic_of_real(value)));
    }
    array.finish()
}

/// An array of JSON texts.
pub(in crate::functions) fn pack<const N: usize>(values: [String; N]) -> String {
    let mut array = Array::default();
    values.iter().for_each(|value| array.push(Some(value)));
    array.finish()
}

/// A column by row, each row free to fail.
pub(in crate::functions) fn rows(
    args: &Args<'_>,
    row: impl Fn(usize) -> Result<Option<String>, KernelError>,
) -> KernelResult {
    let values = (0..args.rows()).map(row).collect::<Result<Vec<_>, _>>()?;
    collect(args, |at| values[at].clone())
}

/// Why a row cannot be answered.
pub(in crate::functions) fn refused(index: usize, message: &str) -> KernelError {
    KernelError::Argument {
        index,
        message: message.to_owned(),
    }
}

/// What nulls and other things that are no finite numbers do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::functions) enum NotFinite {
    LeftOut,
    /// They make the whole null.
    Spoils,
}

pub(in crate::functions) fn numbers(
    json: &str,
    not_finite: NotFinite,
) -> Option<Vec<(usize, f64)>> {
    if kind(json) != Kind::Array {
        return None;
    }
    let mut found = Vec::new();
    for (at, item) in items(json).enumerate() {
        match real(item).filter(|value| value.is_finite()) {
            Some(value) => found.push((at, value)),
            None if not_finite == NotFinite::LeftOut => {}
            None => return None,
        }
    }
    Some(found)
}
