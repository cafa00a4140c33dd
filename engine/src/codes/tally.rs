//! Groups by one number of a text, with the rows and the distinct texts of each counted: the first step of `count() by`,
//! `dcount() by` and `distinct` over one column.
//!
//! Numbers of texts have hardly a gap, so a number is the place of its group.

use super::Plan;
use crate::aggregates::is_dcount_of_numbers;
use datafusion::arrow::array::{Array, ArrayRef, AsArray, Int32Array, Int64Array};
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::{DataType, Int32Type, SchemaRef};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DataFusionError, Result};
use datafusion::execution::memory_pool::MemoryConsumer;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{EmitTo, GroupsAccumulator};
use datafusion::physical_expr::aggregate::AggregateFunctionExpr;
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

/// What a first step of an aggregate gives, by places: a column of numbers, then a column for each call.
#[derive(Debug)]
pub(super) struct TallyExec {
    input: Plan,
    /// The number.
    column: Column,
    /// What is counted of a group: rows, or distinct numbers in a column of states.
    calls: Vec<Arc<AggregateFunctionExpr>>,
    schema: SchemaRef,
    properties: Arc<PlanProperties>,
}

/// The type of what a first step gives for a call; `None` for what is not counted here.
fn counted(call: &AggregateFunctionExpr) -> Option<DataType> {
    if call.is_distinct() || !call.order_bys().is_empty() {
        return None;
    }
    let name = call.fun().name();
    if is_dcount_of_numbers(name) {
        return Some(DataType::Binary);
    }
    let arguments = call.expressions();
    let of_constant = matches!(&arguments[..], [argument] if argument
        .downcast_ref::<Literal>()
        .is_some_and(|literal| !literal.value().is_null()));
    (name == "count" && of_constant).then_some(DataType::Int64)
}

impl TallyExec {
    /// In the place of a first step over one column that is a number of a text; `None` where it does more than count.
    pub(super) fn instead_of(node: &AggregateExec) -> Option<Self> {
        let groups = node.group_expr().input_exprs();
        let [group] = groups.as_slice() else {
            return None;
        };
        let calls = node.aggr_expr();
        let filtered = node.filter_expr().iter().any(Option::is_some);
        let schema = node.schema();
        let (first, others) = schema.fields().split_first()?;
        let as_wanted = *first.data_type() == DataType::Int32
            && others.len() == calls.len()
            && others
                .iter()
                .zip(calls)
                .all(|(field, call)| counted(call).as_ref() == Some(field.data_type()));
        let plain = *node.mode() == AggregateMode::Partial
            && node.limit_options().is_none()
            && !node.group_expr().has_grouping_set();
        if filtered || !as_wanted || !plain {
            return None;
        }
        let column = group.downcast_ref::<Column>()?.clone();
        let of_input = node.input().schema();
        let may_be_null = of_input.field(column.index()).is_nullable();
        if may_be_null || *node.input_order_mode() != InputOrderMode::Linear {
            return None;
        }
        let calls = calls.to_vec();
        Some(Self::over(Arc::clone(node.input()), column, calls, schema))
    }

    pub(super) fn calls(&self) -> &[Arc<AggregateFunctionExpr>] {
        &self.calls
    }

    fn over(
        input: Plan,
        column: Column,
        calls: Vec<Arc<AggregateFunctionExpr>>,
        schema: SchemaRef,
    ) -> Self {
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
            calls,
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
        Ok(Arc::new(Self::over(
            input,
            column,
            self.calls.clone(),
            schema,
        )))
    }

