//! The plan node of a program, logical and physical.

use super::{Compiler, Program, Progress, Run, schema_of};
use async_trait::async_trait;
use datafusion::arrow::array::{RecordBatch, RecordBatchOptions};
use datafusion::arrow::compute::concat_batches;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::Session;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DFSchema, DFSchemaRef, DataFusionError, Result};
use datafusion::execution::context::QueryPlanner;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::execution_props::ExecutionProps;
use datafusion::logical_expr::physical_planning_context::PhysicalPlanningContext;
use datafusion::logical_expr::{
    Extension, LogicalPlan, UserDefinedLogicalNode, UserDefinedLogicalNodeCore,
};
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, Distribution, ExecutionPlan, InputDistributionRequirements,
    Partitioning, PlanProperties,
};
use datafusion::physical_planner::{DefaultPhysicalPlanner, ExtensionPlanner, PhysicalPlanner};
use datafusion::prelude::Expr;
use futures::StreamExt;
use huntql_kql::types::Column;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// A program with the columns of its inputs, `columns[i]` those of input `i`, and of its result.
#[derive(Debug)]
pub(crate) struct Call {
    pub program: Arc<dyn Program>,
    pub columns: Vec<Vec<Column>>,
    pub result: Vec<Column>,
}

/// The plan of a program over plans.
pub(crate) fn node(call: Call, inputs: Vec<LogicalPlan>) -> Result<LogicalPlan> {
    Ok(LogicalPlan::Extension(Extension {
        node: Arc::new(ProgramNode::new(Arc::new(call), inputs)?),
    }))
}

#[derive(Debug, Clone)]
pub(crate) struct ProgramNode {
    pub call: Arc<Call>,
    inputs: Vec<LogicalPlan>,
    schema: DFSchemaRef,
}

impl ProgramNode {
    pub fn new(call: Arc<Call>, inputs: Vec<LogicalPlan>) -> Result<Self> {
        let schema = DFSchema::try_from(schema_of(&call.result).as_ref().clone())?;
        Ok(Self {
            call,
            inputs,
            schema: Arc::new(schema),
        })
    }

    fn identity(&self) -> usize {
        Arc::as_ptr(&self.call).cast::<()>() as usize
    }
}

impl PartialEq for ProgramNode {
    fn eq(&self, other: &Self) -> bool {
        self.identity() == other.identity() && self.inputs == other.inputs
    }
}

impl Eq for ProgramNode {}

impl Hash for ProgramNode {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.identity().hash(state);
        self.inputs.hash(state);
    }
}

impl PartialOrd for ProgramNode {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.identity().partial_cmp(&other.identity())
    }
}

impl UserDefinedLogicalNodeCore for ProgramNode {
    fn name(&self) -> &str {
        self.call.program.name()
    }

    fn inputs(&self) -> Vec<&LogicalPlan> {
        self.inputs.iter().collect()
    }

    fn schema(&self) -> &DFSchemaRef {
        &self.schema
    }

    fn expressions(&self) -> Vec<Expr> {
        Vec::new()
    }

    fn fmt_for_explain(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Program: {}", self.call.program.name())
    }

    fn with_exprs_and_inputs(&self, _: Vec<Expr>, inputs: Vec<LogicalPlan>) -> Result<Self> {
        Ok(Self {
            inputs,
            ..self.clone()
        })
    }
}

/// DataFusion's planner, and programs.
#[derive(Debug, Default)]
pub(crate) struct ProgramPlanner;

#[async_trait]
impl QueryPlanner for ProgramPlanner {
    async fn create_physical_plan(
        &self,
        plan: &LogicalPlan,
        session: &dyn Session,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        DefaultPhysicalPlanner::with_extension_planners(vec![Arc::new(ProgramPlanner)])
            .create_physical_plan(plan, session)
            .await
    }
}

#[async_trait]
impl ExtensionPlanner for ProgramPlanner {
    async fn plan_extension(
        &self,
        _: &dyn PhysicalPlanner,
        node: &dyn UserDefinedLogicalNode,
        _: &[&LogicalPlan],
        inputs: &[Arc<dyn ExecutionPlan>],
        session: &dyn Session,
        _: &PhysicalPlanningContext,
    ) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        let any: &dyn std::any::Any = node.as_any();
        let Some(node) = any.downcast_ref::<ProgramNode>() else {
            return Ok(None);
        };
        let exec = ProgramExec::compiled(
            Arc::clone(&node.call),
            inputs.to_vec(),
            session.execution_props(),
        )?;
        Ok(Some(Arc::new(exec)))
    }
}

