//! Points, lines and polygons of the Earth.
//!
//! Shapes are GeoJSON; a bad one gives null, as does a point out of range. See [`crate::kernel::geo`].

use super::row::{Overload, Param, ScalarFunction, example, overload, row};
use crate::json::items;
use crate::kernel;
use crate::kernel::geo::shape::{self, Line, Polygon, edges_meet};
use crate::kernel::geo::{self, EARTH_RADIUS, Operation, Point, write};
use crate::kernel::{Args, Json, KernelError, KernelResult, collect};
use huntql_kql::types::Type;
use std::f64::consts::{PI, TAU};
use std::rc::Rc;

const REAL: Param = Param::Is(Type::Real);
const BOOL: Param = Param::Is(Type::Bool);
const SHAPE: Param = Param::Is(Type::Dynamic);
const TEXT: Param = Param::Is(Type::String);

/// The point of two arguments beginning at `index`.
fn point_at<'a>(args: &Args<'a>, index: usize) -> impl Fn(usize) -> Option<Point> + use<'a> {
    let (longitude, latitude) = (args.input::<f64>(index), args.input::<f64>(index + 1));
    move |row| geo::point(longitude.get(row)?, latitude.get(row)?)
}

/// The shape of an argument; a constant one is read once.
pub(super) fn shape_at<'a, T>(
    args: &Args<'a>,
    index: usize,
    parse: fn(&str) -> Option<T>,
) -> impl Fn(usize) -> Option<Rc<T>> + use<'a, T> {
    let json = args.input::<Json<'_>>(index);
    let read = move |row| {
        json.get(row)
            .and_then(|Json(json)| parse(json))
            .map(Rc::new)
    };
    let constant = args.is_constant(index).then(|| read(0));
    move |row| match &constant {
        Some(shape) => shape.clone(),
        None => read(row),
    }
}

/// Measuring on a spheroid is refused.
fn sphere_only(args: &Args<'_>, index: usize) -> Result<(), KernelError> {
    if args.len() > index {
        let asked = args.input::<bool>(index);
        if (0..args.rows()).any(|row| asked.get(row) != Some(false)) {
            return Err(KernelError::Argument {
                index,
                message: "measuring on a spheroid is not supported".to_owned(),
            });
        }
    }
    Ok(())
}

fn distance_2points(args: &Args<'_>) -> KernelResult {
    sphere_only(args, 4)?;
    let (p, q) = (point_at(args, 0), point_at(args, 2));
    collect(args, |row| Some(geo::distance(p(row)?, q(row)?)))
}

/// Clockwise from north, from 0 to 2π; `None` where no direction is.
fn direction(from: Point, to: Point) -> Option<f64> {
    if from == to || geo::angle(from, to) > PI - 1e-12 {
        return None;
    }
    let north =
        to[2] * (from[0].hypot(from[1]).powi(2)) - from[2] * (from[0] * to[0] + from[1] * to[1]);
    let east = from[0] * to[1] - from[1] * to[0];
    Some(east.atan2(north).rem_euclid(TAU))
}

fn azimuth(args: &Args<'_>) -> KernelResult {
    let (p, q) = (point_at(args, 0), point_at(args, 2));
    collect(args, |row| direction(p(row)?, q(row)?))
}

fn angle(args: &Args<'_>) -> KernelResult {
    let (a, b, c) = (point_at(args, 0), point_at(args, 2), point_at(args, 4));
    collect(args, |row| {
        let (a, b, c) = (a(row)?, b(row)?, c(row)?);
        Some((direction(b, c)? - direction(b, a)?).rem_euclid(TAU))
    })
}

fn point_in_circle(args: &Args<'_>) -> KernelResult {
    let (p, center) = (point_at(args, 0), point_at(args, 2));
    let radius = args.input::<f64>(4);
    collect(args, |row| {
        let radius = radius.get(row).filter(|radius| *radius > 0.0)?;
        Some(geo::distance(p(row)?, center(row)?) <= radius)
    })
}

