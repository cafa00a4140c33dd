//! Mathematics: rounding, powers and logarithms, angles, bits, gamma and error functions.

use super::row::{Overload, ResultName, ScalarFunction, example, is, overload, row};
use crate::conversion::{DECIMAL_ONE, real_of_decimal};
use crate::kernel;
use crate::kernel::special::{beta_cdf, beta_inv, beta_pdf, welch_test};
use crate::kernel::{Args, KernelResult, collect};
use huntql_kql::types::Type::{self, Bool, Decimal, Int, Long, Real, Timespan};

/// Overloads of a function from a real to a real, also for decimals.
macro_rules! real {
    ($function:expr) => {{
        const OVERLOADS: &[Overload] = &[
            overload(&[is(Real)], Real, kernel!(|x: f64| $function(x))),
            overload(
                &[is(Decimal)],
                Real,
                kernel!(|x: i128| $function(real_of_decimal(x))),
            ),
        ];
        OVERLOADS
    }};
}

/// Overloads of a function from two longs to a long.
macro_rules! longs {
    ($function:expr) => {{
        const OVERLOADS: &[Overload] = &[overload(
            &[is(Long), is(Long)],
            Long,
            kernel!(|a: i64, b: i64| $function(a, b)),
        )];
        OVERLOADS
    }};
}

const ABS: &[Overload] = &[
    overload(&[is(Long)], Long, kernel!(|x: i64| x.wrapping_abs())),
    overload(&[is(Real)], Real, kernel!(|x: f64| x.abs())),
    overload(&[is(Decimal)], Decimal, kernel!(|x: i128| x.abs())),
    overload(&[is(Timespan)], Timespan, kernel!(|x: i64| x.checked_abs())),
];
const CEILING: &[Overload] = &[
    overload(&[is(Int)], Int, kernel!(|x: i32| x)),
    overload(&[is(Long)], Long, kernel!(|x: i64| x)),
    overload(&[is(Real)], Real, kernel!(|x: f64| x.ceil())),
    overload(
        &[is(Decimal)],
        Decimal,
        kernel!(|x: i128| {
            x.checked_add((DECIMAL_ONE - x.rem_euclid(DECIMAL_ONE)) % DECIMAL_ONE)
        }),
    ),
];
const ROUND: &[Overload] = &[
    overload(&[is(Int), is(Long)], Int, round_int).optional(1),
    overload(&[is(Long), is(Long)], Long, round_long).optional(1),
    overload(&[is(Real), is(Long)], Real, round_real).optional(1),
    overload(&[is(Decimal), is(Long)], Decimal, round_decimal).optional(1),
];
const SIGN: &[Overload] = &[
    overload(
        &[is(Real)],
        Real,
        kernel!(|x: f64| if x > 0.0 {
            1.0
        } else if x < 0.0 {
            -1.0
        } else {
            x * 0.0
        }),
    ),
    overload(&[is(Decimal)], Real, kernel!(|x: i128| x.signum() as f64)),
];
const POW: &[Overload] = &[overload(
    &[is(Real), is(Real)],
    Real,
    kernel!(|x: f64, y: f64| x.powf(y)),
)];
const ATAN2: &[Overload] = &[overload(
    &[is(Real), is(Real)],
    Real,
    kernel!(|y: f64, x: f64| y.atan2(x)),
)];
const PI: &[Overload] = &[overload(&[], Real, |args| {
    collect(args, |_| Some(std::f64::consts::PI))
})];
const NOT: &[Overload] = &[overload(&[is(Bool)], Bool, kernel!(|x: bool| !x))];
const BINARY_NOT: &[Overload] = &[overload(&[is(Long)], Long, kernel!(|x: i64| !x))];
const COUNT_ONES: &[Overload] = &[overload(
    &[is(Long)],
    Long,
    kernel!(|x: i64| i64::from(x.count_ones())),
)];
const TOHEX: &[Overload] = &[
    overload(&[is(Int), is(Long)], Type::String, |args| {
        hex::<i32>(args, |x| format!("{x:x}"))
    })
    .optional(1),
    overload(&[is(Long), is(Long)], Type::String, |args| {
        hex::<i64>(args, |x| format!("{x:x}"))
    })
    .optional(1),
];

