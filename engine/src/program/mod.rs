//! Programs: what no combination of DataFusion's plan nodes can say. A program sees whole inputs and gives whole results:
//! `scan`, pattern matching in graphs, the mining plugins.
//!
//! An input is gathered into one batch, counted by the memory pool; a query that is dropped stops its programs. A program
//! computes the scalars that the query gave it with DataFusion's expressions.
//!
//! A program travels as its name and its spec: the bound program as JSON, which a row of [`KINDS`] reads.
//!
//! Not here: anything that is a relation of other relations.

pub(crate) mod basket;
pub(crate) mod graph;
mod node;
pub(crate) mod scan;

pub(crate) use node::{Call, ProgramExec, ProgramNode, ProgramPlanner, node};

use crate::ir::Scalar;
use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch};
use datafusion::arrow::array::{RecordBatchOptions, new_null_array};
use datafusion::arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::common::{DFSchema, DataFusionError, Result};
use datafusion::execution::memory_pool::MemoryReservation;
use datafusion::logical_expr::execution_props::ExecutionProps;
use datafusion::logical_expr::physical_planning_context::PhysicalPlanningContext;
use datafusion::logical_expr::simplify::SimplifyContext;
use datafusion::optimizer::simplify_expressions::ExprSimplifier;
use datafusion::physical_expr::{PhysicalExpr, create_physical_expr};
use huntql_kql::types::Column;
use huntql_store::arrow_type;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What a query asks of a program.
pub trait Program: Debug + Send + Sync {
    fn name(&self) -> &'static str;

    /// The program as bytes, by [`spec`]; its row in [`KINDS`] reads them again.
    fn spec(&self) -> Result<Vec<u8>>;

    /// The same program with every scalar in it replaced.
    fn map_scalars(&self, change: &mut dyn FnMut(Scalar) -> Scalar) -> Arc<dyn Program>;

    /// The program with its scalars compiled over the columns of its inputs.
    fn compile(&self, inputs: &[Vec<Column>], compiler: &Compiler<'_>) -> Result<Arc<dyn Run>>;
}

/// A program's spec as JSON.
pub(crate) fn spec(program: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(program)
        .map_err(|error| DataFusionError::Internal(format!("a program cannot travel: {error}")))
}

/// How a program of a name is read from its spec.
struct Kind {
    names: &'static [&'static str],
    read: fn(&[u8]) -> Result<Arc<dyn Program>>,
}

const KINDS: &[Kind] = &[
    Kind {
        names: &["basket"],
        read: read::<basket::Basket>,
    },
    Kind {
        names: &["scan"],
        read: read::<scan::Scan>,
    },
    Kind {
        names: &["graph-match", "graph-shortest-paths", "graph-to-table"],
        read: read::<graph::GraphProgram>,
    },
];

fn read<P: Program + DeserializeOwned + 'static>(spec: &[u8]) -> Result<Arc<dyn Program>> {
    let program: P = serde_json::from_slice(spec).map_err(|error| {
        DataFusionError::Internal(format!("not the spec of a program: {error}"))
    })?;
    Ok(Arc::new(program))
}

/// The program of a name and a spec.
///
/// # Errors
/// A name that no program has; a spec that is none.
pub(crate) fn from_spec(name: &str, spec: &[u8]) -> Result<Arc<dyn Program>> {
    let kind = KINDS.iter().find(|kind| kind.names.contains(&name));
    match kind {
        Some(kind) => (kind.read)(spec),
        None => Err(DataFusionError::Internal(format!(
            "`{name}` is not the name of a program"
        ))),
    }
}

/// A program that can run.
pub trait Run: Debug + Send + Sync {
    /// The columns of the result, all of one length.
    fn run(&self, inputs: &[RecordBatch], progress: &Progress) -> Result<Vec<ArrayRef>>;
}

/// Tells a program whether anyone still waits for it, and how much memory it may hold.
#[derive(Debug, Clone)]
pub struct Progress {
    stopped: Arc<AtomicBool>,
    memory: Arc<MemoryReservation>,
}

impl Progress {
    /// What the program holds is counted on this reservation.
    pub(crate) fn new(memory: Arc<MemoryReservation>) -> Self {
        Self {
            stopped: Arc::default(),
            memory,
        }
    }

