//! A vendor's format as data, and the one way in which all of them are read: line by line.
//!
//! What a line is, in this order: blank or cut (`line.rs`), a comment, a header, a record. A record is taken out of its
//! relay's prefix, split into fields, and told its kind; a kind that is recognised and not mapped is skipped by name.

use super::delimited::Header;
use super::fields::Fields;
use super::instants::{FileClock, NO_ZONE};
use super::mapping::Mapping;
use super::rows::{self, RowContext};
use crate::formats::dates::{Clock, Survey};
use crate::formats::line;
use crate::formats::network::NetworkTable;
use crate::formats::proxy::ProxyLog;
use crate::formats::{Head, LogFormat, Sniff, syslog};
use crate::input::{Growth, Input, Line};
use crate::output::{Output, Refusal};
use crate::report::Skip;
use crate::text::{Escape, lossless};
use crate::{IngestError, Result};
use std::cell::Cell;

/// What a record is to its format.
pub(super) enum Kind {
    /// A request that a proxy handled.
    Proxied(&'static Mapping),
    /// A connection that a firewall saw: nobody's proxied request.
    Connection(&'static Mapping),
    /// Of this product, and no network event that is mapped; the name of its log.
    Unmapped(String),
    /// Not of this product.
    Foreign,
}

/// Splits a record into fields, under the file's header where it has one.
pub(super) type Parse =
    for<'a> fn(&'a str, Option<&Header>) -> std::result::Result<Fields<'a>, Refusal>;

pub(in crate::formats) struct Vendor {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) spec: &'static str,
    /// Whether a text is the beginning of a record, for taking the relay's prefix off.
    pub(super) begins: fn(&str) -> bool,
    /// The line as the header of what follows.
    pub(super) header: fn(&str) -> Option<Header>,
    pub(super) parse: Parse,
    pub(super) kind: fn(&Fields<'_>) -> Kind,
}

/// Records without a zone before the file is given up.
const ZONELESS_MAX: u64 = 20;
/// Lines that sniffing looks at.
const SNIFFED_LINES: usize = 40;

impl LogFormat for Vendor {
    fn name(&self) -> &'static str {
        self.name
    }

    fn title(&self) -> &'static str {
        self.title
    }

    fn spec(&self) -> &'static str {
        self.spec
    }

    /// A good record in three of the head's lines is enough: logs are cut, and relays mix.
    fn sniff(&self, head: &Head<'_>) -> Sniff {
        let (mut good, mut bad, mut unmapped) = (0, 0, None);
        let mut header = None;
        for line in head.lines().take(SNIFFED_LINES) {
            let text = lossless(line, Escape::Plain).0;
            if let Some(found) = (self.header)(&text) {
                header = Some(found);
                continue;
            }
            if text.starts_with('#') {
                continue;
            }
            let record = syslog::strip(&text, self.begins);
            match (self.parse)(record, header.as_ref()).map(|fields| (self.kind)(&fields)) {
                Ok(Kind::Proxied(_) | Kind::Connection(_)) => good += 1,
                Ok(Kind::Unmapped(log)) => unmapped = unmapped.or(Some(log)),
                Ok(Kind::Foreign) | Err(_) => bad += 1,
            }
        }
        let whole = head.bytes.len() < crate::input::HEAD_BYTES;
        match (good, unmapped) {
            (1.., _) if bad <= 2 * good => Sniff::Certain,
            (0, Some(_)) if bad == 0 && !whole => Sniff::Likely,
            (0, Some(log)) if bad == 0 => Sniff::Unmapped(format!(
                "it has no records of `{}` that are mapped; it is a log of {log}",
                self.name
            )),
            _ => Sniff::No,
        }
    }

    /// A header without `#`, and dates that the whole file decides on, must be read from the start.
    fn growth(&self, head: &Head<'_>) -> Growth {
        let mut has_header = false;
        for line in head
            .lines()
            .take(SNIFFED_LINES)
            .filter(|line| !line.starts_with(b"#"))
        {
            has_header |= (self.header)(&lossless(line, Escape::Plain).0).is_some();
        }
        match has_header || self.surveys(head) {
            true => Growth::Whole,
            false => Growth::Lines,
        }
    }

    fn read(&self, input: Input, output: &mut Output<'_>) -> Result<()> {
        let order = match (
            output.options.date_order,
            self.surveys(&Head::new("", input.head())),
        ) {
            (Some(order), _) => Some(order),
            (None, true) => self
                .survey(&input)?
                .order(None)
                .map_err(IngestError::File)?,
            (None, false) => None,
        };
        let mut reading = Reading {
            vendor: self,
            table: NetworkTable::open(output),
            log: ProxyLog::of(&input.name, output),
            clock: FileClock {
                clock: Clock {
                    order,
                    zone: output.options.time_zone.clone(),
                },
                year_told: Cell::new(false),
                now: output.now(),
            },
            header: None,
            zoneless: 0,
            dated: false,
        };
        line::each(input, output, |line, output| reading.line(line, output))?;
        if reading.clock.year_told.get() {
            let note = "its times have no year: each was taken for the latest that does not lie in the future";
            output.report.notes.push(note.to_owned());
        }
        reading.end()
    }
}

