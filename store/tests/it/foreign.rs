use super::support::*;
use datafusion::arrow::array::{
    ArrayRef, Date32Array, Decimal128Array, DictionaryArray, DurationMillisecondArray,
    Float32Array, Int16Array, Int32Array, LargeStringArray, ListArray, RecordBatch, StringArray,
    StringViewArray, StructArray, TimestampMillisecondArray, TimestampNanosecondArray, UInt32Array,
};
use datafusion::arrow::datatypes::{DataType, Field, Int32Type};
use datafusion::logical_expr::lit;
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::file::properties::WriterProperties;
use huntql_kql::time::parse_datetime;
use huntql_kql::types::{Column, Type};
use huntql_store::files;
use huntql_store::schema::{TableSchema, builtin};
use std::fs;
use std::path::Path;
use std::sync::Arc;

fn write_parquet(path: &Path, columns: Vec<(&str, ArrayRef)>) {
    let batch =
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, c)| (n, c, true)))
            .unwrap();
    let mut writer =
        ArrowWriter::try_new(fs::File::create(path).unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

fn open(path: &Path, declared: Option<&TableSchema>) -> Arc<huntql_store::EventTable> {
    files::open("T", path.to_str().unwrap(), None, declared).unwrap()
}

fn types(table: &huntql_store::EventTable) -> String {
    let columns = table.table_schema().columns.iter();
    columns
        .map(|column| format!("{}:{}", column.name, column.ty))
        .collect::<Vec<_>>()
        .join(" ")
}

#[tokio::test]
async fn every_arrow_type_of_a_parquet_file_becomes_its_kql_type() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.parquet");
    let nanos = 1_795_219_200_123_456_789;
    let dictionary: DictionaryArray<Int32Type> = vec![Some("a"), None].into_iter().collect();
    let item = Arc::new(Field::new("n", DataType::Int32, true));
    let nested = StructArray::from(vec![(
        item,
        Arc::new(Int32Array::from(vec![Some(1), None])) as ArrayRef,
    )]);
    write_parquet(
        &path,
        vec![
            (
                "ns",
                Arc::new(TimestampNanosecondArray::from(vec![Some(nanos), None])),
            ),
            (
                "ms",
                Arc::new(
                    TimestampMillisecondArray::from(vec![Some(1_795_219_200_123), None])
                        .with_timezone("+02:00"),
                ),
            ),
            (
                "date",
                Arc::new(Date32Array::from(vec![Some(20_778), None])),
            ),
            (
                "span",
                Arc::new(DurationMillisecondArray::from(vec![Some(1500), None])),
            ),
            ("small", Arc::new(Int16Array::from(vec![Some(-5), None]))),
            (
                "unsigned",
                Arc::new(UInt32Array::from(vec![Some(4_000_000_000), None])),
            ),
            ("float", Arc::new(Float32Array::from(vec![Some(1.5), None]))),
            (
                "large",
                Arc::new(LargeStringArray::from(vec![Some("x"), None])),
            ),
            (
                "view",
                Arc::new(StringViewArray::from(vec![Some("y"), None])),
            ),
            ("dictionary", Arc::new(dictionary)),
            (
                "list",
                Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(vec![
                    Some(vec![Some(1), Some(2)]),
                    None,
                ])),
            ),
            ("nested", Arc::new(nested)),
            (
                "decimal",
                Arc::new(
                    Decimal128Array::from(vec![Some(1234), None])
                        .with_precision_and_scale(10, 2)
                        .unwrap(),
                ),
            ),
        ],
    );
    let table = open(&path, None);
    assert_eq!(
        types(&table),
        "ns:datetime ms:datetime date:datetime span:timespan small:int unsigned:long float:real large:string \
         view:string dictionary:string list:dynamic nested:dynamic decimal:decimal"
    );
    let all: Vec<_> = table
        .table_schema()
        .columns
        .iter()
        .map(|c| column(&c.name))
        .collect();
    let shown = show(frame(table).select(all).unwrap()).await;
    let row = shown
        .lines()
        .nth(3)
        .unwrap()
        .split('|')
        .map(str::trim)
        .collect::<Vec<_>>();
    assert_eq!(
        row[1],
        parse_datetime("2026-11-21T00:00:00.1234567Z")
            .unwrap()
            .to_string()
    );
    assert_eq!(
        row[2],
        parse_datetime("2026-11-21T00:00:00.123Z")
            .unwrap()
            .to_string()
    );
    assert_eq!(row[3], parse_datetime("2026-11-21").unwrap().to_string());
    assert_eq!(
        row[4..13],
        [
            "15000000",
            "-5",
            "4000000000",
            "1.5",
            "x",
            "y",
            "a",
            "[1,2]",
            r#"{"n":1}"#
        ]
    );
    assert!(row[13].starts_with("12.34"), "{}", row[13]);
}

