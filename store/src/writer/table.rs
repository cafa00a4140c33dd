//! The rows of one table that an ingest has buffered or staged.

use super::beside::{self, Place, Slots, Staged, Writing};
use super::dedupe::{self, Ids};
use super::disk::{disk_schema, to_disk};
use super::parquet::{self, Contents, Indexing};
use crate::error::{Result, StoreError};
use crate::index;
use crate::layout::{self, Layout};
use crate::log::delta::DeltaLog;
use crate::log::{DAY, DataFile, StoredColumn, TableLog};
use crate::members::is_member;
use crate::schema::{HIDDEN, RECORD_ID, TableSchema, is_hidden, portal_columns};
use datafusion::arrow::array::{Array, AsArray, UInt32Array};
use datafusion::arrow::compute::take_record_batch;
use datafusion::arrow::datatypes::{Int64Type, SchemaRef};
use datafusion::arrow::record_batch::RecordBatch;
use huntql_kql::time::{TICKS_PER_DAY, UNIX_EPOCH};
use huntql_kql::types::{Column, Type};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::{self, File};
use std::io;
use std::path::PathBuf;

/// Days since 1970; `None` for rows without a time.
type Day = Option<i64>;

pub(super) struct TableWriter {
    pub(super) name: String,
    folder: PathBuf,
    staging: PathBuf,
    commit_lock: PathBuf,
    /// The live files when the ingest last looked: when it first touched the table, and after each commit.
    pub(super) stored: Vec<DataFile>,
    columns: Vec<Column>,
    disk: SchemaRef,
    time: Option<String>,
    days: BTreeMap<Day, Buffer>,
    seen: HashMap<Day, Ids>,
    /// Days that got rows since the last commit.
    touched: HashSet<Day>,
    /// Files under way, in the order in which they were begun.
    writing: Vec<Writing>,
    slots: Slots,
    /// Written, not yet in their day's folder: the file's name in staging beside what the log will say.
    pub(super) staged: Vec<(PathBuf, DataFile)>,
    ticks: Vec<String>,
    /// The source whose files these rows replace; it begins the names of its files.
    replaces: Option<String>,
    indexing: Indexing,
}

#[derive(Default)]
struct Buffer {
    batches: Vec<RecordBatch>,
    bytes: usize,
}

impl TableWriter {
    pub(super) fn open(
        layout: &Layout,
        table: &TableSchema,
        replaces: Option<&str>,
        slots: Slots,
        indexing: Indexing,
    ) -> Result<Self> {
        layout::check_table_name(&table.name)?;
        let folder = layout.table(&table.name);
        let snapshot = DeltaLog::new(&table.name, &folder).snapshot()?;
        let mut columns = without_twins(&table.columns);
        let stored_columns = snapshot
            .as_ref()
            .map(|snapshot| snapshot.columns.as_slice())
            .unwrap_or_default();
        for column in stored_columns {
            let Some(ty) = column.ty else { continue };
            match columns.iter().find(|known| known.name == column.name) {
                Some(known) if known.ty != ty => {
                    return Err(StoreError::Batch {
                        table: table.name.clone(),
                        message: format!(
                            "column `{}` is stored as {ty} and declared as {}",
                            known.name, known.ty
                        ),
                    });
                }
                Some(_) => {}
                None if is_hidden(&column.name) => {}
                None => columns.push(Column::new(&column.name, ty)),
            }
        }
        // What is replaced is no duplicate.
        let stored = snapshot.map_or_else(Vec::new, |snapshot| snapshot.files.to_vec());
        let stored = stored
            .into_iter()
            .filter(|file| !is_of_source(file, replaces))
            .collect();
        let time = time_column(&table.columns);
        let mut writer = TableWriter {
            name: table.name.clone(),
            staging: layout.staging(&table.name),
            commit_lock: layout.commit_lock(&table.name),
            folder,
            stored,
            disk: disk_schema(&[]),
            columns,
            time,
            days: BTreeMap::new(),
            seen: HashMap::new(),
            touched: HashSet::new(),
            writing: Vec::new(),
            slots,
            staged: Vec::new(),
            ticks: Vec::new(),
            replaces: replaces.map(str::to_owned),
            indexing,
        };
        writer.widened()?;
        Ok(writer)
    }

