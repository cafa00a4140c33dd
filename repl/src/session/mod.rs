//! What the data flags come to: a catalog with rows behind its tables, the proxies, and the clock.
//!
//! Not here: how files and logs are read.

mod addresses;
pub mod logs;
mod memory;
pub mod proxies;
mod tables;
mod watchlists;

use crate::cli::{AskArgs, Clock, DataArgs};
use crate::failure::Failure;
use crate::limits::LimitArgs;
use crate::question::Question;
use crate::report;
use crate::run;
use datafusion::arrow::array::AsArray;
use datafusion::arrow::datatypes::Int64Type;
use futures::StreamExt;
use huntql_engine::{
    Catalog, Engine, EngineOptions, OtherUrls, QueryOptions, Reading, Table, Times, execution_error,
};
use huntql_ingest::Options;
use huntql_ingest::proxies::ProxySet;
use huntql_kql::time::UNIX_EPOCH;
use huntql_kql::types::Type;
use huntql_store::Store;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;
use tempfile::TempDir;

/// The store that is used when it is there and no other was named.
pub const STORE_DEFAULT: &str = "huntql-data";

#[derive(Clone)]
pub struct Session {
    pub engine: Engine,
    pub proxies: ProxySet,
    memory_bytes: Option<usize>,
    /// The temporary store of `--logs`, and watchlists that were rewritten; they go when the session does.
    _folders: Arc<[Option<TempDir>; 2]>,
}

impl Session {
    /// Opens everything that the flags name. Reads no rows, except of `--logs`, of watchlists, and those that tell of proxies.
    ///
    /// # Errors
    /// Files that are missing, or are not what they should be.
    pub fn open(args: &DataArgs) -> Result<Session, Failure> {
        let mut proxies = proxies::told(&args.proxies)?;
        let mut catalog = Catalog::builtin();
        if let Some(path) = &args.schemas {
            add_schemas(&mut catalog, path)?;
            catalog.set_other_urls(OtherUrls::Empty);
        }
        for (url, file) in &args.url_map {
            catalog.map_url(url, file);
        }
        addresses::add(&mut catalog, args)?;
        let folder = tables::add(&mut catalog, args, &proxies)?;
        proxies::learn(&mut catalog, &mut proxies)?;
        let lists = watchlists::add(&mut catalog, &args.proxies)?;
        let memory_bytes = args.memory.or_else(memory::default_limit);
        Ok(Session {
            engine: engine(catalog, memory_bytes),
            memory_bytes,
            proxies,
            _folders: Arc::new([folder, lists]),
        })
    }

    /// The same session over rows of these times only.
    pub fn within(&self, times: Times) -> Session {
        let mut catalog = self.engine.catalog().clone();
        catalog.limit_times(times);
        self.with_catalog(catalog)
    }

    /// The session that the limits leave of this one.
    pub fn windowed(&self, limits: &LimitArgs, now: i64) -> Session {
        match limits.times(now) {
            Some(times) => self.within(times),
            None => self.clone(),
        }
    }

    /// The same session, its queries held against the tables in this way.
    pub fn reading(&self, reading: Reading) -> Session {
        let mut catalog = self.engine.catalog().clone();
        catalog.set_reading(reading);
        self.with_catalog(catalog)
    }

    /// How much memory queries may hold; `None` for any amount.
    pub fn memory_bytes(&self) -> Option<usize> {
        self.memory_bytes
    }

    fn with_catalog(&self, catalog: Catalog) -> Session {
        Session {
            engine: engine(catalog, self.memory_bytes),
            ..self.clone()
        }
    }

    /// The same session with one more table, or another of that name.
    pub fn with_table(&self, table: Table) -> Session {
        let mut catalog = self.engine.catalog().clone();
        catalog.add_table(table);
        self.with_catalog(catalog)
    }

