//! The term index changes no answer of a real hunt: the samples' hunts and published ones over the same store with its index and
//! without it.
//!
//! `HUNTQL_INDEX_HUNTS=all` runs every published hunt over network events, not each tenth.

use crate::support::{Place, text};
use huntql_store::Store;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

/// Small blocks, so that a few hundred rows are many of them.
const BLOCK_ROWS: NonZeroU32 = NonZeroU32::new(4).expect("more than none");
/// Which of the published hunts are run when not all are.
const EACH: usize = 10;

/// Words of hunts that take any rows, or put values together in any order: of their answers the number of rows is compared.
const ANY_ROWS: [&str; 10] = [
    "take", "limit", "sample", "make_", "any(", "rand", "arg_m", "top", "prev", "next",
];

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples")
}

fn of_samples() -> Vec<String> {
    let hunts = std::fs::read_dir(samples().join("hunts")).unwrap();
    hunts
        .map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap())
        .collect()
}

fn published() -> Vec<String> {
    let shared = std::env::var_os("HUNTQL_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared"),
        PathBuf::from,
    );
    let path = shared.join("conformance/cases/dev/hunting.jsonl");
    let Ok(lines) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: there is no {}", path.display());
        return Vec::new();
    };
    let each = match std::env::var("HUNTQL_INDEX_HUNTS").as_deref() {
        Ok("all") => 1,
        _ => EACH,
    };
    let cases = lines.lines().map(serde_json::from_str::<Value>);
    cases
        .map(Result::unwrap)
        .filter(|case| case["uses_network_events"] == true && case["ms_bind_ok"] == true)
        .map(|case| case["query"].as_str().unwrap().to_owned())
        // What lies elsewhere is not fetched.
        .filter(|query| !query.contains("externaldata"))
        .step_by(each)
        .collect()
}

/// Searches for what the samples hold, and for what they nearly hold.
fn searches() -> Vec<String> {
    const NEEDLES: [&str; 12] = [
        "powershell",
        "owershel",
        "example",
        "exampl",
        "10.0.0.6",
        "10.0.0",
        "chrome.exe",
        "update",
        "443",
        "corp",
        "http",
        "absent",
    ];
    const TESTS: [&str; 6] = [
        "DeviceNetworkEvents | where RemoteUrl has '{}'",
        "DeviceNetworkEvents | where InitiatingProcessCommandLine contains '{}'",
        "DeviceNetworkEvents | where InitiatingProcessFileName =~ '{}' or RemoteIP == '{}'",
        "DeviceNetworkEvents | where AdditionalFields has '{}' and RemoteUrl !has '{}'",
        "DeviceNetworkEvents | where RemoteUrl matches regex '{}[a-z.]*$'",
        "search '{}' | summarize count() by $table",
    ];
    let of_test = |test: &&str| NEEDLES.map(|needle| test.replace("{}", needle));
    TESTS.iter().flat_map(of_test).collect()
}

fn tables(store: &Path) -> Vec<String> {
    let folders = std::fs::read_dir(store).unwrap().flatten();
    folders
        .filter(|entry| entry.path().join("_delta_log").is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect()
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        match entry.path().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(std::fs::copy(entry.path(), target).unwrap()),
        }
    }
}

/// For each query what came of it, without what may differ: the order of the rows.
fn answers(place: &Place, store: &str, queries: &[String]) -> BTreeMap<usize, Value> {
    let questions: Vec<String> = queries
        .iter()
        .enumerate()
        .map(|(id, query)| json!({ "id": id, "query": query }).to_string())
        .collect();
    let ran = place.run_with(
        &["batch", "--store", store, "--now", "data-end"],
        &format!("{}\n", questions.join("\n")),
    );
    let answer = |line: &str| {
        let mut answer: Value = serde_json::from_str(line).unwrap();
        let id = answer["id"].as_u64().unwrap() as usize;
        let any = ANY_ROWS.iter().any(|word| queries[id].contains(word));
        let tables = answer.pointer_mut("/result/Tables");
        for table in tables.and_then(Value::as_array_mut).into_iter().flatten() {
            let rows = table["Rows"].as_array_mut().unwrap();
            rows.sort_by_cached_key(Value::to_string);
            if any {
                let count = rows.len();
                table["Rows"] = json!(count);
            }
        }
        (id, answer)
    };
    ran.stdout.lines().map(answer).collect()
}

#[test]
fn hunts_find_the_same_with_the_index_and_without_it() {
    let place = Place::new();
    let (config, logs) = (samples().join("huntql.toml"), samples().join("logs"));
    place
        .run(&[
            "ingest",
            "--store",
            "with",
            "--config",
            text(&config),
            text(&logs),
        ])
        .code(0);
    let with = place.path("with");
    let store = Store::open(&with).unwrap();
    for table in tables(&with) {
        store.reindex(&table, BLOCK_ROWS).unwrap();
    }
    copy(&with, &place.path("without"));
    for table in tables(&place.path("without")) {
        std::fs::remove_dir_all(place.path("without").join(table).join("_index")).unwrap();
    }
    let mut queries = of_samples();
    queries.extend(searches());
    queries.extend(published());
    let (found, expected) = (
        answers(&place, "with", &queries),
        answers(&place, "without", &queries),
    );
    assert_eq!(expected.len(), queries.len());
    // An error names the row that it met first, and rows that the index leaves out give none.
    let is_answer = |answer: &&Value| answer["status"] == "ok";
    for (id, expected) in expected.iter().filter(|(_, answer)| is_answer(answer)) {
        assert_eq!(found.get(id), Some(expected), "{}", queries[*id]);
    }
    let has_rows = |answer: &&Value| answer.pointer("/result/Tables/0/Rows/0").is_some();
    let full = expected.values().filter(has_rows).count();
    assert!(full > 15, "only {full} hunts find something");
}
