//! Union and intersection of regions.
//!
//! Both regions' edges are cut where they cross, the pieces on the right side of the other region are kept, and the kept pieces
//! are tied into rings again. A ring begins where S2's builder lets it begin: behind the edge of the highest input number.

use super::edge::{Crossing, closest, crossing, intersection};
use super::ring::{Ring, near_pairs};
use super::{Point, add, angle, cross, dot, normal, subtract, unit};
use std::collections::HashMap;

/// What of two regions is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    Union,
    Intersection,
}

/// Points nearer to each other than this are one, in radians; a thousandth of a millimetre.
const MERGED: f64 = 1.5e-13;

/// Rings that bound a region: shells and holes, none crossing another.
pub type Rings = Vec<Ring>;

/// Whether a point is in the region: within an odd number of rings.
pub fn contains(region: &[Ring], p: Point) -> bool {
    region
        .iter()
        .fold(false, |inside, ring| inside != ring.contains(p))
}

/// The rings of the union or the intersection, shells and holes alike with their small side as the inside.
pub fn overlay(a: &[Ring], b: &[Ring], operation: Operation) -> Rings {
    let mut vertices = Vertices::default();
    let (first, second) = (chains(a), chains(b));
    let (pieces_a, pieces_b) = cut(&first, &second, &mut vertices);
    let mut kept = Vec::new();
    let ends = |pieces: &[Piece]| -> HashMap<(usize, usize), usize> {
        pieces.iter().map(|p| ((p.from, p.to), p.input)).collect()
    };
    let (ends_a, ends_b) = (ends(&pieces_a), ends(&pieces_b));
    let wanted_inside = operation == Operation::Intersection;
    for piece in &pieces_a {
        let shared = ends_b.contains_key(&(piece.from, piece.to));
        let opposed = ends_b.contains_key(&(piece.to, piece.from));
        if shared || !opposed && contains(b, vertices.middle(piece)) == wanted_inside {
            kept.push(*piece);
        }
    }
    for piece in &pieces_b {
        let shared = ends_a.contains_key(&(piece.from, piece.to))
            || ends_a.contains_key(&(piece.to, piece.from));
        if !shared && contains(a, vertices.middle(piece)) == wanted_inside {
            kept.push(Piece {
                input: piece.input + first.len(),
                ..*piece
            });
        }
    }
    tie(kept, &vertices.points)
}

/// The edges of a region with the region on their left: those of holes run the other way.
fn chains(region: &[Ring]) -> Vec<(Point, Point)> {
    region
        .iter()
        .enumerate()
        .flat_map(|(at, ring)| {
            let around = region
                .iter()
                .enumerate()
                .filter(|(other, outer)| *other != at && outer.contains(inner_point(ring)))
                .count();
            let mut edges: Vec<(Point, Point)> = ring.edges().collect();
            if around % 2 == 1 {
                edges.reverse();
                for (a, b) in &mut edges {
                    std::mem::swap(a, b);
                }
            }
            edges
        })
        .collect()
}

/// The middle of a ring's first edge.
pub(super) fn inner_point(ring: &Ring) -> Point {
    unit(add(ring.vertices[0], ring.vertices[1]))
}

/// A part of an edge between two known vertices.
#[derive(Debug, Clone, Copy)]
struct Piece {
    from: usize,
    to: usize,
    /// The number of the edge that it is a part of.
    input: usize,
}

/// Vertices by number; near ones are one.
#[derive(Debug, Default)]
struct Vertices {
    points: Vec<Point>,
    cells: HashMap<[i64; 3], Vec<usize>>,
}

impl Vertices {
    fn number(&mut self, p: Point) -> usize {
        let cell = p.map(|value| (value / (4.0 * MERGED)).floor() as i64);
        for x in -1..=1 {
            for y in -1..=1 {
                for z in -1..=1 {
                    let near = [cell[0] + x, cell[1] + y, cell[2] + z];
                    let found = self.cells.get(&near).and_then(|numbers| {
                        numbers
                            .iter()
                            .find(|at| super::length(subtract(self.points[**at], p)) < MERGED)
                    });
                    if let Some(found) = found {
                        return *found;
                    }
                }
            }
        }
        self.points.push(p);
        self.cells
            .entry(cell)
            .or_default()
            .push(self.points.len() - 1);
        self.points.len() - 1
    }

    fn middle(&self, piece: &Piece) -> Point {
        unit(add(self.points[piece.from], self.points[piece.to]))
    }
}

