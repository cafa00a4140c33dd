//! `huntql batch`: many queries in one process.
//!
//! A line `{"id", "query"}` in, a line `{"id", "status", "result" | "error"}` out, in the order of the questions. The status
//! is `ok`, `syntax`, `binding`, `unsupported`, `limit` or `internal`; the result is the Kusto v1 document of all tabular
//! statements. One bad question never ends the process: a panic is answered `internal`.

use crate::cli::{AskArgs, DataArgs};
use crate::failure::Failure;
use crate::output;
use crate::report;
use crate::session::Session;
use clap::Args;
use futures::StreamExt;
use huntql_engine::{Engine, QueryError, QueryOptions, execution_error, within};
use huntql_kql::diagnostics::Fault;
use serde::Deserialize;
use serde_json::value::{RawValue, Value};
use std::io::{self, BufRead, Write};
use std::time::Duration;

/// A larger result is answered `limit`: its line is built in memory.
const RESULT_BYTES_MAX: usize = 256 << 20;

#[derive(Debug, Args)]
pub struct BatchArgs {
    /// Answer `limit` to a query that takes longer
    #[arg(long, value_name = "SECONDS")]
    pub timeout: Option<u64>,
    #[command(flatten)]
    pub ask: AskArgs,
    #[command(flatten)]
    pub data: DataArgs,
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    id: Value,
    query: String,
}

/// The status of a question that has no rows for an answer, and why.
struct Refusal {
    status: &'static str,
    error: String,
}

pub fn run(args: &BatchArgs) -> Result<(), Failure> {
    let session = Session::open(&args.data)?;
    let runtime = super::runtime()?;
    let options = runtime.block_on(session.options(&args.ask))?;
    for line in io::stdin().lock().split(b'\n') {
        let line =
            line.map_err(|error| Failure::Data(format!("cannot read questions: {error}")))?;
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let answer = match serde_json::from_slice::<Asked>(&line) {
            Err(error) => line_of(
                &Value::Null,
                Err(Refusal {
                    status: "syntax",
                    error: format!("not a question like {{\"id\", \"query\"}}: {error}"),
                }),
            ),
            Ok(asked) => {
                let answered = answer(&runtime, &session.engine, asked.query, &options, args);
                line_of(&asked.id, answered)
            }
        };
        let mut stdout = io::stdout().lock();
        stdout.write_all(&answer)?;
        stdout.flush()?;
    }
    Ok(())
}

fn line_of(id: &Value, answered: Result<Vec<u8>, Refusal>) -> Vec<u8> {
    let mut line = format!("{{\"id\":{id},\"status\":").into_bytes();
    match answered {
        Ok(document) => {
            line.extend_from_slice(b"\"ok\",\"result\":");
            line.extend_from_slice(document.trim_ascii_end());
        }
        Err(Refusal { status, error }) => {
            let error = Value::String(error);
            line.extend_from_slice(format!("\"{status}\",\"error\":{error}").as_bytes());
        }
    }
    line.extend_from_slice(b"}\n");
    line
}

/// Runs a question on a thread of its own, so that neither a panic nor a deep stack reaches the next.
fn answer(
    runtime: &tokio::runtime::Runtime,
    engine: &Engine,
    query: String,
    options: &QueryOptions,
    args: &BatchArgs,
) -> Result<Vec<u8>, Refusal> {
    let (engine, options) = (engine.clone(), options.clone());
    let timeout = args.timeout.map(Duration::from_secs);
    let handle = runtime.handle().clone();
    let thread = std::thread::Builder::new()
        .stack_size(crate::STACK_BYTES)
        .spawn(move || {
            handle.block_on(async {
                let work = document(&engine, &query, &options);
                match timeout {
                    None => work.await,
                    Some(limit) => within(limit, work)
                        .await
                        .map_err(|error| QueryError::Internal(error.to_string()))?
                        .unwrap_or_else(|| Err(too_slow(limit))),
                }
            })
        });
    let ended = match thread {
        Ok(thread) => thread.join(),
        Err(error) => return Err(refusal(&QueryError::Internal(error.to_string()))),
    };
    match ended {
        Ok(answered) => answered.map_err(|error| refusal(&error)),
        Err(panic) => Err(Refusal {
            status: "internal",
            error: crate::failure::panic_text(panic.as_ref()),
        }),
    }
}

async fn document(
    engine: &Engine,
    query: &str,
    options: &QueryOptions,
) -> Result<Vec<u8>, QueryError> {
    let answer = engine.query(query, options).await?;
    let (document, mut writer) = output::document(RESULT_BYTES_MAX);
    for mut result in answer.results {
        writer.begin(&result.columns).map_err(too_large)?;
        while let Some(batch) = result.rows.next().await {
            writer
                .batch(&batch.map_err(execution_error)?)
                .map_err(too_large)?;
        }
        writer.end().map_err(too_large)?;
    }
    writer.finish().map_err(too_large)?;
    let bytes = document.take();
    // A line that is no JSON would end the conversation, not only this answer.
    match serde_json::from_slice::<&RawValue>(&bytes) {
        Ok(_) => Ok(bytes),
        Err(error) => Err(QueryError::Internal(format!(
            "the result is no JSON: {error}"
        ))),
    }
}

fn too_slow(limit: Duration) -> QueryError {
    QueryError::Limit(format!(
        "the query took longer than {} s (--timeout)",
        limit.as_secs()
    ))
}

fn too_large(error: io::Error) -> QueryError {
    if error.kind() == io::ErrorKind::StorageFull {
        return QueryError::Limit(format!(
            "the result is larger than {} MiB",
            RESULT_BYTES_MAX >> 20
        ));
    }
    QueryError::Internal(error.to_string())
}

fn refusal(error: &QueryError) -> Refusal {
    let fault = error.fault();
    let (status, error) = match error {
        QueryError::Query(diagnostics) => {
            let status = match fault {
                Some(Fault::Syntax) => "syntax",
                Some(Fault::Unsupported) => "unsupported",
                Some(Fault::Binding) | None => "binding",
            };
            (status, report::one_line(diagnostics))
        }
        QueryError::Data(message) => ("internal", format!("data: {message}")),
        QueryError::Limit(message) => ("limit", message.clone()),
        QueryError::Internal(message) => ("internal", message.clone()),
    };
    Refusal { status, error }
}
