//! Delta Lake's log, by the official kernel.
//!
//! Every column is declared nullable (a `NOT NULL` would need a table feature that some readers lack); the files
//! themselves hold strings as required. The KQL type of a column is in its metadata under `huntql.type`.

use super::durable::DurableLocal;
use super::{
    Change, Commit, CommitOutcome, DAY, DataFile, Snapshot, StoredColumn, TICK_PREFIX, TableLog,
    stats,
};
use crate::error::{Result, StoreError};
use crate::schema::{DECIMAL_PRECISION, DECIMAL_SCALE};
use datafusion::arrow::array::{
    Array, AsArray, Int64Array, MapBuilder, MapFieldNames, StringArray, StringBuilder,
};
use datafusion::arrow::datatypes::{DataType as ArrowType, Field, Int64Type, Schema};
use datafusion::arrow::record_batch::RecordBatch;
use delta_kernel::committer::FileSystemCommitter;
use delta_kernel::engine::arrow_data::ArrowEngineData;
use delta_kernel::scan::{ScanMetadata, StatsOptions};
use delta_kernel::schema::{DataType, MetadataValue, StructField, StructType};
use delta_kernel::snapshot::SnapshotRef;
use delta_kernel::transaction::create_table::create_table;
use delta_kernel::transaction::data_layout::DataLayout;
use delta_kernel::transaction::{CommitResult, UpdateTableOperation};
use delta_kernel::{EngineData, FilteredEngineData, KernelError, KernelResult};
use delta_kernel_default_engine::DefaultEngine;
use delta_kernel_default_engine::executor::tokio::TokioMultiThreadExecutor;
use huntql_kql::types::Type;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use url::Url;

const ENGINE_INFO: &str = concat!("huntql/", env!("CARGO_PKG_VERSION"));
const TYPE_KEY: &str = "huntql.type";
/// A checkpoint is written each time so many versions have come since the last one.
const CHECKPOINT_EVERY_VERSIONS: u64 = 20;
const ATTEMPTS_MAX: u32 = 200;

type KernelEngine = DefaultEngine<TokioMultiThreadExecutor>;

/// One engine for the process: its runtime must not be dropped inside another one.
fn engine() -> Result<&'static KernelEngine> {
    static ENGINE: OnceLock<std::result::Result<KernelEngine, String>> = OnceLock::new();
    let made = ENGINE.get_or_init(|| {
        let executor = TokioMultiThreadExecutor::new_owned_runtime(Some(1), Some(4))
            .map_err(|error| error.to_string())?;
        let store = Arc::new(DurableLocal::default());
        Ok(DefaultEngine::builder(store)
            .with_task_executor(Arc::new(executor))
            .build())
    });
    made.as_ref().map_err(|message| StoreError::Log {
        path: PathBuf::new(),
        message: message.clone(),
    })
}

/// The Delta log in a table's folder.
#[derive(Debug, Clone)]
pub(crate) struct DeltaLog {
    table: String,
    folder: PathBuf,
}

impl DeltaLog {
    /// `folder` is absolute.
    pub(crate) fn new(table: impl Into<String>, folder: impl Into<PathBuf>) -> Self {
        Self {
            table: table.into(),
            folder: folder.into(),
        }
    }

    fn failed(&self, error: impl std::fmt::Display) -> StoreError {
        StoreError::Log {
            path: self.folder.clone(),
            message: error.to_string(),
        }
    }

    fn url(&self) -> Result<Url> {
        Url::from_directory_path(&self.folder).map_err(|()| self.failed("the path is not absolute"))
    }

    /// Runs kernel code on a thread of its own: it blocks, which a runtime's threads must not.
    fn run<T: Send>(&self, work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
        std::thread::scope(|scope| {
            let joined = scope.spawn(work).join();
            joined.unwrap_or_else(|_| Err(self.failed("reading it panicked")))
        })
    }