impl Vendor {
    /// Whether the head has a time whose day and month cannot be told apart.
    fn surveys(&self, head: &Head<'_>) -> bool {
        let mut survey = Survey::default();
        let mut header = None;
        for line in head.lines().take(SNIFFED_LINES) {
            self.survey_line(&lossless(line, Escape::Plain).0, &mut header, &mut survey);
        }
        survey.local > 0
    }

    /// Looks at the times of all records.
    fn survey(&self, input: &Input) -> Result<Survey> {
        let mut survey = Survey::default();
        let mut header = None;
        let Some(again) = input.reopen()? else {
            let message = "its dates can be read day first and month first, and standard input cannot be looked at twice; \
                           say which with --date-order";
            return Err(IngestError::File(message.to_owned()));
        };
        let mut reader = again.into_lines();
        while let Some(line) = reader.next_line()? {
            self.survey_line(
                &lossless(line.bytes, Escape::Plain).0,
                &mut header,
                &mut survey,
            );
        }
        Ok(survey)
    }

    fn survey_line(&self, text: &str, header: &mut Option<Header>, survey: &mut Survey) {
        if let Some(found) = (self.header)(text) {
            *header = Some(found);
            return;
        }
        let record = syslog::strip(text, self.begins);
        let Ok(fields) = (self.parse)(record, header.as_ref()) else {
            return;
        };
        if let Kind::Proxied(mapping) | Kind::Connection(mapping) = (self.kind)(&fields)
            && let Some(time) = super::instants::text_of(mapping.time, &fields, mapping.nulls)
        {
            match super::instants::is_plain(time) {
                true => survey.plain += 1,
                false => survey.add(time),
            }
        }
    }
}

/// The state of reading one file.
struct Reading<'v> {
    vendor: &'v Vendor,
    table: NetworkTable,
    log: ProxyLog,
    clock: FileClock,
    header: Option<Header>,
    zoneless: u64,
    /// A record has been kept.
    dated: bool,
}

impl Reading<'_> {
    fn line(&mut self, line: &Line<'_>, output: &mut Output<'_>) -> Result<()> {
        let (text, escaped) = lossless(line.bytes, Escape::Plain);
        output.report.escaped_bytes += escaped;
        if let Some(header) = (self.vendor.header)(&text) {
            self.header = Some(header);
            output.skip(Skip::Comment);
            return Ok(());
        }
        if text.starts_with('#') {
            output.skip(Skip::Comment);
            return Ok(());
        }
        let record = syslog::strip(&text, self.vendor.begins);
        let relay = &text[..text.len() - record.len()];
        let place = line::place(line);
        let written = (self.vendor.parse)(record, self.header.as_ref())
            .and_then(|fields| self.record(&fields, relay, output));
        match written {
            Ok(None) => {
                self.dated = true;
                output.keep(self.table.id, self.vendor.name, line.bytes, place)
            }
            Ok(Some(log)) => {
                output.skip_unmapped(&log);
                Ok(())
            }
            Err(refusal) => {
                self.zoneless += u64::from(refusal.code == NO_ZONE);
                if self.zoneless >= ZONELESS_MAX {
                    self.end()?;
                }
                output.discard(self.table.id, refusal, line.bytes, place)
            }
        }
    }

    /// Writes the row, or names the log that is not mapped.
    fn record(
        &self,
        fields: &Fields<'_>,
        relay: &str,
        output: &mut Output<'_>,
    ) -> std::result::Result<Option<String>, Refusal> {
        let context = RowContext {
            format: self.vendor.name,
            table: &self.table,
            log: &self.log,
            clock: &self.clock,
        };
        match (self.vendor.kind)(fields) {
            Kind::Proxied(mapping) => {
                rows::proxied(fields, mapping, relay, &context, output).map(|()| None)
            }
            Kind::Connection(mapping) => {
                rows::connection(fields, mapping, relay, &context, output).map(|()| None)
            }
            Kind::Unmapped(log) => Ok(Some(log)),
            Kind::Foreign => Err(Refusal::new(
                "other_format",
                format!("the record is not one of `{}`", self.vendor.name),
            )),
        }
    }

    /// A file of which nothing could be read for want of a zone fails as a whole, with what to do.
    fn end(&self) -> Result<()> {
        match !self.dated && self.zoneless > 0 {
            true => Err(IngestError::File(
                "its times have no zone; say which one they are in with --tz".to_owned(),
            )),
            false => Ok(()),
        }
    }
}
