//! Lines cut, joined and made denser, and the cells in a polygon. Bad input gives null as the reference says; shapes whose answer
//! is not certain are refused.

use super::geo_cells::texts as texts_of;
use super::geo_overlaps::collection;
use super::geo_shapes::shape_at;
use super::row::{Overload, Param, ScalarFunction, example, overload, row};
use super::tuples::rows;
use crate::json::{Kind, items, kind};
use crate::kernel::geo::h3_cells::{self, Cells};
use crate::kernel::geo::shape::{Degrees, Line, Polygon, line_positions, polygon_positions};
use crate::kernel::geo::{self, Crossing, Point, Ring, crossing, degrees, write};
use crate::kernel::hash_order;
use crate::kernel::{Args, Json, KernelError, KernelResult};
use huntql_kql::types::Type;

const REAL: Param = Param::Is(Type::Real);
const LONG: Param = Param::Is(Type::Long);
const BOOL: Param = Param::Is(Type::Bool);
const SHAPE: Param = Param::Is(Type::Dynamic);

type Edge = (Point, Point);

pub(super) fn refused(message: &str) -> KernelError {
    KernelError::Argument {
        index: 0,
        message: message.to_owned(),
    }
}

fn same_edge(a: Edge, b: Edge) -> bool {
    a == b || (a.0 == b.1 && a.1 == b.0)
}

fn in_degrees(line: &[Point]) -> Vec<Degrees> {
    line.iter().map(|p| degrees(*p)).collect()
}

/// Lines as one geometry; none is an empty collection.
fn lines_json(lines: &[Vec<Point>]) -> String {
    if lines.is_empty() {
        return collection(&[]);
    }
    write::lines(
        &lines
            .iter()
            .map(|line| in_degrees(line))
            .collect::<Vec<_>>(),
    )
}

/// The edge's pieces between its crossings with others.
fn cut(edge: Edge, others: &[Edge]) -> Vec<Edge> {
    let mut points: Vec<Point> = others
        .iter()
        .filter(|(c, d)| crossing(edge.0, edge.1, *c, *d) == Crossing::Yes)
        .map(|(c, d)| geo::intersection(edge.0, edge.1, *c, *d))
        .collect();
    points.sort_by(|p, q| geo::angle(edge.0, *p).total_cmp(&geo::angle(edge.0, *q)));
    points.insert(0, edge.0);
    points.push(edge.1);
    points.windows(2).map(|pair| (pair[0], pair[1])).collect()
}

/// Edges that follow each other as lines.
fn chained(edges: &[Edge]) -> Vec<Vec<Point>> {
    let mut lines: Vec<Vec<Point>> = Vec::new();
    for (a, b) in edges {
        match lines.last_mut() {
            Some(line) if line.last() == Some(a) => line.push(*b),
            _ => lines.push(vec![*a, *b]),
        }
    }
    lines
}

fn line_with_polygon(args: &Args<'_>) -> KernelResult {
    let (line, polygon) = (
        shape_at(args, 0, Line::parse),
        shape_at(args, 1, Polygon::parse),
    );
    rows(args, |row| {
        let (Some(line), Some(polygon)) = (line(row), polygon(row)) else {
            return Ok(None);
        };
        let borders = polygon.edges();
        let mut lines = Vec::new();
        for part in &line.parts {
            let mut kept = Vec::new();
            for pair in part.windows(2) {
                let edge = (pair[0], pair[1]);
                let shared = borders.iter().any(|border| same_edge(edge, *border));
                kept.extend(
                    cut(edge, &borders)
                        .into_iter()
                        .filter(|(a, b)| shared || polygon.contains(geo::unit(geo::add(*a, *b)))),
                );
            }
            lines.extend(chained(&kept));
        }
        if lines.is_empty() && geo::shape::edges_meet(&line.edges(), &borders) {
            return Err(refused(
                "a line and a polygon that only touch are not supported",
            ));
        }
        Ok(Some(lines_json(&lines)))
    })
}

