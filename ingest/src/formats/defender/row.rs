//! A JSON object of column names and values as a row.

use super::cell::{self, Fit};
use super::pull::{Odd, Pull, Quick, Value};
use super::tables::{self, Key};
use crate::output::{Output, Refusal, TableId};
use crate::table::TableRows;
use huntql_store::schema::TableSchema;
use jiter::{Jiter, JiterError};

/// Writes rows of one table, and remembers the order of keys: it is the same from record to record.
#[derive(Debug)]
pub(super) struct RowWriter {
    pub table: TableId,
    name: &'static str,
    class: String,
    timestamp: Option<usize>,
    /// The key at each place of the object before this one, and what it means.
    order: Vec<KnownKey>,
    misfits: Vec<(usize, String)>,
    unknown: Vec<String>,
}

/// A key that was met, and what it means.
#[derive(Debug)]
struct KnownKey {
    name: String,
    key: Key,
    /// How it stands in compact JSON behind another member; `None` for a name with escapes.
    written: Option<String>,
}

impl KnownKey {
    fn new(name: &str, key: Key) -> Self {
        let is_escaped = |byte: u8| byte < 0x20 || matches!(byte, b'"' | b'\\');
        Self {
            name: name.to_owned(),
            key,
            written: (!name.bytes().any(is_escaped)).then(|| format!(",\"{name}\":")),
        }
    }
}

impl RowWriter {
    pub fn new(schema: &'static TableSchema, output: &mut Output<'_>) -> Self {
        let table = output.table(schema);
        let timestamp = output.rows(table).position("Timestamp");
        let class = format!("defender.{}", schema.name);
        Self {
            table,
            name: &schema.name,
            class,
            timestamp,
            order: Vec::new(),
            misfits: Vec::new(),
            unknown: Vec::new(),
        }
    }

    /// The source class for record ids: the same event has the same id in whatever envelope it comes.
    pub fn class(&self) -> &str {
        &self.class
    }

    pub fn is_for(&self, schema: &TableSchema) -> bool {
        self.name == schema.name
    }

    /// Reads an object that is all of `text` so far as it goes, into a row that is not committed yet.
    pub fn read_text(&mut self, text: &str, rows: &mut TableRows) -> Result<(), JiterError> {
        match self.read(&mut Quick::of(text), rows) {
            Ok(()) => Ok(()),
            Err(Odd) => {
                rows.undo();
                self.read(&mut <Jiter<'_> as Pull<'_>>::of(text), rows)
            }
        }
    }

    /// Reads the object that `json` stands before into a row that is not committed yet.
    pub fn read<'a, P: Pull<'a>>(
        &mut self,
        json: &mut P,
        rows: &mut TableRows,
    ) -> Result<(), P::Error> {
        self.misfits.clear();
        self.unknown.clear();
        let mut place = 0;
        let mut key = json.next_object()?.map(|name| self.key(place, name, rows));
        while let Some(found) = key {
            self.value(found, place, json, rows)?;
            place += 1;
            let known = self.order.get(place);
            let written = known.and_then(|known| Some((known.key, known.written.as_deref()?)));
            key = match written {
                Some((key, written)) if json.next_key_is(written) => Some(key),
                _ => json.next_key()?.map(|name| self.key(place, name, rows)),
            };
        }
        Ok(())
    }

    fn key(&mut self, place: usize, name: &str, rows: &mut TableRows) -> Key {
        if let Some(known) = self.order.get(place)
            && known.name == name
        {
            return known.key;
        }
        let key = tables::key(self.name, name, rows);
        if place < self.order.len() {
            self.order[place] = KnownKey::new(name, key);
        } else if place == self.order.len() {
            self.order.push(KnownKey::new(name, key));
        }
        key
    }

    fn value<'a, P: Pull<'a>>(
        &mut self,
        key: Key,
        place: usize,
        json: &mut P,
        rows: &mut TableRows,
    ) -> Result<(), P::Error> {
        let value = json.peek()?;
        let column = match key {
            Key::Column(column) => column,
            // The alias counts only where the column itself is missing.
            Key::TimeGenerated => match self.timestamp.filter(|column| !rows.has(*column)) {
                Some(column) => column,
                None => return json.skip(),
            },
            Key::Ignored => return json.skip(),
            Key::Unknown => {
                if let Some(known) = self.order.get(place) {
                    self.unknown.push(known.name.clone());
                }
                return json.skip();
            }
        };
        let target = rows.cell(column);
        match value {
            Value::String => {
                let text = json.known_str()?;
                if cell::put_text(target, text, cell::utc_instant) == Fit::Misfit {
                    self.misfits.push((column, text.to_owned()));
                }
            }
            Value::Null => {
                json.skip()?;
                target.push_null();
            }
            Value::Object | Value::Array | Value::Other => {
                let raw = json.raw()?;
                if cell::put_json(target, raw) == Fit::Misfit {
                    self.misfits.push((column, raw.to_owned()));
                }
            }
        }
        Ok(())
    }

    /// What is still to be said about the row that was read: it must have a time, and its warnings are counted.
    pub fn settle(&mut self, output: &mut Output<'_>) -> Result<(), Refusal> {
        if let Some(timestamp) = self.timestamp
            && output.rows(self.table).is_blank(timestamp)
        {
            let text = self
                .misfits
                .iter()
                .find(|(column, _)| *column == timestamp)
                .map(|(_, text)| text);
            return Err(match text {
                Some(text) => {
                    Refusal::new("bad_time", format!("`{text}` in `Timestamp` is no time"))
                }
                None => Refusal::new("no_time", "`Timestamp` is not set"),
            });
        }
        for (column, text) in self.misfits.drain(..) {
            let name = output.rows(self.table).column_name(column).to_owned();
            output.cast_failure(&name, &text)?;
        }
        for name in self.unknown.drain(..) {
            output.unknown_column(&name);
        }
        Ok(())
    }
}
