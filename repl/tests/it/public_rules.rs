//! Published rules over the samples: of those whose query the reference's own binder accepts, nearly all run.

use crate::support::{Place, text};
use huntql_jobs::rule::load;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// In percent.
const RUN_MIN: f64 = 97.0;

/// The text without blanks, which two copies of a query share.
fn squeezed(query: &str) -> String {
    query.chars().filter(|c| !c.is_whitespace()).collect()
}

/// Queries that the reference's binder accepts.
fn accepted(cases: &Path) -> HashSet<String> {
    let text = std::fs::read_to_string(cases).unwrap();
    let cases = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    cases
        .filter(|case| case["ms_bind_ok"] == true)
        .map(|case| squeezed(case["query"].as_str().unwrap()))
        .collect()
}

#[test]
fn published_rules_that_bind_run_over_the_samples() {
    let shared = std::env::var_os("HUNTQL_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared"),
        PathBuf::from,
    );
    let rules = shared.join("data/rules");
    let cases = shared.join("conformance/cases/dev/hunting.jsonl");
    if !rules.is_dir() || !cases.is_file() {
        eprintln!("skipped: there are no published rules; set HUNTQL_SHARED");
        return;
    }
    let accepted = accepted(&cases);
    let loaded = load(&rules);
    let queries = loaded.iter().map(|one| one.rule.as_ref().unwrap());
    let questions: Vec<String> = queries
        .filter(|rule| accepted.contains(&squeezed(&rule.query)))
        .map(|rule| json!({"id": rule.source.file, "query": rule.query}).to_string())
        .collect();
    assert!(questions.len() > 100, "{}", questions.len());
    let place = Place::new();
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples");
    let config = samples.join("huntql.toml");
    let data = ["--store", "s", "--config", text(&config)];
    let logs = samples.join("logs");
    place
        .run(&[&["ingest", text(&logs)], &data[..]].concat())
        .code(0);
    let schemas = shared.join("conformance/schemas.json");
    let arguments = [
        "batch",
        "--schemas",
        text(&schemas),
        "--now",
        "2026-03-02T18:00:00Z",
    ];
    // Through files: the answers begin before the questions end.
    let questions_file = place.write("questions.ndjson", questions.join("\n"));
    let ran = place
        .command()
        .args([&arguments[..], &data[..]].concat())
        .stdin(std::fs::File::open(questions_file).unwrap())
        .output()
        .unwrap();
    assert!(ran.status.success(), "{ran:?}");
    let answers = String::from_utf8(ran.stdout).unwrap();
    let (fine, failed): (Vec<Value>, Vec<Value>) = answers
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .partition(|answer: &Value| answer["status"] == "ok");
    let share = fine.len() as f64 * 100.0 / questions.len() as f64;
    eprintln!(
        "{} of {} published rules run: {share:.1} %",
        fine.len(),
        questions.len()
    );
    for answer in &failed {
        eprintln!("{}: {}", answer["id"], answer["error"]);
    }
    assert!(share >= RUN_MIN, "{failed:#?}");
}
