//! Results that are drawn: instead of their rows on a terminal, beside them into a file.

use crate::chart::{self, Paint};
use crate::failure::Failure;
use crate::output::{Collected, Remembering, Viewer, Writer, format, grouped};
use crate::report;
use crate::screen::{Screen, window};
use datafusion::arrow::record_batch::RecordBatch;
use huntql_engine::RenderAnnotation;
use huntql_kql::types::Column;
use std::io::{self, Write};
use std::path::PathBuf;

/// A result that is drawn.
pub struct Drawn {
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

/// Whether the rows of a drawn result were shown too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rows {
    Shown,
    Hidden,
}

/// Rows that are drawn, and perhaps shown.
pub struct DrawnWriter<'w> {
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
    /// `None` when the rows are to be shown.
    pub fn of(render: Option<&RenderAnnotation>, screen: &Screen) -> Option<Drawn> {
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

    pub fn writer<'w>(&self, shown: &'w mut dyn Writer) -> DrawnWriter<'w> {
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

    /// Draws what has gone through the writer.
    ///
    /// # Errors
    /// Those of the output.
    pub fn draw(&self, screen: &Screen, writer: &mut dyn Writer) -> Result<Rows, Failure> {
        let drawn = chart::chart(&self.render, &self.rows);
        match (&self.place, drawn) {
            (Place::Terminal { width, height }, Ok(drawn)) => {
                let text = drawn.text(*width, *height, Paint::of_terminal());
                io::stdout().write_all(text.as_bytes())?;
                drawn.remarks.iter().for_each(|remark| report::say(remark));
                if let Some(remembered) = &screen.remembered {
                    remembered.take(&self.rows);
                }
                return Ok(Rows::Hidden);
            }
            (Place::Terminal { .. }, Err(why)) => {
                report::say(&why);
                if self.rows.rows() > self.rows.kept() {
                    let (kept, rows) = (grouped(self.rows.kept()), grouped(self.rows.rows()));
                    report::say(&format!("the first {kept} of {rows} rows follow"));
                }
                let (columns, batches) = self.rows.batches();
                writer.begin(&columns)?;
                batches.iter().try_for_each(|batch| writer.batch(batch))?;
                writer.end()?;
            }
            (Place::File(path), Ok(drawn)) => {
                let written = std::fs::write(path, drawn.file(path));
                written.map_err(|error| {
                    Failure::Data(format!("cannot write `{}`: {error}", path.display()))
                })?;
                drawn.remarks.iter().for_each(|remark| report::say(remark));
                report::say(&format!("chart: {}", path.display()));
            }
            (Place::File(_), Err(why)) => report::say(&why),
        }
        Ok(Rows::Shown)
    }
}