    fn newest(&self) -> Result<Option<SnapshotRef>> {
        if !self.folder.join("_delta_log").is_dir() {
            return Ok(None);
        }
        match delta_kernel::Snapshot::builder_for(self.url()?).build(engine()?) {
            Ok(snapshot) => Ok(Some(snapshot)),
            // The folder of the log was made, its first commit is still to come.
            Err(_) if !has_commits(&self.folder) => Ok(None),
            Err(error) => Err(self.failed(error)),
        }
    }

    fn commit_once(&self, commit: &Commit) -> Result<Attempt> {
        let kernel = engine()?;
        let (result, before) = match self.newest()? {
            None => match self.create(commit) {
                Ok(version) => return Ok(Attempt::Done(CommitOutcome::Committed { version })),
                Err(KernelError::TableAlreadyExistsAtPath(_)) => return Ok(Attempt::Lost),
                Err(error) => return Err(self.failed(error)),
            },
            Some(snapshot) => {
                if let Some(transaction) = &commit.transaction {
                    let known = snapshot.get_app_id_version(&transaction.application, kernel);
                    let known = known.map_err(|error| self.failed(error))?;
                    if known.is_some_and(|known| known >= transaction.version) {
                        return Ok(Attempt::Done(CommitOutcome::KnownAlready));
                    }
                }
                let version = snapshot.version();
                let updated = update(snapshot, commit, kernel);
                match updated.map_err(|error| self.failed(error))? {
                    Some(result) => (result, version),
                    None => return Ok(Attempt::Done(CommitOutcome::Stale)),
                }
            }
        };
        match result {
            CommitResult::Committed(committed) => {
                let version = committed.commit_version();
                if version / CHECKPOINT_EVERY_VERSIONS != before / CHECKPOINT_EVERY_VERSIONS {
                    self.checkpoint();
                }
                Ok(Attempt::Done(CommitOutcome::Committed { version }))
            }
            CommitResult::Conflicted(_) => Ok(Attempt::Lost),
            CommitResult::Retryable(retryable) => Err(self.failed(retryable.error)),
        }
    }

    fn create(&self, commit: &Commit) -> KernelResult<u64> {
        let kernel = engine().map_err(|error| KernelError::generic(error.to_string()))?;
        let mut fields: Vec<StructField> = commit.columns.iter().map(kernel_field).collect();
        fields.push(StructField::nullable(DAY, DataType::DATE));
        let indexed = commit
            .columns
            .iter()
            .filter(|column| column.ty == Some(Type::Datetime));
        let indexed: Vec<String> = indexed.map(|column| format!("`{}`", column.name)).collect();
        let url = Url::from_directory_path(&self.folder)
            .map_err(|()| KernelError::generic("not an absolute path"))?;
        let mut transaction = create_table(
            url,
            Arc::new(StructType::try_new(fields)?),
            ENGINE_INFO,
            true,
        )
        .with_data_layout(DataLayout::partitioned([DAY]))
        .with_table_properties([("delta.dataSkippingStatsColumns", indexed.join(","))])
        .build(kernel, Box::new(FileSystemCommitter::new()))?;
        if let Some(id) = &commit.transaction {
            transaction = transaction.with_transaction_id(id.application.clone(), id.version);
        }
        if !commit.add.is_empty() {
            transaction.add_files(add_actions(&commit.add));
        }
        match transaction.commit(kernel)? {
            CommitResult::Committed(committed) => Ok(committed.commit_version()),
            CommitResult::Conflicted(_) => {
                Err(KernelError::TableAlreadyExistsAtPath(self.table.clone()))
            }
            CommitResult::Retryable(retryable) => Err(retryable.error),
        }
    }

    /// Writes a checkpoint. A failure loses nothing: the log is read from its start then, and the next one tries again.
    fn checkpoint(&self) {
        let (Ok(Some(snapshot)), Ok(kernel)) = (self.newest(), engine()) else {
            return;
        };
        let _ = snapshot.checkpoint(kernel, None);
    }

