//! `prev` over an ordered input, passed on batch by batch.
//!
//! DataFusion's window gathers all rows to call a function that sees them whole. The value of so many rows before needs no more
//! than the last rows of the batch before.

use super::{Deal, Form, Plan, Walk, Walked, Wish};
use datafusion::arrow::array::{Array, ArrayRef, new_null_array};
use datafusion::arrow::compute::concat;
use datafusion::arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DataFusionError, Result, ScalarValue};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::EquivalenceProperties;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::{Column, Literal};
use datafusion::physical_expr::utils::collect_columns;
use datafusion::physical_expr::window::{StandardWindowExpr, WindowExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::windows::{WindowAggExec, WindowUDFExpr};
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, Distribution, ExecutionPlan, ExecutionPlanProperties,
    InputDistributionRequirements, Partitioning, PlanProperties,
};
use futures::StreamExt;
use std::fmt;
use std::sync::Arc;

/// Further back than this, all rows are gathered.
const OFFSET_MAX: i64 = 4096;

/// A column of values of rows before.
#[derive(Debug, Clone)]
struct Shifted {
    name: String,
    value: Arc<dyn PhysicalExpr>,
    offset: usize,
}

impl Shifted {
    /// `None` for any other window.
    fn of(window: &Arc<dyn WindowExpr>) -> Option<Shifted> {
        let standard = window.as_any().downcast_ref::<StandardWindowExpr>()?;
        let call = standard.get_standard_func_expr().as_any();
        let call = call.downcast_ref::<WindowUDFExpr>()?;
        if !call.fun().name().starts_with("kql_prev(") || !window.partition_by().is_empty() {
            return None;
        }
        let offset = match call.args() {
            [_] => 1,
            [_, offset] => match offset.downcast_ref::<Literal>()?.value() {
                ScalarValue::Int64(Some(offset)) => *offset,
                _ => return None,
            },
            _ => return None,
        };
        let value = Arc::clone(call.args().first()?);
        let offset = usize::try_from(offset)
            .ok()
            .filter(|_| (0..=OFFSET_MAX).contains(&offset))?;
        Some(Shifted {
            name: window.name().to_owned(),
            value,
            offset,
        })
    }
}

impl Walk {
    /// `None` for what is no window of `prev` alone.
    pub(super) fn shift(&self, plan: &Plan, wishes: &[Wish], deal: Deal) -> Result<Option<Walked>> {
        let Some(window) = plan.downcast_ref::<WindowAggExec>() else {
            return Ok(None);
        };
        let shifted: Option<Vec<Shifted>> = window.window_expr().iter().map(Shifted::of).collect();
        let (Some(shifted), 1) = (
            shifted,
            window.input().output_partitioning().partition_count(),
        ) else {
            return Ok(None);
        };
        let mut below = wishes[..window.input().schema().fields().len()].to_vec();
        for item in &shifted {
            if item.value.downcast_ref::<Column>().is_none() {
                for column in collect_columns(&item.value) {
                    below[column.index()] = Wish::Text;
                }
            }
        }
        let (input, mut forms) = self.walk(window.input(), &below, deal)?;
        let of_value = |item: &Shifted| match item.value.downcast_ref::<Column>() {
            Some(column) => forms[column.index()].clone(),
            None => Form::Plain,
        };
        let of_values: Vec<Form> = shifted.iter().map(of_value).collect();
        forms.extend(of_values);
        Ok(Some((Arc::new(ShiftExec::over(input, shifted)?), forms)))
    }
}

/// The columns of the input, then values of rows before.
#[derive(Debug)]
struct ShiftExec {
    input: Plan,
    shifted: Vec<Shifted>,
    properties: Arc<PlanProperties>,
}

