//! Cells of the Earth: geohash, H3 and S2.
//!
//! Cells are text as Kusto writes them: geohash characters, H3's fifteen hexadecimal digits, S2's tokens. What names no cell, or
//! lies out of range, gives null, or `""` where the result is a string.

use super::geo_lines::refused;
use super::row::{Overload, Param, ScalarFunction, example, overload, row};
use super::tuples::rows;
use crate::json::{Array, quote};
use crate::kernel;
use crate::kernel::geo::geohash::Cell;
use crate::kernel::geo::{self, shape, write};
use crate::kernel::hash_order;
use crate::kernel::{Args, Json, KernelResult, collect};
use h3o::{CellIndex, LatLng, Resolution};
use huntql_kql::types::Type;
use s2::cellid::CellID;

const REAL: Param = Param::Is(Type::Real);
const LONG: Param = Param::Is(Type::Long);
const TEXT: Param = Param::Is(Type::String);
const SHAPE: Param = Param::Is(Type::Dynamic);

/// Cells that a shape may be covered by.
const COVERING_MAX: usize = 65_536;

pub(super) fn texts(texts: impl IntoIterator<Item = String>) -> String {
    let mut list = Array::default();
    for text in texts {
        list.push(Some(&quote(&text)));
    }
    list.finish()
}

/// The text of a point's cell; a level that is not given has the default, one that is null gives `""`.
fn cell_of_point(
    args: &Args<'_>,
    default: i64,
    cell: impl Fn(f64, f64, i64) -> Option<String>,
) -> KernelResult {
    let (longitude, latitude) = (args.input::<f64>(0), args.input::<f64>(1));
    let level = (args.len() > 2).then(|| args.input::<i64>(2));
    collect(args, |row| {
        let level = match &level {
            Some(level) => level.get(row)?,
            None => default,
        };
        cell(longitude.get(row)?, latitude.get(row)?, level)
    })
}

fn h3_cell(longitude: f64, latitude: f64, resolution: i64) -> Option<String> {
    geo::point(longitude, latitude)?;
    let resolution = resolution_of(resolution)?;
    Some(
        LatLng::new(latitude, longitude)
            .ok()?
            .to_cell(resolution)
            .to_string(),
    )
}

pub(super) fn resolution_of(value: i64) -> Option<Resolution> {
    u8::try_from(value).ok()?.try_into().ok()
}

fn h3(text: &str) -> Option<CellIndex> {
    text.parse().ok()
}

fn h3_center(text: &str) -> Option<String> {
    let center = LatLng::from(h3(text)?);
    Some(write::position((center.lng(), center.lat())))
}

fn h3_polygon(text: &str) -> Option<String> {
    let corners = h3(text)?.boundary();
    Some(write::ring_polygon(
        corners.iter().map(|at| (at.lng(), at.lat())).collect(),
    ))
}

fn h3_rings(text: &str, distance: i64) -> Option<String> {
    let cell = h3(text)?;
    let distance = u32::try_from(distance).ok().filter(|d| *d <= 142)?;
    let mut rings = vec![Vec::new(); distance as usize + 1];
    for (near, at) in cell.grid_disk_distances::<Vec<_>>(distance) {
        rings[at as usize].push(near.to_string());
    }
    let mut list = Array::default();
    for ring in rings {
        list.push(Some(&texts(ring)));
    }
    Some(list.finish())
}

/// The cells around a cell, in the order of the set that the real engine gathers them in. `around` gives `None` for what is no
/// cell; where there are fewer than there should be, the real engine's set may have another size, and so another order.
fn neighbors(
    args: &Args<'_>,
    full: usize,
    around: impl Fn(&str) -> Option<Vec<String>>,
) -> KernelResult {
    let cell = args.input::<&str>(0);
    rows(args, |row| {
        let Some(cells) = cell.get(row).and_then(&around) else {
            return Ok(None);
        };
        if cells.len() != full {
            return Err(refused(&format!(
                "the neighbors of a cell that has fewer than {full} are not supported: their order is not documented"
            )));
        }
        Ok(Some(texts(hash_order::of_known_size(&cells))))
    })
}

fn geohash_neighbors(args: &Args<'_>) -> KernelResult {
    neighbors(args, 8, |text| {
        let around = Cell::parse(text)?.neighbors();
        Some(distinct(around.into_iter().map(Cell::text)))
    })
}

