//! Rows that came late: what a table had in a stretch of time when it was looked at, and whether there is more of it now.
//!
//! A run counts the rows of the stretch that no later slot will see ([`crate::window::left_behind`]) and notes when the youngest of
//! them was stored. More rows, or younger ones, are rows that came late, however long their ingest was under way.

use crate::run::RunError;
use crate::window::Window;
use datafusion::arrow::array::{Array, AsArray};
use datafusion::arrow::datatypes::Int64Type;
use futures::StreamExt;
use huntql_engine::{
    Catalog, Engine, EngineOptions, QueryError, QueryOptions, Table, execution_error,
};
use huntql_kql::time::format_datetime;
use huntql_kql::types::Type;
use huntql_store::schema::INGESTION_TIME;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// What a table has in a stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Seen {
    pub rows: i64,
    /// When the youngest of them was stored, in ticks; 0 where rows do not say.
    pub stored: i64,
}

impl Seen {
    /// Whether `now` has rows that this has not. Rows that were removed are none.
    pub fn grew_to(&self, now: &Seen) -> bool {
        now.rows > self.rows || now.stored > self.stored
    }
}

/// What each table had: by the table's name.
pub type Sight = BTreeMap<String, Seen>;

/// Whether any table has rows now that it had not.
pub fn grew(before: &Sight, now: &Sight) -> bool {
    now.iter()
        .any(|(table, seen)| before.get(table).copied().unwrap_or_default().grew_to(seen))
}

/// The column by which the rows of a table are cut to a window.
pub(crate) fn time_column(table: &Table) -> Option<&str> {
    let columns = ["Timestamp", "TimeGenerated"];
    let mut found = columns.iter().filter_map(|name| table.schema.column(name));
    let column = found.next().filter(|column| column.ty == Type::Datetime)?;
    Some(&column.name)
}

/// What tables have in stretches of time, over one snapshot. What was asked is remembered: many rules ask the same.
pub struct Sights {
    catalog: Arc<Catalog>,
    engine: Engine,
    known: HashMap<(String, Window), Seen>,
}

impl Sights {
    pub fn new(catalog: Arc<Catalog>) -> Sights {
        Sights {
            engine: Engine::new(catalog.as_ref().clone(), EngineOptions::default()),
            catalog,
            known: HashMap::new(),
        }
    }

    /// What these tables have in this stretch.
    ///
    /// # Errors
    /// Data that cannot be read.
    pub async fn of<'t>(
        &mut self,
        tables: impl IntoIterator<Item = &'t String>,
        stretch: Window,
    ) -> Result<Sight, RunError> {
        let mut sight = Sight::new();
        for name in tables {
            let asked = (name.clone(), stretch);
            let seen = match self.known.get(&asked) {
                Some(seen) => *seen,
                None => {
                    let seen = self.count(name, stretch).await?;
                    self.known.insert(asked, seen);
                    seen
                }
            };
            sight.insert(name.clone(), seen);
        }
        Ok(sight)
    }

    async fn count(&self, name: &str, stretch: Window) -> Result<Seen, RunError> {
        let Some(table) = self.catalog.table(name) else {
            return Ok(Seen::default());
        };
        let Some(time) = time_column(table).filter(|_| table.rows.is_some()) else {
            return Ok(Seen::default());
        };
        let stored = match table
            .hidden
            .iter()
            .any(|column| column.name == INGESTION_TIME)
        {
            true => format!("max({INGESTION_TIME})"),
            false => "datetime(null)".to_owned(),
        };
        let text = format!(
            "['{name}'] | where {time} >= datetime({}) and {time} < datetime({}) | summarize Rows = count(), Stored = {stored}",
            format_datetime(stretch.from),
            format_datetime(stretch.to),
        );
        let text = match stored.starts_with("max") {
            true => text,
            false => text.replace(
                ", Stored = datetime(null)",
                " | extend Stored = datetime(null)",
            ),
        };
        one(&self.engine, &text).await.map_err(|error| {
            RunError::Transient(format!("cannot count the rows of `{name}`: {error:?}"))
        })
    }
}

async fn one(engine: &Engine, text: &str) -> Result<Seen, QueryError> {
    let options = QueryOptions {
        now: 0,
        parameters: Default::default(),
    };
    let mut seen = Seen::default();
    for mut result in engine.query(text, &options).await?.results {
        while let Some(batch) = result.rows.next().await {
            let batch = batch.map_err(execution_error)?;
            let value = |column: usize| {
                let values = batch.column(column).as_primitive::<Int64Type>();
                let there = batch.num_rows() > 0 && values.is_valid(0);
                if there { values.value(0) } else { 0 }
            };
            seen = Seen {
                rows: value(0),
                stored: value(1),
            };
        }
    }
    Ok(seen)
}