#[tokio::test]
async fn a_predicate_on_a_foreign_timestamp_is_exact() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.parquet");
    let nanos: Vec<i64> = (0..10)
        .map(|n| 1_795_219_200_000_000_000 + n * 100)
        .collect();
    write_parquet(
        &path,
        vec![("t", Arc::new(TimestampNanosecondArray::from(nanos)))],
    );
    let counted = |filter| async {
        frame(open(&path, None))
            .filter(filter)
            .unwrap()
            .count()
            .await
            .unwrap()
    };
    assert_eq!(counted(column("t").eq(at(DAY_ONE + 3))).await, 1);
    assert_eq!(counted(column("t").gt(at(DAY_ONE + 3))).await, 6);
    assert_eq!(counted(column("t").lt_eq(at(DAY_ONE + 3))).await, 4);
}

#[tokio::test]
async fn a_null_text_of_a_foreign_file_is_the_empty_string() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.parquet");
    write_parquet(
        &path,
        vec![(
            "s",
            Arc::new(StringArray::from(vec![Some("a"), None, Some("")])),
        )],
    );
    let counted = |filter| async {
        frame(open(&path, None))
            .filter(filter)
            .unwrap()
            .count()
            .await
            .unwrap()
    };
    assert_eq!(
        counted(column("s").eq(datafusion::prelude::lit(""))).await,
        2
    );
    assert_eq!(
        counted(column("s").eq(datafusion::prelude::lit("a"))).await,
        1
    );
    assert_eq!(
        counted(datafusion::logical_expr::not(
            column("s").eq(datafusion::prelude::lit("a"))
        ))
        .await,
        2
    );
    assert_eq!(
        counted(column("s").in_list(
            vec![datafusion::prelude::lit("a"), datafusion::prelude::lit("b")],
            true
        ))
        .await,
        2
    );
}

#[tokio::test]
async fn a_csv_is_typed_by_all_of_its_values() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    fs::write(&path, "\u{feff}Time,Host,Bytes,Ratio,Ok,Id\n2026-11-21T00:00:00.1234567Z,\"a,b\",10,0.5,true,007\n,,,,,\n").unwrap();
    let table = open(&path, None);
    assert_eq!(
        types(&table),
        "Time:datetime Host:string Bytes:long Ratio:real Ok:bool Id:string"
    );
    let all: Vec<_> = table
        .table_schema()
        .columns
        .iter()
        .map(|c| column(&c.name))
        .collect();
    let shown = show(frame(table).select(all).unwrap()).await;
    assert!(
        shown.contains(&(DAY_ONE + 1_234_567).to_string()),
        "{shown}"
    );
    assert!(
        shown.contains("| a,b  | 10    | 0.5   | true | 007 |"),
        "{shown}"
    );
}