    /// Puts the hidden columns last again and recomputes what follows from the columns.
    fn widened(&mut self) -> Result<()> {
        self.columns.retain(|column| !is_hidden(&column.name));
        self.columns.extend(HIDDEN.iter().cloned());
        if self
            .columns
            .iter()
            .any(|column| column.name.eq_ignore_ascii_case(DAY))
        {
            return Err(StoreError::Name {
                name: format!("{}.{DAY}", self.name),
                reason: "a column of this name is the partition of the store's files; rename it",
            });
        }
        if self.columns.iter().any(|column| is_member(&column.name)) {
            return Err(StoreError::Name {
                name: self.name.clone(),
                reason: "columns whose names begin with `_key_` hold members of JSON in the store's files; rename them",
            });
        }
        self.disk = disk_schema(&self.columns);
        Ok(())
    }

    /// Columns of the batch that the table lacks: the portal's are taken in, others are an error.
    fn admit_columns(&mut self, batch: &RecordBatch) -> Result<()> {
        let schema = batch.schema();
        let unknown: Vec<&String> = schema
            .fields()
            .iter()
            .map(|field| field.name())
            .filter(|name| {
                !self
                    .columns
                    .iter()
                    .any(|column| column.name.eq_ignore_ascii_case(name))
            })
            .collect();
        if unknown.is_empty() {
            return Ok(());
        }
        // What is buffered has the narrower schema.
        self.flush_all()?;
        for name in unknown {
            let portal = portal_columns(&self.name)
                .iter()
                .find(|column| column.name == *name);
            let column = portal.ok_or_else(|| StoreError::Batch {
                table: self.name.clone(),
                message: format!("the table's schema has no column `{name}`"),
            })?;
            self.columns.push(column.clone());
        }
        self.widened()
    }

    /// Buffers the rows that are new; tells how many were there already.
    pub(super) fn append(&mut self, batch: &RecordBatch) -> Result<u64> {
        self.admit_columns(batch)?;
        let (rows, duplicates) = self.new_rows_by_day(batch)?;
        if rows.is_empty() {
            return Ok(duplicates);
        }
        let disk = to_disk(&self.name, batch, &self.columns, &self.disk)?;
        for (day, indices) in rows {
            let parts = self.parts(&disk, &indices)?;
            let buffer = self.days.entry(day).or_default();
            buffer.bytes += parts.iter().map(bytes_of).sum::<usize>();
            buffer.batches.extend(parts);
        }
        Ok(duplicates)
    }

    /// These rows of a batch, in ascending order. A run of more than a quarter of it shares the memory of all, which is what
    /// [`bytes_of`] counts: logs are nearly in order, and a batch where a day ends falls into two runs and some rows between them.
    fn parts(&self, batch: &RecordBatch, rows: &[u32]) -> Result<Vec<RecordBatch>> {
        let mut parts = Vec::new();
        let mut scattered: Vec<u32> = Vec::new();
        for run in rows.chunk_by(|row, next| row + 1 == *next) {
            if run.len() <= batch.num_rows() / 4 {
                scattered.extend_from_slice(run);
                continue;
            }
            if !scattered.is_empty() {
                parts.push(self.taken(batch, std::mem::take(&mut scattered))?);
            }
            parts.push(batch.slice(run[0] as usize, run.len()));
        }
        if !scattered.is_empty() {
            parts.push(self.taken(batch, scattered)?);
        }
        Ok(parts)
    }

    fn taken(&self, batch: &RecordBatch, rows: Vec<u32>) -> Result<RecordBatch> {
        take_record_batch(batch, &UInt32Array::from(rows)).map_err(|error| self.wrong(error))
    }

    fn wrong(&self, message: impl std::fmt::Display) -> StoreError {
        StoreError::Batch {
            table: self.name.clone(),
            message: message.to_string(),
        }
    }

