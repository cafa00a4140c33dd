//! Every query of the conformance cases goes through the parser.

use huntql_kql::ast::same_but_for_spans;
use huntql_kql::{format, parse};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// The folder of cases; `None`, with a message, when it is not on this machine.
fn cases() -> Option<PathBuf> {
    let shared = std::env::var_os("HUNTQL_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared"),
        PathBuf::from,
    );
    let cases = shared.join("conformance/cases/dev");
    if !cases.is_dir() {
        eprintln!("skipped: there are no conformance cases; set HUNTQL_SHARED");
        return None;
    }
    Some(cases)
}

struct Case {
    id: String,
    query: String,
    /// What Microsoft's parser says, where it was asked.
    accepted: Option<bool>,
    diagnostics: String,
}

fn read(path: &Path) -> Vec<Case> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines()
        .map(|line| {
            let case: Value = serde_json::from_str(line).unwrap();
            Case {
                id: case["id"].as_str().unwrap_or_default().to_owned(),
                query: case["query"].as_str().unwrap_or_default().to_owned(),
                accepted: case["ms_parse_ok"].as_bool(),
                diagnostics: case["diagnostics"].to_string(),
            }
        })
        .collect()
}

#[test]
fn what_microsoft_accepts_is_accepted() {
    let Some(cases) = cases() else { return };
    let verbose = std::env::var_os("HUNTQL_VERBOSE").is_some();
    for file in ["hunting.jsonl", "docs_cases.jsonl", "loco_cases.jsonl"] {
        let all = read(&cases.join(file));
        let (mut right, mut wanted, mut lenient) = (0, 0, 0);
        for case in &all {
            let parsed = parse(&case.query);
            let fine = !parsed.has_errors();
            if case.accepted == Some(false) {
                if fine {
                    lenient += 1;
                    if verbose {
                        eprintln!(
                            "LENIENT {}\n{}\n   {}\n",
                            case.id, case.query, case.diagnostics
                        );
                    }
                }
                continue;
            }
            wanted += 1;
            right += usize::from(fine);
            if !fine && verbose {
                let first = parsed.diagnostics.iter().find(|d| d.is_error()).unwrap();
                let from = first.span().start.saturating_sub(60);
                let from = (from..=first.span().start)
                    .find(|at| case.query.is_char_boundary(*at))
                    .unwrap();
                eprintln!(
                    "REFUSED {} {} {}\n   …{}«{}»",
                    case.id,
                    first.code,
                    first.message,
                    &case.query[from..first.span().start],
                    first.span().text(&case.query)
                );
            }
        }
        eprintln!("{file}: {right} of {wanted} parse; {lenient} parse that Microsoft refuses");
    }
}

#[test]
fn formatting_twice_changes_nothing_and_keeps_the_tree() {
    let Some(cases) = cases() else { return };
    let mut formatted = 0;
    for file in ["hunting.jsonl", "docs_cases.jsonl", "loco_cases.jsonl"] {
        for case in read(&cases.join(file)) {
            let Ok(once) = format(&case.query) else {
                continue;
            };
            formatted += 1;
            let again = format(&once);
            assert_eq!(again.as_ref(), Ok(&once), "{}: the second time", case.id);
            let (before, after) = (parse(&case.query), parse(&once));
            assert!(
                same_but_for_spans(&before.script, &after.script),
                "{}: another tree\n{once}",
                case.id
            );
            assert_eq!(
                before.comments.len(),
                after.comments.len(),
                "{}: comments",
                case.id
            );
        }
    }
    eprintln!("{formatted} queries keep their tree when formatted");
}