fn point_in_polygon(args: &Args<'_>) -> KernelResult {
    let (p, polygon) = (point_at(args, 0), shape_at(args, 2, Polygon::parse));
    collect(args, |row| Some(polygon(row)?.contains(p(row)?)))
}

fn distance_to_line(args: &Args<'_>) -> KernelResult {
    let (p, line) = (point_at(args, 0), shape_at(args, 2, Line::parse));
    collect(args, |row| {
        let p = p(row)?;
        Some(geo::distance(p, line(row)?.closest(p)))
    })
}

fn distance_to_polygon(args: &Args<'_>) -> KernelResult {
    let (p, polygon) = (point_at(args, 0), shape_at(args, 2, Polygon::parse));
    collect(args, |row| {
        let p = p(row)?;
        Some(geo::distance(p, polygon(row)?.closest(p)))
    })
}

fn closest_on_line(args: &Args<'_>) -> KernelResult {
    let (p, line) = (point_at(args, 0), shape_at(args, 2, Line::parse));
    collect(args, |row| Some(write::point(line(row)?.closest(p(row)?))))
}

fn closest_on_polygon(args: &Args<'_>) -> KernelResult {
    let (p, polygon) = (point_at(args, 0), shape_at(args, 2, Polygon::parse));
    collect(args, |row| {
        Some(write::point(polygon(row)?.closest(p(row)?)))
    })
}

/// Edges of all lines, those of both directions once.
fn united_edges(line: &Line) -> Vec<(Point, Point)> {
    let mut edges: Vec<(Point, Point)> = Vec::new();
    let mut known = std::collections::HashSet::new();
    for (a, b) in line.edges() {
        let bits = |p: Point| p.map(f64::to_bits);
        let key = (bits(a).min(bits(b)), bits(a).max(bits(b)));
        if known.insert(key) {
            edges.push((a, b));
        }
    }
    edges
}

fn line_length(line: &Line) -> f64 {
    let angles: f64 = united_edges(line)
        .iter()
        .map(|(a, b)| geo::angle(*a, *b))
        .sum();
    angles * EARTH_RADIUS
}

fn line_centroid(line: &Line) -> String {
    let sum = united_edges(line)
        .iter()
        .map(|(a, b)| {
            let (across, along) = (geo::subtract(*a, *b), geo::add(*a, *b));
            geo::scale(along, geo::length(across) / geo::length(along))
        })
        .fold([0.0; 3], geo::add);
    write::point(geo::unit(sum))
}

/// A line of one part.
fn single(json: &str) -> Option<Line> {
    Line::parse(json).filter(|line| line.parts.len() == 1)
}

fn locate_point(args: &Args<'_>) -> KernelResult {
    sphere_only(args, 3)?;
    let (line, p) = (shape_at(args, 0, single), point_at(args, 1));
    collect(args, |row| {
        let (line, p) = (line(row)?, p(row)?);
        let edges = line.edges();
        let mut walked = 0.0;
        let mut best = (f64::INFINITY, 0.0);
        for (a, b) in &edges {
            let near = geo::closest(p, *a, *b);
            let away = geo::angle(p, near);
            if away < best.0 {
                best = (away, walked + geo::angle(*a, near));
            }
            walked += geo::angle(*a, *b);
        }
        Some(best.1 / walked)
    })
}

fn interpolate_point(args: &Args<'_>) -> KernelResult {
    let line = shape_at(args, 0, single);
    let fraction = args.input::<f64>(1);
    collect(args, |row| {
        let line = line(row)?;
        let fraction = fraction.get(row).filter(|f| (0.0..=1.0).contains(f))?;
        let edges = line.edges();
        let whole: f64 = edges.iter().map(|(a, b)| geo::angle(*a, *b)).sum();
        let mut left = whole * fraction;
        for (a, b) in &edges {
            let angle = geo::angle(*a, *b);
            if left < angle {
                return Some(write::point(geo::towards(*a, *b, left)));
            }
            left -= angle;
        }
        Some(write::point(edges.last()?.1))
    })
}