#[tokio::test]
async fn ndjson_is_the_union_of_its_keys() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.ndjson");
    fs::write(&path, "{\"a\":1,\"b\":\"x\"}\n\n{\"a\":2.5,\"c\":{\"k\":[1]},\"d\":1}\n{\"d\":\"y\",\"e\":null}\n").unwrap();
    let table = open(&path, None);
    assert_eq!(
        types(&table),
        "a:real b:string c:dynamic d:dynamic e:string"
    );
    let all: Vec<_> = table
        .table_schema()
        .columns
        .iter()
        .map(|c| column(&c.name))
        .collect();
    let shown = show(frame(table).select(all).unwrap()).await;
    assert!(
        shown.contains(r#"| 2.5 |   | {"k":[1]} | 1   |   |"#),
        "{shown}"
    );
    assert!(shown.contains(r#""y""#), "{shown}");
}

#[tokio::test]
async fn declared_types_win_and_missing_columns_are_null() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    fs::write(&path, "RemotePort,ReportId,Extra\n443,7,x\nmany,8,y\n").unwrap();
    let table = open(&path, builtin("DeviceNetworkEvents"));
    assert_eq!(
        table.table_schema(),
        &TableSchema {
            name: "T".into(),
            columns: network().columns.clone()
        }
    );
    assert_eq!(table.column_type("Extra"), Some(Type::String));
    let chosen = ["RemotePort", "ReportId", "RemoteUrl", "Timestamp", "Extra"]
        .map(column)
        .to_vec();
    let shown = show(frame(table).select(chosen).unwrap()).await;
    assert!(
        shown.contains("| 443        | 7        |           |           | x     |"),
        "{shown}"
    );
    assert!(
        shown.contains("|            | 8        |           |           | y     |"),
        "{shown}"
    );
}

#[tokio::test]
async fn a_declared_datetime_is_read_from_text_in_parquet() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.parquet");
    write_parquet(
        &path,
        vec![(
            "t",
            Arc::new(StringArray::from(vec![
                Some("2026-11-21T00:00:00.0000007Z"),
                Some("?"),
            ])),
        )],
    );
    let declared = TableSchema::new("T", vec![Column::new("t", Type::Datetime)]);
    let counted = frame(open(&path, Some(&declared)))
        .filter(column("t").eq(at(DAY_ONE + 7)))
        .unwrap();
    assert_eq!(counted.count().await.unwrap(), 1);
}

#[tokio::test]
async fn a_folder_and_a_glob_of_parquet_files_are_one_table() {
    let folder = tempfile::tempdir().unwrap();
    for (name, values) in [("a.parquet", vec![1]), ("b.parquet", vec![2, 3])] {
        write_parquet(
            &folder.path().join(name),
            vec![("n", Arc::new(Int32Array::from(values)))],
        );
    }
    assert_eq!(frame(open(folder.path(), None)).count().await.unwrap(), 3);
    assert_eq!(
        frame(open(&folder.path().join("*.parquet"), None))
            .count()
            .await
            .unwrap(),
        3
    );
    assert_eq!(open(folder.path(), None).rows(), Some(3));
}

fn refused(path: &Path) -> String {
    files::open("T", path.to_str().unwrap(), None, None)
        .unwrap_err()
        .to_string()
}

#[test]
fn what_cannot_be_read_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    assert!(
        refused(&file("broken.parquet", b"PAR1 and no more"))
            .contains("broken.parquet`: it is no whole Parquet file")
    );
    assert!(refused(&file("ragged.csv", b"a,b\n1\n")).contains("ragged.csv`"));
    assert!(refused(&file("twice.csv", b"a,a\n1,2\n")).contains("names `a` twice"));
    assert!(refused(&file("no.ndjson", b"{\"a\":1}\n[1]\n")).contains("line 2 is no JSON object"));
    assert!(refused(&file("packed", &[0x1F, 0x8B, 8])).contains("it is compressed"));
    assert!(
        refused(&file("conn.log", b"#separator \\x09\n")).contains("its format cannot be told")
    );
    assert!(refused(&folder.path().join("absent*")).contains("no file matches"));
    fs::create_dir(folder.path().join("empty")).unwrap();
    assert!(refused(&folder.path().join("empty")).contains("a folder without Parquet files"));
}

