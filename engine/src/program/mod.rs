//! Programs: what no combination of DataFusion's plan nodes can say. A program sees whole inputs and gives whole results:
//! `scan`, pattern matching in graphs, the mining plugins.
//!
//! An input is gathered into one batch, counted by the memory pool; a query that is dropped stops its programs. A program
//! computes the scalars that the query gave it with DataFusion's expressions.
//!
//! Not here: anything that is a relation of other relations. Programs do not travel to other machines yet.

pub(crate) mod basket;
pub(crate) mod graph;
mod node;
pub(crate) mod scan;

pub(crate) use node::{ProgramPlanner, node};

use crate::ir::Scalar;
use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch};
use datafusion::arrow::array::{RecordBatchOptions, new_null_array};
use datafusion::arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::catalog::Session;
use datafusion::common::{DFSchema, DataFusionError, Result};
use datafusion::logical_expr::simplify::SimplifyContext;
use datafusion::optimizer::simplify_expressions::ExprSimplifier;
use datafusion::physical_expr::PhysicalExpr;
use huntql_kql::types::Column;
use huntql_store::arrow_type;
use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What a query asks of a program.
pub trait Program: Debug + Send + Sync {
    fn name(&self) -> &'static str;

    /// The same program with every scalar in it replaced.
    fn map_scalars(&self, change: &mut dyn FnMut(Scalar) -> Scalar) -> Arc<dyn Program>;

    /// The program with its scalars compiled over the columns of its inputs.
    fn compile(&self, inputs: &[Vec<Column>], compiler: &Compiler<'_>) -> Result<Arc<dyn Run>>;
}

/// A program that can run.
pub trait Run: Debug + Send + Sync {
    /// The columns of the result, all of one length.
    fn run(&self, inputs: &[RecordBatch], progress: &Progress) -> Result<Vec<ArrayRef>>;
}

/// Tells a program whether anyone still waits for it.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    stopped: Arc<AtomicBool>,
}

impl Progress {
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
    session: &'a dyn Session,
}

impl<'a> Compiler<'a> {
    pub fn new(session: &'a dyn Session) -> Self {
        Self { session }
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
        let expr = ExprSimplifier::new(context).simplify(expr)?;
        Ok(Compiled {
            expr: self.session.create_physical_expr(expr, &frame)?,
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