/// Beside a pentagon H3 finds the cells another way, and gives no list here.
fn h3_neighbors(args: &Args<'_>) -> KernelResult {
    neighbors(args, 6, |text| {
        let disk: Option<Vec<CellIndex>> = h3(text)?.grid_disk_fast(1).collect();
        let around = disk.unwrap_or_default().into_iter().skip(1);
        Some(around.map(|near| near.to_string()).collect())
    })
}

fn s2_neighbors(args: &Args<'_>) -> KernelResult {
    neighbors(args, 8, |text| {
        let cell = s2(text)?;
        let around = cell.all_neighbors(cell.level());
        Some(distinct(around.iter().map(CellID::to_token)))
    })
}

fn distinct(cells: impl Iterator<Item = String>) -> Vec<String> {
    let mut list: Vec<String> = Vec::new();
    for cell in cells {
        if !list.contains(&cell) {
            list.push(cell);
        }
    }
    list
}

/// The resolution asked for, or the one next to the cell's own.
fn h3_relative<'a>(
    args: &Args<'a>,
    step: i64,
) -> impl Fn(usize) -> Option<(CellIndex, Resolution)> + use<'a> {
    let cell = args.input::<&str>(0);
    let asked = (args.len() > 1).then(|| args.input::<i64>(1));
    move |row| {
        let cell = h3(cell.get(row)?)?;
        let resolution = match &asked {
            Some(asked) => asked.get(row)?,
            None => i64::from(u8::from(cell.resolution())) + step,
        };
        Some((cell, resolution_of(resolution)?))
    }
}

fn h3_parent(args: &Args<'_>) -> KernelResult {
    let read = h3_relative(args, -1);
    collect(args, |row| {
        let (cell, resolution) = read(row)?;
        (resolution < cell.resolution())
            .then(|| cell.parent(resolution).map(|parent| parent.to_string()))
            .flatten()
    })
}

fn h3_children(args: &Args<'_>) -> KernelResult {
    let read = h3_relative(args, 1);
    collect(args, |row| {
        let (cell, resolution) = read(row)?;
        (resolution > cell.resolution() && cell.children_count(resolution) <= COVERING_MAX as u64)
            .then(|| texts(cell.children(resolution).map(|child| child.to_string())))
    })
}

/// The token of an S2 cell: hexadecimal digits of the number without the zeros at its end.
fn s2(text: &str) -> Option<CellID> {
    if text.is_empty() || text.len() > 16 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let digits = u64::from_str_radix(text, 16).ok()?;
    let cell = CellID(digits << (4 * (16 - text.len())));
    cell.is_valid().then_some(cell)
}

fn s2_cell(longitude: f64, latitude: f64, level: i64) -> Option<String> {
    let p = geo::point(longitude, latitude)?;
    let level = u64::try_from(level).ok().filter(|level| *level <= 30)?;
    let leaf = CellID::from(s2::point::Point::from_coords(p[0], p[1], p[2]));
    Some(leaf.parent(level).to_token())
}

fn corners(cell: CellID) -> Vec<geo::Point> {
    s2::cell::Cell::from(cell)
        .vertices()
        .iter()
        .map(|corner| [corner.0.x, corner.0.y, corner.0.z])
        .collect()
}

fn s2_center(text: &str) -> Option<String> {
    let center = s2::point::Point::from(s2(text)?).0;
    Some(write::point([center.x, center.y, center.z]))
}

fn s2_polygon(text: &str) -> Option<String> {
    let corners = corners(s2(text)?).into_iter().map(geo::degrees);
    Some(write::ring_polygon(corners.collect()))
}

/// The cells of a level that a shape meets, by number; `None` when there are too many.
fn covering(level: u64, meets: &dyn Fn(CellID) -> bool) -> Option<Vec<CellID>> {
    let mut found = Vec::new();
    let mut waiting: Vec<CellID> = (0..6).rev().map(CellID::from_face).collect();
    while let Some(cell) = waiting.pop() {
        if !meets(cell) {
            continue;
        }
        if cell.level() == level {
            found.push(cell);
            if found.len() > COVERING_MAX {
                return None;
            }
        } else {
            waiting.extend(cell.children().into_iter().rev());
        }
    }
    Some(found)
}

fn cell_ring(cell: CellID) -> geo::Ring {
    geo::Ring::new(corners(cell)).expect("a cell is a good ring")
}

fn polygon_meets(polygon: &geo::Polygon, cell: CellID) -> bool {
    let ring = cell_ring(cell);
    let edges: Vec<_> = ring.edges().collect();
    let own = polygon.edges();
    ring.vertices.iter().any(|corner| polygon.contains(*corner))
        || own.iter().any(|(a, _)| ring.contains(*a))
        || shape::edges_touch(&own, &edges)
}

