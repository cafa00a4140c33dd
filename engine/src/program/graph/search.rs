//! All matches of a pattern, by backtracking.
//!
//! The search begins at the variable that the fewest nodes can be, and goes along the pattern's edges from nodes that are bound
//! already. An edge between two bound nodes is looked for among the edges of one of them.

use super::build::Built;
use super::matches::{Matches, Path};
use super::{CompiledPattern, Cycles, Pattern};
use crate::program::{Compiled, Progress};
use datafusion::arrow::array::RecordBatch;
use datafusion::common::Result;

/// Which nodes and edges each variable can be; `None` is all.
pub(super) struct Masks {
    pub nodes: Vec<Option<Vec<bool>>>,
    pub edges: Vec<Option<Vec<bool>>>,
    pub inner: Vec<Option<Vec<bool>>>,
}

impl Masks {
    pub fn new(pattern: &CompiledPattern, built: &Built) -> Result<Self> {
        let mut masks = Masks {
            nodes: Vec::new(),
            edges: Vec::new(),
            inner: Vec::new(),
        };
        for conditions in &pattern.nodes {
            masks.nodes.push(mask(conditions, &built.nodes)?);
        }
        for (of_edge, of_inner) in &pattern.edges {
            masks.edges.push(mask(of_edge, &built.edges)?);
            masks.inner.push(mask(of_inner, &built.nodes)?);
        }
        Ok(masks)
    }
}

fn mask(conditions: &[Compiled], batch: &RecordBatch) -> Result<Option<Vec<bool>>> {
    let mut mask: Option<Vec<bool>> = None;
    for condition in conditions {
        let truth = condition.truth(batch)?;
        mask = Some(match mask {
            None => truth,
            Some(mask) => mask.iter().zip(truth).map(|(a, b)| *a && b).collect(),
        });
    }
    Ok(mask)
}

pub(super) fn allows(mask: Option<&Vec<bool>>, row: u32) -> bool {
    mask.is_none_or(|mask| mask[row as usize])
}

pub(super) fn search<'p>(
    pattern: &Pattern,
    cycles: Cycles,
    masks: &Masks,
    built: &Built,
    progress: &'p Progress,
) -> Result<Matches<'p>> {
    let (first, order) = order(pattern, masks);
    let mut search = Search {
        pattern,
        cycles,
        masks,
        built,
        progress,
        order,
        bound: vec![None; pattern.nodes.len()],
        edges: vec![0; pattern.edges.len()],
        paths: vec![Path::default(); pattern.edges.len()],
        used: vec![false; built.ends.len()],
        visited: vec![false; built.nodes.num_rows()],
        steps: 0,
        found: Matches::new(pattern.nodes.len(), pattern.edges.len(), progress),
    };
    for node in 0..built.nodes.num_rows() {
        let node = u32::try_from(node).expect("nodes are numbered so");
        if allows(masks.nodes[first].as_ref(), node) {
            search.bind(first, node, |search| search.next(0))?;
        }
    }
    Ok(search.found)
}

/// The variable to begin with, and the edges in an order in which each has a bound end.
fn order(pattern: &Pattern, masks: &Masks) -> (usize, Vec<usize>) {
    let candidates = |node: &usize| match &masks.nodes[*node] {
        None => usize::MAX,
        Some(mask) => mask.iter().filter(|allowed| **allowed).count(),
    };
    let first = (0..pattern.nodes.len()).min_by_key(candidates).unwrap_or(0);
    let mut bound = vec![false; pattern.nodes.len()];
    bound[first] = true;
    let mut order = Vec::new();
    while let Some(edge) = (0..pattern.edges.len()).find(|edge| {
        let ends = &pattern.edges[*edge];
        !order.contains(edge) && (bound[ends.from] || bound[ends.to])
    }) {
        bound[pattern.edges[edge].from] = true;
        bound[pattern.edges[edge].to] = true;
        order.push(edge);
    }
    (first, order)
}

struct Search<'s, 'p> {
    pattern: &'s Pattern,
    cycles: Cycles,
    masks: &'s Masks,
    built: &'s Built,
    progress: &'p Progress,
    order: Vec<usize>,
    bound: Vec<Option<u32>>,
    edges: Vec<u32>,
    paths: Vec<Path>,
    /// Edges in the match so far.
    used: Vec<bool>,
    /// Nodes in the match so far.
    visited: Vec<bool>,
    steps: u64,
    found: Matches<'p>,
}

/// A path on its way.
struct Walk {
    /// The pattern's edge, and the place in the order behind it.
    edge: usize,
    behind: usize,
    /// The variable at its other end, and whether it is walked against the pattern's direction.
    to: usize,
    backwards: bool,
    edges: Vec<u32>,
    inner: Vec<u32>,
}

impl Search<'_, '_> {
    fn next(&mut self, at: usize) -> Result<()> {
        stacker::maybe_grow(64 * 1024, 1024 * 1024, || self.next_inner(at))
    }

