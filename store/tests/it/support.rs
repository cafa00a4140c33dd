//! Small batches and queries for the tests.

use datafusion::arrow::array::{ArrayRef, Int32Array, Int64Array, RecordBatch, StringArray};
use datafusion::arrow::util::pretty::pretty_format_batches;
use datafusion::catalog::TableProvider;
use datafusion::logical_expr::{Expr, ident};
use datafusion::prelude::{DataFrame, SessionConfig, SessionContext, lit};
use huntql_kql::time::{TICKS_PER_DAY, TICKS_PER_SECOND, UNIX_EPOCH};
use huntql_store::schema::{TableSchema, builtin};
use huntql_store::{Committed, Store};
use std::sync::Arc;

/// 2026-11-21T00:00:00Z in ticks.
pub const DAY_ONE: i64 = UNIX_EPOCH + 20_778 * TICKS_PER_DAY;

pub fn network() -> &'static TableSchema {
    builtin("DeviceNetworkEvents").unwrap()
}

/// `rows` events, one a second from `start`, each with the seventh digit `row % 10`; record ids from `first_id`.
pub fn events(first_id: u64, rows: u64, start: i64) -> RecordBatch {
    let ids = first_id..first_id + rows;
    let columns: Vec<(&str, ArrayRef)> = vec![
        (
            "Timestamp",
            Arc::new(
                ids.clone()
                    .map(|id| start + id as i64 * TICKS_PER_SECOND + (id % 10) as i64)
                    .collect::<Int64Array>(),
            ),
        ),
        (
            "RemoteIP",
            Arc::new(
                ids.clone()
                    .map(|id| Some(format!("10.0.{}.{}", id / 256 % 256, id % 256)))
                    .collect::<StringArray>(),
            ),
        ),
        (
            "RemotePort",
            Arc::new(
                ids.clone()
                    .map(|id| (id % 2 == 0).then_some(443))
                    .collect::<Int32Array>(),
            ),
        ),
        (
            "ActionType",
            Arc::new(
                ids.clone()
                    .map(|_| Some("ConnectionSuccess"))
                    .collect::<StringArray>(),
            ),
        ),
        (
            "_record_id",
            Arc::new(
                ids.map(|id| Some(format!("{id:032x}")))
                    .collect::<StringArray>(),
            ),
        ),
    ];
    RecordBatch::try_from_iter(columns).unwrap()
}

pub fn ingest(store: &Store, fingerprint: &str, batch: &RecordBatch) -> Committed {
    let mut ingest = store.ingest();
    ingest.append(network(), batch).unwrap();
    ingest.commit(fingerprint).unwrap()
}

pub fn context() -> SessionContext {
    SessionContext::new_with_config(SessionConfig::new().with_target_partitions(2))
}

pub fn frame(table: Arc<dyn TableProvider>) -> DataFrame {
    context().read_table(table).unwrap()
}

pub fn table(store: &Store) -> Arc<dyn TableProvider> {
    store.provider(network()).unwrap()
}

pub async fn count(store: &Store) -> usize {
    frame(table(store)).count().await.unwrap()
}

pub async fn show(frame: DataFrame) -> String {
    pretty_format_batches(&frame.collect().await.unwrap())
        .unwrap()
        .to_string()
}

pub async fn physical(frame: DataFrame) -> String {
    let plan = frame.create_physical_plan().await.unwrap();
    datafusion::physical_plan::displayable(plan.as_ref())
        .indent(true)
        .to_string()
}

pub fn column(name: &str) -> Expr {
    ident(name)
}

pub fn at(ticks: i64) -> Expr {
    lit(ticks)
}