fn two_lines(args: &Args<'_>) -> KernelResult {
    let (a, b) = (
        shape_at(args, 0, Line::parse),
        shape_at(args, 1, Line::parse),
    );
    rows(args, |row| {
        let (Some(a), Some(b)) = (a(row), b(row)) else {
            return Ok(None);
        };
        let (a, b) = (a.edges(), b.edges());
        let shared: Vec<Edge> = a
            .iter()
            .copied()
            .filter(|edge| b.iter().any(|other| same_edge(*edge, *other)))
            .collect();
        let mut points: Vec<Point> = Vec::new();
        for (p, q) in &a {
            for (r, s) in &b {
                let found = match crossing(*p, *q, *r, *s) {
                    Crossing::No => continue,
                    Crossing::Yes => geo::intersection(*p, *q, *r, *s),
                    Crossing::Touch if p == r || p == s => *p,
                    Crossing::Touch => *q,
                };
                let on_shared = shared.iter().any(|(c, d)| found == *c || found == *d);
                if !on_shared && !points.contains(&found) {
                    points.push(found);
                }
            }
        }
        let lines = chained(&shared);
        match (lines.len(), points.as_slice()) {
            (_, []) => Ok(Some(lines_json(&lines))),
            (0, [point]) => Ok(Some(write::point(*point))),
            _ => Err(refused(
                "lines that meet at several places are not supported",
            )),
        }
    })
}

/// Lines that go on where another ends become one; lines that cross or branch are refused.
fn union_lines(args: &Args<'_>) -> KernelResult {
    let input = args.input::<Json<'_>>(0);
    rows(args, |row| {
        let lines = input
            .get(row)
            .filter(|Json(json)| kind(json) == Kind::Array)
            .and_then(|Json(json)| items(json).map(Line::parse).collect::<Option<Vec<_>>>())
            .filter(|lines| !lines.is_empty());
        let Some(lines) = lines else {
            return Ok(None);
        };
        let mut edges: Vec<Edge> = Vec::new();
        for edge in lines.iter().flat_map(Line::edges) {
            if !edges.iter().any(|known| same_edge(*known, edge)) {
                edges.push(edge);
            }
        }
        match one_path(&edges) {
            Some(path) => Ok(Some(lines_json(&[path]))),
            None => Err(refused(
                "a union of lines that is not one line is not supported",
            )),
        }
    })
}

/// All edges as one line, when that is what they are.
fn one_path(edges: &[Edge]) -> Option<Vec<Point>> {
    let crossed = edges.iter().enumerate().any(|(at, (a, b))| {
        edges[at + 1..]
            .iter()
            .any(|(c, d)| crossing(*a, *b, *c, *d) == Crossing::Yes)
    });
    let leaving = |p: Point| edges.iter().filter(move |(a, _)| *a == p);
    let arriving = |p: Point| edges.iter().filter(move |(_, b)| *b == p);
    let (start, _) = edges.iter().find(|(a, _)| arriving(*a).count() == 0)?;
    let branches = edges
        .iter()
        .any(|(a, b)| leaving(*a).count() > 1 || arriving(*b).count() > 1);
    if crossed || branches {
        return None;
    }
    let mut path = vec![*start];
    while let Some((_, next)) = leaving(*path.last()?).next() {
        path.push(*next);
    }
    (path.len() == edges.len() + 1).then_some(path)
}

/// How dense a planar edge becomes, in metres; `None` when it is no good.
fn tolerance(args: &Args<'_>, row: usize) -> Result<Option<f64>, KernelError> {
    if args.len() > 2 && args.input::<bool>(2).get(row) != Some(false) {
        return Err(refused(
            "keeping crossings of the antimeridian is not supported",
        ));
    }
    if args.len() < 2 {
        return Ok(Some(10.0));
    }
    let asked = args.input::<f64>(1).get(row);
    Ok(asked.filter(|metres| (0.1..=10_000.0).contains(metres)))
}

/// Halves a planar edge until its middle is near the geodesic's; gives all points but the first.
fn dense(from: Degrees, to: Degrees, metres: f64, points: &mut Vec<Degrees>) {
    let middle = (f64::midpoint(from.0, to.0), f64::midpoint(from.1, to.1));
    let on_sphere = |at: Degrees| geo::point(at.0, at.1).expect("between good points");
    let away = geo::closest(on_sphere(middle), on_sphere(from), on_sphere(to));
    if geo::distance(away, on_sphere(middle)) > metres {
        dense(from, middle, metres, points);
        dense(middle, to, metres, points);
    } else {
        points.push(to);
    }
}

fn densified(line: &[Degrees], metres: f64) -> Result<Vec<Degrees>, KernelError> {
    let mut points = vec![line[0]];
    for pair in line.windows(2) {
        if (pair[0].0 - pair[1].0).abs() > 180.0 {
            return Err(refused("an edge across the antimeridian is not supported"));
        }
        dense(pair[0], pair[1], metres, &mut points);
    }
    let on_sphere = points.iter().filter_map(|at| geo::point(at.0, at.1));
    Ok(on_sphere.map(degrees).collect())
}

