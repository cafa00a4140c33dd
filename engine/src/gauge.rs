//! What a query has cost so far: rows and bytes read, files left out, memory held.
//!
//! A [`Gauge`] is given to the engine before a query runs and may be read from another thread while it does. The figures
//! are those that the operators of the running plans count; sub-queries that are constants of the query count too.
//!
//! | figure | from |
//! |---|---|
//! | rows | what came out of the leaves of the plans |
//! | bytes | what the Parquet readers asked of their files |
//! | files | those of the tables that the plans name, and those of them that are left to be opened |
//! | memory | the most that the operators of this session held at once, since the gauge was first read or given |

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::datasource::physical_plan::FileScanConfig;
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::source_as_provider;
use datafusion::error::Result;
use datafusion::execution::memory_pool::{
    MemoryConsumer, MemoryLimit, MemoryPool, MemoryReservation,
};
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::ExecutionPlan;
use huntql_store::EventTable;
use std::collections::HashSet;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

/// What has been done so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Work {
    /// Rows that came out of files and other sources.
    pub rows_read: u64,
    pub bytes_scanned: u64,
    /// Files of the tables that are read.
    pub files: u64,
    /// Files of those that cannot hold a row that is wanted, and are not opened.
    pub files_pruned: u64,
    /// The most that operators held at once.
    pub memory_peak_bytes: u64,
}

/// A handle on a running query. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Gauge {
    seen: Arc<Mutex<Seen>>,
}

#[derive(Debug, Default)]
struct Seen {
    files: u64,
    plans: Vec<Arc<dyn ExecutionPlan>>,
    pool: Option<Arc<PeakPool>>,
}

impl Gauge {
    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen
            .lock()
            .unwrap_or_else(|broken| broken.into_inner())
    }

    /// Watches this pool from now on.
    pub(crate) fn watch(&self, pool: &Arc<PeakPool>) {
        pool.begin();
        self.lock().pool = Some(Arc::clone(pool));
    }

    /// Counts the files of the tables that a plan names.
    pub(crate) fn plans(&self, plan: &LogicalPlan) {
        let mut files = 0;
        // The closure never fails.
        let _ = plan.apply(|node| {
            if let LogicalPlan::TableScan(scan) = node
                && let Ok(provider) = source_as_provider(&scan.source)
                && let Some(table) = provider.downcast_ref::<EventTable>()
            {
                files += table.file_count();
            }
            Ok(TreeNodeRecursion::Continue)
        });
        self.lock().files += files;
    }

    /// A plan that begins to run.
    pub(crate) fn runs(&self, plan: &Arc<dyn ExecutionPlan>) {
        self.lock().plans.push(Arc::clone(plan));
    }

    /// What has been done so far.
    pub fn read(&self) -> Work {
        let seen = self.lock();
        let mut work = Work {
            files: seen.files,
            ..Work::default()
        };
        let mut files_opened = 0;
        let mut known = HashSet::new();
        let mut pending: Vec<&Arc<dyn ExecutionPlan>> = seen.plans.iter().collect();
        while let Some(plan) = pending.pop() {
            if !known.insert(Arc::as_ptr(plan).cast::<()>()) {
                continue;
            }
            let children = plan.children();
            if children.is_empty() {
                work.add_leaf(plan.as_ref());
                files_opened += files_of(plan.as_ref());
            }
            pending.extend(children);
        }
        work.files_pruned = work.files.saturating_sub(files_opened);
        work.memory_peak_bytes = seen.pool.as_ref().map_or(0, |pool| pool.peak() as u64);
        work
    }
}

impl Work {
    fn add_leaf(&mut self, plan: &dyn ExecutionPlan) {
        let Some(metrics) = plan.metrics() else {
            return;
        };
        let named = |name: &str| metrics.sum_by_name(name).map_or(0, |sum| sum.as_usize());
        self.rows_read += metrics.output_rows().unwrap_or(0) as u64;
        self.bytes_scanned += named("bytes_scanned") as u64;
    }
}

/// Files that a scan opens; a file may be read in several pieces.
fn files_of(plan: &dyn ExecutionPlan) -> u64 {
    let Some(config) = plan
        .downcast_ref::<DataSourceExec>()
        .and_then(|scan| scan.data_source().downcast_ref::<FileScanConfig>())
    else {
        return 0;
    };
    let files = config.file_groups.iter().flat_map(|group| group.iter());
    let paths: HashSet<&str> = files
        .map(|file| file.object_meta.location.as_ref())
        .collect();
    paths.len() as u64
}

/// A memory pool that remembers the most that was held at once.
#[derive(Debug)]
pub(crate) struct PeakPool {
    pool: Arc<dyn MemoryPool>,
    peak_bytes: AtomicUsize,
}

impl PeakPool {
    pub fn new(pool: Arc<dyn MemoryPool>) -> PeakPool {
        PeakPool {
            pool,
            peak_bytes: AtomicUsize::new(0),
        }
    }

    /// Forgets the peak; what is held now is the new one.
    fn begin(&self) {
        self.peak_bytes
            .store(self.pool.reserved(), Ordering::Relaxed);
    }

    fn peak(&self) -> usize {
        self.peak_bytes.load(Ordering::Relaxed)
    }

    fn note(&self) {
        self.peak_bytes
            .fetch_max(self.pool.reserved(), Ordering::Relaxed);
    }
}

impl fmt::Display for PeakPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.pool, f)
    }
}

impl MemoryPool for PeakPool {
    fn name(&self) -> &str {
        self.pool.name()
    }

    fn register(&self, consumer: &MemoryConsumer) {
        self.pool.register(consumer);
    }

    fn unregister(&self, consumer: &MemoryConsumer) {
        self.pool.unregister(consumer);
    }

    fn grow(&self, reservation: &MemoryReservation, additional: usize) {
        self.pool.grow(reservation, additional);
        self.note();
    }

    fn shrink(&self, reservation: &MemoryReservation, shrink: usize) {
        self.pool.shrink(reservation, shrink);
    }

    fn try_grow(&self, reservation: &MemoryReservation, additional: usize) -> Result<()> {
        self.pool.try_grow(reservation, additional)?;
        self.note();
        Ok(())
    }

    fn reserved(&self) -> usize {
        self.pool.reserved()
    }

    fn memory_limit(&self) -> MemoryLimit {
        self.pool.memory_limit()
    }
}