fn line_meets(line: &geo::Line, cell: CellID) -> bool {
    let ring = cell_ring(cell);
    let edges: Vec<_> = ring.edges().collect();
    let own = line.edges();
    line.parts.iter().flatten().any(|p| ring.contains(*p)) || shape::edges_touch(&own, &edges)
}

/// Whether a corner of one chain of edges is within an angle of an edge of the other: how near chains are that do not meet.
fn are_near(own: &[(geo::Point, geo::Point)], cell: CellID, radius: f64) -> bool {
    let ring = cell_ring(cell);
    let border: Vec<_> = ring.edges().collect();
    let within = |p: geo::Point, (a, b): (geo::Point, geo::Point)| {
        geo::angle(p, geo::closest(p, a, b)) <= radius
    };
    own.iter().any(|edge| {
        border.iter().any(|side| {
            within(edge.0, *side)
                || within(edge.1, *side)
                || within(side.0, *edge)
                || within(side.1, *edge)
        })
    })
}

fn cover<T>(
    args: &Args<'_>,
    parse: fn(&str) -> Option<T>,
    edges: fn(&T) -> Vec<(geo::Point, geo::Point)>,
    meets: fn(&T, CellID) -> bool,
) -> KernelResult {
    let shape = args.input::<Json<'_>>(0);
    let level = (args.len() > 1).then(|| args.input::<i64>(1));
    let radius = (args.len() > 2).then(|| args.input::<f64>(2));
    collect(args, |row| {
        let level = match &level {
            Some(level) => level.get(row)?,
            None => 11,
        };
        let level = u64::try_from(level).ok().filter(|level| *level <= 30)?;
        let metres = match &radius {
            Some(radius) => radius.get(row).filter(|metres| *metres >= 0.0)?,
            None => 0.0,
        };
        let shape = parse(shape.get(row)?.0)?;
        let own = edges(&shape);
        let radius = metres / geo::EARTH_RADIUS;
        let cells = covering(level, &|cell| {
            meets(&shape, cell) || (radius > 0.0 && are_near(&own, cell, radius))
        })?;
        Some(texts(cells.iter().map(CellID::to_token)))
    })
}

const POINT_TO_GEOHASH: &[Overload] = &[overload(&[REAL, REAL, LONG], Type::String, |args| {
    cell_of_point(args, 5, |longitude, latitude, accuracy| {
        Cell::around(longitude, latitude, accuracy).map(Cell::text)
    })
})
.optional(1)];
const POINT_TO_H3: &[Overload] = &[overload(&[REAL, REAL, LONG], Type::String, |args| {
    cell_of_point(args, 6, h3_cell)
})
.optional(1)];
const POINT_TO_S2: &[Overload] = &[overload(&[REAL, REAL, LONG], Type::String, |args| {
    cell_of_point(args, 11, s2_cell)
})
.optional(1)];

/// A function of a cell's text that gives a dynamic.
macro_rules! of_cell {
    ($f:expr) => {
        &[overload(
            &[TEXT],
            Type::Dynamic,
            kernel!(|text: &str| $f(text)),
        )]
    };
}

