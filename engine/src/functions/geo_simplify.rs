//! Lines and polygons with fewer vertices: `geo_line_simplify` and `geo_polygon_simplify`.
//!
//! The pages do not tell the algorithm. Two are at hand, S2's greedy one and that of Douglas and Peucker: a line is answered where
//! both keep the same vertices, and no two of them are nearer to each other than the tolerance, as the page has it. A shape whose
//! vertices are all nearer than that disappears: null.
//!
//! Not here: other lines, and what is left of a polygon. They are refused.

use super::geo_lines::refused;
use super::geo_shapes::shape_at;
use super::row::{Overload, Param, ScalarFunction, example, overload, row};
use super::tuples::rows;
use crate::kernel::geo::shape::{Degrees, Line, Polygon, line_positions};
use crate::kernel::geo::{
    self, Point, add, angle, closest, cross, dot, length, scale, subtract, unit, write,
};
use crate::kernel::{Args, Json, KernelError, KernelResult};
use huntql_kql::types::Type;
use std::f64::consts::{FRAC_PI_2, PI, TAU};

const SHAPE: Param = Param::Is(Type::Dynamic);
const REAL: Param = Param::Is(Type::Real);
/// The tolerance when none is given.
const DEFAULT_METRES: f64 = 10.0;
/// About a quarter around the Earth and a bit less, as the page has it.
const METRES_MAX: f64 = 7_800_000.0;
/// Above this many vertices the distances of all pairs are not looked at.
const VERTICES_MAX: usize = 4_096;

/// The tolerance as an angle.
fn tolerance(args: &Args<'_>, row: usize) -> Option<f64> {
    let metres = match args.len() {
        1 => Some(DEFAULT_METRES),
        _ => args.input::<f64>(1).get(row),
    };
    let metres = metres.filter(|metres| (0.0..=METRES_MAX).contains(metres))?;
    Some(metres / geo::EARTH_RADIUS)
}

/// Whether all points are nearer to each other than the tolerance.
fn disappears(points: &[Point], tolerance: f64) -> bool {
    let pairs = points.iter().enumerate();
    points.len() <= VERTICES_MAX
        && pairs
            .flat_map(|(at, a)| points[at + 1..].iter().map(move |b| (a, b)))
            .all(|(a, b)| angle(*a, *b) < tolerance)
}

/// Whether no two points are nearer to each other than the tolerance.
fn are_apart(points: &[Point], kept: &[usize], tolerance: f64) -> bool {
    kept.len() <= VERTICES_MAX
        && kept.iter().enumerate().all(|(at, a)| {
            let others = kept[at + 1..].iter();
            others
                .copied()
                .all(|b| angle(points[*a], points[b]) >= tolerance)
        })
}

/// The places that Douglas and Peucker keep.
fn by_halves(points: &[Point], tolerance: f64) -> Vec<usize> {
    let mut kept = vec![0];
    let mut waiting = vec![(0, points.len() - 1)];
    while let Some((from, to)) = waiting.pop() {
        let away = |at: usize| angle(points[at], closest(points[at], points[from], points[to]));
        let farthest = (from + 1..to)
            .map(|at| (at, away(at)))
            .max_by(|a, b| a.1.total_cmp(&b.1));
        match farthest {
            Some((at, far)) if far > tolerance => waiting.extend([(at, to), (from, at)]),
            _ => kept.push(to),
        }
    }
    kept
}

/// The places that S2's `SubsampleVertices` keeps: from each on to the last one that an edge within the tolerance of all reaches.
fn by_reach(points: &[Point], tolerance: f64) -> Vec<usize> {
    let mut kept = vec![0];
    let mut at = 0;
    while at + 1 < points.len() {
        at = reach(points, tolerance, at);
        kept.push(at);
    }
    kept
}

fn reach(points: &[Point], tolerance: f64, from: usize) -> usize {
    let origin = points[from];
    let east = unit(tangent(origin, points[from + 1]));
    let north = cross(origin, east);
    let (mut low, mut high) = (-PI, PI);
    let mut last = 0.0;
    for (at, point) in points.iter().enumerate().skip(from + 1) {
        let far = angle(origin, *point);
        let turns_back = far < last && last > tolerance;
        if turns_back || (far > FRAC_PI_2 && last > 0.0) {
            return at - 1;
        }
        last = far;
        if far <= tolerance {
            continue;
        }
        let direction = tangent(origin, *point);
        let center = dot(direction, north).atan2(dot(direction, east));
        let half = (tolerance.sin() / far.sin()).min(1.0).asin();
        if low <= -PI && high >= PI {
            (low, high) = (center - half, center + half);
            continue;
        }
        let middle = f64::midpoint(low, high);
        let center = middle + (center - middle + PI).rem_euclid(TAU) - PI;
        if center < low || center > high {
            return at - 1;
        }
        (low, high) = (low.max(center - half), high.min(center + half));
    }
    points.len() - 1
}

/// The part of a point's place that is at right angles to another.
fn tangent(origin: Point, point: Point) -> Point {
    let along = dot(origin, point);
    let flat = subtract(point, scale(origin, along));
    match length(flat) > 0.0 {
        true => flat,
        false => add(point, origin),
    }
}