fn perimeter(polygon: &Polygon) -> f64 {
    let rings = polygon.union();
    let angles: f64 = rings
        .iter()
        .flat_map(geo::Ring::edges)
        .map(|(a, b)| geo::angle(a, b))
        .sum();
    angles * EARTH_RADIUS
}

/// Each ring with 1 for a shell and -1 for a hole.
fn signed(rings: &[geo::Ring]) -> impl Iterator<Item = (&geo::Ring, f64)> {
    rings.iter().enumerate().map(|(at, ring)| {
        let p = geo::unit(geo::add(ring.vertices[0], ring.vertices[1]));
        let around = rings
            .iter()
            .enumerate()
            .filter(|(other, outer)| *other != at && outer.contains(p));
        (ring, if around.count() % 2 == 0 { 1.0 } else { -1.0 })
    })
}

fn area(polygon: &Polygon) -> f64 {
    let steradians: f64 = signed(&polygon.union())
        .map(|(ring, sign)| ring.area() * sign)
        .sum();
    steradians * EARTH_RADIUS * EARTH_RADIUS
}

fn polygon_centroid(polygon: &Polygon) -> String {
    let sum = signed(&polygon.union())
        .map(|(ring, sign)| geo::scale(ring.centroid(), sign))
        .fold([0.0; 3], geo::add);
    write::point(geo::unit(sum))
}

fn lines_meet(args: &Args<'_>) -> KernelResult {
    let (a, b) = (
        shape_at(args, 0, Line::parse),
        shape_at(args, 1, Line::parse),
    );
    collect(args, |row| {
        Some(edges_meet(&a(row)?.edges(), &b(row)?.edges()))
    })
}

fn line_meets_polygon(args: &Args<'_>) -> KernelResult {
    let (line, polygon) = (
        shape_at(args, 0, Line::parse),
        shape_at(args, 1, Polygon::parse),
    );
    collect(args, |row| {
        let (line, polygon) = (line(row)?, polygon(row)?);
        Some(
            line.parts.iter().any(|part| polygon.contains(part[0]))
                || edges_meet(&line.edges(), &polygon.edges()),
        )
    })
}

fn polygons_meet(args: &Args<'_>) -> KernelResult {
    let (a, b) = (
        shape_at(args, 0, Polygon::parse),
        shape_at(args, 1, Polygon::parse),
    );
    collect(args, |row| {
        let (a, b) = (a(row)?, b(row)?);
        let inside = |a: &Polygon, b: &Polygon| {
            a.parts
                .iter()
                .flatten()
                .any(|ring| b.contains(ring.vertices[0]))
        };
        Some(inside(&a, &b) || inside(&b, &a) || edges_meet(&a.edges(), &b.edges()))
    })
}

pub(super) fn collection(geometries: &[String]) -> String {
    format!(
        "{{\"type\":\"GeometryCollection\",\"geometries\":[{}]}}",
        geometries.join(",")
    )
}

/// Vertices that both polygons have and no ring of the intersection.
fn lone_vertices(a: &Polygon, b: &Polygon, rings: &[geo::Ring]) -> Vec<Point> {
    let vertices = |polygon: &Polygon| -> Vec<Point> {
        polygon
            .parts
            .iter()
            .flatten()
            .flat_map(|ring| ring.vertices.clone())
            .collect()
    };
    let others = vertices(b);
    vertices(a)
        .into_iter()
        .filter(|p| others.contains(p) && !rings.iter().any(|ring| ring.vertices.contains(p)))
        .collect()
}

fn intersection_polygons(args: &Args<'_>) -> KernelResult {
    let (a, b) = (
        shape_at(args, 0, Polygon::parse),
        shape_at(args, 1, Polygon::parse),
    );
    collect(args, |row| {
        let (a, b) = (a(row)?, b(row)?);
        let rings = geo::overlay(&a.union(), &b.union(), Operation::Intersection);
        let mut parts: Vec<String> = lone_vertices(&a, &b, &rings)
            .into_iter()
            .map(write::point)
            .collect();
        if !rings.is_empty() {
            parts.push(write::region(&rings));
        }
        Some(match parts.as_slice() {
            [only] => only.clone(),
            all => collection(all),
        })
    })
}

