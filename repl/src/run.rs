//! One question: asked, drawn, and spoken of on stderr.

use crate::drawn::{Drawn, Rows};
use crate::failure::{EXIT_QUERY, Failure};
use crate::hints;
use crate::limits::{Cut, Limit};
use crate::output::{Footer, Viewer, Writer};
use crate::progress::Progress;
use crate::question::Question;
use crate::report;
pub use crate::screen::Screen;
use crate::session::Session;
use datafusion::arrow::array::Array;
use datafusion::arrow::record_batch::RecordBatch;
use futures::StreamExt;
use huntql_engine::{Gauge, QueryError, QueryOptions, ResultSet, Work, execution_error};
use std::io;
use std::time::Instant;

/// Runs a question to its end. Gives the number of rows of all results.
///
/// # Errors
/// Errors of the query are drawn already; what remains is the exit code.
pub async fn run(
    session: &Session,
    question: &Question,
    options: &QueryOptions,
    screen: &Screen,
) -> Result<u64, Failure> {
    let progress = Progress::default();
    let ended = run_watched(session, question, options, screen, &progress).await;
    progress.end();
    ended
}

/// The same, with a line of progress that others can take away.
///
/// # Errors
/// As [`run`]; nothing is said any more once the progress was stopped.
pub async fn run_watched(
    session: &Session,
    question: &Question,
    options: &QueryOptions,
    screen: &Screen,
    progress: &Progress,
) -> Result<u64, Failure> {
    hints::before(session, question);
    let started = Instant::now();
    let gauge = Gauge::default();
    progress.begin(&gauge);
    let engine = session.engine.observed_by(&gauge);
    let answer = engine.query(&question.text, options).await;
    if progress.is_stopped() {
        return Err(Failure::ClosedPipe);
    }
    let answer = answer.map_err(|error| {
        progress.end();
        refused(question, error)
    })?;
    progress.aside(|| report::diagnostics(question, &answer.diagnostics));
    let mut writer = screen.writer()?;
    let (mut rows_of_all, mut cut, mut below) = (0, None, Vec::new());
    let results = answer.results.len();
    for (index, result) in answer.results.into_iter().enumerate() {
        if screen.chart.is_some() && result.render.is_none() {
            progress.aside(|| {
                report::hint("nothing is drawn: the query has no `render` at its end");
            });
        }
        let drawn = Drawn::of(result.render.as_ref(), screen);
        let shown = match &drawn {
            Some(drawn) => {
                let mut writer = drawn.writer(writer.as_mut());
                show(result, &mut writer, screen, progress).await
            }
            None => show(result, writer.as_mut(), screen, progress).await,
        };
        if shown.is_err() || index + 1 == results {
            progress.end();
        }
        let shown = shown.map_err(|stopped| match stopped {
            Stopped::Query(error) => refused(question, error),
            Stopped::Output(error) => error.into(),
        })?;
        below.extend(progress.aside(|| told(screen, drawn.as_ref(), writer.as_mut()))?);
        if screen.footer == Footer::Shown {
            // What was done is known when all is done.
            let work = match index + 1 == results {
                true => gauge.read(),
                false => Work::default(),
            };
            below.push(screen.foot(shown.rows, &work, started.elapsed()));
        }
        if !screen.is_paged() {
            progress.aside(|| below.drain(..).for_each(|line| report::say(&line)));
        }
        rows_of_all += shown.rows;
        cut = cut.or(shown.cut.map(|cut| (cut, shown.rows)));
    }
    let finished = writer.finish();
    // A pager has been left when its output is closed.
    drop(writer);
    below.iter().for_each(|line| report::say(line));
    finished?;
    if let Some((cut, rows)) = cut {
        return Err(screen.limits.failure(cut, rows));
    }
    hints::after(session, question, options, rows_of_all).await;
    Ok(rows_of_all)
}

/// Draws a result that is to be drawn. Gives what is to be said of what was not shown.
fn told(
    screen: &Screen,
    drawn: Option<&Drawn>,
    writer: &mut dyn Writer,
) -> Result<Option<String>, Failure> {
    let rows = match drawn {
        Some(drawn) => drawn.draw(screen, writer)?,
        None => Rows::Shown,
    };
    Ok(match rows {
        Rows::Shown => writer.remark(),
        Rows::Hidden => None,
    })
}

enum Stopped {
    Query(QueryError),
    Output(io::Error),
}

/// What was shown of a result.
struct Shown {
    rows: u64,
    /// There are more, and a limit has kept them back.
    cut: Option<Cut>,
}

async fn show(
    mut result: ResultSet,
    writer: &mut dyn Writer,
    screen: &Screen,
    progress: &Progress,
) -> Result<Shown, Stopped> {
    let most = |limit: &Option<Limit>| limit.as_ref().map_or(u64::MAX, |limit| limit.most);
    let (rows_max, bytes_max) = (most(&screen.limits.rows), most(&screen.limits.bytes));
    let (mut rows, mut bytes, mut cut) = (0_u64, 0_u64, None);
    // Only what comes to the terminal can meet the line there.
    let is_watched = matches!(screen.viewer, Viewer::Terminal(_));
    writer.begin(&result.columns).map_err(Stopped::Output)?;
    while let Some(batch) = result.rows.next().await {
        if progress.is_stopped() {
            return Err(Stopped::Output(io::ErrorKind::BrokenPipe.into()));
        }
        let mut batch = batch.map_err(|error| Stopped::Query(execution_error(error)))?;
        if batch.num_rows() as u64 > rows_max - rows {
            batch = batch.slice(0, usize::try_from(rows_max - rows).unwrap_or(usize::MAX));
            cut = Some(Cut::Rows);
        }
        let size = screen.limits.bytes.as_ref().map_or(0, |_| size(&batch));
        if size > bytes_max - bytes {
            let fits = batch.num_rows() as u64 * (bytes_max - bytes) / size;
            batch = batch.slice(0, usize::try_from(fits).unwrap_or(usize::MAX));
            cut = Some(Cut::Bytes);
        }
        rows += batch.num_rows() as u64;
        bytes += size;
        if screen.is_paged() {
            progress.end();
        }
        let written = match is_watched {
            true => progress.aside(|| writer.batch(&batch)),
            false => writer.batch(&batch),
        };
        written.map_err(Stopped::Output)?;
        if cut.is_some() {
            break;
        }
    }
    if progress.is_stopped() {
        return Err(Stopped::Output(io::ErrorKind::BrokenPipe.into()));
    }
    progress.aside(|| writer.end()).map_err(Stopped::Output)?;
    Ok(Shown { rows, cut })
}

/// Bytes of the values of a batch.
fn size(batch: &RecordBatch) -> u64 {
    let sizes = batch.columns().iter().map(|column| {
        let size = column.to_data().get_slice_memory_size();
        size.unwrap_or_else(|_| column.get_array_memory_size()) as u64
    });
    sizes.sum()
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
