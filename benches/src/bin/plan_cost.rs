//! What binding and planning cost: `cargo run --release -p huntql-benches --bin plan_cost -- SCHEMAS.json QUERIES.jsonl [ID …]`.
//!
//! Each line of the second file is an object with `id` and `query`; lines with `ms_bind_ok: false` are left out, and when identities
//! are given all others too. Queries run twice over: over tables that are known to be empty, whose plans fold to little, and over
//! tables that bring no rows but could, whose plans stay as large as with data. So what is measured is parse, bind, lower, optimize
//! and the physical plan. The fastest of three turns counts. Prints milliseconds of one core, which do not grow when other processes
//! want it (where the system does not tell them, those of the clock): median, 90th and 99th percentile, maximum, and the slowest ten
//! with their shares: parse and bind, lower, the rest.

#![allow(clippy::print_stdout, clippy::print_stderr)]

use datafusion::arrow::datatypes::{Field, Schema};
use datafusion::datasource::MemTable;
use huntql_engine::{Catalog, Engine, EngineOptions, QueryOptions, Table};
use serde::Deserialize;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;
use tokio::runtime::Runtime;

#[derive(Deserialize)]
struct Line {
    id: String,
    query: String,
    #[serde(default = "yes")]
    ms_bind_ok: bool,
}

fn yes() -> bool {
    true
}

const TURNS: usize = 3;

/// Milliseconds of one query.
struct Cost {
    id: String,
    bound: f64,
    lowered: f64,
    planned: f64,
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (Some(schemas), Some(queries)) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: plan_cost SCHEMAS.json QUERIES.jsonl [ID …]");
        return ExitCode::from(2);
    };
    let wanted: Vec<String> = arguments.collect();
    match measure(&schemas, &queries, &wanted) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("plan_cost: {message}");
            ExitCode::FAILURE
        }
    }
}

fn measure(schemas: &str, queries: &str, wanted: &[String]) -> Result<(), String> {
    let read =
        |path: &str| std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"));
    let parsed = huntql_store::schema::parse_schemas(&read(schemas)?);
    let mut known = Catalog::builtin();
    for schema in parsed.map_err(|error| format!("{schemas}: {error}"))? {
        known.add_table(Table::empty(schema));
    }
    let mut lines: Vec<Line> = Vec::new();
    for (number, text) in (1..).zip(read(queries)?.lines()) {
        let line: Line =
            serde_json::from_str(text).map_err(|error| format!("{queries}:{number}: {error}"))?;
        if line.ms_bind_ok && (wanted.is_empty() || wanted.contains(&line.id)) {
            lines.push(line);
        }
    }
    let with_sources = with_sources(&known);
    for (name, catalog) in [
        ("tables known to be empty", known),
        ("tables with a source", with_sources),
    ] {
        println!("{name}:");
        report(measured(
            Engine::new(catalog, EngineOptions::default()),
            &lines,
        ));
    }
    Ok(())
}

/// The same tables with a source each, of which the planner does not know that it has no rows.
fn with_sources(known: &Catalog) -> Catalog {
    let mut catalog = known.clone();
    for table in known.tables() {
        let fields: Vec<Field> = table
            .schema
            .columns
            .iter()
            .map(|column| Field::new(&column.name, huntql_store::arrow_type(column.ty), true))
            .collect();
        let rows = MemTable::try_new(Arc::new(Schema::new(fields)), vec![vec![]])
            .expect("no rows have every schema");
        catalog.add_table(Table::with_rows(table.schema.clone(), Arc::new(rows)));
    }
    catalog
}

fn measured(engine: Engine, lines: &[Line]) -> Vec<Cost> {
    let options = QueryOptions {
        now: huntql_kql::time::UNIX_EPOCH,
        parameters: Default::default(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime of one thread needs nothing");
    let mut costs = Vec::new();
    let mut refused = 0;
    for line in lines {
        match cost(&engine, &options, &runtime, line) {
            Some(cost) => costs.push(cost),
            None => refused += 1,
        }
    }
    println!("{} queries planned, {refused} refused", costs.len());
    costs
}

fn cost(engine: &Engine, options: &QueryOptions, runtime: &Runtime, line: &Line) -> Option<Cost> {
    let planned = fastest(|| runtime.block_on(engine.query(&line.query, options)).is_ok())?;
    Some(Cost {
        id: line.id.clone(),
        bound: fastest(|| !engine.check(&line.query, options).has_errors())?,
        lowered: fastest(|| runtime.block_on(engine.plans(&line.query, options)).is_ok())?,
        planned,
    })
}

/// Milliseconds of the fastest turn; `None` when a turn fails.
fn fastest(mut turn: impl FnMut() -> bool) -> Option<f64> {
    let mut best = f64::INFINITY;
    for _ in 0..TURNS {
        let (begin, begin_core) = (Instant::now(), core_nanoseconds());
        if !turn() {
            return None;
        }
        let took = match (begin_core, core_nanoseconds()) {
            (Some(begin), Some(end)) => (end - begin) as f64 / 1e6,
            _ => begin.elapsed().as_secs_f64() * 1e3,
        };
        best = best.min(took);
    }
    Some(best)
}

/// How long this thread has run on a core, as Linux tells it.
fn core_nanoseconds() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split(' ').next()?.parse().ok()
}

fn report(mut costs: Vec<Cost>) {
    costs.sort_by(|a, b| a.planned.total_cmp(&b.planned));
    if costs.is_empty() {
        return;
    }
    let at = |share: f64| costs[((costs.len() - 1) as f64 * share) as usize].planned;
    println!(
        "ms: median {:.2}, p90 {:.2}, p99 {:.2}, max {:.2}",
        at(0.5),
        at(0.9),
        at(0.99),
        at(1.0)
    );
    println!("     all    bind   lower    plan");
    for cost in costs.iter().rev().take(10) {
        println!(
            "{:>8.1}{:>8.1}{:>8.1}{:>8.1}  {}",
            cost.planned,
            cost.bound,
            cost.lowered - cost.bound,
            cost.planned - cost.lowered,
            cost.id
        );
    }
}