impl ShiftExec {
    fn over(input: Plan, shifted: Vec<Shifted>) -> Result<Self> {
        let of_input = input.schema();
        let mut fields: Vec<_> = of_input.fields().iter().cloned().collect();
        for item in &shifted {
            let ty = item.value.data_type(&of_input)?;
            fields.push(Arc::new(Field::new(&item.name, ty, true)));
        }
        let schema: SchemaRef = Arc::new(Schema::new_with_metadata(
            fields,
            of_input.metadata().clone(),
        ));
        // Columns keep their places, and rows their order.
        let orderings = input.equivalence_properties().oeq_class().iter().cloned();
        let properties = PlanProperties::new(
            EquivalenceProperties::new_with_orderings(schema, orderings),
            Partitioning::UnknownPartitioning(1),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        Ok(Self {
            input,
            shifted,
            properties: Arc::new(properties),
        })
    }
}

impl DisplayAs for ShiftExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ShiftExec:")?;
        for item in &self.shifted {
            write!(f, " {}={}[-{}]", item.name, item.value, item.offset)?;
        }
        Ok(())
    }
}

impl ExecutionPlan for ShiftExec {
    fn name(&self) -> &str {
        "ShiftExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn input_distribution_requirements(&self) -> InputDistributionRequirements {
        InputDistributionRequirements::new(vec![Distribution::SinglePartition])
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
    }

    fn children(&self) -> Vec<&Plan> {
        vec![&self.input]
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        for item in &self.shifted {
            if f(&item.value)? == TreeNodeRecursion::Stop {
                return Ok(TreeNodeRecursion::Stop);
            }
        }
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(self: Arc<Self>, inputs: Vec<Plan>) -> Result<Plan> {
        let [input] = <[Plan; 1]>::try_from(inputs).map_err(|_| {
            DataFusionError::Internal("values of rows before come from one input".to_owned())
        })?;
        Ok(Arc::new(Self::over(input, self.shifted.clone())?))
    }

    fn execute(
        &self,
        partition: usize,
        context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream> {
        let schema = self.schema();
        let of = Arc::clone(&schema);
        let of_input = self.input.schema();
        let mut lasts = Vec::new();
        for item in &self.shifted {
            let nulls = new_null_array(&item.value.data_type(&of_input)?, item.offset);
            lasts.push((item.clone(), nulls));
        }
        let input = self.input.execute(partition, context)?;
        let rows = input.map(move |batch| {
            let batch = batch?;
            let mut columns = batch.columns().to_vec();
            for (item, last) in &mut lasts {
                let value = item.value.evaluate(&batch)?.into_array(batch.num_rows())?;
                let (before, rest) = before(last, &value)?;
                columns.push(before);
                *last = rest;
            }
            Ok(RecordBatch::try_new(Arc::clone(&of), columns)?)
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, rows)))
    }
}

/// The values before those of a batch, and the last ones for the next batch.
fn before(last: &ArrayRef, value: &ArrayRef) -> Result<(ArrayRef, ArrayRef)> {
    let (offset, rows) = (last.len(), value.len());
    let joined = concat(&[last.as_ref(), value.as_ref()])?;
    // A copy: a slice would hold the whole batch.
    let rest = concat(&[joined.slice(rows, offset).as_ref()])?;
    Ok((joined.slice(0, rows), rest))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use datafusion::arrow::array::{AsArray, Int32Array};
    use datafusion::arrow::datatypes::Int32Type;

    #[test]
    fn rows_before_do_not_depend_on_the_batches() {
        for offset in [0, 1, 3, 7] {
            for size in 1..8 {
                let mut last =
                    new_null_array(&datafusion::arrow::datatypes::DataType::Int32, offset);
                let mut found = Vec::new();
                let rows: Vec<i32> = (0..20).collect();
                for batch in rows.chunks(size) {
                    let value: ArrayRef = Arc::new(Int32Array::from(batch.to_vec()));
                    let (shifted, rest) = before(&last, &value).unwrap();
                    found.extend(shifted.as_primitive::<Int32Type>().iter());
                    last = rest;
                }
                let wanted: Vec<Option<i32>> = (0..20)
                    .map(|row| Some(row - offset as i32).filter(|row| *row >= 0))
                    .collect();
                assert_eq!(found, wanted, "offset {offset}, batches of {size}");
            }
        }
    }
}
