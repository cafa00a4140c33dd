//! Lines and polygons of GeoJSON.
//!
//! | GeoJSON | here | bad when |
//! |---|---|---|
//! | `LineString`, `MultiLineString` | [`Line`] | fewer than two points, a point out of range, neighbours equal or antipodal |
//! | `Polygon`, `MultiPolygon` | [`Polygon`] | a ring that is not closed, repeats a vertex, or crosses itself or another ring of its polygon |
//!
//! What is bad gives `None`, and the function null.

use super::overlay::{self, Operation, Rings};
use super::{Crossing, Point, Ring, angle, antipodal, closest, crossing, point};
use crate::json::{Kind, items, kind, member, number, unquote};

/// Chains of edges.
#[derive(Debug, Clone)]
pub struct Line {
    pub parts: Vec<Vec<Point>>,
}

/// Polygons, each a shell and its holes; they may overlap.
#[derive(Debug, Clone)]
pub struct Polygon {
    pub parts: Vec<Rings>,
}

/// Longitude and latitude as they were written.
pub type Degrees = (f64, f64);

/// The type and the coordinates of a geometry.
fn geometry(json: &str) -> Option<(String, &str)> {
    if kind(json) != Kind::Bag {
        return None;
    }
    let name = member(json, "type").filter(|name| kind(name) == Kind::Text)?;
    let coordinates = member(json, "coordinates").filter(|list| kind(list) == Kind::Array)?;
    Some((unquote(name).into_owned(), coordinates))
}

fn position(json: &str) -> Option<Degrees> {
    if kind(json) != Kind::Array {
        return None;
    }
    let mut numbers = items(json).map(|item| {
        (kind(item) == Kind::Number)
            .then(|| number(item))
            .flatten()
            .map(|number| number.as_real())
    });
    let (longitude, latitude) = (numbers.next()??, numbers.next()??);
    point(longitude, latitude)?;
    numbers.next().is_none().then_some((longitude, latitude))
}

fn positions(json: &str) -> Option<Vec<Degrees>> {
    (kind(json) == Kind::Array)
        .then(|| items(json).map(position).collect())
        .flatten()
}

fn lists(json: &str) -> Option<Vec<Vec<Degrees>>> {
    (kind(json) == Kind::Array)
        .then(|| items(json).map(positions).collect::<Option<Vec<_>>>())
        .flatten()
        .filter(|lists| !lists.is_empty())
}

/// The lines of a `LineString` or `MultiLineString` as written.
pub fn line_positions(json: &str) -> Option<Vec<Vec<Degrees>>> {
    let (name, coordinates) = geometry(json)?;
    match name.as_str() {
        "LineString" => Some(vec![positions(coordinates)?]),
        "MultiLineString" => lists(coordinates),
        _ => None,
    }
}

/// The rings of each polygon of a `Polygon` or `MultiPolygon` as written.
pub fn polygon_positions(json: &str) -> Option<Vec<Vec<Vec<Degrees>>>> {
    let (name, coordinates) = geometry(json)?;
    match name.as_str() {
        "Polygon" => Some(vec![lists(coordinates)?]),
        "MultiPolygon" => items(coordinates)
            .map(lists)
            .collect::<Option<Vec<_>>>()
            .filter(|polygons| !polygons.is_empty()),
        _ => None,
    }
}

fn points(positions: &[Degrees]) -> Option<Vec<Point>> {
    positions
        .iter()
        .map(|(longitude, latitude)| point(*longitude, *latitude))
        .collect()
}

impl Line {
    pub fn parse(json: &str) -> Option<Line> {
        let parts = line_positions(json)?
            .iter()
            .map(|line| {
                let line = points(line)?;
                let good = line.len() >= 2
                    && line
                        .windows(2)
                        .all(|edge| edge[0] != edge[1] && !antipodal(edge[0], edge[1]));
                good.then_some(line)
            })
            .collect::<Option<Vec<_>>>()?;
        Some(Line { parts })
    }