    /// The rows that are new, by their day, and how many are not.
    fn new_rows_by_day(&mut self, batch: &RecordBatch) -> Result<(BTreeMap<Day, Vec<u32>>, u64)> {
        let mut rows = self.rows_by_day(batch);
        let ids = batch
            .column_by_name(RECORD_ID)
            .and_then(|array| array.as_string_opt::<i32>());
        let Some(ids) = ids else { return Ok((rows, 0)) };
        for (day, rows) in &mut rows {
            let known = self.ids_of(*day)?;
            rows.retain(|row| match dedupe::id_of(ids, *row as usize) {
                Some(id) => known.insert(id),
                None => true,
            });
        }
        rows.retain(|_, rows| !rows.is_empty());
        let new: usize = rows.values().map(Vec::len).sum();
        Ok((rows, (batch.num_rows() - new) as u64))
    }

    fn rows_by_day(&self, batch: &RecordBatch) -> BTreeMap<Day, Vec<u32>> {
        let times = self
            .time
            .as_ref()
            .and_then(|time| batch.column_by_name(time))
            .and_then(|array| array.as_primitive_opt::<Int64Type>());
        let day_of = |row: usize| {
            let times = times.filter(|times| times.is_valid(row))?;
            Some((times.value(row) - UNIX_EPOCH).div_euclid(TICKS_PER_DAY))
        };
        let mut rows: BTreeMap<Day, Vec<u32>> = BTreeMap::new();
        let mut row = 0;
        // Logs have long runs of rows of one day.
        while row < batch.num_rows() {
            let day = day_of(row);
            let of_day = rows.entry(day).or_default();
            while row < batch.num_rows() && day_of(row) == day {
                of_day.push(row as u32);
                row += 1;
            }
        }
        rows
    }

    fn ids_of(&mut self, day: Day) -> Result<&mut Ids> {
        self.touched.insert(day);
        if !self.seen.contains_key(&day) {
            let ids = self.stored_ids(day.map(layout::day_name))?;
            self.seen.insert(day, ids);
        }
        Ok(self.seen.get_mut(&day).expect("it was inserted above"))
    }

    fn stored_ids(&self, day: Option<String>) -> Result<Ids> {
        let of_day = self.stored.iter().filter(|file| file.day == day);
        match dedupe::stored_ids(&self.folder, of_day) {
            // Merged or retired since this ingest looked, and vacuumed: what is live now has the ids.
            Err(StoreError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                let snapshot = self.log().snapshot()?;
                let files = snapshot.iter().flat_map(|snapshot| snapshot.files.iter());
                let source = self.replaces.as_deref();
                let of_day = files.filter(|file| file.day == day && !is_of_source(file, source));
                dedupe::stored_ids(&self.folder, of_day)
            }
            other => other,
        }
    }

    pub(super) fn buffered_bytes(&self) -> usize {
        self.days.values().map(|buffer| buffer.bytes).sum()
    }

    /// Writes the day that takes most memory to a staged file.
    pub(super) fn flush_largest(&mut self) -> Result<()> {
        let largest = self
            .days
            .iter()
            .max_by_key(|(_, buffer)| buffer.bytes)
            .map(|(day, _)| *day);
        largest.map_or(Ok(()), |day| self.flush(day))
    }

    pub(super) fn flush_all(&mut self) -> Result<()> {
        let days: Vec<Day> = self.days.keys().copied().collect();
        days.into_iter().try_for_each(|day| self.flush(day))
    }

    /// Begins to write a day's rows to a staged file.
    fn flush(&mut self, day: Day) -> Result<()> {
        let Some(buffer) = self.days.remove(&day) else {
            return Ok(());
        };
        layout::create_folder_durably(&self.staging)
            .map_err(StoreError::io(&self.staging, "create"))?;
        let name = match &self.replaces {
            Some(source) => format!("{source}-{}.parquet", uuid::Uuid::new_v4()),
            None => format!("{}.parquet", uuid::Uuid::new_v4()),
        };
        let contents = Contents {
            columns: self.columns.clone(),
            time: day.and(self.time.clone()),
            batches: buffer.batches,
            indexing: self.indexing,
        };
        let day = day.map(layout::day_name);
        let place = Place {
            staged: self.staging.join(&name),
            path: format!("{}/{name}", layout::day_folder(day.as_deref())),
            day,
        };
        let writing = beside::begin(&self.slots, place, contents, buffer.bytes)?;
        self.writing.push(writing);
        self.collect(Writing::is_done)
    }

