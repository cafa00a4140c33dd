//! Plans to rows: DataFusion's session, its limits, and what its errors mean to the user.

use crate::codes::by_numbers;
use crate::gauge::{Gauge, PeakPool};
use crate::ir::Relation;
use crate::kernel::KernelError;
use crate::lower::shown;
use crate::optimizer;
use crate::program::ProgramPlanner;
use crate::prune::prune;
use crate::query::{EngineOptions, QueryError};
use crate::stage::Runner;
use crate::stop::Awaited;
use datafusion::arrow::array::RecordBatch;
use datafusion::common::{DataFusionError, Result};
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::memory_pool::{
    FairSpillPool, MemoryPool, TrackConsumersPool, UnboundedMemoryPool,
};
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::session_state::{SessionState, SessionStateBuilder};
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::common::collect;
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use datafusion::prelude::SessionConfig;
use futures::future::BoxFuture;
use huntql_kql::diagnostics::Diagnostic;
use huntql_kql::span::Span;
use std::num::NonZeroUsize;
use std::sync::Arc;

/// Operators that are told of when memory runs out.
const CONSUMERS_TOLD: NonZeroUsize = NonZeroUsize::new(3).expect("three is not zero");

/// A DataFusion session with huntql's settings. Cheap to clone; queries share its memory pool.
#[derive(Clone)]
pub struct Session {
    state: Arc<SessionState>,
    /// The same, for plans whose rows must stay in order.
    in_order: Arc<SessionState>,
    pool: Arc<PeakPool>,
    gauge: Option<Gauge>,
}

/// A plan, and whether its rows must stay in the order in which they come.
///
/// Otherwise DataFusion deals batches out to cores and gathers them as they come back.
#[derive(Debug)]
pub struct Plan {
    pub logical: LogicalPlan,
    keeps_order: bool,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").finish_non_exhaustive()
    }
}

impl Session {
    pub fn new(options: &EngineOptions) -> Self {
        let pool = Arc::new(PeakPool::new(pool(options)));
        let mut config = SessionConfig::new();
        if options.parallelism > 0 {
            config = config.with_target_partitions(options.parallelism);
        }
        let parquet = &mut config.options_mut().execution.parquet;
        parquet.schema_force_view_types = false;
        // Nullability is of no meaning here (a null string is `""`), and the optimizer changes it between the two plans.
        config
            .options_mut()
            .execution
            .skip_physical_aggregate_schema_check = true;
        let state = SessionStateBuilder::new_with_default_features()
            .with_config(config)
            .with_runtime_env(runtime(&pool))
            .with_query_planner(Arc::new(ProgramPlanner))
            .with_analyzer_rules(optimizer::analyzer_rules())
            .with_optimizer_rules(optimizer::rules())
            .build();
        let mut config = state.config().clone();
        config
            .options_mut()
            .optimizer
            .enable_round_robin_repartition = false;
        let in_order = SessionStateBuilder::new_from_existing(state.clone())
            .with_config(config)
            .build();
        Self {
            state: Arc::new(state),
            in_order: Arc::new(in_order),
            pool,
            gauge: None,
        }
    }

    /// The same session, whose plans a gauge watches.
    pub fn observed_by(&self, gauge: &Gauge) -> Session {
        gauge.watch(&self.pool);
        Session {
            gauge: Some(gauge.clone()),
            ..self.clone()
        }
    }

    fn state(&self, plan: &Plan) -> &Arc<SessionState> {
        match plan.keeps_order {
            true => &self.in_order,
            false => &self.state,
        }
    }

    /// The plan of the shown columns of a relation.
    pub fn plan(&self, relation: Relation) -> Result<Plan, QueryError> {
        let relation = prune(relation);
        let logical = shown(&relation).map_err(theirs)?;
        if let Some(gauge) = &self.gauge {
            gauge.plans(&logical);
        }
        Ok(Plan {
            logical,
            keeps_order: relation.order.is_as_it_comes() || relation.counts_on_order(),
        })
    }

    pub fn optimize(&self, plan: &Plan) -> Result<LogicalPlan, QueryError> {
        self.state(plan).optimize(&plan.logical).map_err(theirs)
    }

    pub async fn physical(&self, plan: &Plan) -> Result<Arc<dyn ExecutionPlan>, QueryError> {
        let state = self.state(plan);
        let physical = state
            .create_physical_plan(&plan.logical)
            .await
            .map_err(theirs)?;
        by_numbers(physical, state.as_ref()).await.map_err(theirs)
    }

    pub fn stream(
        &self,
        plan: Arc<dyn ExecutionPlan>,
    ) -> Result<SendableRecordBatchStream, QueryError> {
        self.started(plan).map_err(theirs)
    }

    fn started(&self, plan: Arc<dyn ExecutionPlan>) -> Result<SendableRecordBatchStream> {
        let awaited = Awaited::default();
        let plan = awaited.watched_by(plan)?;
        if let Some(gauge) = &self.gauge {
            gauge.runs(&plan);
        }
        Ok(awaited.rows(execute_stream(plan, self.state.task_ctx())?))
    }
}

impl Runner for Session {
    fn run<'a>(
        &'a self,
        relation: &'a Relation,
    ) -> BoxFuture<'a, Result<Vec<RecordBatch>, QueryError>> {
        Box::pin(async move {
            let plan = self.physical(&self.plan(relation.clone())?).await?;
            collect(self.stream(plan)?).await.map_err(theirs)
        })
    }
}

fn pool(options: &EngineOptions) -> Arc<dyn MemoryPool> {
    match options.memory_limit_bytes {
        Some(bytes) => Arc::new(TrackConsumersPool::new(
            FairSpillPool::new(bytes),
            CONSUMERS_TOLD,
        )),
        None => Arc::new(UnboundedMemoryPool::default()),
    }
}

fn runtime(pool: &Arc<PeakPool>) -> Arc<RuntimeEnv> {
    let pool: Arc<dyn MemoryPool> = Arc::clone(pool) as _;
    RuntimeEnvBuilder::new()
        .with_memory_pool(pool)
        .build_arc()
        .unwrap_or_else(|_| Arc::new(RuntimeEnv::default()))
}

/// What a query asks for and cannot have, found when it began to run.
#[derive(Debug)]
pub(crate) struct Refused(pub Diagnostic);

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Refused {}

/// What DataFusion's error means: a limit, the data, the query's constants, or a defect.
pub fn theirs(error: DataFusionError) -> QueryError {
    match error.find_root() {
        DataFusionError::ResourcesExhausted(message) => QueryError::Limit(message.clone()),
        DataFusionError::External(inner) if inner.is::<Refused>() => {
            let refused = inner.downcast_ref::<Refused>().expect("just tested");
            QueryError::Query(vec![refused.0.clone()])
        }
        DataFusionError::External(inner) => match inner.downcast_ref::<KernelError>() {
            Some(KernelError::Argument { message, .. }) => {
                QueryError::Query(vec![Diagnostic::binding(
                    "SEM0260",
                    Span::default(),
                    message.clone(),
                )])
            }
            Some(KernelError::Internal(message)) => QueryError::Internal(message.clone()),
            None => QueryError::Data(inner.to_string()),
        },
        DataFusionError::IoError(inner) => QueryError::Data(inner.to_string()),
        DataFusionError::ParquetError(inner) => QueryError::Data(inner.to_string()),
        DataFusionError::ObjectStore(inner) => QueryError::Data(inner.to_string()),
        other => QueryError::Internal(other.strip_backtrace()),
    }
}
