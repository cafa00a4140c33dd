//! Tests of one text column, answered once for each distinct value.
//!
//! Parquet keeps a repeated text once for a row group. Read as a dictionary, the rows are numbers; a test of the column
//! alone is asked of the dictionary's values, and the rows look their answers up: a search over ten million rows becomes
//! one over the few hundred thousand texts that differ.

use super::adapter::Expr;
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Int32Array, UInt32Array, new_null_array,
};
use datafusion::arrow::buffer::BooleanBuffer;
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::{DataType, Field, Int32Type, Schema, SchemaRef};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::error::Result;
use datafusion::logical_expr::ColumnarValue;
use datafusion::physical_expr::PhysicalExpr;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

/// The type in which a text column is read for such tests.
pub(super) fn dictionary_of_text() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
}

/// The same schema with the values' types instead of dictionaries.
pub(super) fn without_dictionaries(schema: &SchemaRef) -> SchemaRef {
    let is_dictionary = |field: &&Arc<Field>| matches!(field.data_type(), DataType::Dictionary(..));
    if !schema.fields().iter().any(|field| is_dictionary(&field)) {
        return Arc::clone(schema);
    }
    let fields: Vec<Field> = schema
        .fields()
        .iter()
        .map(|field| match field.data_type() {
            DataType::Dictionary(_, values) => field
                .as_ref()
                .clone()
                .with_data_type(values.as_ref().clone()),
            _ => field.as_ref().clone(),
        })
        .collect();
    Arc::new(Schema::new(fields))
}

/// A test of one column, which the reader gives as a dictionary.
#[derive(Debug)]
pub(super) struct PerDistinct {
    /// The file's column.
    column: Expr,
    /// The test over a batch of one column of texts.
    test: Expr,
    /// The test over the file's columns, for pruning by statistics.
    plain: Expr,
    values: SchemaRef,
    answers: Mutex<Option<Answers>>,
}

/// What is known of the dictionary that was met last.
#[derive(Debug, Clone)]
struct Answers {
    values: ArrayRef,
    rows_seen: usize,
    /// For each value, then for null.
    given: Option<BooleanArray>,
}

impl PerDistinct {
    pub(super) fn new(column: Expr, test: Expr, plain: Expr, values: SchemaRef) -> Self {
        Self {
            column,
            test,
            plain,
            values,
            answers: Mutex::new(None),
        }
    }

    fn ask(&self, texts: &ArrayRef) -> Result<BooleanArray> {
        let batch = RecordBatch::try_new(Arc::clone(&self.values), vec![Arc::clone(texts)])?;
        let answers = self.test.evaluate(&batch)?.into_array(texts.len())?;
        Ok(answers.as_boolean().clone())
    }

    /// The answers for the values of a dictionary and for null; `None` while asking the rows is cheaper.
    fn answers(&self, values: &ArrayRef, rows: usize) -> Result<Option<BooleanArray>> {
        let mut kept = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if !kept
            .as_ref()
            .is_some_and(|kept| is_same(&kept.values, values))
        {
            *kept = Some(Answers {
                values: Arc::clone(values),
                rows_seen: 0,
                given: None,
            });
        }
        let known = kept.as_mut().expect("just set");
        known.rows_seen += rows;
        if known.given.is_none() && known.rows_seen.saturating_mul(ROWS_WORTH) >= values.len() {
            let null = new_null_array(values.data_type(), 1);
            let (given, of_null) = (self.ask(values)?, self.ask(&null)?);
            known.given = Some(given.iter().chain(&of_null).collect());
        }
        Ok(known.given.clone())
    }
}

/// A row that was looked at pays for this many values: few rows of a large dictionary are asked one by one.
const ROWS_WORTH: usize = 1;

/// The numbers of a dictionary of `size` values that occur, each once (null too), and for each row which of them it has.
fn occurring(keys: &Int32Array, size: usize) -> (Int32Array, UInt32Array) {
    const UNSEEN: u32 = u32::MAX;
    let mut places = vec![UNSEEN; size + 1];
    let mut distinct = Vec::new();
    let rows = keys.iter().map(|key| {
        let place = &mut places[key.map_or(size, |key| key as usize)];
        if *place == UNSEEN {
            *place = distinct.len() as u32;
            distinct.push(key);
        }
        *place
    });
    let rows = rows.collect::<Vec<u32>>();
    (distinct.into_iter().collect(), rows.into())
}

pub(super) fn is_same(one: &ArrayRef, other: &ArrayRef) -> bool {
    Arc::ptr_eq(one, other) || one.to_data().ptr_eq(&other.to_data())
}

impl PhysicalExpr for PerDistinct {
    fn data_type(&self, _: &Schema) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn nullable(&self, _: &Schema) -> Result<bool> {
        Ok(true)
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<ColumnarValue> {
        let rows = batch.num_rows();
        let column = self.column.evaluate(batch)?.into_array(rows)?;
        let Some(texts) = column.as_dictionary_opt::<Int32Type>() else {
            return Ok(ColumnarValue::Array(Arc::new(self.ask(&column)?)));
        };
        let keys = texts.keys();
        let Some(answers) = self.answers(texts.values(), rows)? else {
            let (distinct, places) = occurring(keys, texts.values().len());
            let answers = self.ask(&take(texts.values(), &distinct, None)?)?;
            return Ok(ColumnarValue::Array(take(&answers, &places, None)?));
        };
        let of_null = texts.values().len();
        let place = |row: usize| match keys.is_valid(row) {
            true => keys.values()[row] as usize,
            false => of_null,
        };
        let given = if answers.null_count() == 0 && keys.null_count() == 0 {
            let (answers, keys) = (answers.values(), keys.values());
            let look_up = |row: usize| answers.value(keys[row] as usize);
            BooleanArray::from(BooleanBuffer::collect_bool(rows, look_up))
        } else {
            (0..rows)
                .map(|row| {
                    let at = place(row);
                    answers.is_valid(at).then(|| answers.value(at))
                })
                .collect()
        };
        Ok(ColumnarValue::Array(Arc::new(given)))
    }

    fn children(&self) -> Vec<&Expr> {
        vec![&self.column]
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Expr>) -> Result<Expr> {
        let [column] = <[Expr; 1]>::try_from(children).expect("one child was shown");
        Ok(Arc::new(Self::new(
            column,
            Arc::clone(&self.test),
            Arc::clone(&self.plain),
            Arc::clone(&self.values),
        )))
    }

    /// What pruning reads: the test as it would stand over a column of plain texts.
    fn snapshot(&self) -> Result<Option<Expr>> {
        Ok(Some(Arc::clone(&self.plain)))
    }

    fn fmt_sql(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Display for PerDistinct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "per_distinct({})", self.test)
    }
}

impl Hash for PerDistinct {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.column.hash(state);
        self.test.hash(state);
    }
}

impl PartialEq for PerDistinct {
    fn eq(&self, other: &Self) -> bool {
        self.column.eq(&other.column) && self.test.eq(&other.test)
    }
}

impl Eq for PerDistinct {}
