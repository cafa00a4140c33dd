//! Lines and polygons of the Earth: what one shape measures. Points are in `geo_points`, two shapes in `geo_overlaps`.
//!
//! Shapes are GeoJSON; a bad one gives null, as does a point out of range. See [`crate::kernel::geo`].

use super::geo_points::point_at;
use super::row::{Overload, Param, ScalarFunction, example, overload, row};
use crate::kernel;
use crate::kernel::geo::shape::{Line, Polygon};
use crate::kernel::geo::{self, EARTH_RADIUS, Point, write};
use crate::kernel::{Args, Json, KernelError, KernelResult, collect};
use huntql_kql::types::Type;
use std::rc::Rc;

const REAL: Param = Param::Is(Type::Real);
const BOOL: Param = Param::Is(Type::Bool);
const SHAPE: Param = Param::Is(Type::Dynamic);
const TEXT: Param = Param::Is(Type::String);

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
pub(super) fn sphere_only(args: &Args<'_>, index: usize) -> Result<(), KernelError> {
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

macro_rules! of_shape {
    ($parse:expr, $returns:expr, $f:expr) => {
        &[overload(&[SHAPE], $returns, |args| {
            let shape = shape_at(args, 0, $parse);
            collect(args, |row| Some($f(&*shape(row)?)))
        })]
    };
}

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