/// `None` for a line that disappears.
fn simplified(points: &[Point], tolerance: f64) -> Result<Option<Vec<usize>>, KernelError> {
    if disappears(points, tolerance) {
        return Ok(None);
    }
    let kept = by_reach(points, tolerance);
    if kept != by_halves(points, tolerance) || !are_apart(points, &kept, tolerance) {
        return Err(refused(
            "the simplification of this line is not supported: how the real engine does it is not documented, and algorithms differ",
        ));
    }
    Ok(Some(kept))
}

fn simplify_line(args: &Args<'_>) -> KernelResult {
    let input = args.input::<Json<'_>>(0);
    rows(args, |row| {
        let written = input.get(row).and_then(|Json(json)| {
            let line = Line::parse(json)?;
            Some((line, line_positions(json)?))
        });
        let (Some((line, written)), Some(tolerance)) = (written, tolerance(args, row)) else {
            return Ok(None);
        };
        let mut lines: Vec<Vec<Degrees>> = Vec::new();
        for (points, positions) in line.parts.iter().zip(&written) {
            if let Some(kept) = simplified(points, tolerance)? {
                lines.push(kept.into_iter().map(|at| positions[at]).collect());
            }
        }
        Ok((!lines.is_empty()).then(|| write::lines(&lines)))
    })
}

fn simplify_polygon(args: &Args<'_>) -> KernelResult {
    let polygon = shape_at(args, 0, Polygon::parse);
    rows(args, |row| {
        let (Some(polygon), Some(tolerance)) = (polygon(row), tolerance(args, row)) else {
            return Ok(None);
        };
        let gone = polygon
            .parts
            .iter()
            .flatten()
            .all(|ring| disappears(&ring.vertices, tolerance));
        match gone {
            true => Ok(None),
            false => Err(refused(
                "the simplification of a polygon is not supported: how the real engine does it is not documented",
            )),
        }
    })
}

const LINE: &[Overload] = &[overload(&[SHAPE, REAL], Type::Dynamic, simplify_line).optional(1)];
const POLYGON: &[Overload] =
    &[overload(&[SHAPE, REAL], Type::Dynamic, simplify_polygon).optional(1)];

pub const FUNCTIONS: &[ScalarFunction] = &[
    row(
        "geo_line_simplify",
        LINE,
        "kusto/query/geo-line-simplify-function",
        "Leaves out vertices of a line that are within a tolerance (metres, 10 unless given) of longer edges. Lines that known algorithms simplify in different ways are refused.",
        &[
            example(
                "geo_line_simplify(dynamic({'type':'LineString','coordinates':[[1,1],[1.5,1],[2,1]]}), 100.0)",
                "dynamic({'type':'LineString','coordinates':[[1.0,1.0],[2.0,1.0]]})",
            ),
            example(
                "geo_line_simplify(dynamic({'type':'LineString','coordinates':[[1,1],[2,2]]}), -1.0)",
                "dynamic(null)",
            ),
            example(
                "geo_line_simplify(dynamic({'type':'LineString','coordinates':[[1.1,1.1],[1.2,1.2]]}), 100000.0)",
                "dynamic(null)",
            ),
        ],
    ),
    row(
        "geo_polygon_simplify",
        POLYGON,
        "kusto/query/geo-polygon-simplify-function",
        "Gives null for a polygon whose vertices are all nearer to each other than the tolerance. What is left of others is refused: how the real engine does it is not documented.",
        &[
            example(
                "geo_polygon_simplify(dynamic({'type':'Polygon'}))",
                "dynamic(null)",
            ),
            example(
                "geo_polygon_simplify(dynamic({'type':'Polygon','coordinates':[[[5,48],[0,50],[0,47],[4,47],[5,48]]]}), 1000000)",
                "dynamic(null)",
            ),
        ],
    ),
];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn at(places: &[(f64, f64)]) -> Vec<Point> {
        let points = places.iter().map(|at| geo::point(at.0, at.1));
        points.collect::<Option<_>>().unwrap()
    }

    fn kept(places: &[(f64, f64)], metres: f64) -> Result<Option<Vec<usize>>, KernelError> {
        simplified(&at(places), metres / geo::EARTH_RADIUS)
    }

    #[test]
    fn a_straight_chain_keeps_its_ends_and_corners_stay() {
        let straight = [(0.0, 0.0), (0.001, 0.000_01), (0.002, 0.0), (0.003, 0.0)];
        assert_eq!(kept(&straight, 10.0).unwrap(), Some(vec![0, 3]));
        let corner = [(0.0, 0.0), (0.001, 0.0), (0.002, 0.0), (0.002, 0.003)];
        assert_eq!(kept(&corner, 10.0).unwrap(), Some(vec![0, 2, 3]));
    }

    #[test]
    fn a_line_within_the_tolerance_is_gone() {
        assert_eq!(kept(&[(0.0, 0.0), (0.0001, 0.0)], 100.0).unwrap(), None);
    }
}
