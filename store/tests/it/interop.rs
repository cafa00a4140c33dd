//! Other readers of Delta tables, where they can be found: `HUNTQL_PYTHON`, else `python3`.

use super::support::*;
use huntql_kql::time::TICKS_PER_DAY;
use huntql_store::{Crowded, Retention, Store};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

const SCRIPT: &str = r#"
import sys
path, seen = sys.argv[1], []
try:
    import deltalake
    table = deltalake.DeltaTable(path)
    seen.append(('deltalake', table.to_pyarrow_dataset().count_rows()))
except ImportError: pass
try:
    import polars
    seen.append(('polars', polars.read_delta(path).height))
    seen.append(('polars day', polars.scan_delta(path).filter(polars.col('day') == polars.date(2026, 11, 22)).collect().height))
except ImportError: pass
try:
    import duckdb
    duckdb.sql('install delta; load delta')
    seen.append(('duckdb', duckdb.sql(f"select count(*) from delta_scan('{path}')").fetchone()[0]))
except Exception as error: print('duckdb:', str(error)[:120], file=sys.stderr)
for name, count in seen: print(name, count)
"#;

#[test]
fn other_programs_read_the_table_as_it_stands_and_after_a_merge() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create_or_open(folder.path()).unwrap();
    // More than one checkpoint's worth of commits; two files a day.
    for source in 0..48_u64 {
        let day = DAY_ONE + source as i64 % 24 * TICKS_PER_DAY;
        ingest(&store, &format!("{source}"), &events(source * 100, 50, day));
    }
    let table = folder.path().join("DeviceNetworkEvents");
    assert_rows(&table, 2400);
    store.optimize("DeviceNetworkEvents", Crowded::Any).unwrap();
    assert_rows(&table, 2400);
    let limit = DAY_ONE + TICKS_PER_DAY;
    store
        .retain("DeviceNetworkEvents", limit, Retention::Apply)
        .unwrap();
    store.vacuum(Duration::ZERO).unwrap();
    assert_rows(&table, 2300);
}

/// Each program that can be found says that there are so many rows.
fn assert_rows(table: &Path, rows: u64) {
    let python = std::env::var("HUNTQL_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let output = match Command::new(python)
        .args(["-c", SCRIPT])
        .arg(table)
        .output()
    {
        Ok(output) => output,
        Err(error) => {
            eprintln!("skipped: no Python ({error})");
            return;
        }
    };
    let said = String::from_utf8_lossy(&output.stdout);
    let wrong = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{wrong}");
    if said.is_empty() {
        eprintln!("skipped: neither deltalake nor polars nor DuckDB's delta can be imported");
    }
    for line in said.lines() {
        let wanted = if line.starts_with("polars day") {
            100
        } else {
            rows
        };
        assert!(
            line.ends_with(&format!(" {wanted}")),
            "{line}, wanted {wanted}"
        );
    }
    eprint!("{said}");
}
