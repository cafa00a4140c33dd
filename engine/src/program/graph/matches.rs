//! From matches to columns.

use super::build::Built;
use super::{Compiled, Place};
use crate::program::Progress;
use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, StringArray, UInt32Array};
use datafusion::arrow::compute::take;
use datafusion::common::{DataFusionError, Result};
use std::sync::Arc;

/// Matches that one operator may give.
const MATCHES_MAX: usize = 20_000_000;

/// What was found: for each variable of the pattern, its nodes and edges in all matches.
pub(super) struct Matches<'p> {
    pub nodes: Vec<Vec<u32>>,
    /// By the pattern's edges; empty for paths.
    pub edges: Vec<Vec<u32>>,
    /// By the pattern's edges; empty for single ones.
    pub paths: Vec<Vec<Path>>,
    pub count: usize,
    progress: &'p Progress,
    /// Bytes that are not counted yet.
    uncounted: usize,
}

/// Bytes that are counted at once.
const BYTES_AT_ONCE: usize = 64 * 1024;

/// The edges of a path in the order of the pattern's text, and the nodes between its ends.
#[derive(Debug, Clone, Default)]
pub(super) struct Path {
    pub edges: Box<[u32]>,
    pub inner: Box<[u32]>,
}

impl Path {
    pub fn reversed(mut self) -> Self {
        self.edges.reverse();
        self.inner.reverse();
        self
    }
}

impl<'p> Matches<'p> {
    pub fn new(nodes: usize, edges: usize, progress: &'p Progress) -> Self {
        Self {
            nodes: vec![Vec::new(); nodes],
            edges: vec![Vec::new(); edges],
            paths: vec![Vec::new(); edges],
            count: 0,
            progress,
            uncounted: 0,
        }
    }

    pub fn counted(&mut self) -> Result<()> {
        self.count += 1;
        if self.count > MATCHES_MAX {
            return Err(DataFusionError::ResourcesExhausted(format!(
                "the pattern matches more than {MATCHES_MAX} times"
            )));
        }
        let numbers = self.nodes.len() + self.edges.len();
        self.holds(numbers * size_of::<u32>())
    }

    /// A path of the match that was just counted.
    pub fn take_path(&mut self, edge: usize, path: Path) -> Result<()> {
        let numbers = path.edges.len() + path.inner.len();
        self.paths[edge].push(path);
        self.holds(size_of::<Path>() + numbers * size_of::<u32>())
    }

    fn holds(&mut self, bytes: usize) -> Result<()> {
        self.uncounted += bytes;
        if self.uncounted >= BYTES_AT_ONCE {
            self.progress.hold(self.uncounted)?;
            self.uncounted = 0;
        }
        Ok(())
    }
}

pub(super) fn columns(
    wanted: &[(Place, Compiled)],
    found: &Matches<'_>,
    built: &Built,
) -> Result<Vec<ArrayRef>> {
    wanted
        .iter()
        .map(|(place, scalar)| {
            let of = if place.is_of_nodes() {
                &built.nodes
            } else {
                &built.edges
            };
            taken(*place, &scalar.of(of)?, found)
        })
        .collect()
}

fn taken(place: Place, values: &ArrayRef, found: &Matches<'_>) -> Result<ArrayRef> {
    let rows = |rows: &Vec<u32>| Ok(take(values, &UInt32Array::from(rows.clone()), None)?);
    match place {
        Place::Node(node) => rows(&found.nodes[node]),
        Place::Edge(edge) => rows(&found.edges[edge]),
        Place::PathEdges(path) => Ok(arrays(values, &found.paths[path], |path| &path.edges)),
        Place::PathNodes(path) => Ok(arrays(values, &found.paths[path], |path| &path.inner)),
        Place::AllEdges(path) => Ok(all(values, &found.paths[path], |path| &path.edges)),
        Place::AllNodes(path) => Ok(all(values, &found.paths[path], |path| &path.inner)),
        Place::AnyEdge(path) => Ok(any(values, &found.paths[path], |path| &path.edges)),
        Place::AnyNode(path) => Ok(any(values, &found.paths[path], |path| &path.inner)),
    }
}

type Part = fn(&Path) -> &[u32];

/// Arrays of values that are JSON text.
fn arrays(values: &ArrayRef, paths: &[Path], part: Part) -> ArrayRef {
    let values = values.as_string::<i32>();
    let array = |path: &Path| {
        let mut text = String::from("[");
        for (index, row) in part(path).iter().enumerate() {
            if index > 0 {
                text.push(',');
            }
            let row = *row as usize;
            text.push_str(if values.is_null(row) {
                "null"
            } else {
                values.value(row)
            });
        }
        text.push(']');
        text
    };
    Arc::new(StringArray::from_iter_values(paths.iter().map(array)))
}

fn all(values: &ArrayRef, paths: &[Path], part: Part) -> ArrayRef {
    let truth = crate::program::truth(values.as_boolean());
    let all = |path: &Path| Some(part(path).iter().all(|row| truth[*row as usize]));
    Arc::new(paths.iter().map(all).collect::<BooleanArray>())
}

fn any(values: &ArrayRef, paths: &[Path], part: Part) -> ArrayRef {
    let truth = crate::program::truth(values.as_boolean());
    let any = |path: &Path| Some(part(path).iter().any(|row| truth[*row as usize]));
    Arc::new(paths.iter().map(any).collect::<BooleanArray>())
}
