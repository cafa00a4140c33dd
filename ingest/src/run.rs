//! A run over many files: each is opened, recognised, read and reported; what is wrong with one does not touch the others.

use crate::formats::{self, Head, LogFormat, Recognised};
use crate::input::{self, Found, Input, Source};
use crate::options::Options;
use crate::output::Output;
use crate::report::{FileReport, Outcome, Report};
use crate::sink::{EventSink, FileState, Observer};
use crate::{IngestError, Result};
use huntql_kql::time::UNIX_EPOCH;
use std::time::{SystemTime, UNIX_EPOCH as SYSTEM_EPOCH};

/// Reads everything that `paths` stand for into `sink`.
///
/// A folder or a pattern may hold anything: what is no log is reported as skipped. Errors that end the run are those of
/// the options and of the sink; a file that cannot be read is part of the report.
pub fn ingest_paths(
    paths: &[String],
    options: &Options,
    sink: &mut dyn EventSink,
    observer: &mut dyn Observer,
) -> Result<Report> {
    let chosen = options
        .format
        .as_deref()
        .map(formats::by_name)
        .transpose()?;
    if let Some(name) = &options.from_proxy {
        options
            .proxies
            .require(name)
            .map_err(IngestError::Options)?;
    }
    let mut run = Run {
        options,
        chosen,
        ingested_ticks: now_ticks(),
        sink,
        observer,
    };
    let mut report = Report::default();
    for expanded in input::expand(paths) {
        match expanded.sources {
            Err(message) => report.missing.push(message),
            Ok(sources) => {
                for (source, found) in sources {
                    let file = run.file(&source, found)?;
                    run.observer.finished(&file);
                    report.files.push(file);
                }
            }
        }
    }
    Ok(report)
}

fn now_ticks() -> i64 {
    let since = SystemTime::now()
        .duration_since(SYSTEM_EPOCH)
        .unwrap_or_default();
    UNIX_EPOCH + (since.as_nanos() / 100) as i64
}

struct Run<'a> {
    options: &'a Options,
    chosen: Option<&'static dyn LogFormat>,
    ingested_ticks: i64,
    sink: &'a mut dyn EventSink,
    observer: &'a mut dyn Observer,
}

impl Run<'_> {
    fn file(&mut self, source: &Source, found: Found) -> Result<FileReport> {
        let mut report = FileReport {
            file: source.to_string(),
            ..FileReport::default()
        };
        if let Some(reason) = source.refusal() {
            report.outcome = Outcome::Skipped(reason.to_owned());
            return Ok(report);
        }
        match self.open(source, found, &mut report) {
            Ok(Some((input, format))) => self.read(input, format, report),
            Ok(None) => Ok(report),
            Err(IngestError::Io(error)) => {
                report.outcome = Outcome::Failed(format!("cannot read: {error}"));
                Ok(report)
            }
            Err(error) => Err(error),
        }
    }

    /// The input and its format, or `None` with the outcome in `report` when there is nothing to read.
    fn open(
        &mut self,
        source: &Source,
        found: Found,
        report: &mut FileReport,
    ) -> Result<Option<(Input, &'static dyn LogFormat)>> {
        let input = Input::open(source)?;
        let head = Head::new(&report.file, input.head());
        let format = match self.chosen {
            Some(format) => format,
            None => match formats::recognise(&head) {
                Recognised::Format(format) => format,
                Recognised::Empty => {
                    report.outcome = Outcome::Skipped("it is empty".to_owned());
                    return Ok(None);
                }
                Recognised::Unmapped(what) => {
                    report.outcome = Outcome::Skipped(what);
                    return Ok(None);
                }
                Recognised::Unknown => {
                    let message = formats::unknown_message(&head);
                    report.outcome = match found {
                        Found::Named => Outcome::Failed(message),
                        Found::InFolder => Outcome::Skipped(message),
                    };
                    return Ok(None);
                }
            },
        };
        report.format = Some(format.name());
        report.fingerprint = input::fingerprint(source)?;
        let state = self
            .sink
            .begin_file(&report.file, report.fingerprint.as_deref())
            .map_err(IngestError::Sink)?;
        if state == FileState::Known {
            report.outcome = Outcome::AlreadyKnown;
            return Ok(None);
        }
        Ok(Some((input, format)))
    }

    fn read(
        &mut self,
        input: Input,
        format: &'static dyn LogFormat,
        report: FileReport,
    ) -> Result<FileReport> {
        let damage = input.damage();
        let mut output = Output::new(
            self.options,
            report,
            self.ingested_ticks,
            self.sink,
            self.observer,
        );
        let ended = format
            .read(input, &mut output)
            .and_then(|()| output.finish());
        let mut report = output.report;
        report.damage = damage.message();
        match ended {
            Ok(()) => {}
            Err(error @ (IngestError::Sink(_) | IngestError::Options(_))) => return Err(error),
            Err(error) => report.outcome = Outcome::Failed(error.to_string()),
        }
        if report.outcome == Outcome::Read && !report.counts.is_conserved() {
            report.outcome = Outcome::Failed(format!(
                "internal error: the counts do not add up: {}",
                report.counts
            ));
        }
        match report.outcome {
            Outcome::Read => {
                let end = self.sink.end_file().map_err(IngestError::Sink)?;
                report.set_known(&end.known_already);
            }
            Outcome::AlreadyKnown | Outcome::Skipped(_) | Outcome::Failed(_) => {
                self.sink.abandon_file();
                report.forget_rows();
            }
        }
        Ok(report)
    }
}
