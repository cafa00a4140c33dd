//! Scanning: a table at one version as an ordinary Parquet `DataSourceExec` over its files.
//!
//! What comes out is in the engine's types: datetimes as ticks, strings never null. Filters prune files here (by the
//! log's bounds), row groups, pages and bloom filters in DataFusion's reader (see [`adapter`]); the exact filter stays
//! above the scan or, when that pays, goes into the decoder.

pub(crate) mod adapter;
pub mod codes;
pub(crate) mod convert;
mod distinct;
mod dynamic;
mod functions;
mod instants;
mod json;
pub mod members;
mod prune;
mod pushdown;
pub mod rows;
mod source;
mod terms;
mod texts;
pub mod travel;

use crate::index::selection::Part;
use crate::log::{DataFile, Snapshot};
use crate::members::name_of;
use crate::schema::{HIDDEN, TableSchema, arrow_field, is_hidden, portal_columns};
use adapter::{EngineAdapterFactory, Origin};
use async_trait::async_trait;
use datafusion::arrow::datatypes::{Schema, SchemaRef};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::stats::Precision;
use datafusion::common::{ColumnStatistics, ScalarValue, Statistics};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::parquet::{
    CachedParquetFileReaderFactory, ParquetRowSelection,
};
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use huntql_kql::time::{MAX_DATETIME, TICKS_PER_MICROSECOND, UNIX_EPOCH};
use huntql_kql::types::{Column, Type};

use prune::Ranges;
use pushdown::Asked;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use terms::Narrowed;

/// A Parquet file of a scan.
#[derive(Debug, Clone)]
pub(crate) struct ScanFile {
    /// Absolute.
    pub path: PathBuf,
    pub size_bytes: u64,
    pub rows: Option<u64>,
    pub bounds: BTreeMap<String, TickBounds>,
}

/// Bounds of a datetime column in ticks; they need not occur.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TickBounds {
    pub min_ticks: i64,
    pub max_ticks: i64,
}

/// A table for queries: its columns and its files at one version.
///
/// The Arrow schema has the visible columns first, then columns that can be named but are no part of `*` (the portal's,
/// further stored ones, the hidden ones): plans choose by name.
#[derive(Debug)]
pub struct EventTable {
    table: TableSchema,
    schema: SchemaRef,
    types: Arc<HashMap<String, Type>>,
    files: Arc<[ScanFile]>,
    origin: Origin,
    /// Names of the columns of members in the file of most rows, once asked for.
    members: OnceLock<HashSet<String>>,
    /// Kept for as long as the table is in use.
    _folder: Option<tempfile::TempDir>,
}

impl EventTable {
    /// A table of the store at one version.
    pub(crate) fn of_store(table: TableSchema, folder: &Path, snapshot: &Snapshot) -> EventTable {
        let stored = snapshot
            .columns
            .iter()
            .filter_map(|column| Some(Column::new(&column.name, column.ty?)));
        let files = snapshot
            .files
            .iter()
            .map(|file| scan_file(folder, file))
            .collect();
        Self::new(table, stored, files, Origin::Store)
    }

    /// A table that is declared and has no rows.
    pub fn empty(table: TableSchema) -> EventTable {
        Self::new(table, std::iter::empty(), Arc::from([]), Origin::Store)
    }

    /// A table over Parquet files that others wrote; `further` columns can be named and are no part of `*`.
    pub(crate) fn of_files(
        table: TableSchema,
        further: Vec<Column>,
        files: Arc<[ScanFile]>,
    ) -> EventTable {
        Self::new(table, further.into_iter(), files, Origin::Foreign)
    }

    /// A table over a file in the store's own form in a folder that goes when the table does.
    pub(crate) fn of_temporary(
        table: TableSchema,
        further: Vec<Column>,
        file: ScanFile,
        folder: tempfile::TempDir,
    ) -> EventTable {
        let table = Self::new(table, further.into_iter(), Arc::from([file]), Origin::Store);
        EventTable {
            _folder: Some(folder),
            ..table
        }
    }

    fn new(
        table: TableSchema,
        stored: impl Iterator<Item = Column>,
        files: Arc<[ScanFile]>,
        origin: Origin,
    ) -> EventTable {
        let portal = portal_columns(&table.name).iter().cloned();
        let mut columns: Vec<Column> = table.columns.clone();
        let further = stored
            .filter(|column| !is_hidden(&column.name))
            .chain(portal)
            .chain(HIDDEN.iter().cloned());
        for column in further {
            if !columns.iter().any(|known| known.name == column.name) {
                columns.push(column);
            }
        }
        let schema = Arc::new(Schema::new(
            columns.iter().map(arrow_field).collect::<Vec<_>>(),
        ));
        let types = Arc::new(
            columns
                .into_iter()
                .map(|column| (column.name, column.ty))
                .collect(),
        );
        EventTable {
            table,
            schema,
            types,
            files,
            origin,
            members: OnceLock::new(),
            _folder: None,
        }
    }

