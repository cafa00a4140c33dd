//! Zeek's own TSV: header directives that say separator, path and fields, then lines.
//!
//! Headers repeat after a rotation or `cat`, with other fields or another log; `#close` may be missing. Fields are read by
//! name only. A line with more or fewer fields than its header is rejected: it is cut or glued.

use super::addresses::AddressTable;
use super::logs::{self, Kind, Table, ZeekLog};
use super::map::{Target, Written};
use super::record::{Escapes, Extra, Record, Span, Writing};
use crate::Result;
use crate::formats::line;
use crate::formats::network::NetworkTable;
use crate::formats::{Head, LogFormat, Sniff};
use crate::input::{Growth, Input, Line};
use crate::output::{Output, Place, Refusal};
use crate::report::Skip;
use crate::text::{Escape, lossless};

pub(in crate::formats) struct ZeekTsv;

impl LogFormat for ZeekTsv {
    fn name(&self) -> &'static str {
        "zeek-tsv"
    }

    fn title(&self) -> &'static str {
        "Zeek logs in TSV: conn, http, ssl, dns, ssh, smtp, ftp, ntlm, dhcp"
    }

    fn spec(&self) -> &'static str {
        "https://docs.zeek.org/en/master/log-formats.html"
    }

    fn sniff(&self, head: &Head<'_>) -> Sniff {
        let mut header = Header::default();
        for line in head.lines() {
            let line = lossless(line, Escape::Plain).0;
            if line.starts_with('#') {
                header.directive(&line);
            } else {
                return header.sniff(&line);
            }
        }
        header.sniff("")
    }

    fn growth(&self, _: &Head<'_>) -> Growth {
        Growth::Lines
    }

    fn read(&self, input: Input, output: &mut Output<'_>) -> Result<()> {
        let mut file = Reading {
            table: NetworkTable::open(output),
            addresses: AddressTable::open(output),
            header: Header::default(),
            columns: Vec::new(),
            known: Vec::new(),
            extras: Vec::new(),
        };
        line::each(input, output, |line, output| file.line(line, output))
    }
}

/// How values are written in this file.
#[derive(Debug, Clone)]
pub(super) struct Style {
    separator: String,
    pub set_separator: String,
    pub empty: String,
    pub unset: String,
}

impl Default for Style {
    fn default() -> Self {
        let text = str::to_owned;
        Self {
            separator: text("\t"),
            set_separator: text(","),
            empty: text("(empty)"),
            unset: text("-"),
        }
    }
}

/// The header that holds for the lines after it.
#[derive(Debug, Default)]
struct Header {
    style: Style,
    path: String,
    fields: Vec<String>,
    types: Vec<String>,
    /// Set once `#fields` has been read, when the log is mapped.
    log: Option<&'static ZeekLog>,
    /// For each column, the position of its field in the log, or in `extras`.
    columns: Vec<Column>,
    extras: Vec<Extra>,
}

#[derive(Debug, Clone, Copy)]
enum Column {
    Known(usize),
    Extra(usize),
}

impl Header {
    /// Takes up a `#` line. Comments are no directives and change nothing.
    fn directive(&mut self, line: &str) {
        if let Some(separator) = line.strip_prefix("#separator ") {
            *self = Header::default();
            self.style.separator = unescape_separator(separator);
            return;
        }
        let mut parts = line.split(self.style.separator.as_str());
        let Some(name) = parts.next() else { return };
        let values: Vec<String> = parts.map(str::to_owned).collect();
        let first = || values.first().cloned().unwrap_or_default();
        match name {
            "#set_separator" => self.style.set_separator = first(),
            "#empty_field" => self.style.empty = first(),
            "#unset_field" => self.style.unset = first(),
            "#path" => self.path = first(),
            "#fields" => {
                self.fields = values;
                self.types.clear();
                self.resolve();
            }
            "#types" => {
                self.types = values;
                self.resolve();
            }
            _ => {}
        }
    }

    /// Finds the log and the place of each column.
    fn resolve(&mut self) {
        if self.path.is_empty() {
            let names: Vec<&str> = self.fields.iter().map(String::as_str).collect();
            self.path = by_fields(&names).map_or_else(String::new, |log| log.name.to_owned());
        }
        self.log = logs::mapped(&self.path);
        self.columns.clear();
        self.extras.clear();
        let Some(log) = self.log else { return };
        for (index, field) in self.fields.iter().enumerate() {
            self.columns.push(match log.position(field) {
                Some(position) => Column::Known(position),
                None => {
                    let kind = self.types.get(index).map_or(Kind::Text, |ty| kind_of(ty));
                    self.extras.push(Extra {
                        name: field.clone(),
                        kind,
                    });
                    Column::Extra(self.extras.len() - 1)
                }
            });
        }
    }

    fn sniff(&self, first_line: &str) -> Sniff {
        if !self.fields.is_empty() {
            return match self.log {
                Some(_) => Sniff::Certain,
                None if logs::is_log(&self.path)
                    || self.fields.iter().any(|field| field == "ts") =>
                {
                    Sniff::Unmapped(super::unmapped(&self.path))
                }
                None => Sniff::No,
            };
        }
        match is_headless(first_line) {
            true => Sniff::Unmapped(
                "it looks like Zeek's TSV without its header; the `#fields` line that names the columns is missing".to_owned(),
            ),
            false => Sniff::No,
        }
    }
}

