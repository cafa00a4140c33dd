//! What the scan reads, skips and returns.

use super::support::*;
use datafusion::arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch, StringArray};
use datafusion::arrow::datatypes::Int64Type;
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::file::properties::WriterProperties;
use datafusion::physical_plan::{ExecutionPlan, collect};
use datafusion::prelude::{DataFrame, SessionContext, lit};
use huntql_kql::time::{TICKS_PER_DAY, TICKS_PER_SECOND, UNIX_EPOCH};
use huntql_store::files;
use huntql_store::{Indexing, Store};
use std::sync::Arc;

/// Runs the plan; rows, and the sum of a metric over its scans.
async fn run(frame: DataFrame, metric: &str) -> (usize, usize) {
    let plan = frame.create_physical_plan().await.unwrap();
    let context = SessionContext::new();
    let batches = collect(Arc::clone(&plan), context.task_ctx())
        .await
        .unwrap();
    (
        batches.iter().map(RecordBatch::num_rows).sum(),
        metric_of(&plan, metric),
    )
}

fn metric_of(plan: &Arc<dyn ExecutionPlan>, name: &str) -> usize {
    let own = plan.metrics().map_or(0, |metrics| {
        let of_name = metrics
            .iter()
            .filter(|metric| metric.value().name() == name);
        of_name
            .map(|metric| match metric.value() {
                datafusion::physical_plan::metrics::MetricValue::PruningMetrics {
                    pruning_metrics,
                    ..
                } => pruning_metrics.pruned(),
                other => other.as_usize(),
            })
            .sum()
    });
    own + plan
        .children()
        .into_iter()
        .map(|child| metric_of(child, name))
        .sum::<usize>()
}

/// A store of three days with ten rows each, in which the days overlap in nothing.
fn three_days(folder: &std::path::Path) -> Store {
    let store = Store::create_or_open(folder).unwrap();
    for day in 0..3 {
        ingest(
            &store,
            &format!("{day}"),
            &events(day * 10, 10, DAY_ONE + day as i64 * TICKS_PER_DAY),
        );
    }
    store
}

#[tokio::test]
async fn a_time_predicate_skips_row_groups() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.parquet");
    let micros = (0..1000).map(|n| (DAY_ONE - UNIX_EPOCH) / 10 + n * 1_000_000);
    let times =
        datafusion::arrow::array::TimestampMicrosecondArray::from(micros.collect::<Vec<i64>>());
    let batch = RecordBatch::try_from_iter([("t", Arc::new(times) as ArrayRef)]).unwrap();
    let properties = WriterProperties::builder()
        .set_max_row_group_row_count(Some(100))
        .build();
    let mut writer = ArrowWriter::try_new(
        std::fs::File::create(&path).unwrap(),
        batch.schema(),
        Some(properties),
    )
    .unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let table = files::open("T", path.to_str().unwrap(), None, None).unwrap();
    let late = column("t").gt_eq(at(DAY_ONE + 950 * TICKS_PER_SECOND));
    let (rows, skipped) = run(
        frame(table).filter(late).unwrap(),
        "row_groups_pruned_statistics",
    )
    .await;
    assert_eq!((rows, skipped), (50, 9));
}

#[tokio::test]
async fn an_address_that_a_file_lacks_is_skipped_by_its_bloom_filter() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create_or_open(folder.path()).unwrap();
    let store = store.with_indexing(Indexing::Left);
    ingest(&store, "a", &events(0, 2000, DAY_ONE));
    assert!(!folder.path().join("DeviceNetworkEvents/_index").exists());
    let absent = frame(table(&store))
        .filter(column("RemoteIP").eq(lit("10.0.1.999")))
        .unwrap();
    assert_eq!(run(absent, "row_groups_pruned_bloom_filter").await, (0, 1));
    let listed = column("RemoteIP").in_list(vec![lit("10.0.1.999"), lit("10.0.1.998")], false);
    assert_eq!(
        run(
            frame(table(&store)).filter(listed).unwrap(),
            "row_groups_pruned_bloom_filter"
        )
        .await,
        (0, 1)
    );
    let present = frame(table(&store))
        .filter(column("RemoteIP").eq(lit("10.0.1.99")))
        .unwrap();
    assert_eq!(run(present, "row_groups_pruned_bloom_filter").await, (1, 0));
}

#[tokio::test]
async fn a_text_predicate_is_evaluated_in_the_decoder_and_one_by_time_above_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create_or_open(folder.path()).unwrap();
    ingest(&store, "a", &events(0, 300, DAY_ONE));
    let all: Vec<_> = network().columns.iter().map(|c| column(&c.name)).collect();
    let test = column("RemoteIP")
        .eq(lit("10.0.1.7"))
        .and(column("Timestamp").gt(at(DAY_ONE)));
    let hunt = frame(table(&store))
        .filter(test)
        .unwrap()
        .select(all)
        .unwrap();
    let plan = physical(hunt.clone()).await;
    assert!(!plan.contains("FilterExec"), "{plan}");
    assert_eq!(run(hunt, "pushdown_rows_pruned").await, (1, 299));
    let later = frame(table(&store))
        .filter(column("Timestamp").gt(at(DAY_ONE)))
        .unwrap()
        .select(vec![column("ActionType")])
        .unwrap();
    assert!(physical(later).await.contains("FilterExec"));
}

