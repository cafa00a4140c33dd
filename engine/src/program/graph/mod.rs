//! Graphs: edges and nodes from tables, patterns matched in them, shortest paths, their tables.
//!
//! A graph lives for one operator: the program gets the edges and the tables of nodes as inputs and gives the operator's rows.
//! What a query asks of a node, an edge or a path is computed once for all nodes or edges; a match then only points to it.

mod build;
mod components;
mod matches;
mod search;
mod shortest;

use super::{Compiled, Compiler, Program, Progress, Run};
use crate::ir::Scalar;
use build::Built;
use datafusion::arrow::array::{ArrayRef, Int64Array, RecordBatch};
use datafusion::common::Result;
use huntql_kql::types::{Column, Type};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Hidden columns of nodes: how many edges go in and out.
pub(crate) const DEGREE_IN: &str = "\u{1f}in";
pub(crate) const DEGREE_OUT: &str = "\u{1f}out";
/// A hidden column of nodes: what edges call them, as text.
pub(crate) const NODE_KEY: &str = "\u{1f}key";

/// How the inputs make a graph: the first are the edges, each other one nodes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Graph {
    /// String columns of the edges: the keys of the nodes at their ends.
    pub source: String,
    pub target: String,
    /// Columns of the edges that a query can name.
    pub edge_columns: Vec<Column>,
    pub tables: Vec<NodeTable>,
    /// The column of the nodes that holds what the edges call them, also for nodes that no table has.
    pub id: Option<NodeId>,
    /// Columns of the nodes that a query can name, without those of `marks`.
    pub node_columns: Vec<Column>,
    pub marks: Vec<Mark>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NodeTable {
    /// A string column.
    pub key: String,
    pub columns: Vec<Column>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NodeId {
    pub name: String,
    /// The edges' columns with the values.
    pub source: String,
    pub target: String,
}

/// A column of the nodes with the number of their component.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Mark {
    pub name: String,
    pub kind: Component,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Component {
    Weak,
    Strong,
}

impl Graph {
    /// What a query can name of a node.
    pub fn shown_node_columns(&self) -> Vec<Column> {
        let marks = self
            .marks
            .iter()
            .map(|mark| Column::new(mark.name.clone(), Type::Long));
        self.node_columns.iter().cloned().chain(marks).collect()
    }

    /// The same, the degrees and the key.
    pub fn all_node_columns(&self) -> Vec<Column> {
        let degrees = [DEGREE_IN, DEGREE_OUT].map(|name| Column::new(name, Type::Long));
        let mut columns = self.shown_node_columns();
        columns.extend(degrees);
        columns.push(Column::new(NODE_KEY, Type::String));
        columns
    }
}

/// What is asked of a graph.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Query {
    Match(Pattern, Cycles),
    ShortestPaths(Pattern, Paths),
    /// A row for each node: perhaps its number, then its columns.
    Nodes {
        with_id: bool,
    },
    /// A row for each edge: perhaps the numbers of its ends, then its columns.
    Edges {
        with_source: bool,
        with_target: bool,
    },
}

/// Which repetitions a match may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cycles {
    All,
    None,
    UniqueEdges,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Paths {
    /// One of the shortest between two nodes.
    Any,
    /// All of the shortest.
    All,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Pattern {
    /// What must be true of the nodes, by variable.
    pub nodes: Vec<Vec<Scalar>>,
    pub edges: Vec<PatternEdge>,
    /// The columns of the result.
    pub wanted: Vec<Wanted>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PatternEdge {
    /// Variables of nodes.
    pub from: usize,
    pub to: usize,
    pub any_direction: bool,
    /// Written `<-[…]-`: a path is read in the order of the text, from `to` to `from`.
    pub read_backwards: bool,
    /// Of a path: how many edges.
    pub length: Option<(usize, usize)>,
    /// What must be true of the edge, or of every edge of the path.
    pub conditions: Vec<Scalar>,
    /// What must be true of every inner node of the path.
    pub inner_conditions: Vec<Scalar>,
}

/// A column of the result: a scalar over nodes or edges, and where in the match it is taken.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Wanted {
    pub place: Place,
    pub scalar: Scalar,
}

/// Of which part of a match a column tells. The numbers are those of variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Place {
    Node(usize),
    Edge(usize),
    /// All edges of a path, as an array.
    PathEdges(usize),
    /// The inner nodes of a path, as an array.
    PathNodes(usize),
    AllEdges(usize),
    AnyEdge(usize),
    AllNodes(usize),
    AnyNode(usize),
}

impl Place {
    /// Whether the scalar is one over nodes.
    pub fn is_of_nodes(self) -> bool {
        match self {
            Place::Node(_) | Place::PathNodes(_) | Place::AllNodes(_) | Place::AnyNode(_) => true,
            Place::Edge(_) | Place::PathEdges(_) | Place::AllEdges(_) | Place::AnyEdge(_) => false,
        }
    }

    /// Whether it tells of a path.
    pub fn is_of_path(self) -> bool {
        !matches!(self, Place::Node(_) | Place::Edge(_))
    }
}

/// A graph and what is asked of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct GraphProgram {
    pub graph: Graph,
    pub query: Query,
}

