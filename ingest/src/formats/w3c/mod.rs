//! W3C extended logs of proxies: ProxySG, Cisco WSA, TMG and ISA.
//! (spec: <https://www.w3.org/TR/WD-logfile>; what each product's fields mean: [`fields`])
//!
//! The header drives everything: `#Fields` may come again in the middle of a file with other fields. Times are UTC and those
//! of the end; `date-local` and `time-local` need `--tz`; a line without a date has that of `#Date`, or the day after it where
//! its clock is more than half a day before that of `#Date`. A log without a header (sent by syslog) needs `--logformat '#Fields: …'`.
//!
//! A web server's log in this format (IIS: paths of its own, no target) is refused by name.
//!
//! **One tunnel, up to three records (ProxySG)**: `CONNECT tcp host`, `unknown ssl host`, and the requests inside as `https`.
//! Each line is kept as its own row. Rows of one tunnel have the same `TunnelKey`, which is `client|host:port`, and overlap in
//! time (Timestamp to Timestamp + duration, whole seconds); `TunnelPart` is `connect`, `tls` or `request`. Whoever counts
//! connections merges rows with one key that overlap, give or take a second, and drops all but the `connect` one.

mod fields;
mod header;
mod row;

use super::line;
use super::lines::{Meaning, NO_ZONE, OriginForm, Slot, Values, Writing, ZoneRule};
use super::network::NetworkTable;
use super::proxy::ProxyLog;
use super::{Head, LogFormat, Sniff, logformat, syslog};
use crate::input::{Growth, Input, Line};
use crate::output::{Output, Refusal};
use crate::report::Skip;
use crate::table::TableRows;
use crate::text::{Escape, lossless};
use crate::{IngestError, Result};
use fields::Product;
use header::Header;
use jiff::tz::TimeZone;
use row::Row;

pub(super) static FORMAT: W3c = W3c;

pub(super) struct W3c;

impl LogFormat for W3c {
    fn name(&self) -> &'static str {
        "w3c"
    }

    fn title(&self) -> &'static str {
        "W3C extended logs of proxies (ProxySG, Cisco WSA, TMG)"
    }

    fn spec(&self) -> &'static str {
        "https://www.w3.org/TR/WD-logfile"
    }

    fn sniff(&self, head: &Head<'_>) -> Sniff {
        let mut reader = Reader::default();
        let (mut kept, mut refused) = (0, 0);
        for line in head.lines().take(400) {
            let (text, _) = lossless(line, Escape::Plain);
            match text.starts_with('#') {
                true => reader.header.directive(&text),
                false if reader.header.columns.is_empty() => return Sniff::No,
                false => match reader.vet(&text) {
                    Ok(()) => kept += 1,
                    Err(_) => refused += 1,
                },
            }
        }
        // Other logs have `#Fields` as well (pfirewall.log): those without a client are none of this kind.
        let is_web = reader
            .header
            .columns
            .iter()
            .any(|column| column.meaning == Meaning::Text(Slot::Client));
        match (is_web, reader.header.names_targets()) {
            (false, _) => Sniff::No,
            (true, true) if kept > 0 || refused == 0 => Sniff::Certain,
            (true, _) => Sniff::Unmapped(format!(
                "looks like a web server's log in W3C's extended format{}: its requests are for paths of its own, \
                 and no line names the target of a proxied request",
                if reader.header.product == Product::Iis {
                    " (IIS)"
                } else {
                    ""
                }
            )),
        }
    }

    fn growth(&self, _: &Head<'_>) -> Growth {
        Growth::Lines
    }

    fn read(&self, input: Input, output: &mut Output<'_>) -> Result<()> {
        let table = NetworkTable::open(output);
        let log = ProxyLog::of(&input.name, output);
        let zone = output.options.time_zone.clone();
        let mut reader = Reader::default();
        if let Some(told) = logformat::told(output.options, &input.name) {
            let told = told.trim();
            match told.starts_with('#') {
                true => reader.header.directive(told),
                false => reader.header.directive(&format!("#Fields: {told}")),
            }
        }
        line::each(input, output, |line, output| {
            let place = Context {
                zone: zone.as_ref(),
                log: &log,
                table: &table,
            };
            reader.line(line, &place, output)
        })
    }
}

/// What holds for all lines of a file.
struct Context<'a> {
    zone: Option<&'a TimeZone>,
    log: &'a ProxyLog,
    table: &'a NetworkTable,
}

/// A file as far as it has been read.
#[derive(Default)]
struct Reader {
    header: Header,
    row: Row,
}

impl Reader {
    fn line(
        &mut self,
        line: &Line<'_>,
        context: &Context<'_>,
        output: &mut Output<'_>,
    ) -> Result<()> {
        let place = line::place(line);
        let (text, escaped) = lossless(line.bytes, Escape::Plain);
        output.report.escaped_bytes += escaped;
        if text.starts_with('#') {
            self.header.directive(&text);
            output.skip(Skip::Comment);
            return Ok(());
        }
        if self.header.is_local() && context.zone.is_none() {
            return Err(IngestError::File(NO_ZONE.to_owned()));
        }
        match self.record(&text, context, output.rows(context.table.id)) {
            Ok(()) => output.keep(context.table.id, "w3c", line.bytes, place),
            Err(refusal) => output.reject(refusal, line.bytes, place),
        }
    }