    /// Waits for the files under way.
    pub(super) fn finish(&mut self) -> Result<()> {
        self.collect(|_| true)
    }

    /// Takes up the first files for which `ready` holds, up to one for which it does not.
    fn collect(&mut self, ready: impl Fn(&Writing) -> bool) -> Result<()> {
        let still = self.writing.iter().position(|writing| !ready(writing));
        let done = still.unwrap_or(self.writing.len());
        let done: Vec<Writing> = self.writing.drain(..done).collect();
        let mut failed = None;
        for writing in done {
            match writing.wait() {
                Ok(Staged { path, file, ticks }) => {
                    let new = ticks.into_iter().filter(|tick| !self.ticks.contains(tick));
                    let new: Vec<String> = new.collect();
                    self.ticks.extend(new);
                    self.staged.push((path, file));
                }
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        failed.map_or(Ok(()), Err)
    }

    /// Waits until no other ingest commits to the table; the lock goes with the file, also when the process is killed.
    pub(super) fn lock(&self) -> Result<File> {
        layout::lock(&self.commit_lock)
    }

    /// Drops the staged rows that another ingest has stored since this one looked; tells how many. Call it under the lock.
    pub(super) fn settle(&mut self) -> Result<u64> {
        let Some(snapshot) = self.log().snapshot()? else {
            return Ok(0);
        };
        let known: HashSet<&str> = self.stored.iter().map(|file| file.path.as_str()).collect();
        let newer: Vec<&DataFile> = snapshot
            .files
            .iter()
            .filter(|file| !known.contains(file.path.as_str()))
            .filter(|file| !is_of_source(file, self.replaces.as_deref()))
            .collect();
        let mut newer_ids: HashMap<Option<String>, Ids> = HashMap::new();
        for day in self.seen.keys().map(|day| day.map(layout::day_name)) {
            let of_day = newer.iter().filter(|newer| newer.day == day).copied();
            newer_ids.insert(day.clone(), dedupe::stored_ids(&self.folder, of_day)?);
        }
        for (day, seen) in &mut self.seen {
            seen.extend(&newer_ids[&day.map(layout::day_name)]);
        }
        self.stored = snapshot.files.to_vec();
        let none = Ids::default();
        let mut dropped = 0;
        for (path, file) in std::mem::take(&mut self.staged) {
            let ids = newer_ids.get(&file.day).unwrap_or(&none);
            let rows = file.rows;
            let kept = self.without(path, file, ids)?;
            dropped +=
                rows.unwrap_or(0) - kept.as_ref().and_then(|(_, file)| file.rows).unwrap_or(0);
            self.staged.extend(kept);
        }
        Ok(dropped)
    }

    /// The live files of the source that is replaced. Call it under the lock.
    pub(super) fn superseded(&self) -> Result<Vec<String>> {
        let source = self.replaces.as_deref();
        let snapshot = match source {
            Some(_) => self.log().snapshot()?,
            None => None,
        };
        let files = snapshot.iter().flat_map(|snapshot| snapshot.files.iter());
        Ok(files
            .filter(|file| is_of_source(file, source))
            .map(|file| file.path.clone())
            .collect())
    }

    /// The staged file without the rows of these ids; `None` when nothing is left of it.
    fn without(
        &self,
        path: PathBuf,
        file: DataFile,
        ids: &Ids,
    ) -> Result<Option<(PathBuf, DataFile)>> {
        if ids.is_empty() {
            return Ok(Some((path, file)));
        }
        let rest = dedupe::rows_without(&path, ids)?;
        let rows: usize = rest.iter().map(RecordBatch::num_rows).sum();
        if Some(rows as u64) == file.rows {
            return Ok(Some((path, file)));
        }
        index::remove(&path);
        let _ = fs::remove_file(&path);
        let Some(first) = rest.first() else {
            return Ok(None);
        };
        let schema = first.schema();
        let in_file = |column: &&Column| schema.column_with_name(&column.name).is_some();
        let columns: Vec<Column> = self.columns.iter().filter(in_file).cloned().collect();
        let contents = Contents {
            columns,
            time: file.day.as_ref().and(self.time.clone()),
            batches: rest,
            indexing: self.indexing,
        };
        let written = parquet::write(&path, &contents)?;
        Ok(Some((path, written.into_data_file(file.path, file.day))))
    }

    /// Moves the staged files to their days' folders, durably. They are not live yet.
    pub(super) fn place(&mut self) -> Result<Vec<DataFile>> {
        let mut folders: Vec<PathBuf> = Vec::new();
        for (staged, file) in &mut self.staged {
            let target = self.folder.join(&file.path);
            let folder = target
                .parent()
                .expect("a file lies in its day's folder")
                .to_owned();
            layout::create_folder_durably(&folder).map_err(StoreError::io(&folder, "create"))?;
            index::place(staged, &target)?;
            fs::rename(&*staged, &target).map_err(StoreError::io(&target, "write"))?;
            *staged = target;
            folders.push(folder);
        }
        folders.sort();
        folders.dedup();
        for folder in folders {
            layout::sync_folder(&folder).map_err(StoreError::io(&folder, "sync"))?;
        }
        Ok(self.staged.iter().map(|(_, file)| file.clone()).collect())
    }

    /// What the log must declare for the files: the columns, and the seventh digits that occur.
    pub(super) fn stored_columns(&self) -> Vec<StoredColumn> {
        let columns = self.columns.iter().map(|column| StoredColumn {
            name: column.name.clone(),
            ty: Some(column.ty),
        });
        let ticks = self.ticks.iter().map(|name| StoredColumn {
            name: super::disk::tick_name(name),
            ty: None,
        });
        columns.chain(ticks).collect()
    }

    pub(super) fn log(&self) -> DeltaLog {
        DeltaLog::new(&self.name, &self.folder)
    }

    /// Lets go of the ids of days that got no row since the last commit: they are read again when one comes.
    pub(super) fn forget_quiet_days(&mut self) {
        let touched = std::mem::take(&mut self.touched);
        self.seen.retain(|day, _| touched.contains(day));
    }

    /// Removes the files that no commit names.
    pub(super) fn discard(&mut self) {
        let begun = self.writing.drain(..).filter_map(|file| file.wait().ok());
        self.staged
            .extend(begun.map(|staged| (staged.path, staged.file)));
        for (path, _) in self.staged.drain(..) {
            index::remove(&path);
            let _ = fs::remove_file(path);
        }
    }
}

/// What the rows take in memory. Columns without a value do not count: they share their arrays.
fn bytes_of(batch: &RecordBatch) -> usize {
    let arrays = batch.columns().iter();
    let filled = arrays.filter(|array| array.null_count() < array.len());
    filled
        .filter(|array| {
            let texts = array.as_string_opt::<i32>();
            texts.is_none_or(|texts| texts.offsets().first() != texts.offsets().last())
        })
        .map(|array| array.get_array_memory_size())
        .sum()
}

/// Whether a file was written for this source: its name is the source's and a UUID.
fn is_of_source(file: &DataFile, source: Option<&str>) -> bool {
    let name = file.path.rsplit('/').next().unwrap_or_default();
    let rest = source
        .and_then(|source| name.strip_prefix(source))
        .and_then(|rest| rest.strip_prefix('-'))
        .and_then(|rest| rest.strip_suffix(".parquet"));
    rest.is_some_and(|uuid| uuid.len() == UUID_LENGTH)
}

/// The columns without those whose name differs from an earlier one's in case alone: Delta takes both for the same.
/// `DeviceProcessEvents` documents `LogonId` and `LogonID`; the second is null in every stored row.
fn without_twins(columns: &[Column]) -> Vec<Column> {
    let mut names = HashSet::new();
    columns
        .iter()
        .filter(|column| names.insert(column.name.to_ascii_lowercase()))
        .cloned()
        .collect()
}

pub(crate) const UUID_LENGTH: usize = 36;

/// The column that says when an event was: `Timestamp`, else `TimeGenerated`, else the first datetime.
pub(crate) fn time_column(columns: &[Column]) -> Option<String> {
    let datetimes = || columns.iter().filter(|column| column.ty == Type::Datetime);
    ["Timestamp", "TimeGenerated"]
        .iter()
        .find_map(|name| datetimes().find(|column| column.name == *name))
        .or_else(|| datetimes().find(|column| !is_hidden(&column.name)))
        .map(|column| column.name.clone())
}
