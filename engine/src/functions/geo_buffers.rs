//! Buffers around points, lines and polygons: their vertices are S2's, see [`crate::kernel::geo::buffer`].
//!
//! A radius or tolerance that is not positive gives null, as bad shapes do. Refused are shapes whose offset crosses itself (lines
//! of several edges, polygons that turn inwards or have holes), shapes of several parts, and tolerances out of the reference's
//! bounds.

use super::geo_lines::{refused, runs_counterclockwise};
use super::row::{Overload, Param, ScalarFunction, example, overload, row};
use super::tuples::rows;
use crate::kernel::geo::buffer::Buffer;
use crate::kernel::geo::shape::{Line, Polygon, polygon_positions};
use crate::kernel::geo::{self, EARTH_RADIUS, Point, degrees, write};
use crate::kernel::{Args, Json, KernelError, KernelResult};
use huntql_kql::types::Type;

const REAL: Param = Param::Is(Type::Real);
const SHAPE: Param = Param::Is(Type::Dynamic);

/// In metres.
const TOLERANCE: f64 = 10.0;
/// The smallest tolerance, as a share of the radius.
const TOLERANCE_MIN: f64 = 1e-6;

const POINT: &[Overload] =
    &[overload(&[REAL, REAL, REAL, REAL], Type::Dynamic, around_point).optional(1)];
const LINE: &[Overload] = &[overload(&[SHAPE, REAL, REAL], Type::Dynamic, around_line).optional(1)];
const POLYGON: &[Overload] =
    &[overload(&[SHAPE, REAL, REAL], Type::Dynamic, around_polygon).optional(1)];

pub const FUNCTIONS: &[ScalarFunction] = &[
    row(
        "geo_point_buffer",
        POINT,
        "kusto/query/geo-point-buffer-function",
        "Gives a polygon around a point, within 10 metres of the radius by default.",
        &[
            example(
                "array_length(geo_point_buffer(-115.1745008278, 36.1497251277, 20000.0).coordinates[0])",
                "101",
            ),
            example("geo_point_buffer(200.0, 1.0, 0.1)", "dynamic(null)"),
        ],
    ),
    row(
        "geo_line_buffer",
        LINE,
        "kusto/query/geo-line-buffer-function",
        "Gives a polygon around a line of one edge. Lines of more are refused.",
        &[
            example(
                "geo_line_buffer(dynamic({'type':'LineString'}), 5.0)",
                "dynamic(null)",
            ),
            example(
                "geo_line_buffer(dynamic({'type':'LineString','coordinates':[[0,0],[1,1]]}), 0.0)",
                "dynamic(null)",
            ),
        ],
    ),
    row(
        "geo_polygon_buffer",
        POLYGON,
        "kusto/query/geo-polygon-buffer-function",
        "Gives a polygon around a convex polygon. Others are refused.",
        &[
            example(
                "array_length(geo_polygon_buffer(dynamic({'type':'Polygon','coordinates':[[[139.813757,35.719666],[139.72558,35.71813],[139.727471,35.653231],[139.818721,35.657264],[139.813757,35.719666]]]}), 10000.0).coordinates[0])",
                "77",
            ),
            example(
                "geo_polygon_buffer(dynamic({'type':'p'}), 1.0)",
                "dynamic(null)",
            ),
        ],
    ),
];

/// The radius and tolerance of a row, of which the first is argument `at`; `None` when they are not positive.
fn buffer(args: &Args<'_>, at: usize, row: usize) -> Result<Option<Buffer>, KernelError> {
    let radius = args.input::<f64>(at).get(row);
    let tolerance = match args.len() > at + 1 {
        true => args.input::<f64>(at + 1).get(row),
        false => Some(TOLERANCE),
    };
    let (Some(radius), Some(tolerance)) = (radius, tolerance) else {
        return Ok(None);
    };
    if !(radius.is_finite() && radius > 0.0 && tolerance > 0.0) {
        return Ok(None);
    }
    // The real engine keeps the tolerance as a share of the radius in single precision: its digits say so.
    let share = f64::from((tolerance / radius) as f32);
    let radius = radius / EARTH_RADIUS;
    let made = match share >= TOLERANCE_MIN {
        true => Buffer::new(radius, radius * share),
        false => None,
    };
    let unsupported = "a buffer is only supported whose tolerance lies between a millionth of the radius and the radius, \
        and whose radius is below a quarter around the Earth";
    made.map(Some).ok_or_else(|| refused(unsupported))
}

fn polygon(vertices: &[Point]) -> String {
    write::ring_polygon(vertices.iter().map(|vertex| degrees(*vertex)).collect())
}

fn around_point(args: &Args<'_>) -> KernelResult {
    let (longitude, latitude) = (args.input::<f64>(0), args.input::<f64>(1));
    rows(args, |row| {
        let center = (longitude.get(row).zip(latitude.get(row)))
            .and_then(|(longitude, latitude)| geo::point(longitude, latitude));
        let Some(center) = center else {
            return Ok(None);
        };
        let buffer = buffer(args, 2, row)?;
        Ok(buffer.map(|buffer| polygon(&buffer.point(center))))
    })
}

fn around_line(args: &Args<'_>) -> KernelResult {
    let input = args.input::<Json<'_>>(0);
    rows(args, |row| {
        let line = input.get(row).and_then(|Json(json)| Line::parse(json));
        let Some(line) = line else { return Ok(None) };
        let Some(buffer) = buffer(args, 1, row)? else {
            return Ok(None);
        };
        match line.edges().as_slice() {
            [(a, b)] => Ok(Some(polygon(&buffer.edge(*a, *b)))),
            _ => Err(refused(
                "a buffer around a line of several edges is not supported",
            )),
        }
    })
}

fn around_polygon(args: &Args<'_>) -> KernelResult {
    let input = args.input::<Json<'_>>(0);
    rows(args, |row| {
        let good = input
            .get(row)
            .filter(|Json(json)| Polygon::parse(json).is_some())
            .and_then(|Json(json)| polygon_positions(json));
        let Some(polygons) = good else {
            return Ok(None);
        };
        let Some(buffer) = buffer(args, 1, row)? else {
            return Ok(None);
        };
        let vertices = match polygons.as_slice() {
            [rings] => match rings.as_slice() {
                [shell] if runs_counterclockwise(shell) => {
                    let open = &shell[..shell.len() - 1];
                    open.iter().map(|at| geo::point(at.0, at.1)).collect()
                }
                _ => None,
            },
            _ => None,
        };
        let around = vertices.and_then(|vertices: Vec<Point>| buffer.ring(&vertices));
        around.map(|around| Some(polygon(&around))).ok_or_else(|| {
            refused(
                "a buffer is only supported around one convex polygon that runs counter-clockwise",
            )
        })
    })
}
