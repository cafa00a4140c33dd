//! Tests of one text column, answered once for each distinct value.
//!
//! Parquet keeps a repeated text once for a row group. Read as a dictionary, the rows are numbers; a test of the column
//! alone is asked of the dictionary's values, and the rows look their answers up: a search over ten million rows becomes
//! one over the few hundred thousand texts that differ.

use super::adapter::Expr;
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, BooleanBufferBuilder, Int32Array, new_null_array,
};
use datafusion::arrow::buffer::{BooleanBuffer, NullBuffer};
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::{DataType, Field, Int32Type, Schema, SchemaRef};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::arrow::util::bit_iterator::BitIndexIterator;
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
            known.given = Some(with_last(&given, &of_null));
        }
        Ok(known.given.clone())
    }
}

/// The answers with one more at their end.
fn with_last(answers: &BooleanArray, last: &BooleanArray) -> BooleanArray {
    if answers.null_count() + last.null_count() > 0 {
        return answers.iter().chain(last).collect();
    }
    let mut all = BooleanBufferBuilder::new(answers.len() + 1);
    all.append_buffer(answers.values());
    all.append_buffer(last.values());
    BooleanArray::new(all.finish(), None)
}

/// A row that was looked at pays for this many values: few rows of a large dictionary are asked one by one.
const ROWS_WORTH: usize = 1;

/// Which of a dictionary's `size` values rows have; the last place is null's.
struct Occurring {
    places: BooleanBufferBuilder,
    size: usize,
}

impl Occurring {
    fn of(keys: &Int32Array, size: usize) -> Occurring {
        let mut places = none_of(size + 1);
        if keys.null_count() == 0 {
            keys.values()
                .iter()
                .for_each(|key| places.set_bit(*key as usize, true));
        } else {
            keys.iter()
                .for_each(|key| places.set_bit(key.map_or(size, |key| key as usize), true));
        }
        Occurring { places, size }
    }

    /// The numbers that occur, in order, each once; null behind them.
    fn numbers(&self) -> Int32Array {
        let places = BitIndexIterator::new(self.places.as_slice(), 0, self.size + 1);
        places
            .map(|place| (place < self.size).then_some(place as i32))
            .collect()
    }

    /// For each row the answer that its number has: `answers` are those of [`Occurring::numbers`].
    fn spread(mut self, answers: &BooleanArray, keys: &Int32Array) -> BooleanArray {
        let size = self.size;
        let mut unknown = (answers.null_count() > 0).then(|| none_of(size + 1));
        for (at, number) in self.numbers().iter().enumerate() {
            let place = number.map_or(size, |number| number as usize);
            let is_known = answers.is_valid(at);
            self.places.set_bit(place, is_known && answers.value(at));
            if let Some(unknown) = &mut unknown {
                unknown.set_bit(place, !is_known);
            }
        }
        let of_rows = |bits: &BooleanBufferBuilder| {
            BooleanBuffer::collect_bool(keys.len(), |row| {
                bits.get_bit(match keys.is_valid(row) {
                    true => keys.values()[row] as usize,
                    false => size,
                })
            })
        };
        let nulls = unknown.map(|unknown| NullBuffer::new(!&of_rows(&unknown)));
        BooleanArray::new(of_rows(&self.places), nulls)
    }
}

fn none_of(size: usize) -> BooleanBufferBuilder {
    let mut bits = BooleanBufferBuilder::new(size);
    bits.append_n(size, false);
    bits
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
            let occurring = Occurring::of(keys, texts.values().len());
            let answers = self.ask(&take(texts.values(), &occurring.numbers(), None)?)?;
            return Ok(ColumnarValue::Array(Arc::new(
                occurring.spread(&answers, keys),
            )));
        };
        let of_null = texts.values().len();
        let place = |row: usize| match keys.is_valid(row) {
            true => keys.values()[row] as usize,
            false => of_null,
        };
        let given = if answers.null_count() == 0 && !answers.has_true() {
            BooleanArray::new(BooleanBuffer::new_unset(rows), None)
        } else if answers.null_count() == 0 && keys.null_count() == 0 {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The answers of rows with these numbers into `a b c d`, where null's and each value's answers are given.
    fn spread(rows: &[Option<i32>], answer: impl Fn(Option<i32>) -> Option<bool>) -> BooleanArray {
        let keys = Int32Array::from(rows.to_vec());
        let occurring = Occurring::of(&keys, 4);
        let answers = occurring.numbers().iter().map(answer).collect();
        occurring.spread(&answers, &keys)
    }

    #[test]
    fn each_number_that_occurs_is_asked_once() {
        let keys = Int32Array::from(vec![Some(3), Some(0), None, Some(3), Some(0)]);
        let numbers = Occurring::of(&keys, 4).numbers();
        assert_eq!(numbers, Int32Array::from(vec![Some(0), Some(3), None]));
    }

    #[test]
    fn rows_have_the_answers_of_their_numbers_and_of_null() {
        let rows = [Some(2), None, Some(0), Some(2), None];
        let found = spread(&rows, |number| Some(number != Some(2)));
        assert_eq!(
            found,
            BooleanArray::from(vec![false, true, true, false, true])
        );
        let found = spread(&rows, |number| number.map(|number| number == 2));
        let wanted = vec![Some(true), None, Some(false), Some(true), None];
        assert_eq!(found, BooleanArray::from(wanted));
    }
}
