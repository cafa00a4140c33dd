//! Lines and curves through a series.

use super::texts::{list, pack, reals, refused, rows};
use crate::conversion::dynamic_of_real;
use crate::kernel::series;
use crate::kernel::{Args, Json, KernelError, KernelResult};

/// A line through a series and how well it fits.
pub(in crate::functions) struct Fit {
    pub line: series::Line,
    pub rsquare: f64,
    pub variance: f64,
    pub rvariance: f64,
    pub values: Vec<f64>,
}

/// # Errors
/// For a level series, whose `rsquare` no page tells.
pub(in crate::functions) fn fit(values: &[f64]) -> Result<Option<Fit>, KernelError> {
    if values.len() < 2 {
        return Ok(None);
    }
    let variance = series::variance(values);
    if variance == 0.0 {
        return Err(refused(
            0,
            "a line through a series of equal values is not supported",
        ));
    }
    let line = series::fit_line(values);
    let fitted: Vec<f64> = (0..values.len()).map(|at| line.at(at)).collect();
    let rvariance = rest_variance(values, &fitted);
    Ok(Some(Fit {
        line,
        rsquare: 1.0 - rvariance / variance,
        variance,
        rvariance,
        values: fitted,
    }))
}

pub(in crate::functions) fn rest_variance(values: &[f64], fitted: &[f64]) -> f64 {
    let squares: f64 = values
        .iter()
        .zip(fitted)
        .map(|(value, fit)| (value - fit).powi(2))
        .sum();
    squares / (values.len() - 1) as f64
}

pub(in crate::functions) fn fit_line(args: &Args<'_>) -> KernelResult {
    let input = args.input::<Json<'_>>(0);
    rows(args, |row| {
        let Some(values) = input.get(row).and_then(|Json(json)| reals(json)) else {
            return Ok(None);
        };
        Ok(fit(&values)?.map(|fit| {
            pack([
                dynamic_of_real(fit.rsquare),
                dynamic_of_real(fit.line.slope),
                dynamic_of_real(fit.variance),
                dynamic_of_real(fit.rvariance),
                dynamic_of_real(fit.line.interception),
                list(fit.values),
            ])
        }))
    })
}

pub(in crate::functions) fn fit_polynomial(args: &Args<'_>) -> KernelResult {
    let y = args.input::<Json<'_>>(0);
    let x = (args.len() > 1).then(|| args.input::<Json<'_>>(1));
    let degree = (args.len() > 2).then(|| args.input::<i64>(2));
    rows(args, |row| {
        let read = || {
            let y = reals(y.get(row)?.0)?;
            let x = match &x {
                Some(x) => reals(x.get(row)?.0)?,
                None => (1..=y.len()).map(|place| place as f64).collect(),
            };
            let degree = match &degree {
                Some(degree) => usize::try_from(degree.get(row)?).ok()?,
                None => 1,
            };
            (x.len() == y.len() && y.len() > 1).then_some((x, y, degree))
        };
        let Some((x, y, degree)) = read() else {
            return Ok(None);
        };
        let variance = series::variance(&y);
        if variance == 0.0 {
            return Err(refused(
                0,
                "a polynomial through a series of equal values is not supported",
            ));
        }
        Ok(series::fit_polynomial(&x, &y, degree).map(|coefficients| {
            let fitted: Vec<f64> = x
                .iter()
                .map(|x| series::polynomial(&coefficients, *x))
                .collect();
            let rvariance = rest_variance(&y, &fitted);
            pack([
                dynamic_of_real(1.0 - rvariance / variance),
                list(coefficients.into_iter().rev()),
                dynamic_of_real(variance),
                dynamic_of_real(rvariance),
                list(fitted),
            ])
        }))
    })
}
