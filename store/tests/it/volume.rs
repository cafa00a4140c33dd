//! Many wide rows: they are written in bounded memory. `--nocapture` prints time, peak memory and size on disk.

use super::support::*;
use datafusion::arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use datafusion::prelude::lit;
use huntql_kql::types::Type;
use huntql_store::Store;
use std::sync::Arc;
use std::time::Instant;

const ROWS: i64 = 50_000;
const BATCH: i64 = 8192;

/// Every column filled, as a Defender export has them: some 900 bytes a row.
fn wide(first: i64, rows: i64) -> RecordBatch {
    let text = |name: &str, row: i64| match name {
        "_record_id" => format!(
            "{:032x}",
            (row as u128).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835)
        ),
        "RemoteIP" => format!(
            "{}.{}.{}.{}",
            row % 223,
            row / 7 % 256,
            row / 3 % 256,
            row % 251
        ),
        "InitiatingProcessCommandLine" => format!(
            "\"C:\\Windows\\System32\\svchost.exe\" -k netsvcs -p -s {}",
            row * 7919
        ),
        "AdditionalFields" => format!("{{\"direction\":\"Out\",\"uid\":\"C{:x}\"}}", row * 104_729),
        name if name.contains("SHA") || name.contains("MD5") => format!("{:064x}", row % 500),
        name => format!("{name} {}", row % 300),
    };
    let network = network()
        .columns
        .iter()
        .chain(huntql_store::schema::HIDDEN.iter());
    let columns = network
        .filter(|column| column.ty != Type::Int && column.ty != Type::Bool)
        .map(|column| {
            let rows = first..first + rows;
            let array: ArrayRef = match column.ty {
                Type::String => Arc::new(
                    rows.map(|row| Some(text(&column.name, row)))
                        .collect::<StringArray>(),
                ),
                Type::Datetime => Arc::new(
                    rows.map(|row| DAY_ONE + row * 700_001)
                        .collect::<Int64Array>(),
                ),
                _ => Arc::new(rows.map(|row| row % 65_536).collect::<Int64Array>()),
            };
            (column.name.as_str(), array)
        });
    RecordBatch::try_from_iter(columns).unwrap()
}

/// The highest resident memory of this process, in MiB.
fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM"))
        .unwrap_or("VmHWM: 0 kB");
    line.split_whitespace()
        .nth(1)
        .and_then(|kib| kib.parse::<u64>().ok())
        .unwrap_or(0)
        / 1024
}

#[tokio::test(flavor = "multi_thread")]
async fn wide_rows_are_written_in_bounded_memory() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create_or_open(folder.path()).unwrap();
    let (mut ingest, mut making) = (store.ingest(), std::time::Duration::ZERO);
    let started = Instant::now();
    for first in (0..ROWS).step_by(BATCH as usize) {
        let made = Instant::now();
        let batch = wide(first, BATCH.min(ROWS - first));
        making += made.elapsed();
        ingest.append(network(), &batch).unwrap();
    }
    ingest.commit("volume").unwrap();
    let took = started.elapsed() - making;
    let peak = peak_mib();
    let table = store.snapshot("DeviceNetworkEvents").unwrap().unwrap();
    let size: u64 = table.size_bytes();
    eprintln!(
        "append: {took:.1?} (rows made in {making:.1?}), peak {peak} MiB, on disk {} MiB",
        size >> 20
    );
    assert_eq!(table.rows(), Some(ROWS as u64));
    assert!(peak < 1024, "{peak} MiB");
    let started = Instant::now();
    let found = frame(table)
        .filter(column("RemoteIP").eq(lit("5.5.5.5")))
        .unwrap()
        .collect()
        .await
        .unwrap();
    eprintln!(
        "one address: {} rows in {:.2?}",
        found.iter().map(RecordBatch::num_rows).sum::<usize>(),
        started.elapsed()
    );
}
