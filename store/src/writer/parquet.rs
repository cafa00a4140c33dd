//! One Parquet file: rows of one day in time order.

use super::columns::Columns;
use super::disk::{is_blank, tick_name};
use crate::error::{Result, StoreError};
use crate::index;
use crate::log::{Bounds, DataFile};
use crate::members;
use crate::schema::{INGESTION_TIME, RECORD_ID, SOURCE_POSITION, is_hidden};
use datafusion::arrow::array::{Array, AsArray};
use datafusion::arrow::compute::{max, min};
use datafusion::arrow::datatypes::{
    DataType, Field, Int8Type, Schema, SchemaRef, TimestampMicrosecondType,
};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::parquet::basic::{Compression, Encoding, ZstdLevel};
use datafusion::parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};
use datafusion::parquet::schema::types::ColumnPath;
use huntql_kql::time::TICKS_PER_MICROSECOND;
use huntql_kql::types::{Column, Type};
use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

/// A multiple of the rows of a page, so that no row block of the term index lies in two row groups.
pub(super) const ROW_GROUP_ROWS: usize = 12 * PAGE_ROWS;
/// Those of the term index's blocks; pages of long texts are smaller.
const PAGE_ROWS: usize = index::BLOCK_ROWS as usize;
const PAGE_BYTES: usize = 128 << 10;
/// A column with a larger dictionary goes on without one. A dictionary is decoded as a whole for a single row of its row group.
const DICTIONARY_BYTES: usize = 1 << 20;
pub(crate) const CHUNK_ROWS: usize = 8192;
/// A list of a hundred indicators still skips 99 of 100 row groups that hold none of them.
const BLOOM_FALSE_POSITIVES: f64 = 0.0001;

/// Ends of the names of columns that hunts look one value up in: addresses, names, hashes, devices.
const LOOKED_UP: [&str; 12] = [
    "IP",
    "IPAddress",
    "IPv4",
    "IPv6",
    "Url",
    "Domain",
    "SHA1",
    "SHA256",
    "MD5",
    "DeviceId",
    "DeviceName",
    "Address",
];

/// What was written.
pub(crate) struct Written {
    pub size_bytes: u64,
    pub rows: u64,
    pub bounds: BTreeMap<String, Bounds>,
    /// Names of the datetime columns whose seventh digit the file carries.
    pub ticks: Vec<String>,
}

impl Written {
    pub(crate) fn into_data_file(self, path: String, day: Option<String>) -> DataFile {
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap_or_default();
        DataFile {
            path,
            size_bytes: self.size_bytes,
            modified_ms: now.as_millis() as i64,
            rows: Some(self.rows),
            day,
            bounds: self.bounds,
        }
    }
}

/// Rows of one file.
pub(super) struct Contents {
    pub columns: Vec<Column>,
    /// The column that they are put in order by.
    pub time: Option<String>,
    /// Of the disk schema of `columns`; at least one.
    pub batches: Vec<RecordBatch>,
    pub indexing: Indexing,
}

/// Whether a file gets a term index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Indexing {
    #[default]
    Built,
    /// It gets none now. `store optimize` builds it.
    Left,
}

