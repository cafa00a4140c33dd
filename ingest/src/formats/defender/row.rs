//! A JSON object of column names and values as a row.

use super::cell::{self, Fit};
use super::tables::{self, Key};
use crate::output::{Output, Refusal, TableId};
use crate::table::TableRows;
use huntql_store::schema::TableSchema;
use jiter::{Jiter, JiterError, Peek};

/// Writes rows of one table, and remembers the order of keys: it is the same from record to record.
#[derive(Debug)]
pub(super) struct RowWriter {
    pub table: TableId,
    name: &'static str,
    class: String,
    timestamp: Option<usize>,
    /// The key at each place of the object before this one, and what it means.
    order: Vec<(String, Key)>,
    misfits: Vec<(usize, String)>,
    unknown: Vec<String>,
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

    /// Reads the object that `json` stands before into a row that is not committed yet.
    pub fn read(&mut self, json: &mut Jiter<'_>, rows: &mut TableRows) -> Result<(), JiterError> {
        self.misfits.clear();
        self.unknown.clear();
        let mut place = 0;
        let mut key = json.next_object()?.map(|name| self.key(place, name, rows));
        while let Some(found) = key {
            self.value(found, place, json, rows)?;
            place += 1;
            key = json.next_key()?.map(|name| self.key(place, name, rows));
        }
        Ok(())
    }

    fn key(&mut self, place: usize, name: &str, rows: &mut TableRows) -> Key {
        if let Some((known, key)) = self.order.get(place)
            && known == name
        {
            return *key;
        }
        let key = tables::key(self.name, name, rows);
        if place < self.order.len() {
            self.order[place] = (name.to_owned(), key);
        } else if place == self.order.len() {
            self.order.push((name.to_owned(), key));
        }
        key
    }

    fn value(
        &mut self,
        key: Key,
        place: usize,
        json: &mut Jiter<'_>,
        rows: &mut TableRows,
    ) -> Result<(), JiterError> {
        let peek = json.peek()?;
        let column = match key {
            Key::Column(column) => column,
            // The alias counts only where the column itself is missing.
            Key::TimeGenerated => match self.timestamp.filter(|column| !rows.has(*column)) {
                Some(column) => column,
                None => return json.known_skip(peek),
            },
            Key::Ignored => return json.known_skip(peek),
            Key::Unknown => {
                if let Some((name, _)) = self.order.get(place) {
                    self.unknown.push(name.clone());
                }
                return json.known_skip(peek);
            }
        };
        let target = rows.cell(column);
        if peek == Peek::String {
            let text = json.known_str()?;
            if cell::put_text(target, text, cell::utc_instant) == Fit::Misfit {
                self.misfits.push((column, text.to_owned()));
            }
            return Ok(());
        }
        if peek == Peek::Null {
            json.known_null()?;
            target.push_null();
            return Ok(());
        }
        let start = json.current_index();
        json.known_skip(peek)?;
        let raw = std::str::from_utf8(json.slice_to_current(start)).unwrap_or_default();
        if cell::put_json(target, raw) == Fit::Misfit {
            self.misfits.push((column, raw.to_owned()));
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