/// Both regions' edges as pieces that meet at their ends only.
fn cut(
    a: &[(Point, Point)],
    b: &[(Point, Point)],
    vertices: &mut Vertices,
) -> (Vec<Piece>, Vec<Piece>) {
    let mut cuts_a: Vec<Vec<Point>> = vec![Vec::new(); a.len()];
    let mut cuts_b: Vec<Vec<Point>> = vec![Vec::new(); b.len()];
    for (i, j) in near_pairs(a, b) {
        let ((p, q), (r, s)) = (a[i], b[j]);
        let mut near = false;
        for end in [r, s] {
            if touches(end, p, q) {
                cuts_a[i].push(end);
                near = true;
            }
        }
        for end in [p, q] {
            if touches(end, r, s) {
                cuts_b[j].push(end);
                near = true;
            }
        }
        if !near && crossing(p, q, r, s) == Crossing::Yes {
            let at = intersection(p, q, r, s);
            cuts_a[i].push(at);
            cuts_b[j].push(at);
        }
    }
    (pieces(a, cuts_a, vertices), pieces(b, cuts_b, vertices))
}

/// Whether a point lies on an edge.
pub(super) fn touches(p: Point, a: Point, b: Point) -> bool {
    super::length(subtract(closest(p, a, b), p)) < MERGED
}

fn pieces(edges: &[(Point, Point)], cuts: Vec<Vec<Point>>, vertices: &mut Vertices) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for (input, ((from, to), mut between)) in edges.iter().zip(cuts).enumerate() {
        between.sort_by(|p, q| angle(*from, *p).total_cmp(&angle(*from, *q)));
        let mut last = vertices.number(*from);
        for p in between.into_iter().chain([*to]) {
            let next = vertices.number(p);
            if next != last {
                pieces.push(Piece {
                    from: last,
                    to: next,
                    input,
                });
                last = next;
            }
        }
    }
    pieces
}

/// Rings of pieces: at a vertex of several ways, the leftmost one.
fn tie(mut pieces: Vec<Piece>, points: &[Point]) -> Rings {
    pieces.sort_by_key(|piece| piece.input);
    let mut ways: HashMap<usize, Vec<usize>> = HashMap::new();
    for (at, piece) in pieces.iter().enumerate() {
        ways.entry(piece.from).or_default().push(at);
    }
    let mut used = vec![false; pieces.len()];
    let mut rings = Vec::new();
    for start in 0..pieces.len() {
        if used[start] {
            continue;
        }
        let mut path: Vec<usize> = Vec::new();
        let mut at = start;
        loop {
            used[at] = true;
            path.push(at);
            let to = pieces[at].to;
            if let Some(begin) = path.iter().position(|piece| pieces[*piece].from == to) {
                let ring: Vec<usize> = path.drain(begin..).collect();
                rings.push(ring);
                match path.last() {
                    Some(last) => at = *last,
                    None => break,
                }
            }
            let free = ways.get(&pieces[at].to).into_iter().flatten();
            let next = free.copied().filter(|next| !used[*next]).max_by(|p, q| {
                let turn = |next: &usize| turn(&pieces[at], &pieces[*next], points);
                turn(p).total_cmp(&turn(q))
            });
            match next {
                Some(next) => at = next,
                None => break,
            }
        }
    }
    rings
        .into_iter()
        .filter(|ring| ring.len() > 2)
        .filter_map(|ring| {
            Ring::new(
                begun(&pieces, ring)
                    .iter()
                    .map(|at| points[pieces[*at].from])
                    .collect(),
            )
        })
        .collect()
}

/// How far to the left the way turns, from -π to π.
fn turn(arriving: &Piece, leaving: &Piece, points: &[Point]) -> f64 {
    let (a, b, c) = (
        points[arriving.from],
        points[arriving.to],
        points[leaving.to],
    );
    if a == c {
        return -std::f64::consts::PI;
    }
    let (before, after) = (normal(a, b), normal(b, c));
    angle(before, after).copysign(dot(b, cross(before, after)))
}

/// The ring's pieces in the order of S2's `CanonicalizeLoopOrder`: the last one of the highest input comes last.
fn begun(pieces: &[Piece], mut ring: Vec<usize>) -> Vec<usize> {
    let mut last = 0;
    let mut gap = false;
    for at in 1..ring.len() {
        let (this, best) = (pieces[ring[at]].input, pieces[ring[last]].input);
        if this < best {
            gap = true;
        } else if this > best || !gap {
            last = at;
            gap = false;
        }
    }
    let begin = (last + 1) % ring.len();
    ring.rotate_left(begin);
    ring
}