    fn read(&self) -> Result<Option<Snapshot>> {
        let Some(snapshot) = self.newest()? else {
            return Ok(None);
        };
        let columns: Vec<StoredColumn> = snapshot.schema().fields().map(stored_column).collect();
        let datetimes: Vec<&str> = columns
            .iter()
            .filter(|column| column.ty == Some(Type::Datetime))
            .map(|column| column.name.as_str())
            .collect();
        let mut files = Vec::new();
        self.live_files(&snapshot, &datetimes, &mut files)
            .map_err(|error| self.failed(error))?;
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let version = snapshot.version();
        Ok(Some(Snapshot {
            version,
            columns,
            files: files.into(),
        }))
    }

    fn live_files(
        &self,
        snapshot: &SnapshotRef,
        datetimes: &[&str],
        files: &mut Vec<DataFile>,
    ) -> KernelResult<()> {
        let kernel = engine().map_err(|error| KernelError::generic(error.to_string()))?;
        let scan = Arc::clone(snapshot)
            .scan_builder()
            .with_stats(StatsOptions::json_only())
            .build()?;
        for part in scan.scan_metadata(kernel)? {
            read_files(part?, datetimes, files)?;
        }
        Ok(())
    }
}

enum Attempt {
    Done(CommitOutcome),
    /// Another writer made this version first.
    Lost,
}

impl TableLog for DeltaLog {
    fn snapshot(&self) -> Result<Option<Snapshot>> {
        if !self.folder.join("_delta_log").is_dir() {
            return Ok(None);
        }
        self.run(|| self.read())
    }

    fn knows(&self, application: &str, version: i64) -> Result<bool> {
        self.run(|| {
            let Some(snapshot) = self.newest()? else {
                return Ok(false);
            };
            let known = snapshot.get_app_id_version(application, engine()?);
            let known = known.map_err(|error| self.failed(error))?;
            Ok(known.is_some_and(|known| known >= version))
        })
    }

    fn commit(&self, commit: &Commit) -> Result<CommitOutcome> {
        self.run(|| {
            for attempt in 0..ATTEMPTS_MAX {
                if let Attempt::Done(outcome) = self.commit_once(commit)? {
                    return Ok(outcome);
                }
                // Two writers that wait equally long would meet again: the wait depends on the process and the try.
                let jitter = u64::from(std::process::id() ^ attempt.wrapping_mul(0x9E37)) % 13;
                std::thread::sleep(Duration::from_millis(
                    1 + jitter * u64::from(attempt.min(8)),
                ));
            }
            Err(StoreError::Contention {
                table: self.table.clone(),
                attempts: ATTEMPTS_MAX,
            })
        })
    }
}

/// Commits over this version; `None` when a file that must be live is not.
fn update(
    snapshot: SnapshotRef,
    commit: &Commit,
    kernel: &KernelEngine,
) -> KernelResult<Option<CommitResult>> {
    let present: HashSet<String> = snapshot
        .schema()
        .fields()
        .map(|field| field.name().to_lowercase())
        .collect();
    let (removals, found) = entries_of(&snapshot, &commit.remove, kernel)?;
    let (operation, changes_data) = match commit.change {
        Change::Write => (UpdateTableOperation::Write, true),
        Change::Delete => (UpdateTableOperation::Delete, true),
        Change::Rearrange if found < commit.remove.len() => return Ok(None),
        Change::Rearrange => (UpdateTableOperation::Optimize, false),
    };
    let mut builder = snapshot.update_table(operation, ENGINE_INFO, changes_data);
    if let Some(id) = &commit.transaction {
        builder = builder.with_transaction_id(id.application.clone(), id.version);
    }
    for column in commit
        .columns
        .iter()
        .filter(|column| !present.contains(&column.name.to_lowercase()))
    {
        builder = builder.add_column(kernel_field(column));
    }
    let mut transaction = builder.build(kernel, Box::new(FileSystemCommitter::new()))?;
    if !commit.add.is_empty() {
        transaction.add_files(add_actions(&commit.add));
    }
    for removed in removals {
        transaction.remove_files(removed);
    }
    transaction.commit(kernel).map(Some)
}

