//! One live file against what the log says of it.

use super::Fault;
use crate::index::{self, Unusable};
use crate::layout::day_name;
use crate::log::{DAY, DataFile, StoredColumn};
use crate::members::{self, is_member};
use crate::schema::HIDDEN;
use crate::writer::disk::disk_type;
use datafusion::arrow::array::{Array, AsArray};
use datafusion::arrow::compute::{max, min};
use datafusion::arrow::datatypes::{DataType, Schema, TimeUnit, TimestampMicrosecondType};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

const US_PER_DAY: i64 = 86_400_000_000;

const RESTORE: &str =
    "put the file back from a backup; else ingest the logs of its day into a new store";
const STRANGER: &str = "another program wrote it: its rows are never known as duplicates; read them with `huntql ingest` instead";
const MISLEADING: &str =
    "queries may pass the file over: put it, or the folder `_delta_log`, back from a backup";

const REINDEX: &str =
    "delete the index file and run `huntql store optimize`; without it queries read the whole file";

pub(super) struct Checked {
    pub rows: u64,
    pub is_readable: bool,
    pub faults: Vec<Fault>,
}

/// What was seen of a datetime column, in microseconds since 1970.
#[derive(Default)]
struct Seen {
    ends: Option<(i64, i64)>,
    nulls: u64,
}

/// The index of the file's rows as it is built anew.
struct Terms {
    path: PathBuf,
    builder: index::Builder,
    groups: Vec<(u64, u64)>,
}

struct Check<'a> {
    path: &'a Path,
    file: &'a DataFile,
    faults: Vec<Fault>,
}

pub(super) fn check(
    path: &Path,
    file: &DataFile,
    columns: &[StoredColumn],
    time: Option<&str>,
) -> Checked {
    let mut check = Check {
        path,
        file,
        faults: Vec::new(),
    };
    let mut seen = BTreeMap::new();
    // The decoders are not made for damaged pages alone: a panic of theirs is a fault of the file too.
    let read = catch_unwind(AssertUnwindSafe(|| check.read(columns, &mut seen)));
    let rows = match read {
        Ok(rows) => rows,
        Err(_) => {
            check.fault("cannot be decoded".to_owned(), RESTORE);
            None
        }
    };
    if let Some(rows) = rows {
        check.counts(rows);
        check.bounds(&seen);
        check.day(time.and_then(|time| seen.get(time)), time);
    }
    Checked {
        rows: rows.unwrap_or(0),
        is_readable: rows.is_some(),
        faults: check.faults,
    }
}

