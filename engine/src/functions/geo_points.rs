//! Points of the Earth: between two of them, and between one and a shape.

use super::geo_shapes::{shape_at, sphere_only};
use super::row::{Overload, Param, ScalarFunction, example, overload, row};
use crate::kernel::geo::shape::{Line, Polygon};
use crate::kernel::geo::{self, Point, write};
use crate::kernel::{Args, KernelResult, collect};
use huntql_kql::types::Type;
use std::f64::consts::{PI, TAU};

const REAL: Param = Param::Is(Type::Real);
const BOOL: Param = Param::Is(Type::Bool);
const SHAPE: Param = Param::Is(Type::Dynamic);

/// The point of two arguments beginning at `index`.
pub(super) fn point_at<'a>(
    args: &Args<'a>,
    index: usize,
) -> impl Fn(usize) -> Option<Point> + use<'a> {
    let (longitude, latitude) = (args.input::<f64>(index), args.input::<f64>(index + 1));
    move |row| geo::point(longitude.get(row)?, latitude.get(row)?)
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
];
