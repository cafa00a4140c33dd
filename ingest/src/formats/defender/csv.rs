//! CSV as the portals export it: columns by name in any order, any subset of a table.
//!
//! Which table it is: `--table`, the file's path, or the columns. A date column is read as a whole before the first row,
//! unless it is plainly ISO (`dates.rs`).
//!
//! `TimeGenerated [UTC]`, as Log Analytics heads its columns, is `TimeGenerated` in UTC.

use super::cell::{self, Fit};
use super::csv_records::{Header, Record, Records, split};
use super::stream::table_option;
use super::tables::{self, Key};
use crate::formats::dates::{Clock, Survey};
use crate::formats::{Head, LogFormat, Sniff};
use crate::input::Input;
use crate::output::{Output, Refusal, TableId};
use crate::text::{Escape, lossless};
use crate::{IngestError, Result};
use huntql_store::schema::TableSchema;
use jiff::tz::TimeZone;
use std::io::Read;

pub(in crate::formats) struct DefenderCsv;

impl LogFormat for DefenderCsv {
    fn name(&self) -> &'static str {
        "defender-csv"
    }

    fn title(&self) -> &'static str {
        "CSV exports of Defender's tables"
    }

    fn spec(&self) -> &'static str {
        "https://learn.microsoft.com/en-us/defender-xdr/advanced-hunting-query-results"
    }

    /// A header of which most names are columns of Defender's tables, a time among them.
    fn sniff(&self, head: &Head<'_>) -> Sniff {
        let Some(first) = head.lines().next() else {
            return Sniff::No;
        };
        let text = lossless(first, Escape::Plain).0;
        let header = Header::read(&text);
        let names: Vec<&str> = header.names.iter().map(String::as_str).collect();
        let (known, has_time) = tables::likeness(&names);
        match has_time && known >= 2 && 2 * (known + 1) > names.len() {
            true => Sniff::Certain,
            false => Sniff::No,
        }
    }

    fn read(&self, input: Input, output: &mut Output<'_>) -> Result<()> {
        let named = output
            .options
            .table
            .as_deref()
            .map(table_option)
            .transpose()?;
        let table = named.or_else(|| tables::by_path(&input.name));
        let survey = survey(&input)?;
        let mut records = Records::new(input);
        let Some(header) = records.header(Some(output))? else {
            return Ok(());
        };
        let clock = clock(&header, survey, output)?;
        let mut file: Option<Reading> = None;
        while let Some(record) = records.next(Some(output))? {
            let reading = match &mut file {
                Some(reading) => reading,
                none => none.insert(Reading::open(
                    table,
                    &header,
                    &record,
                    clock.clone(),
                    output,
                )?),
            };
            reading.row(&record, &header, &mut records, output)?;
        }
        output.report.nul_bytes += records.nul_bytes();
        Ok(())
    }
}

/// The clock of the file; errors end it, because every row would be wrong or lost.
fn clock(header: &Header, survey: Option<Survey>, output: &Output<'_>) -> Result<Clock> {
    let zone = if header.utc {
        Some(TimeZone::UTC)
    } else {
        output.options.time_zone.clone()
    };
    let order = match survey {
        Some(survey) => survey
            .order(output.options.date_order)
            .map_err(IngestError::File)?,
        None => output.options.date_order,
    };
    if zone.is_none() && survey.is_some_and(|survey| survey.needs_zone()) {
        return Err(IngestError::File(
            "its times have no zone; say which one they are in with --tz".to_owned(),
        ));
    }
    Ok(Clock { order, zone })
}

/// Looks at all times of the file; `None` for standard input, which cannot be read twice.
fn survey(input: &Input) -> Result<Option<Survey>> {
    let Some(again) = input.reopen()? else {
        return Ok(None);
    };
    let mut records = Records::new(again);
    let Some(header) = records.header(None)? else {
        return Ok(None);
    };
    let Some(column) = header.time_column() else {
        return Ok(None);
    };
    let mut survey = Survey::default();
    while let Some(record) = records.next(None)? {
        if let Some(field) = split(&record.text, header.delimiter).get(column) {
            survey.add(field);
        }
    }
    Ok(Some(survey))
}

