//! Runs the golden cases through the engine. All that disagree are shown at once.

use crate::golden_file::{Case, cases, cells, files};
use futures::TryStreamExt;
use huntql_engine::{Catalog, Engine, EngineOptions, QueryError, QueryOptions, ResultSet};
use huntql_kql::time::{format_datetime, format_timespan, parse_datetime};
use huntql_kql::types::Value;
use std::path::Path;

/// What `now()` says in golden cases.
const NOW: &str = "2026-03-04T12:00:00Z";

#[test]
fn golden_cases_give_their_rows() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let engine = Engine::new(Catalog::builtin(), EngineOptions::default());
    // Binding recurses over the query's tree; a test's own thread has a small stack.
    let work = std::thread::Builder::new()
        .stack_size(64 << 20)
        .spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            let (mut run, mut failures) = (0, Vec::new());
            for file in files(&folder) {
                let shown = file.strip_prefix(&folder).unwrap().display().to_string();
                for case in cases(&std::fs::read_to_string(&file).unwrap()) {
                    run += 1;
                    if let Err(difference) = runtime.block_on(check(&engine, &case)) {
                        failures.push(format!("{shown}: {}\n{difference}", case.name));
                    }
                }
            }
            (run, failures)
        });
    let (run, failures) = work.unwrap().join().unwrap();
    assert!(run >= 60, "only {run} golden cases were found");
    assert!(
        failures.is_empty(),
        "{} of {run} golden cases disagree\n\n{}",
        failures.len(),
        failures.join("\n\n")
    );
}

async fn check(engine: &Engine, case: &Case) -> Result<(), String> {
    let options = QueryOptions {
        now: parse_datetime(NOW).unwrap(),
        parameters: Default::default(),
    };
    let got = match engine.query(&case.query, &options).await {
        Ok(answer) => rows(answer.results).await,
        Err(error) => Err(error),
    };
    let got = match got {
        Ok(results) => results,
        Err(QueryError::Query(diagnostics)) => {
            let errors = diagnostics.iter().filter(|found| found.is_error());
            let line = |found: &huntql_kql::diagnostics::Diagnostic| {
                let place = found.span().text(&case.query);
                format!("error {} {}", found.code, place.trim())
                    .trim()
                    .to_owned()
            };
            vec![Shown {
                ordered: true,
                lines: errors.map(|found| vec![line(found)]).collect(),
            }]
        }
        Err(error) => return Err(format!("{error:?}")),
    };
    let is_same = got.len() == case.results.len()
        && got
            .iter()
            .zip(&case.results)
            .all(|(got, wanted)| got.is(wanted));
    if is_same {
        return Ok(());
    }
    let got: Vec<String> = got.iter().map(|result| result.text()).collect();
    let wanted: Vec<String> = case.results.iter().map(|lines| lines.join("\n")).collect();
    Err(format!(
        "wanted\n{}\ngot\n{}",
        wanted.join("\n----\n"),
        got.join("\n----\n")
    ))
}

/// A result as the cells of its lines, the header first.
struct Shown {
    ordered: bool,
    lines: Vec<Vec<String>>,
}

impl Shown {
    fn is(&self, wanted: &[String]) -> bool {
        let mut wanted: Vec<Vec<String>> = wanted
            .iter()
            .map(|line| {
                if line.starts_with("error ") {
                    vec![line.trim().to_owned()]
                } else {
                    cells(line)
                }
            })
            .collect();
        let mut got = self.lines.clone();
        if !self.ordered && !got.is_empty() && !wanted.is_empty() {
            got[1..].sort();
            wanted[1..].sort();
        }
        got == wanted
    }

    fn text(&self) -> String {
        let lines: Vec<String> = self.lines.iter().map(|cells| cells.join(" | ")).collect();
        lines.join("\n")
    }
}

async fn rows(results: Vec<ResultSet>) -> Result<Vec<Shown>, QueryError> {
    let mut shown = Vec::new();
    for result in results {
        let header = result
            .columns
            .iter()
            .map(|column| format!("{}:{}", column.name, column.ty));
        let mut lines = vec![header.collect::<Vec<_>>()];
        let batches: Vec<_> = result
            .rows
            .try_collect()
            .await
            .map_err(huntql_engine::execution_error)?;
        for batch in batches {
            for row in 0..batch.num_rows() {
                let cells = result
                    .columns
                    .iter()
                    .zip(batch.columns())
                    .map(|(column, array)| {
                        cell(huntql_engine::value::from_arrow(array, row, column.ty))
                    });
                lines.push(cells.collect());
            }
        }
        shown.push(Shown {
            ordered: result.ordered,
            lines,
        });
    }
    Ok(shown)
}

/// A value as a golden case writes it.
fn cell(value: Value) -> String {
    let text = match value {
        Value::Bool(value) => value.map(|value| value.to_string()),
        Value::Int(value) => value.map(|value| value.to_string()),
        Value::Long(value) => value.map(|value| value.to_string()),
        Value::Real(value) => value.map(|value| value.to_string()),
        Value::Decimal(value) | Value::Guid(value) | Value::Dynamic(value) => value,
        Value::Datetime(value) => value.map(format_datetime),
        Value::Timespan(value) => value.map(format_timespan),
        Value::String(text) => {
            let is_plain = text.trim() == text && text != "~" && !text.contains(['|', '\n', '\t']);
            Some(if is_plain {
                text
            } else {
                serde_json::Value::String(text).to_string()
            })
        }
    };
    text.unwrap_or_else(|| "~".to_owned())
}
