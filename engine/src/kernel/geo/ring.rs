//! A ring: a closed chain of edges, and which side of it is inside.

use super::edge::{Crossing, counts, crossing, ordered, reference};
use super::exact::sign;
use super::{Point, add, angle, antipodal, cross, dot, normal, scale, subtract};

/// S2's `Origin`: a point that is no vertex of any map.
const ORIGIN: Point = [
    -0.009_999_466_435_025_02,
    0.002_592_454_260_932_412,
    0.999_946_643_502_502,
];

/// A ring whose inside is on the left of its edges, and no more than half of the sphere.
#[derive(Debug, Clone, PartialEq)]
pub struct Ring {
    /// Without the repetition of the first.
    pub vertices: Vec<Point>,
    origin_inside: bool,
}

impl Ring {
    /// The ring of a chain of vertices of either direction; `None` when vertices repeat, edges are antipodal or cross.
    pub fn new(vertices: Vec<Point>) -> Option<Ring> {
        let distinct = {
            let mut sorted = vertices.clone();
            sorted.sort_by(|a, b| a.partial_cmp(b).expect("no NaN"));
            sorted.windows(2).all(|pair| pair[0] != pair[1])
        };
        if vertices.len() < 3 || !distinct {
            return None;
        }
        let mut ring = Ring::oriented(vertices);
        if ring.edges().any(|(a, b)| antipodal(a, b)) || ring.crosses_itself() {
            return None;
        }
        if ring.curvature() < 0.0 {
            ring.vertices.reverse();
            ring = Ring::oriented(ring.vertices);
        }
        Some(ring)
    }

    /// The ring whose inside is on the left, however large that is. The vertices are known to be good.
    pub(super) fn oriented(vertices: Vec<Point>) -> Ring {
        let mut ring = Ring {
            vertices,
            origin_inside: false,
        };
        let (a, b, c) = (ring.vertices[0], ring.vertices[1], ring.vertices[2]);
        let inside = !ordered(reference(b), c, a, b);
        ring.origin_inside = inside != ring.contains(b);
        ring
    }

    pub fn edges(&self) -> impl Iterator<Item = (Point, Point)> + '_ {
        let next = self.vertices.iter().cycle().skip(1);
        self.vertices.iter().copied().zip(next.copied())
    }

    /// Whether a point is inside; of a point on a border shared by two rings exactly one says so.
    pub fn contains(&self, p: Point) -> bool {
        self.edges().fold(self.origin_inside, |inside, (c, d)| {
            inside != counts(ORIGIN, p, c, d)
        })
    }

    /// What turning at the vertices sums up to: positive when less than half of the sphere is on the left.
    fn curvature(&self) -> f64 {
        let count = self.vertices.len();
        (0..count)
            .map(|at| {
                let a = self.vertices[(at + count - 1) % count];
                let (b, c) = (self.vertices[at], self.vertices[(at + 1) % count]);
                f64::from(sign(a, b, c)) * angle(normal(a, b), normal(b, c))
            })
            .sum()
    }

    fn crosses_itself(&self) -> bool {
        let edges: Vec<(Point, Point)> = self.edges().collect();
        near_pairs(&edges, &edges).into_iter().any(|(i, j)| {
            i < j && crossing(edges[i].0, edges[i].1, edges[j].0, edges[j].1) == Crossing::Yes
        })
    }

    /// The inside's area in steradians.
    pub fn area(&self) -> f64 {
        self.triangles().map(|(a, b, c)| triangle(a, b, c)).sum()
    }

    /// The sum of the triangles' centroids, each weighted by its area: its direction is that of the inside's centre of mass.
    pub fn centroid(&self) -> Point {
        self.triangles()
            .map(|(a, b, c)| centroid(a, b, c))
            .fold([0.0; 3], add)
    }

    fn triangles(&self) -> impl Iterator<Item = (Point, Point, Point)> + '_ {
        let first = self.vertices[0];
        self.vertices[1..]
            .windows(2)
            .map(move |pair| (first, pair[0], pair[1]))
    }
}

/// The signed area of a triangle.
fn triangle(a: Point, b: Point, c: Point) -> f64 {
    let volume = dot(a, cross(subtract(b, a), subtract(c, a)));
    2.0 * volume.atan2(1.0 + dot(a, b) + dot(b, c) + dot(c, a))
}

/// The integral of the position over a triangle: half of the sum of the edges' normals, each as long as its edge's angle.
fn centroid(a: Point, b: Point, c: Point) -> Point {
    [(a, b), (b, c), (c, a)]
        .into_iter()
        .map(|(p, q)| {
            let normal = cross(p, q);
            let sine = super::length(normal);
            let ratio = if sine > 0.0 { angle(p, q) / sine } else { 1.0 };
            scale(normal, ratio / 2.0)
        })
        .fold([0.0; 3], add)
}

/// Pairs of positions of edges whose boxes meet: all that can cross, and few others.
pub(super) fn near_pairs(a: &[(Point, Point)], b: &[(Point, Point)]) -> Vec<(usize, usize)> {
    let boxes_of = |edges: &[(Point, Point)]| -> Vec<(usize, [f64; 6])> {
        let mut boxes: Vec<(usize, [f64; 6])> =
            edges.iter().copied().map(bounds).enumerate().collect();
        boxes.sort_by(|p, q| p.1[0].total_cmp(&q.1[0]));
        boxes
    };
    let (a, b) = (boxes_of(a), boxes_of(b));
    let widest = a
        .iter()
        .map(|(_, bounds)| bounds[1] - bounds[0])
        .fold(0.0, f64::max);
    let mut pairs = Vec::new();
    let mut start = 0;
    for (j, other) in &b {
        while start < a.len() && a[start].1[0] < other[0] - widest {
            start += 1;
        }
        let reach = a[start..]
            .iter()
            .take_while(|(_, bounds)| bounds[0] <= other[1]);
        pairs.extend(
            reach
                .filter(|(_, bounds)| {
                    (0..3).all(|axis| {
                        bounds[2 * axis] <= other[2 * axis + 1]
                            && other[2 * axis] <= bounds[2 * axis + 1]
                    })
                })
                .map(|(i, _)| (*i, *j)),
        );
    }
    pairs
}

/// A box around an edge: least and greatest coordinate by axis, with room for the arc's height over its chord.
fn bounds((a, b): (Point, Point)) -> [f64; 6] {
    let height = 1.0 - (angle(a, b) / 2.0).cos() + 1e-12;
    let mut bounds = [0.0; 6];
    for axis in 0..3 {
        bounds[2 * axis] = a[axis].min(b[axis]) - height;
        bounds[2 * axis + 1] = a[axis].max(b[axis]) + height;
    }
    bounds
}
