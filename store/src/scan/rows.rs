//! Rows of a table for programs: chosen columns between two instants, as a blocking iterator.
//!
//! For what is computed over a store outside of any query (`ingest`'s correlation). One batch is in memory at a time.

use super::EventTable;
use crate::error::{Result, StoreError};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::common::Column as ColumnName;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::logical_expr::{Expr, lit};
use datafusion::prelude::{SessionConfig, SessionContext};
use futures::StreamExt;
use std::sync::Arc;
use tokio::runtime::Runtime;

/// Which rows of a table are wanted.
#[derive(Debug, Clone, Default)]
pub struct Wanted<'a> {
    /// Names of columns, visible or not, in the order in which the batches have them.
    pub columns: &'a [&'a str],
    /// Ticks of `Timestamp`, the first included and the second not.
    pub between: Option<(i64, i64)>,
    /// A text column and the one value that it must have.
    pub equal: Option<(&'a str, &'a str)>,
}

/// Batches of a table, one after another.
pub struct Rows {
    table: String,
    runtime: Runtime,
    stream: SendableRecordBatchStream,
}

impl EventTable {
    /// Reads the wanted rows in the order of the files. It blocks: call it outside of any runtime.
    ///
    /// Errors: a column that the table lacks, files that cannot be read.
    pub fn rows_of(self: &Arc<Self>, wanted: &Wanted<'_>) -> Result<Rows> {
        let table = self.table_schema().name.clone();
        let failed = |message: String| StoreError::Batch {
            table: table.clone(),
            message,
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| failed(error.to_string()))?;
        let column = |name: &str| Expr::Column(ColumnName::new_unqualified(name));
        let mut filters = Vec::new();
        if let Some((from, to)) = wanted.between {
            filters.push(column("Timestamp").gt_eq(lit(from)));
            filters.push(column("Timestamp").lt(lit(to)));
        }
        if let Some((name, value)) = wanted.equal {
            filters.push(column(name).eq(lit(value)));
        }
        let context =
            SessionContext::new_with_config(SessionConfig::new().with_target_partitions(1));
        let stream = runtime.block_on(async {
            let mut frame = context.read_table(Arc::clone(self) as _)?;
            if let Some(filter) = filters.into_iter().reduce(Expr::and) {
                frame = frame.filter(filter)?;
            }
            let columns: Vec<Expr> = wanted.columns.iter().map(|name| column(name)).collect();
            frame.select(columns)?.execute_stream().await
        });
        let stream = stream
            .map_err(|error: datafusion::error::DataFusionError| failed(error.to_string()))?;
        Ok(Rows {
            table,
            runtime,
            stream,
        })
    }
}

impl Iterator for Rows {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = self.runtime.block_on(self.stream.next())?;
        Some(batch.map_err(|error| StoreError::Batch {
            table: self.table.clone(),
            message: error.to_string(),
        }))
    }
}
