//! A run over many files: each is opened, recognised, read and reported; what is wrong with one does not touch the others.

use crate::formats::{self, Head, LogFormat, Recognised};
use crate::identity::RecordIds;
use crate::input::{self, Found, Growth, Input, Known, Source, TextRead};
use crate::options::Options;
use crate::output::Output;
use crate::report::{FileReport, Outcome, Report};
use crate::sink::{EventSink, Observer};
use crate::{IngestError, Result};
use huntql_kql::time::UNIX_EPOCH;
use huntql_store::SourceNote;
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
    let chosen = chosen_format(options)?;
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

/// The format that the options name. Errors are those of the options.
pub(crate) fn chosen_format(options: &Options) -> Result<Option<&'static dyn LogFormat>> {
    if let Some(name) = &options.from_proxy {
        options
            .proxies
            .require(name)
            .map_err(IngestError::Options)?;
    }
    formats::check(options)?;
    formats::chosen(options, "")
}

pub(crate) fn now_ticks() -> i64 {
    let since = SystemTime::now()
        .duration_since(SYSTEM_EPOCH)
        .unwrap_or_default();
    UNIX_EPOCH + (since.as_nanos() / 100) as i64
}

pub(crate) struct Run<'a> {
    pub options: &'a Options,
    pub chosen: Option<&'static dyn LogFormat>,
    pub ingested_ticks: i64,
    pub sink: &'a mut dyn EventSink,
    pub observer: &'a mut dyn Observer,
}

/// A file that is to be read.
struct Opened {
    input: Input,
    format: &'static dyn LogFormat,
    ids: RecordIds,
    /// How it will be found again; `None` for what can be read only once.
    mark: Option<Mark>,
}

/// What a file is noted as.
struct Mark {
    head: String,
    /// That of the source which has grown.
    id: Option<String>,
    growth: Growth,
}

impl Run<'_> {
    /// Reads one file and tells what became of it.
    pub fn file(&mut self, source: &Source, found: Found) -> Result<FileReport> {
        let mut report = FileReport {
            file: source.to_string(),
            ..FileReport::default()
        };
        if let Some(reason) = source.refusal() {
            report.outcome = Outcome::Skipped(reason.to_owned());
            return Ok(report);
        }
        match self.open(source, found, &mut report) {
            Ok(Some(opened)) => self.read(source, opened, report),
            Ok(None) => Ok(report),
            Err(IngestError::Io(error)) => {
                report.outcome = Outcome::Failed(format!("cannot read: {error}"));
                Ok(report)
            }
            Err(error) => Err(error),
        }
    }

    /// The file, or `None` with the outcome in `report` when there is nothing to read.
    fn open(
        &mut self,
        source: &Source,
        found: Found,
        report: &mut FileReport,
    ) -> Result<Option<Opened>> {
        let input = Input::open(source)?;
        let head = Head::new(&report.file, input.head());
        let chosen = match self.chosen {
            None => formats::chosen(self.options, &report.file)?,
            chosen => chosen,
        };
        let format = match recognise(chosen, &head, found) {
            Ok(format) => format,
            Err(outcome) => {
                report.outcome = outcome;
                return Ok(None);
            }
        };
        report.format = Some(format.name());
        let mut opened = Opened {
            ids: RecordIds::default(),
            format,
            mark: None,
            input,
        };
        if source.is_repeatable() {
            let growth = format.growth(&Head::new(&report.file, opened.input.head()));
            let key = input::head_key(growth, opened.input.head());
            report.fingerprint = Some(key.clone());
            let notes = self.sink.sources(&key).map_err(IngestError::Sink)?;
            opened.mark = Some(Mark {
                head: key,
                id: None,
                growth,
            });
            match input::compare(source, notes)? {
                Known::No => {}
                Known::Whole(_) => {
                    report.outcome = Outcome::AlreadyKnown;
                    return Ok(None);
                }
                Known::Grown { note, cut } => {
                    opened = go_on(source, opened, &note, report)?;
                    report.notes.extend(cut.then(|| CUT_BEFORE.to_owned()));
                }
            }
        }
        self.sink
            .begin_file(&report.file)
            .map_err(IngestError::Sink)?;
        Ok(Some(opened))
    }

    fn read(&mut self, source: &Source, opened: Opened, report: FileReport) -> Result<FileReport> {
        let Opened {
            input,
            format,
            ids,
            mark,
        } = opened;
        let (damage, text, header_lines) = (input.damage(), input.text(), input.header_lines());
        let mut output = Output::new(
            self.options,
            report,
            self.ingested_ticks,
            self.sink,
            self.observer,
        )
        .with_ids(ids);
        let ended = format
            .read(input, &mut output)
            .and_then(|()| output.finish());
        let mut report = output.report;
        report.damage = damage.message();
        report.counts.forget_header(header_lines);
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
                let note = mark
                    .map(|mark| mark.note(source, text, damage.is_some()))
                    .transpose()?;
                let end = self.sink.end_file(note.as_ref());
                report.set_known(&end.map_err(IngestError::Sink)?.known_already);
            }
            Outcome::AlreadyKnown | Outcome::Skipped(_) | Outcome::Failed(_) => {
                self.sink.abandon_file();
                report.forget_rows();
            }
        }
        Ok(report)
    }
}