/// Writes the rows ordered by time, syncs the file, and writes its term index beside it if it is to have one.
///
/// Columns without any value and tick columns of zeros alone are left out: the scan takes a missing column as null or `""`,
/// a missing tick as 0. Most tables are wide, and a sensor fills a quarter of one. Members of JSON texts that many rows have get columns
/// (see [`members`]).
pub(super) fn write(path: &Path, contents: &Contents) -> Result<Written> {
    let Contents {
        columns,
        time,
        batches,
        indexing,
    } = contents;
    let mut bounds = BTreeMap::new();
    let mut ticks = Vec::new();
    for column in columns.iter().filter(|column| column.ty == Type::Datetime) {
        if let Some(found) = bounds_of(batches, &column.name) {
            bounds.insert(column.name.clone(), found);
        }
        if has_ticks(batches, &tick_name(&column.name)) {
            ticks.push(column.name.clone());
        }
    }
    let kept: Vec<usize> = (0..columns.len())
        .filter(|index| {
            let column = &columns[*index];
            let is_blank = |batch: &RecordBatch| is_blank(batch.column(*index), column.ty);
            is_hidden(&column.name) || !batches.iter().all(is_blank)
        })
        .chain(tick_indices(columns, &ticks, &batches[0].schema()))
        .collect();
    let failed = |error: &dyn std::fmt::Display| StoreError::DataFile {
        path: path.to_owned(),
        message: error.to_string(),
    };
    let batches: Vec<RecordBatch> = batches
        .iter()
        .map(|batch| batch.project(&kept))
        .collect::<std::result::Result<_, _>>()
        .map_err(|error| failed(&error))?;
    let file = File::create_new(path).map_err(StoreError::io(path, "create"))?;
    let type_of = |name: &str| {
        let column = columns.iter().find(|column| column.name == name);
        column.map(|column| column.ty)
    };
    let members = members::fill(&batches, &members::of_rows(&batches, type_of));
    let schema = with_members(&batches[0].schema(), &members);
    let is_json = |name: &str| type_of(name) == Some(Type::Dynamic);
    let mut terms = match indexing {
        Indexing::Built => Some(index::Builder::new(&schema, is_json, index::BLOCK_ROWS)),
        Indexing::Left => None,
    };
    let order = in_time_order(&batches, time.as_deref());
    let rows = order.len() as u64;
    let properties = properties(&schema, *indexing);
    let columns = Columns::of(batches, members, schema, order, &properties);
    let (file, groups) = columns
        .write(file, properties, terms.as_mut())
        .map_err(|error| failed(&error))?;
    file.sync_all().map_err(StoreError::io(path, "sync"))?;
    let size_bytes = file.metadata().map_err(StoreError::io(path, "read"))?.len();
    if let Some(terms) = terms {
        index::stage(terms, path, &groups)?;
    }
    Ok(Written {
        size_bytes,
        rows,
        bounds,
        ticks,
    })
}

/// The columns, then those of members.
fn with_members(schema: &SchemaRef, members: &[members::Filled]) -> SchemaRef {
    let fields = schema.fields().iter().cloned();
    let further = members
        .iter()
        .map(|member| Arc::new(Field::new(&member.name, DataType::Utf8, false)));
    Arc::new(Schema::new(fields.chain(further).collect::<Vec<_>>()))
}

fn tick_indices(columns: &[Column], ticks: &[String], schema: &SchemaRef) -> Vec<usize> {
    let named = |index: &usize| {
        ticks
            .iter()
            .any(|name| tick_name(name) == *schema.field(*index).name())
    };
    (columns.len()..schema.fields().len())
        .filter(named)
        .collect()
}

/// Pairs of batch and row in the order of `time`; rows of equal time stay as they came.
fn in_time_order(batches: &[RecordBatch], time: Option<&str>) -> Vec<(usize, usize)> {
    let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
    let mut keyed: Vec<(i64, u32, u32)> = Vec::with_capacity(rows);
    for (at, batch) in batches.iter().enumerate() {
        let micros = time.and_then(|time| batch.column_by_name(time));
        let micros = micros.map(|array| array.as_primitive::<TimestampMicrosecondType>());
        let digits = time.and_then(|time| batch.column_by_name(&tick_name(time)));
        let digits = digits.map(|array| array.as_primitive::<Int8Type>());
        for row in 0..batch.num_rows() {
            let micros = micros.map_or(0, |micros| micros.value(row));
            let digit = digits.map_or(0, |digits| digits.value(row));
            let ticks = micros * TICKS_PER_MICROSECOND + i64::from(digit);
            keyed.push((ticks, at as u32, row as u32));
        }
    }
    keyed.sort_by_key(|(ticks, ..)| *ticks);
    keyed
        .into_iter()
        .map(|(_, at, row)| (at as usize, row as usize))
        .collect()
}