/// The state of reading one file.
struct Reading {
    table: TableId,
    class: String,
    timestamp: Option<usize>,
    keys: Vec<Key>,
    clock: Clock,
}

impl Reading {
    fn open(
        table: Option<&'static TableSchema>,
        header: &Header,
        first: &Record,
        clock: Clock,
        output: &mut Output<'_>,
    ) -> Result<Self> {
        let schema = match table {
            Some(table) => table,
            None => {
                let fields = split(&first.text, header.delimiter);
                let action = header
                    .names
                    .iter()
                    .position(|name| name.eq_ignore_ascii_case("ActionType"));
                let names: Vec<&str> = header.names.iter().map(String::as_str).collect();
                let action = action.and_then(|at| fields.get(at)).map(String::as_str);
                tables::by_columns(&names, action).map_err(IngestError::File)?
            }
        };
        let table = output.table(schema);
        let rows = output.rows(table);
        let keys = header
            .names
            .iter()
            .map(|name| tables::key(&schema.name, name, rows))
            .collect();
        let timestamp = rows.position("Timestamp");
        Ok(Self {
            table,
            class: format!("defender.{}", schema.name),
            timestamp,
            keys,
            clock,
        })
    }

    fn row<R: Read>(
        &self,
        record: &Record,
        header: &Header,
        records: &mut Records<R>,
        output: &mut Output<'_>,
    ) -> Result<()> {
        let fields = split(&record.text, header.delimiter);
        if fields.len() != self.keys.len() {
            // A stray quote may have joined lines that are good by themselves.
            if let [first, others @ ..] = record.lines.as_slice()
                && !others.is_empty()
            {
                records.give_back(others);
                return output.reject(
                    self.count_refusal(fields.len()),
                    first.1.as_bytes(),
                    first.0,
                );
            }
            return output.reject(
                self.count_refusal(fields.len()),
                record.text.as_bytes(),
                record.place,
            );
        }
        match self.cells(&fields, header, output) {
            Ok(()) => output.keep(
                self.table,
                &self.class,
                record.text.as_bytes(),
                record.place,
            ),
            Err(refusal) => {
                output.discard(self.table, refusal, record.text.as_bytes(), record.place)
            }
        }
    }

    fn count_refusal(&self, found: usize) -> Refusal {
        Refusal::new(
            "field_count",
            format!("{found} fields, and the header names {}", self.keys.len()),
        )
    }

    fn cells(
        &self,
        fields: &[String],
        header: &Header,
        output: &mut Output<'_>,
    ) -> std::result::Result<(), Refusal> {
        let mut unknown = Vec::new();
        for ((field, key), name) in fields.iter().zip(&self.keys).zip(&header.names) {
            let rows = output.rows(self.table);
            let column = match key {
                Key::Column(column) => *column,
                Key::TimeGenerated => {
                    match self.timestamp.filter(|column| rows.is_blank(*column)) {
                        Some(column) => column,
                        None => continue,
                    }
                }
                Key::Ignored => continue,
                Key::Unknown => {
                    unknown.push(name);
                    continue;
                }
            };
            let fit = cell::put_text(rows.cell(column), field, |text| self.clock.instant(text));
            if fit == Fit::Misfit {
                if Some(column) == self.timestamp {
                    return Err(Refusal::new(
                        "bad_time",
                        format!("`{field}` in `{name}` is no time"),
                    ));
                }
                output.cast_failure(name, field)?;
            }
        }
        if self
            .timestamp
            .is_some_and(|column| output.rows(self.table).is_blank(column))
        {
            return Err(Refusal::new("no_time", "`Timestamp` is not set"));
        }
        unknown
            .into_iter()
            .for_each(|name| output.unknown_column(name));
        Ok(())
    }
}