    /// Name and visible columns: what `*` and `getschema` mean.
    pub fn table_schema(&self) -> &TableSchema {
        &self.table
    }

    /// The KQL type of a column, visible or not.
    pub fn column_type(&self, name: &str) -> Option<Type> {
        self.types.get(name).copied()
    }

    /// Columns that can be named but are no part of `*`: the portal's, further stored ones, the hidden ones.
    pub fn further_columns(&self) -> Vec<Column> {
        let names = self
            .schema
            .fields()
            .iter()
            .skip(self.table.columns.len())
            .map(|field| field.name());
        names
            .filter_map(|name| Some(Column::new(name, self.column_type(name)?)))
            .collect()
    }

    /// How many rows there are, when all files say so.
    pub fn rows(&self) -> Option<u64> {
        self.files.iter().map(|file| file.rows).sum()
    }

    /// Whether the scan reads these members of a column of JSON as columns, by what the file of most rows says; see [`members`].
    pub fn has_members(&self, column: &str, keys: &[&str]) -> bool {
        let names = self.members.get_or_init(|| {
            let largest = self.files.iter().max_by_key(|file| file.rows);
            match (self.origin, largest) {
                (Origin::Store, Some(file)) => members::of_file(&file.path),
                _ => HashSet::new(),
            }
        });
        keys.iter().all(|key| names.contains(&name_of(column, key)))
    }

    /// Whether what is calculated right above these filters of a scan is calculated by the scan: they go into the decoder, or are none.
    pub fn takes_filters(&self, filters: &[Expr]) -> bool {
        filters.is_empty() || pushdown::pays(filters)
    }

    /// How many files there are.
    pub fn file_count(&self) -> u64 {
        self.files.len() as u64
    }

    /// Bytes of the files.
    pub fn size_bytes(&self) -> u64 {
        self.files.iter().map(|file| file.size_bytes).sum()
    }

    /// The last instant of `column` in ticks as far as the log knows it; it may lie up to a millisecond after the data's.
    pub fn latest_ticks(&self, column: &str) -> Option<i64> {
        self.files
            .iter()
            .filter_map(|file| file.bounds.get(column))
            .map(|bounds| bounds.max_ticks)
            .max()
    }

    fn statistics_of<'a>(&self, files: impl Iterator<Item = &'a ScanFile> + Clone) -> Statistics {
        let rows: Option<u64> = files.clone().map(|file| file.rows).sum();
        let columns = self.schema.fields().iter().map(|field| {
            let bounds: Option<Vec<&TickBounds>> = files
                .clone()
                .map(|file| file.bounds.get(field.name()))
                .collect();
            let bounds = bounds
                .filter(|_| self.types.get(field.name()) == Some(&Type::Datetime))
                .unwrap_or_default();
            let value = |ticks: Option<i64>| match ticks {
                Some(ticks) => Precision::Inexact(ScalarValue::Int64(Some(ticks))),
                None => Precision::Absent,
            };
            ColumnStatistics {
                min_value: value(bounds.iter().map(|bounds| bounds.min_ticks).min()),
                max_value: value(bounds.iter().map(|bounds| bounds.max_ticks).max()),
                ..ColumnStatistics::new_unknown()
            }
        });
        let column_statistics = columns.collect();
        let num_rows = rows.map_or(Precision::Absent, |rows| Precision::Exact(rows as usize));
        Statistics {
            num_rows,
            total_byte_size: Precision::Absent,
            column_statistics,
        }
    }

    /// A file of a scan, or the part of it that is to be read.
    fn partitioned(&self, file: &ScanFile, part: Option<Part>) -> Result<PartitionedFile> {
        let path = datafusion::object_store::path::Path::from_absolute_path(&file.path)
            .map_err(|error| DataFusionError::External(Box::new(error)))?;
        let mut partitioned = PartitionedFile::new(String::new(), file.size_bytes);
        partitioned.object_meta.location = path;
        let changed = match self.origin {
            Origin::Store => None,
            Origin::Foreign => std::fs::metadata(&file.path)
                .and_then(|facts| facts.modified())
                .ok(),
        };
        if let Some(changed) = changed {
            partitioned.object_meta.last_modified = changed.into();
        }
        let statistics = self.statistics_of(std::iter::once(file));
        Ok(match part {
            None => partitioned.with_statistics(Arc::new(statistics)),
            Some(Part { bytes, rows }) => partitioned
                .with_statistics(Arc::new(statistics.to_inexact()))
                .with_range(bytes.start, bytes.end)
                .with_extension(ParquetRowSelection::new(rows)),
        })
    }
}