/// The log whose own fields are among `names`.
fn by_fields(names: &[&str]) -> Option<&'static ZeekLog> {
    logs::LOGS
        .iter()
        .find(|log| log.signature.iter().all(|field| names.contains(field)))
}

/// Whether a line begins as each Zeek line does: an epoch time, a uid, an address, a port.
fn is_headless(line: &str) -> bool {
    let parts: Vec<&str> = line.split('\t').collect();
    parts.len() > 6
        && crate::time::decimal_seconds(parts[0].as_bytes()).is_some()
        && parts[1].starts_with('C')
        && crate::address::parse(parts[2]).is_some()
        && parts[3].parse::<u16>().is_ok()
}

fn kind_of(ty: &str) -> Kind {
    const KINDS: &[(&str, Kind)] = &[
        ("bool", Kind::Flag),
        ("interval", Kind::Seconds),
        ("double", Kind::Seconds),
    ];
    if ty == "vector[interval]" || ty == "vector[double]" {
        return Kind::SecondsList;
    }
    if ty.starts_with("set[") || ty.starts_with("vector[") {
        return Kind::Texts;
    }
    KINDS
        .iter()
        .find(|(name, _)| *name == ty)
        .map_or(Kind::Text, |(_, kind)| *kind)
}

/// `\x09` as the character it stands for.
fn unescape_separator(text: &str) -> String {
    let hex = text
        .trim()
        .strip_prefix("\\x")
        .and_then(|hex| u8::from_str_radix(hex, 16).ok());
    hex.filter(u8::is_ascii)
        .map_or_else(|| text.to_owned(), |byte| char::from(byte).to_string())
}

/// Whether a field is this mark, which is one byte nearly always.
#[inline]
fn is(field: &[u8], mark: &[u8]) -> bool {
    match (field, mark) {
        ([byte], [mark]) => byte == mark,
        _ => field == mark,
    }
}

/// The state of reading one file; its vectors are reused from line to line.
struct Reading {
    table: NetworkTable,
    addresses: AddressTable,
    header: Header,
    columns: Vec<Span>,
    known: Vec<Span>,
    extras: Vec<Span>,
}

impl Reading {
    fn line(&mut self, line: &Line<'_>, output: &mut Output<'_>) -> Result<()> {
        let place = line::place(line);
        let (text, escaped) = lossless(line.bytes, Escape::Plain);
        output.report.escaped_bytes += escaped;
        if text.starts_with('#') {
            self.header.directive(&text);
            output.skip(Skip::Comment);
            return Ok(());
        }
        let Some(log) = self.header.log else {
            return self.without_log(line, output, place);
        };
        if let Err(refusal) = self.split(&text, log) {
            return output.reject(refusal, line.bytes, place);
        }
        let record = Record {
            log,
            line: &text,
            writing: Writing::Tsv(
                &self.header.style,
                Escapes::of(&text, &self.header.style.separator),
            ),
            known: &self.known,
            extras: &self.header.extras,
            extra_spans: &self.extras,
        };
        let options = output.options;
        let id = match log.table {
            Table::Connections => self.table.id,
            Table::Addresses => self.addresses.id,
        };
        let mut target = Target {
            table: &self.table,
            addresses: &self.addresses,
            rows: output.rows(id),
            options,
        };
        match (log.map)(&record, &mut target) {
            Ok(Written::Row) => output.keep(id, log.class, line.bytes, place),
            Ok(Written::Nothing(what)) => {
                output.skip_unmapped(what);
                Ok(())
            }
            Err(refusal) => output.discard(id, refusal, line.bytes, place),
        }
    }

    fn without_log(&self, line: &Line<'_>, output: &mut Output<'_>, place: Place) -> Result<()> {
        if self.header.fields.is_empty() {
            let refusal = Refusal::new(
                "no_header",
                "no `#fields` line has been read before this one",
            );
            return output.reject(refusal, line.bytes, place);
        }
        output.skip_unmapped(&self.header.path);
        Ok(())
    }

    /// Fills `known` and `extras` with the spans of the line's fields; those that are unset have empty ones.
    fn split(&mut self, line: &str, log: &ZeekLog) -> std::result::Result<(), Refusal> {
        self.columns.clear();
        match self.header.style.separator.as_bytes() {
            [separator] => {
                let mut start = 0;
                for end in memchr::memchr_iter(*separator, line.as_bytes()) {
                    self.columns.push(Span::new(start, end));
                    start = end + 1;
                }
                self.columns.push(Span::new(start, line.len()));
            }
            _ => {
                let mut start = 0;
                for part in line.split(self.header.style.separator.as_str()) {
                    self.columns.push(Span::new(start, start + part.len()));
                    start += part.len() + self.header.style.separator.len();
                }
            }
        }
        if self.columns.len() != self.header.columns.len() {
            let (found, expected) = (self.columns.len(), self.header.columns.len());
            return Err(Refusal::new(
                "field_count",
                format!("{found} fields, and the header names {expected}"),
            ));
        }
        self.known.clear();
        self.known.resize(log.known(), Span::default());
        self.extras.clear();
        self.extras
            .resize(self.header.extras.len(), Span::default());
        let unset = self.header.style.unset.as_bytes();
        for (column, span) in self.header.columns.iter().zip(&self.columns) {
            if is(span.of(line).as_bytes(), unset) {
                continue;
            }
            match column {
                Column::Known(position) => self.known[*position] = *span,
                Column::Extra(position) => self.extras[*position] = *span,
            }
        }
        Ok(())
    }
}