#[tokio::test]
async fn a_parquet_file_that_breaks_off_in_its_pages_is_an_error_and_not_a_panic() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.parquet");
    let texts: StringArray = (0..5000).map(|n| Some(format!("value {n}"))).collect();
    write_parquet(&path, vec![("s", Arc::new(texts))]);
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 3;
    bytes[4..middle].fill(0xFF);
    fs::write(&path, bytes).unwrap();
    let read = frame(open(&path, None))
        .select(vec![column("s")])
        .unwrap()
        .collect()
        .await;
    assert!(read.is_err());
}

/// 3,000 rows in three row groups: a moment, a name that repeats or is null, further columns.
fn write_names(path: &Path, dictionary: bool) {
    let rows = 0..3_000_i64;
    let name = |row: i64| (row % 7 != 0).then(|| format!("name{}", row * row % 50));
    let start = 1_795_219_200_000;
    let moments = TimestampMillisecondArray::from_iter_values(rows.clone().map(|row| start + row));
    let batch = RecordBatch::try_from_iter_with_nullable([
        ("t", Arc::new(moments) as ArrayRef, true),
        (
            "name",
            Arc::new(rows.clone().map(name).collect::<StringArray>()),
            true,
        ),
        ("a", Arc::new(Int32Array::from_iter_values(0..3_000)), true),
        ("b", Arc::new(Int32Array::from_iter_values(1..3_001)), true),
        ("c", Arc::new(Int32Array::from_iter_values(2..3_002)), true),
        ("d", Arc::new(Int32Array::from_iter_values(3..3_003)), true),
    ])
    .unwrap();
    let properties = WriterProperties::builder()
        .set_max_row_group_row_count(Some(1_000))
        .set_dictionary_enabled(dictionary)
        .build();
    let file = fs::File::create(path).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

#[tokio::test]
async fn a_test_of_a_repeated_text_answers_as_over_plain_texts() {
    let folder = tempfile::tempdir().unwrap();
    let (repeated, plain) = (
        folder.path().join("d.parquet"),
        folder.path().join("p.parquet"),
    );
    write_names(&repeated, true);
    write_names(&plain, false);
    let name = || column("name");
    let conditions = [
        name().eq(lit("name4")),
        name().not_eq(lit("name4")),
        name().eq(lit("")).or(name().eq(lit("name9"))),
        name().in_list(vec![lit("name1"), lit("name16"), lit("nothing")], false),
        name().in_list(vec![lit("name1"), lit("name16")], true),
        name().like(lit("%e2%")),
        name().eq(lit("nothing")),
        name().eq(lit("name4")).and(column("a").gt(lit(2_500))),
        name().eq(lit("name4")).or(column("a").eq(lit(7))),
    ];
    for condition in conditions {
        let rows = async |path: &Path| {
            let table = frame(open(path, None)).filter(condition.clone()).unwrap();
            show(table.sort(vec![column("a").sort(true, false)]).unwrap()).await
        };
        assert_eq!(rows(&repeated).await, rows(&plain).await, "{condition}");
    }
}

#[tokio::test]
async fn the_last_rows_by_time_are_the_same_whether_row_groups_are_skipped_or_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.parquet");
    write_names(&path, true);
    let sorted = |key| frame(open(&path, None)).sort(vec![key]).unwrap();
    for descending in [true, false] {
        let top = sorted(column("t").sort(!descending, false))
            .limit(0, Some(5))
            .unwrap();
        let all = sorted(column("t").sort(!descending, false));
        let all = all.collect().await.unwrap();
        let first = all[0].slice(0, 5);
        let shown = datafusion::arrow::util::pretty::pretty_format_batches(&[first]).unwrap();
        assert_eq!(show(top).await.trim(), shown.to_string().trim());
    }
}