/// Reads footers and page indexes once in a session: the store's files never change, and others' are known by their size and
/// time of change too.
fn footers(state: &dyn Session) -> Result<Arc<CachedParquetFileReaderFactory>> {
    let environment = state.runtime_env();
    let store = environment.object_store(ObjectStoreUrl::local_filesystem())?;
    let known = environment.cache_manager.get_file_metadata_cache();
    Ok(Arc::new(CachedParquetFileReaderFactory::new(store, known)))
}

fn scan_file(folder: &Path, file: &DataFile) -> ScanFile {
    let ticks = |micros: i64| {
        micros
            .saturating_mul(TICKS_PER_MICROSECOND)
            .saturating_add(UNIX_EPOCH)
    };
    let bounds = file.bounds.iter().map(|(name, bounds)| {
        let max_ticks = ticks(bounds.max_us)
            .saturating_add(TICKS_PER_MICROSECOND - 1)
            .min(MAX_DATETIME);
        (
            name.clone(),
            TickBounds {
                min_ticks: ticks(bounds.min_us),
                max_ticks,
            },
        )
    });
    ScanFile {
        path: folder.join(&file.path),
        size_bytes: file.size_bytes,
        rows: file.rows,
        bounds: bounds.collect(),
    }
}

#[async_trait]
impl TableProvider for EventTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> Result<Vec<TableProviderFilterPushDown>> {
        // The exact filter stays in the plan; DataFusion moves it into the decoder when `pushdown` chose so.
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    fn statistics(&self) -> Option<Statistics> {
        Some(self.statistics_of(self.files.iter()))
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let ranges = Ranges::of(filters);
        let in_time = self.files.iter().filter(|file| ranges.admit(file));
        let narrowed = match self.origin {
            Origin::Store => terms::narrow(in_time.collect(), filters, &self.types),
            Origin::Foreign => Narrowed {
                files: in_time.map(|file| (file, None)).collect(),
                is_told: false,
                note: None,
            },
        };
        if narrowed.files.is_empty() {
            let schema = match projection {
                Some(projection) => Arc::new(self.schema.project(projection)?),
                None => self.schema(),
            };
            return Ok(Arc::new(EmptyExec::new(schema)));
        }
        let is_narrowed = narrowed.files.iter().any(|(_, part)| part.is_some());
        let mut statistics = self.statistics_of(narrowed.files.iter().map(|(file, _)| *file));
        if is_narrowed {
            statistics = statistics.to_inexact();
        }
        let mut partitioned = narrowed
            .files
            .into_iter()
            .map(|(file, part)| self.partitioned(file, part))
            .collect::<Result<Vec<_>>>()?;
        let mut into_decoder = is_narrowed || pushdown::pays(filters);
        if into_decoder && self.origin == Origin::Foreign {
            for file in &partitioned {
                into_decoder &= !pushdown::reads_nested(state, &file.object_meta, filters).await?;
            }
        }
        let as_dictionaries = match into_decoder {
            true => Asked::by(filters, &self.types, self.origin),
            false => Asked::default(),
        };
        let mut reads_long_texts = false;
        for file in partitioned
            .iter_mut()
            .filter(|_| !as_dictionaries.is_empty())
        {
            let read = pushdown::with_dictionaries(state, &file.object_meta, &as_dictionaries);
            let (read, all) = read.await?;
            file.arrow_schema = read;
            reads_long_texts |= !all;
        }
        let mut options = state.table_options().parquet.clone();
        // Skipping rows costs more than decoding them, but for texts that are copied one by one.
        options.global.force_filter_selections |= reads_long_texts;
        let source = ParquetSource::new(Arc::clone(&self.schema))
            .with_table_parquet_options(options)
            .with_parquet_file_reader_factory(footers(state)?)
            .with_pushdown_filters(into_decoder)
            .with_reorder_filters(into_decoder)
            .with_enable_page_index(true)
            // The index says all that they would.
            .with_bloom_filter_on_read(!narrowed.is_told);
        let groups =
            FileGroup::new(partitioned).split_files(state.config().target_partitions().max(1));
        let config =
            FileScanConfigBuilder::new(ObjectStoreUrl::local_filesystem(), Arc::new(source))
                .with_file_groups(groups)
                .with_statistics(statistics)
                .with_projection_indices(projection.cloned())?
                .with_limit(limit)
                .build();
        let conversions = EngineAdapterFactory {
            types: Arc::clone(&self.types),
            origin: self.origin,
            rewritten: Default::default(),
        };
        let note = narrowed.note.map(Arc::from);
        Ok(travel::convert(config, Arc::new(conversions), note))
    }
}
