//! The rows of `range`: a source that makes its batches when they are asked for.
//!
//! So that a query over a long range stops at once and holds one batch at a time. The table and its scan travel by their bounds.
//! Source: Kusto docs, "range operator".

use async_trait::async_trait;
use datafusion::arrow::array::{
    ArrayRef, Float64Array, Int64Array, RecordBatch, RecordBatchOptions,
};
use datafusion::arrow::compute::SortOptions;
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, ScalarValue};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::TableType;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr, PhysicalSortExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties,
};
use datafusion::prelude::Expr;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// The values of a range, in order.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) enum Bounds {
    /// A bound was null, or the step leads away from the end.
    Nothing {
        real: bool,
    },
    /// Longs, or ticks.
    Long {
        from: i64,
        to: i64,
        step: i64,
    },
    Real {
        from: f64,
        to: f64,
        step: f64,
    },
}

impl Bounds {
    /// The bounds of three constants of one type; `None` when they are neither longs nor reals.
    pub fn of(from: &ScalarValue, to: &ScalarValue, step: &ScalarValue) -> Option<Bounds> {
        use ScalarValue::{Float64, Int64};
        Some(match (from, to, step) {
            (Int64(Some(from)), Int64(Some(to)), Int64(Some(step))) => {
                let away = *step == 0 || (*step > 0) != (to >= from) && to != from;
                match away {
                    true => Bounds::Nothing { real: false },
                    false => Bounds::Long {
                        from: *from,
                        to: *to,
                        step: *step,
                    },
                }
            }
            (Float64(Some(from)), Float64(Some(to)), Float64(Some(step))) => {
                let towards = (*step > 0.0 && from <= to) || (*step < 0.0 && from >= to);
                match towards && from.is_finite() && to.is_finite() && step.is_finite() {
                    false => Bounds::Nothing { real: true },
                    true => Bounds::Real {
                        from: *from,
                        to: *to,
                        step: *step,
                    },
                }
            }
            (Int64(_), Int64(_), Int64(_)) => Bounds::Nothing { real: false },
            (Float64(_), Float64(_), Float64(_)) => Bounds::Nothing { real: true },
            _ => return None,
        })
    }

    fn data_type(self) -> DataType {
        match self {
            Bounds::Nothing { real: true } | Bounds::Real { .. } => DataType::Float64,
            Bounds::Nothing { real: false } | Bounds::Long { .. } => DataType::Int64,
        }
    }

    fn descends(self) -> bool {
        match self {
            Bounds::Nothing { .. } => false,
            Bounds::Long { step, .. } => step < 0,
            Bounds::Real { step, .. } => step < 0.0,
        }
    }

    /// So many values from row `start` on, fewer at the end.
    fn values(self, start: i64, count: usize) -> ArrayRef {
        let rows = (start..i64::MAX).take(count);
        match self {
            Bounds::Nothing { real: true } => Arc::new(Float64Array::from_iter_values([])),
            Bounds::Nothing { real: false } => Arc::new(Int64Array::from_iter_values([])),
            Bounds::Long { from, to, step } => {
                // The step times the row may be no long where the value is one.
                let value = |row: i64| {
                    let value = i128::from(from) + i128::from(step) * i128::from(row);
                    i64::try_from(value).ok()
                };
                let within = |value: &i64| match step > 0 {
                    true => *value <= to,
                    false => *value >= to,
                };
                Arc::new(Int64Array::from_iter_values(
                    rows.map_while(value).take_while(within),
                ))
            }
            Bounds::Real { from, to, step } => {
                let value = |row: i64| from + step * row as f64;
                Arc::new(Float64Array::from_iter_values(rows.map(value).take_while(
                    |value| (step > 0.0 && *value <= to) || (step < 0.0 && *value >= to),
                )))
            }
        }
    }
}

/// What stands in a plan for a `range`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct RangeTable {
    pub column: String,
    pub bounds: Bounds,
}

impl RangeTable {
    fn arrow_schema(&self) -> SchemaRef {
        let field = Field::new(&self.column, self.bounds.data_type(), false);
        Arc::new(Schema::new(vec![field]))
    }
}

#[async_trait]
impl TableProvider for RangeTable {
    fn schema(&self) -> SchemaRef {
        self.arrow_schema()
    }

    fn table_type(&self) -> TableType {
        TableType::Temporary
    }

