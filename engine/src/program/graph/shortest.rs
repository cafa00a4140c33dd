//! Shortest paths: breadth first from every node that can be the beginning.
//!
//! A path never comes back to where it began: a node is no target of itself, unless paths without edges are asked for. A pair that
//! is nearer than the pattern's least length makes the query fail.

use super::build::Built;
use super::matches::{Matches, Path};
use super::search::{Masks, allows};
use super::{Paths, Pattern, PatternEdge};
use crate::kernel::KernelError;
use crate::program::Progress;
use datafusion::common::{DataFusionError, Result};

pub(super) fn search<'p>(
    pattern: &Pattern,
    paths: Paths,
    masks: &Masks,
    built: &Built,
    progress: &'p Progress,
) -> Result<Matches<'p>> {
    let [edge] = pattern.edges.as_slice() else {
        return Err(DataFusionError::Internal(
            "a pattern of shortest paths has one edge".into(),
        ));
    };
    let (least, most) = edge.length.unwrap_or((1, 1));
    let mut found = Matches::new(pattern.nodes.len(), 1, progress);
    let mut reached = Reached::new(built.nodes.num_rows());
    for source in 0..built.nodes.num_rows() {
        let source = u32::try_from(source).expect("nodes are numbered so");
        if !allows(masks.nodes[edge.from].as_ref(), source) {
            continue;
        }
        progress.check()?;
        reached.spread(source, most, edge, masks, built, paths);
        for target in &reached.order {
            let length = reached.distances[*target as usize];
            if !allows(masks.nodes[edge.to].as_ref(), *target) {
                continue;
            }
            if length > 0 && length < least {
                return Err(too_near(length, least));
            }
            if length < least {
                continue;
            }
            reached.trace(*target, &mut Trail::default(), &mut |trail| {
                found.counted()?;
                found.nodes[edge.from].push(source);
                found.nodes[edge.to].push(*target);
                let path = match edge.read_backwards {
                    true => trail.path().reversed(),
                    false => trail.path(),
                };
                found.take_path(0, path)
            })?;
        }
    }
    Ok(found)
}

/// Whether the real engine then takes a longer way, which may pass a node twice, the reference does not say.
fn too_near(length: usize, least: usize) -> DataFusionError {
    let message = format!(
        "a shortest path of {length} edges, where {least} at least are asked for, is not supported"
    );
    DataFusionError::External(Box::new(KernelError::Argument { index: 0, message }))
}

const UNREACHED: usize = usize::MAX;

/// The nodes that were reached from one source.
struct Reached {
    distances: Vec<usize>,
    /// The edges by which a node was reached on a shortest path, with the nodes before it.
    parents: Vec<Vec<(u32, u32)>>,
    /// Nodes by distance.
    order: Vec<u32>,
}

impl Reached {
    fn new(nodes: usize) -> Self {
        Self {
            distances: vec![UNREACHED; nodes],
            parents: vec![Vec::new(); nodes],
            order: Vec::new(),
        }
    }

    fn spread(
        &mut self,
        source: u32,
        most: usize,
        edge: &PatternEdge,
        masks: &Masks,
        built: &Built,
        paths: Paths,
    ) {
        for node in std::mem::take(&mut self.order) {
            self.distances[node as usize] = UNREACHED;
            self.parents[node as usize].clear();
        }
        self.distances[source as usize] = 0;
        self.order.push(source);
        let mut at = 0;
        while let Some(node) = self.order.get(at).copied() {
            at += 1;
            let next = self.distances[node as usize] + 1;
            if next > most || (node != source && !allows(masks.inner[0].as_ref(), node)) {
                continue;
            }
            let entering = built.entering.of(node).iter();
            let entering = entering.take(if edge.any_direction { usize::MAX } else { 0 });
            for (step, other) in built.leaving.of(node).iter().chain(entering) {
                if !allows(masks.edges[0].as_ref(), *step) {
                    continue;
                }
                let other = *other;
                if self.distances[other as usize] == UNREACHED {
                    self.distances[other as usize] = next;
                    self.order.push(other);
                    self.parents[other as usize].push((*step, node));
                } else if paths == Paths::All && self.distances[other as usize] == next {
                    self.parents[other as usize].push((*step, node));
                }
            }
        }
    }

    /// All ways back to the source.
    fn trace(
        &self,
        node: u32,
        trail: &mut Trail,
        each: &mut dyn FnMut(&Trail) -> Result<()>,
    ) -> Result<()> {
        stacker::maybe_grow(64 * 1024, 1024 * 1024, || {
            if self.distances[node as usize] == 0 {
                return each(trail);
            }
            for (edge, before) in &self.parents[node as usize] {
                trail.edges.push(*edge);
                trail.nodes.push(*before);
                self.trace(*before, trail, each)?;
                trail.edges.pop();
                trail.nodes.pop();
            }
            Ok(())
        })
    }
}

/// A path from its end to its beginning.
#[derive(Default)]
struct Trail {
    edges: Vec<u32>,
    /// The last is the beginning.
    nodes: Vec<u32>,
}

impl Trail {
    fn path(&self) -> Path {
        let inner = self.nodes.split_last().map_or(&[][..], |(_, inner)| inner);
        Path {
            edges: self.edges.iter().rev().copied().collect(),
            inner: inner.iter().rev().copied().collect(),
        }
    }
}
