//! A store out of a Parquet file: `cargo run --release --workspace --bin fill_store -- FILE.parquet STORE TABLE`.
//!
//! The rows get record ids and are written as an ingest writes them, a million at a time, then merged. For measurements over a store of many
//! rows whose logs would take too much room. Prints the seconds that each part took.

#![allow(clippy::print_stdout, clippy::print_stderr)]

use datafusion::arrow::array::{ArrayRef, RecordBatch, StringArray};
use huntql_store::schema::RECORD_ID;
use huntql_store::{Crowded, Store, Wanted, files};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

const COMMIT_ROWS: u64 = 1_000_000;

type Failed = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, folder, table] = arguments.as_slice() else {
        eprintln!("fill_store FILE.parquet STORE TABLE");
        return ExitCode::from(2);
    };
    match fill(file, folder, table) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{file}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn fill(file: &str, folder: &str, table: &str) -> Result<(), Failed> {
    let schema = huntql_store::schema::builtin(table);
    let rows = files::open(table, file, None, schema)?;
    let schema = schema.unwrap_or(rows.table_schema()).clone();
    let store = Store::create_or_open(folder)?;
    let columns: Vec<&str> = schema
        .columns
        .iter()
        .map(|column| column.name.as_str())
        .collect();
    let started = Instant::now();
    let wanted = Wanted {
        columns: &columns,
        ..Wanted::default()
    };
    let (mut ingest, mut pending, mut number) = (store.ingest(), 0, 0_u64);
    for batch in rows.rows_of(&wanted)? {
        let batch = with_ids(&batch?, &mut number)?;
        pending += batch.num_rows() as u64;
        ingest.append(&schema, &batch)?;
        if pending >= COMMIT_ROWS {
            ingest.commit(&format!("{file} to {number}"))?;
            (ingest, pending) = (store.ingest(), 0);
        }
    }
    ingest.commit(&format!("{file} to {number}"))?;
    println!(
        "written {number} rows: {:.1} s",
        started.elapsed().as_secs_f64()
    );
    let started = Instant::now();
    let merged = store.optimize(table, Crowded::Any)?;
    println!(
        "merged {} files to {}: {:.1} s",
        merged.files_before,
        merged.files_after,
        started.elapsed().as_secs_f64()
    );
    Ok(())
}

/// The rows with ids that look like those of an ingest.
fn with_ids(batch: &RecordBatch, number: &mut u64) -> Result<RecordBatch, Failed> {
    let ids: StringArray = (0..batch.num_rows())
        .map(|_| {
            *number += 1;
            let half = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
            Some(format!(
                "{half:016x}{:016x}",
                half.rotate_left(29) ^ *number
            ))
        })
        .collect();
    let schema = batch.schema();
    let names = schema.fields().iter().map(|field| field.name().as_str());
    let mut columns: Vec<(&str, ArrayRef)> = names.zip(batch.columns().iter().cloned()).collect();
    columns.push((RECORD_ID, Arc::new(ids)));
    Ok(RecordBatch::try_from_iter(columns)?)
}
