//! Parquet files of other writers.

use super::{unreadable, visible_and_further};
use crate::error::{Result, StoreError};
use crate::scan::convert::{can_convert, infer, to_engine};
use crate::scan::{EventTable, ScanFile, TickBounds};
use crate::schema::TableSchema;
use datafusion::arrow::array::AsArray;
use datafusion::arrow::compute::{max, min};
use datafusion::arrow::datatypes::{DataType, Int64Type, SchemaRef};
use datafusion::parquet::arrow::arrow_reader::statistics::StatisticsConverter;
use datafusion::parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use huntql_kql::types::{Column, Type};
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

pub(super) fn open(
    name: &str,
    files: &[PathBuf],
    declared: Option<&TableSchema>,
) -> Result<EventTable> {
    let mut columns: Vec<Column> = Vec::new();
    let mut scanned = Vec::with_capacity(files.len());
    for path in files {
        let (file, schema) = read_footer(path)?;
        take_columns(path, &schema, declared, &mut columns)?;
        scanned.push(file);
    }
    let (table, further) = visible_and_further(name, columns, declared);
    Ok(EventTable::of_files(table, further, scanned.into()))
}

fn read_footer(path: &Path) -> Result<(ScanFile, SchemaRef)> {
    let file = File::open(path).map_err(StoreError::io(path, "open"))?;
    let size_bytes = file.metadata().map_err(StoreError::io(path, "read"))?.len();
    let metadata = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new())
        .map_err(|error| unreadable(path, format!("it is no whole Parquet file: {error}")))?;
    let schema = metadata.schema().clone();
    let rows = metadata.metadata().file_metadata().num_rows().max(0) as u64;
    let mut bounds = BTreeMap::new();
    for field in schema.fields() {
        let instants = matches!(
            field.data_type(),
            DataType::Timestamp(..) | DataType::Date32 | DataType::Date64
        );
        if let (true, Some(found)) = (instants, bounds_of(&metadata, field.name())) {
            bounds.insert(field.name().clone(), found);
        }
    }
    Ok((
        ScanFile {
            path: path.to_owned(),
            size_bytes,
            rows: Some(rows),
            bounds,
        },
        schema,
    ))
}

/// Bounds by the row groups' statistics; `None` when a row group has none.
fn bounds_of(metadata: &ArrowReaderMetadata, column: &str) -> Option<TickBounds> {
    let row_groups = metadata.metadata().row_groups();
    let converter =
        StatisticsConverter::try_new(column, metadata.schema(), metadata.parquet_schema()).ok()?;
    let low = to_engine(&converter.row_group_mins(row_groups).ok()?, Type::Datetime).ok()?;
    let high = to_engine(&converter.row_group_maxes(row_groups).ok()?, Type::Datetime).ok()?;
    if low.null_count() + high.null_count() > 0 {
        return None;
    }
    Some(TickBounds {
        min_ticks: min(low.as_primitive::<Int64Type>())?,
        max_ticks: max(high.as_primitive::<Int64Type>())?,
    })
}

/// Adds the file's columns to those of the files before it.
fn take_columns(
    path: &Path,
    schema: &SchemaRef,
    declared: Option<&TableSchema>,
    columns: &mut Vec<Column>,
) -> Result<()> {
    for field in schema.fields() {
        let failed = |arrow: String| StoreError::ColumnType {
            path: path.to_owned(),
            column: field.name().clone(),
            arrow,
        };
        let ty = infer(field.data_type()).ok_or_else(|| failed(field.data_type().to_string()))?;
        if let Some(declared) = declared.and_then(|declared| declared.column(field.name())) {
            if !can_convert(field.data_type(), declared.ty) {
                let message = format!(
                    "column `{}` is {} in the file and declared as {}",
                    field.name(),
                    field.data_type(),
                    declared.ty
                );
                return Err(unreadable(path, message));
            }
            continue;
        }
        match columns
            .iter_mut()
            .find(|column| column.name == *field.name())
        {
            None => columns.push(Column::new(field.name(), ty)),
            Some(known) => {
                known.ty = common_type(known.ty, ty).ok_or_else(|| {
                    let message = format!(
                        "column `{}` is {ty} here and {} in the files before it",
                        field.name(),
                        known.ty
                    );
                    unreadable(path, message)
                })?;
            }
        }
    }
    Ok(())
}

/// The type that holds the values of both without loss.
fn common_type(one: Type, other: Type) -> Option<Type> {
    match (one, other) {
        _ if one == other => Some(one),
        (Type::Int, Type::Long) | (Type::Long, Type::Int) => Some(Type::Long),
        (Type::Int, Type::Real) | (Type::Real, Type::Int) => Some(Type::Real),
        _ => None,
    }
}
