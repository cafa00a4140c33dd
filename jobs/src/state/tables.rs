//! The state as tables for queries: `HuntRuns`, `HuntAlerts`, `HuntErrors`. Rows are read from the database when a query asks.

use super::{DATABASE, folder};
use async_trait::async_trait;
use datafusion::arrow::array::{ArrayRef, BooleanBuilder, Int64Builder, StringBuilder};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::catalog::{Session, TableProvider};
use datafusion::datasource::MemTable;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::ExecutionPlan;
use huntql_engine::Table;
use huntql_kql::types::{Column, Type};
use huntql_store::{TableSchema, arrow_schema};
use rusqlite::{Connection, OpenFlags, Row, types::ValueRef};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Rows of one batch.
const BATCH_ROWS: usize = 8_192;

/// A table: its columns, each with the SQL that gives it.
struct Shown {
    name: &'static str,
    from: &'static str,
    columns: &'static [(&'static str, Type, &'static str)],
}

static TABLES: &[Shown] = &[
    Shown {
        name: "HuntRuns",
        from: "runs",
        columns: &[
            ("Timestamp", Type::Datetime, "at"),
            ("RuleId", Type::String, "rule_id"),
            ("RuleName", Type::String, "rule_name"),
            ("RuleVersion", Type::String, "rule_version"),
            ("Cause", Type::String, "cause"),
            ("Status", Type::String, "status"),
            ("Slot", Type::Datetime, "slot"),
            ("WindowFrom", Type::Datetime, "window_from"),
            ("WindowTo", Type::Datetime, "window_to"),
            ("Duration", Type::Timespan, "duration"),
            ("ResultRows", Type::Long, "rows"),
            ("Alerts", Type::Long, "alerts"),
            ("KnownAlerts", Type::Long, "known"),
            ("SummedUpAlerts", Type::Long, "capped"),
            ("Covers", Type::Bool, "counts"),
            ("Message", Type::String, "message"),
        ],
    },
    Shown {
        name: "HuntAlerts",
        from: "alerts",
        columns: &[
            ("Timestamp", Type::Datetime, "at"),
            ("AlertId", Type::String, "id"),
            ("RuleId", Type::String, "rule_id"),
            ("RuleName", Type::String, "rule_name"),
            (
                "RuleVersion",
                Type::String,
                "json_extract(content, '$.rule.version')",
            ),
            ("Severity", Type::String, "severity"),
            ("Title", Type::String, "title"),
            (
                "Tactics",
                Type::Dynamic,
                "json_extract(content, '$.tactics')",
            ),
            (
                "Techniques",
                Type::Dynamic,
                "json_extract(content, '$.techniques')",
            ),
            ("WindowFrom", Type::Datetime, "window_from"),
            ("WindowTo", Type::Datetime, "window_to"),
            (
                "ResultRows",
                Type::Long,
                "json_extract(content, '$.rowCount')",
            ),
            (
                "Entities",
                Type::Dynamic,
                "json_extract(content, '$.entities')",
            ),
            (
                "CustomDetails",
                Type::Dynamic,
                "json_extract(content, '$.customDetails')",
            ),
            ("Evidence", Type::Dynamic, "json_extract(content, '$.rows')"),
            ("Replay", Type::String, "json_extract(content, '$.replay')"),
            (
                "Deliveries",
                Type::Dynamic,
                "(SELECT json_group_array(json_object('Sink', sink, 'State', state, 'Attempts', attempts, 'Error', error)) \
                 FROM outbox WHERE alert_id = alerts.id)",
            ),
        ],
    },
    Shown {
        name: "HuntErrors",
        from: "errors",
        columns: &[
            ("Timestamp", Type::Datetime, "at"),
            ("RuleId", Type::String, "rule_id"),
            ("RuleName", Type::String, "rule_name"),
            ("Kind", Type::String, "kind"),
            ("Attempt", Type::Long, "attempt"),
            ("Slot", Type::Datetime, "slot"),
            ("WindowFrom", Type::Datetime, "window_from"),
            ("WindowTo", Type::Datetime, "window_to"),
            ("Message", Type::String, "message"),
        ],
    },
];

/// The tables of a store, empty where no rule ever ran.
pub fn tables(store: &Path) -> Vec<Table> {
    let database = Some(folder(store).join(DATABASE)).filter(|path| path.is_file());
    let shown = TABLES.iter().map(|shown| {
        let columns = shown.columns.iter();
        let columns = columns.map(|(name, ty, _)| Column::new(*name, *ty));
        let schema = TableSchema::new(shown.name, columns.collect());
        match &database {
            None => Table::empty(schema),
            Some(database) => {
                let rows = Rows {
                    shown,
                    schema: arrow_schema(&schema),
                    database: database.clone(),
                };
                Table::with_rows(schema, Arc::new(rows))
            }
        }
    });
    shown.collect()
}

