//! Zeek's JSON: one object a line, of one log or of several mixed.
//!
//! Which log a record is of, in this order: `_path` or `@stream` in the record, the file's name, the fields themselves.
//! `ts` is epoch seconds or ISO text; `id.orig_h` may be written `id_orig_h`.

use super::addresses::AddressTable;
use super::logs::{self, Kind, Table, ZeekLog};
use super::map::{Target, Written};
use super::record::{Extra, Record, Span, Writing};
use crate::Result;
use crate::formats::line;
use crate::formats::network::NetworkTable;
use crate::formats::{Head, LogFormat, Sniff};
use crate::input::{Growth, Input, Line};
use crate::output::{Output, Refusal};
use crate::text::{Escape, lossless};
use jiter::{Jiter, Peek};

pub(in crate::formats) struct ZeekJson;

/// Keys that name the log.
const PATH_KEYS: &[&str] = &["_path", "@stream"];
/// Keys that shippers add about the record and not about the event.
const SHIPPER_KEYS: &[&str] = &["_write_ts", "@proc", "@timestamp", "@version"];

impl LogFormat for ZeekJson {
    fn name(&self) -> &'static str {
        "zeek-json"
    }

    fn title(&self) -> &'static str {
        "Zeek logs in JSON lines: conn, http, ssl, dns, ssh, smtp, ftp, ntlm, dhcp"
    }

    fn spec(&self) -> &'static str {
        "https://docs.zeek.org/en/master/log-formats.html#zeek-json-format-logs"
    }

    /// A mixed file is read when any of the records in its head is of a mapped log, or might be: the rest is counted by name.
    fn sniff(&self, head: &Head<'_>) -> Sniff {
        let from_name = log_of_name(head.file_name);
        let (mut unmapped, mut mixed, mut mapped) = (None, false, false);
        for line in head.lines().take(200) {
            let line = lossless(line, Escape::Json).0;
            let mut keys = Keys::default();
            if keys.read(&line).is_err() || !keys.has("ts") {
                continue;
            }
            let Some(name) = keys.log_name(from_name) else {
                continue;
            };
            mixed |= keys.path(&line).is_some();
            match logs::mapped(&name) {
                Some(_) => mapped = true,
                None => unmapped = unmapped.or(Some(name)),
            }
        }
        let whole = head.bytes.len() < crate::input::HEAD_BYTES;
        match (mapped, unmapped) {
            (true, _) => Sniff::Certain,
            (false, Some(_)) if mixed && !whole => Sniff::Likely,
            (false, Some(log)) => Sniff::Unmapped(super::unmapped(&log)),
            (false, None) => Sniff::No,
        }
    }

    fn growth(&self, _: &Head<'_>) -> Growth {
        Growth::Lines
    }

    fn read(&self, input: Input, output: &mut Output<'_>) -> Result<()> {
        let mut file = Reading {
            table: NetworkTable::open(output),
            addresses: AddressTable::open(output),
            from_name: log_of_name(&input.name.clone()),
            keys: Keys::default(),
            known: Vec::new(),
            extras: Vec::new(),
            extra_spans: Vec::new(),
        };
        line::each(input, output, |line, output| file.line(line, output))
    }
}

/// The log that a file's name speaks of: `conn.2026-03-01.log.gz` is `conn`.
fn log_of_name(path: &str) -> Option<&'static str> {
    let head = Head::new(path, &[]);
    let parts: Vec<&str> = head.name_parts().collect();
    logs::named_in(&parts)
}

/// The members of one object, as spans of its line.
#[derive(Debug, Default)]
struct Keys {
    members: Vec<Span>,
    /// The names of keys that had escapes, or are simply wanted as text.
    names: Vec<String>,
    /// The value of the key that names the log.
    path: Option<String>,
}

impl Keys {
    /// Reads the object on `line`. Errors say what is wrong with the JSON.
    fn read(&mut self, line: &str) -> std::result::Result<(), String> {
        self.members.clear();
        self.path = None;
        self.scan(line).map_err(|error| error.to_string())
    }