pub(crate) const CUT_BEFORE: &str = "its last line was not whole when it was read before: if a row was made of it then, it is still there beside the whole one";

/// Stands behind the part of a file that was read before, where the format allows; else the file is read from its start.
fn go_on(
    source: &Source,
    opened: Opened,
    note: &SourceNote,
    report: &mut FileReport,
) -> Result<Opened> {
    let mark = opened.mark.map(|mark| Mark {
        id: Some(note.id.clone()),
        ..mark
    });
    let by_lines = mark
        .as_ref()
        .is_some_and(|mark| mark.growth == Growth::Lines);
    if by_lines
        && note.line_start > 0
        && let Some((input, prefix)) = Input::open(source)?.pass_over(note.line_start)?
    {
        report.notes.push(format!(
            "it has grown: {} bytes were read before, and reading went on behind them",
            note.line_start
        ));
        return Ok(Opened {
            input,
            ids: RecordIds::behind(prefix.passed),
            mark,
            ..opened
        });
    }
    report.notes.push(
        "it has grown and was read from its start: what is a duplicate was stored before"
            .to_owned(),
    );
    Ok(Opened { mark, ..opened })
}

impl Mark {
    fn note(self, source: &Source, text: TextRead, is_damaged: bool) -> Result<SourceNote> {
        // A format may stop before the end of its text.
        let text = match text.ended() {
            true => text,
            false => input::read_through(source)?,
        };
        let hash = text.hash();
        Ok(SourceNote {
            id: self.id.unwrap_or_else(|| hash.clone()),
            head: Some(self.head),
            offset: text.bytes(),
            hash,
            // A stream that broke off in the middle has no place to go on from.
            line_start: match is_damaged {
                true => 0,
                false => text.line_start(),
            },
            ..SourceNote::default()
        })
    }
}

/// The format of a file, or what becomes of it without one.
pub(crate) fn recognise(
    chosen: Option<&'static dyn LogFormat>,
    head: &Head<'_>,
    found: Found,
) -> std::result::Result<&'static dyn LogFormat, Outcome> {
    if let Some(format) = chosen {
        return Ok(format);
    }
    match formats::recognise(head) {
        Recognised::Format(format) => Ok(format),
        Recognised::Empty => Err(Outcome::Skipped("it is empty".to_owned())),
        Recognised::Unmapped(what) => Err(Outcome::Skipped(what)),
        Recognised::Unknown => {
            let message = formats::unknown_message(head);
            Err(match found {
                Found::Named => Outcome::Failed(message),
                Found::InFolder => Outcome::Skipped(message),
            })
        }
    }
}
