//! `parquet` and `arrow`: typed columns for other programs.
//!
//! | KQL | Arrow |
//! |---|---|
//! | datetime | Timestamp(ns, UTC) |
//! | timespan | Duration(ns) |
//! | dynamic, guid | Utf8 |
//! | everything else | as it is |
//!
//! A time that nanoseconds cannot hold (before 1677, after 2262) is an error that names its column: nothing is rounded or
//! cut. A file holds one result.

use super::{Sink, Writer};
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, DurationNanosecondArray, StringArray, TimestampNanosecondArray,
};
use datafusion::arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef, TimeUnit};
use datafusion::arrow::ipc::writer::FileWriter;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::basic::Compression;
use datafusion::parquet::file::properties::WriterProperties;
use huntql_kql::time::{UNIX_EPOCH, format_datetime};
use huntql_kql::types::{Column, Type};
use std::io;
use std::sync::Arc;

/// Nanoseconds of a tick.
const TICK_NS: i64 = 100;

enum File {
    Parquet(Box<ArrowWriter<Sink>>),
    Arrow(Box<FileWriter<Sink>>),
}

#[derive(Clone, Copy)]
enum Kind {
    Parquet,
    Arrow,
}

pub struct ColumnarWriter {
    kind: Kind,
    sink: Option<Sink>,
    file: Option<File>,
    columns: Vec<Column>,
    schema: SchemaRef,
}

impl ColumnarWriter {
    pub fn parquet(sink: Sink) -> Self {
        Self::new(Kind::Parquet, sink)
    }

    pub fn arrow(sink: Sink) -> Self {
        Self::new(Kind::Arrow, sink)
    }

    fn new(kind: Kind, sink: Sink) -> Self {
        Self {
            kind,
            sink: Some(sink),
            file: None,
            columns: Vec::new(),
            schema: Arc::new(Schema::empty()),
        }
    }
}

fn data_type(ty: Type) -> DataType {
    match ty {
        Type::Datetime => DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into())),
        Type::Timespan => DataType::Duration(TimeUnit::Nanosecond),
        other => huntql_store::arrow_type(other),
    }
}

fn refused(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}

/// A column in the types of the file.
fn converted(array: &ArrayRef, column: &Column) -> io::Result<ArrayRef> {
    match column.ty {
        Type::Datetime => {
            let ticks = array.as_primitive::<Int64Type>();
            let nanoseconds = |tick: i64| {
                tick.checked_sub(UNIX_EPOCH)
                    .and_then(|tick| tick.checked_mul(TICK_NS))
                    .ok_or_else(|| beyond(column, &format_datetime(tick)))
            };
            let values: Vec<Option<i64>> = ticks
                .iter()
                .map(|tick| tick.map(nanoseconds).transpose())
                .collect::<io::Result<_>>()?;
            let times = TimestampNanosecondArray::from(values).with_timezone("UTC");
            Ok(Arc::new(times))
        }
        Type::Timespan => {
            let ticks = array.as_primitive::<Int64Type>();
            let nanoseconds = |tick: i64| {
                tick.checked_mul(TICK_NS)
                    .ok_or_else(|| beyond(column, &huntql_kql::time::format_timespan(tick)))
            };
            let values: Vec<Option<i64>> = ticks
                .iter()
                .map(|tick| tick.map(nanoseconds).transpose())
                .collect::<io::Result<_>>()?;
            Ok(Arc::new(DurationNanosecondArray::from(values)))
        }
        // A string is never null.
        Type::String if array.null_count() > 0 => {
            let texts = array.as_string::<i32>().iter();
            let texts: StringArray = texts.map(|text| Some(text.unwrap_or(""))).collect();
            Ok(Arc::new(texts))
        }
        _ => Ok(Arc::clone(array)),
    }
}

fn beyond(column: &Column, value: &str) -> io::Error {
    refused(format!(
        "column `{}` has {value}, which the nanoseconds of the file cannot hold; write `tostring({})`, or use another format",
        column.name, column.name
    ))
}

impl Writer for ColumnarWriter {
    fn begin(&mut self, columns: &[Column]) -> io::Result<()> {
        let Some(sink) = self.sink.take() else {
            return Err(refused(
                "a file of this format holds one result, and the query gives several".to_owned(),
            ));
        };
        let fields: Vec<Field> = columns
            .iter()
            .map(|column| Field::new(&column.name, data_type(column.ty), true))
            .collect();
        self.columns = columns.to_vec();
        self.schema = Arc::new(Schema::new(fields));
        let schema = Arc::clone(&self.schema);
        self.file = Some(match self.kind {
            Kind::Parquet => {
                let properties = WriterProperties::builder()
                    .set_compression(Compression::SNAPPY)
                    .build();
                let writer = ArrowWriter::try_new(sink, schema, Some(properties));
                File::Parquet(Box::new(writer.map_err(io::Error::other)?))
            }
            Kind::Arrow => {
                let writer = FileWriter::try_new(sink, &schema);
                File::Arrow(Box::new(writer.map_err(io::Error::other)?))
            }
        });
        Ok(())
    }

    fn batch(&mut self, batch: &RecordBatch) -> io::Result<()> {
        let arrays = self
            .columns
            .iter()
            .zip(batch.columns())
            .map(|(column, array)| converted(array, column))
            .collect::<io::Result<Vec<_>>>()?;
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), arrays);
        let batch = batch.map_err(io::Error::other)?;
        match &mut self.file {
            Some(File::Parquet(file)) => file.write(&batch).map_err(io::Error::other),
            Some(File::Arrow(file)) => file.write(&batch).map_err(io::Error::other),
            None => Ok(()),
        }
    }

    fn end(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        match self.file.take() {
            Some(File::Parquet(file)) => {
                let mut sink = file.into_inner().map_err(io::Error::other)?;
                sink.flush()
            }
            Some(File::Arrow(mut file)) => {
                file.finish().map_err(io::Error::other)?;
                let mut sink = file.into_inner().map_err(io::Error::other)?;
                sink.flush()
            }
            None => Ok(()),
        }
    }
}
