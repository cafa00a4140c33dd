//! Filters that grow while a query runs (the hundredth-best row so far, the keys of a join's other side), over a file.
//!
//! A row is tested by the engine's values. Row groups are tested by the file's statistics, which know nothing of ticks:
//! for them the filter's value of the moment is turned around as any comparison is.

use super::adapter::{EngineAdapter, Expr};
use datafusion::arrow::datatypes::{DataType, Schema};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::error::Result;
use datafusion::logical_expr::ColumnarValue;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::DynamicFilterPhysicalExpr;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// A dynamic filter over the columns of a file.
#[derive(Debug)]
pub(super) struct Turned {
    /// The filter over the engine's columns.
    of_engine: Expr,
    /// The same filter, reading the file's columns.
    of_file: Expr,
    adapter: Arc<EngineAdapter>,
}

impl Turned {
    pub(super) fn new(of_engine: Expr, of_file: Expr, adapter: Arc<EngineAdapter>) -> Self {
        Self {
            of_engine,
            of_file,
            adapter,
        }
    }
}

impl PhysicalExpr for Turned {
    fn data_type(&self, _: &Schema) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn nullable(&self, schema: &Schema) -> Result<bool> {
        self.of_file.nullable(schema)
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<ColumnarValue> {
        self.of_file.evaluate(batch)
    }

    fn children(&self) -> Vec<&Expr> {
        vec![&self.of_file]
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Expr>) -> Result<Expr> {
        let [of_file] = <[Expr; 1]>::try_from(children).expect("one child was shown");
        Ok(Arc::new(Self::new(
            Arc::clone(&self.of_engine),
            of_file,
            Arc::clone(&self.adapter),
        )))
    }

    /// What the filter knows by now, over the file's own columns.
    fn snapshot(&self) -> Result<Option<Expr>> {
        let Some(filter) = self.of_engine.downcast_ref::<DynamicFilterPhysicalExpr>() else {
            return Ok(None);
        };
        self.adapter.for_pruning(&filter.current()?).map(Some)
    }

    fn fmt_sql(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.of_file.fmt_sql(f)
    }
}

impl fmt::Display for Turned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.of_file)
    }
}

impl Hash for Turned {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.of_file.hash(state);
    }
}

impl PartialEq for Turned {
    fn eq(&self, other: &Self) -> bool {
        self.of_file.eq(&other.of_file)
    }
}

impl Eq for Turned {}
