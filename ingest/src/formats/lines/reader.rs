//! A file read by templates: the first that fits a line takes it.

use super::clock::NO_ZONE;
use super::syslog;
use super::template::{Scanned, Template};
use super::values::Writing;
use crate::formats::line::{self, Vetted};
use crate::formats::network::NetworkTable;
use crate::formats::proxy::ProxyLog;
use crate::input::Input;
use crate::output::{Output, Refusal};
use crate::report::Skip;
use crate::text::{Escape, lossless};
use crate::{IngestError, Result};

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
                match (lines.other)(syslog::message(text).unwrap_or(text)) {
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

/// The template that fits the line, and the line without what a relay put before it. The refusal is the first template's.
fn choose<'a, 'b>(
    templates: &'a [Template],
    text: &'b str,
    scanned: &mut Scanned,
) -> std::result::Result<(&'a Template, &'b str), Refusal> {
    let message = syslog::message(text);
    let mut first = None;
    for candidate in [message, Some(text)].into_iter().flatten() {
        for template in templates {
            match template.scan(candidate, scanned) {
                Ok(()) => return Ok((template, candidate)),
                Err(refusal) => {
                    first.get_or_insert(refusal);
                }
            }
        }
    }
    Err(first.unwrap_or_else(|| Refusal::new("other_format", "no format is known for the line")))
}
