//! Arithmetic on columns. Integers wrap around; a datetime that leaves the calendar is null.

use super::{Args, Json, KernelResult};
use crate::conversion::{DECIMAL_ONE, dynamic_of_real};
use crate::json::{Number, number};
use datafusion::arrow::array::{ArrayRef, Datum, Scalar};
use datafusion::arrow::compute::kernels::numeric;
use datafusion::arrow::datatypes::i256;
use datafusion::arrow::error::ArrowError;
use huntql_kql::time::MAX_DATETIME;
use huntql_kql::types::Type;
use std::sync::Arc;

type Vectorised = fn(&dyn Datum, &dyn Datum) -> Result<ArrayRef, ArrowError>;

pub(crate) fn add_numbers(args: &Args<'_>) -> KernelResult {
    vectorised(args, numeric::add_wrapping)
}

pub(crate) fn subtract_numbers(args: &Args<'_>) -> KernelResult {
    vectorised(args, numeric::sub_wrapping)
}

pub(crate) fn multiply_numbers(args: &Args<'_>) -> KernelResult {
    vectorised(args, numeric::mul_wrapping)
}

/// Division by zero gives infinity or NaN.
pub(crate) fn divide_reals(args: &Args<'_>) -> KernelResult {
    vectorised(args, numeric::div)
}

fn vectorised(args: &Args<'_>, kernel: Vectorised) -> KernelResult {
    let scalar = |index: usize| Scalar::new(Arc::clone(args.column(index)));
    Ok(match (args.is_constant(0), args.is_constant(1)) {
        (true, false) => kernel(&scalar(0), args.column(1))?,
        (false, true) => kernel(args.column(0), &scalar(1))?,
        (true, true) | (false, false) => kernel(args.column(0), args.column(1))?,
    })
}

/// A datetime moved by a timespan; `None` when the timespan is none or the calendar (0001 to 9999) is left.
pub(crate) fn datetime_plus(at: i64, span: Option<i64>) -> Option<i64> {
    at.checked_add(span?)
        .filter(|ticks| (0..=MAX_DATETIME).contains(ticks))
}

/// Rest of a division between 0 and `|b|`; `None` for zero.
pub(crate) fn modulo_long(a: i64, b: i64) -> Option<i64> {
    (b != 0).then(|| a.wrapping_rem_euclid(b))
}

/// Rest of a division between 0 and `|b|`; NaN for zero.
pub(crate) fn modulo_real(a: f64, b: f64) -> f64 {
    a.rem_euclid(b)
}

/// Product of scaled decimals, cut to the scale.
pub(crate) fn decimal_multiply(a: i128, b: i128) -> Option<i128> {
    let product = i256::from_i128(a).checked_mul(i256::from_i128(b))?;
    product.checked_div(i256::from_i128(DECIMAL_ONE))?.to_i128()
}

/// Quotient of scaled decimals, cut to the scale; `None` for zero.
pub(crate) fn decimal_divide(a: i128, b: i128) -> Option<i128> {
    let scaled = i256::from_i128(a).checked_mul(i256::from_i128(DECIMAL_ONE))?;
    scaled.checked_div(i256::from_i128(b))?.to_i128()
}

/// The timespan in argument `span` times the number in argument `factor`, to the nearest tick.
pub(crate) fn scale_timespan(args: &Args<'_>, span: usize, factor: usize) -> KernelResult {
    let ticks = args.input::<i64>(span);
    match args.ty(factor) {
        Type::Int => {
            let factor = args.input::<i32>(factor);
            super::collect(args, |row| {
                ticks.get(row)?.checked_mul(i64::from(factor.get(row)?))
            })
        }
        Type::Long => {
            let factor = args.input::<i64>(factor);
            super::collect(args, |row| ticks.get(row)?.checked_mul(factor.get(row)?))
        }
        Type::Decimal => {
            let factor = args.input::<i128>(factor);
            super::collect(args, |row| {
                let product = i128::from(ticks.get(row)?).checked_mul(factor.get(row)?)?;
                i64::try_from(product / DECIMAL_ONE).ok()
            })
        }
        _ => {
            let factor = args.input::<f64>(factor);
            super::collect(args, |row| {
                rounded(ticks.get(row)? as f64 * factor.get(row)?)
            })
        }
    }
}

/// The timespan in argument 0 divided by the number in argument 1: cut for an integer, else to the nearest tick. Null for zero.
pub(crate) fn share_timespan(args: &Args<'_>) -> KernelResult {
    let ticks = args.input::<i64>(0);
    match args.ty(1) {
        Type::Int => {
            let divisor = args.input::<i32>(1);
            super::collect(args, |row| {
                ticks.get(row)?.checked_div(i64::from(divisor.get(row)?))
            })
        }
        Type::Long => {
            let divisor = args.input::<i64>(1);
            super::collect(args, |row| ticks.get(row)?.checked_div(divisor.get(row)?))
        }
        Type::Decimal => {
            let divisor = args.input::<i128>(1);
            super::collect(args, |row| {
                let scaled = i128::from(ticks.get(row)?) * DECIMAL_ONE;
                scaled
                    .checked_div(divisor.get(row)?)
                    .and_then(|span| i64::try_from(span).ok())
            })
        }
        _ => {
            let divisor = args.input::<f64>(1);
            super::collect(args, |row| {
                rounded(ticks.get(row)? as f64 / divisor.get(row)?)
            })
        }
    }
}

/// The nearest long; `None` when there is none (NaN, infinity, too large).
fn rounded(value: f64) -> Option<i64> {
    crate::conversion::truncated(value.round())
}

pub(crate) fn add_dynamic(args: &Args<'_>) -> KernelResult {
    dynamic(args, |a, b| Some(a.wrapping_add(b)), |a, b| a + b)
}

pub(crate) fn subtract_dynamic(args: &Args<'_>) -> KernelResult {
    dynamic(args, |a, b| Some(a.wrapping_sub(b)), |a, b| a - b)
}

pub(crate) fn multiply_dynamic(args: &Args<'_>) -> KernelResult {
    dynamic(args, |a, b| Some(a.wrapping_mul(b)), |a, b| a * b)
}

pub(crate) fn divide_dynamic(args: &Args<'_>) -> KernelResult {
    dynamic(
        args,
        |a, b| (b != 0).then(|| a.wrapping_div(b)),
        |a, b| a / b,
    )
}

pub(crate) fn modulo_dynamic(args: &Args<'_>) -> KernelResult {
    dynamic(args, modulo_long, modulo_real)
}

/// Arithmetic of two dynamic numbers: of longs when both are, else of reals. Null for what is no number.
fn dynamic(
    args: &Args<'_>,
    longs: fn(i64, i64) -> Option<i64>,
    reals: fn(f64, f64) -> f64,
) -> KernelResult {
    args.map2(|Json(a), Json(b)| match (number(a)?, number(b)?) {
        (Number::Long(a), Number::Long(b)) => longs(a, b).map(|value| value.to_string()),
        (a, b) => Some(dynamic_of_real(reals(a.as_real(), b.as_real()))),
    })
}

pub(crate) fn negate_dynamic(args: &Args<'_>) -> KernelResult {
    args.map1(|Json(json)| match number(json)? {
        Number::Long(value) => Some(value.wrapping_neg().to_string()),
        Number::Real(value) => Some(dynamic_of_real(-value)),
    })
}
