//! Connectivity checks of the sensor: the Client Analyzer's result text, and `mdatp connectivity test` of Linux and macOS.
//!
//! ```text
//! Testing URL : https://xxx.microsoft.com/xxx
//! 1 - Default proxy: Succeeded (200)
//! 4 - Named proxy: Doesn't exist
//! Testing connection with https://cdn.x.cp.wd.microsoft.com/ping ... [OK]
//! ```
//!
//! (source: Microsoft Defender for Endpoint, pages "verify-connectivity" and "linux-support-connectivity")
//!
//! | column of DeviceConnectivityChecks | from |
//! |---|---|
//! | ReportTime | a line `… time : 2026-03-02T07:40:00Z` (with its zone) before the checks; else null: the file's own date is that of a copy |
//! | DeviceName | a line `Device name : …` (or computer, machine, host name); else the file's name without its ending; else, where the file has the tool's name, the folder's |
//! | Url | the last `Testing URL`, or the URL that `Testing connection with` names |
//! | OptionNo, Option | the number and the words before the colon; null and `mdatp connectivity test` for that tool |
//! | Outcome | `Succeeded`, `Doesn't exist`, `OK` …: the words before a number in brackets |
//! | HttpStatus | that number, when it is a status (100–599) |
//! | Detail | all of the outcome as written, when there is more in it (a WinHTTP error such as `(12007)`); else, in a row without an outcome, a line that nothing is known of |
//! | SourceFile, Line | where it stands |
//!
//! No text is thrown away: real results that failed were not to be had, so a line of an unknown shape is a row of its own.

mod text;

use super::line;
use super::{Head, LogFormat, Sniff};
use crate::Result;
use crate::input::{Input, Line};
use crate::output::{Output, Refusal, TableId};
use crate::report::Skip;
use crate::table::TableRows;
use crate::text::{Escape, lossless};
use crate::time;
use huntql_store::schema::builtin;
use text::{Check, Part, part, parts};

pub(super) static FORMAT: Connectivity = Connectivity;

pub(super) struct Connectivity;

impl LogFormat for Connectivity {
    fn name(&self) -> &'static str {
        "connectivity"
    }

    fn title(&self) -> &'static str {
        "the Client Analyzer's result text, and mdatp connectivity test"
    }

    fn spec(&self) -> &'static str {
        "https://learn.microsoft.com/defender-endpoint/verify-connectivity"
    }

    fn sniff(&self, head: &Head<'_>) -> Sniff {
        let is_one = |line: &[u8]| {
            let (text, _) = lossless(line, Escape::Plain);
            parts(&text).any(|text| match part(text) {
                Part::Url(_) => true,
                Part::Check(check) => check.url.is_some(),
                Part::Note(..) | Part::Unknown(_) => false,
            })
        };
        match head.lines().any(is_one) {
            true => Sniff::Certain,
            false => Sniff::No,
        }
    }

    fn read(&self, input: Input, output: &mut Output<'_>) -> Result<()> {
        let mut report = Report::of(&input.name, output);
        line::each(input, output, |line, output| report.line(line, output))
    }
}

/// What the lines so far have said.
struct Report {
    table: TableId,
    file: String,
    device: String,
    time: Option<i64>,
    url: String,
    /// The option before this line, of the same URL.
    last_number: Option<i64>,
}

impl Report {
    fn of(file: &str, output: &mut Output<'_>) -> Self {
        let schema = builtin("DeviceConnectivityChecks").expect("it is built in");
        Self {
            table: output.table(schema),
            file: file.to_owned(),
            device: device_of(file).to_owned(),
            time: None,
            url: String::new(),
            last_number: None,
        }
    }

    /// A line is one record; where pieces are glued by `</br>`, each piece is one.
    fn line(&mut self, line: &Line<'_>, output: &mut Output<'_>) -> Result<()> {
        let (text, escaped) = lossless(line.bytes, Escape::Plain);
        output.report.escaped_bytes += escaped;
        let mut is_first = true;
        for piece in parts(&text) {
            if !is_first {
                output.read(1);
            }
            is_first = false;
            self.piece(piece, line, output)?;
        }
        if is_first {
            output.skip(Skip::Blank);
        }
        Ok(())
    }

