//! Merging files of one day, row by row in the order of time; rows of equal time stay in the order of their files.
//!
//! Each file is read as a stream of small batches, so that memory depends on the number of open files and not on their
//! rows. Before anything is made of the merged files they are read back: the same number of rows, the same record ids.

use super::output::{Merged, Output, Size, type_of};
use super::plan::Group;
use super::stream::{Cursor, Shape, Stream, target_schema};
use crate::error::StoreError;
use crate::log::StoredColumn;
use crate::members::{self, Chosen};
use crate::writer::dedupe::{Ids, each_id};
use crate::writer::parquet::CHUNK_ROWS;
use crate::writer::table::time_column;
use datafusion::arrow::compute::interleave_record_batch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::record_batch::RecordBatch;
use huntql_kql::types::Column;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet, VecDeque};
use std::path::{Path, PathBuf};

/// Files that are open at once.
pub(super) const OPEN_FILES: usize = 48;
/// Rows that open files may hold decoded: a file of more than a page's rows counts as [`PAGE_ROWS`].
const OPEN_ROWS: u64 = 320_000;
const PAGE_ROWS: u64 = 20_000;
/// Batches whose rows are all in line for writing are kept up to this number.
const BATCHES_SPENT_MAX: usize = 32;

/// Why files were not merged.
#[derive(Debug)]
pub(super) enum MergeError {
    /// It is these files' fault: the others can be merged without them.
    Inputs {
        paths: Vec<String>,
        reason: String,
    },
    Store(StoreError),
}

impl From<StoreError> for MergeError {
    fn from(error: StoreError) -> Self {
        MergeError::Store(error)
    }
}

/// A file that is merged: one of the table's, or one that an earlier pass made of several.
enum Source {
    Live { path: String, rows: u64 },
    Pass(Merged),
}

impl Source {
    fn rows(&self) -> u64 {
        match self {
            Source::Live { rows, .. } => *rows,
            Source::Pass(merged) => merged.file.rows.unwrap_or(0),
        }
    }

    fn path(&self, table: &Path) -> PathBuf {
        match self {
            Source::Live { path, .. } => table.join(path),
            Source::Pass(merged) => merged.staged.path().to_owned(),
        }
    }

    /// What to call it when it is at fault.
    fn name(&self) -> Vec<String> {
        match self {
            Source::Live { path, .. } => vec![path.clone()],
            Source::Pass(_) => Vec::new(),
        }
    }
}

/// What was read of the table's files.
#[derive(Default)]
pub(super) struct Tally {
    rows: u64,
    ids: Ids,
    /// Of all ids, so that those of the written files can be compared without being held.
    sum: u128,
    pub(super) twice: Option<u128>,
}

impl Tally {
    pub(super) fn count(&mut self, rows: usize) {
        self.rows += rows as u64;
    }

    pub(super) fn id(&mut self, id: u128) {
        self.sum = self.sum.wrapping_add(id);
        if !self.ids.insert(id) {
            self.twice.get_or_insert(id);
        }
    }
}

/// Merges the files of a group into files in `staging`.
pub(super) fn merge(
    table: &Path,
    staging: &Path,
    columns: &[StoredColumn],
    group: &Group,
) -> Result<Vec<Merged>, MergeError> {
    let files = group.files.iter();
    let live = files.map(|file| Source::Live {
        path: file.path.clone(),
        rows: file.rows.unwrap_or(0),
    });
    let mut sources: VecDeque<Source> = live.collect();
    let (schema, members) = schema_of(table, columns, &sources)?;
    let time = group.day.as_ref().and_then(|_| time_of(columns));
    let cx = Merging {
        columns,
        table,
        staging,
        group,
        schema,
        members,
        time,
    };
    let mut tally = Tally::default();
    while fitting(&sources) < sources.len() {
        let mut passed = VecDeque::new();
        while !sources.is_empty() {
            let part = fitting(&sources);
            let part: Vec<Source> = sources.drain(..part).collect();
            passed.extend(
                cx.pass(part, Size::Whole, &mut tally)?
                    .into_iter()
                    .map(Source::Pass),
            );
        }
        sources = passed;
    }
    let merged = cx.pass(sources.into(), Size::Bounded, &mut tally)?;
    check(&merged, group, &tally)?;
    Ok(merged)
}

/// How many of the first files may be open at once; at least two, so that each pass leaves fewer.
fn fitting(sources: &VecDeque<Source>) -> usize {
    let mut rows = 0;
    let fit = sources.iter().take(OPEN_FILES).take_while(|source| {
        rows += source.rows().min(PAGE_ROWS);
        rows <= OPEN_ROWS
    });
    fit.count().max(2).min(sources.len())
}

fn time_of(columns: &[StoredColumn]) -> Option<String> {
    let columns: Vec<Column> = columns
        .iter()
        .filter_map(|column| Some(Column::new(&column.name, column.ty?)))
        .collect();
    time_column(&columns)
}