fn union_polygons(args: &Args<'_>) -> KernelResult {
    let polygons = args.input::<Json<'_>>(0);
    collect(args, |row| {
        let polygons = items(polygons.get(row)?.0)
            .map(Polygon::parse)
            .collect::<Option<Vec<_>>>()?;
        let regions: Vec<_> = polygons
            .into_iter()
            .flat_map(|polygon| polygon.parts)
            .collect();
        (!regions.is_empty()).then(|| write::region(&shape::union(regions)))
    })
}

macro_rules! of_shape {
    ($parse:expr, $returns:expr, $f:expr) => {
        &[overload(&[SHAPE], $returns, |args| {
            let shape = shape_at(args, 0, $parse);
            collect(args, |row| Some($f(&*shape(row)?)))
        })]
    };
}

macro_rules! of_two_shapes {
    ($returns:expr, $kernel:expr) => {
        &[overload(&[SHAPE, SHAPE], $returns, $kernel)]
    };
}

macro_rules! of_point_and_shape {
    ($returns:expr, $kernel:expr) => {
        &[overload(&[REAL, REAL, SHAPE], $returns, $kernel)]
    };
}

const DISTANCE: &[Overload] = &[overload(
    &[REAL, REAL, REAL, REAL, BOOL],
    Type::Real,
    distance_2points,
)
.optional(1)];
const AZIMUTH: &[Overload] = &[overload(&[REAL, REAL, REAL, REAL], Type::Real, azimuth)];
const ANGLE: &[Overload] = &[overload(
    &[REAL, REAL, REAL, REAL, REAL, REAL],
    Type::Real,
    angle,
)];
const CIRCLE: &[Overload] = &[overload(
    &[REAL, REAL, REAL, REAL, REAL],
    Type::Bool,
    point_in_circle,
)];
const LOCATE: &[Overload] =
    &[overload(&[SHAPE, REAL, REAL, BOOL], Type::Real, locate_point).optional(1)];
const INTERPOLATE: &[Overload] = &[overload(&[SHAPE, REAL], Type::Dynamic, interpolate_point)];
const WKT: &[Overload] = &[overload(
    &[TEXT],
    Type::Dynamic,
    kernel!(|text: &str| geo::wkt::parse(text)),
)];