    fn piece(&mut self, piece: &str, line: &Line<'_>, output: &mut Output<'_>) -> Result<()> {
        let place = line::place(line);
        let check = match part(piece) {
            Part::Url(url) => {
                url.clone_into(&mut self.url);
                self.last_number = None;
                output.skip(Skip::Comment);
                return Ok(());
            }
            Part::Note(label, value) if self.note(label, value) => {
                output.skip(Skip::Comment);
                return Ok(());
            }
            Part::Check(check) => check,
            Part::Note(..) | Part::Unknown(_) => Check::unknown(piece),
        };
        if let Some(url) = check.url {
            url.clone_into(&mut self.url);
        } else if check.number.is_some() {
            // Where the numbers begin again, a `Testing URL` has been lost, and nobody knows which.
            if check.number <= self.last_number {
                self.url.clear();
            }
            self.last_number = check.number;
        }
        if self.url.is_empty() && check.option.is_empty() {
            // A preamble: the tool's name, its version, a rule of dashes.
            output.skip(Skip::Comment);
            return Ok(());
        }
        if self.url.is_empty() {
            let refusal = Refusal::new("no_url", "no `Testing URL` stands before this option");
            return output.reject(refusal, piece.as_bytes(), place);
        }
        self.write(&check, line.number, output.rows(self.table));
        // The lines of two reports are alike: what tells them apart is whose, when, of what, and where.
        let (device, time, url, number) = (&self.device, self.time, &self.url, line.number);
        let identity = format!("{device}\0{time:?}\0{url}\0{number}\0{piece}");
        output.keep(self.table, "connectivity", identity.as_bytes(), place)
    }

    /// Takes a line `label : value` that says whose report this is, or when it was made.
    fn note(&mut self, label: &str, value: &str) -> bool {
        const DEVICE: &[&str] = &[
            "device name",
            "computer name",
            "machine name",
            "host name",
            "hostname",
        ];
        let label = label.to_ascii_lowercase();
        if DEVICE.contains(&label.as_str()) {
            value.clone_into(&mut self.device);
            return true;
        }
        let time = (label.ends_with("time") || label.ends_with("date"))
            .then(|| time::iso_instant(value))
            .flatten();
        self.time = time.or(self.time);
        time.is_some()
    }

    fn write(&self, check: &Check<'_>, line: u64, rows: &mut TableRows) {
        let position = |rows: &TableRows, name| {
            rows.position(name)
                .expect("DeviceConnectivityChecks has this column")
        };
        for (name, text) in [
            ("DeviceName", self.device.as_str()),
            ("Url", &self.url),
            ("Option", check.option),
            ("Outcome", check.outcome),
            ("Detail", check.detail),
            ("SourceFile", &self.file),
        ] {
            let at = position(rows, name);
            rows.cell(at).push_text(text);
        }
        for (name, value) in [
            ("ReportTime", self.time),
            ("OptionNo", check.number),
            ("HttpStatus", check.status),
            ("Line", i64::try_from(line).ok()),
        ] {
            if let Some(value) = value {
                let at = position(rows, name);
                rows.cell(at).push_i64(value);
            }
        }
    }
}

/// The device that a report's file is named after: the tool's own name says nothing, the folder around it may.
fn device_of(file: &str) -> &str {
    const TOOL: &[&str] = &[
        "mdatpclientanalyzer",
        "mdeclientanalyzer",
        "clientanalyzer",
        "mdatp",
    ];
    let (folder, name) = file.rsplit_once(['/', '\\']).unwrap_or(("", file));
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let lower = stem.to_ascii_lowercase();
    if !TOOL.iter().any(|tool| lower.starts_with(tool)) {
        return stem;
    }
    folder.rsplit(['/', '\\']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests;
