//! Columns of JSON's members change no answer: the same rows in a store, where some files have them and some do not, and in a file that
//! another program wrote.

use crate::answers::{answer, options};
use datafusion::arrow::array::{
    ArrayRef, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::parquet::arrow::ArrowWriter;
use huntql_engine::{Catalog, Engine, EngineOptions, Table};
use huntql_kql::time::{TICKS_PER_DAY, TICKS_PER_MICROSECOND, UNIX_EPOCH};
use huntql_kql::types::{Column, Type};
use huntql_store::{Crowded, Store, TableSchema};
use std::path::Path;
use std::sync::Arc;

/// Few rows: no member gets a column; many: some do.
const FILES: [(usize, i64); 3] = [(40, 1), (21_000, 1), (3_000, 2)];

fn schema() -> TableSchema {
    let column = |name: &str, ty| Column::new(name, ty);
    TableSchema::new(
        "T",
        vec![
            column("Timestamp", Type::Datetime),
            column("N", Type::Long),
            column("Kind", Type::String),
            column("A", Type::String),
            column("D", Type::Dynamic),
        ],
    )
}

/// JSON as sensors write it, and in some rows as they should not.
fn text(n: usize) -> Option<String> {
    let of = |salt: usize, count: usize| (n.wrapping_mul(2_654_435_761) >> 7 ^ salt) % count;
    let kind = ["NOERROR", "NXDOMAIN", "SERVFAIL"][of(3, 3)];
    let name = format!("host-{}.example", of(5, 60));
    Some(match of(1, 40) {
        0..8 => return None,
        8 => String::new(),
        9 => format!(r#"{{"rcode":"{kind}","rcode":"doubled","query":"{name}"}}"#),
        10 => format!(r#"{{ "rcode" : "{kind}" , "query" : "caf\u00e9.{name}", "n": 1.50 }}"#),
        11 => format!(r#"{{"r\u0063ode":"{kind}","query":null,"n":[1, 2]}}"#),
        12 => format!(r#"{{"rcode":"{kind}","query":{{"x": "{name}"}}}}"#),
        13 => "{\"rcode\":\"NXDOMAIN\",\"query\":\"cut.example\"".to_owned(),
        14 => format!(
            r#"{{"rcode":"{kind}","query":"a\\b\"c/{name}","n":{}}}"#,
            of(7, 4)
        ),
        _ => format!(
            r#"{{"rcode":"{kind}","uid":"C{n}","query":"{name}","n":{},"ok":true}}"#,
            of(7, 4)
        ),
    })
}

fn rows(file: usize) -> (Vec<i64>, Vec<Option<String>>, Vec<Option<String>>) {
    let first: usize = FILES[..file].iter().map(|(rows, _)| rows).sum();
    let numbers = first..first + FILES[file].0;
    let texts: Vec<_> = numbers.clone().map(text).collect();
    let dynamics = texts.iter().map(|text| {
        let json = huntql_engine::json::of_text(text.as_deref()?)?;
        Some(json.into_owned())
    });
    let dynamics = dynamics.collect();
    (numbers.map(|n| n as i64).collect(), texts, dynamics)
}

fn kinds(numbers: &[i64]) -> StringArray {
    let kinds = numbers
        .iter()
        .map(|n| Some(["dns", "http", "ssl"][(n % 3) as usize]));
    kinds.collect()
}

fn instants(numbers: &[i64], file: usize) -> Vec<i64> {
    let day = FILES[file].1 * (TICKS_PER_DAY / TICKS_PER_MICROSECOND);
    numbers.iter().map(|n| day + n * 1_000_000).collect()
}

fn of_table(table: Table) -> Engine {
    let mut catalog = Catalog::default();
    catalog.add_table(table);
    Engine::new(
        catalog,
        EngineOptions {
            parallelism: 2,
            ..EngineOptions::default()
        },
    )
}

fn ingest(store: &Store) {
    for file in 0..FILES.len() {
        let (numbers, texts, dynamics) = rows(file);
        let ticks = instants(&numbers, file);
        let ticks = ticks
            .iter()
            .map(|micros| UNIX_EPOCH + micros * TICKS_PER_MICROSECOND);
        let ids = numbers.iter().map(|n| Some(format!("{n:032x}")));
        let batch = RecordBatch::try_from_iter_with_nullable(vec![
            (
                "Timestamp",
                Arc::new(ticks.collect::<Int64Array>()) as ArrayRef,
                true,
            ),
            ("N", Arc::new(Int64Array::from(numbers.clone())), true),
            ("Kind", Arc::new(kinds(&numbers)), true),
            ("A", Arc::new(StringArray::from(texts)), true),
            ("D", Arc::new(StringArray::from(dynamics)), true),
            ("_record_id", Arc::new(ids.collect::<StringArray>()), true),
        ]);
        let mut ingest = store.ingest();
        ingest.append(&schema(), &batch.unwrap()).unwrap();
        ingest.commit(&file.to_string()).unwrap();
    }
}

fn of_store(store: &Store) -> Engine {
    of_table(Table::with_rows(
        schema(),
        store.provider(&schema()).unwrap(),
    ))
}

/// The same rows in one file, whose `D` is text.
fn of_file(folder: &Path) -> Engine {
    let path = folder.join("rows.parquet");
    let fields = Schema::new(vec![
        Field::new(
            "Timestamp",
            DataType::Timestamp(datafusion::arrow::datatypes::TimeUnit::Microsecond, None),
            true,
        ),
        Field::new("N", DataType::Int64, true),
        Field::new("Kind", DataType::Utf8, true),
        Field::new("A", DataType::Utf8, true),
        Field::new("D", DataType::Utf8, true),
    ]);
    let fields = Arc::new(fields);
    let file = std::fs::File::create(&path).unwrap();
    let mut writer = ArrowWriter::try_new(file, Arc::clone(&fields), None).unwrap();
    for file in 0..FILES.len() {
        let (numbers, texts, dynamics) = rows(file);
        let columns: Vec<ArrayRef> = vec![
            Arc::new(TimestampMicrosecondArray::from(instants(&numbers, file))),
            Arc::new(Int64Array::from(numbers.clone())),
            Arc::new(kinds(&numbers)),
            Arc::new(StringArray::from(texts)),
            Arc::new(StringArray::from(dynamics)),
        ];
        writer
            .write(&RecordBatch::try_new(Arc::clone(&fields), columns).unwrap())
            .unwrap();
    }
    writer.close().unwrap();
    let table =
        huntql_store::files::open("T", path.to_str().unwrap(), None, Some(&schema())).unwrap();
    of_table(Table::with_rows(schema(), table))
}

/// The rows in the order of their texts.
async fn sorted(engine: &Engine, query: &str) -> Vec<String> {
    let mut lines = answer(engine, query).await;
    lines.sort();
    lines
}

/// `F` is what the JSON says, as text and as dynamic. Each asks the scan for members.
const QUERIES: &[&str] = &[
    "where tostring(F.rcode) == 'NXDOMAIN' | project N",
    "where tostring(F.rcode) == 'NXDOMAIN' | summarize count(), dcount(N) by tostring(F.query)",
    "where Kind == 'dns' | where tostring(F.rcode) == 'doubled' | project N, tostring(F.query), tostring(F.n)",
    "where tostring(F.query) in ('host-1.example', 'host-2.example', 'cut.example') | project N, Kind",
    "where tostring(F.query) has 'b' or tostring(F.rcode) startswith 'SERV' | project N",
    "where tostring(F.query) has_any ('café', 'host-7') and Kind != 'ssl' | project N, tostring(F.rcode)",
    "where isempty(tostring(F.rcode)) | project N",
    "where isnotempty(tostring(F.query)) and tostring(F.rcode) != 'NXDOMAIN' | summarize count() by Kind",
    "where tostring(F.n) == '1.5' or tostring(F.n) == '[1,2]' | project N, tostring(F.n)",
    "where tostring(F.query) matches regex '^host-1[0-9]' | summarize take_any(tostring(F.rcode)) by Kind | project Kind",
    "summarize count() by tostring(F.rcode)",
    "summarize N = count() by Q = tostring(F.query) | order by N desc, Q asc | take 5",
    "summarize dcount(tostring(F.query)), countif(tostring(F.rcode) == 'SERVFAIL') by Kind",
    "where Timestamp > datetime(1970-01-03) | summarize count() by tostring(F.query), Kind",
    "where tostring(F.rcode) == 'SERVFAIL' | distinct Q = tostring(F.query) | join kind=inner (T | summarize M = count() by Q = tostring(parse_json(A).query)) on Q | project Q, M",
    "where tostring(F.uid) == 'C5000' | project N, A",
    "where Kind == 'ssl' | summarize count(), max(N) by tostring(F.query), tostring(F.rcode)",
    "where Kind == 'ssl' | project N, A, Q = strcat(tostring(F.query), '/', tostring(F.rcode)), Is = tostring(F.n) == '2'",
    "where Kind == 'dns' | project N, F, tostring(F.query), tostring(F.rcode)",
    "project N, tostring(F.query), tostring(F.rcode), tostring(F.uid), tostring(F.absent)",
    "where tostring(F.query) endswith '9.example' | top 7 by N | project N, A, D, tostring(F.query)",
    "where N between (10 .. 60) | project N, tostring(F.rcode)",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn columns_of_members_change_no_answer() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create_or_open(folder.path().join("store")).unwrap();
    ingest(&store);
    let (before, plain) = (of_store(&store), of_file(folder.path()));
    let asked = "T | extend F = parse_json(A) | where tostring(F.rcode) == 'NXDOMAIN' | summarize count() by tostring(F.query)";
    let told = before.explain(asked, &options()).await.unwrap();
    assert!(
        told.contains("members=[A.query in 2 of 3 files, A.rcode in 2 of 3 files]"),
        "{told}"
    );
    let asked = "T | where tostring(D.rcode) == 'NXDOMAIN' | project N";
    let told = before.explain(asked, &options()).await.unwrap();
    assert!(told.contains("members=[D.rcode in 2 of 3 files]"), "{told}");
    let asked = "T | where Kind == 'dns' | extend F = parse_json(A) | summarize count() by tostring(F.query), tostring(F.rcode)";
    let told = before.explain(asked, &options()).await.unwrap();
    assert!(
        told.contains("members=[A.query in 2 of 3 files, A.rcode in 2 of 3 files]"),
        "{told}"
    );
    let mut expected = Vec::new();
    for query in QUERIES {
        for json in ["parse_json(A)", "D"] {
            let query = format!("T | extend F = {json} | {query}");
            let of_file = sorted(&plain, &query).await;
            assert_eq!(sorted(&before, &query).await, of_file, "{query}");
            assert!(!of_file.is_empty(), "{query}");
            expected.push((query, of_file));
        }
    }
    assert_eq!(store.verify("T").unwrap().faults, []);
    store.optimize("T", Crowded::Any).unwrap();
    assert_eq!(store.verify("T").unwrap().faults, []);
    let after = of_store(&store);
    for (query, of_file) in &expected {
        assert_eq!(
            sorted(&after, query).await,
            *of_file,
            "{query} after a merge"
        );
    }
    for query in ["T | getschema", "T | take 1"] {
        let shown = sorted(&after, query).await.join("\n");
        assert!(!shown.contains("_key_"), "{shown}");
    }
}
