//! The files that a merge writes: one after the other, each closed when it is large enough.

use super::plan::Group;
use crate::error::{Result, StoreError};
use crate::index;
use crate::layout::day_folder;
use crate::log::{Bounds, DataFile, StoredColumn};
use crate::members::{self, Chosen, Further};
use crate::writer::parquet::{Indexing, Written, properties};
use datafusion::arrow::array::{Array, AsArray};
use datafusion::arrow::compute::{max, min};
use datafusion::arrow::datatypes::{DataType, SchemaRef, TimestampMicrosecondType};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::parquet::arrow::ArrowWriter;
use huntql_kql::types::Type;
use std::collections::{BTreeMap, HashSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// A file that has got so large is closed; so is one of so many rows.
pub(super) const FILE_BYTES: u64 = 256 << 20;
pub(super) const FILE_ROWS: u64 = 2_000_000;

/// A file that no commit names yet: it goes when this is dropped.
#[derive(Debug)]
pub(super) struct Staged {
    path: PathBuf,
    is_kept: bool,
}

impl Staged {
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn moved(&mut self, path: PathBuf) {
        self.path = path;
    }

    pub(super) fn keep(&mut self) {
        self.is_kept = true;
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if !self.is_kept {
            index::remove(&self.path);
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// A merged file in staging, and what the log will say of it.
#[derive(Debug)]
pub(super) struct Merged {
    pub staged: Staged,
    pub file: DataFile,
}

/// Where files are closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Size {
    /// At [`FILE_BYTES`] or [`FILE_ROWS`].
    Bounded,
    /// At the end only: a file that is merged further.
    Whole,
}

/// Writes batches of one schema.
pub(super) struct Output<'a> {
    staging: &'a Path,
    group: &'a Group,
    schema: SchemaRef,
    columns: &'a [StoredColumn],
    /// The members that the merged files have columns of.
    members: &'a [Chosen],
    /// Decided by the first rows where the merged files have none.
    further: Option<Further>,
    /// Names of the columns of JSON text.
    json: HashSet<String>,
    size: Size,
    open: Option<Open>,
    done: Vec<Merged>,
}

struct Open {
    staged: Staged,
    name: String,
    writer: ArrowWriter<File>,
    /// `None` for a file that is merged further.
    terms: Option<index::Builder>,
    rows: u64,
    bounds: BTreeMap<String, Span>,
}

/// What was seen of a datetime column.
#[derive(Default)]
struct Span {
    ends: Option<(i64, i64)>,
    nulls: u64,
}

impl<'a> Output<'a> {
    pub(super) fn new(
        staging: &'a Path,
        group: &'a Group,
        schema: SchemaRef,
        columns: &'a [StoredColumn],
        members: &'a [Chosen],
        size: Size,
    ) -> Self {
        Self {
            staging,
            group,
            schema,
            columns,
            members,
            further: None,
            json: index::json_columns(columns),
            size,
            open: None,
            done: Vec::new(),
        }
    }

    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let mut further = match self.further.take() {
            Some(further) => further,
            None => Further::new(&self.schema, &self.chosen(batch)),
        };
        let mut open = match self.open.take() {
            Some(open) => open,
            None => self.open(further.schema())?,
        };
        let whole = further.of(batch);
        let whole = whole.map_err(|error| failed(&open.staged.path, &error))?;
        self.further = Some(further);
        let written = open.writer.write(&whole);
        written.map_err(|error| failed(&open.staged.path, &error))?;
        if let Some(terms) = &mut open.terms {
            terms.push(&whole);
        }
        open.rows += batch.num_rows() as u64;
        for (name, span) in &mut open.bounds {
            span.widen(batch, name);
        }
        let bytes = (open.writer.bytes_written() + open.writer.in_progress_size()) as u64;
        let is_full = bytes >= FILE_BYTES || open.rows >= FILE_ROWS;
        match self.size {
            Size::Bounded if is_full => self.close(open),
            Size::Bounded | Size::Whole => {
                self.open = Some(open);
                Ok(())
            }
        }
    }

    /// The members that get columns, where these are the first rows. What is merged further has none.
    fn chosen(&self, batch: &RecordBatch) -> Vec<Chosen> {
        match self.size {
            Size::Whole => Vec::new(),
            Size::Bounded if !self.members.is_empty() => self.members.to_vec(),
            Size::Bounded => members::of_rows(std::slice::from_ref(batch), |name| {
                type_of(self.columns, name)
            }),
        }
    }

    fn open(&self, schema: &SchemaRef) -> Result<Open> {
        let name = format!("{}{}.parquet", self.group.prefix, uuid::Uuid::new_v4());
        let path = self.staging.join(&name);
        let file = File::create_new(&path).map_err(StoreError::io(&path, "create"))?;
        let staged = Staged {
            path,
            is_kept: false,
        };
        // What is merged further is not asked anything.
        let properties = properties(schema, Indexing::Built);
        let writer = ArrowWriter::try_new(file, schema.clone(), Some(properties))
            .map_err(|error| failed(&staged.path, &error))?;
        let datetimes = schema.fields().iter();
        let datetimes = datetimes.filter(|field| is_datetime(field.data_type()));
        Ok(Open {
            bounds: datetimes
                .map(|field| (field.name().clone(), Span::default()))
                .collect(),
            terms: match self.size {
                Size::Bounded => Some(index::Builder::new(
                    schema,
                    |name| self.json.contains(name),
                    index::BLOCK_ROWS,
                )),
                Size::Whole => None,
            },
            staged,
            name,
            writer,
            rows: 0,
        })
    }

    /// Closes and syncs the file.
    fn close(&mut self, mut open: Open) -> Result<()> {
        let path = open.staged.path.clone();
        let flushed = open.writer.flush();
        flushed.map_err(|error| failed(&path, &error))?;
        let groups = open.writer.flushed_row_groups().to_vec();
        let file = open.writer.into_inner();
        let file = file.map_err(|error| failed(&path, &error))?;
        file.sync_all().map_err(StoreError::io(&path, "sync"))?;
        let size_bytes = file
            .metadata()
            .map_err(StoreError::io(&path, "read"))?
            .len();
        if let Some(terms) = open.terms {
            index::stage(terms, &path, &groups)?;
        }
        let bounds = open.bounds.into_iter();
        let written = Written {
            size_bytes,
            rows: open.rows,
            bounds: bounds
                .filter_map(|(name, span)| Some((name, span.bounds()?)))
                .collect(),
            ticks: Vec::new(),
        };
        let day = self.group.day.clone();
        let path = format!("{}/{}", day_folder(day.as_deref()), open.name);
        self.done.push(Merged {
            staged: open.staged,
            file: written.into_data_file(path, day),
        });
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<Vec<Merged>> {
        if let Some(open) = self.open.take() {
            self.close(open)?;
        }
        Ok(self.done)
    }
}

impl Span {
    fn widen(&mut self, batch: &RecordBatch, column: &str) {
        let Some(array) = batch.column_by_name(column) else {
            return;
        };
        let array = array.as_primitive::<TimestampMicrosecondType>();
        self.nulls += array.null_count() as u64;
        if let (Some(low), Some(high)) = (min(array), max(array)) {
            let (before, after) = self.ends.unwrap_or((low, high));
            self.ends = Some((before.min(low), after.max(high)));
        }
    }

    fn bounds(&self) -> Option<Bounds> {
        self.ends.map(|(min_us, max_us)| Bounds {
            min_us,
            max_us,
            nulls: self.nulls,
        })
    }
}

pub(super) fn is_datetime(ty: &DataType) -> bool {
    matches!(ty, DataType::Timestamp(_, _))
}

fn failed(path: &Path, error: &dyn std::fmt::Display) -> StoreError {
    StoreError::DataFile {
        path: path.to_owned(),
        message: error.to_string(),
    }
}

/// The type of a column that the log declares.
pub(super) fn type_of(columns: &[StoredColumn], name: &str) -> Option<Type> {
    columns.iter().find(|column| column.name == name)?.ty
}