    fn next_inner(&mut self, at: usize) -> Result<()> {
        let Some(edge) = self.order.get(at).copied() else {
            return self.emit();
        };
        let ends = &self.pattern.edges[edge];
        let (here, to, backwards) = match (self.bound[ends.from], self.bound[ends.to]) {
            (Some(node), _) => (node, ends.to, false),
            (None, Some(node)) => (node, ends.from, true),
            (None, None) => unreachable!("the order binds one end first"),
        };
        if ends.length.is_some() {
            let mut walk = Walk {
                edge,
                behind: at + 1,
                to,
                backwards,
                edges: Vec::new(),
                inner: Vec::new(),
            };
            return self.walk(&mut walk, here);
        }
        for (step, other) in self.neighbours(here, edge, backwards) {
            if !self.may_use(edge, step) || !self.can_be(to, other) {
                continue;
            }
            let used = std::mem::replace(&mut self.used[step as usize], true);
            self.edges[edge] = step;
            self.bind(to, other, |search| search.next(at + 1))?;
            self.used[step as usize] = used;
        }
        self.counted()
    }

    /// Edges at a node in the direction of a pattern's edge. A loop at the node counts once.
    fn neighbours(&self, node: u32, edge: usize, backwards: bool) -> Vec<(u32, u32)> {
        let (ahead, behind) = if backwards {
            (&self.built.entering, &self.built.leaving)
        } else {
            (&self.built.leaving, &self.built.entering)
        };
        let mut items = ahead.of(node).to_vec();
        if self.pattern.edges[edge].any_direction {
            let other_way = behind.of(node).iter().filter(|(_, other)| *other != node);
            items.extend(other_way.copied());
        }
        items
    }

    fn may_use(&self, edge: usize, step: u32) -> bool {
        allows(self.masks.edges[edge].as_ref(), step)
            && (self.cycles == Cycles::All || !self.used[step as usize])
    }

    /// Whether a node can be a variable, which may be bound already.
    fn can_be(&self, variable: usize, node: u32) -> bool {
        match self.bound[variable] {
            Some(bound) => bound == node && self.cycles != Cycles::None,
            None => allows(self.masks.nodes[variable].as_ref(), node) && self.may_visit(node),
        }
    }

    fn may_visit(&self, node: u32) -> bool {
        self.cycles != Cycles::None || !self.visited[node as usize]
    }

    /// Goes on with a variable bound, and unbinds it when it was free.
    fn bind(
        &mut self,
        variable: usize,
        node: u32,
        then: impl FnOnce(&mut Self) -> Result<()>,
    ) -> Result<()> {
        if self.bound[variable].is_some() {
            return then(self);
        }
        self.bound[variable] = Some(node);
        let before = std::mem::replace(&mut self.visited[node as usize], true);
        then(self)?;
        self.visited[node as usize] = before;
        self.bound[variable] = None;
        Ok(())
    }

    /// Ends the path here when it is long enough, and goes on while it may.
    fn walk(&mut self, walk: &mut Walk, here: u32) -> Result<()> {
        stacker::maybe_grow(64 * 1024, 1024 * 1024, || self.walk_inner(walk, here))
    }

    fn walk_inner(&mut self, walk: &mut Walk, here: u32) -> Result<()> {
        let (least, most) = self.pattern.edges[walk.edge]
            .length
            .expect("only paths are walked");
        let length = walk.edges.len();
        if length >= least && self.can_end(walk, here) {
            let is_reversed = walk.backwards != self.pattern.edges[walk.edge].read_backwards;
            self.paths[walk.edge] = match is_reversed {
                true => walk.path().reversed(),
                false => walk.path(),
            };
            self.bind(walk.to, here, |search| search.next(walk.behind))?;
        }
        let inner = length > 0;
        if length >= most || (inner && !allows(self.masks.inner[walk.edge].as_ref(), here)) {
            return Ok(());
        }
        if inner {
            walk.inner.push(here);
        }
        for (step, other) in self.neighbours(here, walk.edge, walk.backwards) {
            if !self.may_use(walk.edge, step) || !self.may_visit(other) {
                continue;
            }
            let used = std::mem::replace(&mut self.used[step as usize], true);
            let visited = std::mem::replace(&mut self.visited[other as usize], true);
            walk.edges.push(step);
            self.walk(walk, other)?;
            walk.edges.pop();
            self.visited[other as usize] = visited;
            self.used[step as usize] = used;
        }
        if inner {
            walk.inner.pop();
        }
        self.counted()
    }

    /// Whether the path's other variable can be the node at which the path stands.
    fn can_end(&self, walk: &Walk, here: u32) -> bool {
        match self.bound[walk.to] {
            Some(bound) => bound == here && (self.cycles != Cycles::None || walk.edges.is_empty()),
            None => allows(self.masks.nodes[walk.to].as_ref(), here),
        }
    }

    fn counted(&mut self) -> Result<()> {
        const STEPS_BETWEEN_CHECKS: u64 = 4096;
        self.steps += 1;
        if self.steps.is_multiple_of(STEPS_BETWEEN_CHECKS) {
            self.progress.check()?;
        }
        Ok(())
    }

    fn emit(&mut self) -> Result<()> {
        self.found.counted()?;
        self.counted()?;
        for (nodes, bound) in self.found.nodes.iter_mut().zip(&self.bound) {
            nodes.push(bound.expect("the pattern is connected"));
        }
        for (index, edge) in self.pattern.edges.iter().enumerate() {
            if edge.length.is_some() {
                self.found.take_path(index, self.paths[index].clone())?;
            } else {
                self.found.edges[index].push(self.edges[index]);
            }
        }
        Ok(())
    }
}

impl Walk {
    /// The path as it was walked. The node at which it stands is its end.
    fn path(&self) -> Path {
        Path {
            edges: self.edges.as_slice().into(),
            inner: self.inner.as_slice().into(),
        }
    }
}