fn densify_line(args: &Args<'_>) -> KernelResult {
    let input = args.input::<Json<'_>>(0);
    rows(args, |row| {
        let good = input
            .get(row)
            .filter(|Json(json)| Line::parse(json).is_some())
            .and_then(|Json(json)| line_positions(json));
        let (Some(lines), Some(metres)) = (good, tolerance(args, row)?) else {
            return Ok(None);
        };
        let lines = lines.iter().map(|line| densified(line, metres));
        Ok(Some(write::lines(&lines.collect::<Result<Vec<_>, _>>()?)))
    })
}

/// Refused: holes, and rings that run clockwise and get new vertices, whose first vertex and direction in the answer no page shows.
fn densify_polygon(args: &Args<'_>) -> KernelResult {
    let input = args.input::<Json<'_>>(0);
    rows(args, |row| {
        let good = input
            .get(row)
            .filter(|Json(json)| Polygon::parse(json).is_some())
            .and_then(|Json(json)| polygon_positions(json));
        let (Some(polygons), Some(metres)) = (good, tolerance(args, row)?) else {
            return Ok(None);
        };
        let mut dense = Vec::new();
        for rings in &polygons {
            let [shell] = rings.as_slice() else {
                return Err(refused("a denser polygon with holes is not supported"));
            };
            let ring = densified(shell, metres)?;
            if ring.len() > shell.len() && !runs_counterclockwise(shell) {
                return Err(refused(
                    "a denser polygon whose ring runs clockwise is not supported",
                ));
            }
            dense.push(vec![ring]);
        }
        Ok(Some(write::polygons(&dense)))
    })
}

/// Whether the smaller side of a good ring is on its left.
pub(super) fn runs_counterclockwise(ring: &[Degrees]) -> bool {
    let vertices: Option<Vec<Point>> = ring[1..].iter().map(|at| geo::point(at.0, at.1)).collect();
    let Some(vertices) = vertices else {
        return false;
    };
    Ring::new(vertices.clone()).is_some_and(|made| made.vertices == vertices)
}

fn polygon_to_h3cells(args: &Args<'_>) -> KernelResult {
    let polygon = shape_at(args, 0, Polygon::parse);
    let texts = args.input::<Json<'_>>(0);
    let resolution = (args.len() > 1).then(|| args.input::<i64>(1));
    let radius = (args.len() > 2).then(|| args.input::<f64>(2));
    rows(args, |row| {
        let level = match &resolution {
            Some(resolution) => resolution.get(row),
            None => Some(6),
        };
        let resolution = level.and_then(super::geo_cells::resolution_of);
        let radius = match &radius {
            Some(radius) => radius.get(row).filter(|metres| *metres >= 0.0),
            None => Some(0.0),
        };
        let (Some(_), Some(text), Some(resolution), Some(radius)) =
            (polygon(row), texts.get(row), resolution, radius)
        else {
            return Ok(None);
        };
        let polygons = polygon_positions(text.0).unwrap_or_default();
        let [rings] = polygons.as_slice() else {
            return Err(refused(
                "the order of several polygons' H3 cells is not documented",
            ));
        };
        if radius > 0.0 {
            return Err(refused(
                "H3 cells of a polygon with a radius are not supported",
            ));
        }
        match h3_cells::cells(rings, resolution) {
            Cells::Found(cells) => Ok(Some(texts_of(hash_order::of_growing(&cells)))),
            Cells::TooMany => Ok(None),
            Cells::Doubtful(why) => Err(refused(&format!(
                "H3 cells of {why} are not supported: their order is not documented"
            ))),
        }
    })
}

const TWO: &[Overload] = &[overload(&[SHAPE, SHAPE], Type::Dynamic, two_lines)];
const LINE_POLYGON: &[Overload] = &[overload(&[SHAPE, SHAPE], Type::Dynamic, line_with_polygon)];
const UNION: &[Overload] = &[overload(&[SHAPE], Type::Dynamic, union_lines)];
const DENSIFY_LINE: &[Overload] =
    &[overload(&[SHAPE, REAL, BOOL], Type::Dynamic, densify_line).optional(2)];
const DENSIFY_POLYGON: &[Overload] =
    &[overload(&[SHAPE, REAL, BOOL], Type::Dynamic, densify_polygon).optional(2)];
const H3CELLS: &[Overload] =
    &[overload(&[SHAPE, LONG, REAL], Type::Dynamic, polygon_to_h3cells).optional(2)];

