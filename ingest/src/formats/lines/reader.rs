//! A file read by templates: the first that fits a line takes it.

use super::clock::NO_ZONE;
use super::template::{Scanned, Template};
use super::values::Writing;
use crate::formats::line::{self, Vetted};
use crate::formats::network::NetworkTable;
use crate::formats::proxy::ProxyLog;
use crate::formats::{Head, syslog};
use crate::input::Input;
use crate::output::{Output, Refusal};
use crate::report::Skip;
use crate::text::{Escape, lossless};
use crate::{IngestError, Result};
use std::cell::{Cell, RefCell};

/// How the lines of a file are read.
pub(in crate::formats) struct Lines<'a> {
    pub templates: &'a [Template],
    /// What a product writes into the same file that is no record: its name where a line is one.
    pub other: fn(&str) -> Option<&'static str>,
}

/// Reads a whole file.
pub(in crate::formats) fn read_lines(
    lines: &Lines<'_>,
    input: Input,
    output: &mut Output<'_>,
) -> Result<()> {
    let zone = output.options.time_zone.clone();
    if zone.is_none() && lines.templates.iter().all(Template::needs_zone) {
        return Err(IngestError::File(NO_ZONE.to_owned()));
    }
    let table = NetworkTable::open(output);
    let log = ProxyLog::of(&input.name, output);
    let mut scanned = Scanned::default();
    let mut reader = input.into_lines();
    while let Some(line) = reader.next_line()? {
        if line::vet(&line, output)? != Vetted::Usable {
            continue;
        }
        let place = line::place(&line);
        let (text, escaped) = lossless(line.bytes, Escape::Plain);
        output.report.escaped_bytes += escaped;
        let text = text.trim_end();
        if text.starts_with('#') {
            output.skip(Skip::Comment);
            continue;
        }
        let (template, message) = match choose(lines.templates, text, &mut scanned) {
            Ok(chosen) => chosen,
            Err(refusal) => {
                match (lines.other)(text) {
                    Some(name) => output.skip_unmapped(name),
                    None => output.reject(refusal, line.bytes, place)?,
                }
                continue;
            }
        };
        let how = Writing {
            format: template.format,
            origin_form: template.origin_form,
            zone_rule: template.zone_rule,
            zone: zone.as_ref(),
            log: &log,
            table: &table,
        };
        let written = template
            .values(message, &scanned)
            .and_then(|values| values.write(&how, output.rows(table.id)));
        match written {
            Ok(()) => output.keep(table.id, template.format, line.bytes, place)?,
            Err(refusal) => output.reject(refusal, line.bytes, place)?,
        }
    }
    output.report.nul_bytes += reader.nul_bytes();
    Ok(())
}

/// The template that fits the line, and the line without what a relay put before it. The refusal is that of the whole line.
fn choose<'a, 'b>(
    templates: &'a [Template],
    text: &'b str,
    scanned: &mut Scanned,
) -> std::result::Result<(&'a Template, &'b str), Refusal> {
    let (scanned, first, fits) = (RefCell::new(scanned), RefCell::new(None), Cell::new(false));
    for template in templates {
        let message = syslog::strip(text, |candidate| {
            let answer = template.scan(candidate, &mut scanned.borrow_mut());
            fits.set(answer.is_ok());
            if let Err(refusal) = answer {
                first.borrow_mut().get_or_insert(refusal);
            }
            fits.get()
        });
        if fits.get() {
            return Ok((template, message));
        }
    }
    let first = first.into_inner();
    Err(first.unwrap_or_else(|| Refusal::new("other_format", "no format is known for the line")))
}

/// How many lines of a head the templates can read, how many are other lines of the product, and how many are neither.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::formats) struct Tally {
    pub records: usize,
    /// Records of requests for a path alone, where the product is a web server as well.
    pub origin_form: usize,
    pub other: usize,
    pub bad: usize,
}

/// Reads the head of a file for sniffing.
pub(in crate::formats) fn survey(lines: &Lines<'_>, head: &Head<'_>) -> Tally {
    let mut tally = Tally::default();
    let mut scanned = Scanned::default();
    for line in head
        .lines()
        .filter(|line| !line.starts_with(b"#"))
        .take(200)
    {
        let (text, _) = lossless(line, Escape::Plain);
        let text = text.trim_end();
        let answer = choose(lines.templates, text, &mut scanned).and_then(|(template, message)| {
            template
                .values(message, &scanned)?
                .vet(template.origin_form)
        });
        match answer {
            Ok(()) => tally.records += 1,
            Err(refusal) if refusal.code == "origin_form" => tally.origin_form += 1,
            Err(_) if (lines.other)(text).is_some() => tally.other += 1,
            Err(_) => tally.bad += 1,
        }
    }
    tally
}