    async fn scan(
        &self,
        _: &dyn Session,
        projection: Option<&Vec<usize>>,
        _: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let counted = projection.is_some_and(Vec::is_empty);
        Ok(Arc::new(RangeExec::new(RangeScan {
            table: self.clone(),
            counted,
            limit,
        })))
    }
}

/// How a range is read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct RangeScan {
    table: RangeTable,
    /// Rows without columns.
    counted: bool,
    limit: Option<usize>,
}

#[derive(Debug)]
pub(crate) struct RangeExec {
    pub scan: RangeScan,
    properties: Arc<PlanProperties>,
}

impl RangeExec {
    pub fn new(scan: RangeScan) -> Self {
        let schema = match scan.counted {
            true => Arc::new(Schema::empty()),
            false => scan.table.arrow_schema(),
        };
        let order = PhysicalSortExpr::new(
            Arc::new(Column::new(&scan.table.column, 0)),
            SortOptions::new(scan.table.bounds.descends(), false),
        );
        let equivalences = match scan.counted {
            true => EquivalenceProperties::new(schema),
            false => EquivalenceProperties::new_with_orderings(schema, [[order]]),
        };
        let properties = PlanProperties::new(
            equivalences,
            Partitioning::UnknownPartitioning(1),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        Self {
            scan,
            properties: Arc::new(properties),
        }
    }
}

impl DisplayAs for RangeExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RangeTable { column, bounds } = &self.scan.table;
        write!(f, "RangeExec: {column}, {bounds:?}")?;
        match self.scan.limit {
            Some(limit) => write!(f, ", limit={limit}"),
            None => Ok(()),
        }
    }
}

impl ExecutionPlan for RangeExec {
    fn name(&self) -> &str {
        "RangeExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(
        self: Arc<Self>,
        _: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn execute(&self, _: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let schema = self.schema();
        let of = Arc::clone(&schema);
        let scan = self.scan.clone();
        let size = context.session_config().batch_size();
        let batches = futures::stream::iter((0_i64..).map_while(move |batch| {
            let start = batch.checked_mul(i64::try_from(size).ok()?)?;
            let made = usize::try_from(start).ok()?;
            let left = scan.limit.map_or(size, |limit| limit.saturating_sub(made));
            let values = scan.table.bounds.values(start, size.min(left));
            (!values.is_empty()).then(|| {
                let options = RecordBatchOptions::new().with_row_count(Some(values.len()));
                let columns = match scan.counted {
                    true => Vec::new(),
                    false => vec![values],
                };
                Ok(RecordBatch::try_new_with_options(
                    Arc::clone(&of),
                    columns,
                    &options,
                )?)
            })
        }));
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, batches)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::arrow::array::AsArray;
    use datafusion::arrow::datatypes::Int64Type;

    fn long(from: i64, to: i64, step: i64) -> Bounds {
        let long = |value| ScalarValue::Int64(Some(value));
        Bounds::of(&long(from), &long(to), &long(step)).expect("longs")
    }

    fn all(bounds: Bounds) -> Vec<i64> {
        let values = bounds.values(0, 100);
        values.as_primitive::<Int64Type>().values().to_vec()
    }

    #[test]
    fn a_range_ends_at_or_before_its_end() {
        assert_eq!(all(long(1, 7, 3)), [1, 4, 7]);
        assert_eq!(all(long(1, 6, 3)), [1, 4]);
        assert_eq!(all(long(3, 1, -1)), [3, 2, 1]);
        assert_eq!(all(long(5, 5, -2)), [5]);
    }

    #[test]
    fn a_step_away_from_the_end_gives_nothing() {
        assert!(all(long(1, 7, -3)).is_empty());
        assert!(all(long(1, 7, 0)).is_empty());
        assert!(all(long(7, 1, 3)).is_empty());
    }

    #[test]
    fn a_range_stops_where_longs_do() {
        assert_eq!(
            all(long(i64::MAX - 3, i64::MAX, 2)),
            [i64::MAX - 3, i64::MAX - 1]
        );
        assert_eq!(
            all(long(i64::MIN, i64::MAX, i64::MAX)),
            [i64::MIN, -1, i64::MAX - 1]
        );
    }

    #[test]
    fn later_values_do_not_depend_on_earlier_batches() {
        let values = long(10, 1_000, 5).values(3, 2);
        assert_eq!(
            values.as_primitive::<Int64Type>().values().to_vec(),
            [25, 30]
        );
    }
}
