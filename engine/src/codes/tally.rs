//! Distinct numbers of texts and how often each occurs: the first step of `count() by` and `distinct` over one column.
//!
//! Numbers of texts have no gaps, so a number is the place of its count.

use super::Plan;
use datafusion::arrow::array::{Array, ArrayRef, AsArray, Int32Array, Int64Array};
use datafusion::arrow::datatypes::{DataType, Int32Type, SchemaRef};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DataFusionError, Result};
use datafusion::execution::memory_pool::MemoryConsumer;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::expressions::{Column, Literal};
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::aggregates::{AggregateExec, AggregateMode};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, InputOrderMode,
    Partitioning, PlanProperties,
};
use futures::StreamExt;
use std::fmt;
use std::sync::Arc;

/// What a first step of an aggregate gives, by places: a column of numbers, then so many columns of their counts.
#[derive(Debug)]
pub(super) struct TallyExec {
    input: Plan,
    /// The number.
    column: Column,
    schema: SchemaRef,
    properties: Arc<PlanProperties>,
}

impl TallyExec {
    /// In the place of a first step over one column that is a number of a text; `None` where it does more than count rows.
    pub(super) fn instead_of(node: &AggregateExec) -> Option<Self> {
        let groups = node.group_expr().input_exprs();
        let [group] = groups.as_slice() else {
            return None;
        };
        let counts = node.aggr_expr().iter().all(|call| {
            let arguments = call.expressions();
            let of_constant = matches!(&arguments[..], [argument] if argument
                .downcast_ref::<Literal>()
                .is_some_and(|literal| !literal.value().is_null()));
            call.fun().name() == "count" && !call.is_distinct() && of_constant
        });
        let filtered = node.filter_expr().iter().any(Option::is_some);
        let schema = node.schema();
        let (first, others) = schema.fields().split_first()?;
        let as_wanted = *first.data_type() == DataType::Int32
            && others.len() == node.aggr_expr().len()
            && others
                .iter()
                .all(|field| *field.data_type() == DataType::Int64);
        let plain = *node.mode() == AggregateMode::Partial
            && node.limit_options().is_none()
            && !node.group_expr().has_grouping_set();
        if !(counts && !filtered && as_wanted && plain) {
            return None;
        }
        let column = group.downcast_ref::<Column>()?.clone();
        let of_input = node.input().schema();
        let may_be_null = of_input.field(column.index()).is_nullable();
        if may_be_null || *node.input_order_mode() != InputOrderMode::Linear {
            return None;
        }
        Some(Self::over(Arc::clone(node.input()), column, schema))
    }

    fn over(input: Plan, column: Column, schema: SchemaRef) -> Self {
        let partitions = input.output_partitioning().partition_count();
        let properties = PlanProperties::new(
            EquivalenceProperties::new(Arc::clone(&schema)),
            Partitioning::UnknownPartitioning(partitions),
            EmissionType::Final,
            Boundedness::Bounded,
        );
        Self {
            input,
            column,
            schema,
            properties: Arc::new(properties),
        }
    }
}

impl DisplayAs for TallyExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TallyExec: {}", self.column)
    }
}

impl ExecutionPlan for TallyExec {
    fn name(&self) -> &str {
        "TallyExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Plan> {
        vec![&self.input]
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(self: Arc<Self>, inputs: Vec<Plan>) -> Result<Plan> {
        let [input] = <[Plan; 1]>::try_from(inputs)
            .map_err(|_| DataFusionError::Internal("counts have one input".to_owned()))?;
        let (column, schema) = (self.column.clone(), Arc::clone(&self.schema));
        Ok(Arc::new(Self::over(input, column, schema)))
    }

    fn execute(
        &self,
        partition: usize,
        context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream> {
        let held = MemoryConsumer::new("Tally").register(context.memory_pool());
        let size = context.session_config().batch_size().max(1);
        let mut input = self.input.execute(partition, context)?;
        let column = self.column.index();
        let schema = Arc::clone(&self.schema);
        let of = Arc::clone(&schema);
        let counted = async move {
            let mut counts: Vec<i64> = Vec::new();
            while let Some(batch) = input.next().await {
                count(
                    &mut counts,
                    batch?.column(column).as_primitive::<Int32Type>(),
                )?;
                held.try_resize(counts.capacity() * size_of::<i64>())?;
            }
            Ok::<_, DataFusionError>((counts, held))
        };
        let batches = futures::stream::once(counted).flat_map(move |counted| match counted {
            Ok((counts, held)) => {
                let of = Arc::clone(&of);
                let starts = (0..counts.len()).step_by(size);
                futures::stream::iter(starts.map(move |start| {
                    let _held = &held;
                    let end = counts.len().min(start + size);
                    given(&of, start, &counts[start..end])
                }))
                .boxed()
            }
            Err(error) => futures::stream::iter([Err(error)]).boxed(),
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, batches)))
    }
}

fn count(counts: &mut Vec<i64>, numbers: &Int32Array) -> Result<()> {
    if numbers.null_count() > 0 || numbers.values().iter().any(|number| *number < 0) {
        return Err(DataFusionError::Internal(
            "the number of a text is missing".to_owned(),
        ));
    }
    let most = numbers
        .values()
        .iter()
        .max()
        .map_or(0, |most| *most as usize + 1);
    if most > counts.len() {
        counts.resize(most.max(counts.len() * 2), 0);
    }
    for number in numbers.values() {
        counts[*number as usize] += 1;
    }
    Ok(())
}

/// The numbers from `start` on that occur, with their counts.
fn given(schema: &SchemaRef, start: usize, counts: &[i64]) -> Result<RecordBatch> {
    let occurring = || counts.iter().enumerate().filter(|(_, count)| **count > 0);
    // A number was an `i32` before.
    let numbers = occurring().map(|(at, _)| (start + at) as i32);
    let numbers: ArrayRef = Arc::new(Int32Array::from_iter_values(numbers));
    let counts: ArrayRef = Arc::new(Int64Array::from_iter_values(
        occurring().map(|(_, count)| *count),
    ));
    let columns = schema.fields().iter().enumerate().map(|(at, _)| match at {
        0 => Arc::clone(&numbers),
        _ => Arc::clone(&counts),
    });
    Ok(RecordBatch::try_new(Arc::clone(schema), columns.collect())?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn each_number_is_counted_in_its_place() {
        let mut counts = Vec::new();
        count(&mut counts, &Int32Array::from(vec![3, 0, 3])).unwrap();
        count(&mut counts, &Int32Array::from(Vec::<i32>::new())).unwrap();
        count(&mut counts, &Int32Array::from(vec![7, 3])).unwrap();
        let found: Vec<(usize, i64)> = counts
            .into_iter()
            .enumerate()
            .filter(|(_, n)| *n > 0)
            .collect();
        assert_eq!(found, [(0, 1), (3, 3), (7, 1)]);
        assert!(count(&mut Vec::new(), &Int32Array::from(vec![Some(1), None])).is_err());
    }
}
