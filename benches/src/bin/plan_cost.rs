//! What binding and planning cost: `cargo run --release --workspace --bin plan_cost -- SCHEMAS.json QUERIES.jsonl`.
//!
//! Each line of the second file is an object with `id` and `query`; lines with `ms_bind_ok: false` are left out. All tables are
//! empty, so what is measured is parse, bind, lower, optimize and the physical plan. The fastest of three turns counts. Prints
//! milliseconds: median, 90th and 99th percentile, maximum, and the slowest ten.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use huntql_engine::{Catalog, Engine, EngineOptions, QueryOptions, Table};
use serde::Deserialize;
use std::time::Instant;

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

fn main() {
    let mut arguments = std::env::args().skip(1);
    let (Some(schemas), Some(queries)) = (arguments.next(), arguments.next()) else {
        println!("usage: plan_cost SCHEMAS.json QUERIES.jsonl");
        std::process::exit(2);
    };
    let mut catalog = Catalog::builtin();
    let schemas = std::fs::read_to_string(schemas).unwrap();
    for schema in huntql_store::schema::parse_schemas(&schemas).unwrap() {
        catalog.add_table(Table::empty(schema));
    }
    let engine = Engine::new(catalog, EngineOptions::default());
    let options = QueryOptions {
        now: huntql_kql::time::UNIX_EPOCH,
        parameters: Default::default(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let mut costs: Vec<(f64, String)> = Vec::new();
    let mut refused = 0;
    for line in std::fs::read_to_string(queries).unwrap().lines() {
        let line: Line = serde_json::from_str(line).unwrap();
        if !line.ms_bind_ok {
            continue;
        }
        let turn = || {
            let begin = Instant::now();
            let answer = runtime.block_on(engine.query(&line.query, &options));
            (begin.elapsed().as_secs_f64() * 1e3, answer.is_ok())
        };
        let turns: Vec<(f64, bool)> = (0..TURNS).map(|_| turn()).collect();
        if !turns[0].1 {
            refused += 1;
            continue;
        }
        let best = turns
            .iter()
            .map(|(cost, _)| *cost)
            .fold(f64::INFINITY, f64::min);
        costs.push((best, line.id));
    }
    costs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let at = |share: f64| costs[((costs.len() - 1) as f64 * share) as usize].0;
    println!("{} queries planned, {refused} refused", costs.len());
    println!(
        "ms: median {:.2}, p90 {:.2}, p99 {:.2}, max {:.2}",
        at(0.5),
        at(0.9),
        at(0.99),
        at(1.0)
    );
    for (cost, id) in costs.iter().rev().take(10) {
        println!("{cost:>9.1}  {id}");
    }
}