impl Check<'_> {
    fn fault(&mut self, what: String, remedy: &'static str) {
        self.faults.push(Fault {
            path: self.path.to_owned(),
            what,
            remedy,
        });
    }

    /// Reads the file to its end; `None` when that fails.
    fn read(&mut self, columns: &[StoredColumn], seen: &mut BTreeMap<String, Seen>) -> Option<u64> {
        let file = match File::open(self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                self.fault("the file is missing".to_owned(), RESTORE);
                return None;
            }
            Err(error) => {
                self.fault(format!("cannot be opened: {error}"), RESTORE);
                return None;
            }
        };
        let bytes = file.metadata().map_or(0, |metadata| metadata.len());
        if bytes != self.file.size_bytes {
            let told = self.file.size_bytes;
            self.fault(format!("has {bytes} bytes, the log says {told}"), RESTORE);
        }
        let builder = match ParquetRecordBatchReaderBuilder::try_new(file) {
            Ok(builder) => builder,
            Err(error) => {
                self.fault(format!("its footer cannot be read: {error}"), RESTORE);
                return None;
            }
        };
        self.columns(builder.schema(), columns);
        let mut terms = self.terms(&builder, columns);
        let mut members = Members::of(builder.schema(), columns);
        let told = builder.metadata().file_metadata().num_rows().max(0) as u64;
        let mut rows = 0;
        let batches = builder.build().ok()?;
        for batch in batches {
            match batch {
                Ok(batch) => {
                    rows += batch.num_rows() as u64;
                    if let Some(terms) = &mut terms {
                        terms.builder.push(&batch);
                    }
                    see(&batch, seen);
                    members.compare(&batch);
                }
                Err(error) => {
                    self.fault(format!("cannot be read after row {rows}: {error}"), RESTORE);
                    return None;
                }
            }
        }
        if rows != told {
            self.fault(format!("has {rows} rows, its footer says {told}"), RESTORE);
        }
        if let Some(terms) = terms {
            self.index(terms, bytes);
        }
        for name in members.wrong {
            self.fault(
                format!("its column `{name}` is not what the JSON says"),
                RESTORE,
            );
        }
        Some(rows)
    }

    /// The beginnings of the index that the file should have; `None` when it has none, which is no fault.
    fn terms(
        &mut self,
        reader: &ParquetRecordBatchReaderBuilder<File>,
        columns: &[StoredColumn],
    ) -> Option<Terms> {
        let path = index::path_of(self.path)?;
        let block_rows = match index::block_rows(&path) {
            Ok(block_rows) => block_rows,
            Err(Unusable::Missing) => return None,
            Err(reason) => {
                self.fault(format!("its term index is {reason}"), REINDEX);
                return None;
            }
        };
        let json = index::json_columns(columns);
        let is_json = |name: &str| json.contains(name);
        Some(Terms {
            builder: index::Builder::new(reader.schema(), is_json, block_rows),
            groups: index::groups_of(reader.metadata().row_groups()),
            path,
        })
    }

    /// The index says what the rows do.
    fn index(&mut self, terms: Terms, size_bytes: u64) {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let rebuilt = terms.builder.finish(&index::Indexed {
            file: &name,
            size_bytes,
            groups: terms.groups,
        });
        if let Err(reason) = index::check(&terms.path, &rebuilt) {
            self.fault(format!("its term index is {reason}"), REINDEX);
        }
    }

    fn columns(&mut self, file: &Schema, declared: &[StoredColumn]) {
        let missing = HIDDEN
            .iter()
            .filter(|column| file.index_of(&column.name).is_err());
        let missing: Vec<String> = missing.map(|column| format!("`{}`", column.name)).collect();
        if !missing.is_empty() {
            self.fault(format!("lacks {}", missing.join(", ")), STRANGER);
        }
        let fields = file.fields().iter();
        for field in fields.filter(|field| !is_member(field.name())) {
            let column = declared
                .iter()
                .find(|column| column.name == *field.name() && column.name != DAY);
            let wanted = column.map(|column| column.ty.map_or(DataType::Int8, disk_type));
            match wanted {
                None => self.fault(
                    format!("the log does not declare its column `{}`", field.name()),
                    STRANGER,
                ),
                Some(wanted) if wanted != *field.data_type() => self.fault(
                    format!(
                        "its column `{}` is {} and not {wanted}",
                        field.name(),
                        field.data_type()
                    ),
                    STRANGER,
                ),
                Some(_) => {}
            }
        }
    }

    fn counts(&mut self, rows: u64) {
        if let Some(told) = self.file.rows
            && told != rows
        {
            self.fault(format!("has {rows} rows, the log says {told}"), RESTORE);
        }
    }

    fn bounds(&mut self, seen: &BTreeMap<String, Seen>) {
        for (name, told) in &self.file.bounds {
            let Some(seen) = seen.get(name) else { continue };
            let is_within = seen
                .ends
                .is_none_or(|(low, high)| told.min_us <= low && high <= told.max_us);
            if !is_within {
                let what = format!("values of `{name}` lie outside the bounds in the log");
                self.fault(what, MISLEADING);
            }
            // All rows null and bounds too: the log does not know the count.
            let is_known = self.file.rows.is_some_and(|rows| told.nulls < rows);
            if is_known && told.nulls != seen.nulls {
                let (have, said) = (seen.nulls, told.nulls);
                let what = format!("{have} rows have no `{name}`, the log says {said}");
                self.fault(what, MISLEADING);
            }
        }
    }

    /// The rows are of the day that the file is filed under.
    fn day(&mut self, seen: Option<&Seen>, time: Option<&str>) {
        let (Some(day), Some(seen), Some(time)) = (&self.file.day, seen, time) else {
            return;
        };
        let name = |us: i64| day_name(us.div_euclid(US_PER_DAY));
        let is_of_day = seen
            .ends
            .is_none_or(|(low, high)| name(low) == *day && name(high) == *day);
        if !is_of_day || seen.nulls > 0 {
            let what = format!("holds rows whose `{time}` is not of {day}");
            self.fault(what, MISLEADING);
        }
    }
}

/// The columns of members, which are what the JSON of their rows says.
struct Members {
    readers: Vec<(members::Chosen, members::Reader)>,
    wrong: BTreeSet<String>,
}

impl Members {
    fn of(file: &Schema, declared: &[StoredColumn]) -> Members {
        let ty = |name: &str| declared.iter().find(|column| column.name == name)?.ty;
        let readers = members::of_schema(file, ty).into_iter().map(|chosen| {
            let reader = members::Reader::new(&chosen);
            (chosen, reader)
        });
        Members {
            readers: readers.collect(),
            wrong: BTreeSet::new(),
        }
    }

    fn compare(&mut self, batch: &RecordBatch) {
        for (chosen, reader) in &mut self.readers {
            let names = chosen
                .keys
                .iter()
                .map(|key| members::name_of(&chosen.column, key));
            let texts = batch.column_by_name(&chosen.column);
            let Some(texts) = texts.and_then(|texts| texts.as_string_opt::<i32>()) else {
                self.wrong.extend(names);
                continue;
            };
            for (name, column) in names.zip(reader.columns(texts)) {
                if batch.column_by_name(&name) != Some(&column) {
                    self.wrong.insert(name);
                }
            }
        }
    }
}

fn see(batch: &RecordBatch, seen: &mut BTreeMap<String, Seen>) {
    for (field, array) in batch.schema().fields().iter().zip(batch.columns()) {
        if !matches!(
            field.data_type(),
            DataType::Timestamp(TimeUnit::Microsecond, _)
        ) {
            continue;
        }
        let array = array.as_primitive::<TimestampMicrosecondType>();
        if !seen.contains_key(field.name()) {
            seen.insert(field.name().clone(), Seen::default());
        }
        let Some(column) = seen.get_mut(field.name()) else {
            continue;
        };
        column.nulls += array.null_count() as u64;
        if let (Some(low), Some(high)) = (min(array), max(array)) {
            let (before, after) = column.ends.unwrap_or((low, high));
            column.ends = Some((before.min(low), after.max(high)));
        }
    }
}
