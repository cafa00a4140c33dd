//! Geometries as GeoJSON.

use super::digits::coordinate;
use super::overlay::Rings;
use super::shape::Degrees;
use super::{Point, Ring, degrees};

fn pair((longitude, latitude): Degrees) -> String {
    format!("[{},{}]", coordinate(longitude), coordinate(latitude))
}

/// `[a,b,…]`
fn list(elements: impl IntoIterator<Item = String>) -> String {
    format!("[{}]", elements.into_iter().collect::<Vec<_>>().join(","))
}

/// A geometry of a type and its coordinates.
pub fn geometry(name: &str, coordinates: &str) -> String {
    format!("{{\"type\":\"{name}\",\"coordinates\":{coordinates}}}")
}

pub fn point(p: Point) -> String {
    position(degrees(p))
}

/// A point of degrees.
pub fn position(at: Degrees) -> String {
    geometry("Point", &pair(at))
}

/// The coordinates of a chain.
pub fn chain(positions: impl IntoIterator<Item = Degrees>) -> String {
    list(positions.into_iter().map(pair))
}

/// A polygon of one ring, whose first position is repeated at the end.
pub fn ring_polygon(mut positions: Vec<Degrees>) -> String {
    positions.extend(positions.first().copied());
    geometry("Polygon", &list([chain(positions)]))
}

/// `LineString` or `MultiLineString`.
pub fn lines(lines: &[Vec<Degrees>]) -> String {
    match lines {
        [line] => geometry("LineString", &chain(line.iter().copied())),
        many => geometry(
            "MultiLineString",
            &list(many.iter().map(|line| chain(line.iter().copied()))),
        ),
    }
}

/// `Polygon` or `MultiPolygon` of rings as they are.
pub fn polygons(polygons: &[Vec<Vec<Degrees>>]) -> String {
    let coordinates =
        |rings: &Vec<Vec<Degrees>>| list(rings.iter().map(|ring| chain(ring.iter().copied())));
    match polygons {
        [polygon] => geometry("Polygon", &coordinates(polygon)),
        many => geometry("MultiPolygon", &list(many.iter().map(coordinates))),
    }
}

/// A region's rings as polygons: each shell with the holes within it.
pub fn region(rings: &Rings) -> String {
    let within = |at: usize| {
        let p = super::overlay::inner_point(&rings[at]);
        (0..rings.len())
            .filter(|other| *other != at && rings[*other].contains(p))
            .collect::<Vec<usize>>()
    };
    let around: Vec<Vec<usize>> = (0..rings.len()).map(within).collect();
    let shells = (0..rings.len()).filter(|at| around[*at].len().is_multiple_of(2));
    let all: Vec<Vec<Vec<Degrees>>> = shells
        .map(|shell| {
            let holes = (0..rings.len()).filter(|at| {
                around[*at].len() == around[shell].len() + 1 && around[*at].contains(&shell)
            });
            let mut polygon = vec![closed(&rings[shell].vertices)];
            polygon.extend(holes.map(|hole| closed(&reversed(&rings[hole]))));
            polygon
        })
        .collect();
    polygons(&all)
}

/// A ring's positions, the first repeated at the end.
fn closed(ring: &[Point]) -> Vec<Degrees> {
    let mut positions: Vec<Degrees> = ring.iter().map(|p| degrees(*p)).collect();
    positions.extend(positions.first().copied());
    positions
}

/// A hole's vertices run the other way, from the same one on.
fn reversed(ring: &Ring) -> Vec<Point> {
    let mut vertices = ring.vertices.clone();
    vertices[1..].reverse();
    vertices
}
