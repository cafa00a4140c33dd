//! One question: asked, drawn, and spoken of on stderr.

use crate::chart::{self, Paint};
use crate::failure::{EXIT_QUERY, Failure};
use crate::hints;
use crate::output::{
    Collected, Content, Footer, Format, Pager, Remembering, Sink, Terminal, Viewer, Writer, format,
    grouped,
};
use crate::question::Question;
use crate::report;
use crate::session::Session;
use datafusion::arrow::record_batch::RecordBatch;
use futures::StreamExt;
use huntql_engine::{QueryError, QueryOptions, RenderAnnotation, ResultSet, execution_error};
use huntql_kql::types::Column;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Rows of a result that a terminal gets to see outside of the shell.
const ROWS_SHOWN_MAX: u64 = 1_000;

/// Where rows are shown, and how.
pub struct Screen {
    pub format: &'static Format,
    viewer: Viewer,
    target: Target,
    remembered: Option<Collected>,
    footer: Footer,
    is_timed: bool,
    chart: Option<PathBuf>,
    rows_max: Option<u64>,
}

/// What becomes of what a file held before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Before {
    Replaced,
    Kept,
}

/// Where rows go.
#[derive(Clone)]
pub enum Target {
    Stdout,
    /// Stdout, through `$PAGER` when they do not fit the window.
    Pager,
    File {
        path: PathBuf,
        format: &'static Format,
        content: Before,
    },
    /// Nowhere; they are remembered.
    Memory,
}

/// The columns and lines of the terminal that is stdout.
fn window() -> (usize, usize) {
    match terminal_size::terminal_size() {
        Some((columns, lines)) => (usize::from(columns.0), usize::from(lines.0)),
        None => (80, 24),
    }
}

impl Screen {
    pub fn stdout(format: &'static Format) -> Screen {
        let terminal = Terminal {
            width: window().0,
            rows_max: Some(ROWS_SHOWN_MAX),
            all_by: "`--format csv`, or output into a file, has all of them",
        };
        let viewer = match io::stdout().is_terminal() {
            true => Viewer::Terminal(terminal),
            false => Viewer::Machine,
        };
        Screen {
            format,
            viewer,
            target: Target::Stdout,
            remembered: None,
            footer: format.footer,
            is_timed: true,
            chart: None,
            rows_max: None,
        }
    }

    /// The shell's screen: perhaps a file, else so many rows of a result.
    pub fn of_shell(
        format: &'static Format,
        target: Option<Target>,
        rows_max: Option<u64>,
    ) -> Screen {
        let mut screen = Screen::stdout(format);
        if let Viewer::Terminal(terminal) = &mut screen.viewer {
            terminal.rows_max = rows_max;
            terminal.all_by = ".limit 0 shows all";
            screen.target = Target::Pager;
        }
        if let Some(target) = target {
            screen.viewer = Viewer::Machine;
            if let Target::File { format, .. } = &target {
                screen.format = format;
                screen.footer = Footer::Shown;
            }
            screen.target = target;
        }
        screen
    }

    /// No screen: the rows are remembered.
    pub fn into_memory(collected: Collected) -> Screen {
        Screen {
            target: Target::Memory,
            footer: Footer::Silent,
            ..Screen::stdout(format("null").expect("`null` is a format"))
        }
        .remembering(collected)
    }

    /// Keeps rows beside showing them.
    pub fn remembering(mut self, collected: Collected) -> Screen {
        self.remembered = Some(collected);
        self
    }

    /// Whether the line below a result says how long it took.
    pub fn timed(mut self, is_timed: bool) -> Screen {
        self.is_timed = is_timed;
        self
    }

    /// Draws results that a query wants drawn into this file.
    pub fn drawing_into(mut self, chart: Option<PathBuf>) -> Screen {
        self.chart = chart;
        self
    }

    /// Stops behind so many rows of a result, and says so.
    pub fn up_to(mut self, rows_max: Option<u64>) -> Screen {
        self.rows_max = rows_max;
        self
    }