/// The log's own entries of these files, as the kernel wants to have them back for a removal, and how many there are.
fn entries_of(
    snapshot: &SnapshotRef,
    paths: &[String],
    kernel: &KernelEngine,
) -> KernelResult<(Vec<FilteredEngineData>, usize)> {
    if paths.is_empty() {
        return Ok((Vec::new(), 0));
    }
    let wanted: HashSet<&str> = paths.iter().map(String::as_str).collect();
    let scan = Arc::clone(snapshot)
        .scan_builder()
        .with_stats(StatsOptions::json_only())
        .build()?;
    let (mut entries, mut found) = (Vec::new(), 0);
    for part in scan.scan_metadata(kernel)? {
        let (data, selected) = part?.scan_files.into_parts();
        let batch: RecordBatch = (*ArrowEngineData::try_from_engine_data(data)?).into();
        let column = batch
            .column_by_name("path")
            .ok_or_else(|| KernelError::generic("the log's answer lacks `path`"))?;
        let names = column.as_string::<i32>();
        let chosen: Vec<bool> = (0..batch.num_rows())
            .map(|row| {
                selected.get(row).copied().unwrap_or(true)
                    && wanted.contains(percent_decoded(names.value(row)).as_str())
            })
            .collect();
        found += chosen.iter().filter(|chosen| **chosen).count();
        if chosen.contains(&true) {
            let data = Box::new(ArrowEngineData::new(batch.clone()));
            entries.push(FilteredEngineData::try_new(data, chosen)?);
        }
    }
    Ok((entries, found))
}

fn has_commits(folder: &Path) -> bool {
    let entries = std::fs::read_dir(folder.join("_delta_log"));
    entries.is_ok_and(|entries| {
        entries.flatten().any(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            name.ends_with(".json") || name.ends_with(".parquet")
        })
    })
}

fn kernel_field(column: &StoredColumn) -> StructField {
    let ty = match column.ty {
        None => return StructField::nullable(&column.name, DataType::BYTE),
        Some(Type::Bool) => DataType::BOOLEAN,
        Some(Type::Int) => DataType::INTEGER,
        Some(Type::Long | Type::Timespan) => DataType::LONG,
        Some(Type::Real) => DataType::DOUBLE,
        Some(Type::Decimal) => DataType::decimal(DECIMAL_PRECISION, DECIMAL_SCALE as u8)
            .expect("38 digits are within the format"),
        Some(Type::String | Type::Guid | Type::Dynamic) => DataType::STRING,
        Some(Type::Datetime) => DataType::TIMESTAMP,
    };
    let name = column.ty.map_or("", Type::name);
    StructField::nullable(&column.name, ty).with_metadata([(TYPE_KEY, name)])
}

/// A column that another program made has no KQL type in its metadata: it gets the one nearest to its Delta type.
fn stored_column(field: &StructField) -> StoredColumn {
    let declared = match field.metadata.get(TYPE_KEY) {
        Some(MetadataValue::String(name)) => Type::parse(name),
        _ => None,
    };
    let name = field.name().clone();
    let of_format =
        name == DAY || (name.starts_with(TICK_PREFIX) && *field.data_type() == DataType::BYTE);
    let ty = match field.data_type() {
        _ if declared.is_some() => declared,
        _ if of_format => None,
        &DataType::BOOLEAN => Some(Type::Bool),
        &DataType::BYTE | &DataType::SHORT | &DataType::INTEGER => Some(Type::Int),
        &DataType::LONG => Some(Type::Long),
        &DataType::FLOAT | &DataType::DOUBLE => Some(Type::Real),
        &DataType::STRING | &DataType::BINARY => Some(Type::String),
        &DataType::DATE | &DataType::TIMESTAMP | &DataType::TIMESTAMP_NTZ => Some(Type::Datetime),
        DataType::Primitive(_) => Some(Type::Decimal),
        _ => Some(Type::Dynamic),
    };
    StoredColumn { name, ty }
}

