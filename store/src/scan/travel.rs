//! Scans and tables as bytes, for plans that are sent to another process.
//!
//! A scan is taken apart into a plain Parquet plan, which DataFusion's own encoding carries, and a note of the
//! conversions; the receiver puts both together again. What travels names files by path: both sides must see them.

use super::adapter::{EngineAdapterFactory, Origin};
use super::source::EventSource;
use super::{EventTable, ScanFile, TickBounds};
use crate::schema::TableSchema;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfig};
use datafusion::datasource::source::DataSourceExec;
use datafusion::error::{DataFusionError, Result};
use datafusion::physical_plan::ExecutionPlan;
use huntql_kql::types::{Column, Type};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct ScanNote {
    version: u32,
    types: HashMap<String, Type>,
    origin: Origin,
}

#[derive(Serialize, Deserialize)]
struct TableNote {
    version: u32,
    name: String,
    columns: Vec<Column>,
    further: Vec<Column>,
    files: Vec<FileNote>,
    origin: Origin,
}

#[derive(Serialize, Deserialize)]
struct FileNote {
    path: PathBuf,
    size_bytes: u64,
    rows: Option<u64>,
    /// Least and greatest tick of datetime columns.
    bounds: BTreeMap<String, (i64, i64)>,
}

/// A scan of a plain Parquet source, with the conversions to the engine's types.
pub(super) fn convert(
    mut config: FileScanConfig,
    conversions: Arc<EngineAdapterFactory>,
    note: Option<Arc<str>>,
) -> Arc<dyn ExecutionPlan> {
    let files = config.file_groups.iter().flat_map(FileGroup::iter);
    let mut files: Vec<_> = files
        .map(|file| file.object_meta.location.clone())
        .collect();
    // A file may be read in parts.
    files.sort();
    files.dedup();
    config.file_source = Arc::new(EventSource::new(
        Arc::clone(&config.file_source),
        Arc::clone(&conversions),
        note,
        files.into(),
    ));
    config.expr_adapter_factory = Some(conversions);
    DataSourceExec::from_data_source(config)
}

/// Takes a scan of this crate apart into the plain Parquet plan and a note; `None` for any other plan.
///
/// The plain plan is for encoding alone: run as it is, it reads other values.
pub fn take_apart(plan: &Arc<dyn ExecutionPlan>) -> Option<(Arc<dyn ExecutionPlan>, Vec<u8>)> {
    let scan = plan.downcast_ref::<DataSourceExec>()?;
    let config = scan.data_source().downcast_ref::<FileScanConfig>()?;
    let source = config.file_source.downcast_ref::<EventSource>()?;
    let note = ScanNote {
        version: VERSION,
        types: source.conversions.types.as_ref().clone(),
        origin: source.conversions.origin,
    };
    let mut plain = config.clone();
    plain.file_source = Arc::clone(&source.parquet);
    plain.expr_adapter_factory = None;
    let note = serde_json::to_vec(&note).expect("names and types are JSON");
    Some((DataSourceExec::from_data_source(plain), note))
}

/// Puts a scan together again from what [`take_apart`] gave.
pub fn put_together(plain: &Arc<dyn ExecutionPlan>, note: &[u8]) -> Result<Arc<dyn ExecutionPlan>> {
    let note: ScanNote = serde_json::from_slice(note).map_err(foreign)?;
    same_version(note.version)?;
    let scan = plain.downcast_ref::<DataSourceExec>();
    let config = scan.and_then(|scan| scan.data_source().downcast_ref::<FileScanConfig>());
    let Some(config) = config else {
        return Err(DataFusionError::Plan(
            "the plan that came with a scan's note is no scan of files".to_owned(),
        ));
    };
    let conversions = EngineAdapterFactory {
        types: Arc::new(note.types),
        origin: note.origin,
        rewritten: Default::default(),
    };
    Ok(convert(config.clone(), Arc::new(conversions), None))
}

/// A table at its version as bytes, for a codec of logical plans.
pub fn table_to_bytes(table: &EventTable) -> Vec<u8> {
    let files = table.files.iter().map(|file| FileNote {
        path: file.path.clone(),
        size_bytes: file.size_bytes,
        rows: file.rows,
        bounds: file
            .bounds
            .iter()
            .map(|(name, bounds)| (name.clone(), (bounds.min_ticks, bounds.max_ticks)))
            .collect(),
    });
    let note = TableNote {
        version: VERSION,
        name: table.table.name.clone(),
        columns: table.table.columns.clone(),
        further: table.further_columns(),
        files: files.collect(),
        origin: table.origin,
    };
    serde_json::to_vec(&note).expect("names, types and paths are JSON")
}

/// The table that [`table_to_bytes`] wrote.
pub fn table_from_bytes(bytes: &[u8]) -> Result<EventTable> {
    let note: TableNote = serde_json::from_slice(bytes).map_err(foreign)?;
    same_version(note.version)?;
    let files = note.files.into_iter().map(|file| ScanFile {
        path: file.path,
        size_bytes: file.size_bytes,
        rows: file.rows,
        bounds: file
            .bounds
            .into_iter()
            .map(|(name, (min_ticks, max_ticks))| {
                (
                    name,
                    TickBounds {
                        min_ticks,
                        max_ticks,
                    },
                )
            })
            .collect(),
    });
    let table = TableSchema::new(note.name, note.columns);
    Ok(EventTable::new(
        table,
        note.further.into_iter(),
        files.collect(),
        note.origin,
    ))
}

fn same_version(version: u32) -> Result<()> {
    match version {
        VERSION => Ok(()),
        other => Err(DataFusionError::Plan(format!(
            "a scan was sent in version {other} of its form, this program knows {VERSION}: use one version on all sides"
        ))),
    }
}

fn foreign(error: serde_json::Error) -> DataFusionError {
    DataFusionError::Plan(format!("what was sent is no scan of this store: {error}"))
}