#[tokio::test]
async fn the_latest_rows_are_found_although_the_files_are_pruned_meanwhile() {
    let folder = tempfile::tempdir().unwrap();
    let store = three_days(folder.path());
    for (fetch, expected) in [(3, vec![29, 28, 27]), (12, (18..30).rev().collect())] {
        let sorted = frame(table(&store))
            .sort(vec![column("Timestamp").sort(false, false)])
            .unwrap();
        let top = sorted
            .limit(0, Some(fetch))
            .unwrap()
            .select(vec![column("Timestamp")])
            .unwrap();
        let batches = top.collect().await.unwrap();
        let ticks: Vec<i64> = batches
            .iter()
            .flat_map(|batch| {
                batch
                    .column(0)
                    .as_primitive::<Int64Type>()
                    .values()
                    .to_vec()
            })
            .collect();
        let expected: Vec<i64> = expected
            .into_iter()
            .map(|id: i64| DAY_ONE + id / 10 * TICKS_PER_DAY + id * TICKS_PER_SECOND + id % 10)
            .collect();
        assert_eq!(ticks, expected);
    }
}

#[tokio::test]
async fn a_join_on_time_keeps_its_seventh_digit() {
    let folder = tempfile::tempdir().unwrap();
    let store = three_days(folder.path());
    let left = frame(table(&store))
        .select(vec![column("Timestamp")])
        .unwrap();
    let wanted = Arc::new(Int64Array::from(vec![
        DAY_ONE + 7 * TICKS_PER_SECOND + 7,
        DAY_ONE + 8 * TICKS_PER_SECOND,
    ]));
    let right = context()
        .read_batch(RecordBatch::try_from_iter([("Wanted", wanted as ArrayRef)]).unwrap())
        .unwrap();
    let same = column("Timestamp").eq(column("Wanted"));
    let joined = left
        .join_on(right, datafusion::common::JoinType::Inner, [same])
        .unwrap();
    assert_eq!(joined.count().await.unwrap(), 1);
}

#[tokio::test]
async fn limits_and_counts_over_several_files_are_right() {
    let folder = tempfile::tempdir().unwrap();
    let store = three_days(folder.path());
    let taken = frame(table(&store))
        .limit(0, Some(17))
        .unwrap()
        .collect()
        .await
        .unwrap();
    assert_eq!(taken.iter().map(RecordBatch::num_rows).sum::<usize>(), 17);
    let ports = frame(table(&store))
        .filter(column("RemotePort").is_null())
        .unwrap();
    assert_eq!(ports.count().await.unwrap(), 15);
}

#[tokio::test]
async fn a_column_that_came_later_is_null_in_older_files() {
    let folder = tempfile::tempdir().unwrap();
    let store = three_days(folder.path());
    let later = events(100, 5, DAY_ONE);
    let group: ArrayRef = Arc::new(StringArray::from(vec!["servers"; 5]));
    let mut columns: Vec<(String, ArrayRef)> = later
        .schema()
        .fields()
        .iter()
        .zip(later.columns())
        .map(|(field, column)| (field.name().clone(), Arc::clone(column)))
        .collect();
    columns.push(("MachineGroup".to_owned(), group));
    ingest(
        &store,
        "later",
        &RecordBatch::try_from_iter(columns).unwrap(),
    );
    let counted = |value: &str| {
        frame(table(&store))
            .filter(column("MachineGroup").eq(lit(value)))
            .unwrap()
    };
    assert_eq!(counted("servers").count().await.unwrap(), 5);
    assert_eq!(counted("").count().await.unwrap(), 30);
}

#[tokio::test]
async fn a_scan_and_a_table_survive_the_way_to_another_process() {
    use datafusion::physical_plan::empty::EmptyExec;
    use huntql_store::scan::travel::{put_together, table_from_bytes, table_to_bytes, take_apart};
    let folder = tempfile::tempdir().unwrap();
    let store = three_days(folder.path());
    let table = store.provider(network()).unwrap();
    let sent = Arc::new(table_from_bytes(&table_to_bytes(&table)).unwrap());
    assert_eq!(sent.table_schema(), table.table_schema());
    assert_eq!(sent.further_columns(), table.further_columns());
    let context = context();
    let filter = column("Timestamp").eq(at(DAY_ONE + 7 * TICKS_PER_SECOND + 7));
    let wanted = frame(sent).select(vec![column("Timestamp")]).unwrap();
    let scan = wanted.create_physical_plan().await.unwrap();
    let (plain, note) = take_apart(&scan).unwrap();
    assert!(take_apart(&plain).is_none());
    let arrived = put_together(&plain, &note).unwrap();
    let batches = collect(arrived, context.task_ctx()).await.unwrap();
    let ticks = batches.iter().flat_map(|batch| {
        batch
            .column(0)
            .as_primitive::<Int64Type>()
            .values()
            .to_vec()
    });
    assert_eq!(
        ticks
            .filter(|ticks| *ticks == DAY_ONE + 7 * TICKS_PER_SECOND + 7)
            .count(),
        1
    );
    assert_eq!(
        frame(table).filter(filter).unwrap().count().await.unwrap(),
        1
    );
    let other: Arc<dyn ExecutionPlan> = Arc::new(EmptyExec::new(scan.schema()));
    assert!(put_together(&other, &note).is_err());
}