/// The add actions of files, as the kernel wants them told.
fn add_actions(files: &[DataFile]) -> Box<dyn EngineData> {
    let names = MapFieldNames {
        entry: "key_value".into(),
        key: "key".into(),
        value: "value".into(),
    };
    let mut days = MapBuilder::new(Some(names), StringBuilder::new(), StringBuilder::new());
    for file in files {
        days.keys().append_value(DAY);
        days.values().append_option(file.day.as_deref());
        days.append(true).expect("one value a key");
    }
    let days = days.finish();
    let stats = stats::to_struct(files);
    let schema = Schema::new(vec![
        Field::new("path", ArrowType::Utf8, false),
        Field::new("partitionValues", days.data_type().clone(), false),
        Field::new("size", ArrowType::Int64, false),
        Field::new("modificationTime", ArrowType::Int64, false),
        Field::new("stats", stats.data_type().clone(), true),
    ]);
    let columns: Vec<Arc<dyn Array>> = vec![
        Arc::new(
            files
                .iter()
                .map(|file| Some(file.path.as_str()))
                .collect::<StringArray>(),
        ),
        Arc::new(days),
        Arc::new(
            files
                .iter()
                .map(|file| file.size_bytes as i64)
                .collect::<Int64Array>(),
        ),
        Arc::new(
            files
                .iter()
                .map(|file| file.modified_ms)
                .collect::<Int64Array>(),
        ),
        Arc::new(stats),
    ];
    let batch =
        RecordBatch::try_new(Arc::new(schema), columns).expect("the columns fit the schema");
    Box::new(ArrowEngineData::new(batch))
}

fn read_files(
    part: ScanMetadata,
    datetimes: &[&str],
    files: &mut Vec<DataFile>,
) -> KernelResult<()> {
    let (data, selected) = part.scan_files.into_parts();
    let batch: RecordBatch = (*ArrowEngineData::try_from_engine_data(data)?).into();
    let missing = |name: &str| KernelError::generic(format!("the log's answer lacks `{name}`"));
    let column = |name: &str| batch.column_by_name(name).ok_or_else(|| missing(name));
    let paths = column("path")?.as_string::<i32>();
    let sizes = column("size")?.as_primitive::<Int64Type>();
    let modified = column("modificationTime")?.as_primitive::<Int64Type>();
    let stats = column("stats")?.as_string::<i32>();
    let constants = column("fileConstantValues")?.as_struct();
    let days = constants
        .column_by_name("partitionValues")
        .ok_or_else(|| missing("partitionValues"))?
        .as_map();
    let deletions = column("deletionVector")?;
    for row in (0..batch.num_rows()).filter(|row| selected.get(*row).copied().unwrap_or(true)) {
        if deletions.is_valid(row) && deletions.as_struct().column(0).is_valid(row) {
            return Err(KernelError::unsupported("deletion vectors"));
        }
        let (rows, bounds) = match stats.is_valid(row) {
            true => stats::from_json(stats.value(row), datetimes),
            false => Default::default(),
        };
        let path = percent_decoded(paths.value(row));
        files.push(DataFile {
            path,
            size_bytes: sizes.value(row).max(0) as u64,
            modified_ms: modified.value(row),
            rows,
            day: partition_value(&days.value(row)),
            bounds,
        });
    }
    Ok(())
}

fn partition_value(entries: &datafusion::arrow::array::StructArray) -> Option<String> {
    let (keys, values) = (
        entries.column(0).as_string::<i32>(),
        entries.column(1).as_string::<i32>(),
    );
    let entry = (0..keys.len()).find(|entry| keys.value(*entry) == DAY)?;
    values
        .is_valid(entry)
        .then(|| values.value(entry).to_owned())
}

/// Paths in the log are URI references (Delta protocol, "Add File").
pub(super) fn percent_decoded(path: &str) -> String {
    let bytes = path.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = (bytes[at] == b'%')
            .then(|| path.get(at + 1..at + 3))
            .flatten();
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                decoded.push(byte);
                at += 3;
            }
            None => {
                decoded.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8(decoded).unwrap_or_else(|_| path.to_owned())
}