#[derive(Debug)]
pub(crate) struct ProgramExec {
    pub call: Arc<Call>,
    run: Arc<dyn Run>,
    inputs: Vec<Arc<dyn ExecutionPlan>>,
    properties: Arc<PlanProperties>,
}

impl ProgramExec {
    /// The program over plans, its scalars compiled.
    pub fn compiled(
        call: Arc<Call>,
        inputs: Vec<Arc<dyn ExecutionPlan>>,
        properties: &ExecutionProps,
    ) -> Result<Self> {
        let compiler = Compiler::new(properties);
        let run = call.program.compile(&call.columns, &compiler)?;
        Ok(Self::new(call, run, inputs))
    }

    fn new(call: Arc<Call>, run: Arc<dyn Run>, inputs: Vec<Arc<dyn ExecutionPlan>>) -> Self {
        let properties = PlanProperties::new(
            EquivalenceProperties::new(schema_of(&call.result)),
            Partitioning::UnknownPartitioning(1),
            EmissionType::Final,
            Boundedness::Bounded,
        );
        Self {
            call,
            run,
            inputs,
            properties: Arc::new(properties),
        }
    }
}

impl DisplayAs for ProgramExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProgramExec: {}", self.call.program.name())
    }
}

impl ExecutionPlan for ProgramExec {
    fn name(&self) -> &str {
        "ProgramExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn input_distribution_requirements(&self) -> InputDistributionRequirements {
        InputDistributionRequirements::new(vec![Distribution::SinglePartition; self.inputs.len()])
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        self.inputs.iter().collect()
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(
        self: Arc<Self>,
        inputs: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(Arc::new(ProgramExec::new(
            Arc::clone(&self.call),
            Arc::clone(&self.run),
            inputs,
        )))
    }

    fn execute(&self, _: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let streams = self
            .inputs
            .iter()
            .map(|input| Ok((input.schema(), input.execute(0, Arc::clone(&context))?)))
            .collect::<Result<Vec<_>>>()?;
        let schema = self.schema();
        let run = Arc::clone(&self.run);
        let rows = context.session_config().batch_size();
        let name = format!("program[{}]", self.call.program.name());
        let output = Arc::clone(&schema);
        let whole = async move {
            let memory = Arc::new(MemoryConsumer::new(name).register(context.memory_pool()));
            let mut inputs = Vec::with_capacity(streams.len());
            for (schema, mut stream) in streams {
                let mut batches = Vec::new();
                while let Some(batch) = stream.next().await {
                    let batch = batch?;
                    // Once as it came, once gathered.
                    memory.try_grow(2 * batch.get_array_memory_size())?;
                    batches.push(batch);
                }
                inputs.push(concat_batches(&schema, &batches)?);
            }
            let batch = in_background(run, inputs, output, Arc::clone(&memory)).await?;
            memory.free();
            memory.try_grow(batch.get_array_memory_size())?;
            Ok::<_, DataFusionError>((batch, memory))
        };
        // The result is held, and counted, until its last slice is gone.
        let batches = futures::stream::once(whole).flat_map(move |whole| match whole {
            Ok((batch, memory)) => {
                let slices = slices(&batch, rows).into_iter();
                futures::stream::iter(slices.map(move |slice| {
                    let _held = &memory;
                    Ok(slice)
                }))
                .boxed()
            }
            Err(error) => futures::stream::iter([Err(error)]).boxed(),
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, batches)))
    }
}

/// Tells the program when nobody waits any more.
struct Waiting(Progress);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.stop();
    }
}

async fn in_background(
    run: Arc<dyn Run>,
    inputs: Vec<RecordBatch>,
    schema: SchemaRef,
    memory: Arc<MemoryReservation>,
) -> Result<RecordBatch> {
    let waiting = Waiting(Progress::new(memory));
    let progress = waiting.0.clone();
    tokio::task::spawn_blocking(move || {
        let columns = run.run(&inputs, &progress)?;
        let rows = columns.first().map_or(0, |column| column.len());
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        Ok(RecordBatch::try_new_with_options(
            schema, columns, &options,
        )?)
    })
    .await
    .map_err(|error| DataFusionError::Internal(format!("a program failed: {error}")))?
}

fn slices(batch: &RecordBatch, rows: usize) -> Vec<RecordBatch> {
    (0..batch.num_rows())
        .step_by(rows.max(1))
        .map(|start| batch.slice(start, rows.min(batch.num_rows() - start)))
        .collect()
}