    pub fn edges(&self) -> Vec<(Point, Point)> {
        self.parts
            .iter()
            .flat_map(|part| part.windows(2).map(|edge| (edge[0], edge[1])))
            .collect()
    }

    /// The point of the line that is nearest.
    pub fn closest(&self, p: Point) -> Point {
        closest_of(&self.edges(), p)
    }
}

fn closest_of(edges: &[(Point, Point)], p: Point) -> Point {
    edges
        .iter()
        .map(|(a, b)| closest(p, *a, *b))
        .min_by(|a, b| angle(p, *a).total_cmp(&angle(p, *b)))
        .expect("a line has edges")
}

impl Polygon {
    pub fn parse(json: &str) -> Option<Polygon> {
        let parts = polygon_positions(json)?
            .iter()
            .map(|rings| {
                let rings = rings
                    .iter()
                    .map(|ring| closed(ring))
                    .collect::<Option<Rings>>()?;
                (!rings_cross(&rings)).then_some(rings)
            })
            .collect::<Option<Vec<_>>>()?;
        Some(Polygon { parts })
    }

    pub fn contains(&self, p: Point) -> bool {
        self.parts.iter().any(|rings| overlay::contains(rings, p))
    }

    pub fn edges(&self) -> Vec<(Point, Point)> {
        self.parts.iter().flatten().flat_map(Ring::edges).collect()
    }

    /// The point itself when it is inside, else the nearest one of the border.
    pub fn closest(&self, p: Point) -> Point {
        if self.contains(p) {
            p
        } else {
            closest_of(&self.edges(), p)
        }
    }

    /// The rings of all polygons together.
    pub fn union(&self) -> Rings {
        union(self.parts.clone())
    }
}

/// The rings of all regions together, taken in S2's order: the two of the fewest vertices first, and their sum for both.
pub fn union(regions: Vec<Rings>) -> Rings {
    let size = |rings: &Rings| rings.iter().map(|ring| ring.vertices.len()).sum::<usize>();
    let mut waiting: Vec<(usize, Rings)> = regions
        .into_iter()
        .map(|rings| (size(&rings), rings))
        .collect();
    waiting.sort_by_key(|(size, _)| *size);
    while waiting.len() > 1 {
        let ((a, first), (b, second)) = (waiting.remove(0), waiting.remove(0));
        let both = overlay::overlay(&first, &second, Operation::Union);
        let at = waiting.partition_point(|(size, _)| *size <= a + b);
        waiting.insert(at, (a + b, both));
    }
    waiting.pop().map(|(_, rings)| rings).unwrap_or_default()
}

fn closed(ring: &[Degrees]) -> Option<Ring> {
    let (last, vertices) = ring.split_last()?;
    if vertices.first()? != last {
        return None;
    }
    Ring::new(points(vertices)?)
}

fn rings_cross(rings: &[Ring]) -> bool {
    rings.iter().enumerate().any(|(at, ring)| {
        rings[at + 1..].iter().any(|other| {
            ring.edges().any(|(a, b)| {
                other
                    .edges()
                    .any(|(c, d)| crossing(a, b, c, d) == Crossing::Yes)
            })
        })
    })
}

/// Whether two sets of edges meet; a shared vertex is a meeting.
pub fn edges_meet(a: &[(Point, Point)], b: &[(Point, Point)]) -> bool {
    super::ring::near_pairs(a, b)
        .into_iter()
        .any(|(i, j)| crossing(a[i].0, a[i].1, b[j].0, b[j].1) != Crossing::No)
}

/// As [`edges_meet`], and also when an end of one lies on the other.
pub fn edges_touch(a: &[(Point, Point)], b: &[(Point, Point)]) -> bool {
    super::ring::near_pairs(a, b).into_iter().any(|(i, j)| {
        let ((p, q), (r, s)) = (a[i], b[j]);
        crossing(p, q, r, s) != Crossing::No
            || [r, s].into_iter().any(|end| overlay::touches(end, p, q))
            || [p, q].into_iter().any(|end| overlay::touches(end, r, s))
    })
}
