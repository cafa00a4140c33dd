//! Tables of any schema: every type, and schemas that grow.

use super::support::*;
use datafusion::arrow::array::{
    ArrayRef, BooleanArray, Decimal128Array, Float64Array, Int32Array, Int64Array, RecordBatch,
    StringArray,
};
use huntql_kql::types::{Column, Type};
use huntql_store::schema::TableSchema;
use huntql_store::{Store, StoreError};
use std::sync::Arc;

fn every_type() -> TableSchema {
    TableSchema::new(
        "Anything",
        Type::ALL
            .iter()
            .map(|ty| Column::new(format!("a_{ty}"), *ty))
            .collect(),
    )
}

fn one_of_each() -> RecordBatch {
    let decimals = Decimal128Array::from(vec![Some(150_000_000_000_000_000), None])
        .with_precision_and_scale(38, 17);
    let columns: Vec<(&str, ArrayRef)> = vec![
        (
            "a_bool",
            Arc::new(BooleanArray::from(vec![Some(true), None])),
        ),
        (
            "a_int",
            Arc::new(Int32Array::from(vec![Some(i32::MIN), None])),
        ),
        (
            "a_long",
            Arc::new(Int64Array::from(vec![Some(i64::MAX), None])),
        ),
        (
            "a_real",
            Arc::new(Float64Array::from(vec![Some(f64::INFINITY), None])),
        ),
        ("a_decimal", Arc::new(decimals.unwrap())),
        (
            "a_string",
            Arc::new(StringArray::from(vec![Some("x"), None])),
        ),
        (
            "a_datetime",
            Arc::new(Int64Array::from(vec![Some(1), None])),
        ),
        (
            "a_timespan",
            Arc::new(Int64Array::from(vec![Some(-7), None])),
        ),
        (
            "a_guid",
            Arc::new(StringArray::from(vec![
                Some("74be27de-1e4e-49d9-b579-fe0b331d3642"),
                None,
            ])),
        ),
        (
            "a_dynamic",
            Arc::new(StringArray::from(vec![Some("{\"k\":[1]}"), None])),
        ),
    ];
    RecordBatch::try_from_iter_with_nullable(
        columns.into_iter().map(|(name, array)| (name, array, true)),
    )
    .unwrap()
}

#[tokio::test]
async fn every_type_comes_back_as_it_went_in() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create_or_open(folder.path()).unwrap();
    let mut ingest = store.ingest();
    ingest.append(&every_type(), &one_of_each()).unwrap();
    ingest.commit("a").unwrap();
    let table = store.snapshot("Anything").unwrap().unwrap();
    assert_eq!(table.table_schema(), &every_type());
    let all: Vec<_> = every_type()
        .columns
        .iter()
        .map(|c| column(&c.name))
        .collect();
    let sorted = frame(table)
        .select(all)
        .unwrap()
        .sort(vec![column("a_int").sort(false, true)])
        .unwrap();
    let batches = sorted.collect().await.unwrap();
    for (expected, got) in one_of_each().columns().iter().zip(batches[0].columns()) {
        // The null comes first, the file of the day without a time after it or before.
        let (null, value) = (got.slice(0, 1), got.slice(1, 1));
        assert_eq!(&value, &expected.slice(0, 1));
        match expected.as_any().downcast_ref::<StringArray>() {
            Some(texts) if texts.value(0) == "x" => assert_eq!(null.null_count(), 0),
            _ => assert_eq!(null.null_count(), 1),
        }
    }
}

#[tokio::test]
async fn a_schema_that_grows_keeps_its_older_rows() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create_or_open(folder.path()).unwrap();
    let narrow = TableSchema::new("T", vec![Column::new("n", Type::Long)]);
    let mut wide = narrow.clone();
    wide.columns.push(Column::new("when", Type::Datetime));
    wide.columns.push(Column::new("text", Type::String));
    let numbers: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
    let mut first = store.ingest();
    first
        .append(
            &narrow,
            &RecordBatch::try_from_iter([("n", Arc::clone(&numbers))]).unwrap(),
        )
        .unwrap();
    first.commit("a").unwrap();
    let times: ArrayRef = Arc::new(Int64Array::from(vec![DAY_ONE + 3, DAY_ONE]));
    let mut second = store.ingest();
    second
        .append(
            &wide,
            &RecordBatch::try_from_iter([("n", Arc::clone(&numbers)), ("when", times)]).unwrap(),
        )
        .unwrap();
    second.commit("b").unwrap();
    let table = store.snapshot("T").unwrap().unwrap();
    assert_eq!(table.table_schema(), &wide);
    assert_eq!(
        frame(Arc::clone(&table) as _)
            .filter(column("when").is_null())
            .unwrap()
            .count()
            .await
            .unwrap(),
        2
    );
    assert_eq!(
        frame(Arc::clone(&table) as _)
            .filter(column("when").eq(at(DAY_ONE + 3)))
            .unwrap()
            .count()
            .await
            .unwrap(),
        1
    );
    assert_eq!(
        frame(table)
            .filter(column("text").is_not_null())
            .unwrap()
            .count()
            .await
            .unwrap(),
        4
    );
}

#[test]
fn what_does_not_fit_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create_or_open(folder.path()).unwrap();
    let batch = |name: &str, array: ArrayRef| RecordBatch::try_from_iter([(name, array)]).unwrap();
    let refused = |table: &TableSchema, batch: &RecordBatch| {
        store.ingest().append(table, batch).unwrap_err().to_string()
    };
    let texts: ArrayRef = Arc::new(StringArray::from(vec!["x"]));
    assert!(
        refused(network(), &batch("Nonsense", Arc::clone(&texts)))
            .contains("has no column `Nonsense`")
    );
    assert!(
        refused(network(), &batch("RemotePort", texts))
            .contains("column `RemotePort`: expected Int32, got Utf8")
    );
    let before_year_one: ArrayRef = Arc::new(Int64Array::from(vec![-1]));
    assert!(
        refused(network(), &batch("Timestamp", before_year_one))
            .contains("outside the years 1 to 9999")
    );
    let climbing = TableSchema::new("../T", vec![Column::new("n", Type::Long)]);
    let numbers = batch("n", Arc::new(Int64Array::from(vec![1])));
    assert!(matches!(
        store.ingest().append(&climbing, &numbers),
        Err(StoreError::Name { .. })
    ));
    let partition = TableSchema::new("T", vec![Column::new("Day", Type::Long)]);
    assert!(matches!(
        store.ingest().append(&partition, &numbers),
        Err(StoreError::Name { .. })
    ));
}

#[tokio::test]
async fn a_stored_column_is_read_as_another_type_only_where_that_is_possible() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create_or_open(folder.path()).unwrap();
    let declared = |ty| TableSchema::new("T", vec![Column::new("n", ty)]);
    let numbers =
        RecordBatch::try_from_iter([("n", Arc::new(Int64Array::from(vec![1, 2])) as ArrayRef)])
            .unwrap();
    let mut first = store.ingest();
    first.append(&declared(Type::Long), &numbers).unwrap();
    first.commit("a").unwrap();
    let as_text = frame(store.provider(&declared(Type::String)).unwrap());
    assert_eq!(
        as_text
            .filter(column("n").eq(datafusion::prelude::lit("2")))
            .unwrap()
            .count()
            .await
            .unwrap(),
        1
    );
    let refused = store
        .provider(&declared(Type::Datetime))
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("column `n` is stored as long and declared as datetime"),
        "{refused}"
    );
    let refused = store
        .ingest()
        .append(&declared(Type::String), &numbers)
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("column `n` is stored as long and declared as string"),
        "{refused}"
    );
}