    /// Shows rows that are no answer to a query.
    ///
    /// # Errors
    /// Those of stdout.
    pub fn show_batch(&self, columns: &[Column], batch: &RecordBatch) -> Result<(), Failure> {
        let mut writer = self.writer()?;
        writer.begin(columns)?;
        writer.batch(batch)?;
        writer.end()?;
        if let Some(remark) = writer.remark() {
            report::say(&remark);
        }
        writer.finish()?;
        Ok(())
    }

    fn writer(&self) -> Result<Box<dyn Writer>, Failure> {
        let sink: Sink = match &self.target {
            Target::Stdout | Target::Memory => {
                Box::new(BufWriter::with_capacity(1 << 16, io::stdout()))
            }
            Target::Pager => Box::new(Pager::new(window().1)),
            Target::File { path, content, .. } => {
                let file = match content {
                    Before::Replaced => File::create(path),
                    Before::Kept => OpenOptions::new().create(true).append(true).open(path),
                };
                let file = file.map_err(|error| {
                    Failure::Data(format!("cannot write `{}`: {error}", path.display()))
                })?;
                Box::new(BufWriter::with_capacity(1 << 16, file))
            }
        };
        if self.format.content == Content::Binary && matches!(self.viewer, Viewer::Terminal(_)) {
            return Err(Failure::Usage(format!(
                "`{}` is nothing for a terminal: send it into a file (`> FILE`, in the shell `.once FILE`)",
                self.format.name
            )));
        }
        let writer = (self.format.open)(sink, self.viewer);
        Ok(match &self.remembered {
            Some(collected) => Box::new(Remembering {
                writer,
                collected: collected.clone(),
            }),
            None => writer,
        })
    }

    /// What is said below a result.
    fn footer(&self, rows: u64, elapsed: Duration) -> String {
        let noun = if rows == 1 { "row" } else { "rows" };
        let mut footer = format!("{} {noun}", grouped(rows));
        if self.is_timed {
            footer.push_str(&format!(", {:.3} s", elapsed.as_secs_f64()));
        }
        if let Target::File { path, .. } = &self.target {
            footer.push_str(&format!(", into {}", path.display()));
        }
        footer
    }
}

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
    hints::before(session, question);
    let started = Instant::now();
    let answer = session
        .engine
        .query(&question.text, options)
        .await
        .map_err(|error| refused(question, error))?;
    report::diagnostics(question, &answer.diagnostics);
    let mut writer = screen.writer()?;
    let (mut rows_of_all, mut is_cut) = (0, false);
    for result in answer.results {
        if screen.chart.is_some() && result.render.is_none() {
            report::hint("nothing is drawn: the query has no `render` at its end");
        }
        let drawn = Drawn::of(result.render.as_ref(), screen);
        let rows = match &drawn {
            Some(drawn) => show(result, &mut drawn.writer(writer.as_mut()), screen.rows_max).await,
            None => show(result, writer.as_mut(), screen.rows_max).await,
        };
        let Shown {
            rows,
            is_cut: is_this_cut,
        } = rows.map_err(|stopped| match stopped {
            Stopped::Query(error) => refused(question, error),
            Stopped::Output(error) => error.into(),
        })?;
        if let Some(drawn) = &drawn {
            drawn.draw(screen, writer.as_mut())?;
        }
        rows_of_all += rows;
        is_cut |= is_this_cut;
        if let Some(remark) = writer.remark() {
            report::say(&remark);
        }
        if screen.footer == Footer::Shown {
            report::say(&screen.footer(rows, started.elapsed()));
        }
    }
    writer.finish()?;
    if let Some(rows_max) = screen.rows_max.filter(|_| is_cut) {
        let message = format!(
            "only the first {} rows are shown (--max-rows)",
            grouped(rows_max)
        );
        return Err(Failure::Limit(message));
    }
    hints::after(session, question, options, rows_of_all).await;
    Ok(rows_of_all)
}

/// A result that is drawn.
struct Drawn {
    render: RenderAnnotation,
    rows: Collected,
    place: Place,
}

/// Where a chart goes.
enum Place {
    /// Instead of the rows.
    Terminal { width: usize, height: usize },
    /// Beside the rows.
    File(PathBuf),
}

/// Rows that are drawn, and perhaps shown.
struct DrawnWriter<'w> {
    collecting: Remembering,
    shown: Option<&'w mut dyn Writer>,
}

