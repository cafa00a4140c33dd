//! From tables to a graph.

use super::{Component, Graph, components};
use crate::kernel::xxhash::xxhash64;
use crate::program::{column, schema_of};
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, Int64Array, RecordBatch, RecordBatchOptions, StringArray,
    new_null_array,
};
use datafusion::arrow::compute::interleave;
use datafusion::common::{DataFusionError, Result};
use huntql_kql::types::Column;
use huntql_store::arrow_type;
use std::collections::HashMap;
use std::sync::Arc;

/// A graph in memory. Nodes and edges are rows of batches.
pub(super) struct Built {
    pub edges: RecordBatch,
    /// The columns of [`Graph::all_node_columns`].
    pub nodes: RecordBatch,
    /// The source and the target of each edge.
    pub ends: Vec<(u32, u32)>,
    /// A number for each node that is the same wherever the node is.
    pub hashes: Vec<i64>,
    pub leaving: Neighbours,
    pub entering: Neighbours,
}

/// The edges at each node.
pub(super) struct Neighbours {
    starts: Vec<usize>,
    /// The edge and the node at its other end.
    items: Vec<(u32, u32)>,
}

impl Neighbours {
    fn new(nodes: usize, ends: &[(u32, u32)], leaving: fn(&(u32, u32)) -> (u32, u32)) -> Self {
        let mut starts = vec![0; nodes + 1];
        for end in ends {
            starts[leaving(end).0 as usize + 1] += 1;
        }
        for node in 0..nodes {
            starts[node + 1] += starts[node];
        }
        let mut free = starts.clone();
        let mut items = vec![(0, 0); ends.len()];
        for (edge, end) in (0_u32..).zip(ends) {
            let (here, there) = leaving(end);
            items[free[here as usize]] = (edge, there);
            free[here as usize] += 1;
        }
        Self { starts, items }
    }

    pub fn of(&self, node: u32) -> &[(u32, u32)] {
        &self.items[self.starts[node as usize]..self.starts[node as usize + 1]]
    }
}

/// Where a node was met.
#[derive(Clone, Default)]
struct Origin {
    /// Its row in each table that has it.
    rows: Vec<Option<usize>>,
    /// An edge, and which end of it the node is.
    edge: Option<(usize, End)>,
}

#[derive(Clone, Copy)]
enum End {
    Source,
    Target,
}

pub(super) fn build(graph: &Graph, inputs: &[RecordBatch]) -> Result<Built> {
    let (edges, tables) = inputs
        .split_first()
        .ok_or_else(|| DataFusionError::Internal("a graph without edges".into()))?;
    let mut keys = Keys::default();
    for (index, (table, batch)) in graph.tables.iter().zip(tables).enumerate() {
        let texts = column(batch, &table.key)?.as_string::<i32>();
        for row in 0..batch.num_rows() {
            let node = keys.node(text(texts, row), graph.tables.len());
            keys.origins[node as usize].rows[index].get_or_insert(row);
        }
    }
    let sources = column(edges, &graph.source)?.as_string::<i32>();
    let targets = column(edges, &graph.target)?.as_string::<i32>();
    let mut ends = Vec::with_capacity(edges.num_rows());
    for row in 0..edges.num_rows() {
        let mut end = |texts, end| {
            let node = keys.node(text(texts, row), graph.tables.len());
            keys.origins[node as usize].edge.get_or_insert((row, end));
            node
        };
        ends.push((end(sources, End::Source), end(targets, End::Target)));
    }
    let count = keys.origins.len();
    let leaving = Neighbours::new(count, &ends, |ends| *ends);
    let entering = Neighbours::new(count, &ends, |(source, target)| (*target, *source));
    let nodes = nodes(graph, tables, edges, &keys, &leaving, &entering)?;
    Ok(Built {
        edges: edges.clone(),
        nodes,
        ends,
        hashes: keys.hashes,
        leaving,
        entering,
    })
}

