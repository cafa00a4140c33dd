//! Plans by numbers give the answers of plans by texts: the same rows in a file with dictionaries and in one without.

use crate::answers::{answer, options};
use datafusion::arrow::array::{
    ArrayRef, Int32Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::file::properties::WriterProperties;
use huntql_engine::{Catalog, Engine, EngineOptions, Table};
use std::path::Path;
use std::sync::Arc;

const ROWS: u64 = 24_000;

/// Repeated texts, nulls and `""` among them, in no order.
fn rows() -> RecordBatch {
    let of = |row: u64, salt: u64, count: u64| {
        (row.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ salt)
            .wrapping_mul(0xBF58_476D_1CE4_E5B9)
            .rotate_left(23)
            % count
    };
    let times = (0..ROWS).map(|row| (row * 977 % 86_400_000 * 1000) as i64);
    let device = (0..ROWS).map(|row| Some(format!("host-{}.example", of(row, 1, 40))));
    let peer = (0..ROWS).map(|row| match of(row, 2, 300) {
        0 => None,
        1 => Some(String::new()),
        n => Some(format!("198.51.100.{n}")),
    });
    let url = (0..ROWS).map(|row| Some(format!("{}.example", of(row, 3, 2_000))));
    let port = (0..ROWS).map(|row| Some(of(row, 4, 5) as i32).filter(|port| *port > 0));
    // More values than are counted exactly.
    let wide = (0..ROWS).map(|row| Some(of(row, 5, 1_000_000).to_string()));
    let text = |texts: Vec<Option<String>>| Arc::new(StringArray::from(texts)) as ArrayRef;
    RecordBatch::try_from_iter_with_nullable(vec![
        (
            "Timestamp",
            Arc::new(TimestampMicrosecondArray::from_iter_values(times)) as ArrayRef,
            true,
        ),
        ("Device", text(device.collect()), true),
        ("Peer", text(peer.collect()), true),
        ("Url", text(url.collect()), true),
        ("Port", Arc::new(port.collect::<Int32Array>()), true),
        ("Wide", text(wide.collect()), true),
    ])
    .unwrap()
}

fn engine(folder: &Path, dictionaries: &str) -> Engine {
    let path = folder.join(format!("{dictionaries}.parquet"));
    let properties = WriterProperties::builder()
        .set_dictionary_enabled(dictionaries == "with")
        .set_max_row_group_row_count(Some(5_000))
        .build();
    let rows = rows();
    let file = std::fs::File::create(&path).unwrap();
    let mut writer = ArrowWriter::try_new(file, rows.schema(), Some(properties)).unwrap();
    writer.write(&rows).unwrap();
    writer.close().unwrap();
    let table = huntql_store::files::open("T", path.to_str().unwrap(), None, None).unwrap();
    let mut catalog = Catalog::default();
    let schema = table.table_schema().clone();
    catalog.add_table(Table::with_rows(schema, table));
    let options = EngineOptions {
        parallelism: 3,
        ..EngineOptions::default()
    };
    Engine::new(catalog, options)
}

/// Their rows come in any order.
const ANY_ORDER: &[&str] = &[
    "T | summarize N = count() by Device",
    "T | summarize N = count(), dcount(Peer), dcount(Url, 2) by Device",
    "T | summarize dcount(Device), countif(Peer == ''), dcountif(Url, Port == 2)",
    "T | summarize dcount(Device), max(Device), N = count() by Device",
    "T | summarize dcount(Wide), dcount(Wide, 0), dcount(Wide, 4) by isempty(Device)",
    "T | summarize dcount(Wide, 3), dcountif(Wide, Port > 1), dcount(Url)",
    "T | summarize dcount(Wide), dcount(Url) by iff(Port > 1, Device, 'others')",
    "T | summarize dcount(Url) by Wide | summarize count(), sum(dcount_Url)",
    "T | where Wide != '' and Wide has '7' or Wide == '12' | summarize N = count(), dcount(Wide) by Url",
    "T | where Device has 'host' and Url startswith '1' and Device !endswith '7.example' and Url !has '13' and Port > 1 | summarize count(), dcount(Url) by Device",
    "T | summarize min(Peer), max(Url), take_anyif(Device, false) by Peer, Port",
    "T | summarize N = count() by Peer, bin(Timestamp, 1h) | where N > 3",
    "T | summarize N = count() by tolower(Device), Peer",
    "T | distinct Device, Peer",
    "T | where Device has '7' | distinct Url",
    "T | summarize Urls = array_sort_asc(make_set(Url, 5000)) by Device",
    "T | summarize arg_max(Timestamp, Url) by Device, Port | project Device, Port, Timestamp",
    "T | where Port == 1 | distinct Url | join kind=inner (T | where Port == 2 | distinct Url) on Url",
    "T | where Port == 1 | join kind=leftanti (T | where Port == 2 | summarize by Url) on Url | summarize count() by Url",
    "let K = T | where Port == 2 | distinct Peer; T | where Timestamp > datetime(1970-01-01 03:00) and Peer != '' | join kind=leftanti K on Peer | summarize N = count(), D = dcount(Device) by Peer",
    "let K = T | where Timestamp < datetime(1970-01-01 01:00) | distinct Url; T | where Timestamp > datetime(1970-01-01 03:00) and Url != '' | join kind=leftanti K on Url | summarize N = count(), D = dcount(Device) by Url | order by N desc, Url asc | take 20",
    "let K = T | where Timestamp < datetime(1970-01-01 01:00) | distinct Url; T | where Timestamp > datetime(1970-01-01 03:00) | join kind=leftsemi K on Url | summarize N = count(), D = dcount(Device) by Url",
    "let K = T | where Timestamp < datetime(1970-01-01 01:00) | summarize M = count() by Url, Device; T | where Timestamp > datetime(1970-01-01 03:00) and Url != '' | join kind=inner K on Url, Device | summarize N = count(), M = max(M) by Url, Device",
    "let K = T | where Timestamp < datetime(1970-01-01 01:00) | summarize M = count() by Url, Device; T | where Timestamp > datetime(1970-01-01 03:00) | join kind=rightanti K on Url, $left.Peer == $right.Device | summarize N = count(), M = max(M) by Url, Device",
    "let K = T | where Timestamp < datetime(1970-01-01 01:00) | distinct Peer, Port; T | join kind=leftanti K on Peer, Port | join kind=leftanti (T | where Timestamp < datetime(1970-01-01 00:30) | distinct Url) on Url | summarize count(), dcount(Peer) by Device, Peer",
    "let K = T | where Timestamp < datetime(1970-01-01 00:10) | distinct Peer; T | join kind=leftanti K on Peer | where Device != '' and Peer == '' | summarize count() by Device, Peer",
    "T | where Peer == '' | summarize count() by Device, Peer",
    "T | where Peer != '' and strlen(Peer) > 3 | summarize count() by Peer, Device",
    "T | summarize N = count() by Url | join kind=inner (T | summarize M = count() by Url) on Url | summarize count() by N, M",
    "T | summarize N = count() by Peer | join kind=fullouter (T | where Port == 3 | summarize M = dcount(Device) by Device, Peer) on Peer",
    "union (T | summarize N = count() by Device), (T | summarize N = dcount(Url) by Device)",
    "T | summarize N = count() by Device, Peer | summarize M = max(N), P = dcount(Peer) by Device",
    "T | order by Device asc, Peer desc, Timestamp asc, Url asc | extend Same = Device == prev(Device) and Peer == prev(Peer) | summarize countif(Same), count() by Device, Peer",
    "T | order by Peer asc, Device asc, Timestamp asc, Url asc | extend Gap = iff(Device == prev(Device) and Peer != prev(Peer), Timestamp - prev(Timestamp), timespan(null)) | summarize max(Gap), min(Gap) by Device",
    "T | order by Url asc, Timestamp asc, Device asc, Peer asc | extend A = prev(Url), B = prev(Device, 2), C = prev(strcat(Peer, '!')) | where A != Url | project A, B, C, Url",
    "T | order by Device asc, Timestamp asc, Url asc, Peer asc | extend P = prev(Device, 1, 'none') | summarize count() by P, Device",
    "T | order by Device asc, Timestamp asc, Url asc, Peer asc | extend N = next(Device) | summarize count() by N, Device",
    "T | summarize N = count() by Peer | extend E = isempty(Peer), L = strlen(Peer)",
    "T | make-series N = count() on Timestamp from datetime(1970-01-01) to datetime(1970-01-02) step 6h by Device",
    "T | top-nested of Device by N = count(), top-nested of Port by M = dcount(Url)",
    "let K = T | where Port == 4 | distinct Peer; T | where Peer in (K) | summarize count() by Device",
    "T | partition by Device (summarize N = count() by Peer | order by N desc, Peer asc | take 1)",
    "T | summarize N = count() by Url | sample-distinct 5000 of Url",
];

/// Their order is that of all rows.
const IN_ORDER: &[&str] = &[
    "T | order by Device asc, Peer asc, Url asc, Port asc, Timestamp asc",
    "T | order by Peer desc, Device asc, Port desc nulls first, Timestamp desc, Url asc",
    "T | order by Url desc nulls first, Timestamp asc, Device asc, Peer asc | project Url, Timestamp, Device | extend N = row_number()",
    "T | summarize N = count() by Device, Peer | order by Device asc, Peer asc",
    "T | order by Device asc, Peer asc, Port asc, Timestamp asc, Url asc | summarize N = count() by Device, Peer | order by Device asc, Peer asc",
    "T | where Port == 2 | order by Peer asc, Timestamp asc, Url asc, Device asc | extend P = prev(Peer) | project P, Peer, Url",
    "T | summarize N = count() by Device | order by N desc, Device asc | take 7",
    "T | order by Device asc, Url asc, Timestamp asc, Peer asc | take 50",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn numbers_change_no_answer() {
    let folder = tempfile::tempdir().unwrap();
    let (with, without) = (
        engine(folder.path(), "with"),
        engine(folder.path(), "without"),
    );
    for (queries, in_order) in [(ANY_ORDER, false), (IN_ORDER, true)] {
        for query in queries {
            let mut found = answer(&with, query).await;
            let mut wanted = answer(&without, query).await;
            if !in_order {
                found.sort();
                wanted.sort();
            }
            assert_eq!(found.len(), wanted.len(), "{query}");
            let first = found.iter().zip(&wanted).find(|(one, other)| one != other);
            assert_eq!(first, None, "{query}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_tables_are_grouped_and_sorted_by_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let (with, without) = (
        engine(folder.path(), "with"),
        engine(folder.path(), "without"),
    );
    for (query, mark) in [
        ("T | summarize count() by Device", "number(Device"),
        ("T | summarize dcount(Url) by Port", "number(Url"),
        ("T | order by Peer asc, Port asc", "NumberSortExec"),
        (
            "T | order by Peer asc | extend P = prev(Peer) | where P != Peer",
            "NumberSortExec",
        ),
    ] {
        let plan = with.explain(query, &options()).await.unwrap();
        assert!(plan.contains(mark), "{plan}");
        let plan = without.explain(query, &options()).await.unwrap();
        assert!(!plan.contains(mark), "{plan}");
    }
}
