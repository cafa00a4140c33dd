//! The H3 cells of a polygon, in the order of H3's own library.
//!
//! The cells along the border are where the search begins; it goes on from each cell that is inside. A cell belongs to the
//! polygon when its middle does, on the plane of longitude and latitude. What is found lies in a table by index, as many places
//! as the library guesses from the bounding box, and is read out from its first place on. Source: the H3 library's algorithms
//! "polygonToCells" and "maxPolygonToCellsSize".

use super::shape::Degrees;
use h3o::{CellIndex, LatLng, Resolution};
use std::collections::{BTreeMap, HashSet};

/// Cells that a polygon may have; more give null.
pub const CELLS_MAX: usize = 61_680;
/// Places along the border that are looked at.
const STEPS_MAX: f64 = 4e6;

/// What comes of a polygon.
#[derive(Debug, PartialEq)]
pub enum Cells {
    Found(Vec<String>),
    TooMany,
    /// The order cannot be told, for this reason.
    Doubtful(&'static str),
}

/// The corners of a ring in radians, the first only once.
type Loop = Vec<(f64, f64)>;

struct Fill {
    resolution: Resolution,
    loops: Vec<Loop>,
    /// Places of the table.
    places: u64,
    /// How far a cell reaches in kilometres, where it is smallest.
    reach: f64,
}

/// The cells of one polygon: its outer ring and its holes.
pub fn cells(rings: &[Vec<Degrees>], resolution: Resolution) -> Cells {
    let loops: Vec<Loop> = rings.iter().map(|ring| corners(ring)).collect();
    let reach = reach(resolution);
    let Some(places) = places(&loops, reach) else {
        return Cells::Doubtful("polygons without an extent");
    };
    let wide = |ring: &Loop| edges(ring).any(|(a, b)| (a.0 - b.0).abs() > std::f64::consts::PI);
    if loops.iter().any(wide) {
        return Cells::Doubtful("polygons across the meridian of 180 degrees");
    }
    let mut fill = Fill {
        resolution,
        loops,
        places: 0,
        reach,
    };
    let Some(border) = fill.border() else {
        return Cells::Doubtful("polygons whose borders are so long at this resolution");
    };
    let mut within = |places| {
        fill.places = places;
        fill.inside(&border)
    };
    let found = within(places[0]);
    if places[0] != places[1] && found != within(places[1]) {
        return Cells::Doubtful("polygons that are nearly all corners");
    }
    found.map_or(Cells::TooMany, Cells::Found)
}

fn corners(ring: &[Degrees]) -> Loop {
    let corners = &ring[..ring.len().saturating_sub(1)];
    let radians = |(longitude, latitude): &Degrees| (longitude.to_radians(), latitude.to_radians());
    corners.iter().map(radians).collect()
}

fn edges(ring: &Loop) -> impl Iterator<Item = ((f64, f64), (f64, f64))> + '_ {
    let following = ring.iter().cycle().skip(1);
    ring.iter().copied().zip(following.copied())
}

fn place((longitude, latitude): (f64, f64)) -> Option<LatLng> {
    LatLng::from_radians(latitude, longitude).ok()
}

/// The distance from the middle of a pentagon to its first corner: pentagons are the smallest cells.
fn reach(resolution: Resolution) -> f64 {
    let pentagon = resolution
        .pentagons()
        .next()
        .expect("every resolution has pentagons");
    let boundary = pentagon.boundary();
    let corner = boundary.first().expect("a cell has corners");
    LatLng::from(pentagon).distance_km(*corner)
}