impl Program for GraphProgram {
    fn name(&self) -> &'static str {
        match self.query {
            Query::Match(..) => "graph-match",
            Query::ShortestPaths(..) => "graph-shortest-paths",
            Query::Nodes { .. } | Query::Edges { .. } => "graph-to-table",
        }
    }

    fn spec(&self) -> Result<Vec<u8>> {
        super::spec(self)
    }

    fn map_scalars(&self, change: &mut dyn FnMut(Scalar) -> Scalar) -> Arc<dyn Program> {
        let mut program = self.clone();
        if let Query::Match(pattern, _) | Query::ShortestPaths(pattern, _) = &mut program.query {
            let edges = pattern
                .edges
                .iter_mut()
                .flat_map(|edge| edge.conditions.iter_mut().chain(&mut edge.inner_conditions));
            let wanted = pattern.wanted.iter_mut().map(|wanted| &mut wanted.scalar);
            for scalar in pattern
                .nodes
                .iter_mut()
                .flatten()
                .chain(edges)
                .chain(wanted)
            {
                *scalar = scalar.clone().map(change);
            }
        }
        Arc::new(program)
    }

    fn compile(&self, _: &[Vec<Column>], compiler: &Compiler<'_>) -> Result<Arc<dyn Run>> {
        let pattern = match &self.query {
            Query::Match(pattern, _) | Query::ShortestPaths(pattern, _) => {
                Some(compiled(pattern, &self.graph, compiler)?)
            }
            Query::Nodes { .. } | Query::Edges { .. } => None,
        };
        Ok(Arc::new(CompiledGraph {
            program: self.clone(),
            pattern,
        }))
    }
}

/// A pattern's scalars, compiled.
#[derive(Debug)]
struct CompiledPattern {
    nodes: Vec<Vec<Compiled>>,
    /// Of the edge, and of inner nodes.
    edges: Vec<(Vec<Compiled>, Vec<Compiled>)>,
    wanted: Vec<(Place, Compiled)>,
}

fn compiled(pattern: &Pattern, graph: &Graph, compiler: &Compiler<'_>) -> Result<CompiledPattern> {
    let nodes = graph.all_node_columns();
    let all = |scalars: &[Scalar], columns: &[Column]| {
        scalars
            .iter()
            .map(|scalar| compiler.compiled(scalar, columns))
            .collect::<Result<Vec<_>>>()
    };
    Ok(CompiledPattern {
        nodes: pattern
            .nodes
            .iter()
            .map(|conditions| all(conditions, &nodes))
            .collect::<Result<_>>()?,
        edges: pattern
            .edges
            .iter()
            .map(|edge| {
                Ok((
                    all(&edge.conditions, &graph.edge_columns)?,
                    all(&edge.inner_conditions, &nodes)?,
                ))
            })
            .collect::<Result<_>>()?,
        wanted: pattern
            .wanted
            .iter()
            .map(|wanted| {
                let columns = if wanted.place.is_of_nodes() {
                    &nodes
                } else {
                    &graph.edge_columns
                };
                Ok((wanted.place, compiler.compiled(&wanted.scalar, columns)?))
            })
            .collect::<Result<_>>()?,
    })
}

#[derive(Debug)]
struct CompiledGraph {
    program: GraphProgram,
    pattern: Option<CompiledPattern>,
}

impl Run for CompiledGraph {
    fn run(&self, inputs: &[RecordBatch], progress: &Progress) -> Result<Vec<ArrayRef>> {
        let built = build::build(&self.program.graph, inputs)?;
        match (&self.program.query, &self.pattern) {
            (Query::Match(pattern, cycles), Some(compiled)) => {
                let masks = search::Masks::new(compiled, &built)?;
                let found = search::search(pattern, *cycles, &masks, &built, progress)?;
                matches::columns(&compiled.wanted, &found, &built)
            }
            (Query::ShortestPaths(pattern, paths), Some(compiled)) => {
                let masks = search::Masks::new(compiled, &built)?;
                let found = shortest::search(pattern, *paths, &masks, &built, progress)?;
                matches::columns(&compiled.wanted, &found, &built)
            }
            (Query::Nodes { with_id }, _) => Ok(nodes(&self.program.graph, *with_id, &built)),
            (
                Query::Edges {
                    with_source,
                    with_target,
                },
                _,
            ) => Ok(edges(
                &self.program.graph,
                *with_source,
                *with_target,
                &built,
            )),
            (Query::Match(..) | Query::ShortestPaths(..), None) => {
                unreachable!("a pattern is compiled")
            }
        }
    }
}

fn nodes(graph: &Graph, with_id: bool, built: &Built) -> Vec<ArrayRef> {
    let numbers: ArrayRef = Arc::new(Int64Array::from(built.hashes.clone()));
    let shown = graph.shown_node_columns().len();
    with_id
        .then_some(numbers)
        .into_iter()
        .chain(built.nodes.columns()[..shown].iter().cloned())
        .collect()
}

fn edges(graph: &Graph, with_source: bool, with_target: bool, built: &Built) -> Vec<ArrayRef> {
    let numbers = |end: fn(&(u32, u32)) -> u32| -> ArrayRef {
        let hash = |ends: &(u32, u32)| built.hashes[end(ends) as usize];
        Arc::new(Int64Array::from_iter_values(built.ends.iter().map(hash)))
    };
    let columns = graph
        .edge_columns
        .iter()
        .filter_map(|column| built.edges.column_by_name(&column.name).cloned());
    with_source
        .then(|| numbers(|ends| ends.0))
        .into_iter()
        .chain(with_target.then(|| numbers(|ends| ends.1)))
        .chain(columns)
        .collect()
}
