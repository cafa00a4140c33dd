//! Engine types to the types on disk: a datetime's ticks become microseconds and a seventh digit, strings lose their nulls.

use crate::error::{Result, StoreError};
use crate::log::TICK_PREFIX;
use crate::schema::arrow_type;
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, Int8Array, RecordBatchOptions, StringArray,
    TimestampMicrosecondArray, new_null_array,
};
use datafusion::arrow::buffer::{Buffer, OffsetBuffer};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef, TimeUnit};
use datafusion::arrow::record_batch::RecordBatch;
use huntql_kql::time::{MAX_DATETIME, TICKS_PER_MICROSECOND, UNIX_EPOCH};
use huntql_kql::types::{Column, Type};
use std::sync::Arc;

/// The Arrow type of a column on disk.
pub(crate) fn disk_type(ty: Type) -> DataType {
    match ty {
        Type::Datetime => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        other => arrow_type(other),
    }
}

/// The schema of a buffered batch: the columns, then one tick column for each datetime.
pub(crate) fn disk_schema(columns: &[Column]) -> SchemaRef {
    let mut fields: Vec<Field> = columns
        .iter()
        .map(|column| {
            Field::new(
                &column.name,
                disk_type(column.ty),
                column.ty != Type::String,
            )
        })
        .collect();
    let datetimes = columns.iter().filter(|column| column.ty == Type::Datetime);
    fields
        .extend(datetimes.map(|column| Field::new(tick_name(&column.name), DataType::Int8, true)));
    Arc::new(Schema::new(fields))
}

pub(crate) fn tick_name(column: &str) -> String {
    format!("{TICK_PREFIX}{column}")
}

/// Brings a batch of engine types into `columns`' order and types on disk. Columns that it lacks become null or `""`.
pub(crate) fn to_disk(
    table: &str,
    batch: &RecordBatch,
    columns: &[Column],
    schema: &SchemaRef,
) -> Result<RecordBatch> {
    let mut arrays = Vec::with_capacity(schema.fields().len());
    let mut ticks: Vec<ArrayRef> = Vec::new();
    let mut blanks = Blanks::new(batch.num_rows());
    for column in columns {
        let engine = engine_array(table, batch, column)?;
        let engine = engine.filter(|array| !is_blank(array, column.ty));
        match (engine, column.ty) {
            (None, Type::Datetime) => {
                arrays.push(blanks.of(&disk_type(column.ty)));
                ticks.push(blanks.of(&DataType::Int8));
            }
            (None, Type::String) => arrays.push(blanks.empty_texts()),
            (None, ty) => arrays.push(blanks.of(&disk_type(ty))),
            (Some(array), Type::String) => arrays.push(without_nulls(&array)),
            (Some(array), Type::Datetime) => {
                let (micros, digits) = split_ticks(table, &column.name, &array)?;
                arrays.push(micros);
                ticks.push(digits);
            }
            (Some(array), _) => arrays.push(array),
        }
    }
    arrays.extend(ticks);
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::clone(schema), arrays, &options).map_err(|error| {
        StoreError::Batch {
            table: table.to_owned(),
            message: error.to_string(),
        }
    })
}

/// Whether no cell of a column is more than a null, or than the empty string where that is the null.
pub(super) fn is_blank(array: &ArrayRef, ty: Type) -> bool {
    match (ty, array.as_string_opt::<i32>()) {
        (Type::String, Some(texts)) => texts.offsets().first() == texts.offsets().last(),
        _ => array.null_count() == array.len(),
    }
}

/// Columns without a value: one array serves all of a type, so that they take next to no memory.
struct Blanks {
    rows: usize,
    arrays: Vec<ArrayRef>,
    texts: Option<ArrayRef>,
}

impl Blanks {
    fn new(rows: usize) -> Self {
        Self {
            rows,
            arrays: Vec::new(),
            texts: None,
        }
    }

    fn of(&mut self, ty: &DataType) -> ArrayRef {
        let known = self.arrays.iter().find(|array| array.data_type() == ty);
        if let Some(known) = known {
            return Arc::clone(known);
        }
        let nulls = new_null_array(ty, self.rows);
        self.arrays.push(Arc::clone(&nulls));
        nulls
    }

    fn empty_texts(&mut self) -> ArrayRef {
        let rows = self.rows;
        let texts = self.texts.get_or_insert_with(|| {
            let offsets = OffsetBuffer::new_zeroed(rows);
            Arc::new(StringArray::new(offsets, Buffer::default(), None))
        });
        Arc::clone(texts)
    }
}

/// A column of the batch in the engine's type; `None` when the batch has none.
fn engine_array(table: &str, batch: &RecordBatch, column: &Column) -> Result<Option<ArrayRef>> {
    let wanted = arrow_type(column.ty);
    let Some(array) = batch.column_by_name(&column.name) else {
        return Ok(None);
    };
    let text = |ty: &DataType| {
        matches!(
            ty,
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null
        )
    };
    match array.data_type() {
        same if *same == wanted => Ok(Some(Arc::clone(array))),
        other if *other == DataType::Null || (text(other) && text(&wanted)) => cast(array, &wanted)
            .map(Some)
            .map_err(|error| mismatch(table, &column.name, error)),
        other => Err(mismatch(
            table,
            &column.name,
            format!("expected {wanted}, got {other}"),
        )),
    }
}

fn mismatch(table: &str, column: &str, message: impl std::fmt::Display) -> StoreError {
    StoreError::Batch {
        table: table.to_owned(),
        message: format!("column `{column}`: {message}"),
    }
}

/// Nulls become the empty string: KQL's strings are never null.
pub(crate) fn without_nulls(array: &ArrayRef) -> ArrayRef {
    if array.null_count() == 0 {
        return Arc::clone(array);
    }
    let strings = array.as_string::<i32>();
    let offsets = strings.value_offsets();
    let mut nulls = (0..strings.len()).filter(|row| strings.is_null(*row));
    // A decoder gives nulls no bytes: the texts stay where they are.
    if nulls.all(|row| offsets[row] == offsets[row + 1]) {
        let (offsets, texts) = (strings.offsets().clone(), strings.values().clone());
        if let Ok(same) = StringArray::try_new(offsets, texts, None) {
            return Arc::new(same);
        }
    }
    Arc::new(
        strings
            .iter()
            .map(|text| Some(text.unwrap_or_default()))
            .collect::<StringArray>(),
    )
}

/// Ticks since year 1 into microseconds since 1970 and the seventh digit.
fn split_ticks(table: &str, column: &str, array: &ArrayRef) -> Result<(ArrayRef, ArrayRef)> {
    let ticks = array.as_primitive::<Int64Type>();
    if ticks
        .iter()
        .flatten()
        .any(|ticks| !(0..=MAX_DATETIME).contains(&ticks))
    {
        return Err(mismatch(
            table,
            column,
            "a datetime lies outside the years 1 to 9999",
        ));
    }
    let micros: TimestampMicrosecondArray =
        ticks.unary(|ticks| (ticks - UNIX_EPOCH).div_euclid(TICKS_PER_MICROSECOND));
    let digits: Int8Array =
        ticks.unary(|ticks| (ticks - UNIX_EPOCH).rem_euclid(TICKS_PER_MICROSECOND) as i8);
    Ok((Arc::new(micros.with_timezone("UTC")), Arc::new(digits)))
}