    /// Reads logs into the store that the flags name. It is there for the next session to open.
    ///
    /// # Errors
    /// Those of the store and of the logs.
    pub fn ingest(&self, args: &DataArgs, paths: &[String]) -> Result<(), Failure> {
        let path = args.store.clone();
        let path = path.unwrap_or_else(|| STORE_DEFAULT.into());
        let store = Store::create_or_open(path).map_err(logs::store_failure)?;
        let options = Options {
            proxies: self.proxies.clone(),
            ..Options::default()
        };
        let rejects = logs::rejects_of(&store);
        let report = logs::ingest(paths, &options, &store, Some(&rejects))?;
        report::say(&report.to_string());
        Ok(())
    }

    /// The clock and the parameters.
    ///
    /// # Errors
    /// `--now data-end` over no data.
    pub async fn options(&self, args: &AskArgs) -> Result<QueryOptions, Failure> {
        let now = match args.now {
            None => wall_clock(),
            Some(Clock::At(ticks)) => ticks,
            Some(Clock::DataEnd) => {
                let end = self.data_end(&self.tables_with_times()).await?;
                end.ok_or_else(|| {
                    Failure::Data("--now data-end: no table has a row with a time".to_owned())
                })?
            }
        };
        Ok(QueryOptions {
            now,
            parameters: args.param.iter().cloned().collect(),
        })
    }

    /// Names of the tables of events that have rows behind them and a `Timestamp`.
    pub fn tables_with_times(&self) -> Vec<String> {
        let tables = self.engine.catalog().tables();
        tables
            .filter(|table| table.rows.is_some())
            .filter(|table| {
                let time = table.schema.column("Timestamp");
                time.is_some_and(|column| column.ty == Type::Datetime)
            })
            .map(|table| table.schema.name.clone())
            .collect()
    }

    /// The first `Timestamp` of these tables, in ticks.
    ///
    /// # Errors
    /// Data that cannot be read.
    pub async fn data_begin(&self, tables: &[String]) -> Result<Option<i64>, Failure> {
        let mut begin: Option<i64> = None;
        for table in tables {
            let text = format!("['{table}'] | summarize Begin = min(Timestamp)");
            let time = self.one_time(&Question::of_text(text)).await?;
            begin = [begin, time].into_iter().flatten().min();
        }
        Ok(begin)
    }

    /// The last `Timestamp` of these tables, in ticks.
    ///
    /// # Errors
    /// Data that cannot be read.
    pub async fn data_end(&self, tables: &[String]) -> Result<Option<i64>, Failure> {
        let mut end = None;
        for table in tables {
            let text = format!("['{table}'] | summarize End = max(Timestamp)");
            end = end.max(self.one_time(&Question::of_text(text)).await?);
        }
        Ok(end)
    }

    /// The time that a question with one datetime for an answer gives.
    async fn one_time(&self, question: &Question) -> Result<Option<i64>, Failure> {
        let options = QueryOptions {
            now: wall_clock(),
            parameters: Default::default(),
        };
        let fail = |error| run::refused(question, error);
        let answer = self.engine.query(&question.text, &options).await;
        let mut time = None;
        for mut result in answer.map_err(fail)?.results {
            while let Some(batch) = result.rows.next().await {
                let batch = batch.map_err(|error| fail(execution_error(error)))?;
                let times = batch.column(0).as_primitive_opt::<Int64Type>();
                time = time.max(times.and_then(|times| times.iter().flatten().max()));
            }
        }
        Ok(time)
    }
}

fn engine(catalog: Catalog, memory_limit_bytes: Option<usize>) -> Engine {
    let options = EngineOptions {
        memory_limit_bytes,
        ..EngineOptions::default()
    };
    Engine::new(catalog, options)
}

/// The time of day in ticks.
pub fn wall_clock() -> i64 {
    let since = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    UNIX_EPOCH + i64::try_from(since.as_nanos() / 100).unwrap_or_default()
}

fn add_schemas(catalog: &mut Catalog, path: &Path) -> Result<(), Failure> {
    let shown = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::Data(format!("cannot read the schemas `{shown}`: {error}")))?;
    let schemas = huntql_store::schema::parse_schemas(&text)
        .map_err(|error| Failure::Data(format!("`{shown}`: {error}")))?;
    for schema in schemas {
        catalog.add_table(Table::empty(schema));
    }
    Ok(())
}