fn bounds_of(batches: &[RecordBatch], column: &str) -> Option<Bounds> {
    let mut bounds: Option<Bounds> = None;
    let mut nulls = 0;
    for batch in batches {
        let array = batch
            .column_by_name(column)?
            .as_primitive::<TimestampMicrosecondType>();
        nulls += array.null_count() as u64;
        let (Some(low), Some(high)) = (min(array), max(array)) else {
            continue;
        };
        let widened = bounds.map_or((low, high), |bounds| {
            (bounds.min_us.min(low), bounds.max_us.max(high))
        });
        bounds = Some(Bounds {
            min_us: widened.0,
            max_us: widened.1,
            nulls: 0,
        });
    }
    bounds.map(|bounds| Bounds { nulls, ..bounds })
}

fn has_ticks(batches: &[RecordBatch], column: &str) -> bool {
    batches.iter().any(|batch| {
        let digits = batch
            .column_by_name(column)
            .map(|array| array.as_primitive::<Int8Type>());
        digits.is_some_and(|digits| digits.iter().flatten().any(|digit| digit != 0))
    })
}

/// How every file of the store is written: row groups, pages, encodings, statistics, bloom filters, compression.
///
/// Pages are packed by LZ4, which is read two to four times as fast as zstd, where hunts spend a good part of their time; a file is a
/// third larger for it. Record ids, which no hunt reads, are packed by zstd: LZ4 leaves digits as they are. Pages that stay in the
/// processor's cache take a tenth less. Least and greatest texts cost a comparison a cell and hardly ever tell a page from
/// another; a file with a term index needs no bloom filters.
pub(crate) fn properties(schema: &SchemaRef, indexing: Indexing) -> WriterProperties {
    let mut builder = WriterProperties::builder()
        .set_writer_version(WriterVersion::PARQUET_1_0)
        .set_created_by(concat!("huntql ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_compression(Compression::LZ4_RAW)
        .set_column_compression(
            ColumnPath::from(RECORD_ID),
            Compression::ZSTD(ZstdLevel::try_new(1).expect("zstd has a level 1")),
        )
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_data_page_size_limit(PAGE_BYTES)
        .set_dictionary_page_size_limit(DICTIONARY_BYTES)
        .set_statistics_enabled(EnabledStatistics::Page);
    for (name, how) in ENCODED {
        let path = ColumnPath::from(*name);
        builder = builder.set_column_dictionary_enabled(path.clone(), false);
        builder = match how {
            Encoded::Differences => {
                builder.set_column_encoding(path, Encoding::DELTA_BINARY_PACKED)
            }
            Encoded::Texts => builder.set_column_encoding(path, Encoding::DELTA_LENGTH_BYTE_ARRAY),
            Encoded::Plain => builder,
        };
    }
    for field in schema.fields() {
        let name = field.name();
        if field.data_type() != &DataType::Utf8 {
            continue;
        }
        let path = ColumnPath::from(name.as_str());
        builder = builder.set_column_statistics_enabled(path.clone(), EnabledStatistics::None);
        if name.ends_with(COMMAND_LINE) {
            builder = builder.set_column_dictionary_enabled(path.clone(), false);
        }
        if indexing == Indexing::Left && LOOKED_UP.iter().any(|end| name.ends_with(end)) {
            builder = builder
                .set_column_bloom_filter_enabled(path.clone(), true)
                .set_column_bloom_filter_fpp(path.clone(), BLOOM_FALSE_POSITIVES)
                .set_column_bloom_filter_max_ndv(path, ROW_GROUP_ROWS as u64);
        }
    }
    builder.build()
}

/// The end of the names of columns of long texts that differ a little each time. Their dictionary of a row group has megabytes and
/// takes longer to decode than all pages with an answer; without it a file is a tenth larger.
const COMMAND_LINE: &str = "CommandLine";

/// How the cells of a column lie in a file whose values hardly repeat: a dictionary of them only costs.
#[derive(Debug, Clone, Copy)]
enum Encoded {
    Plain,
    /// They grow from row to row.
    Differences,
    /// First the lengths, then the texts: digits with nothing between them are packed in half the time.
    Texts,
}

const ENCODED: &[(&str, Encoded)] = &[
    ("Timestamp", Encoded::Differences),
    (INGESTION_TIME, Encoded::Differences),
    (SOURCE_POSITION, Encoded::Differences),
    ("ReportId", Encoded::Plain),
    ("AdditionalFields", Encoded::Plain),
    (RECORD_ID, Encoded::Texts),
];