impl Writer for DrawnWriter<'_> {
    fn begin(&mut self, columns: &[Column]) -> io::Result<()> {
        self.collecting.begin(columns)?;
        self.shown
            .as_mut()
            .map_or(Ok(()), |shown| shown.begin(columns))
    }

    fn batch(&mut self, batch: &RecordBatch) -> io::Result<()> {
        self.collecting.batch(batch)?;
        self.shown
            .as_mut()
            .map_or(Ok(()), |shown| shown.batch(batch))
    }

    fn end(&mut self) -> io::Result<()> {
        self.shown.as_mut().map_or(Ok(()), |shown| shown.end())
    }

    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drawn {
    fn of(render: Option<&RenderAnnotation>, screen: &Screen) -> Option<Drawn> {
        let render = render?.clone();
        let place = match (&screen.chart, screen.viewer) {
            (Some(path), _) => Place::File(path.clone()),
            (None, Viewer::Terminal(terminal)) if screen.format.name == "table" => {
                chart::kind(&render)?;
                Place::Terminal {
                    width: terminal.width,
                    height: window().1,
                }
            }
            _ => return None,
        };
        Some(Drawn {
            render,
            rows: Collected::at_most(chart::ROWS_MAX),
            place,
        })
    }

    fn writer<'w>(&self, shown: &'w mut dyn Writer) -> DrawnWriter<'w> {
        let null = format("null").expect("`null` is a format");
        DrawnWriter {
            collecting: Remembering {
                writer: (null.open)(Box::new(io::sink()), Viewer::Machine),
                collected: self.rows.clone(),
            },
            shown: match self.place {
                Place::Terminal { .. } => None,
                Place::File(_) => Some(shown),
            },
        }
    }

    fn draw(&self, screen: &Screen, writer: &mut dyn Writer) -> Result<(), Failure> {
        let drawn = chart::chart(&self.render, &self.rows);
        match (&self.place, drawn) {
            (Place::Terminal { width, height }, Ok(drawn)) => {
                let text = drawn.text(*width, *height, Paint::of_terminal());
                io::stdout().write_all(text.as_bytes())?;
                drawn.remarks.iter().for_each(|remark| report::say(remark));
                if let Some(remembered) = &screen.remembered {
                    remembered.take(&self.rows);
                }
            }
            (Place::Terminal { .. }, Err(why)) => {
                report::say(&why);
                let (columns, batches) = self.rows.batches();
                writer.begin(&columns)?;
                batches.iter().try_for_each(|batch| writer.batch(batch))?;
                writer.end()?;
            }
            (Place::File(path), Ok(drawn)) => {
                let written = std::fs::write(path, drawn.page());
                written.map_err(|error| {
                    Failure::Data(format!("cannot write `{}`: {error}", path.display()))
                })?;
                report::say(&format!("chart: {}", path.display()));
            }
            (Place::File(_), Err(why)) => report::say(&why),
        }
        Ok(())
    }
}

enum Stopped {
    Query(QueryError),
    Output(io::Error),
}

/// What was shown of a result.
struct Shown {
    rows: u64,
    /// There are more.
    is_cut: bool,
}

async fn show(
    mut result: ResultSet,
    writer: &mut dyn Writer,
    rows_max: Option<u64>,
) -> Result<Shown, Stopped> {
    writer.begin(&result.columns).map_err(Stopped::Output)?;
    let (mut rows, mut is_cut) = (0, false);
    while let Some(batch) = result.rows.next().await {
        let mut batch = batch.map_err(|error| Stopped::Query(execution_error(error)))?;
        let room = rows_max.map_or(u64::MAX, |rows_max| rows_max - rows);
        if batch.num_rows() as u64 > room {
            batch = batch.slice(0, usize::try_from(room).unwrap_or(usize::MAX));
            is_cut = true;
        }
        rows += batch.num_rows() as u64;
        writer.batch(&batch).map_err(Stopped::Output)?;
        if is_cut {
            break;
        }
    }
    writer.end().map_err(Stopped::Output)?;
    Ok(Shown { rows, is_cut })
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
