//! DataFusion's Parquet source under a name of our own.
//!
//! The columns of a file are converted by the scan's expression adapter, which DataFusion's encoding of plans leaves
//! out: a plan sent elsewhere would read microseconds as ticks. With a source of its own the scan is not encoded
//! without us; whoever sends plans does it by way of [`super::travel`]. All work is the Parquet source's.

use super::adapter::{EngineAdapterFactory, Origin};
use super::members;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{
    FileOpener, FileScanConfig, FileSource, ParquetSource,
};
use datafusion::datasource::table_schema::TableSchema;
use datafusion::error::Result;
use datafusion::object_store::ObjectStore;
use datafusion::object_store::path::Path;
use datafusion::physical_expr::expressions::DynamicFilterTracking;
use datafusion::physical_expr::projection::ProjectionExprs;
use datafusion::physical_expr::utils::collect_columns;
use datafusion::physical_expr::{
    EquivalenceProperties, LexOrdering, PhysicalExpr, PhysicalSortExpr,
};
use datafusion::physical_plan::filter_pushdown::FilterPushdownPropagation;
use datafusion::physical_plan::metrics::ExecutionPlanMetricsSet;
use datafusion::physical_plan::{DisplayFormatType, SortOrderPushdownResult};
use datafusion_datasource::morsel::Morselizer;
use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

/// So many columns beyond those of a growing filter make late decoding worth its overhead.
const FURTHER_COLUMNS_MIN: usize = 4;

#[derive(Clone)]
pub(super) struct EventSource {
    pub(super) parquet: Arc<dyn FileSource>,
    pub(super) conversions: Arc<EngineAdapterFactory>,
    /// What the term index left of the files, for `explain`.
    note: Option<Arc<str>>,
    /// The files of the scan, for `explain`.
    files: Arc<[Path]>,
}

impl EventSource {
    pub(super) fn new(
        parquet: Arc<dyn FileSource>,
        conversions: Arc<EngineAdapterFactory>,
        note: Option<Arc<str>>,
        files: Arc<[Path]>,
    ) -> Self {
        Self {
            parquet,
            conversions,
            note,
            files,
        }
    }

    /// The source with filters in the decoder when one of these grows while the query runs and many columns follow: the
    /// hundred latest rows of ten million need the other columns of a few thousand only.
    fn taking(&self, filters: &[Arc<dyn PhysicalExpr>]) -> Arc<dyn FileSource> {
        let tested: HashSet<_> = filters.iter().flat_map(collect_columns).collect();
        let wanted = self.parquet.projection().map_or(
            self.parquet.table_schema().table_schema().fields().len(),
            |wanted| wanted.as_ref().len(),
        );
        let grows = filters
            .iter()
            .any(|filter| DynamicFilterTracking::classify(filter).contains_dynamic_filter());
        match self.parquet.downcast_ref::<ParquetSource>() {
            Some(parquet) if grows && wanted >= tested.len() + FURTHER_COLUMNS_MIN => {
                Arc::new(parquet.clone().with_pushdown_filters(true))
            }
            Some(parquet) if grows && parquet.table_parquet_options().global.pushdown_filters => {
                Arc::new(without_cache(parquet))
            }
            _ => Arc::clone(&self.parquet),
        }
    }

    /// The members of JSON that are asked for, and in how many files they have columns.
    fn members(&self) -> Option<String> {
        if self.conversions.origin == Origin::Foreign {
            return None;
        }
        let filter = self.parquet.filter();
        let projection = self
            .parquet
            .projection()
            .map(|projection| projection.as_ref());
        let projected = projection.unwrap_or_default().iter();
        let exprs = projected.map(|projected| &projected.expr).chain(&filter);
        members::note(exprs, &self.conversions.types, &self.files)
    }

    fn over(&self, parquet: Arc<dyn FileSource>) -> Arc<dyn FileSource> {
        Arc::new(Self::new(
            parquet,
            Arc::clone(&self.conversions),
            self.note.clone(),
            Arc::clone(&self.files),
        ))
    }
}

