//! Where rows are shown: a terminal, a pager, a file, memory; and what is said below them.

use crate::failure::Failure;
use crate::limits::ResultLimits;
use crate::output::{
    Collected, Content, Footer, Format, Pager, Remembering, Sink, Terminal, Viewer, Writer, bytes,
    format, grouped,
};
use crate::progress::scanned;
use crate::report;
use datafusion::arrow::record_batch::RecordBatch;
use huntql_engine::Work;
use huntql_kql::types::Column;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, IsTerminal};
use std::path::PathBuf;
use std::time::Duration;

/// Rows of a result that a terminal gets to see outside of the shell.
const ROWS_SHOWN_MAX: u64 = 1_000;

/// Where rows are shown, and how.
pub struct Screen {
    pub format: &'static Format,
    pub viewer: Viewer,
    target: Target,
    pub remembered: Option<Collected>,
    pub footer: Footer,
    is_timed: bool,
    /// The file that a chart goes into.
    pub chart: Option<PathBuf>,
    pub limits: ResultLimits,
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
pub fn window() -> (usize, usize) {
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
            limits: ResultLimits::default(),
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

    /// Stops behind so much of a result, and says so.
    pub fn up_to(mut self, limits: ResultLimits) -> Screen {
        self.limits = limits;
        self
    }

    /// Whether what is written goes to the terminal by way of a program of the user's.
    pub fn is_paged(&self) -> bool {
        matches!(self.target, Target::Pager) && Pager::is_wanted()
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

    /// # Errors
    /// A file that cannot be written, and bytes that are nothing for a terminal.
    pub fn writer(&self) -> Result<Box<dyn Writer>, Failure> {
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

    /// What is said below a result: rows, files, memory, time.
    pub fn foot(&self, rows: u64, work: &Work, elapsed: Duration) -> String {
        let noun = if rows == 1 { "row" } else { "rows" };
        let mut parts = vec![format!("{} {noun}", grouped(rows))];
        if self.is_timed {
            parts.extend(scanned(work));
            if work.memory_peak_bytes > 0 {
                parts.push(format!("{} memory", bytes(work.memory_peak_bytes)));
            }
            parts.push(format!("{:.3} s", elapsed.as_secs_f64()));
        }
        if let Target::File { path, .. } = &self.target {
            parts.push(format!("into {}", path.display()));
        }
        parts.join(", ")
    }
}