    /// Counts bytes that the program begins to hold; they are given back when it ends.
    ///
    /// # Errors
    /// When the queries that run would hold more than they may.
    pub fn hold(&self, bytes: usize) -> Result<()> {
        self.memory.try_grow(bytes)
    }

    /// # Errors
    /// When the query was dropped.
    pub fn check(&self) -> Result<()> {
        if self.stopped.load(Ordering::Relaxed) {
            return Err(DataFusionError::Execution("the query was stopped".into()));
        }
        Ok(())
    }

    fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }
}

/// Makes DataFusion's expressions of scalars.
pub struct Compiler<'a> {
    properties: &'a ExecutionProps,
}

impl<'a> Compiler<'a> {
    pub fn new(properties: &'a ExecutionProps) -> Self {
        Self { properties }
    }

    /// A scalar over rows of these columns. Columns that it does not name need not be there when it is evaluated.
    pub fn compiled(&self, scalar: &Scalar, columns: &[Column]) -> Result<Compiled> {
        let mut used: Vec<Column> = Vec::new();
        scalar.visit(&mut |part| {
            if let crate::ir::ScalarKind::Column(name) = &part.kind
                && !used.iter().any(|column| column.name == *name)
                && let Some(column) = columns.iter().find(|column| column.name == *name)
            {
                used.push(column.clone());
            }
        });
        let schema = schema_of(&used);
        let frame = DFSchema::try_from(schema.as_ref().clone())?;
        let expr = crate::lower::scalar_over(scalar, &frame)?;
        // Some of DataFusion's functions exist for its simplifier only.
        let context = SimplifyContext::builder()
            .with_schema(Arc::new(frame.clone()))
            .build();
        let simplifier = ExprSimplifier::new(context);
        let expr = simplifier.simplify(simplifier.coerce(expr, &frame)?)?;
        let planning = PhysicalPlanningContext::default();
        Ok(Compiled {
            expr: create_physical_expr(&expr, &frame, self.properties, &planning)?,
            schema,
        })
    }
}

/// A scalar that can be evaluated.
#[derive(Debug, Clone)]
pub struct Compiled {
    expr: Arc<dyn PhysicalExpr>,
    schema: SchemaRef,
}

impl Compiled {
    /// The names of the columns that it reads.
    pub fn reads(&self) -> impl Iterator<Item = &str> {
        self.schema
            .fields()
            .iter()
            .map(|field| field.name().as_str())
    }

    /// The value for each of so many rows.
    pub fn over(&self, columns: Vec<ArrayRef>, rows: usize) -> Result<ArrayRef> {
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)?;
        self.expr.evaluate(&batch)?.into_array(rows)
    }

    /// The value for each row of a batch that has all columns.
    pub fn of(&self, batch: &RecordBatch) -> Result<ArrayRef> {
        let columns = self
            .reads()
            .map(|name| column(batch, name).map(Arc::clone))
            .collect::<Result<Vec<_>>>()?;
        self.over(columns, batch.num_rows())
    }

    /// Where it is true in a batch.
    pub fn truth(&self, batch: &RecordBatch) -> Result<Vec<bool>> {
        Ok(truth(self.of(batch)?.as_boolean()))
    }
}

/// Null is not true.
pub(crate) fn truth(array: &BooleanArray) -> Vec<bool> {
    (0..array.len())
        .map(|row| array.is_valid(row) && array.value(row))
        .collect()
}

pub(crate) fn schema_of(columns: &[Column]) -> SchemaRef {
    let fields: Vec<Field> = columns
        .iter()
        .map(|column| Field::new(&column.name, arrow_type(column.ty), true))
        .collect();
    Arc::new(Schema::new(fields))
}

pub(crate) fn column<'b>(batch: &'b RecordBatch, name: &str) -> Result<&'b ArrayRef> {
    batch
        .column_by_name(name)
        .ok_or_else(|| DataFusionError::Internal(format!("a program misses the column `{name}`")))
}

/// One null of a column's type.
pub(crate) fn null_of(column: &Column) -> ArrayRef {
    new_null_array(&arrow_type(column.ty), 1)
}