const BETA_CDF: &[Overload] = &[overload(
    &[is(Real), is(Real), is(Real)],
    Real,
    kernel!(|x: f64, a: f64, b: f64| beta_cdf(x, a, b)),
)];
const BETA_INV: &[Overload] = &[overload(
    &[is(Real), is(Real), is(Real)],
    Real,
    kernel!(|p: f64, a: f64, b: f64| beta_inv(p, a, b)),
)];
const BETA_PDF: &[Overload] = &[overload(
    &[is(Real), is(Real), is(Real)],
    Real,
    kernel!(|x: f64, a: f64, b: f64| beta_pdf(x, a, b)),
)];
const WELCH_TEST: &[Overload] = &[overload(
    &[is(Real), is(Real), is(Real), is(Real), is(Real), is(Real)],
    Real,
    welch,
)];

pub const FUNCTIONS: &[ScalarFunction] = &[
    row("abs", ABS, "kusto/query/abs-function", "Gives the absolute value.", &[
            example("abs(-5)", "5"),
            example("abs(-1.5)", "1.5"),
            example("abs(-1h)", "1h"),
        ],).named(ResultName::FirstArgument),
    row("ceiling", CEILING, "kusto/query/ceiling-function", "Gives the smallest whole number that is not less.", &[
            example("ceiling(-1.1)", "-1.0"),
            example("ceiling(0.9)", "1.0"),
        ],).named(ResultName::FirstArgument),
    row("round", ROUND, "kusto/query/round-function", "Rounds to a number of digits after the point, halves away from zero; a negative number rounds before the point.", &[
            example("round(2.98765, 3)", "2.988"),
            example("round(2.15, 1)", "2.2"),
            example("round(-50.55, -2)", "-100.0"),
            example("round(21.5, -1)", "20.0"),
            example("round(decimal(2.345), 2)", "decimal(2.35)"),
            example("round(decimal(-2.5))", "decimal(-3)"),
        ],).named(ResultName::FirstArgument),
    row("sign", SIGN, "kusto/query/sign-function", "Gives 1, 0 or -1 by the sign.", &[example("sign(-42)", "-1.0"), example("sign(11.2)", "1.0")],),
    row("sqrt", real!(|x: f64| (x >= 0.0).then(|| x.sqrt())), "kusto/query/sqrt-function", "Gives the square root; null for a negative number.", &[
            example("sqrt(16)", "4.0"),
            example("sqrt(-1)", "real(null)"),
        ],).named(ResultName::FirstArgument),
    row("exp", real!(f64::exp), "kusto/query/exp-function", "Gives e to a power.", &[
            example("exp(0)", "1.0"),
            example("exp(1)", "2.718281828459045"),
        ],).named(ResultName::FirstArgument),
    row("exp2", real!(f64::exp2), "kusto/query/exp2-function", "Gives 2 to a power.", &[example("exp2(3)", "8.0"), example("exp2(-1)", "0.5")],).named(ResultName::FirstArgument),
    row("exp10", real!(|x: f64| 10_f64.powf(x)), "kusto/query/exp10-function", "Gives 10 to a power.", &[example("exp10(3)", "1000.0"), example("exp10(0)", "1.0")],).named(ResultName::FirstArgument),
    row("log", real!(|x: f64| (x >= 0.0).then(|| x.ln())), "kusto/query/log-function", "Gives the natural logarithm; null for a negative number.", &[
            example("log(5)", "1.6094379124341003"),
            example("log(-1)", "real(null)"),
        ],).named(ResultName::FirstArgument),
    row("log2", real!(|x: f64| (x >= 0.0).then(|| x.log2())), "kusto/query/log2-function", "Gives the logarithm to base 2; null for a negative number.", &[example("log2(8)", "3.0"), example("log2(-1)", "real(null)")],).named(ResultName::FirstArgument),
    row("log10", real!(|x: f64| (x >= 0.0).then(|| x.log10())), "kusto/query/log10-function", "Gives the logarithm to base 10; null for a negative number.", &[
            example("log10(1000)", "3.0"),
            example("log10(-1)", "real(null)"),
        ],).named(ResultName::FirstArgument),
    row("pow", POW, "kusto/query/pow-function", "Raises a number to a power.", &[example("pow(2, 3)", "8.0"), example("pow(4, 0.5)", "2.0")],).named(ResultName::FirstArgument),
    row("sin", real!(f64::sin), "kusto/query/sin-function", "Gives the sine of an angle in radians.", &[example("sin(0)", "0.0"), example("sin(pi() / 2)", "1.0")],).named(ResultName::FirstArgument),
    row("cos", real!(f64::cos), "kusto/query/cos-function", "Gives the cosine of an angle in radians.", &[example("cos(0)", "1.0"), example("cos(pi())", "-1.0")],).named(ResultName::FirstArgument),
    row("tan", real!(f64::tan), "kusto/query/tan-function", "Gives the tangent of an angle in radians.", &[
            example("tan(0)", "0.0"),
            example("round(tan(pi() / 4), 9)", "1.0"),
        ],).named(ResultName::FirstArgument),
    row("cot", real!(|x: f64| 1.0 / x.tan()), "kusto/query/cot-function", "Gives the cotangent of an angle in radians.", &[
            example("round(cot(1), 9)", "0.642092616"),
            example("round(cot(pi() / 4), 9)", "1.0"),
        ],),
    row("asin", real!(|x: f64| (-1.0..=1.0).contains(&x).then(|| x.asin())), "kusto/query/asin-function", "Gives the angle of a sine; null outside of -1 to 1.", &[example("asin(0)", "0.0"), example("asin(2)", "real(null)")],).named(ResultName::FirstArgument),
    row("acos", real!(|x: f64| (-1.0..=1.0).contains(&x).then(|| x.acos())), "kusto/query/acos-function", "Gives the angle of a cosine; null outside of -1 to 1.", &[example("acos(1)", "0.0"), example("acos(2)", "real(null)")],).named(ResultName::FirstArgument),
    row("atan", real!(f64::atan), "kusto/query/atan-function", "Gives the angle of a tangent.", &[
            example("atan(0.5)", "0.4636476090008061"),
            example("atan(0)", "0.0"),
        ],).named(ResultName::FirstArgument),
    row("atan2", ATAN2, "kusto/query/atan2-function", "Gives the angle to the point (x, y).", &[
            example("atan2(0, 1)", "0.0"),
            example("atan2(0, -1)", "3.141592653589793"),
        ],).named(ResultName::FirstArgument),
    row("radians", real!(|x: f64| std::f64::consts::PI / 180.0 * x), "kusto/query/radians-function", "Converts degrees to radians.", &[
            example("radians(180)", "3.141592653589793"),
            example("radians(0)", "0.0"),
        ],),
    row("degrees", real!(|x: f64| 180.0 / std::f64::consts::PI * x), "kusto/query/degrees-function", "Converts radians to degrees.", &[
            example("degrees(pi())", "180.0"),
            example("degrees(0)", "0.0"),
        ],),
    row("pi", PI, "kusto/query/pi-function", "Gives the number pi.", &[
            example("pi()", "3.141592653589793"),
            example("round(pi(), 2)", "3.14"),
        ],),
    row("gamma", real!(libm::tgamma), "kusto/query/gamma-function", "Gives the gamma function.", &[example("gamma(5)", "24.0"), example("gamma(1)", "1.0")],).named(ResultName::FirstArgument),
    row("loggamma", real!(libm::lgamma), "kusto/query/log-gamma-function", "Gives the natural logarithm of the absolute value of the gamma function.", &[
            example("round(loggamma(5), 9)", "3.17805383"),
            example("loggamma(1)", "0.0"),
        ],).named(ResultName::FirstArgument),
    row("erf", real!(libm::erf), "kusto/query/erf-function", "Gives the error function.", &[
            example("erf(0)", "0.0"),
            example("round(erf(1), 9)", "0.842700793"),
        ],).named(ResultName::FirstArgument),
    row("erfc", real!(libm::erfc), "kusto/query/erfc-function", "Gives the complement of the error function.", &[
            example("erfc(0)", "1.0"),
            example("round(erfc(-1), 9)", "1.842700793"),
        ],).named(ResultName::FirstArgument),
    row("beta_cdf", BETA_CDF, "kusto/query/beta-cdf-function", "Gives the cumulative beta distribution function; NaN outside of 0 to 1.", &[
            example("round(beta_cdf(0.5, 1, 1), 9)", "0.5"),
            example("isnan(beta_cdf(1.5, 10, 20))", "true"),
        ],),
    row("beta_inv", BETA_INV, "kusto/query/beta-inv-function", "Gives the inverse of the cumulative beta distribution function; null outside of 0 to 1.", &[
            example("round(beta_inv(0.1, 10, 20), 9)", "0.226415022"),
            example("beta_inv(1.5, 10, 20)", "real(null)"),
        ],),
    row("beta_pdf", BETA_PDF, "kusto/query/beta-pdf-function", "Gives the density of the beta distribution; NaN outside of 0 to 1.", &[
            example("round(beta_pdf(0.5, 10, 20), 9)", "0.746176019"),
            example("isnan(beta_pdf(1.5, 10, 20))", "true"),
        ],),
    row("welch_test", WELCH_TEST, "kusto/query/welch-test-function", "Gives the p-value of Welch's t-test from means, variances and counts of two samples.", &[
            example(
                "round(welch_test(20.82, 7.87, 15, 22.99, 3.81, 15), 3)",
                "0.021",
            ),
            example("round(welch_test(1, 1, 10, 1, 1, 10), 9)", "1.0"),
        ],),
    row("not", NOT, "kusto/query/not-function", "Turns a truth value around.", &[
            example("not(true)", "false"),
            example("not(bool(null))", "bool(null)"),
        ],),
    row("binary_and", longs!(|a: i64, b: i64| a & b), "kusto/query/binary-and-function", "Combines the bits of two numbers by and.", &[
            example("binary_and(6, 3)", "2"),
            example("binary_and(-1, 255)", "255"),
        ],).named(ResultName::FirstArgument),
    row("binary_or", longs!(|a: i64, b: i64| a | b), "kusto/query/binary-or-function", "Combines the bits of two numbers by or.", &[
            example("binary_or(6, 3)", "7"),
            example("binary_or(0, 0)", "0"),
        ],).named(ResultName::FirstArgument),
    row("binary_xor", longs!(|a: i64, b: i64| a ^ b), "kusto/query/binary-xor-function", "Combines the bits of two numbers by exclusive or.", &[
            example("binary_xor(6, 3)", "5"),
            example("binary_xor(1, 1)", "0"),
        ],).named(ResultName::FirstArgument),
    row("binary_not", BINARY_NOT, "kusto/query/binary-not-function", "Turns the bits of a number around.", &[
            example("binary_not(100)", "-101"),
            example("binary_not(-1)", "0"),
        ],).named(ResultName::FirstArgument),
    row("binary_shift_left", longs!(|a: i64, b: i64| (b >= 0).then(|| a.wrapping_shl((b % 64) as u32))), "kusto/query/binary-shift-left-function", "Moves the bits of a number to the left; null for a negative count.", &[
            example("binary_shift_left(1, 2)", "4"),
            example("binary_shift_left(1, -1)", "long(null)"),
        ],).named(ResultName::FirstArgument),
    row("binary_shift_right", longs!(|a: i64, b: i64| (b >= 0).then(|| a.wrapping_shr((b % 64) as u32))), "kusto/query/binary-shift-right-function", "Moves the bits of a number to the right; null for a negative count.", &[
            example("binary_shift_right(8, 2)", "2"),
            example("binary_shift_right(1, 2)", "0"),
        ],).named(ResultName::FirstArgument),
    row("bitset_count_ones", COUNT_ONES, "kusto/query/bitset-count-ones-function", "Counts the bits of a number that are set.", &[
            example("bitset_count_ones(42)", "3"),
            example("bitset_count_ones(0)", "0"),
        ],).named(ResultName::FirstArgument),
    row("tohex", TOHEX, "kusto/query/tohex-function", "Writes a number in hexadecimal, a negative one as its two's complement, with at least so many digits.", &[
            example("tohex(256)", r#""100""#),
            example("tohex(-256)", r#""ffffffffffffff00""#),
            example("tohex(toint(-256), 8)", r#""ffffff00""#),
            example("tohex(256, 8)", r#""00000100""#),
        ],).named(ResultName::FirstArgument),
];

fn welch(args: &Args<'_>) -> KernelResult {
    let inputs = [0, 1, 2, 3, 4, 5].map(|index| args.input::<f64>(index));
    collect(args, |row| {
        let [a, b, c, d, e, f] = [0, 1, 2, 3, 4, 5].map(|index: usize| inputs[index].get(row));
        Some(welch_test([a?, b?, c?], [d?, e?, f?]))
    })
}

/// The digits of argument 1; 0 when it is left out.
fn digits(args: &Args<'_>, row: usize) -> Option<i64> {
    if args.len() > 1 {
        args.input::<i64>(1).get(row)
    } else {
        Some(0)
    }
}

fn round_real(args: &Args<'_>) -> KernelResult {
    let value = args.input::<f64>(0);
    collect(args, |row| {
        Some(rounded(value.get(row)?, digits(args, row)?))
    })
}

/// Halves go away from zero.
fn rounded(value: f64, digits: i64) -> f64 {
    let scale = 10_f64.powi(digits.unsigned_abs().min(400) as i32);
    let scaled = if digits >= 0 {
        value * scale
    } else {
        value / scale
    };
    if !scaled.is_finite() || !scale.is_finite() {
        return if digits >= 0 { value } else { 0.0 };
    }
    if digits >= 0 {
        scaled.round() / scale
    } else {
        scaled.round() * scale
    }
}

fn round_int(args: &Args<'_>) -> KernelResult {
    let value = args.input::<i32>(0);
    collect(args, |row| {
        i32::try_from(rounded_long(
            i64::from(value.get(row)?),
            digits(args, row)?,
        )?)
        .ok()
    })
}

fn round_long(args: &Args<'_>) -> KernelResult {
    let value = args.input::<i64>(0);
    collect(args, |row| {
        rounded_long(value.get(row)?, digits(args, row)?)
    })
}

/// A decimal is a number of 10⁻¹⁷, see [`huntql_store::arrow_type`].
fn round_decimal(args: &Args<'_>) -> KernelResult {
    let value = args.input::<i128>(0);
    collect(args, |row| {
        let value = value.get(row)?;
        let dropped = 17_i64.saturating_sub(digits(args, row)?);
        let Some(places) = u32::try_from(dropped).ok().filter(|places| *places > 0) else {
            return Some(value);
        };
        let scale = 10_i128.checked_pow(places)?;
        let half = value.signum() * (scale / 2);
        value.checked_add(half).map(|moved| moved / scale * scale)
    })
}

fn rounded_long(value: i64, digits: i64) -> Option<i64> {
    if digits >= 0 {
        return Some(value);
    }
    let scale = 10_i128
        .checked_pow(u32::try_from(-digits).ok()?)
        .unwrap_or(i128::MAX / 4);
    let half = if value < 0 { -scale / 2 } else { scale / 2 };
    i64::try_from((i128::from(value) + half) / scale * scale).ok()
}

fn hex<'a, T: kernel::Input<'a>>(args: &Args<'a>, write: fn(T) -> String) -> KernelResult {
    let value = args.input::<T>(0);
    collect(args, |row| {
        let text = write(value.get(row)?);
        let least = usize::try_from(digits(args, row)?).unwrap_or(0).min(1024);
        Some(format!("{text:0>least$}"))
    })
}