/// How many places the table has. There are no fewer than corners, and whether a ring's last corner, its first again, counts as
/// one more is not known: so there are two numbers, mostly the same.
fn places(loops: &[Loop], reach: f64) -> Option<[u64; 2]> {
    /// The area of a hexagon over the square of its side.
    const HEXAGON: f64 = 2.598_076_211_35;
    const SPARE: u64 = 12;
    let outer = loops.first()?;
    let (mut west, mut east) = (f64::INFINITY, f64::NEG_INFINITY);
    let (mut south, mut north) = (west, east);
    for (longitude, latitude) in outer {
        (west, east) = (west.min(*longitude), east.max(*longitude));
        (south, north) = (south.min(*latitude), north.max(*latitude));
    }
    let (width, height) = (east - west, north - south);
    let diagonal = place((east, north))?.distance_km(place((west, south))?);
    let ratio = width.max(height) / width.min(height);
    let area = diagonal * diagonal / ratio.min(3.0);
    let estimate = (area / (0.8 * (HEXAGON * reach * reach))).ceil();
    let corners: usize = loops.iter().map(Vec::len).sum();
    let least = [corners, corners + loops.len()];
    estimate
        .is_finite()
        .then(|| least.map(|corners| (estimate as u64).max(1).max(corners as u64) + SPARE))
}

impl Fill {
    /// The cells that the rings run through, in their order; `None` where there are too many to look at.
    fn border(&self) -> Option<Vec<CellIndex>> {
        let mut known = HashSet::new();
        let mut cells = Vec::new();
        let mut all_steps = 0.0;
        for (from, to) in self.loops.iter().flat_map(edges) {
            let distance = place(from)?.distance_km(place(to)?);
            let steps = (distance / (2.0 * self.reach)).ceil().max(1.0);
            all_steps += steps;
            if all_steps > STEPS_MAX {
                return None;
            }
            let share = 1.0 / steps;
            for step in 0..steps as u64 {
                let done = step as f64;
                let between =
                    |from: f64, to: f64| from * (steps - done) * share + to * done * share;
                let at = place((between(from.0, to.0), between(from.1, to.1)))?;
                let cell = at.to_cell(self.resolution);
                if known.insert(cell) {
                    cells.push(cell);
                }
            }
        }
        Some(cells)
    }

    /// The cells inside by their places in the table; `None` when there are too many.
    fn inside(&self, border: &[CellIndex]) -> Option<Vec<String>> {
        let mut table: BTreeMap<u64, CellIndex> = BTreeMap::new();
        let mut searched = border.to_vec();
        while !searched.is_empty() {
            let mut found = Vec::new();
            for cell in searched {
                for near in cell.grid_disk::<Vec<_>>(1) {
                    let mut at = u64::from(near) % self.places;
                    while table.get(&at).is_some_and(|known| *known != near) {
                        at = (at + 1) % self.places;
                    }
                    if table.contains_key(&at) || !self.contains(near) {
                        continue;
                    }
                    table.insert(at, near);
                    found.push(near);
                    if table.len() > CELLS_MAX || table.len() as u64 >= self.places {
                        return None;
                    }
                }
            }
            searched = found;
        }
        Some(table.values().map(CellIndex::to_string).collect())
    }

    fn contains(&self, cell: CellIndex) -> bool {
        let middle = LatLng::from(cell);
        let at = (middle.lng_radians(), middle.lat_radians());
        let mut rings = self.loops.iter();
        rings.next().is_some_and(|outer| is_inside(outer, at))
            && !rings.any(|hole| is_inside(hole, at))
    }
}

/// Whether a point is inside of a ring on the plane: a ray to the east crosses it an odd number of times.
fn is_inside(ring: &Loop, (mut longitude, mut latitude): (f64, f64)) -> bool {
    let mut inside = false;
    for (a, b) in edges(ring) {
        let (low, high) = if a.1 > b.1 { (b, a) } else { (a, b) };
        // The ray passes beside corners, never through one.
        if latitude == low.1 || latitude == high.1 {
            latitude += f64::EPSILON;
        }
        if latitude < low.1 || latitude > high.1 {
            continue;
        }
        if longitude == low.0 || longitude == high.0 {
            longitude -= f64::EPSILON;
        }
        let ratio = (latitude - low.1) / (high.1 - low.1);
        if low.0 + (high.0 - low.0) * ratio > longitude {
            inside = !inside;
        }
    }
    inside
}