struct Rows {
    shown: &'static Shown,
    schema: SchemaRef,
    database: PathBuf,
}

impl std::fmt::Debug for Rows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rows")
            .field("table", &self.shown.name)
            .finish()
    }
}

#[async_trait]
impl TableProvider for Rows {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let batches = self.read(projection)?;
        let rows = MemTable::try_new(self.schema(), vec![batches])?;
        rows.scan(state, projection, filters, limit).await
    }
}

impl Rows {
    /// All rows; columns that nobody asks for are empty.
    fn read(&self, projection: Option<&Vec<usize>>) -> Result<Vec<RecordBatch>> {
        let wanted = |index: usize| projection.is_none_or(|wanted| wanted.contains(&index));
        let columns: Vec<&str> = self
            .shown
            .columns
            .iter()
            .enumerate()
            .map(|(index, (_, _, sql))| if wanted(index) { *sql } else { "NULL" })
            .collect();
        let sql = format!(
            "SELECT {} FROM {} ORDER BY seq",
            columns.join(", "),
            self.shown.from
        );
        let external = |error: rusqlite::Error| DataFusionError::External(Box::new(error));
        let connection = connect(&self.database).map_err(external)?;
        let mut statement = connection.prepare(&sql).map_err(external)?;
        let mut rows = statement.query([]).map_err(external)?;
        let mut batches = Vec::new();
        let mut batch = Builders::new(self.shown);
        while let Some(row) = rows.next().map_err(external)? {
            batch.push(row).map_err(external)?;
            if batch.rows == BATCH_ROWS {
                batches.push(batch.finish(&self.schema)?);
                batch = Builders::new(self.shown);
            }
        }
        batches.push(batch.finish(&self.schema)?);
        Ok(batches)
    }
}

fn connect(database: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(database, flags)
        .or_else(|_| Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY))?;
    connection.busy_timeout(super::BUSY)?;
    Ok(connection)
}

enum Builder {
    Whole(Int64Builder),
    Text(StringBuilder),
    Dynamic(StringBuilder),
    Truth(BooleanBuilder),
}

struct Builders {
    columns: Vec<Builder>,
    rows: usize,
}

impl Builders {
    fn new(shown: &Shown) -> Builders {
        let columns = shown.columns.iter().map(|(_, ty, _)| match ty {
            Type::Bool => Builder::Truth(BooleanBuilder::new()),
            Type::Dynamic => Builder::Dynamic(StringBuilder::new()),
            Type::String | Type::Guid => Builder::Text(StringBuilder::new()),
            Type::Int
            | Type::Long
            | Type::Real
            | Type::Decimal
            | Type::Datetime
            | Type::Timespan => Builder::Whole(Int64Builder::new()),
        });
        Builders {
            columns: columns.collect(),
            rows: 0,
        }
    }

    fn push(&mut self, row: &Row<'_>) -> rusqlite::Result<()> {
        for (index, column) in self.columns.iter_mut().enumerate() {
            let value = row.get_ref(index)?;
            match (column, value) {
                (Builder::Whole(whole), ValueRef::Integer(value)) => whole.append_value(value),
                (Builder::Whole(whole), _) => whole.append_null(),
                (Builder::Truth(truth), ValueRef::Integer(value)) => truth.append_value(value != 0),
                (Builder::Truth(truth), _) => truth.append_null(),
                (Builder::Text(text), ValueRef::Text(value)) => {
                    text.append_value(String::from_utf8_lossy(value))
                }
                (Builder::Text(text), _) => text.append_value(""),
                (Builder::Dynamic(text), ValueRef::Text(value)) => {
                    text.append_value(String::from_utf8_lossy(value));
                }
                (Builder::Dynamic(text), _) => text.append_null(),
            }
        }
        self.rows += 1;
        Ok(())
    }

    fn finish(self, schema: &SchemaRef) -> Result<RecordBatch> {
        let arrays = self.columns.into_iter().map(|column| -> ArrayRef {
            match column {
                Builder::Whole(mut whole) => Arc::new(whole.finish()),
                Builder::Truth(mut truth) => Arc::new(truth.finish()),
                Builder::Text(mut text) | Builder::Dynamic(mut text) => Arc::new(text.finish()),
            }
        });
        Ok(RecordBatch::try_new(Arc::clone(schema), arrays.collect())?)
    }
}
