//! On which side of an edge a point lies, exactly.
//!
//! `sign(a, b, c)` is the sign of the determinant of three points. When rounding could decide it, the determinant is summed
//! exactly as an expansion of doubles (Shewchuk 1997); when it is zero, the points count as moved apart by symbolic amounts
//! (Edelsbrunner and Mücke 1990), in the order in which the S2 library does it.

use super::{Point, cross, dot};
use std::cmp::Ordering;

/// Determinants beyond this have the sign that they seem to have (S2, `kMaxDetError`).
const ERROR: f64 = 3.6548 * f64::EPSILON / 2.0;

/// 1: counter-clockwise, -1: clockwise, 0: two of the points are the same.
pub fn sign(a: Point, b: Point, c: Point) -> i32 {
    let determinant = dot(cross(a, b), c);
    if determinant > ERROR {
        return 1;
    }
    if determinant < -ERROR {
        return -1;
    }
    if a == b || b == c || c == a {
        return 0;
    }
    exact_sign(a, b, c)
}

fn exact_sign(a: Point, b: Point, c: Point) -> i32 {
    let mut points = [a, b, c];
    let mut permutation = 1;
    for (left, right) in [(0, 1), (1, 2), (0, 1)] {
        if lexical(points[left], points[right]) == Ordering::Greater {
            points.swap(left, right);
            permutation = -permutation;
        }
    }
    let [a, b, c] = points;
    let found = match determinant_sign(a, b, c) {
        0 => perturbed_sign(a, b, c),
        found => found,
    };
    permutation * found
}

fn lexical(a: Point, b: Point) -> Ordering {
    a.iter()
        .zip(&b)
        .map(|(a, b)| a.partial_cmp(b).unwrap_or(Ordering::Equal))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

fn determinant_sign(a: Point, b: Point, c: Point) -> i32 {
    let mut sum = Expansion::default();
    for (i, j, k) in [(0, 1, 2), (1, 2, 0), (2, 0, 1)] {
        sum.add_product(&[a[i], b[j], c[k]]);
        sum.add_product(&[-a[i], b[k], c[j]]);
    }
    sum.sign()
}

/// The sign of `p q - r s`.
fn minor(p: f64, q: f64, r: f64, s: f64) -> i32 {
    let mut sum = Expansion::default();
    sum.add_product(&[p, q]);
    sum.add_product(&[-r, s]);
    sum.sign()
}

fn of(value: f64) -> i32 {
    if value > 0.0 {
        1
    } else if value < 0.0 {
        -1
    } else {
        0
    }
}

/// The points in lexical order; the tests in the order of S2's `SymbolicallyPerturbedSign`.
fn perturbed_sign(a: Point, b: Point, c: Point) -> i32 {
    let tests: [&dyn Fn() -> i32; 12] = [
        &|| minor(b[0], c[1], b[1], c[0]),
        &|| minor(b[2], c[0], b[0], c[2]),
        &|| minor(b[1], c[2], b[2], c[1]),
        &|| minor(c[0], a[1], c[1], a[0]),
        &|| of(c[0]),
        &|| -of(c[1]),
        &|| minor(c[2], a[0], c[0], a[2]),
        &|| of(c[2]),
        &|| minor(a[0], b[1], a[1], b[0]),
        &|| -of(b[0]),
        &|| of(b[1]),
        &|| of(a[0]),
    ];
    tests
        .iter()
        .map(|test| test())
        .find(|sign| *sign != 0)
        .unwrap_or(1)
}

/// An exact sum: doubles that do not overlap, the smallest first.
#[derive(Debug, Default)]
struct Expansion(Vec<f64>);

impl Expansion {
    /// Adds a double exactly.
    fn add(&mut self, value: f64) {
        let mut carried = value;
        for part in &mut self.0 {
            let (sum, rest) = two_sum(carried, *part);
            *part = rest;
            carried = sum;
        }
        self.0.push(carried);
        self.0.retain(|part| *part != 0.0);
    }

    /// Adds a product of two or three doubles exactly.
    fn add_product(&mut self, factors: &[f64]) {
        let mut parts = vec![factors[0]];
        for factor in &factors[1..] {
            parts = parts
                .iter()
                .flat_map(|part| {
                    let product = part * factor;
                    [product, part.mul_add(*factor, -product)]
                })
                .collect();
        }
        parts.into_iter().for_each(|part| self.add(part));
    }

    fn sign(&self) -> i32 {
        self.0.last().map_or(0, |largest| of(*largest))
    }
}

fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let other = sum - a;
    (sum, (a - (sum - other)) + (b - other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::geo::point;

    #[test]
    fn points_of_one_meridian_are_never_on_a_line() {
        let [a, b, c] = [0.0, 10.0, 20.0].map(|latitude| point(0.0, latitude).expect("in range"));
        assert_eq!(sign(a, b, c).abs(), 1);
        assert_eq!(sign(a, b, c), sign(b, c, a));
        assert_eq!(sign(a, b, c), -sign(c, b, a));
    }

    #[test]
    fn expansions_keep_what_doubles_lose() {
        let mut sum = Expansion::default();
        sum.add(1e30);
        sum.add(1.0);
        sum.add(-1e30);
        assert_eq!(sum.sign(), 1);
    }
}
