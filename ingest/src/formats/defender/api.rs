//! Results of the hunting API: `{"Schema": [{"Name", "Type"}], "Results": [{…}]}`, in Microsoft Graph all in lower case.
//!
//! A result does not say which table it is from. `--table` does, or the file's path, or its columns when they fit one table
//! better than any other. A projection that fits two is refused with both names.

use super::row::RowWriter;
use super::stream::table_option;
use super::tables;
use crate::formats::{Head, LogFormat, Sniff};
use crate::input::{Input, JsonItems};
use crate::output::{Output, Place, Refusal};
use crate::text::{Escape, lossless};
use crate::{IngestError, Result};
use huntql_store::schema::TableSchema;
use serde_json::Value;

pub(in crate::formats) struct HuntingApi;

impl LogFormat for HuntingApi {
    fn name(&self) -> &'static str {
        "defender-api"
    }

    fn title(&self) -> &'static str {
        "results of Defender's hunting API (JSON)"
    }

    fn spec(&self) -> &'static str {
        "https://learn.microsoft.com/en-us/defender-xdr/api-advanced-hunting"
    }

    fn sniff(&self, head: &Head<'_>) -> Sniff {
        let has = |key: &[u8]| memchr::memmem::find(head.bytes, key).is_some();
        let is_object = head.bytes.trim_ascii_start().starts_with(b"{");
        let keys = (has(b"\"Schema\"") && has(b"\"Results\""))
            || (has(b"\"schema\"") && has(b"\"results\""));
        match is_object && keys {
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
        let mut items = JsonItems::new(input.into_reader());
        let mut writer: Option<RowWriter> = None;
        loop {
            let schema = items
                .schema()
                .map(str::to_owned)
                .filter(|_| writer.is_none());
            let Some(item) = items.next_item()? else {
                return Ok(());
            };
            output.read(1);
            let place = Place {
                offset: item.offset,
                line: item.ordinal,
            };
            if let Some(problem) = item.problem {
                output.reject(Refusal::new("bad_json", problem), item.bytes, place)?;
                continue;
            }
            let (text, escaped) = lossless(item.bytes, Escape::Json);
            output.report.escaped_bytes += escaped;
            let writer = match &mut writer {
                Some(writer) => writer,
                none => {
                    let table = table.map_or_else(|| table_of(&text, schema.as_deref()), Ok);
                    none.insert(RowWriter::new(table.map_err(IngestError::File)?, output))
                }
            };
            read_row(writer, &text, place, output)?;
        }
    }
}

fn read_row(
    writer: &mut RowWriter,
    text: &str,
    place: Place,
    output: &mut Output<'_>,
) -> Result<()> {
    let read = writer.read_text(text, output.rows(writer.table));
    match read
        .map_err(|error| Refusal::new("bad_json", error.to_string()))
        .and_then(|()| writer.settle(output))
    {
        Ok(()) => output.keep(writer.table, writer.class(), text.as_bytes(), place),
        Err(refusal) => output.discard(writer.table, refusal, text.as_bytes(), place),
    }
}

/// The table by the columns of the schema, else by those of the first row.
fn table_of(row: &str, schema: Option<&str>) -> std::result::Result<&'static TableSchema, String> {
    let row: Value = serde_json::from_str(row).unwrap_or_default();
    let schema: Value = schema
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default();
    let named = |entry: &Value| {
        entry
            .get("Name")
            .or_else(|| entry.get("name"))
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    let mut columns: Vec<String> = schema
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(named)
        .collect();
    if columns.is_empty() {
        columns = row
            .as_object()
            .into_iter()
            .flat_map(|object| object.keys().cloned())
            .collect();
    }
    let names: Vec<&str> = columns.iter().map(String::as_str).collect();
    tables::by_columns(&names, row.get("ActionType").and_then(Value::as_str))
}
