//! Edges: whether two cross, where, and the point of an edge that is nearest to another point.

use super::exact::sign;
use super::{Point, add, angle, cross, dot, length, normal, scale, subtract, unit};

/// How two edges meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Crossing {
    No,
    /// They share a vertex.
    Touch,
    /// At a point within both.
    Yes,
}

/// How `ab` and `cd` meet. No vertex is ever within another edge.
pub fn crossing(a: Point, b: Point, c: Point, d: Point) -> Crossing {
    if a == c || a == d || b == c || b == d {
        return Crossing::Touch;
    }
    let acb = -sign(a, b, c);
    if acb == 0 || sign(a, b, d) != acb || -sign(c, d, b) != acb || sign(c, d, a) != acb {
        return Crossing::No;
    }
    Crossing::Yes
}

/// As [`crossing`], with a shared vertex counted so that the parity of crossings tells whether a ring contains a point.
pub(super) fn counts(a: Point, b: Point, c: Point, d: Point) -> bool {
    match crossing(a, b, c, d) {
        Crossing::No => false,
        Crossing::Yes => true,
        Crossing::Touch => vertex_counts(a, b, c, d),
    }
}

/// S2's `VertexCrossing`.
fn vertex_counts(a: Point, b: Point, c: Point, d: Point) -> bool {
    if a == b || c == d {
        return false;
    }
    if a == c {
        return b == d || ordered(reference(a), d, b, a);
    }
    if b == d {
        return ordered(reference(b), c, a, b);
    }
    if a == d {
        return b == c || ordered(reference(a), c, b, a);
    }
    ordered(reference(b), d, a, b)
}

/// Whether the edges `oa`, `ob`, `oc` are met in this order going counter-clockwise around `o`.
pub(super) fn ordered(a: Point, b: Point, c: Point, o: Point) -> bool {
    let met = [sign(b, o, a) >= 0, sign(c, o, b) >= 0, sign(a, o, c) > 0];
    met.iter().filter(|met| **met).count() >= 2
}

/// A direction from a vertex, the same in all rings that share it (S2's `RefDir`).
pub(super) fn reference(a: Point) -> Point {
    let largest = (0..3).fold(0, |best, at| {
        if a[at].abs() > a[best].abs() {
            at
        } else {
            best
        }
    });
    let mut other = [0.012, 0.0053, 0.00457];
    other[(largest + 2) % 3] = 1.0;
    unit(cross(a, other))
}

/// Where two edges that cross do so.
pub fn intersection(a: Point, b: Point, c: Point, d: Point) -> Point {
    let found = unit(cross(unit(normal(a, b)), unit(normal(c, d))));
    let middle = add(add(a, b), add(c, d));
    if dot(found, middle) < 0.0 {
        scale(found, -1.0)
    } else {
        found
    }
}

/// The point of the edge `ab` that is nearest to `x`.
pub fn closest(x: Point, a: Point, b: Point) -> Point {
    if x == a || x == b {
        return x;
    }
    let normal = normal(a, b);
    let squared = dot(normal, normal);
    if squared > 0.0 {
        let p = subtract(x, scale(normal, dot(x, normal) / squared));
        if length(p) > 0.0 && dot(cross(p, normal), a) > 0.0 && dot(cross(normal, p), b) > 0.0 {
            return unit(p);
        }
    }
    if angle(x, a) <= angle(x, b) { a } else { b }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::geo::point;

    fn at(longitude: f64, latitude: f64) -> Point {
        point(longitude, latitude).expect("in range")
    }

    #[test]
    fn edges_that_cross_do_so_near_the_expected_place() {
        let (a, b, c, d) = (at(-1.0, 0.0), at(1.0, 0.0), at(0.0, -1.0), at(0.0, 1.0));
        assert_eq!(crossing(a, b, c, d), Crossing::Yes);
        assert!(angle(intersection(a, b, c, d), at(0.0, 0.0)) < 1e-15);
        assert_eq!(crossing(a, b, b, d), Crossing::Touch);
        assert_eq!(crossing(a, b, d, at(0.0, 2.0)), Crossing::No);
    }

    #[test]
    fn the_nearest_point_of_an_edge_is_within_it_or_an_end() {
        let (a, b) = (at(-10.0, 0.0), at(10.0, 0.0));
        assert!(angle(closest(at(3.0, 5.0), a, b), at(3.0, 0.0)) < 1e-15);
        assert_eq!(closest(at(20.0, 5.0), a, b), b);
    }
}