pub const FUNCTIONS: &[ScalarFunction] = &[
    row(
        "geo_distance_2points",
        DISTANCE,
        "kusto/query/geo-distance-2points-function",
        "Gives the distance of two points in metres, on a sphere.",
        &[
            example(
                "round(geo_distance_2points(-122.407628, 47.578557, -118.275287, 34.019056), 6)",
                "1546754.351974",
            ),
            example("geo_distance_2points(300.0, 1.0, 1.0, 1.0)", "real(null)"),
        ],
    ),
    row(
        "geo_azimuth",
        AZIMUTH,
        "kusto/query/geo-azimuth-function",
        "Gives the direction from one point to another in radians, clockwise from north.",
        &[
            example(
                "round(geo_azimuth(5.0, 10.0, 10.0, -40.0), 9)",
                "3.054599398",
            ),
            example("geo_azimuth(5.0, 10.0, 5.0, 10.0)", "real(null)"),
        ],
    ),
    row(
        "geo_angle",
        ANGLE,
        "kusto/query/geo-angle-function",
        "Gives the angle at the second of three points in radians, clockwise from the first to the third.",
        &[
            example(
                "round(geo_angle(0.0, 10.0, 0.0, 5.0, 3.0, -10.0), 9)",
                "2.944938434",
            ),
            example("geo_angle(0.0, 10.0, 0.0, 10.0, 3.0, -10.0)", "real(null)"),
        ],
    ),
    row(
        "geo_point_in_circle",
        CIRCLE,
        "kusto/query/geo-point-in-circle-function",
        "Tells whether a point is within a radius in metres around another.",
        &[
            example(
                "geo_point_in_circle(-122.143564, 47.535677, -122.100896, 47.527351, 3500.0)",
                "true",
            ),
            example(
                "geo_point_in_circle(1.0, 1.0, 1.0, 1.0, -1.0)",
                "bool(null)",
            ),
        ],
    ),
    row(
        "geo_point_in_polygon",
        of_point_and_shape!(Type::Bool, point_in_polygon),
        "kusto/query/geo-point-in-polygon-function",
        "Tells whether a point is in a polygon.",
        &[
            example(
                "geo_point_in_polygon(1.0, 1.0, dynamic({'type':'Polygon','coordinates':[[[0,0],[4,0],[4,4],[0,4],[0,0]]]}))",
                "true",
            ),
            example(
                "geo_point_in_polygon(1.0, 1.0, dynamic({'type':'Polygon'}))",
                "bool(null)",
            ),
        ],
    ),
    row(
        "geo_distance_point_to_line",
        of_point_and_shape!(Type::Real, distance_to_line),
        "kusto/query/geo-distance-point-to-line-function",
        "Gives the distance in metres of a point from a line.",
        &[
            example(
                "round(geo_distance_point_to_line(0.0, 1.0, dynamic({'type':'LineString','coordinates':[[-1,0],[1,0]]})), 3)",
                "111195.101",
            ),
            example(
                "geo_distance_point_to_line(300.0, 3.0, dynamic({'type':'LineString','coordinates':[[1,1],[2,2]]}))",
                "real(null)",
            ),
        ],
    ),
    row(
        "geo_distance_point_to_polygon",
        of_point_and_shape!(Type::Real, distance_to_polygon),
        "kusto/query/geo-distance-point-to-polygon-function",
        "Gives the distance in metres of a point from a polygon; 0 when it is inside.",
        &[
            example(
                "geo_distance_point_to_polygon(3.0, 2.0, dynamic({'type':'Polygon','coordinates':[[[0,0],[10,0],[10,10],[0,0]]]}))",
                "0.0",
            ),
            example(
                "geo_distance_point_to_polygon(500.0, 1.0, dynamic({'type':'Polygon','coordinates':[[[0,0],[10,0],[10,10],[0,0]]]}))",
                "real(null)",
            ),
        ],
    ),
    row(
        "geo_closest_point_on_line",
        of_point_and_shape!(Type::Dynamic, closest_on_line),
        "kusto/query/geo-closest-point-on-line-function",
        "Gives the point of a line that is nearest to a point.",
        &[
            example(
                "geo_closest_point_on_line(-2.0, 0.0, dynamic({'type':'LineString','coordinates':[[0,0],[1,0]]}))",
                "dynamic({'type':'Point','coordinates':[0.0,0.0]})",
            ),
            example(
                "geo_closest_point_on_line(1.0, 1.0, dynamic({'type':'LineString'}))",
                "dynamic(null)",
            ),
        ],
    ),
    row(
        "geo_closest_point_on_polygon",
        of_point_and_shape!(Type::Dynamic, closest_on_polygon),
        "kusto/query/geo-closest-point-on-polygon-function",
        "Gives the point of a polygon that is nearest to a point.",
        &[
            example(
                "geo_closest_point_on_polygon(-2.0, 0.0, dynamic({'type':'Polygon','coordinates':[[[0,0],[1,0],[1,1],[0,0]]]}))",
                "dynamic({'type':'Point','coordinates':[0.0,0.0]})",
            ),
            example(
                "geo_closest_point_on_polygon(1.0, 1.0, dynamic({'type':'Polygon'}))",
                "dynamic(null)",
            ),
        ],
    ),
    row(
        "geo_line_length",
        of_shape!(Line::parse, Type::Real, line_length),
        "kusto/query/geo-line-length-function",
        "Gives the length of a line in metres.",
        &[
            example(
                "round(geo_line_length(dynamic({'type':'LineString','coordinates':[[0,0],[1,0]]})), 3)",
                "111195.101",
            ),
            example(
                "geo_line_length(dynamic({'type':'LineString','coordinates':[[1,1]]}))",
                "real(null)",
            ),
        ],
    ),
    row(
        "geo_line_centroid",
        of_shape!(Line::parse, Type::Dynamic, line_centroid),
        "kusto/query/geo-line-centroid-function",
        "Gives the middle of a line's mass.",
        &[
            example(
                "geo_line_centroid(dynamic({'type':'LineString','coordinates':[[0,-1],[0,1]]}))",
                "dynamic({'type':'Point','coordinates':[0.0,0.0]})",
            ),
            example(
                "geo_line_centroid(dynamic({'type':'LineString','coordinates':[[1,1]]}))",
                "dynamic(null)",
            ),
        ],
    ),
    row(
        "geo_line_locate_point",
        LOCATE,
        "kusto/query/geo-line-locate-point-function",
        "Gives where on a line, from 0 to 1, the point nearest to a point is.",
        &[
            example(
                "round(geo_line_locate_point(dynamic({'type':'LineString','coordinates':[[0,0],[4,0]]}), 1.0, 5.0), 6)",
                "0.25",
            ),
            example(
                "geo_line_locate_point(dynamic({'type':'LineString','coordinates':[[1,1]]}), 1.0, 1.0)",
                "real(null)",
            ),
        ],
    ),
    row(
        "geo_line_interpolate_point",
        INTERPOLATE,
        "kusto/query/geo-line-interpolate-point-function",
        "Gives the point at a fraction, from 0 to 1, of a line.",
        &[
            example(
                "geo_line_interpolate_point(dynamic({'type':'LineString','coordinates':[[0,0],[0,4]]}), 0.0)",
                "dynamic({'type':'Point','coordinates':[0.0,0.0]})",
            ),
            example(
                "geo_line_interpolate_point(dynamic({'type':'LineString','coordinates':[[1,1],[2,2]]}), 2.0)",
                "dynamic(null)",
            ),
        ],
    ),
    row(
        "geo_polygon_perimeter",
        of_shape!(Polygon::parse, Type::Real, perimeter),
        "kusto/query/geo-polygon-perimeter-function",
        "Gives the length of a polygon's border in metres.",
        &[
            example(
                "round(geo_polygon_perimeter(dynamic({'type':'Polygon','coordinates':[[[0,0],[90,0],[0,90],[0,0]]]})), 0)",
                "30022677.0",
            ),
            example(
                "geo_polygon_perimeter(dynamic({'type':'Polygon'}))",
                "real(null)",
            ),
        ],
    ),
    row(
        "geo_polygon_area",
        of_shape!(Polygon::parse, Type::Real, area),
        "kusto/query/geo-polygon-area-function",
        "Gives the area of a polygon in square metres.",
        &[
            example(
                "round(geo_polygon_area(dynamic({'type':'Polygon','coordinates':[[[0,0],[90,0],[0,90],[0,0]]]})) / 1e12, 6)",
                "63.758259",
            ),
            example(
                "geo_polygon_area(dynamic({'type':'Polygon'}))",
                "real(null)",
            ),
        ],
    ),
    row(
        "geo_polygon_centroid",
        of_shape!(Polygon::parse, Type::Dynamic, polygon_centroid),
        "kusto/query/geo-polygon-centroid-function",
        "Gives the middle of a polygon's mass.",
        &[
            example(
                "round(todouble(geo_polygon_centroid(dynamic({'type':'Polygon','coordinates':[[[0,-1],[2,0],[0,1],[0,-1]]]})).coordinates[1]), 9)",
                "0.0",
            ),
            example(
                "geo_polygon_centroid(dynamic({'type':'Polygon'}))",
                "dynamic(null)",
            ),
        ],
    ),
    row(
        "geo_intersects_2lines",
        of_two_shapes!(Type::Bool, lines_meet),
        "kusto/query/geo-intersects-2lines-function",
        "Tells whether two lines meet.",
        &[
            example(
                "geo_intersects_2lines(dynamic({'type':'LineString','coordinates':[[-1,0],[1,0]]}), dynamic({'type':'LineString','coordinates':[[0,-1],[0,1]]}))",
                "true",
            ),
            example(
                "geo_intersects_2lines(dynamic({'type':'LineString','coordinates':[[-1,0],[1,0]]}), dynamic({'type':'LineString','coordinates':[[0,-1]]}))",
                "bool(null)",
            ),
        ],
    ),
    row(
        "geo_intersects_line_with_polygon",
        of_two_shapes!(Type::Bool, line_meets_polygon),
        "kusto/query/geo-intersects-line-with-polygon-function",
        "Tells whether a line and a polygon meet.",
        &[
            example(
                "geo_intersects_line_with_polygon(dynamic({'type':'LineString','coordinates':[[-1,1],[9,1]]}), dynamic({'type':'Polygon','coordinates':[[[0,0],[4,0],[4,4],[0,0]]]}))",
                "true",
            ),
            example(
                "geo_intersects_line_with_polygon(dynamic({'type':'LineString','coordinates':[[-1,1],[-9,1]]}), dynamic({'type':'Polygon','coordinates':[[[0,0],[4,0],[4,4],[0,0]]]}))",
                "false",
            ),
        ],
    ),
    row(
        "geo_intersects_2polygons",
        of_two_shapes!(Type::Bool, polygons_meet),
        "kusto/query/geo-intersects-2polygons-function",
        "Tells whether two polygons meet.",
        &[
            example(
                "geo_intersects_2polygons(dynamic({'type':'Polygon','coordinates':[[[0,0],[4,0],[4,4],[0,0]]]}), dynamic({'type':'Polygon','coordinates':[[[3,1],[9,1],[9,2],[3,1]]]}))",
                "true",
            ),
            example(
                "geo_intersects_2polygons(dynamic({'type':'Polygon','coordinates':[[[0,0],[4,0],[4,4],[0,0]]]}), dynamic({'type':'Polygon'}))",
                "bool(null)",
            ),
        ],
    ),
    row(
        "geo_intersection_2polygons",
        of_two_shapes!(Type::Dynamic, intersection_polygons),
        "kusto/query/geo-intersection-2polygons-function",
        "Gives what two polygons share.",
        &[
            example(
                "geo_intersection_2polygons(dynamic({'type':'Polygon','coordinates':[[[2,45],[0,45],[1,44],[2,45]]]}), dynamic({'type':'Polygon','coordinates':[[[3,44],[3,45],[2,43],[3,44]]]}))",
                "dynamic({'type':'GeometryCollection','geometries':[]})",
            ),
            example(
                "geo_intersection_2polygons(dynamic({'type':'Polygon'}), dynamic({'type':'Polygon'}))",
                "dynamic(null)",
            ),
        ],
    ),
    row(
        "geo_union_polygons_array",
        &[overload(&[SHAPE], Type::Dynamic, union_polygons)],
        "kusto/query/geo-union-polygons-array-function",
        "Gives the union of an array of polygons.",
        &[
            example(
                "geo_union_polygons_array(dynamic([{'type':'Polygon','coordinates':[[[0,0],[1,0],[1,1],[0,0]]]},{'type':'Polygon','coordinates':[[[0,0],[1,0]]]}]))",
                "dynamic(null)",
            ),
            example(
                "array_length(geo_union_polygons_array(dynamic([{'type':'Polygon','coordinates':[[[0,0],[1,0],[1,1],[0,0]]]}])).coordinates[0])",
                "4",
            ),
        ],
    ),
    row(
        "geo_from_wkt",
        WKT,
        "kusto/query/geo-from-wkt-function",
        "Gives the GeoJSON of a shape in well-known text.",
        &[
            example(
                "geo_from_wkt('LINESTRING (1 2, 3 4)')",
                "dynamic({'type':'LineString','coordinates':[[1.0,2.0],[3.0,4.0]]})",
            ),
            example("geo_from_wkt('LINESTRING')", "dynamic(null)"),
        ],
    ),
];