pub const FUNCTIONS: &[ScalarFunction] = &[
    row(
        "geo_intersection_2lines",
        TWO,
        "kusto/query/geo-intersection-2lines-function",
        "Gives what two lines share: a point, a line, or nothing. Lines that meet at several places are refused.",
        &[
            example(
                "geo_intersection_2lines(dynamic({'type':'LineString','coordinates':[[1,1],[2,2]]}), dynamic({'type':'LineString','coordinates':[[3,3],[4,4]]}))",
                "dynamic({'type':'GeometryCollection','geometries':[]})",
            ),
            example(
                "geo_intersection_2lines(dynamic({'type':'LineString','coordinates':[[1,1],[2,2]]}), dynamic({'type':'LineString','coordinates':[[3,3]]}))",
                "dynamic(null)",
            ),
        ],
    ),
    row(
        "geo_intersection_line_with_polygon",
        LINE_POLYGON,
        "kusto/query/geo-intersection-line-with-polygon-function",
        "Gives the part of a line that is in a polygon.",
        &[
            example(
                "geo_intersection_line_with_polygon(dynamic({'type':'LineString','coordinates':[[1,1],[2,2]]}), dynamic({'type':'Polygon','coordinates':[[[3,3],[4,3],[4,4],[3,3]]]}))",
                "dynamic({'type':'GeometryCollection','geometries':[]})",
            ),
            example(
                "geo_intersection_line_with_polygon(dynamic({'type':'LineString','coordinates':[[1,1],[2,2]]}), dynamic({'type':'Polygon','coordinates':[]}))",
                "dynamic(null)",
            ),
        ],
    ),
    row(
        "geo_union_lines_array",
        UNION,
        "kusto/query/geo-union-lines-array-function",
        "Gives the union of an array of lines that go on where another ends. Others are refused.",
        &[
            example(
                "array_length(geo_union_lines_array(dynamic([{'type':'LineString','coordinates':[[1,1],[2,2]]},{'type':'LineString','coordinates':[[2,2],[3,1]]}])).coordinates)",
                "3",
            ),
            example(
                "geo_union_lines_array(dynamic([{'type':'LineString','coordinates':[[1,1]]}]))",
                "dynamic(null)",
            ),
        ],
    ),
    row(
        "geo_line_densify",
        DENSIFY_LINE,
        "kusto/query/geo-line-densify-function",
        "Puts points on a line's planar edges until geodesics between them are near, 10 metres by default.",
        &[
            example(
                "array_length(geo_line_densify(dynamic({'type':'LineString','coordinates':[[50,50],[51,51]]})).coordinates)",
                "9",
            ),
            example(
                "geo_line_densify(dynamic({'type':'LineString','coordinates':[[50,50],[51,51]]}), 0.0)",
                "dynamic(null)",
            ),
        ],
    ),
    row(
        "geo_polygon_densify",
        DENSIFY_POLYGON,
        "kusto/query/geo-polygon-densify-function",
        "Adds points to the planar edges of a polygon until they are near geodesics. Holes are refused, and rings that run clockwise and get new points.",
        &[
            example(
                "tostring(geo_polygon_densify(dynamic({'type':'Polygon','coordinates':[[[10,10],[11,10],[11,11],[10,10]]]}), 1000))",
                "'{\"type\":\"Polygon\",\"coordinates\":[[[10.0,10.000000000000002],[11.0,10.0],[11.0,11.0],[10.0,10.000000000000002]]]}'",
            ),
            example(
                "geo_polygon_densify(dynamic({'type':'Polygon','coordinates':[[[10,10],[10,10.25],[10.25,10],[10,10]]]})).coordinates[0][1]",
                "dynamic([10.0,10.25])",
            ),
            example(
                "geo_polygon_densify(dynamic({'type':'Polygon'}))",
                "dynamic(null)",
            ),
        ],
    ),
    row(
        "geo_polygon_to_h3cells",
        H3CELLS,
        "kusto/query/geo-polygon-to-h3cells-function",
        "Gives the H3 cells whose middle is in a polygon, of resolution 6 when none is given. A radius, several polygons and polygons across the meridian of 180 degrees are refused.",
        &[
            example(
                "geo_polygon_to_h3cells(dynamic({'type':'Polygon','coordinates':[[[10,50],[10.2,50],[10.2,50.15],[10,50.15],[10,50]]]}), 5)",
                "dynamic(['851fa807fffffff'])",
            ),
            example(
                "geo_polygon_to_h3cells(dynamic({'type':'Polygon','coordinates':[[[0,0],[1,1]]]}))",
                "dynamic(null)",
            ),
            example("geo_polygon_to_h3cells(dynamic(null))", "dynamic(null)"),
        ],
    ),
];