/// The source that decodes a column again for the rows that are left, where a condition has read it for others before.
///
/// The decoder's cache takes in whole batches of such a column, also of those of which other conditions left a few rows.
fn without_cache(parquet: &ParquetSource) -> ParquetSource {
    let mut options = parquet.table_parquet_options().clone();
    options.global.max_predicate_cache_size = Some(0);
    parquet.clone().with_table_parquet_options(options)
}

impl FileSource for EventSource {
    fn create_file_opener(
        &self,
        store: Arc<dyn ObjectStore>,
        config: &FileScanConfig,
        partition: usize,
    ) -> Result<Arc<dyn FileOpener>> {
        self.parquet.create_file_opener(store, config, partition)
    }

    fn create_morselizer(
        &self,
        store: Arc<dyn ObjectStore>,
        config: &FileScanConfig,
        partition: usize,
    ) -> Result<Box<dyn Morselizer>> {
        self.parquet.create_morselizer(store, config, partition)
    }

    fn table_schema(&self) -> &TableSchema {
        self.parquet.table_schema()
    }

    fn with_batch_size(&self, batch_size: usize) -> Arc<dyn FileSource> {
        self.over(self.parquet.with_batch_size(batch_size))
    }

    fn filter(&self) -> Option<Arc<dyn PhysicalExpr>> {
        self.parquet.filter()
    }

    fn projection(&self) -> Option<&ProjectionExprs> {
        self.parquet.projection()
    }

    fn metrics(&self) -> &ExecutionPlanMetricsSet {
        self.parquet.metrics()
    }

    fn file_type(&self) -> &str {
        self.parquet.file_type()
    }

    fn fmt_extra(&self, format: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parquet.fmt_extra(format, f)?;
        if let Some(note) = &self.note {
            write!(f, ", term_index=[{note}]")?;
        }
        match self.members() {
            Some(note) => write!(f, ", members=[{note}]"),
            None => Ok(()),
        }
    }

    fn supports_repartitioning(&self) -> bool {
        self.parquet.supports_repartitioning()
    }

    fn repartitioned(
        &self,
        target_partitions: usize,
        file_size_min: usize,
        ordering: Option<LexOrdering>,
        config: &FileScanConfig,
    ) -> Result<Option<FileScanConfig>> {
        // The configuration that comes back is the one given, with this source in it and other groups of files.
        self.parquet
            .repartitioned(target_partitions, file_size_min, ordering, config)
    }

    fn try_pushdown_filters(
        &self,
        filters: Vec<Arc<dyn PhysicalExpr>>,
        config: &ConfigOptions,
    ) -> Result<FilterPushdownPropagation<Arc<dyn FileSource>>> {
        let pushed = self
            .taking(&filters)
            .try_pushdown_filters(filters, config)?;
        let updated_node = pushed.updated_node.map(|source| self.over(source));
        Ok(FilterPushdownPropagation {
            filters: pushed.filters,
            updated_node,
        })
    }

    fn try_pushdown_sort(
        &self,
        order: &[PhysicalSortExpr],
        properties: &EquivalenceProperties,
    ) -> Result<SortOrderPushdownResult<Arc<dyn FileSource>>> {
        Ok(self
            .parquet
            .try_pushdown_sort(order, properties)?
            .map(|source| self.over(source)))
    }

    fn reorder_files(&self, files: Vec<PartitionedFile>) -> Vec<PartitionedFile> {
        self.parquet.reorder_files(files)
    }

    fn try_pushdown_projection(
        &self,
        projection: &ProjectionExprs,
    ) -> Result<Option<Arc<dyn FileSource>>> {
        Ok(self
            .parquet
            .try_pushdown_projection(projection)?
            .map(|source| self.over(source)))
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        self.parquet.apply_expressions(f)
    }
}
