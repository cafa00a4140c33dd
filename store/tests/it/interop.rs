//! Other readers of Delta tables, where they can be found: `HUNTQL_PYTHON`, else `python3`.

use super::support::*;
use huntql_kql::time::TICKS_PER_DAY;
use huntql_store::Store;
use std::process::Command;

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
    seen.append(('polars day', polars.scan_delta(path).filter(polars.col('day') == polars.date(2026, 11, 22)).collect().height * 24))
except ImportError: pass
try:
    import duckdb
    duckdb.sql('install delta; load delta')
    seen.append(('duckdb', duckdb.sql(f"select count(*) from delta_scan('{path}')").fetchone()[0]))
except Exception as error: print('duckdb:', str(error)[:120], file=sys.stderr)
for name, count in seen: print(name, count)
"#;

#[test]
fn other_programs_read_the_table_as_it_stands() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create_or_open(folder.path()).unwrap();
    // More than one checkpoint's worth of commits.
    for source in 0..24_u64 {
        let day = DAY_ONE + source as i64 % 24 * TICKS_PER_DAY;
        ingest(&store, &format!("{source}"), &events(source * 100, 50, day));
    }
    let python = std::env::var("HUNTQL_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let table = folder.path().join("DeviceNetworkEvents");
    let output = match Command::new(python)
        .args(["-c", SCRIPT])
        .arg(&table)
        .output()
    {
        Ok(output) => output,
        Err(error) => {
            eprintln!("skipped: no Python ({error})");
            return;
        }
    };
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    if said.is_empty() {
        eprintln!("skipped: neither deltalake nor polars nor DuckDB's delta can be imported");
    }
    for line in said.lines() {
        assert!(line.ends_with(" 1200"), "{line}");
    }
    eprint!("{said}");
}
