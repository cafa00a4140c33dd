//! Queries that nobody waits for any more let go of their threads.
//!
//! Dropping a stream ends a query where its operators wait for one another. DataFusion's leaves see to that once in a while, and
//! programs are told ([`crate::program`]). A join waits for nobody while it pairs the rows that it has, and a few thousand rows of
//! one key make pairs for years: its thread would be lost to the queries that come after. Rows are therefore made in tasks of
//! their own, so that whoever waits for them is free to go ([`Awaited::rows`]), and
//!
//! | a join | lets go |
//! |---|---|
//! | that gives rows | between batches, as leaves do: `CooperativeExec` above it |
//! | whose condition drops pairs | when the condition is asked and the query is over: [`WhileAwaited`] |
//! | that only tells which rows have a pair (semi, anti) | when a condition that always holds is asked |

use datafusion::arrow::datatypes::{DataType, Schema, SchemaRef};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{JoinType, Result, exec_datafusion_err, internal_datafusion_err};
use datafusion::execution::{RecordBatchStream, SendableRecordBatchStream};
use datafusion::logical_expr::ColumnarValue;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::lit;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::joins::utils::JoinFilter;
use datafusion::physical_plan::joins::{
    CrossJoinExec, HashJoinExec, HashJoinExecBuilder, NestedLoopJoinExec,
    NestedLoopJoinExecBuilder, SortMergeJoinExec,
};
use datafusion::physical_plan::stream::{
    RecordBatchReceiverStreamBuilder, RecordBatchStreamAdapter,
};
use futures::future::{Either, select};
use futures::{Stream, StreamExt};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::RecvTimeoutError;
use std::task::{Context, Poll};
use std::time::Duration;

/// Whether somebody still waits for a query's rows. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Awaited {
    is_over: Arc<AtomicBool>,
}

impl Awaited {
    /// The plan whose joins let go of their threads. The last step before it runs.
    pub fn watched_by(&self, plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
        let watched = plan.transform_up(|node| {
            let join: Arc<dyn ExecutionPlan> =
                if let Some(join) = node.downcast_ref::<HashJoinExec>() {
                    match self.asked_in(join.filter(), *join.join_type()) {
                        None => node,
                        filter => HashJoinExecBuilder::from(join)
                            .with_filter(filter)
                            .build_exec()?,
                    }
                } else if let Some(join) = node.downcast_ref::<NestedLoopJoinExec>() {
                    match self.asked_in(join.filter(), *join.join_type()) {
                        None => node,
                        filter => Arc::new(
                            NestedLoopJoinExecBuilder::from(join)
                                .with_filter(filter)
                                .build()?,
                        ),
                    }
                } else if node.is::<CrossJoinExec>() || node.is::<SortMergeJoinExec>() {
                    node
                } else {
                    return Ok(Transformed::no(node));
                };
            Ok(Transformed::yes(Arc::new(CooperativeExec::new(join))))
        })?;
        Ok(watched.data)
    }

    /// The condition of a join, asked with that of being awaited; `None` where every pair becomes a row.
    fn asked_in(&self, filter: Option<&JoinFilter>, kind: JoinType) -> Option<JoinFilter> {
        let always = JoinFilter::new(lit(true), Vec::new(), Arc::new(Schema::empty()));
        let filter = match (filter, kind) {
            (Some(filter), _) => filter,
            (None, JoinType::Inner | JoinType::Left | JoinType::Right | JoinType::Full) => {
                return None;
            }
            (None, _) => &always,
        };
        let condition = WhileAwaited {
            condition: Arc::clone(filter.expression()),
            awaited: self.clone(),
        };
        Some(JoinFilter::new(
            Arc::new(condition),
            filter.column_indices().to_vec(),
            Arc::clone(filter.schema()),
        ))
    }

    /// The rows of a plan that is [watched](Self::watched_by), made in a task that begins when they are asked for and ends when the
    /// stream is dropped. With the stream goes the wish for them.
    pub fn rows(self, rows: SendableRecordBatchStream) -> SendableRecordBatchStream {
        let schema = rows.schema();
        let made = futures::stream::once(async { made_in_a_task(rows) }).flatten();
        Box::pin(Rows {
            rows: Box::pin(RecordBatchStreamAdapter::new(schema, made)),
            awaited: self,
        })
    }
}

/// The same rows. Runs within a tokio runtime only, as all of DataFusion.
fn made_in_a_task(mut rows: SendableRecordBatchStream) -> SendableRecordBatchStream {
    let mut made = RecordBatchReceiverStreamBuilder::new(rows.schema(), 1);
    let receiver = made.tx();
    made.spawn(async move {
        while let Some(batch) = rows.next().await {
            if receiver.send(batch).await.is_err() {
                break;
            }
        }
        Ok(())
    });
    made.build()
}

/// What comes of some work in time; `None` when it took longer. Counted on a thread of its own: those of the runtime may all be busy.
///
/// # Errors
/// No thread could be started.
pub async fn within<T>(limit: Duration, work: impl Future<Output = T>) -> io::Result<Option<T>> {
    let (finished, waiting) = std::sync::mpsc::channel::<()>();
    let (late, is_late) = futures::channel::oneshot::channel();
    std::thread::Builder::new()
        .name("timeout".to_owned())
        .spawn(move || {
            if waiting.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
                // Nobody may wait any more.
                let _ = late.send(());
            }
        })?;
    let done = match select(pin!(work), is_late).await {
        Either::Left((done, _)) => Some(done),
        Either::Right(_) => None,
    };
    drop(finished);
    Ok(done)
}

struct Rows {
    rows: SendableRecordBatchStream,
    awaited: Awaited,
}

impl Stream for Rows {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.rows.as_mut().poll_next(context)
    }
}

impl RecordBatchStream for Rows {
    fn schema(&self) -> SchemaRef {
        self.rows.schema()
    }
}

impl Drop for Rows {
    fn drop(&mut self) {
        self.awaited.is_over.store(true, Ordering::Relaxed);
    }
}

/// A condition that fails when nobody waits any more.
#[derive(Debug)]
struct WhileAwaited {
    condition: Arc<dyn PhysicalExpr>,
    awaited: Awaited,
}

impl PhysicalExpr for WhileAwaited {
    fn data_type(&self, schema: &Schema) -> Result<DataType> {
        self.condition.data_type(schema)
    }

    fn nullable(&self, schema: &Schema) -> Result<bool> {
        self.condition.nullable(schema)
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<ColumnarValue> {
        if self.awaited.is_over.load(Ordering::Relaxed) {
            return Err(exec_datafusion_err!("nobody waits for these rows"));
        }
        self.condition.evaluate(batch)
    }

    fn children(&self) -> Vec<&Arc<dyn PhysicalExpr>> {
        vec![&self.condition]
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn PhysicalExpr>>,
    ) -> Result<Arc<dyn PhysicalExpr>> {
        let [condition] = <[_; 1]>::try_from(children)
            .map_err(|_| internal_datafusion_err!("one condition is asked"))?;
        Ok(Arc::new(WhileAwaited {
            condition,
            awaited: self.awaited.clone(),
        }))
    }

    fn fmt_sql(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.condition.fmt_sql(f)
    }
}

impl fmt::Display for WhileAwaited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.condition.fmt(f)
    }
}

impl PartialEq for WhileAwaited {
    fn eq(&self, other: &Self) -> bool {
        self.condition.eq(&other.condition)
            && Arc::ptr_eq(&self.awaited.is_over, &other.awaited.is_over)
    }
}

impl Eq for WhileAwaited {}

impl Hash for WhileAwaited {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.condition.hash(state);
    }
}
