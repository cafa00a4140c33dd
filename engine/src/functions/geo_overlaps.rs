//! Two shapes of the Earth: whether they meet, what they share, and both together.

use super::geo_shapes::shape_at;
use super::row::{Param, ScalarFunction, example, overload, row};
use crate::json::items;
use crate::kernel::geo::shape::{self, Line, Polygon, edges_meet};
use crate::kernel::geo::{self, Operation, Point, write};
use crate::kernel::{Args, Json, KernelResult, collect};
use huntql_kql::types::Type;

const SHAPE: Param = Param::Is(Type::Dynamic);

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

macro_rules! of_two_shapes {
    ($returns:expr, $kernel:expr) => {
        &[overload(&[SHAPE, SHAPE], $returns, $kernel)]
    };
}

pub const FUNCTIONS: &[ScalarFunction] = &[
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
];
