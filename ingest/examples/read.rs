//! Reads logs into nothing and prints what became of them: `cargo run -p huntql-ingest --example read -- PATH…`.
//! With `--rows N` the first N rows of each batch are shown as JSON; `--logformat TEXT`, `--format NAME` and `--tz ZONE` come
//! behind it, as `huntql ingest` has them. `--store DIR` reads into a store, `--no-index DIR` into one without a term index: what
//! parsing, writing and indexing cost is told by the three ways beside each other.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use datafusion::arrow::json::LineDelimitedWriter;
use datafusion::arrow::record_batch::RecordBatch;
use huntql_ingest::reject::Reject;
use huntql_ingest::sink::FileEnd;
use huntql_ingest::{
    Appended, EventSink, FileReport, Observer, Options, SinkError, StoreSink, ingest_paths,
};
use huntql_store::{Indexing, Store};

struct Show {
    rows: usize,
}

impl EventSink for Show {
    fn begin_file(&mut self, _: &str) -> Result<(), SinkError> {
        Ok(())
    }
    fn append(&mut self, table: &str, batch: RecordBatch) -> Result<Appended, SinkError> {
        if self.rows > 0 {
            println!("-- {table}");
            let mut writer = LineDelimitedWriter::new(std::io::stdout());
            writer
                .write(&batch.slice(0, self.rows.min(batch.num_rows())))
                .unwrap();
        }
        Ok(Appended {
            rows: batch.num_rows() as u64,
            duplicates: 0,
        })
    }
    fn end_file(&mut self, _: Option<&huntql_store::SourceNote>) -> Result<FileEnd, SinkError> {
        Ok(FileEnd::default())
    }
    fn abandon_file(&mut self) {}
}

struct Tell;

impl Observer for Tell {
    fn rejected(&mut self, reject: &Reject) -> Result<(), SinkError> {
        println!(
            "reject {}:{} {}: {}",
            reject.file, reject.line, reject.code, reject.message
        );
        Ok(())
    }
    fn finished(&mut self, _: &FileReport) {}
}

fn main() {
    let mut paths: Vec<String> = std::env::args().skip(1).collect();
    let mut rows = 0;
    if paths.first().is_some_and(|first| first == "--rows") {
        rows = paths[1].parse().unwrap();
        paths.drain(..2);
    }
    let mut options = Options::default();
    let mut store = None;
    while let Some(option) = paths.first().filter(|path| path.starts_with("--")).cloned() {
        let value = paths[1].clone();
        match option.as_str() {
            "--logformat" => options.logformat = Some(value),
            "--format" => options.format = Some(value),
            "--store" => store = Some(Store::create_or_open(&value).unwrap()),
            "--no-index" => {
                let indexed = Store::create_or_open(&value).unwrap();
                store = Some(indexed.with_indexing(Indexing::Left));
            }
            "--tz" => options.time_zone = Some(jiff::tz::TimeZone::get(&value).unwrap()),
            other => panic!("{other}"),
        }
        paths.drain(..2);
    }
    let started = std::time::Instant::now();
    let report = match &store {
        Some(store) => ingest_paths(&paths, &options, &mut StoreSink::new(store), &mut Tell),
        None => ingest_paths(&paths, &options, &mut Show { rows }, &mut Tell),
    };
    let report = report.unwrap();
    let seconds = started.elapsed().as_secs_f64();
    println!(
        "{report}\n{:.0} records/s",
        report.counts().read as f64 / seconds
    );
}