    fn record(
        &mut self,
        text: &str,
        context: &Context<'_>,
        rows: &mut TableRows,
    ) -> std::result::Result<(), Refusal> {
        let key;
        let message = self.split(text)?;
        let mut values = self.values(message)?;
        if let Some(clock) = values.end.lone_clock()
            && let Some(day) = self.header.day_of(clock)
        {
            values.end.set_date(day);
        }
        if let Some((part, text)) = tunnel(self.header.product, &values) {
            key = text;
            values.more.push(("TunnelKey", &key));
            values.more.push(("TunnelPart", part));
        }
        let how = Writing {
            format: self.header.product.format(),
            origin_form: OriginForm::Refused,
            zone_rule: ZoneRule::Utc,
            zone: context.zone,
            log: context.log,
            table: context.table,
        };
        values.write(&how, rows)
    }

    /// Whether a line is a record, but for its time.
    fn vet(&mut self, text: &str) -> std::result::Result<(), Refusal> {
        let message = self.split(text)?;
        self.values(message)?.vet(OriginForm::Refused)
    }

    /// Takes a line apart; what comes back is the line without what a relay put before it.
    fn split<'a>(&mut self, text: &'a str) -> std::result::Result<&'a str, Refusal> {
        if self.header.columns.is_empty() {
            return Err(Refusal::new(
                "no_fields",
                "no `#Fields` stands before this line; give the header with --logformat '#Fields: …'",
            ));
        }
        if !self.header.names_targets() {
            return Err(Refusal::new(
                "web_server",
                "by its `#Fields` this line is of no proxy: nothing names a client and a target",
            ));
        }
        let message = syslog::strip(text, |candidate| self.header.begins(candidate));
        let columns = self.header.columns.len();
        self.row.split(message, self.header.separator, columns)?;
        if self.header.product != Product::ProxySg {
            for (index, column) in self.header.columns.iter().enumerate() {
                if column.meaning == Meaning::Text(Slot::UserAgent) {
                    self.row.undo_plus(message, index);
                }
            }
        }
        Ok(message)
    }

    fn values<'a>(&'a self, message: &'a str) -> std::result::Result<Values<'a>, Refusal> {
        let mut values = Values::default();
        for (index, column) in self.header.columns.iter().enumerate() {
            let text = self.row.get(message, index);
            let (name, meaning) = (column.name.as_str(), column.meaning);
            match meaning {
                // A path, or in some of ProxySG's formats the whole URL.
                Meaning::Text(Slot::Path) if text.contains("://") => {
                    values.set(name, Meaning::Text(Slot::Url), text)?;
                }
                // `BLOCK_WEBCAT_12-Policy-Identity-…`: names of policies are the administrator's words.
                Meaning::Text(Slot::Verdict) if name.eq_ignore_ascii_case("x-acltag") => {
                    let tag = text.split('-').next().unwrap_or(text);
                    values.set(name, meaning, tag)?;
                    values.set("AclTag", Meaning::More, text)?;
                }
                // TMG has its own result codes, and those of Windows, beside HTTP's.
                Meaning::Text(Slot::Status) if text.len() > 3 => {
                    values.set("ResultCode", Meaning::More, text)?;
                }
                _ => values.set(name, meaning, text)?,
            }
        }
        for index in self.header.columns.len()..self.row.len() {
            let name = EXTRA.get(index - self.header.columns.len());
            let name = name.copied().unwrap_or("ExtraFields");
            values.set(name, Meaning::More, self.row.get(message, index))?;
        }
        Ok(values)
    }
}

/// Names of fields that the header does not have.
const EXTRA: &[&str] = &[
    "ExtraField1",
    "ExtraField2",
    "ExtraField3",
    "ExtraField4",
    "ExtraField5",
    "ExtraField6",
    "ExtraField7",
    "ExtraField8",
    "ExtraField9",
    "ExtraField10",
    "ExtraField11",
    "ExtraField12",
];

/// Which part of a tunnel a record of ProxySG is, and the key that the parts have in common.
fn tunnel(product: Product, values: &Values<'_>) -> Option<(&'static str, String)> {
    if product != Product::ProxySg {
        return None;
    }
    let is = |slot: Slot, text: &str| {
        values
            .get(slot)
            .is_some_and(|value| value.eq_ignore_ascii_case(text))
    };
    let part = if is(Slot::Method, "CONNECT") {
        "connect"
    } else if is(Slot::Scheme, "ssl") {
        "tls"
    } else if is(Slot::Scheme, "https") {
        "request"
    } else {
        return None;
    };
    let (client, host) = (values.get(Slot::Client)?, values.get(Slot::Host)?);
    let port = values.get(Slot::Port).unwrap_or("443");
    Some((
        part,
        format!("{client}|{}:{port}", host.to_ascii_lowercase()),
    ))
}

#[cfg(test)]
mod tests;