    fn execute(
        &self,
        partition: usize,
        context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream> {
        let held = MemoryConsumer::new("Tally").register(context.memory_pool());
        let size = context.session_config().batch_size().max(1);
        let mut input = self.input.execute(partition, context)?;
        let mut tally = Tally::new(self)?;
        let schema = Arc::clone(&self.schema);
        let of = Arc::clone(&schema);
        let counted = async move {
            while let Some(batch) = input.next().await {
                tally.add(&batch?)?;
                held.try_resize(tally.bytes())?;
            }
            let all = tally.finish(&of)?;
            held.try_resize(all.get_array_memory_size())?;
            Ok::<_, DataFusionError>((all, held))
        };
        let batches = futures::stream::once(counted).flat_map(move |counted| match counted {
            Ok((all, held)) => {
                let starts = (0..all.num_rows()).step_by(size);
                futures::stream::iter(starts.map(move |start| {
                    let _held = &held;
                    Ok(all.slice(start, size.min(all.num_rows() - start)))
                }))
                .boxed()
            }
            Err(error) => futures::stream::iter([Err(error)]).boxed(),
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, batches)))
    }
}

/// Groups so far, each in the place of its number.
struct Tally {
    column: usize,
    /// Rows of each group.
    counts: Vec<i64>,
    calls: Vec<Counted>,
    places: Vec<usize>,
}

enum Counted {
    Rows,
    Distinct(Vec<Arc<dyn PhysicalExpr>>, Box<dyn GroupsAccumulator>),
}

impl Tally {
    fn new(node: &TallyExec) -> Result<Self> {
        let counted = |call: &Arc<AggregateFunctionExpr>| {
            Ok(match is_dcount_of_numbers(call.fun().name()) {
                false => Counted::Rows,
                true => Counted::Distinct(call.expressions(), call.create_groups_accumulator()?),
            })
        };
        Ok(Self {
            column: node.column.index(),
            counts: Vec::new(),
            calls: node.calls.iter().map(counted).collect::<Result<_>>()?,
            places: Vec::new(),
        })
    }

    fn add(&mut self, batch: &RecordBatch) -> Result<()> {
        let numbers = batch.column(self.column).as_primitive::<Int32Type>();
        count(&mut self.counts, numbers)?;
        self.places.clear();
        for call in &mut self.calls {
            let Counted::Distinct(arguments, accumulator) = call else {
                continue;
            };
            if self.places.is_empty() {
                let places = numbers.values().iter().map(|number| *number as usize);
                self.places.extend(places);
            }
            let values = arguments
                .iter()
                .map(|argument| argument.evaluate(batch)?.into_array(batch.num_rows()))
                .collect::<Result<Vec<_>>>()?;
            accumulator.update_batch(&values, &self.places, None, self.counts.len())?;
        }
        Ok(())
    }

    fn bytes(&self) -> usize {
        let of_call = |call: &Counted| match call {
            Counted::Rows => 0,
            Counted::Distinct(_, accumulator) => accumulator.size(),
        };
        let calls: usize = self.calls.iter().map(of_call).sum();
        calls + self.counts.capacity() * size_of::<i64>()
    }

    /// The numbers that occur, with what was counted.
    fn finish(self, schema: &SchemaRef) -> Result<RecordBatch> {
        let groups = self.counts.len();
        let occurring: Vec<i32> = (0..groups)
            .filter(|group| self.counts[*group] > 0)
            // A number was an `i32` before.
            .map(|group| group as i32)
            .collect();
        let numbers = Int32Array::from(occurring);
        let counts = numbers.values().iter();
        let counts = counts.map(|number| self.counts[*number as usize]);
        let counts: ArrayRef = Arc::new(Int64Array::from_iter_values(counts));
        let mut columns: Vec<ArrayRef> = vec![Arc::new(numbers.clone())];
        for call in self.calls {
            columns.push(match call {
                Counted::Rows => Arc::clone(&counts),
                Counted::Distinct(_, mut accumulator) => {
                    let states = accumulator.state(EmitTo::All)?;
                    let [state] = <[ArrayRef; 1]>::try_from(states).map_err(|_| {
                        DataFusionError::Internal("a distinct count has one state".to_owned())
                    })?;
                    match numbers.len() == state.len() {
                        true => state,
                        false => take(&state, &numbers, None)?,
                    }
                }
            });
        }
        Ok(RecordBatch::try_new(Arc::clone(schema), columns)?)
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
