//! Geometry on the sphere: what the `geo_…` functions share.
//!
//! A point is a unit vector. Edges are geodesics, shorter than half of the equator; a ring divides the sphere, and the smaller side
//! is its inside (see the notes on every `geo-…-function` page). Distances are metres on a sphere of the Earth's mean radius.
//! Predicates are exact, with the tie rules of the S2 library, which Kusto uses: no point is ever *on* an edge.

pub mod buffer;
mod digits;
mod edge;
mod exact;
pub mod geohash;
pub mod h3_cells;
mod overlay;
mod ring;
pub mod shape;
pub mod wkt;
pub mod write;

pub use edge::{Crossing, closest, crossing, intersection};
pub use overlay::{Operation, overlay};
pub use ring::Ring;
pub use shape::{Line, Polygon};

/// The Earth's mean radius in metres, as S2 has it.
pub const EARTH_RADIUS: f64 = 6_371_010.0;

/// A unit vector.
pub type Point = [f64; 3];

/// The point of a longitude and a latitude in degrees; `None` outside of their ranges.
pub fn point(longitude: f64, latitude: f64) -> Option<Point> {
    if !((-180.0..=180.0).contains(&longitude) && (-90.0..=90.0).contains(&latitude)) {
        return None;
    }
    let (longitude, latitude) = (longitude.to_radians(), latitude.to_radians());
    let around = latitude.cos();
    Some([
        longitude.cos() * around,
        longitude.sin() * around,
        latitude.sin(),
    ])
}

/// Longitude and latitude in degrees.
pub fn degrees(p: Point) -> (f64, f64) {
    let latitude = p[2].atan2((p[0] * p[0] + p[1] * p[1]).sqrt());
    (p[1].atan2(p[0]).to_degrees(), latitude.to_degrees())
}

pub(crate) fn add(a: Point, b: Point) -> Point {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}

pub(crate) fn subtract(a: Point, b: Point) -> Point {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

pub(crate) fn scale(a: Point, by: f64) -> Point {
    [a[0] * by, a[1] * by, a[2] * by]
}

pub(crate) fn dot(a: Point, b: Point) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// The vector product.
pub(crate) fn cross(a: Point, b: Point) -> Point {
    [
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    ]
}

pub(crate) fn length(a: Point) -> f64 {
    dot(a, a).sqrt()
}

pub(crate) fn unit(a: Point) -> Point {
    scale(a, 1.0 / length(a))
}

/// A vector of the direction of `a × b`, good to the last digits also when the points are near each other.
pub(crate) fn normal(a: Point, b: Point) -> Point {
    cross(add(a, b), subtract(b, a))
}

/// The angle between two points in radians.
pub fn angle(a: Point, b: Point) -> f64 {
    length(cross(a, b)).atan2(dot(a, b))
}

/// The distance of two points in metres.
pub fn distance(a: Point, b: Point) -> f64 {
    angle(a, b) * EARTH_RADIUS
}

/// The point at an angle from `a` towards `b`.
pub fn towards(a: Point, b: Point, radians: f64) -> Point {
    let normal = normal(a, b);
    let tangent = unit(cross(normal, a));
    unit(add(scale(a, radians.cos()), scale(tangent, radians.sin())))
}

/// Whether the way between two points is not unique.
pub fn antipodal(a: Point, b: Point) -> bool {
    a == scale(b, -1.0)
}
