//! Buffers: the shapes of all points within a distance of a point, an edge, or a convex ring.
//!
//! The vertices are those of S2's `S2BufferOperation`, as the real engine gives them: on the circle around each vertex of the
//! input, as far apart as the tolerance allows, and at both ends of each edge. Circles of points are regular and begin in the
//! direction of S2's `Ortho`. Angles are in radians.
//!
//! Not here: what turns to the right, whose offset crosses itself.

use super::edge::reference;
use super::exact::sign;
use super::{Point, add, angle, cross, normal, scale, towards, unit};
use std::f64::consts::{FRAC_PI_2, TAU};

/// A third of the circle, so that every arc is a triangle at least.
const STEP_MAX: f64 = TAU / 3.0 + 1e-15;

/// How far to go, and how far apart vertices may be.
#[derive(Debug, Clone, Copy)]
pub struct Buffer {
    radius: f64,
    /// Between vertices on a circle.
    vertex_step: f64,
    /// Between points of an edge whose offsets are vertices.
    edge_step: f64,
}

impl Buffer {
    /// `None` unless the radius is below a quarter around the sphere and above the tolerance.
    pub fn new(radius: f64, tolerance: f64) -> Option<Buffer> {
        let is_good = tolerance > 0.0 && tolerance < radius && radius + tolerance < FRAC_PI_2;
        is_good.then(|| Buffer {
            radius,
            vertex_step: step(radius, tolerance),
            edge_step: step(FRAC_PI_2 - radius, tolerance),
        })
    }

    /// Around a point.
    pub fn point(&self, center: Point) -> Vec<Point> {
        let count = (TAU / self.vertex_step).ceil();
        let from = reference(center);
        (0..count as usize)
            .map(|at| self.around(center, from, TAU / count * at as f64))
            .collect()
    }

    /// Around an edge, with round ends.
    pub fn edge(&self, a: Point, b: Point) -> Vec<Point> {
        let right = axis(a, b);
        let left = scale(right, -1.0);
        let half = TAU / 2.0;
        let mut vertices = self.arc(a, left, half);
        vertices.extend(self.beside(a, b, right));
        vertices.extend(self.arc(b, right, half));
        vertices.extend(self.beside(b, a, left));
        vertices
    }

    /// Around a ring that runs counter-clockwise; `None` unless it turns left at every vertex.
    pub fn ring(&self, ring: &[Point]) -> Option<Vec<Point>> {
        let count = ring.len();
        let mut vertices = Vec::new();
        for at in 0..count {
            let (a, b, c) = (ring[at], ring[(at + 1) % count], ring[(at + 2) % count]);
            if sign(a, b, c) <= 0 {
                return None;
            }
            let (start, end) = (axis(a, b), axis(b, c));
            vertices.extend(self.beside(a, b, start));
            vertices.extend(self.arc(b, start, angle(start, end)));
        }
        Some(vertices)
    }

    /// The offset of an edge, without that of its end.
    fn beside(&self, a: Point, b: Point, side: Point) -> Vec<Point> {
        let span = angle(a, b);
        steps(self.edge_step, span)
            .map(|far| match far > 0.0 {
                true => self.off(towards(a, b, far), side),
                false => self.off(a, side),
            })
            .collect()
    }

    /// Vertices around a point, counter-clockwise from a direction on, without the one at the end.
    fn arc(&self, center: Point, from: Point, span: f64) -> Vec<Point> {
        steps(self.vertex_step, span)
            .map(|turned| self.around(center, from, turned))
            .collect()
    }

    fn around(&self, center: Point, from: Point, turned: f64) -> Point {
        let left = unit(cross(center, from));
        let (sine, cosine) = turned.sin_cos();
        self.off(center, unit(add(scale(from, cosine), scale(left, sine))))
    }

    fn off(&self, from: Point, direction: Point) -> Point {
        let (sine, cosine) = self.radius.sin_cos();
        unit(add(scale(from, cosine), scale(direction, sine)))
    }
}

/// The direction to the right of an edge.
fn axis(a: Point, b: Point) -> Point {
    unit(normal(b, a))
}

/// From 0 on, below the span.
fn steps(step: f64, span: f64) -> impl Iterator<Item = f64> {
    let count = (span / step).ceil().max(1.0);
    (0..count as usize).map(move |at| at as f64 * step)
}

/// How far apart points of a circle may be for the chords to leave it by no more than the tolerance.
fn step(radius: f64, tolerance: f64) -> f64 {
    let chord = 2.0 * ((radius - tolerance).tan() / radius.tan()).acos();
    STEP_MAX.min(chord)
}
