//! Special functions: the incomplete beta function and what rests on it.

/// Logarithm of the beta function.
fn ln_beta(a: f64, b: f64) -> f64 {
    libm::lgamma(a) + libm::lgamma(b) - libm::lgamma(a + b)
}

/// The regularized incomplete beta function for `x` in 0 to 1 and positive `a` and `b`.
pub(crate) fn incomplete_beta(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return x.clamp(0.0, 1.0);
    }
    let front = (a * x.ln() + b * (1.0 - x).ln() - ln_beta(a, b)).exp();
    // The fraction converges fast below the mean; above it the mirrored one does.
    if x < (a + 1.0) / (a + b + 2.0) {
        front * fraction(x, a, b) / a
    } else {
        1.0 - front * fraction(1.0 - x, b, a) / b
    }
}

/// The continued fraction of the incomplete beta function, by Lentz's method.
fn fraction(x: f64, a: f64, b: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let guarded = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / guarded(1.0 - (a + b) * x / (a + 1.0));
    let mut result = d;
    for step in 1..=1000 {
        let m = f64::from(step);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / guarded(1.0 + even * d);
        c = guarded(1.0 + even / c);
        result *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / guarded(1.0 + odd * d);
        c = guarded(1.0 + odd / c);
        let change = d * c;
        result *= change;
        if (change - 1.0).abs() < 1e-16 {
            break;
        }
    }
    result
}

/// NaN outside of 0 to 1; 1 for parameters that are not positive, as the engine answers (docs case of `beta_cdf()`).
pub(crate) fn beta_cdf(x: f64, alpha: f64, beta: f64) -> f64 {
    if !(0.0..=1.0).contains(&x) {
        return f64::NAN;
    }
    if alpha <= 0.0 || beta <= 0.0 {
        return 1.0;
    }
    incomplete_beta(x, alpha, beta)
}

/// NaN outside of 0 to 1 and for parameters that are not positive.
pub(crate) fn beta_pdf(x: f64, alpha: f64, beta: f64) -> f64 {
    if !(0.0..=1.0).contains(&x) || alpha <= 0.0 || beta <= 0.0 {
        return f64::NAN;
    }
    ((alpha - 1.0) * x.ln() + (beta - 1.0) * (1.0 - x).ln() - ln_beta(alpha, beta)).exp()
}

/// The `x` whose `beta_cdf` is the probability, by bisection; `None` when that is outside of 0 to 1.
pub(crate) fn beta_inv(probability: f64, alpha: f64, beta: f64) -> Option<f64> {
    if !(0.0..=1.0).contains(&probability) {
        return None;
    }
    if alpha <= 0.0 || beta <= 0.0 {
        return Some(f64::NAN);
    }
    let (mut low, mut high) = (0.0_f64, 1.0_f64);
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if incomplete_beta(middle, alpha, beta) < probability {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some(0.5 * (low + high))
}

/// The two-sided p-value of Welch's t-test from means, variances and counts of two samples.
pub(crate) fn welch_test(first: [f64; 3], second: [f64; 3]) -> f64 {
    let ([mean1, variance1, count1], [mean2, variance2, count2]) = (first, second);
    let (share1, share2) = (variance1 / count1, variance2 / count2);
    let t = (mean1 - mean2) / (share1 + share2).sqrt();
    let freedom = (share1 + share2).powi(2)
        / (share1.powi(2) / (count1 - 1.0) + share2.powi(2) / (count2 - 1.0));
    incomplete_beta(freedom / (freedom + t * t), freedom / 2.0, 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beta_distribution_is_the_engines() {
        assert!((beta_cdf(0.9, 10.0, 20.0) - 0.9999999999999593).abs() < 1e-12);
        assert!((beta_pdf(0.5, 10.0, 20.0) - 0.746176019310951).abs() < 1e-12);
        assert!(beta_inv(0.1, 10.0, 20.0).is_some_and(|x| (x - 0.22641502238874897).abs() < 1e-12));
        assert_eq!(beta_inv(1.5, 10.0, 20.0), None);
    }

    #[test]
    fn the_p_value_is_the_engines() {
        let p = welch_test(
            [20.819999999999997, 7.8674285714, 15.0],
            [22.986666666666668, 3.8126666667, 15.0],
        );
        assert!((p - 0.02137800146286441).abs() < 1e-10, "{p}");
    }
}
