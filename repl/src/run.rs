//! One question: asked, drawn, and spoken of on stderr.

use crate::failure::{EXIT_QUERY, Failure};
use crate::hints;
use crate::output::{Footer, Format, Viewer, Writer};
use crate::question::Question;
use crate::report;
use crate::session::Session;
use comfy_table::Table;
use datafusion::arrow::record_batch::RecordBatch;
use futures::StreamExt;
use huntql_engine::{QueryError, QueryOptions, ResultSet, execution_error};
use huntql_kql::types::Column;
use std::io::{self, BufWriter, IsTerminal};
use std::time::{Duration, Instant};

/// Columns of a terminal that does not say how wide it is.
const TERMINAL_WIDTH: usize = 80;

/// Where rows are shown, and how.
pub struct Screen {
    pub format: &'static Format,
    viewer: Viewer,
}

impl Screen {
    pub fn stdout(format: &'static Format) -> Screen {
        let viewer = if io::stdout().is_terminal() {
            Viewer::Terminal(Table::new().width().map_or(TERMINAL_WIDTH, usize::from))
        } else {
            Viewer::Machine
        };
        Screen { format, viewer }
    }

    /// Shows rows that are no answer to a query.
    ///
    /// # Errors
    /// Those of stdout.
    pub fn show_batch(&self, columns: &[Column], batch: &RecordBatch) -> Result<(), Failure> {
        let mut writer = self.writer();
        writer.begin(columns)?;
        writer.batch(batch)?;
        writer.end()?;
        if let Some(remark) = writer.remark() {
            report::say(&remark);
        }
        writer.finish()?;
        Ok(())
    }

    fn writer(&self) -> Box<dyn Writer> {
        (self.format.open)(
            Box::new(BufWriter::with_capacity(1 << 16, io::stdout())),
            self.viewer,
        )
    }
}

/// Runs a question to its end.
///
/// # Errors
/// Errors of the query are drawn already; what remains is the exit code.
pub async fn run(
    session: &Session,
    question: &Question,
    options: &QueryOptions,
    screen: &Screen,
) -> Result<(), Failure> {
    hints::before(session, question);
    let started = Instant::now();
    let answer = session
        .engine
        .query(&question.text, options)
        .await
        .map_err(|error| refused(question, error))?;
    report::diagnostics(question, &answer.diagnostics);
    let mut writer = screen.writer();
    let mut rows_of_all = 0;
    for result in answer.results {
        let rows = show(result, writer.as_mut())
            .await
            .map_err(|stopped| match stopped {
                Stopped::Query(error) => refused(question, error),
                Stopped::Output(error) => error.into(),
            })?;
        rows_of_all += rows;
        if let Some(remark) = writer.remark() {
            report::say(&remark);
        }
        if screen.format.footer == Footer::Shown {
            report::say(&footer(rows, started.elapsed()));
        }
    }
    writer.finish()?;
    hints::after(session, question, options, rows_of_all).await;
    Ok(())
}

enum Stopped {
    Query(QueryError),
    Output(io::Error),
}

async fn show(mut result: ResultSet, writer: &mut dyn Writer) -> Result<u64, Stopped> {
    writer.begin(&result.columns).map_err(Stopped::Output)?;
    let mut rows = 0;
    while let Some(batch) = result.rows.next().await {
        let batch = batch.map_err(|error| Stopped::Query(execution_error(error)))?;
        rows += batch.num_rows() as u64;
        writer.batch(&batch).map_err(Stopped::Output)?;
    }
    writer.end().map_err(Stopped::Output)?;
    Ok(rows)
}

fn footer(rows: u64, elapsed: Duration) -> String {
    let noun = if rows == 1 { "row" } else { "rows" };
    format!("{rows} {noun}, {:.3} s", elapsed.as_secs_f64())
}

/// Draws the errors of a query; everything else is left to be said once.
pub fn refused(question: &Question, error: QueryError) -> Failure {
    match error {
        QueryError::Query(diagnostics) => {
            report::diagnostics(question, &diagnostics);
            Failure::Reported(EXIT_QUERY)
        }
        QueryError::Data(message) => Failure::Data(message),
        QueryError::Limit(message) => Failure::Limit(message),
        QueryError::Internal(message) => Failure::Internal(message),
    }
}
