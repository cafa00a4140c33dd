//! What a query can name: tables and saved functions.

use datafusion::catalog::TableProvider;
use huntql_kql::types::Column;
use huntql_store::TableSchema;
use huntql_store::schema::{alias, portal_columns};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A table that a query can read.
#[derive(Debug, Clone)]
pub struct Table {
    pub schema: TableSchema,
    /// Columns that can be named but are no part of `*`: the unified portal's extras, and the hidden columns of stored rows.
    pub hidden: Vec<Column>,
    /// `None` for a table that exists and has no rows.
    pub rows: Option<Arc<dyn TableProvider>>,
    /// Only rows of these times are there, when the table has a column of times.
    pub times: Option<Times>,
}

/// From this moment on and before that one, in ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    pub from: i64,
    pub to: i64,
}

impl Table {
    /// A table that is known but empty.
    pub fn empty(schema: TableSchema) -> Self {
        // A schema of the user's may declare the portal's columns itself.
        let hidden = portal_columns(&schema.name)
            .iter()
            .filter(|column| schema.column(&column.name).is_none())
            .cloned()
            .collect();
        Self {
            schema,
            hidden,
            rows: None,
            times: None,
        }
    }

    pub fn with_rows(schema: TableSchema, rows: Arc<dyn TableProvider>) -> Self {
        Self {
            rows: Some(rows),
            ..Self::empty(schema)
        }
    }

    /// The column that a name stands for when the table does not declare it: `TimeGenerated`.
    pub fn alias(&self, name: &str) -> Option<&'static str> {
        alias(&self.schema, name)
    }
}

/// The tables and saved functions of one engine. Names are case-sensitive, as in Kusto.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    tables: BTreeMap<String, Table>,
    /// Read by their names only.
    apart: BTreeMap<String, Table>,
    functions: BTreeMap<String, SavedFunction>,
    urls: BTreeMap<String, PathBuf>,
    watchlists: BTreeMap<String, Watchlist>,
    other_urls: OtherUrls,
    reading: Reading,
    address_database: Option<String>,
    agent_patterns: Option<String>,
}

/// A list that queries read by `_GetWatchlist`.
#[derive(Debug, Clone)]
pub struct Watchlist {
    pub table: Table,
    /// The column that `SearchKey` shows, a string; `None` when the list declares none.
    pub search_key: Option<String>,
}

/// What is behind a URL that no file was given for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OtherUrls {
    /// A query that reads it is refused.
    #[default]
    Refused,
    /// Nothing: for checking queries over tables that are empty anyway.
    Empty,
}

/// How the names and paths of a query are held against what the tables declare.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Reading {
    /// A hunt that was written for either portal runs: `TimeGenerated` stands for `Timestamp`, the unified portal's columns
    /// are there, and a member of a text is that of the JSON in it.
    #[default]
    EitherPortal,
    /// A table has the columns that it declares, a text has no members, and `count` takes no column: as Microsoft's binder has it.
    AsDeclared,
}

/// A function kept as KQL text: `let`-style parameters and body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedFunction {
    pub name: String,
    /// `(T: (*), limit: long = 10) { … }`
    pub text: String,
    pub doc: String,
}

impl Catalog {
    /// The built-in tables of Defender and of huntql, all empty, and the functions that ship with huntql.
    pub fn builtin() -> Self {
        let mut catalog = Self::default();
        for schema in huntql_store::schema::builtin_tables() {
            catalog.add_table(Table::empty(schema.clone()));
        }
        for function in crate::saved::builtin_functions() {
            catalog.add_function(function);
        }
        catalog
    }

    /// Adds a table, or replaces the one of that name.
    pub fn add_table(&mut self, table: Table) {
        self.tables.insert(table.schema.name.clone(), table);
    }

    /// Hides all rows of other times, in every table that has a `Timestamp` or `TimeGenerated`.
    pub fn limit_times(&mut self, times: Times) {
        for table in self.tables.values_mut().chain(self.apart.values_mut()) {
            table.times = Some(times);
        }
    }

    pub fn add_function(&mut self, function: SavedFunction) {
        self.functions.insert(function.name.clone(), function);
    }

    /// Adds a table that is read by its name only: no wildcard, `search` or `find` over all tables reaches it.
    pub fn add_table_apart(&mut self, table: Table) {
        self.apart.insert(table.schema.name.clone(), table);
    }

    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.get(name).or_else(|| self.apart.get(name))
    }

    /// The tables that only their names reach.
    pub fn tables_apart(&self) -> impl Iterator<Item = &Table> {
        self.apart.values()
    }

    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        self.tables.values()
    }

    pub fn function(&self, name: &str) -> Option<&SavedFunction> {
        self.functions.get(name)
    }

    pub fn functions(&self) -> impl Iterator<Item = &SavedFunction> {
        self.functions.values()
    }

    /// Adds a watchlist, or replaces the one of that alias.
    pub fn add_watchlist(&mut self, alias: impl Into<String>, watchlist: Watchlist) {
        self.watchlists.insert(alias.into(), watchlist);
    }

    pub fn watchlist(&self, alias: &str) -> Option<&Watchlist> {
        self.watchlists.get(alias)
    }

    /// The aliases of the watchlists.
    pub fn watchlists(&self) -> impl Iterator<Item = &str> {
        self.watchlists.keys().map(String::as_str)
    }

    /// Gives `externaldata` a local file for a URL. Nothing is ever fetched: other URLs are refused when a query runs.
    pub fn map_url(&mut self, url: impl Into<String>, file: impl Into<PathBuf>) {
        self.urls.insert(url.into(), file.into());
    }

    /// Names the database of addresses that `geo_info_from_ip_address` reads, a file in MaxMind's format.
    ///
    /// # Errors
    /// A file that cannot be read or is no such database.
    pub fn set_address_database(&mut self, path: &Path) -> Result<(), String> {
        let path = path.to_string_lossy().into_owned();
        crate::kernel::places::open(&path)?;
        self.address_database = Some(path);
        Ok(())
    }

    /// The path of the database of addresses.
    pub fn address_database(&self) -> Option<&str> {
        self.address_database.as_deref()
    }

    /// Names the patterns that `parse_user_agent` reads, a `regexes.yaml` of the ua-parser project.
    ///
    /// They are read when a query first needs them.
    ///
    /// # Errors
    /// A file that is not there.
    pub fn set_agent_patterns(&mut self, path: &Path) -> Result<(), String> {
        let path = path.to_string_lossy().into_owned();
        std::fs::metadata(&path).map_err(|error| format!("cannot read `{path}`: {error}"))?;
        self.agent_patterns = Some(path);
        Ok(())
    }

    /// The path of the patterns of user agents.
    pub fn agent_patterns(&self) -> Option<&str> {
        self.agent_patterns.as_deref()
    }

    /// Says what is behind URLs without a file.
    pub fn set_other_urls(&mut self, other_urls: OtherUrls) {
        self.other_urls = other_urls;
    }

    pub fn other_urls(&self) -> OtherUrls {
        self.other_urls
    }

    /// Says how queries are held against what tables declare.
    pub fn set_reading(&mut self, reading: Reading) {
        self.reading = reading;
    }

    pub fn reading(&self) -> Reading {
        self.reading
    }

    /// The local file of a URL.
    pub fn url(&self, url: &str) -> Option<&Path> {
        self.urls.get(url).map(PathBuf::as_path)
    }
}