fn text(texts: &StringArray, row: usize) -> &str {
    if texts.is_null(row) {
        ""
    } else {
        texts.value(row)
    }
}

/// Nodes by their keys.
#[derive(Default)]
struct Keys {
    numbers: HashMap<String, u32>,
    origins: Vec<Origin>,
    hashes: Vec<i64>,
}

impl Keys {
    fn node(&mut self, key: &str, tables: usize) -> u32 {
        if let Some(number) = self.numbers.get(key) {
            return *number;
        }
        let number = u32::try_from(self.origins.len()).expect("batches have fewer rows");
        self.numbers.insert(key.to_string(), number);
        self.hashes.push(xxhash64(key.as_bytes()).cast_signed());
        self.origins.push(Origin {
            rows: vec![None; tables],
            edge: None,
        });
        number
    }
}

fn nodes(
    graph: &Graph,
    tables: &[RecordBatch],
    edges: &RecordBatch,
    keys: &Keys,
    leaving: &Neighbours,
    entering: &Neighbours,
) -> Result<RecordBatch> {
    let mut columns = graph
        .node_columns
        .iter()
        .map(|column| property(graph, column, tables, edges, keys))
        .collect::<Result<Vec<_>>>()?;
    let count = keys.origins.len();
    for mark in &graph.marks {
        let numbers = match mark.kind {
            Component::Weak => components::weak(count, leaving),
            Component::Strong => components::strong(count, leaving),
        };
        columns.push(Arc::new(Int64Array::from(numbers)));
    }
    for neighbours in [entering, leaving] {
        let degrees = (0..count).map(|node| {
            let node = u32::try_from(node).expect("nodes are numbered so");
            i64::try_from(neighbours.of(node).len()).expect("batches have fewer rows")
        });
        columns.push(Arc::new(Int64Array::from_iter_values(degrees)));
    }
    let mut texts = vec![""; count];
    for (key, number) in &keys.numbers {
        texts[*number as usize] = key;
    }
    columns.push(Arc::new(StringArray::from(texts)));
    let options = RecordBatchOptions::new().with_row_count(Some(count));
    Ok(RecordBatch::try_new_with_options(
        schema_of(&graph.all_node_columns()),
        columns,
        &options,
    )?)
}

/// A column of the nodes: from the first table that has a value, else for the id from an edge, else null.
fn property(
    graph: &Graph,
    wanted: &Column,
    tables: &[RecordBatch],
    edges: &RecordBatch,
    keys: &Keys,
) -> Result<ArrayRef> {
    let mut sources: Vec<ArrayRef> = vec![new_null_array(&arrow_type(wanted.ty), 1)];
    let mut of_table = Vec::new();
    for (table, batch) in graph.tables.iter().zip(tables) {
        let has = table
            .columns
            .iter()
            .any(|column| column.name == wanted.name);
        of_table.push(has.then_some(sources.len()));
        if has {
            sources.push(Arc::clone(column(batch, &wanted.name)?));
        }
    }
    let mut of_edges = None;
    if let Some(id) = graph.id.as_ref().filter(|id| id.name == wanted.name) {
        of_edges = Some(sources.len());
        sources.push(Arc::clone(column(edges, &id.source)?));
        sources.push(Arc::clone(column(edges, &id.target)?));
    }
    let place = |origin: &Origin| {
        for (row, source) in origin.rows.iter().zip(&of_table) {
            if let (Some(row), Some(source)) = (row, source)
                && sources[*source].is_valid(*row)
            {
                return (*source, *row);
            }
        }
        match (of_edges, origin.edge) {
            (Some(first), Some((row, End::Source))) => (first, row),
            (Some(first), Some((row, End::Target))) => (first + 1, row),
            _ => (0, 0),
        }
    };
    let places: Vec<(usize, usize)> = keys.origins.iter().map(place).collect();
    let sources: Vec<&dyn Array> = sources.iter().map(AsRef::as_ref).collect();
    Ok(interleave(&sources, &places)?)
}