    fn scan(&mut self, line: &str) -> std::result::Result<(), jiter::JiterError> {
        let mut json = Jiter::new(line.as_bytes());
        let mut count = 0;
        let mut key = json
            .next_object()?
            .map(|key| remember(&mut self.names, count, key));
        while key.is_some() {
            let peek = json.peek()?;
            let start = json.current_index();
            if peek == Peek::String {
                // Validates escapes, which skipping does not.
                json.known_str()?;
            } else {
                json.known_skip(peek)?;
            }
            self.members.push(Span::new(start, json.current_index()));
            count += 1;
            key = json
                .next_key()?
                .map(|key| remember(&mut self.names, count, key));
        }
        json.finish()?;
        self.find_path(line);
        Ok(())
    }

    fn find_path(&mut self, line: &str) {
        let member = self
            .names
            .iter()
            .zip(&self.members)
            .find(|(name, _)| PATH_KEYS.contains(&name.as_str()));
        self.path = member.map(|(_, value)| value.of(line).trim_matches('"').to_owned());
    }

    fn path(&self, _line: &str) -> Option<&str> {
        self.path.as_deref()
    }

    fn has(&self, name: &str) -> bool {
        self.names[..self.members.len()]
            .iter()
            .any(|known| known == name)
    }

    /// The log of the record. What the file's name says holds only when the fields agree.
    fn log_name(&self, from_name: Option<&'static str>) -> Option<String> {
        if let Some(path) = &self.path {
            return logs::is_log(path).then(|| path.clone());
        }
        let fits = |log: &&ZeekLog| {
            log.signature.iter().any(|field| self.has(field))
                && !log.foreign.iter().any(|field| self.has(field))
        };
        if let Some(name) = from_name.filter(|name| logs::mapped(name).is_none()) {
            return Some(name.to_owned());
        }
        let is_zeek = self.has("id.orig_h") || self.has("id_orig_h");
        let named = from_name.and_then(logs::mapped).filter(fits);
        let log = named.or_else(|| logs::LOGS.iter().find(fits))?;
        (is_zeek || log.table == Table::Addresses).then(|| log.name.to_owned())
    }
}

/// Keeps a key's text in the reused list of names.
fn remember(names: &mut Vec<String>, index: usize, key: &str) {
    match names.get_mut(index) {
        Some(name) => {
            name.clear();
            name.push_str(key);
        }
        None => names.push(key.to_owned()),
    }
}

/// The state of reading one file; its vectors are reused from line to line.
struct Reading {
    table: NetworkTable,
    addresses: AddressTable,
    from_name: Option<&'static str>,
    keys: Keys,
    known: Vec<Span>,
    extras: Vec<Extra>,
    extra_spans: Vec<Span>,
}

impl Reading {
    fn line(&mut self, line: &Line<'_>, output: &mut Output<'_>) -> Result<()> {
        let place = line::place(line);
        let (text, escaped) = lossless(line.bytes, Escape::Json);
        output.report.escaped_bytes += escaped;
        if let Err(message) = self.keys.read(&text) {
            return output.reject(
                Refusal::new("bad_json", format!("no JSON object: {message}")),
                line.bytes,
                place,
            );
        }
        let Some(name) = self.keys.log_name(self.from_name) else {
            let refusal = Refusal::new(
                "no_log",
                "neither `_path` nor the fields say which Zeek log this is",
            );
            return output.reject(refusal, line.bytes, place);
        };
        let Some(log) = logs::mapped(&name) else {
            output.skip_unmapped(&name);
            return Ok(());
        };
        self.sort(log);
        let record = Record {
            log,
            line: &text,
            writing: Writing::Json,
            known: &self.known,
            extras: &self.extras,
            extra_spans: &self.extra_spans,
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

    /// Puts each member in its place.
    fn sort(&mut self, log: &ZeekLog) {
        self.known.clear();
        self.known.resize(log.known(), Span::default());
        self.extras.clear();
        self.extra_spans.clear();
        for (name, span) in self.keys.names.iter().zip(&self.keys.members) {
            if PATH_KEYS.contains(&name.as_str()) || SHIPPER_KEYS.contains(&name.as_str()) {
                continue;
            }
            match log.position(name) {
                Some(position) => self.known[position] = *span,
                None => {
                    self.extras.push(Extra {
                        name: name.clone(),
                        kind: Kind::Text,
                    });
                    self.extra_spans.push(*span);
                }
            }
        }
    }
}
