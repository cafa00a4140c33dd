//! Queries that are stopped stop, memory is counted, and rows that have an order keep it.

use datafusion::arrow::array::AsArray;
use datafusion::arrow::datatypes::Int64Type;
use futures::StreamExt;
use huntql_engine::{Catalog, Engine, EngineOptions, QueryError, QueryOptions, within};
use std::time::{Duration, Instant};

fn engine(memory_limit_bytes: Option<usize>) -> Engine {
    let options = EngineOptions {
        memory_limit_bytes,
        // More than one, on every machine: rows are dealt out and come back in any order.
        parallelism: 4,
    };
    Engine::new(Catalog::builtin(), options)
}

fn options() -> QueryOptions {
    QueryOptions {
        now: huntql_kql::time::UNIX_EPOCH,
        parameters: Default::default(),
    }
}

/// The rows of the first column, a long.
async fn longs(engine: &Engine, text: &str) -> Result<Vec<i64>, QueryError> {
    let mut answer = engine.query(text, &options()).await?;
    let mut values = Vec::new();
    let rows = &mut answer.results[0].rows;
    while let Some(batch) = rows.next().await {
        let batch = batch.map_err(huntql_engine::execution_error)?;
        values.extend_from_slice(batch.column(0).as_primitive::<Int64Type>().values());
    }
    Ok(values)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_query_over_a_long_range_stops_when_it_is_dropped() {
    let engine = engine(Some(64 << 20));
    let endless = [
        "range x from 1 to 1000000000000000 step 1 | where x < 0 | count",
        "range x from 1 to 1000000000000000 step 1 | where x % 7 == 8 | extend y = tostring(x)",
        "range x from 1 to 1000000000000000 step 1 | mv-expand y = range(1, 3) | where tolong(y) > x + 5 | count",
    ];
    for text in endless {
        let begin = Instant::now();
        let stopped = tokio::time::timeout(Duration::from_millis(300), longs(&engine, text)).await;
        assert!(stopped.is_err(), "{text} ended");
        assert!(begin.elapsed() < Duration::from_secs(60), "{text}");
    }
}

#[test]
fn a_join_that_is_stopped_lets_go_of_its_thread() {
    let mut threads = tokio::runtime::Builder::new_multi_thread();
    let runtime = threads.worker_threads(1).enable_all().build().unwrap();
    let engine = engine(None);
    let kinds = [
        // Rows, no row ever, and rows that are asked for a pair only.
        "join kind=inner All on One | join kind=inner All on One | summarize count() by x1",
        "join kind=inner All on One | where x > x1 * 3000000 | count",
        "join kind=leftouter All on One | where x1 > 3000000 + x | top 5 by x1",
        "join kind=inner All on One | summarize by x1 | count",
    ];
    for kind in kinds {
        let text =
            format!("let All = range x from 1 to 1000000 step 1 | extend One = 1; All | {kind}");
        let stopped = within(Duration::from_millis(1500), longs(&engine, &text));
        let stopped = runtime.block_on(stopped).unwrap();
        assert!(stopped.is_none(), "{kind} ended");
        // The one thread there is has time for the next.
        let next = within(Duration::from_secs(120), longs(&engine, "print 1"));
        let next = runtime.block_on(next).unwrap().expect(kind);
        assert_eq!(next.unwrap(), [1], "{kind}");
    }
}

#[tokio::test]
async fn a_long_range_needs_no_memory() {
    let engine = engine(Some(8 << 20));
    let rows = longs(
        &engine,
        "range x from 1 to 3000000 step 1 | summarize n = count(), m = max(x)",
    );
    assert_eq!(rows.await.unwrap(), [3_000_000]);
}

#[tokio::test]
async fn what_a_program_holds_is_counted() {
    let engine = engine(Some(4 << 20));
    let queries = [
        // 300 nodes, each with an edge to each.
        "let N = range x from 1 to 300 step 1;
         N | extend k = 1 | join kind=inner (N | extend k = 1 | project y = x, k) on k
         | project s = tostring(x), e = tostring(y)
         | make-graph s --> e
         | graph-match (a)-[p]->(b)-[q]->(c) project p.s, q.e | count",
        "range x from 1 to 40000 step 1
         | scan declare (n: long = 0) with (step s: true => n = iff(isnull(s.n), 1, s.n + 1)) | count",
    ];
    for text in queries {
        match longs(&engine, text).await {
            Err(QueryError::Limit(_)) => {}
            other => panic!("{text}: {other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn rows_of_a_serialized_source_keep_their_order() {
    let engine = engine(None);
    let queries = [
        "range x from 1 to 100000 step 1 | extend y = tostring(x) | where y != 'x' | serialize n = row_number() | where n != x | project x",
        "print x = range(1, 100000, 1) | mv-expand x to typeof(long) | extend y = x * 2 | serialize n = row_number() | where n != x or y != 2 * n | project x",
        "range x from 1 to 100000 step 1 | extend k = 1 | sort by k asc | extend n = row_number() | extend y = tostring(n) | where y != '' | extend p = prev(n) | where n != 1 and p != n - 1 | project n",
    ];
    for text in queries {
        assert_eq!(longs(&engine, text).await.unwrap(), [0_i64; 0], "{text}");
    }
    let rows = longs(
        &engine,
        "range x from 1 to 50000 step 1 | extend y = tostring(x) | where y != 'x'",
    );
    assert!(rows.await.unwrap().is_sorted());
    let rows = longs(
        &engine,
        "range x from 50000 to 1 step -1 | extend y = tostring(x) | where y != 'x' | take 3",
    );
    assert_eq!(rows.await.unwrap(), [50_000, 49_999, 49_998]);
}