/// The columns that any of the files has, and the members that they have columns of.
fn schema_of(
    table: &Path,
    columns: &[StoredColumn],
    sources: &VecDeque<Source>,
) -> Result<(SchemaRef, Vec<Chosen>), MergeError> {
    let mut present = HashSet::new();
    let mut schemas = Vec::new();
    for source in sources {
        let schema =
            Shape::schema_of(&source.path(table)).map_err(|reason| MergeError::Inputs {
                paths: source.name(),
                reason,
            })?;
        present.extend(schema.fields().iter().map(|field| field.name().clone()));
        schemas.push((schema, source.rows()));
    }
    let schemas = schemas
        .iter()
        .map(|(schema, rows)| (schema.as_ref(), *rows));
    let members = members::of_files(schemas, |name| type_of(columns, name));
    Ok((target_schema(columns, &present), members))
}

struct Merging<'a> {
    columns: &'a [StoredColumn],
    table: &'a Path,
    staging: &'a Path,
    group: &'a Group,
    schema: SchemaRef,
    members: Vec<Chosen>,
    time: Option<String>,
}

impl Merging<'_> {
    /// Merges files that may all be open at once.
    fn pass(
        &self,
        sources: Vec<Source>,
        size: Size,
        tally: &mut Tally,
    ) -> Result<Vec<Merged>, MergeError> {
        let mut output = Output::new(
            self.staging,
            self.group,
            self.schema.clone(),
            self.columns,
            &self.members,
            size,
        );
        let mut rows = Rows::default();
        let mut streams = Vec::with_capacity(sources.len());
        for (at, source) in sources.iter().enumerate() {
            let fault = |reason| MergeError::Inputs {
                paths: source.name(),
                reason,
            };
            let path = source.path(self.table);
            let mut stream =
                Stream::open(&path, &self.schema, self.time.as_deref()).map_err(fault)?;
            let is_live = matches!(source, Source::Live { .. });
            if stream.load(is_live.then_some(&mut *tally)).map_err(fault)? {
                rows.add(at, &mut stream);
            }
            streams.push(stream);
        }
        while let Some(Reverse((_, at))) = rows.next.pop() {
            let stream = &mut streams[at];
            rows.order.push(stream.take());
            if stream.is_spent() {
                let source = &sources[at];
                let is_live = matches!(source, Source::Live { .. });
                let loaded = stream.load(is_live.then_some(&mut *tally));
                let loaded = loaded.map_err(|reason| MergeError::Inputs {
                    paths: source.name(),
                    reason,
                })?;
                if loaded {
                    rows.add(at, stream);
                }
            } else {
                rows.next.push(Reverse((stream.key(), at)));
            }
            if rows.is_full(streams.len()) {
                rows.write(&mut output, &mut streams)?;
            }
        }
        rows.write(&mut output, &mut streams)?;
        Ok(output.finish()?)
    }
}

/// Rows that are next to be written, in order.
#[derive(Default)]
struct Rows {
    /// The next row of each stream that has one.
    next: BinaryHeap<Reverse<(Cursor, usize)>>,
    batches: Vec<RecordBatch>,
    /// Batch and row.
    order: Vec<(usize, usize)>,
}

impl Rows {
    fn add(&mut self, at: usize, stream: &mut Stream) {
        stream.place(self.batches.len());
        self.batches.push(stream.batch());
        self.next.push(Reverse((stream.key(), at)));
    }

    fn is_full(&self, streams: usize) -> bool {
        self.order.len() >= CHUNK_ROWS || self.batches.len() > streams + BATCHES_SPENT_MAX
    }

    /// Writes the rows in order, and keeps only the batches that have rows left.
    fn write(&mut self, output: &mut Output<'_>, streams: &mut [Stream]) -> Result<(), MergeError> {
        if !self.order.is_empty() {
            let batches: Vec<&RecordBatch> = self.batches.iter().collect();
            let chunk = interleave_record_batch(&batches, &self.order).map_err(|error| {
                StoreError::DataFile {
                    path: PathBuf::from("merged rows"),
                    message: error.to_string(),
                }
            })?;
            output.write(&chunk)?;
            self.order.clear();
        }
        self.batches.clear();
        for stream in streams.iter_mut().filter(|stream| !stream.is_spent()) {
            stream.place(self.batches.len());
            self.batches.push(stream.batch());
        }
        Ok(())
    }
}

/// The written files hold the rows that were read, each record once.
fn check(merged: &[Merged], group: &Group, tally: &Tally) -> Result<(), MergeError> {
    let inputs = |reason: String| MergeError::Inputs {
        paths: group.files.iter().map(|file| file.path.clone()).collect(),
        reason,
    };
    if let Some(id) = tally.twice {
        return Err(inputs(format!(
            "record {id:032x} is twice in these files; see `huntql store verify`"
        )));
    }
    let told: u64 = group.files.iter().filter_map(|file| file.rows).sum();
    if told != tally.rows {
        return Err(inputs(format!(
            "{} rows where the log says {told}; see `huntql store verify`",
            tally.rows
        )));
    }
    let written: u64 = merged.iter().filter_map(|merged| merged.file.rows).sum();
    let (mut count, mut sum) = (0, 0_u128);
    for merged in merged {
        each_id(merged.staged.path(), |id| {
            count += 1;
            sum = sum.wrapping_add(id);
        })?;
    }
    if (written, count, sum) != (tally.rows, tally.ids.len(), tally.sum) {
        let path = merged.first().map(|merged| merged.staged.path().to_owned());
        return Err(MergeError::Store(StoreError::DataFile {
            path: path.unwrap_or_default(),
            message: "the merged rows are not those of the files; nothing was changed".to_owned(),
        }));
    }
    Ok(())
}
