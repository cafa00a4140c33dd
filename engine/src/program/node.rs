//! The plan node of a program, logical and physical.

use super::{Compiler, Program, Progress, Run};
use async_trait::async_trait;
use datafusion::arrow::array::{RecordBatch, RecordBatchOptions};
use datafusion::arrow::compute::concat_batches;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::Session;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DFSchemaRef, DataFusionError, Result};
use datafusion::execution::context::QueryPlanner;
use datafusion::execution::memory_pool::MemoryConsumer;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
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

/// The plan of a program over plans. `columns[i]` are the columns of input `i`.
pub(crate) fn node(
    program: Arc<dyn Program>,
    inputs: Vec<LogicalPlan>,
    columns: Vec<Vec<Column>>,
    schema: DFSchemaRef,
) -> LogicalPlan {
    LogicalPlan::Extension(Extension {
        node: Arc::new(ProgramNode {
            program,
            inputs,
            columns,
            schema,
        }),
    })
}

#[derive(Debug, Clone)]
struct ProgramNode {
    program: Arc<dyn Program>,
    inputs: Vec<LogicalPlan>,
    columns: Vec<Vec<Column>>,
    schema: DFSchemaRef,
}

impl ProgramNode {
    fn identity(&self) -> usize {
        Arc::as_ptr(&self.program).cast::<()>() as usize
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
        self.program.name()
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
        write!(f, "Program: {}", self.program.name())
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
        let run = node
            .program
            .compile(&node.columns, &Compiler::new(session))?;
        let schema = Arc::clone(node.schema.inner());
        Ok(Some(Arc::new(ProgramExec::new(
            node.program.name(),
            run,
            inputs.to_vec(),
            schema,
        ))))
    }
}

#[derive(Debug)]
struct ProgramExec {
    name: &'static str,
    run: Arc<dyn Run>,
    inputs: Vec<Arc<dyn ExecutionPlan>>,
    properties: Arc<PlanProperties>,
}

impl ProgramExec {
    fn new(
        name: &'static str,
        run: Arc<dyn Run>,
        inputs: Vec<Arc<dyn ExecutionPlan>>,
        schema: SchemaRef,
    ) -> Self {
        let properties = PlanProperties::new(
            EquivalenceProperties::new(schema),
            Partitioning::UnknownPartitioning(1),
            EmissionType::Final,
            Boundedness::Bounded,
        );
        Self {
            name,
            run,
            inputs,
            properties: Arc::new(properties),
        }
    }
}

impl DisplayAs for ProgramExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProgramExec: {}", self.name)
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
            self.name,
            Arc::clone(&self.run),
            inputs,
            self.schema(),
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
        let name = format!("program[{}]", self.name);
        let output = Arc::clone(&schema);
        let whole = async move {
            let reservation = MemoryConsumer::new(name).register(context.memory_pool());
            let mut inputs = Vec::with_capacity(streams.len());
            for (schema, mut stream) in streams {
                let mut batches = Vec::new();
                while let Some(batch) = stream.next().await {
                    let batch = batch?;
                    // Once as it came, once gathered.
                    reservation.try_grow(2 * batch.get_array_memory_size())?;
                    batches.push(batch);
                }
                inputs.push(concat_batches(&schema, &batches)?);
            }
            let batch = in_background(run, inputs, output).await?;
            reservation.free();
            Ok::<_, DataFusionError>(batch)
        };
        let batches = futures::stream::once(whole).flat_map(move |whole| {
            futures::stream::iter(match whole {
                Ok(batch) => slices(&batch, rows).into_iter().map(Ok).collect(),
                Err(error) => vec![Err(error)],
            })
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
) -> Result<RecordBatch> {
    let waiting = Waiting(Progress::default());
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