pub const FUNCTIONS: &[ScalarFunction] = &[
    row(
        "geo_point_to_geohash",
        POINT_TO_GEOHASH,
        "kusto/query/geo-point-to-geohash-function",
        "Gives the geohash of a point, of 5 characters when no accuracy from 1 to 18 is given.",
        &[
            example(
                "geo_point_to_geohash(-80.195829, 25.802215, 8)",
                "'dhwfz15h'",
            ),
            example("geo_point_to_geohash(200.0, 1.0, 8)", "''"),
        ],
    ),
    row(
        "geo_geohash_to_central_point",
        of_cell!(|text| Some(write::position(Cell::parse(text)?.center()))),
        "kusto/query/geo-geohash-to-central-point-function",
        "Gives the middle of a geohash cell as a GeoJSON point.",
        &[
            example(
                "geo_geohash_to_central_point('sunny')",
                "dynamic({'type':'Point','coordinates':[42.47314453125,23.70849609375]})",
            ),
            example("geo_geohash_to_central_point('a')", "dynamic(null)"),
        ],
    ),
    row(
        "geo_geohash_to_polygon",
        of_cell!(|text| Some(write::ring_polygon(Cell::parse(text)?.corners()))),
        "kusto/query/geo-geohash-to-polygon-function",
        "Gives a geohash cell as a GeoJSON polygon.",
        &[
            example(
                "geo_geohash_to_polygon('sunny').coordinates[0][2]",
                "dynamic([42.4951171875,23.73046875])",
            ),
            example("geo_geohash_to_polygon('a')", "dynamic(null)"),
        ],
    ),
    row(
        "geo_geohash_neighbors",
        &[overload(&[TEXT], Type::Dynamic, geohash_neighbors)],
        "kusto/query/geo-geohash-neighbors-function",
        "Gives the geohash cells around a cell. A cell at a pole is refused.",
        &[
            example("array_length(geo_geohash_neighbors('sunny'))", "8"),
            example("geo_geohash_neighbors('a')", "dynamic(null)"),
        ],
    ),
    row(
        "geo_point_to_h3cell",
        POINT_TO_H3,
        "kusto/query/geo-point-to-h3cell-function",
        "Gives the H3 cell of a point, of resolution 6 when none from 0 to 15 is given.",
        &[
            example(
                "geo_point_to_h3cell(-74.04450446039874, 40.689250859314974, 6)",
                "'862a1072fffffff'",
            ),
            example("geo_point_to_h3cell(1.0, 1.0, 16)", "''"),
        ],
    ),
    row(
        "geo_h3cell_level",
        &[overload(
            &[TEXT],
            Type::Int,
            kernel!(|text: &str| h3(text).map(|cell| i32::from(u8::from(cell.resolution())))),
        )],
        "kusto/query/geo-h3cell-level-function",
        "Gives the resolution of an H3 cell.",
        &[
            example("geo_h3cell_level('862a1072fffffff')", "int(6)"),
            example("geo_h3cell_level('abc')", "int(null)"),
        ],
    ),
    row(
        "geo_h3cell_to_central_point",
        of_cell!(h3_center),
        "kusto/query/geo-h3cell-to-central-point-function",
        "Gives the middle of an H3 cell as a GeoJSON point.",
        &[
            example(
                "round(todouble(geo_h3cell_to_central_point('862a1072fffffff').coordinates[0]), 6)",
                "-74.016008",
            ),
            example("geo_h3cell_to_central_point('@')", "dynamic(null)"),
        ],
    ),
    row(
        "geo_h3cell_to_polygon",
        of_cell!(h3_polygon),
        "kusto/query/geo-h3cell-to-polygon-function",
        "Gives an H3 cell as a GeoJSON polygon.",
        &[
            example(
                "array_length(geo_h3cell_to_polygon('862a1072fffffff').coordinates[0])",
                "7",
            ),
            example("geo_h3cell_to_polygon('@')", "dynamic(null)"),
        ],
    ),
    row(
        "geo_h3cell_neighbors",
        &[overload(&[TEXT], Type::Dynamic, h3_neighbors)],
        "kusto/query/geo-h3cell-neighbors-function",
        "Gives the H3 cells around a cell. A cell at or beside a pentagon is refused.",
        &[
            example(
                "geo_h3cell_neighbors('862a1072fffffff')",
                "dynamic(['862a10777ffffff','862a100d7ffffff','862a100dfffffff','862a1070fffffff','862a10707ffffff','862a10727ffffff'])",
            ),
            example("geo_h3cell_neighbors('abc')", "dynamic(null)"),
            example("geo_h3cell_neighbors('')", "dynamic(null)"),
        ],
    ),
    row(
        "geo_s2cell_neighbors",
        &[overload(&[TEXT], Type::Dynamic, s2_neighbors)],
        "kusto/query/geo-s2cell-neighbors-function",
        "Gives the S2 cells around a cell. A cell at a corner of one of the six faces is refused.",
        &[
            example(
                "geo_s2cell_neighbors('89c259')",
                "dynamic(['89c25d','89c25b','89c2f7','89c257','89c2f5','89c251','89c25f','89c2f9'])",
            ),
            example("geo_s2cell_neighbors('a')", "dynamic(null)"),
            example("geo_s2cell_neighbors('')", "dynamic(null)"),
        ],
    ),
    row(
        "geo_h3cell_rings",
        &[overload(
            &[TEXT, LONG],
            Type::Dynamic,
            kernel!(|text: &str, distance: i64| h3_rings(text, distance)),
        )],
        "kusto/query/geo-h3cell-rings-function",
        "Gives the rings of H3 cells around a cell up to a distance of at most 142, itself the first.",
        &[
            example(
                "geo_h3cell_rings('861f8894fffffff', 0)",
                "dynamic([['861f8894fffffff']])",
            ),
            example("geo_h3cell_rings('861f8894fffffff', 150)", "dynamic(null)"),
        ],
    ),
    row(
        "geo_h3cell_parent",
        &[overload(&[TEXT, LONG], Type::String, h3_parent).optional(1)],
        "kusto/query/geo-h3cell-parent-function",
        "Gives the H3 cell of a lower resolution, by default the next, that a cell belongs to.",
        &[
            example("geo_h3cell_parent('862a1072fffffff')", "'852a1073fffffff'"),
            example("geo_h3cell_parent('862a1072fffffff', 15)", "''"),
        ],
    ),
    row(
        "geo_h3cell_children",
        &[overload(&[TEXT, LONG], Type::Dynamic, h3_children).optional(1)],
        "kusto/query/geo-h3cell-children-function",
        "Gives the H3 cells of a higher resolution, by default the next, that belong to a cell.",
        &[
            example(
                "geo_h3cell_children('862a1072fffffff')[0]",
                "dynamic('872a10728ffffff')",
            ),
            example("geo_h3cell_children('abc')", "dynamic(null)"),
        ],
    ),
    row(
        "geo_point_to_s2cell",
        POINT_TO_S2,
        "kusto/query/geo-point-to-s2cell-function",
        "Gives the S2 cell of a point, of level 11 when none from 0 to 30 is given.",
        &[
            example("geo_point_to_s2cell(10.1234, 53.0, 8)", "'47b1d'"),
            example("geo_point_to_s2cell(1.0, 1.0, 35)", "''"),
        ],
    ),
    row(
        "geo_s2cell_to_central_point",
        of_cell!(s2_center),
        "kusto/query/geo-s2cell-to-central-point-function",
        "Gives the middle of an S2 cell as a GeoJSON point.",
        &[
            example(
                "round(todouble(geo_s2cell_to_central_point('1234567').coordinates[0]), 6)",
                "9.868307",
            ),
            example("geo_s2cell_to_central_point('a')", "dynamic(null)"),
        ],
    ),
    row(
        "geo_s2cell_to_polygon",
        of_cell!(s2_polygon),
        "kusto/query/geo-s2cell-to-polygon-function",
        "Gives an S2 cell as a GeoJSON polygon.",
        &[
            example(
                "array_length(geo_s2cell_to_polygon('89c259').coordinates[0])",
                "5",
            ),
            example("geo_s2cell_to_polygon('a')", "dynamic(null)"),
        ],
    ),
    row(
        "geo_polygon_to_s2cells",
        &[overload(&[SHAPE, LONG, REAL], Type::Dynamic, |args| {
            cover(
                args,
                geo::Polygon::parse,
                geo::Polygon::edges,
                polygon_meets,
            )
        })
        .optional(2)],
        "kusto/query/geo-polygon-to-s2cells-function",
        "Gives the S2 cells of a level that cover a polygon, or all within a radius of it; null when there are more than 65536.",
        &[
            example(
                "set_has_element(geo_polygon_to_s2cells(dynamic({'type':'Polygon','coordinates':[[[0,0],[1,0],[1,1],[0,0]]]}), 9, 30000.0), geo_point_to_s2cell(0.4, 0.6, 9))",
                "true",
            ),
            example(
                "array_length(geo_polygon_to_s2cells(dynamic({'type':'Polygon','coordinates':[[[0,0],[0,50],[100,50],[0,0]]]}), 5))",
                "286",
            ),
            example(
                "geo_polygon_to_s2cells(dynamic({'type':'Polygon','coordinates':[[[0,0],[1,1]]]}))",
                "dynamic(null)",
            ),
        ],
    ),
    row(
        "geo_line_to_s2cells",
        &[overload(&[SHAPE, LONG, REAL], Type::Dynamic, |args| {
            cover(args, geo::Line::parse, geo::Line::edges, line_meets)
        })
        .optional(2)],
        "kusto/query/geo-line-to-s2cells-function",
        "Gives the S2 cells of a level that cover a line, or all within a radius of it; null when there are more than 65536.",
        &[
            example(
                "set_has_element(geo_line_to_s2cells(dynamic({'type':'LineString','coordinates':[[0.5,0.5],[0.6,0.6]]}), 14, 500.0), geo_point_to_s2cell(0.5, 0.496, 14))",
                "true",
            ),
            example(
                "geo_line_to_s2cells(dynamic({'type':'LineString','coordinates':[[1,1],[1.00001,1]]}), 3)",
                "pack_array(geo_point_to_s2cell(1.0, 1.0, 3))",
            ),
            example(
                "geo_line_to_s2cells(dynamic({'type':'LineString','coordinates':[[0,0]]}))",
                "dynamic(null)",
            ),
        ],
    ),
];
