//! Every query of the conformance cases goes through the parser.

use huntql_kql::ast::same_but_for_spans;
use huntql_kql::lexer::lex;
use huntql_kql::span::Span;
use huntql_kql::{Parsed, format, parse};
use serde_json::Value;
use std::path::{Path, PathBuf};

const FILES: [&str; 3] = ["hunting.jsonl", "docs_cases.jsonl", "loco_cases.jsonl"];

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
            }
        })
        .collect()
}

/// Accepted by Microsoft's parser, refused by ours.
const REFUSED: &[(&str, &str)] = &[
    (
        "hunt:3305138130c34bb6",
        "`where a = b` names a predicate and does not compare",
    ),
    ("hunt:5ae3708837dde885", "`where a = b`"),
    ("hunt:77f52df900ed12c8", "`where a = b`"),
    ("hunt:e2e9998333d8b427", "`where a = b`"),
    (
        "hunt:5e7447dc0984d95d",
        "`project-rename` without `=`, which Microsoft's binder refuses",
    ),
    (
        "hunt:863aeb11c62aa8a4",
        "`project-rename` with a call, which Microsoft's binder refuses",
    ),
    ("hunt:930eebf5b3c81bce", "`project-rename` with a call"),
    ("hunt:c5c8c32ba25d9e00", "`project-rename` with a call"),
    (
        "hunt:c5bbe604f040f2fb",
        "`time(\"24:00:00\")`, an hour out of range",
    ),
    (
        "loco:BasicTests/DateTimeTests:ToDateTime3:0.1",
        "`datetime(13-02-2022)`, a month out of range",
    ),
];

/// Refused by Microsoft's parser, accepted by ours: only what is then refused by its operator's name.
const ACCEPTED: &[(&str, &str)] = &[(
    "docs:graph-best-practices:7",
    "the text of `graph-match` is not read",
)];

fn is_management_command(parsed: &Parsed) -> bool {
    parsed
        .diagnostics
        .iter()
        .any(|found| found.message.contains("management command"))
}

#[test]
fn what_microsoft_accepts_is_accepted_and_nothing_else() {
    let Some(cases) = cases() else { return };
    for file in FILES {
        let (mut fine, mut refused, mut accepted, mut commands) = (0, Vec::new(), Vec::new(), 0);
        for case in read(&cases.join(file)) {
            let parsed = parse(&case.query);
            match (case.accepted, parsed.has_errors()) {
                (Some(false), false) => accepted.push(case.id),
                (_, false) => fine += 1,
                (Some(false), true) => {}
                (_, true) if is_management_command(&parsed) => commands += 1,
                (_, true) => refused.push(case.id),
            }
        }
        eprintln!(
            "{file}: {fine} parse, {} do not, {commands} are management commands",
            refused.len()
        );
        assert!(
            refused
                .iter()
                .all(|id| REFUSED.iter().any(|(known, _)| known == id)),
            "refused: {refused:?}"
        );
        assert!(
            accepted
                .iter()
                .all(|id| ACCEPTED.iter().any(|(known, _)| known == id)),
            "accepted: {accepted:?}"
        );
    }
}

#[test]
fn a_query_without_one_of_its_tokens_has_an_answer() {
    let Some(cases) = cases() else { return };
    for file in FILES {
        for (number, case) in read(&cases.join(file)).into_iter().enumerate() {
            let (tokens, _) = lex(&case.query);
            let Some(token) = tokens.get((number * 7919) % tokens.len().max(1)) else {
                continue;
            };
            let text = format!(
                "{}{}",
                &case.query[..token.span.start],
                &case.query[token.span.end..]
            );
            let parsed = parse(&text);
            let in_text = |span: Span| text.get(span.start..span.end).is_some();
            assert!(
                parsed.diagnostics.iter().all(|found| in_text(found.span())),
                "{}",
                case.id
            );
        }
    }
}

#[test]
fn formatting_twice_changes_nothing_and_keeps_the_tree() {
    let Some(cases) = cases() else { return };
    let mut formatted = 0;
    for file in FILES {
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
            let comments = |parsed: &Parsed, text: &str| -> Vec<String> {
                let texts = parsed
                    .comments
                    .iter()
                    .map(|span| span.text(text).trim_end());
                texts.map(str::to_owned).collect()
            };
            assert_eq!(
                comments(&before, &case.query),
                comments(&after, &once),
                "{}: comments",
                case.id
            );
        }
    }
    eprintln!("{formatted} queries keep their tree when formatted");
}
